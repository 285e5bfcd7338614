"""Captions, questions and text by small models of pictures and text to text: what `transformers` itself would generate, greedily."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import jsonschema
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
import torch
import transformers
from transformers.models.auto.image_processing_auto import AutoImageProcessor

from tests.local.torch.test_parity import PICTURES, picture
from visionhub import Caption, CaptionCall, Hub, Image, Point
from visionhub.errors import ConfigError, InputError, UnsupportedError
from visionhub.kit.prompts import DESCRIBE
from visionhub.providers.local.models.auto import lines, speaker
from visionhub.providers.local.models.text.quad import cut_quad

Saved = Callable[[str], str]
auto: Any = transformers
# Not by its name in `transformers`, which some versions keep for those who have torchvision.
auto_images: Any = AutoImageProcessor
SHORT = {"longest": 6}


def written(folder: str, one: PIL.Image.Image, words: str | None) -> tuple[list[int], str]:
    """The new tokens, and the text of them."""
    processor, model = (
        auto.AutoProcessor.from_pretrained(folder),
        auto.AutoModelForImageTextToText.from_pretrained(folder),
    )
    if getattr(processor, "chat_template", None):
        turn = {"role": "user", "content": [{"type": "image", "image": one}, {"type": "text", "text": words}]}
        inputs = processor.apply_chat_template(
            [turn], add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
    else:
        inputs = processor(images=one, text=words, return_tensors="pt")
    with torch.no_grad():
        tokens = model.generate(**inputs, do_sample=False, max_new_tokens=6)[0]
    asked = inputs["input_ids"].shape[1] if getattr(processor, "chat_template", None) else 0
    new = tokens[asked:].tolist()
    return new, processor.decode(new, skip_special_tokens=True).strip()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The tokens of every answer, before they become text."""
    tokens: list[list[int]] = []
    decode = auto.PreTrainedTokenizerBase.batch_decode

    def hear(tokenizer: Any, rows: Any, **options: Any) -> Any:
        tokens.extend(rows.tolist())
        return decode(tokenizer, rows, **options)

    monkeypatch.setattr(auto.PreTrainedTokenizerBase, "batch_decode", hear)
    return tokens


@pytest.mark.parametrize("name", ["llava", "idefics", "blip"])
def test_captions_are_what_the_model_generates(hub: Hub, saved: Saved, name: str, heard: list[list[int]]) -> None:
    for one in PICTURES:
        heard.clear()
        result = hub.caption(one, model=saved(name), extra=SHORT)
        tokens, text = written(saved(name), one, None if name == "blip" else DESCRIBE)
        assert heard == [tokens]
        assert result.text == text
        assert result.usage.device == "cpu"


@pytest.mark.parametrize("name", ["llava", "idefics"])
def test_questions(hub: Hub, saved: Saved, name: str) -> None:
    result = hub.caption(PICTURES[0], question="is this a cat", model=saved(name), extra=SHORT)
    assert result.question == "is this a cat"
    assert result.text == written(saved(name), PICTURES[0], "is this a cat")[1]
    german = hub.caption(PICTURES[0], language="de", model=saved(name), extra=SHORT)
    assert german.text == written(saved(name), PICTURES[0], f"{DESCRIBE} Answer in the language de.")[1]


@pytest.mark.parametrize("name", ["llava", "idefics", "blip"])
def test_a_batch_writes_what_each_writes_alone(hub: Hub, saved: Saved, name: str) -> None:
    many = [picture(96, 64, seed) for seed in range(6)]
    calls = [CaptionCall(image=Image(one), model=saved(name), extra=SHORT) for one in many]
    together = [result for result in hub.map(calls) if isinstance(result, Caption)]
    assert max(result.usage.batch or 0 for result in together) > 1
    assert [result.text for result in together] == [
        hub.caption(one, model=saved(name), extra=SHORT).text for one in many
    ]


