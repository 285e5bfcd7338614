"""The code that the documentation shows does what it says."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from visionhub import AuthError, Detections, Hub, Labels, Settings
from visionhub.config import read
from visionhub.config.route import ROUTERS
from visionhub.provider import Provider
from visionhub.testing import FakeProvider
from visionhub.testing.pictures import scene

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
TOML = re.compile(r"```toml\n(.*?)```", re.DOTALL)
NAMED = re.compile(r"\*\*`(\w+\.py)`\*\*.*?```python\n(.*?)```", re.DOTALL)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


FILES = [
    pytest.param(text, id=f"{name}-{number}")
    for name in ("README.md", "docs/privacy.md", "docs/settings.md", "docs/strategies.md")
    for number, text in enumerate(TOML.findall(page(name)))
]


def test_the_first_example(
    samples: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = {
        "street": "motorcycle",
        "receipt": "page",
        "passport": "astronaut",
        "selfie": "astronaut",
        "upload": "coffee",
    }
    for name, sample in pictures.items():
        shutil.copy(samples[sample], tmp_path / f"{name}.jpg")
    monkeypatch.chdir(tmp_path)
    exec(CODE.findall(page("README.md"))[0], {})
    said = capsys.readouterr().out
    assert said.startswith("motorcycle 0.9")
    assert "Region-based segmentation" in said
    assert said.endswith("True\nFalse\n")
    assert (tmp_path / "annotated.png").exists()


def test_many_questions_about_one_picture(
    samples: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(samples["motorcycle"], tmp_path / "street.jpg")
    monkeypatch.chdir(tmp_path)
    known: dict[str, Any] = {}
    first, second = CODE.findall(page("docs/analyze.md"))
    exec(first, known)
    assert capsys.readouterr().out.endswith("detect Detections\nocr Text\nmoderate Moderation\n0.0\n")
    exec(second, known)
    assert len(known["answers"].detect.objects) <= 5


def test_an_applications_test(samples: Mapping[str, Path]) -> None:
    def count_cats(hub: Hub, path: str) -> int:
        del path
        found = hub.detect(samples["chelsea"])
        return sum(thing.name == "cat" for thing in found.objects)

    known: dict[str, Any] = {"count_cats": count_cats}
    exec(CODE.findall(page("docs/testing.md"))[0], known)
    known["test_cats_are_counted"]()
    known["test_bad_weather"]()


def test_the_weather_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    exec(CODE.findall(page("docs/testing.md"))[1], {})
    last, said = capsys.readouterr().out.split(" ", 1)
    assert int(last) > 0
    assert "503" in said


def test_the_fault_drill(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    drill = runpy.run_path(str(ROOT / "examples/fault_drill.py"))
    monkeypatch.setitem(drill["main"].__globals__, "QUESTIONS", 20)
    drill["main"]()
    said = capsys.readouterr().out
    assert said.startswith("20 questions: ")
    assert "0 lost" in said


def example(code: str) -> str:
    """What a page's code prints, in a process of its own: it sets what a process has once."""
    show = (
        "\nimport prometheus_client\nprint(prometheus_client.generate_latest().decode())"
        if "prometheus" in code
        else ""
    )
    command = [sys.executable, "-c", code.replace("9464", "0") + show]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_the_telemetry_on_the_page() -> None:
    console, prometheus, _ = CODE.findall(page("docs/telemetry.md"))
    said = example(console)
    assert (
        said.index('"name": "attempt down"')
        < said.index('"name": "attempt up"')
        < said.index('"name": "detect down|up"')
    )
    told = example(prometheus)
    for name in re.findall(r"\b(\w+_(?:bucket|total))\b", page("docs/telemetry.md")):
        assert name in told or name == "visionhub_cost_USD_total", "what is asked for is there"


def test_a_privacy_policy(
    samples: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(samples["astronaut"], tmp_path / "street.jpg")
    monkeypatch.chdir(tmp_path)
    acme = FakeProvider(Labels(labels=()), is_remote=True, region="eu")
    exec(CODE.findall(page("docs/privacy.md"))[0], {"acme": acme})
    assert re.fullmatch(r"image: masked: faces \([1-9]\d*\), text \(\d+\)\.\n", capsys.readouterr().out)


class Acme(BaseHTTPRequestHandler):
    """One endpoint, as the page describes it."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.headers["Authorization"] == "Bearer secret"
        rows = [{"label": "house", "confidence": 90, "x": 64, "y": 48, "w": 320, "h": 240}][: asked["limit"]]
        body = json.dumps({"objects": rows} if known else {}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        pass


@pytest.fixture
def acme() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Acme)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    folder = tmp_path / "visionhub_acme"
    folder.mkdir()
    for name, code in NAMED.findall(page("docs/add-a-provider.md")):
        (folder / name).write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import visionhub_acme  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

    made: Provider = visionhub_acme.PROVIDER
    yield made
    for name in [name for name in sys.modules if name.startswith("visionhub_acme")]:
        del sys.modules[name]


def test_the_provider_that_the_page_builds(provider: Provider, acme: str, tmp_path: Path) -> None:
    options = {"home": tmp_path, "offline": False, "base_url": acme}
    with Hub(provider.with_options({**options, "key": "secret"}), settings=read(attempts=1)) as hub:
        result = hub.detect(scene())
        assert isinstance(result, Detections)
        (house,) = result.objects
        assert (house.name, house.score, house.box.x0, house.box.y1) == ("house", 0.9, 0.1, 0.6)
        assert (result.provider, result.model) == ("acme", "acme-2")
        assert hub.detect(scene(), min_score=0.95).objects == ()
        hub.close()
        assert hub.detect(scene(), min_score=0.1).objects, "what was closed opens again"
    with pytest.raises(AuthError, match="401"):
        Hub(provider.with_options({**options, "key": "wrong"})).detect(scene())


def test_every_setting_is_on_the_page() -> None:
    listed = set(re.findall(r"`(\w+)`", page("docs/settings.md")))
    assert set(Settings.model_fields) <= listed


@pytest.mark.parametrize("text", FILES)
def test_every_file_that_is_shown_is_read(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("VISIONHUB_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "visionhub.toml"
    file.write_text(text, encoding="utf-8")
    settings = read(file=file)
    assert settings != Settings()
    hub = Hub(settings=settings.model_copy(update={"home": tmp_path}))
    for route in settings.routes:
        if "env:" not in text:
            assert hub.route(route).name


def test_every_strategy_has_a_section_with_an_example_and_a_picture() -> None:
    text = page("docs/strategies.md")
    for strategy in ROUTERS:
        section = text.partition(f"\n## {strategy}\n")[2].partition("\n## ")[0]
        assert f"](strategies/{strategy}.svg)" in section
        assert strategy == "fallback" or f'strategy = "{strategy}"' in section
        assert all(word in section for word in ("**Billed:**", "**`attempts`:**", "**Not**"))


def test_routing_without_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for code in CODE.findall(page("docs/strategies.md")):
        exec(code, {})
    *answered, drill, last = capsys.readouterr().out.splitlines()
    assert answered == ["local"] * 8
    assert drill == "5 {'detect': 'open'}"
    assert last == "[('first', 'left'), ('second', 'left')]"
