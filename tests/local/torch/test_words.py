"""Captions, questions and text by small models of pictures and text to text: what `transformers` itself would generate, greedily."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import PIL.Image
import pytest
import torch
import transformers

from tests.local.torch.test_parity import PICTURES, picture
from visionhub import Caption, CaptionCall, Hub, Image
from visionhub.errors import ConfigError, InputError, UnsupportedError
from visionhub.kit.prompts import DESCRIBE
from visionhub.providers.local.models.auto import caption

Saved = Callable[[str], str]
auto: Any = transformers
SHORT = {"longest": 6}


def written(folder: str, one: PIL.Image.Image, words: str | None) -> tuple[list[int], str]:
    """The new tokens, and the text of them."""
    processor, model = (
        auto.AutoProcessor.from_pretrained(folder),
        auto.AutoModelForImageTextToText.from_pretrained(folder),
    )
    if processor.chat_template:
        turn = {"role": "user", "content": [{"type": "image", "image": one}, {"type": "text", "text": words}]}
        inputs = processor.apply_chat_template(
            [turn], add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
    else:
        inputs = processor(images=one, text=words, return_tensors="pt")
    with torch.no_grad():
        tokens = model.generate(**inputs, do_sample=False, max_new_tokens=6)[0]
    asked = inputs["input_ids"].shape[1] if processor.chat_template else 0
    new = tokens[asked:].tolist()
    return new, processor.decode(new, skip_special_tokens=True).strip()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The tokens of every answer, before they become text."""
    tokens: list[list[int]] = []
    decode = auto.ProcessorMixin.batch_decode

    def hear(processor: Any, rows: Any, **options: Any) -> Any:
        tokens.extend(rows.tolist())
        return decode(processor, rows, **options)

    monkeypatch.setattr(auto.ProcessorMixin, "batch_decode", hear)
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
    monkeypatch.setattr(caption.Speaker, "_ends", lambda _: {first})
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
