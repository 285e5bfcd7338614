"""What Google's codecs make of answers that none of the recorded ones shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clouds.bodies import decoded, question
from visionhub import registry
from visionhub.errors import DecodeError
from visionhub.tasks import GenerateCall, Moderation, Text
from visionhub.tasks.moderate import Category

PROVIDER = registry.get("google")


def words_at(*lefts: int, top: int = 10, down: int = 0) -> list[dict[str, Any]]:
    corners = [((x, top + number * down), 20) for number, x in enumerate(lefts)]
    return [
        {
            "boundingBox": {"vertices": [{"x": x + a, "y": y + b} for a, b in ((0, 0), (side, 0), (side, 9), (0, 9))]},
            "symbols": [{"text": "\u05d0"}],
        }
        for (x, y), side in corners
    ]


@pytest.mark.parametrize(
    ("words", "sides"),
    [
        (words_at(10, 40, 70), (10, 10, 90, 19)),
        (words_at(70, 40, 10), (10, 10, 90, 19)),
        (words_at(10, 10, 10, down=10), (10, 10, 30, 39)),
    ],
    ids=["to the right", "to the left", "down"],
)
def test_a_line_goes_around_its_words(words: list[dict[str, Any]], sides: tuple[int, ...]) -> None:
    page = {"width": 100, "height": 100, "blocks": [{"paragraphs": [{"words": words}]}]}
    result = decoded(PROVIDER, question("ocr"), {"responses": [{"fullTextAnnotation": {"pages": [page]}}]})
    assert isinstance(result, Text)
    outline = result.lines[0].polygon
    assert outline.box.pixels(100, 100) == pytest.approx(sides)
    corners = {(round(x), round(y)) for x, y in outline.pixels(100, 100)}
    assert corners == {(x, y) for x in sides[::2] for y in sides[1::2]}


def test_a_hyphen_at_the_end_of_a_line_is_kept() -> None:
    words = words_at(10, 40)
    words[0]["symbols"][0]["property"] = {"detectedBreak": {"type": "HYPHEN"}}
    raw = {"responses": [{"fullTextAnnotation": {"pages": [{"blocks": [{"paragraphs": [{"words": words}]}]}]}}]}
    codec, call = PROVIDER.codec("ocr"), question("ocr")
    assert codec
    assert codec.render
    once = decoded(PROVIDER, call, raw)
    assert isinstance(once, Text)
    assert [line.text for line in once.lines] == ["\u05d0-", "\u05d0"]
    assert codec.decode(codec.render(once, call), call) == once


def test_half_an_answer_is_none() -> None:
    raw = {"candidates": [{"content": {"parts": [{"text": "A ho"}]}, "finishReason": "MAX_TOKENS"}]}
    with pytest.raises(DecodeError, match="cut off"):
        decoded(PROVIDER, question("caption"), raw)


def test_settings_of_gemini_are_added_to_ours() -> None:
    codec = PROVIDER.codec("generate")
    assert codec
    call = GenerateCall(prompt="a red house", size=(16, 9), extra={"generationConfig": {"temperature": 0}})
    config = codec.encode(call).body["generationConfig"]
    assert config == {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9"}, "temperature": 0}


def test_of_two_categories_of_one_name_the_flagged_one_is_told() -> None:
    said = [Category(name="violence", flagged=flagged, native=str(flagged)) for flagged in (True, False)]
    codec, call = PROVIDER.codec("moderate"), question("moderate")
    assert codec
    assert codec.render
    assert codec.decode(codec.render(Moderation.of(said), call), call).flagged  # type: ignore[attr-defined]
