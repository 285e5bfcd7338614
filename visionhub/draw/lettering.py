"""Fonts that have the letters: Pillow's own for Latin, else one that the system has. What no font can draw is left out."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont, features

Font: TypeAlias = ImageFont.FreeTypeFont

# Pillow looks these up in the system's font folders. Together they cover what Linux, macOS and Windows come with.
SYSTEM = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "segoeui.ttf", "Arial Unicode.ttf", "Arial.ttf", "FreeSans.ttf",
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "SourceHanSans-Regular.ttc", "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf", "wqy-microhei.ttc", "wqy-zenhei.ttc", "uming.ttc", "Hiragino Sans GB.ttc", "PingFang.ttc",
    "AppleSDGothicNeo.ttc", "msyh.ttc", "YuGothM.ttc", "msgothic.ttc", "malgun.ttf", "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf", "NotoSansThai-Regular.ttf", "Nirmala.ttf", "Nirmala.ttc",
    "LeelawUI.ttf", "GeezaPro.ttc", "Kohinoor.ttc", "Thonburi.ttc", "unifont.otf", "unifont.ttf",
)  # fmt: skip
NOWHERE = "\U0010fffd"  # a private character: no font has it, so it shows what a font draws instead of a missing one
PROBE = 16
RIGHT_TO_LEFT = frozenset({"R", "AL"})


def set_in(text: str, size: int) -> tuple[str, Font]:
    """`text` as far as it can be drawn, and the font of that size (pixels) which has most of it.

    The text is one line, without control characters. It is empty if no font has any of its letters.
    """
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not text.isascii() and not _has_layout() and any(unicodedata.bidirectional(c) in RIGHT_TO_LEFT for c in text):
        return "", _font(None, size)
    letters = frozenset(text.replace(" ", ""))
    best: tuple[str | None, frozenset[str]] = (None, _missing(None, letters))
    for other in SYSTEM:
        if not best[1]:
            break
        if _exists(other) and len(missing := _missing(other, letters)) < len(best[1]):
            best = other, missing
    name, missing = best
    drawable = " ".join("".join(char for char in text if char not in missing).split())
    return drawable, _font(name, size)


def shortened(text: str, font: Font, width: float) -> str:
    """`text`, cut with an ellipsis to `width` pixels; empty if not even a letter finds room."""
    if font.getlength(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(f"{text[:middle].rstrip()}…") <= width else (low, middle - 1)
    return f"{text[:low].rstrip()}…" if low else ""


@cache
def _has_layout() -> bool:
    # Without it, scripts that run from right to left would be drawn backwards, their letters unjoined.
    return bool(features.check("raqm"))


@cache
def _font(name: str | None, size: int) -> Font:
    font = ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


@cache
def _exists(name: str) -> bool:
    try:
        _font(name, PROBE)
    except OSError:
        return False
    return True


def _missing(name: str | None, letters: frozenset[str]) -> frozenset[str]:
    return frozenset(letter for letter in letters if not _has(name, letter))


@cache
def _has(name: str | None, letter: str) -> bool:
    # Pillow does not tell which characters a font has; one it lacks is drawn like any other that it lacks.
    return _look(name, letter) != _look_of_nothing(name)


@cache
def _look_of_nothing(name: str | None) -> bytes:
    return _look(name, NOWHERE)


def _look(name: str | None, letter: str) -> bytes:
    probe = Image.new("L", (PROBE * 3, PROBE * 2))
    ImageDraw.Draw(probe).text((PROBE, PROBE // 4), letter, fill=255, font=_font(name, PROBE))
    return probe.tobytes()
