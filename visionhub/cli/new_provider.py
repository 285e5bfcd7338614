"""`visionhub new-provider`: the folder of a vendor that is not there yet, to be filled in."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Annotated

import typer

from visionhub.cli.screen import Screen
from visionhub.errors import ConfigError, InputError

TEMPLATES = Path(__file__).parent / "template"


def new_provider(
    name: Annotated[str, typer.Argument(metavar="NAME", help="In lower case: acme.")],
    tasks: Annotated[list[str], typer.Argument(metavar="TASK...", help="What it can do: detect ocr.")],
    into: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="Where to put it.")] = Path(),
) -> None:
    """Begin a provider of your own.

    Writes a package that passes the structural part of the conformance suite.
    """
    from visionhub import registry
    from visionhub.tasks import TASKS

    if not (name.isidentifier() and name == name.lower()):
        raise InputError(f"{name!r} is no name for a provider.", hint="Use lower-case letters: acme.")
    if name in registry.names():
        raise InputError(f"There is a provider {name} already.", hint="Choose another name.")
    if unknown := [task for task in tasks if task not in TASKS]:
        raise InputError(f"{' and '.join(unknown)} is no task.", hint=f"There are: {', '.join(TASKS)}.")
    folder = into / f"visionhub-{name}"
    if folder.exists():
        raise ConfigError(f"{folder} is there already.", hint="Remove it, or choose another folder: --into.")
    for path, text in _files(name, tasks).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    screen = Screen()
    screen.tell(f"{folder} is there. Now:")
    screen.tell(f"  pip install --editable {folder}")
    screen.tell(f"  pytest {folder}")
    screen.tell("  and say in each task's module what the vendor says: docs/add-a-provider.md")


def _files(name: str, tasks: list[str]) -> dict[str, str]:
    from visionhub.tasks import RESULTS, TASKS

    known = {"name": name, "title": name.title(), "upper": name.upper(), "camel": name.title().replace("_", "")}
    package = f"visionhub_{name}"
    files = {
        "pyproject.toml": "pyproject.toml", f"{package}/__init__.py": "__init__.py", f"{package}/wire.py": "wire.py",
        f"{package}/errors.py": "errors.py", f"{package}/notes.md": "notes.md", f"tests/test_{name}.py": "test.py",
    }  # fmt: skip
    made = {path: _filled(template, **known) for path, template in files.items()}
    for task in tasks:
        words = {"task": task, "call": TASKS[task].__name__, "result": RESULTS[task].__name__}
        made[f"{package}/{task}.py"] = _filled("task.py", **known, **words)
    return made


def _filled(template: str, **words: str) -> str:
    return Template((TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")).substitute(words)
