"""What a thing is called, whoever names it: canonical kinds with their parents.

The kinds are COCO's 80 categories and the boxable classes of Open Images V7, under COCO's word where both have one. Other names
for them and their parents are WordNet 3.0's (Princeton University), which is also how ImageNet's classes find theirs; what WordNet does not
have was written by hand. `kinds.tsv` is the table (made on 2026-11-23; sources and licences: docs/labels.md).
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from visionhub.labels.coco import NAMES

_APART = re.compile(r"[\s_/-]+")


class Kind(NamedTuple):
    """A kind of thing. `parents` are the wider kinds it belongs to, upward."""

    name: str
    parents: tuple[str, ...]


def kind(name: str, id: str | None = None) -> Kind | None:  # noqa: A002  # the field's own name
    """The canonical kind of what a provider calls `name`; None means that there is no mapping.

    `id` is the provider's own for it: a WordNet id (`n02124075`) decides, where a name may mean two things. Case, hyphens and
    a plural do not matter.
    """
    table = _table()
    found = table.get(id) if id else None
    if found is None:
        word = _APART.sub(" ", name).strip().casefold()
        found = table.get(word) or next((table[one] for one in _singular(word) if one in table), None)
    return found


def means(wanted: str, name: str, kind_of: str | None) -> bool:
    """Whether what a provider calls `name`, of that canonical kind, is what was `wanted`, or a kind of it."""
    if wanted.casefold() == name.casefold():
        return True
    asked = kind(wanted)
    if asked is None or kind_of is None:
        return False
    return asked.name == kind_of or asked.name in _table()[kind_of].parents


def knows(vocabulary: str | None, wanted: str) -> bool | None:
    """Whether a closed set of names (`Capability.labels`) can give what is wanted; None where nobody knows."""
    if vocabulary != "coco-80":
        return None
    return any(means(wanted, name, name) for name in NAMES.values())


def nearest(wanted: str) -> str | None:
    """The name of COCO's that is spelt most like it, if one is."""
    return next(iter(difflib.get_close_matches(wanted.casefold(), NAMES.values(), 1)), None)


def _singular(word: str) -> tuple[str, ...]:
    if word.endswith("ies"):
        return (f"{word[:-3]}y",)
    return (word[:-1], word[:-2]) if word.endswith("es") else (word[:-1],) if word.endswith("s") else ()


@cache
def _table() -> dict[str, Kind]:
    """Kinds by their names, other names and ids."""
    made: dict[str, Kind] = {}
    others: dict[str, Kind] = {}
    lines = files(__name__).joinpath("kinds.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:
        name, parents, also, classes = [*line.split("\t"), "", "", ""][:4]
        found = made[name] = Kind(name, tuple(filter(None, parents.split(", "))))
        for other in (*filter(None, also.split(", ")), *classes.split()):
            others.setdefault(other, found)
    return others | made
