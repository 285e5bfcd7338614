"""Character error rate of `ocr`: mean over pictures; case, space and punctuation do not count.

Documents and lines in English, German, French, Italian, Spanish and Portuguese come first; Fraktur, other languages and other
kinds follow. Where a label has no order (receipts, scenes, pages in columns) `reading.py` says how texts are compared; `as read`
is the same pictures without that help. Upright documents are then turned by quarter turns; and pages with nothing on them are
read: every line there is invented.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import mean

import PIL.Image

from benchmarks.figures import Figures, worst
from benchmarks.quality.data import Row, answers, local, rows
from benchmarks.quality.reading import by_blocks, by_places, error_rate
from visionhub import Hub, Image, OcrCall, Text

MAIN = "line and document"
LANGUAGES = {"en", "de", "fr", "it", "es", "pt"}
TURNS = {
    90: PIL.Image.Transpose.ROTATE_270,
    180: PIL.Image.Transpose.ROTATE_180,
    270: PIL.Image.Transpose.ROTATE_90,
}


def measure() -> Figures:
    hub = local("ocr")
    labelled = [row for row in rows("ocr") if row["text"].strip()]
    return {**rates(hub, labelled), **turned(hub, labelled), **blank(hub)}


def rates(hub: Hub, labelled: Sequence[Row]) -> Figures:
    ruled: dict[str, dict[str, float]] = defaultdict(dict)
    as_read: dict[str, list[float]] = defaultdict(list)
    for row, answer in zip(labelled, read(hub, [Image(row["file"]) for row in labelled]), strict=True):
        ruled[group(row)][row["file"].name] = rate(row, answer)
        as_read[group(row)].append(error_rate(row["text"], answer.text))
    figures: Figures = {}
    for name in sorted(ruled, key=lambda name: (name != MAIN, name)):
        found = ruled[name]
        figures |= {name: mean(found.values()), f"{name}: pictures": len(found), f"{name}: worst": worst(found)}
        if as_read[name] != list(found.values()):
            figures[f"{name}: as read"] = mean(as_read[name])
    return figures


def group(row: Row) -> str:
    if row["kind"] not in ("line", "document"):
        return str(row["kind"])
    return MAIN if set(row["lang"].split(",")) <= LANGUAGES else f"line and document, {row['lang']}"


def rate(row: Row, answer: Text) -> float:
    """The error rate by the rule that fits the label."""
    if row.get("lines") or row.get("words"):
        return by_places(row, answer)
    return by_blocks(row, answer) if row.get("order_matters") is False else error_rate(row["text"], answer.text)


def turned(hub: Hub, labelled: Sequence[Row]) -> Figures:
    upright = [row for row in labelled if row["kind"] == "document" and group(row) == MAIN and not row["rotation"]]
    pages = [Image(row["file"]).rgb() for row in upright]
    figures: Figures = {"turned documents": len(pages)}
    for degrees in (0, *TURNS):
        sides = [page.transpose(TURNS[degrees]) if degrees else page for page in pages]
        found = zip(upright, read(hub, [Image(page) for page in sides]), strict=True)
        figures[f"turned by {degrees}"] = mean(rate(row, answer) for row, answer in found)
    return figures


def blank(hub: Hub) -> Figures:
    pages = {**blank_pages(), **{row["file"].name: Image(row["file"]) for row in rows("ocr") if row["kind"] == "blank"}}
    lines = {
        name: float(len(answer.lines)) for name, answer in zip(pages, read(hub, list(pages.values())), strict=True)
    }
    return {"blank pages": len(pages), "lines on them": sum(lines.values()), "blank pages: worst": worst(lines)}


def blank_pages() -> dict[str, Image]:
    """Nothing, in many ways: plain, noisy, unevenly lit, and like paper."""
    size = (1000, 1400)
    light = PIL.Image.linear_gradient("L").resize(size)
    fine = PIL.Image.effect_noise(size, 12)
    coarse = PIL.Image.effect_noise((125, 175), 25).resize(size, PIL.Image.Resampling.BICUBIC)
    paper = PIL.Image.blend(PIL.Image.blend(fine, coarse, 0.5), PIL.Image.new("L", size, 235), 0.8)
    drawn = {
        **{str(shade): PIL.Image.new("L", size, shade) for shade in ("white", "grey", "black")},
        "gradient": light,
        "noise": PIL.Image.effect_noise(size, 60),
        "faint noise": PIL.Image.blend(fine, PIL.Image.new("L", size, 255), 0.7),
        "blotches": coarse,
        "paper": paper,
        "paper in uneven light": PIL.Image.blend(paper, light, 0.3),
    }
    return {name: Image(page.convert("RGB")) for name, page in drawn.items()}


def read(hub: Hub, images: Sequence[Image]) -> list[Text]:
    return list(answers(hub, (OcrCall(image=image) for image in images)))
