"""`visionhub.toml`: where it is, and in which line a key stands."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

NAME = "visionhub.toml"


def find() -> str | None:
    """The path of the settings' file, or None.

    VISIONHUB_CONFIG (`off` for none), or the first found upward from the working directory, or the one in the user's config folder.
    """
    if said := os.environ.get("VISIONHUB_CONFIG"):
        return None if said == "off" else said
    try:
        folder = os.getcwd()  # noqa: PTH109  # pathlib takes longer to import than `import visionhub` may
    except OSError:
        return _users()
    while True:
        path = os.path.join(folder, NAME)  # noqa: PTH118
        if os.path.isfile(path):  # noqa: PTH113
            return path
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            return _users()
        folder = above


def is_anything_set() -> bool:
    """Whether there is anything to read, in the environment or in a file."""
    return any(name.upper().startswith("VISIONHUB_") for name in os.environ) or find() is not None


def users_path() -> str:
    """Where the user's own file lies, if there is one: the config folder of this operating system, `visionhub` in it."""
    home = os.path.expanduser("~")  # noqa: PTH111
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or os.path.join(home, "AppData", "Roaming")  # noqa: PTH118
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Application Support")  # noqa: PTH118
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")  # noqa: PTH118
    return os.path.join(base, "visionhub", NAME)  # noqa: PTH118


def _users() -> str | None:
    path = users_path()
    return path if os.path.isfile(path) else None  # noqa: PTH113


_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_PATH = rf"({_PART}(?:\s*\.\s*{_PART})*)"
_HEADER = re.compile(rf"\s*\[\[?\s*{_PATH}\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(rf"\s*{_PATH}\s*=")
_LONG = re.compile(r'''(?s:"""(?:\\.|.)*?""")|(?s:\'\'\'.*?\'\'\')''')


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The line, from 1, in which a key stands: of the innermost table or key on its way that has a line of its own."""
    table: tuple[str, ...] = ()
    best, line = 0, None
    # What stands in a string of several lines is no key.
    bare = _LONG.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, row in enumerate(bare.split("\n"), 1):
        if header := _HEADER.fullmatch(row.rstrip("\r")):
            table = _parts(header[1])
            here = table
        elif key := _KEY.match(row):
            here = (*table, *_parts(key[1]))
        else:
            continue
        if len(here) > best and tuple(path[: len(here)]) == here:
            best, line = len(here), number
    return line


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))
