"""`visionhub demo`: its answers, its page, and the folder that it writes to."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import Program, is_whole
from visionhub import Hub, InputError
from visionhub.cli.app import app
from visionhub.cli.demo import QUESTIONS, Question
from visionhub.providers.local.weights import WeightsStore

FILES = {"index.html", *(name for question in QUESTIONS for name in (*question.pictures, question.drawn))}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, weights: WeightsStore) -> Iterator[Path]:
    """A folder with the demo in it. Everything was there, so no network was needed."""
    folder = tmp_path_factory.mktemp("demo") / "a folder"
    assert weights.offline
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VISIONHUB_OFFLINE", "1")
        ended = CliRunner().invoke(app, ["demo", str(folder)])
        assert ended.exit_code == 0, ended.output
        assert ended.stderr.splitlines()[0].startswith(f"Look at {folder / 'index.html'}")
        assert f"visionhub detect PICTURE --save '{folder}'/mine.jpg" in ended.stderr
        for told in ("Egyptian cat", "cup", "Region-based segmentation", "happy", "the same person", "not flagged"):
            assert told in ended.stdout
        yield folder


def test_it_writes_pictures_and_a_page_that_needs_nothing_else(shown: Path) -> None:
    assert {path.name for path in shown.iterdir()} == FILES
    assert all(is_whole(shown / name) for name in FILES - {"index.html"})
    links: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in {"script", "link", "iframe"}
            links.extend(value or "" for name, value in attrs if name in {"src", "href"})

    text = (shown / "index.html").read_text(encoding="utf-8")
    Links().feed(text)
    assert set(links) == {question.drawn for question in QUESTIONS}
    assert "url(" not in text
    assert "NASA" in text, "whose pictures they are"
    assert str(shown) not in text, "no path of this machine"


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.task)
def test_the_lines_on_the_page_give_the_answer(
    shown: Path, local: Hub, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shown)
    result = eval(question.python, {"Hub": lambda: local})
    name, *arguments = shlex.split(question.shell)
    ended = CliRunner().invoke(app, [*arguments, "--json"])
    answer = json.loads(ended.stdout)
    assert name == "visionhub"
    assert answer["saved"] == [question.drawn]
    volatile = {"usage", "attempts", "request_id", "saved"}
    assert {key: value for key, value in answer.items() if key not in volatile} == {
        key: value for key, value in json.loads(json.dumps(result.to_dict())).items() if key not in volatile
    }


def test_what_others_put_there_stays(shown: Path, program: Program, tmp_path: Path) -> None:
    (shown / "mine.jpg").write_bytes(b"mine")
    (tmp_path / "elsewhere.png").write_bytes(b"elsewhere")
    (shown / "coffee.png").unlink()
    (shown / "coffee.png").symlink_to(tmp_path / "elsewhere.png")
    assert program("demo", shown).exit_code == 0, "it may be run again"
    assert (shown / "mine.jpg").read_bytes() == b"mine"
    assert (tmp_path / "elsewhere.png").read_bytes() == b"elsewhere", "a link is replaced, not followed"
    (shown / "mine.jpg").unlink()


@pytest.mark.parametrize("name", ["index.html", "coffee.png", "ocr.png"])
def test_a_folder_with_files_of_these_names_is_left_alone(program: Program, tmp_path: Path, name: str) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / name).write_text("mine")
    ended = program("demo")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert f"demo has files that the demo did not write: {name}." in ended.stderr
    assert [path.name for path in Path("demo").iterdir()] == [name]
    assert (tmp_path / "demo" / name).read_text() == "mine"


def test_a_place_that_takes_no_folder_is_an_error(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    ended = program("demo", "file")
    assert (ended.exit_code, "there is a file of that name" in ended.stderr) == (2, True)
    assert (tmp_path / "file").read_text() == "mine"
    assert program("demo", "file/below").exit_code == 2
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    ended = program("demo", "locked")
    assert ended.exit_code == 2
    assert "locked/index.html cannot be written: Permission denied" in ended.stderr
    assert not list(Path("locked").iterdir())


def test_a_demo_that_broke_off_may_be_run_again(
    program: Program, weights: WeightsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert weights.offline
    with monkeypatch.context() as patch:
        patch.setattr(Hub, "detect", lambda *_: (_ for _ in ()).throw(InputError("That is enough.")))
        ended = program("demo")
    assert (ended.exit_code, ended.stderr) == (2, "error: That is enough.\n")
    text = Path("demo/index.html").read_text(encoding="utf-8")
    assert ("<h2>classify</h2>" in text, "<h2>detect</h2>" in text) == (True, False)
    assert program("demo").exit_code == 0


def test_without_weights_and_network_it_says_what_to_run(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISIONHUB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VISIONHUB_OFFLINE", "1")
    ended = program("demo")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "visionhub models pull" in ended.stderr
    assert "Fetching" not in ended.stderr
