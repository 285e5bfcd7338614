"""`config` and `status`: nothing secret is shown, everything wrong is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Program
from visionhub.ledger import SqliteLedger

FILE = """
cache = "off"
[routes.ocr]
strategy = "vote"
use = ["openai:gpt-5-mini", "local", "api4ai"]
[budget]
daily_usd = 20
[providers.api4ai]
key = "geheim"
rate = "2/s"
[providers.openai]
api_key = "env:OUR_OPENAI_KEY"
"""


@pytest.fixture
def file(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VISIONHUB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    path = tmp_path / "visionhub.toml"
    path.write_text(FILE)
    return path


def test_what_is_set_is_shown_and_no_secret(program: Program, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISIONHUB_TIMEOUT", "7")
    shown = program("config", "show").stdout
    assert shown.startswith(f"# {file}")
    for line in ("timeout = 7.0", 'cache = "off"', 'routes.ocr.strategy = "vote"', "providers.api4ai.rate = 2.0"):
        assert line in shown
    assert 'providers.openai.api_key = "env:OUR_OPENAI_KEY"' in shown
    assert "geheim" not in shown
    told = json.loads(program("config", "show", "--json").stdout)
    assert (told["file"], told["budget"]["daily_usd"]) == (str(file), 20)


def test_what_is_wrong_is_found_without_asking_anybody(
    program: Program, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = program("config", "check")
    assert checked.exit_code == 1
    assert "routes.ocr         wrong" in checked.stdout or "OUR_OPENAI_KEY" in checked.stdout
    assert "Write env:NAME or file:PATH instead" in checked.stdout
    assert "geheim" not in checked.stdout
    monkeypatch.setenv("OUR_OPENAI_KEY", "sk-x")
    file.write_text(FILE.replace('"geheim"', '"env:OUR_OPENAI_KEY"'))
    checked = program("config", "check")
    assert checked.exit_code == 0, checked.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[routes.ocr]\nuse = ["lokal"]', "Did you mean local?"),
        ("[providers.local]\nthraeds = 2", "thraeds"),
        ("[providers.lokal]\nthreads = 2", "There is no provider 'lokal'"),
    ],
)
def test_names_and_options_are_checked(program: Program, file: Path, text: str, said: str) -> None:
    file.write_text(text)
    checked = program("config", "check")
    assert (checked.exit_code, said in checked.stdout) == (1, True), checked.stdout


def test_a_first_file_is_made_of_what_is_there(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-geheim")
    made = program("config", "init")
    assert (made.exit_code, "local, openai" in made.stderr) == (0, True), made.output
    text = (tmp_path / "visionhub.toml").read_text()
    assert '"openai", "local"]' in text
    assert "geheim" not in text
    assert program("config", "check").exit_code == 0
    again = program("config", "init")
    assert (again.exit_code, "--force" in again.stderr) == (2, True)
    assert program("config", "init", "--force").exit_code == 0


def test_status_tells_routes_and_spending(program: Program, file: Path, tmp_path: Path) -> None:
    SqliteLedger(tmp_path / "home" / "budget.sqlite").reserve("google", "ocr", 0.0045, None, None)
    shown = program("status").stdout
    assert "openai:gpt-5-mini, local, api4ai" in shown
    assert "0.0045" in shown
    assert "google ocr" in shown
    told = json.loads(program("status", "--json").stdout)
    assert told["today"] == {"google ocr": 0.0045}
    assert told["routes"]["ocr"]["strategy"] == "vote"


def test_a_wrong_file_stops_every_command_with_its_line(program: Program, file: Path) -> None:
    file.write_text("\n\ntimeuot = 3")
    told = program("status")
    assert told.exit_code == 2
    assert "line 3: visionhub has no key timeuot: did you mean timeout?" in told.stderr
