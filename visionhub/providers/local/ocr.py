"""Printed text by PP-OCRv6: Chinese, Japanese, and what is written in Latin letters."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.errors import UnsupportedError
from visionhub.geometry import Polygon
from visionhub.providers.local.answers import FREE, RAN, by_torch, chosen, longest, told, usage
from visionhub.providers.local.cards import all_cards, for_task
from visionhub.tasks import OcrCall, Text, Warning
from visionhub.tasks.ocr import Line, Word
from visionhub.wire import Request, Response

CAPABILITY = Capability(
    options={"language": Support.EMULATED, "min_score": Support.EMULATED},
    fields=("lines.words", "lines.block", *RAN),
    model=for_task("ocr").name,
    price=FREE,
)
capable = chosen(CAPABILITY, by_torch(language=Support.NATIVE, min_score=Support.EMULATED))
WHOLE = Polygon.clamped([(0, 0), (1, 0), (1, 1), (0, 1)])


def encode(call: OcrCall) -> Request:
    """See `visionhub.codec`. The model needs no hint: a language is only checked to be one that it reads.

    `extra={"unread": True}` asks only where text may be: more of it is found, none is read, and lines have no score.
    """
    if call.model is not None and call.model not in all_cards():
        asked = {"language": call.language, "longest": longest(call)}
        return Request("ocr", {"model": call.model, "image": call.image, **asked})
    known = for_task("ocr", call.model).params["languages"]
    if call.language and not any(_is_of(call.language, language) for language in known):
        raise UnsupportedError(
            f"local does not read {call.language!r}.",
            hint=f"It reads {', '.join(known)}. Leave `language` out to read what there is in these.",
        )
    return Request("ocr", {"model": call.model, "image": call.image, "unread": bool(call.extra.get("unread"))})


def decode(response: Response, call: OcrCall) -> Text:
    """See `visionhub.codec`. Lines of which the model is not sure, by a rule of its own, are left out."""
    if "text" in response.body:
        return _placeless(response, call)
    width, height = call.image.width, call.image.height

    def polygon(points: list[list[float]]) -> Polygon:
        return Polygon.clamped((x / width, y / height) for x, y in points)

    lines = (
        Line(
            text=row["text"],
            score=row["score"],
            polygon=polygon(row["polygon"]),
            block=row["block"],
            page=call.image.page,
            words=tuple(Word(**word | {"polygon": polygon(word["polygon"])}) for word in row["words"]),
        )
        for row in response.body["lines"]
    )
    return Text.of(lines, usage=usage(), warnings=told(response))


def _placeless(response: Response, call: OcrCall) -> Text:
    """Lines of a model that does not say where they stand: somewhere in the picture."""
    rows = (row.strip() for row in response.body["text"].splitlines())
    lines = [
        Line(text=row, score=None, polygon=WHOLE, page=call.image.page, language=call.language) for row in rows if row
    ]
    said = f"{response.model} does not say where the text stands: each line has the whole picture for its place."
    warnings = (*told(response), *([Warning(code="places_unknown", message=said)] if lines else []))
    return Text.of(lines, usage=usage(), warnings=warnings)


def _is_of(tag: str, language: str) -> bool:
    """Whether a BCP 47 tag (`de-AT`) is of a language (`de`)."""
    return f"{tag}-".casefold().startswith(f"{language}-".casefold())
