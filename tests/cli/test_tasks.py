"""Questions asked on the command line: what goes to stdout, what to stderr, and how it ends."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PIL import Image, ImageOps

from tests.cli.conftest import Program, is_whole
from visionhub.image import encode
from visionhub.providers.local import answers

pytestmark = pytest.mark.usefixtures("weights")
Samples = Mapping[str, Path]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_table_for_people(program: Program, samples: Samples) -> None:
    ended = program("detect", samples["coffee"])
    assert ended.exit_code == 0
    assert ended.stderr == ""
    heading, titles, cup, *_ = ended.stdout.splitlines()
    assert "600 x 400  local ssd-mobilenet-v2" in heading
    assert titles.split() == ["object", "score", "left", "top", "right", "bottom"]
    assert cup.split()[:2] == ["cup", "0.95"]


@pytest.mark.parametrize(
    ("command", "name", "field"),
    [
        (("classify",), "chelsea", "labels"),
        (("detect",), "coffee", "objects"),
        (("ocr",), "page", "lines"),
        (("faces", "--attributes", "age,gender", "--embedding"), "astronaut", "faces"),
        (("moderate",), "rocket", "categories"),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else None,
)
def test_json_is_one_object_a_line(
    program: Program, samples: Samples, command: tuple[str, ...], name: str, field: str
) -> None:
    ended = program(*command, samples[name], "--json")
    assert (ended.exit_code, ended.stderr) == (0, "")
    (answer,) = lines(ended.stdout)
    assert answer[field]
    assert {"task", "provider", "model", "image", "usage", "warnings", "attempts", "request_id"} <= answer.keys()
    assert (answer["task"], answer["provider"], answer["source"]) == (command[0], "local", str(samples[name]))
    if command[0] == "faces":
        (face,) = answer["faces"]
        assert set(face["attributes"]) == {"age", "gender"}
        assert len(face["embedding"]) == 128


def test_two_pictures_are_compared(program: Program, samples: Samples, tmp_path: Path) -> None:
    with Image.open(samples["astronaut"]) as picture:
        ImageOps.mirror(picture).save(tmp_path / "mirrored.png")
    ended = program("compare", samples["astronaut"], "mirrored.png", "--save", "both.png")
    assert ended.exit_code == 0
    assert "the same person" in ended.stdout
    assert is_whole(tmp_path / "both.png")
    strict = program("compare", samples["astronaut"], "mirrored.png", "--threshold", "0.999", "--json")
    assert lines(strict.stdout)[0]["same"] is False


def test_text_alone_can_be_put_into_a_file(program: Program, samples: Samples) -> None:
    ended = program("ocr", samples["page"])
    assert ended.stdout.startswith("Region-based segmentation\n\nLet us first determine")


def test_options_reach_the_call(program: Program, samples: Samples) -> None:
    def found(*options: str) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = lines(program("detect", samples["coffee"], "--json", *options).stdout)[0][
            "objects"
        ]
        return answer

    assert [thing["name"] for thing in found("--labels", "bowl,dining table")] == ["bowl", "dining table"]
    assert len(found("--min-score", "0.1")) > len(found("--min-score", "0.9")) == 1
    assert [thing["name"] for thing in found("--max-results", "1")] == ["cup"]


def test_one_failure_among_many_is_named_and_the_rest_is_delivered(program: Program, pictures: Path) -> None:
    ended = program("ocr", pictures, "missing.jpg", "--json", "--save", "out")
    assert ended.exit_code == 1
    broken, scene, page, missing = lines(ended.stdout)
    assert broken["source"] == str(pictures / "broken.png")
    assert broken["error"]["type"] == "InputError"
    assert page["text"] == "Good morning"
    assert scene["text"] == ""
    assert missing == {
        "source": "missing.jpg",
        "error": {"type": "InputError", "message": "missing.jpg does not exist."},
    }
    said = ended.stderr.splitlines()
    assert said[0].startswith(f"error: {broken['source']} cannot be read")
    assert said[1:] == ["error: missing.jpg does not exist.", "2 of 4 failed."]
    assert page["saved"] == ["out/more/page.png"]
    assert is_whole(Path("out/more/page.png"))
    assert not Path("out/broken.png").exists()


def test_stdin(program: Program, samples: Samples) -> None:
    ended = program("classify", "-", "--json", stdin=samples["coffee"].read_bytes())
    (answer,) = lines(ended.stdout)
    assert (answer["source"], answer["labels"][0]["name"]) == ("-", "espresso")
    assert program("classify", "-", stdin=b"").exit_code == 1


class Served(SimpleHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()


@pytest.fixture
def server(samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "served"
    folder.mkdir()
    shutil.copy(samples["coffee"], folder / "cup.png")
    shutil.copy(samples["astronaut"], folder / "face.png")
    Served.asked.clear()
    handler = partial(Served, directory=str(folder))
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/cup.png"
    running.shutdown()
    running.server_close()


def test_urls(program: Program, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = program("classify", server)
    assert refused.exit_code == 1
    assert "private" in refused.stderr
    monkeypatch.setenv("VISIONHUB_PRIVATE_URLS", "1")
    ended = program("classify", server, "--json", "--save", "out/")
    assert lines(ended.stdout)[0]["labels"][0]["name"] == "espresso"
    assert is_whole(Path("out/cup.png"))
    offline = program("classify", server, "--offline")
    assert offline.exit_code == 1
    assert "offline" in offline.stderr


def test_the_first_picture_of_all_pairs_is_fetched_once(
    program: Program, server: str, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISIONHUB_PRIVATE_URLS", "1")
    face = server.replace("cup.png", "face.png")
    ended = program("compare", face, samples["astronaut"], samples["astronaut"], "--json")
    assert [answer["same"] for answer in lines(ended.stdout)] == [True, True]
    assert Served.asked == ["/face.png"]


def test_saving_never_writes_over_what_was_given(program: Program, samples: Samples, tmp_path: Path) -> None:
    shutil.copy(samples["coffee"], tmp_path / "cup.png")
    before = (tmp_path / "cup.png").read_bytes()
    for target in ("cup.png", "."):
        ended = program("detect", "cup.png", "--save", target)
        assert ended.exit_code == 1
        assert "it is not written over" in ended.stderr
        assert "cup" in ended.stdout, "the answer is delivered all the same"
    assert (tmp_path / "cup.png").read_bytes() == before
    assert program("detect", "cup.png", "--save", "new.jpg").exit_code == 0
    with Image.open("new.jpg") as saved:
        assert (saved.format, saved.size) == ("JPEG", (600, 400))
    assert not list(tmp_path.glob(".*.part"))


def test_two_pictures_of_one_name_are_both_saved(program: Program, samples: Samples, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        shutil.copy(samples["coffee"], tmp_path / folder / "cup.png")
    program("classify", "one/cup.png", "two/cup.png", "--save", "out")
    assert sorted(path.name for path in Path("out").iterdir()) == ["cup-2.png", "cup.png"]


def test_a_failed_save_leaves_the_old_file(
    program: Program, samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    ended = program("classify", samples["coffee"], "--save", "old.png")
    assert ended.exit_code == 1
    assert "old.png cannot be written: No space left on device" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["old.png"]
    assert (tmp_path / "old.png").read_bytes() == b"old"


@pytest.mark.parametrize("task", ["caption", "generate"])
def test_what_nobody_here_can_do(
    program: Program, samples: Samples, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "find_spec", {}.get)
    ended = program(task, samples["coffee"] if task == "caption" else "a red house", "--json")
    assert ended.exit_code == 1
    assert lines(ended.stdout)[0]["error"]["type"] == "UnsupportedError"
    assert "cloud provider" in ended.stderr


def test_a_picture_whose_name_steers_a_terminal(program: Program, tmp_path: Path) -> None:
    name = "a\x1b[31mb.png"
    (tmp_path / name).write_bytes(encode.encode(Image.new("RGB", (9, 9)), "image/png"))
    ended = program("classify", name)
    assert ended.exit_code == 0
    assert "\x1b" not in ended.stdout + ended.stderr
    assert r"a\x1b[31mb.png" in ended.stdout
