"""What names pictures: files, folders, globs, URLs, stdin."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest

from visionhub.cli.inputs import Entry, each, first_with_others
from visionhub.errors import InputError


def names(entries: list[Entry]) -> list[str]:
    return [str(entry) if isinstance(entry, InputError) else entry[-1].source for entry in entries]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (
        "b.jpg",
        "a.PNG",
        "notes.txt",
        ".hidden.png",
        "sub/c.webp",
        "sub/deep/d.tiff",
        ".git/e.png",
        "odd[1].jpg",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def test_a_folder_stands_for_the_pictures_in_and_below_it(folder: Path) -> None:
    assert names(each(["."])) == ["./a.PNG", "./b.jpg", "./odd[1].jpg", "./sub/c.webp", "./sub/deep/d.tiff"]
    places = [entry[0].place for entry in each([str(folder / "sub")]) if not isinstance(entry, InputError)]
    assert places == [PurePath("c.webp"), PurePath("deep/d.tiff")], "results keep the structure of the folder"


def test_globs(folder: Path) -> None:
    assert folder.is_dir()
    assert names(each(["*.jpg"])) == ["b.jpg", "odd[1].jpg"]
    assert names(each(["sub/**"])) == ["sub/c.webp", "sub/deep/d.tiff"]
    assert names(each(["**/*.tiff", "b.jpg"])) == ["sub/deep/d.tiff", "b.jpg"]
    assert names(each(["odd[1].jpg"])) == ["odd[1].jpg"], "a file of that name goes before the pattern"
    assert "Nothing matches *.gif" in names(each(["*.gif"]))[0]


def test_files_urls_and_stdin_are_taken_as_they_are(folder: Path) -> None:
    assert folder.is_dir()
    found = ["missing.jpg", "-", "https://host/a/b.jpg?token=x", "notes.txt"]
    assert names(each(found)) == found
    places = [entry[0].place for entry in each(found) if not isinstance(entry, InputError)]
    assert places == [PurePath(name) for name in ("missing.jpg", "stdin", "b.jpg", "notes.txt")]


def test_a_folder_without_pictures_says_so(tmp_path: Path) -> None:
    (entry,) = each([str(tmp_path)])
    assert isinstance(entry, InputError)
    assert "There is no picture in the folder" in str(entry)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    assert "cannot be read" in names(each([str(tmp_path)]))[0]
    tmp_path.chmod(0o700)


def test_one_picture_is_paired_with_each_of_the_others(folder: Path) -> None:
    assert folder.is_dir()
    pairs = [
        tuple(picture.source for picture in entry)
        for entry in first_with_others("b.jpg", ["sub", "a.PNG"])
        if not isinstance(entry, InputError)
    ]
    assert pairs == [("b.jpg", "sub/c.webp"), ("b.jpg", "sub/deep/d.tiff"), ("b.jpg", "a.PNG")]
