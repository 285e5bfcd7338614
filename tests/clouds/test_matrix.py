"""Who answers what: as it was agreed, and as the README tells it."""

from __future__ import annotations

from pathlib import Path

from visionhub import registry
from visionhub.tasks import TASKS

# What clouds are asked for; vectors come from this machine.
EVERYTHING = set(TASKS) - {"embed"}
AGREED = {
    "google": EVERYTHING - {"compare"}, "aws": EVERYTHING, "azure": EVERYTHING, "openai": EVERYTHING - {"faces", "compare"},
    "clarifai": EVERYTHING, "api4ai": EVERYTHING - {"caption", "generate"},
}  # fmt: skip


def test_every_cell_is_there_and_no_other() -> None:
    assert {name: set(registry.get(name).tasks) for name in AGREED} == AGREED


def test_what_is_absent_says_why() -> None:
    for name in AGREED:
        provider = registry.get(name)
        assert set(provider.absent) == set(TASKS) - set(provider.tasks)


def test_the_readme_tells_the_same() -> None:
    rows = [
        line.split("|")[1:-1]
        for line in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    words = [cell.strip() for cell in rows[0][1:]]
    told = {
        row[0].strip(): {word for word, cell in zip(words, row[1:], strict=True) if cell.strip() == "yes"}
        for row in rows[2:]
    }
    assert {registry.get(name).title: tasks for name, tasks in AGREED.items()}.items() <= told.items()
