"""Text in scenes by DetectText (up to 100 words), or of documents by Textract: `model="textract"`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from visionhub.capability import Capability, Price
from visionhub.image import Image
from visionhub.providers.aws import shares
from visionhub.providers.aws.labels import PICTURES, REKOGNITION
from visionhub.tasks import OcrCall, Text, Usage, Warning
from visionhub.tasks.ocr import Line, Word
from visionhub.wire import Request, Response

SCENE, DOCUMENT = "rekognition.detect_text", "textract.detect_document_text"
TEXTRACT = "textract"
MOST_WORDS = 100
PAGE_PRICE = Price(
    usd=0.0015, as_of=date(2026, 11, 22), source="https://aws.amazon.com/textract/pricing/ (us-east-1)", sure=False
)
CAPABILITY = Capability(
    fields=("lines.words",),
    max_side=10_000,
    model="rekognition",
    price=REKOGNITION,
    docs="https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectText.html",
    **PICTURES,
)
CUT_OFF = Warning(
    code="text_cut_off",
    message=f"aws reads at most {MOST_WORDS} words of a scene; model='textract' reads whole pages.",
)


def encode(call: OcrCall) -> Request:
    """See `visionhub.codec`."""
    if call.model == TEXTRACT:
        return Request(DOCUMENT, {"Document": {"Bytes": call.image.data}, **call.extra})
    return Request(SCENE, {"Image": {"Bytes": call.image.data}, **call.extra})


def decode(response: Response, call: OcrCall) -> Text:
    """See `visionhub.codec`. Which of the two services answered is seen from the answer."""
    del call
    body = response.body
    if "Blocks" in body:
        version = body.get("DetectDocumentTextModelVersion")
        pages = body.get("DocumentMetadata", {}).get("Pages")
        cost = PAGE_PRICE.usd * pages if pages else None
        return Text.of(
            _document(body["Blocks"]), model=_named(TEXTRACT, version), usage=Usage(units=pages, cost_usd=cost)
        )
    found = body["TextDetections"]
    text = Text.of(_scene(found), model=_named("rekognition-text", body.get("TextModelVersion")))
    words = sum(item["Type"] == "WORD" for item in found)
    return text.warned(CUT_OFF) if words >= MOST_WORDS else text


def _named(service: str, version: str | None) -> str:
    return f"{service}-{version}" if version else service


def _scene(found: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Words are tied to their lines by the lines' numbers."""
    words: dict[int, list[Word]] = {}
    for item in found:
        if item["Type"] == "WORD":
            words.setdefault(item["ParentId"], []).append(_word(item["DetectedText"], item))
    for item in found:
        if item["Type"] == "LINE":
            yield _line(item["DetectedText"], item, tuple(words.get(item["Id"], ())))


def _document(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Words are the children of their lines."""
    by_id = {block["Id"]: block for block in blocks}
    for block in blocks:
        if block["BlockType"] == "LINE":
            children = [
                child for tie in block.get("Relationships") or () if tie["Type"] == "CHILD" for child in tie["Ids"]
            ]
            words = tuple(_word(by_id[child]["Text"], by_id[child]) for child in children if child in by_id)
            yield _line(block["Text"], block, words)


def _word(text: str, item: Mapping[str, Any]) -> Word:
    return Word(text=text, score=shares.score(item["Confidence"]), polygon=shares.polygon(item["Geometry"]["Polygon"]))


def _line(text: str, item: Mapping[str, Any], words: tuple[Word, ...]) -> Line:
    outline = shares.polygon(item["Geometry"]["Polygon"])
    return Line(
        text=text, score=shares.score(item["Confidence"]), polygon=outline, page=item.get("Page") or 1, words=words
    )


def parse(request: Request) -> OcrCall:
    """See `visionhub.codec`."""
    place = "Document" if request.operation == DOCUMENT else "Image"
    extra = {name: value for name, value in request.body.items() if name != place}
    model = TEXTRACT if request.operation == DOCUMENT else None
    return OcrCall(image=Image(request.body[place]["Bytes"]), model=model, extra=extra)


def render(result: Text, call: OcrCall) -> Response:
    """See `visionhub.codec`."""
    return Response(_as_document(result) if call.model == TEXTRACT else _as_scene(result))


def _as_scene(result: Text) -> dict[str, Any]:
    lines, words = [], []
    for number, line in enumerate(result.lines):
        lines.append(_said(line, DetectedText=line.text, Type="LINE", Id=number))
        words += [_said(word, DetectedText=word.text, Type="WORD", ParentId=number) for word in line.words]
    for number, word in enumerate(words, len(lines)):
        word["Id"] = number
    return {"TextDetections": lines + words, "TextModelVersion": "3.0"}


def _as_document(result: Text) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    for number, line in enumerate(result.lines):
        ids = [f"word-{number}-{place}" for place in range(len(line.words))]
        ties = [{"Type": "CHILD", "Ids": ids}] if ids else []
        blocks.append(
            _said(line, BlockType="LINE", Id=f"line-{number}", Text=line.text, Page=line.page, Relationships=ties)
        )
        blocks += [
            _said(word, BlockType="WORD", Id=name, Text=word.text, TextType="PRINTED", Page=line.page)
            for name, word in zip(ids, line.words, strict=True)
        ]
    pages = max((line.page for line in result.lines), default=1)
    return {"DocumentMetadata": {"Pages": pages}, "Blocks": blocks, "DetectDocumentTextModelVersion": "1.0"}


def _said(item: Line | Word, **more: Any) -> dict[str, Any]:
    return {**more, "Confidence": shares.percent(item.score), "Geometry": shares.geometry(item.polygon)}
