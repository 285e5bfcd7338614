"""Where a picture comes from, and what is said of what is none."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
from pathlib import Path, PurePath
from typing import Any

import PIL.Image
import pytest

from visionhub import Image, InputError
from visionhub.image.source import without_secrets
from visionhub.testing.pictures import encoded, scene

PICTURE = scene(48, 32)
PNG = encoded(PICTURE)


class Named:
    """Something with a path, as `os.DirEntry` is."""

    def __init__(self, path: Path | bytes) -> None:
        self._path = os.fspath(path)

    def __fspath__(self) -> Any:
        return self._path


class Stream(io.BytesIO):
    """A stream with a name, like an open file or an upload."""

    name = "upload.png"


def said(source: Any, **options: Any) -> str:
    """The error for a source that is no picture; it names the source."""
    with pytest.raises(InputError) as caught:
        Image(source, **options).rgb()
    error = caught.value
    assert error.source
    assert str(error).startswith(f"{error.source} ")
    assert "Traceback" not in str(error)
    assert len(str(error)) < 500
    return str(error)


def test_all_ways_to_name_or_hold_the_same_picture(tmp_path: Path) -> None:
    path = tmp_path / "a picture.png"
    path.write_bytes(PNG)
    with path.open("rb") as file, path.open("rb", buffering=0) as raw, os.scandir(tmp_path) as entries:
        (entry,) = entries
        data_url = "data:image/png;base64," + base64.b64encode(PNG).decode()
        sources: list[Any] = [
            path, str(path), PurePath(path), Named(path), Named(os.fsencode(path)), entry, file, raw, Stream(PNG),
            PNG, bytearray(PNG), memoryview(PNG), memoryview(b"x" + PNG + b"x")[1:-1], data_url,
        ]  # fmt: skip
        for source in sources:
            image = Image(source)
            assert image.data == PNG
            assert image.rgb().tobytes() == PICTURE.tobytes()


def test_names_are_what_the_caller_knows_it_by(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    opened = PIL.Image.open(path)
    names: dict[str, list[Any]] = {
        str(path): [path, str(path), Named(path), opened],
        "upload.png": [Stream(PNG)],
        "<260 bytes>": [PNG, bytearray(PNG), memoryview(PNG)],
        "<Image 48x32>": [PICTURE],
        "<data URL>": ["data:image/png;base64,AAAA"],
        "https://example.com:8080/a/b.png": ["https://user:word@example.com:8080/a/b.png?token=1#x"],
    }
    for name, sources in names.items():
        assert [Image(source).name for source in sources] == [name] * len(sources)
    assert Image(PNG, name="mine").name == "mine"
    opened.close()


def test_what_is_not_there_or_no_file(tmp_path: Path) -> None:
    assert said(tmp_path / "none.png").endswith("none.png does not exist.")
    assert said(tmp_path) == f"{tmp_path} is a folder, not a picture."
    assert said("") == "<no name> names no file."
    (tmp_path / "file").write_bytes(PNG)
    assert "cannot be read: Not a directory" in said(tmp_path / "file" / "a.png")
    assert "cannot be read: " in said("a\0b.png")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be read: Too many levels of symbolic links" in said(tmp_path / "loop")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in said(tmp_path / "pipe")
    assert "is not a regular file" in said("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    path.chmod(0)
    assert "cannot be read: Permission denied" in said(path)


def test_empty_things(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.touch()
    for source in (path, b"", bytearray(), memoryview(b""), io.BytesIO(), "data:image/png;base64,"):
        assert "is empty." in said(source)


def test_a_stream_at_its_end_is_to_be_rewound() -> None:
    buffer = io.BytesIO()
    PICTURE.save(buffer, "PNG")
    assert "has nothing left to read. Rewind it first" in said(buffer)


def test_text_instead_of_bytes(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no picture at all\n")
    assert "notes.txt is text, not a picture." in said(path)
    with path.open() as file:
        assert "notes.txt gives text, not bytes. Open it in binary mode" in said(file)
    assert "gives text" in said(io.StringIO("text"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b"\n <html lang=en>", "is a web page"),
        (b"<?xml version='1.0'?><svg/>", "is XML or SVG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is XML or SVG"),
        (b'{"error": "not found"}', "is text"),
        (b"\xff\x0a" + bytes(40), "is JPEG XL"),
        (bytes(range(128, 256)), "is in no format that is known here"),
        (PNG[:20], "cannot be read as a picture: Truncated"),
        (b"GIF89a", "begins as GIF does, but is damaged"),
        (b"\xff\xd8\xff" + bytes(40), "begins as JPEG does, but is damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "begins as PNG does, but is damaged"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(data: bytes, words: str) -> None:
    assert words in said(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "PPM", "JPEG2000", "ICO", "TGA"])
def test_a_download_that_broke_off_is_an_error(kind: str) -> None:
    data = encoded(PICTURE, kind)
    said(data[: len(data) // 2], name="cut.img")


@pytest.mark.parametrize("source", [None, 5, 1.5, object(), [PNG], {"a": 1}, Image])
def test_things_that_are_no_source(source: Any) -> None:
    assert "is no picture. Give a path, URL, bytes" in said(source)


def test_a_stream_that_fails_is_an_error_that_names_it() -> None:
    closed = Stream(PNG)
    closed.close()
    assert said(closed) == "upload.png cannot be read as a picture: I/O operation on closed file."


def test_a_picture_in_base64_is_not_repeated_in_the_error() -> None:
    text = base64.b64encode(encoded(scene(300, 200), "JPEG")).decode()
    assert text not in said(text)
    assert "… (" in said(text)
    assert "is cut off" in said("data:image/png;base64")
    assert "<data URL> cannot be read as a picture" in said("data:image/png;base64,AAAAA")
    assert Image("data:image/svg+xml,%3Csvg%3E").name == "<data URL>"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/b.png", "https://a.example/b.png"),
        ("https://u:p@a.example/b.png?sig=1#f", "https://a.example/b.png"),
        ("https://u:p@[::1]:80/b.png", "https://[::1]:80/b.png"),
        ("https://a.example/@user/b.png", "https://a.example/@user/b.png"),
        ("http://u:p/w@a.example/b.png", "http://…"),
        ("http://u:p@[::1/b.png", "http://…"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
    assert Image(url).name == shown


def test_standard_input_can_be_read() -> None:
    code = "import sys; from visionhub import Image; print(Image(sys.stdin.buffer).width)"
    run = subprocess.run([sys.executable, "-c", code], input=PNG, capture_output=True, check=True)
    assert run.stdout.split() == [b"48"]
