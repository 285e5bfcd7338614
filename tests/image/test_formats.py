"""189 files of all kinds, whole and broken: each opens as its label says, or an error says why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageChops
import PIL.ImageStat
import pytest

from tests.conftest import SHARED
from visionhub.image import Image
from visionhub.image.pdf import DPI

FOLDER = SHARED / "data" / "formats"
LABELS = FOLDER / "labels.jsonl"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LABELS.read_text().splitlines()] if LABELS.exists() else []
GIGABYTE = 1_000_000_000
# Two cores may be busy with other tests; a file that hangs is stopped all the same.
PATIENCE = 300


@pytest.fixture(scope="module")
def outcomes(shared: Path) -> dict[str, dict[str, Any]]:
    pytest.importorskip("pillow_heif")
    pytest.importorskip("pypdfium2")
    assert shared
    run = subprocess.run(
        [sys.executable, "-m", "tests.image.opener", str(GIGABYTE)],
        input="\n".join(str(FOLDER / row["path"]) for row in ROWS),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONWARNINGS": "error"},
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(ROWS), f"ended at {ROWS[len(answers)]['path']}: {run.returncode} {run.stderr[-500:]}"
    return {row["path"]: answer for row, answer in zip(ROWS, answers, strict=True)}


def test_no_file_is_left_out(shared: Path) -> None:
    assert len(ROWS) == 189
    assert len(list((shared / "data" / "formats" / "files").iterdir())) == 189


@pytest.mark.parametrize("row", ROWS, ids=lambda row: Path(row["path"]).name)
def test_file_opens_as_its_label_says_or_says_why_not(row: dict[str, Any], outcomes: dict[str, dict[str, Any]]) -> None:
    outcome, ref = outcomes[row["path"]], row["ref"]
    assert "crash" not in outcome
    if "error" in outcome:
        name = str(FOLDER / row["path"])
        assert outcome["source"] == name
        assert outcome["error"].startswith(name + " ")
        assert len(outcome["error"]) > len(name) + 10
        assert not ref.get("decodes") or row["expect"] == "refuse"
        assert not ref.get("pages")
        return
    assert row["expect"] != "refuse"
    assert outcome["mode"] == "RGB"
    assert outcome["stated"] == outcome["size"]
    if ref.get("pages"):
        assert outcome["pages"] == ref["pages"]
        width, height = (side * DPI / 72 for side in ref["page_sizes_pt"][0])
        assert outcome["size"][0] / outcome["size"][1] == pytest.approx(width / height, rel=0.1)
        assert outcome["size"][0] <= width + 1
    else:
        assert outcome["size"] == row.get("upright", ref["upright_size"])
        assert outcome["pages"] == ref["frames"]


@pytest.mark.parametrize("orientation", range(2, 9))
def test_real_photographs_in_all_orientations_look_the_same(shared: Path, orientation: int) -> None:
    folder = shared / "data" / "formats" / "files"
    upright, turned = (Image(folder / f"sharp__Landscape_{number}.jpg").rgb() for number in (1, orientation))
    difference = PIL.ImageChops.difference(small(upright), small(turned))
    assert max(PIL.ImageStat.Stat(difference).mean) < 6


def small(picture: PIL.Image.Image) -> PIL.Image.Image:
    return picture.resize((60, 45), PIL.Image.Resampling.BOX)
