"""Protobuf messages as the documented JSON, against the library's own conversion."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud import vision
from google.protobuf.json_format import MessageToDict, ParseDict

from tests.clouds.bodies import decoded, question
from visionhub import registry
from visionhub.errors import InputError
from visionhub.providers.google.messages import filled, plain
from visionhub.testing import results

PROVIDER = registry.get("google")
REQUEST: Any = vision.BatchAnnotateImagesRequest.pb()
ANSWER: Any = vision.BatchAnnotateImagesResponse.pb()


def rendered(task: str, seed: int) -> Any:
    codec, call = PROVIDER.codec(task), question(task)
    assert codec
    assert codec.render
    return ParseDict(codec.render(results.answer(call, seed), call).body, ANSWER())


def without_outlines(value: Any) -> Any:
    """Without those of symbols, which are left out on purpose."""
    if isinstance(value, list):
        return [without_outlines(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = value.keys() - ({"boundingBox"} if "text" in value and "pages" not in value else set())
    return {name: without_outlines(value[name]) for name in kept}


@pytest.mark.parametrize("task", ["classify", "detect", "ocr", "faces", "moderate"])
@pytest.mark.parametrize("seed", range(4))
def test_an_answer_is_what_the_library_makes_of_it(task: str, seed: int) -> None:
    message = rendered(task, seed)
    # Single precision is shortened there, and left as it is here.
    again = ParseDict(plain(message), ANSWER())
    assert without_outlines(MessageToDict(again)) == without_outlines(MessageToDict(message))


def test_an_empty_answer_is_empty() -> None:
    message = ANSWER()
    message.responses.add()
    assert plain(message) == {"responses": [{}]}
    message.responses[0].safe_search_annotation.SetInParent()
    assert plain(message) == {"responses": [{"safeSearchAnnotation": {}}]}


def test_a_step_without_a_name_is_its_number() -> None:
    message = ANSWER()
    message.responses.add().safe_search_annotation.adult = 42
    assert plain(message) == {"responses": [{"safeSearchAnnotation": {"adult": 42}}]}


def test_a_request_is_what_the_library_makes_of_it() -> None:
    body: dict[str, Any] = {
        "requests": [
            {
                "image": {"content": b"picture"},
                "features": [{"type": "LABEL_DETECTION", "maxResults": 5, "model": "builtin/latest"}],
                "imageContext": {"languageHints": ["de"], "cropHintsParams": {"aspectRatios": [0.5, 1.5]}},
            }
        ]
    }
    said = MessageToDict(filled(REQUEST, body))
    assert said["requests"][0].pop("image") == {"content": "cGljdHVyZQ=="}
    body["requests"][0].pop("image")
    assert said == body


@pytest.mark.parametrize(
    "extra",
    [{"nonsense": 1}, {"imageContext": None}, {"imageContext": {"languageHints": 5}}, {"features": [{"type": "NONE"}]}],
)
def test_a_request_that_makes_no_sense_is_an_input_error(extra: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="Cloud Vision takes no"):
        filled(REQUEST, {"requests": [{"image": {"content": b"x"}, **extra}]})


@pytest.mark.parametrize("task", ["moderate", "faces", "ocr"])
def test_numbers_are_read_as_names_are(task: str) -> None:
    """As Google's own client by REST asks for them."""
    message, call = rendered(task, 3), question(task)
    by_name, by_number = (MessageToDict(message, use_integers_for_enums=is_number) for is_number in (False, True))
    assert by_name != by_number
    assert decoded(PROVIDER, call, by_name) == decoded(PROVIDER, call, by_number)
