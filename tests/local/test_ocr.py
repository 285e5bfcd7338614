"""Reading: which lines, where, in which order; and nothing where nothing is written."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from visionhub import Hub, Polygon, UnsupportedError
from visionhub.testing.pictures import page

LINES = ("The quick brown fox", "jumps over the lazy dog", "at a quarter past nine")


def letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def pixels(polygon: Polygon, picture: Image.Image) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    xs, ys = zip(*((point.x * picture.width, point.y * picture.height) for point in polygon.root), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def written(*texts: tuple[tuple[int, int], str], size: tuple[int, int], height: int = 30) -> Image.Image:
    """Texts at places."""
    picture = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(height)
    for at, text in texts:
        pen.text(at, text, fill="black", font=font)
    return picture


def test_lines_words_and_blocks(local: Hub) -> None:
    picture = page(*LINES)
    result = local.ocr(picture)
    assert [line.text for line in result.lines] == list(LINES)
    assert result.text == "\n".join(LINES)
    assert {line.block for line in result.lines} == {0}
    font = ImageFont.load_default(36)
    for row, line in enumerate(result.lines):
        assert " ".join(word.text for word in line.words) == line.text
        top = round(36 * 1.8 * (row + 0.4))
        x0, y0, x1, y1 = font.getbbox(LINES[row])
        assert pixels(line.polygon, picture) == pytest.approx((36 + x0, top + y0, 36 + x1, top + y1), abs=12)
        before = ""
        for word in line.words:
            left, right = (36 + font.getlength(text) for text in (before, before + word.text))
            assert pixels(word.polygon, picture)[::2] == pytest.approx((left, right), abs=12)
            before += f"{word.text} "


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_page_is_read_as_well(local: Hub, turns: int) -> None:
    picture = page(*LINES)
    upright, turned = local.ocr(picture), local.ocr(picture.rotate(-90 * turns, expand=True))
    assert turned.text == upright.text
    for here, there in zip(upright.lines, turned.lines, strict=True):
        # Clockwise: what was at (x, y) is at (1 - y, x), once for each quarter turn.
        points = [(point.x, point.y) for point in here.polygon.root]
        for _ in range(turns):
            points = [(1 - y, x) for x, y in points]
        found = [(point.x, point.y) for point in there.polygon.root]
        assert np.abs(np.subtract(points, found)).max() < 0.05, "polygons begin where the text begins"


def test_a_tilted_page_is_read(local: Hub) -> None:
    tilted = page(*LINES).rotate(8, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    assert local.ocr(tilted).text == "\n".join(LINES)


def noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (600, 800, 3), np.uint8))


BLANK = {
    "white": Image.new("RGB", (900, 1200), "white"),
    "black": Image.new("RGB", (900, 1200), "black"),
    "grey": Image.new("RGB", (640, 480), (128, 128, 128)),
    "gradient": Image.linear_gradient("L").resize((800, 600)),
    "noise": noise(1),
    "paper": Image.fromarray((235 + np.random.default_rng(2).normal(0, 5, (1100, 800))).clip(0, 255).astype(np.uint8)),
    "tiny": Image.new("RGB", (3, 2), "white"),
    "a line": Image.new("RGB", (2000, 3), "white"),
}


@pytest.mark.parametrize("name", BLANK)
def test_no_line_is_invented_on_a_blank_page(local: Hub, name: str) -> None:
    result = local.ocr(BLANK[name])
    assert (result.text, result.lines) == ("", ())


def test_columns_are_read_one_after_the_other(local: Hub) -> None:
    left = [
        "Every column of this page",
        "is read to its very end, all",
        "of its lines, before the next",
        "one is begun",
    ]
    right = [
        "which only then goes on up",
        "here, beside the first one,",
        "as a reader of newspapers",
        "would expect it",
    ]
    texts = [((60, 60 + 50 * row), text) for row, text in enumerate(left)]
    texts += [((620, 60 + 50 * row), text) for row, text in enumerate(right)]
    result = local.ocr(written(*texts, size=(1100, 320)))
    assert [line.text for line in result.lines] == left + right
    assert [line.block for line in result.lines] == [0] * 4 + [1] * 4


def test_a_bill_is_read_row_by_row(local: Hub) -> None:
    rows = [("Coffee", "3.50"), ("Apple cake", "4.20"), ("Sparkling water", "2.80"), ("Total", "10.50")]
    texts = [((60, 60 + 50 * row), name) for row, (name, _) in enumerate(rows)]
    texts += [((560, 60 + 50 * row), price) for row, (_, price) in enumerate(rows)]
    result = local.ocr(written(*texts, size=(700, 320)))
    assert letters(result.text) == letters("".join(f"{name}{price}" for name, price in rows))


def test_paragraphs_are_blocks(local: Hub) -> None:
    rows = [0, 1, 2, 4, 5, 6]
    texts = [((60, 40 + 48 * row), f"The number of this line is {row}") for row in rows]
    result = local.ocr(written(*texts, size=(700, 420)))
    assert [line.block for line in result.lines] == [0, 0, 0, 1, 1, 1]
    assert result.text.count("\n\n") == 1


def test_a_strip_cut_closely_is_read(local: Hub) -> None:
    font = ImageFont.load_default(40)
    x0, y0, x1, y1 = map(round, font.getbbox("Inhaltsverzeichnis"))
    strip = Image.new("RGB", (x1 - x0 + 4, y1 - y0 + 4), "white")
    ImageDraw.Draw(strip).text((2 - x0, 2 - y0), "Inhaltsverzeichnis", fill="black", font=font)
    assert local.ocr(strip).text == "Inhaltsverzeichnis"


def test_small_print_on_a_large_page_is_found(local: Hub) -> None:
    picture = written(
        *(((300, 400 + 60 * row), f"small print, clause {row}") for row in range(8)), size=(2500, 3300), height=26
    )
    assert [letters(line.text) for line in local.ocr(picture).lines] == [f"smallprintclause{row}" for row in range(8)]


def test_a_page_of_a_tiff_says_which(local: Hub) -> None:
    from visionhub import Image as Picture

    buffer = io.BytesIO()
    page("First page").save(buffer, "TIFF", save_all=True, append_images=[page("Second page")])
    (line,) = local.ocr(Picture(buffer.getvalue(), page=2)).lines
    assert (line.text, line.page) == ("Second page", 2)


@pytest.mark.parametrize("language", ["en", "de-AT", "zh-Hant", "DE", "sr-Latn"])
def test_a_language_that_it_reads_changes_nothing(local: Hub, language: str) -> None:
    result = local.ocr(page("Good morning"), language=language)
    assert result.text == "Good morning"
    assert not result.warnings


@pytest.mark.parametrize("language", ["ru", "ar", "ko", "sr-Cyrl", "eng", "d"])
def test_another_language_is_refused(local: Hub, language: str) -> None:
    with pytest.raises(UnsupportedError, match=f"does not read '{language}'") as caught:
        local.ocr(page("Good morning"), language=language)
    assert "It reads af, az" in str(caught.value.hint)


def test_the_sample_page(local: Hub, samples: Mapping[str, Path]) -> None:
    text = local.ocr(samples["page"]).text
    assert text.startswith("Region-based segmentation\n\nLet us first determine markers of the coins and the\n")


def test_what_is_only_found_is_no_less_than_what_is_read(local: Hub, samples: Mapping[str, Path]) -> None:
    read = local.ocr(samples["page"])
    found = local.ocr(samples["page"], extra={"unread": True})
    assert {(line.text, line.score, line.words) for line in found.lines} == {("", None, ())}
    for line in read.lines:
        middle = line.polygon.box.center
        boxes = [one.polygon.box for one in found.lines]
        assert any(box.x0 <= middle.x <= box.x1 and box.y0 <= middle.y <= box.y1 for box in boxes)