def test_what_was_cut_off_is_told(hub: Hub, saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {warning.code for warning in hub.caption(PICTURES[0], model=saved("llava"), extra={"longest": 1}).warnings}
    assert codes == {"cut_off"}
    # A model that ends at once: its first token is its last.
    first = written(saved("llava"), PICTURES[0], DESCRIBE)[0][0]
    monkeypatch.setattr(speaker, "_stops", lambda *_: {first})
    hub.close()
    assert not hub.caption(PICTURES[0], model=saved("llava"), extra={"longest": 1}).warnings


@pytest.mark.parametrize("name", ["llava", "idefics"])
def test_text_has_lines_and_no_places(hub: Hub, saved: Saved, name: str) -> None:
    result = hub.ocr(PICTURES[1], model=saved(name), extra=SHORT)
    assert "places_unknown" in {warning.code for warning in result.warnings} or not result.lines
    for line in result.lines:
        assert line.score is None
        assert len(line.polygon.points) == 4
    assert hub.ocr(PICTURES[1], model=saved(name), language="de", extra=SHORT).model == saved(name)


def test_what_cannot_be_asked(hub: Hub, saved: Saved) -> None:
    with pytest.raises(InputError, match=r"too long for .*llava"):
        hub.caption(PICTURES[0], question="cat " * 2_000, model=saved("llava"))
    with pytest.raises(InputError, match="`longest` is a number of tokens, not 'many'"):
        hub.caption(PICTURES[0], model=saved("llava"), extra={"longest": "many"})
    with pytest.raises(ConfigError, match="does not caption"):
        hub.caption(PICTURES[0], model=saved("vit"))
    with pytest.raises(ConfigError, match="does not ocr"):
        hub.ocr(PICTURES[0], model=saved("detr"))


def test_a_chat_template_that_fails_is_told(hub: Hub, saved: Saved, tmp_path: Any) -> None:
    import shutil

    folder = shutil.copytree(saved("llava"), tmp_path / "llava")
    (folder / "chat_template.jinja").write_text("{{ raise_exception('no') }}", encoding="utf-8")
    with pytest.raises(UnsupportedError, match="cannot be asked so"):
        hub.caption(PICTURES[0], model=str(folder))


def test_smolvlm_sees_tiles_as_idefics_does(hub: Hub, saved: Saved) -> None:
    """Its own processor is not to be had without packages for videos; of pictures Idefics3's makes the same."""
    shown = [hub.caption(PICTURES[0], model=saved(name), extra=SHORT) for name in ("idefics", "smolvlm")]
    assert shown[0].text == shown[1].text


def test_questions_of_several_lengths_are_answered_together_as_each_alone(
    hub_with: Callable[..., Hub], saved: Saved
) -> None:
    hub = hub_with(most=4)
    for name in ("llava", "idefics", "smolvlm"):
        questions = ["is this a cat", "is this a cat or a dog", "is this", "is this a dog or this a cat"]
        calls = [
            CaptionCall(image=Image(PICTURES[0]), question=words, model=saved(name), extra=SHORT) for words in questions
        ]
        together = [result for result in hub.map(calls) if isinstance(result, Caption)]
        assert max(result.usage.batch or 0 for result in together) > 1
        assert [result.text for result in together] == [
            hub.caption(PICTURES[0], question=words, model=saved(name), extra=SHORT).text for words in questions
        ]


def test_a_question_holds_no_marks_of_the_model(hub: Hub, saved: Saved) -> None:
    with pytest.raises(InputError, match=r"The question holds <image>, which stands for something else"):
        hub.caption(PICTURES[0], question="what is <image> this", model=saved("llava"))
    with pytest.raises(InputError, match="The question is empty"):
        hub.caption(PICTURES[0], question=" ", model=saved("llava"))


def test_a_model_that_only_answers_questions(hub: Hub, saved: Saved) -> None:
    folder = saved("blip_vqa")
    result = hub.caption(PICTURES[0], question="is this a cat", model=folder, extra=SHORT)
    processor, model = auto.AutoProcessor.from_pretrained(folder), auto.BlipForQuestionAnswering.from_pretrained(folder)
    with torch.no_grad():
        inputs = processor(images=PICTURES[0], text="is this a cat", return_tensors="pt")
        tokens = model.generate(**inputs, do_sample=False, max_new_tokens=6)[0]
    assert result.text == processor.decode(tokens, skip_special_tokens=True).strip()
    with pytest.raises(UnsupportedError, match="answers questions, and does not describe"):
        hub.caption(PICTURES[0], model=folder)


def test_a_model_without_a_chat_is_not_told_a_language(hub: Hub, saved: Saved) -> None:
    with pytest.raises(UnsupportedError, match="cannot be told a language"):
        hub.caption(PICTURES[0], language="de", model=saved("blip"))
    with pytest.raises(UnsupportedError, match="cannot be told a language"):
        hub.ocr(PICTURES[0], language="de", model=saved("trocr"))
    with pytest.raises(UnsupportedError, match="answers no questions"):
        hub.caption(PICTURES[0], question="is this a cat", model=saved("blip"))


SCHEMA = {
    "type": "object",
    "properties": {"animal": {"enum": ["cat", "dog"]}, "count": {"type": "integer", "minimum": 0, "maximum": 9}},
    "required": ["animal", "count"],
    "additionalProperties": False,
}


def test_answers_fit_a_schema(hub: Hub, saved: Saved) -> None:
    """A model that would write noise writes what fits, alone and in one batch with others that are free."""
    model = saved("llava_bytes")
    calls = [
        CaptionCall(image=Image(one), question="what is it", model=model, extra={"longest": 60, **more})
        for one in PICTURES
        for more in ({"schema": SCHEMA}, {})
    ]
    answers = [answer for answer in hub.map(calls) if isinstance(answer, Caption)]
    assert max(answer.usage.batch or 0 for answer in answers) > 1
    for fits, free in zip(answers[::2], answers[1::2], strict=True):
        told = json.loads(fits.text)
        jsonschema.validate(told, SCHEMA)
        assert not fits.warnings
        assert not free.text.startswith("{")


@pytest.mark.parametrize(
    ("schema", "fault"),
    [("cats", "as a dict"), ({"type": "cat"}, "The schema cannot be used"), ({"type": "object", "properties": 7}, "The schema cannot be used")],
)  # fmt: skip
def test_schemas_that_make_no_sense(hub: Hub, saved: Saved, schema: Any, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        hub.caption(PICTURES[0], model=saved("llava_bytes"), extra={"schema": schema})


def test_who_cannot_be_held_to_a_schema(hub: Hub, saved: Saved) -> None:
    with pytest.raises(UnsupportedError, match="does not answer by a schema"):
        hub.caption(PICTURES[0], model=saved("blip"), extra={"schema": SCHEMA})


# Lines


@pytest.fixture
def page() -> PIL.Image.Image:
    """Two columns of two lines each."""
    made = PIL.Image.new("RGB", (640, 200), "white")
    pen, font = PIL.ImageDraw.Draw(made), PIL.ImageFont.load_default(28)
    for place, words in {
        (20, 30): "Morning bread",
        (20, 80): "evening tea",
        (360, 30): "Five apples",
        (360, 80): "and a pear",
    }.items():
        pen.text(place, words, "black", font)
    return made


def test_lines_are_found_and_each_is_read(
    hub: Hub, saved: Saved, page: PIL.Image.Image, heard: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    strips: list[Any] = []

    def cut(*given: Any) -> Any:
        strips.append(cut_quad(*given))
        return strips[-1]

    monkeypatch.setattr(lines, "cut_quad", cut)
    usual = hub.ocr(page)
    result = hub.ocr(page, model=saved("trocr"), extra=SHORT)
    assert len(strips) == len(heard) == len(usual.lines) == 4
    processor = auto_images.from_pretrained(saved("trocr"))
    model = auto.VisionEncoderDecoderModel.from_pretrained(saved("trocr"))
    for strip, tokens in zip(strips, heard, strict=True):
        with torch.no_grad():
            inputs = processor(PIL.Image.fromarray(strip), return_tensors="pt")
            expected = model.generate(**inputs, do_sample=False, max_new_tokens=6)[0].tolist()
        assert tokens[: len(expected)] == expected
    for line, known in zip(result.lines, usual.lines, strict=True):
        assert line.score is None
        assert line.text
        corners = zip(line.polygon.points, known.polygon.points, strict=True)
        apart = [max(abs(one.x - other.x), abs(one.y - other.y)) for one, other in corners]
        assert max(apart) < 0.02, "places, in the order in which the bundled reader takes them"


def test_a_picture_of_one_line_is_read_whole(hub: Hub, saved: Saved) -> None:
    (line,) = hub.ocr(PIL.Image.new("RGB", (300, 40), "white"), model=saved("trocr"), extra=SHORT).lines
    assert line.polygon.points[2] == Point(x=1, y=1)
    assert not hub.ocr(PIL.Image.new("RGB", (40, 40), "white"), model=saved("trocr"), extra=SHORT).lines


def test_what_finds_the_lines_must_be_there(hub: Hub, saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "visionhub.providers.local.models.auto.lines", None)
    with pytest.raises(ConfigError, match="what finds them is not installed") as caught:
        hub.ocr(PICTURES[0], model=saved("trocr"))
    assert "visionhub[local]" in str(caught.value.hint)
