"""A vendor's stored answer, read offline: in Python and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import visionhub
from visionhub import registry
from visionhub.cli.app import app
from visionhub.errors import DecodeError, InputError, UnsupportedError
from visionhub.image import Image
from visionhub.image.unseen import Unseen
from visionhub.providers.local import answers
from visionhub.tasks import Comparison, DetectCall, Detections
from visionhub.testing import pictures, results

SCENE = Image(pictures.encoded(pictures.scene()), name="scene.png")


def stored(count: int = 3) -> dict[str, Any]:
    objects = [
        {"box": [0.1, 0.1 * row, 0.2, 0.1], "entities": [{"kind": "classes", "name": "classes", "classes": {"cat": 0.01 * row}}]}
        for row in range(count)
    ]  # fmt: skip
    status = {"code": "ok", "message": "Success"}
    return {"results": [{"status": status, "entities": [{"kind": "objects", "name": "x", "objects": objects}]}]}


def test_everything_is_there_whatever_its_score() -> None:
    result = visionhub.decode("api4ai", "detect", stored(30))
    assert isinstance(result, Detections)
    assert len(result.objects) == 30
    assert result.provider == "api4ai"
    assert result.raw == stored(30)


def test_a_picture_makes_it_drawable() -> None:
    result = visionhub.decode("api4ai", "detect", stored(), image=SCENE)
    assert result.source == "scene.png"
    assert result.draw().size == pictures.scene().size


def test_an_answer_that_took_several_requests_is_a_list() -> None:
    provider = registry.get("api4ai")
    codec = provider.codec("faces")
    assert codec
    assert codec.render
    call = visionhub.FacesCall(image=SCENE, embedding=True)
    body = codec.render(results.answer(call), call).body
    result = visionhub.decode("api4ai", "compare", [body, body], image=SCENE)
    assert isinstance(result, Comparison)
    assert result.same
    assert result.a == result.b


@pytest.mark.parametrize(
    "answer", [{}, [], None, {"results": []}, {"results": [{"status": {"code": "ok"}}]}, "text", 5]
)
def test_nonsense_is_not_understood(answer: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        visionhub.decode("api4ai", "detect", answer)
    assert caught.value.provider == "api4ai"


def test_what_cannot_be_decoded() -> None:
    with pytest.raises(UnsupportedError, match="does not caption"):
        visionhub.decode("api4ai", "caption", {})
    with pytest.raises(InputError, match="no task"):
        visionhub.decode("api4ai", "guess", {})


def test_a_picture_of_which_nothing_is_known_says_what_to_do() -> None:
    with pytest.raises(InputError, match="--size"):
        _ = Unseen().width
    assert (Unseen((4, 3)).width, Unseen((4, 3)).height) == (4, 3)


def test_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(stored()))
    shown = CliRunner().invoke(app, ["decode", "api4ai", "detect", str(file), "--json", "--size", "640x480"])
    assert shown.exit_code == 0
    assert [found["score"] for found in json.loads(shown.stdout)["objects"]] == [0.0, 0.01, 0.02]
    piped = CliRunner().invoke(app, ["decode", "api4ai", "detect", "-", "--json"], input=json.dumps(stored()))
    assert json.loads(piped.stdout)["objects"] == json.loads(shown.stdout)["objects"]
    broken = CliRunner().invoke(app, ["decode", "api4ai", "detect", "-", "--json"], input="{")
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["error"]["type"] == "InputError"


def test_an_estimate_is_the_price_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "find_spec", {}.get)
    with visionhub.Hub("local") as hub:
        assert hub.estimate(DetectCall(image=SCENE)) == 0
        assert hub.estimate(DetectCall(image=SCENE), provider="api4ai") is None
        with pytest.raises(UnsupportedError):
            hub.estimate(visionhub.GenerateCall(prompt="a house"))
