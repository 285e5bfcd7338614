"""Colours of names: always the same for the same name, bright enough to carry dark letters and to stand out when cased in black."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

Color: TypeAlias = tuple[int, int, int]

# Middle steps of the Open Color palette (MIT), and two of our own; then the same, paler.
VIVID: tuple[Color, ...] = (
    (255, 107, 107), (255, 146, 43), (255, 212, 59), (169, 227, 75), (81, 207, 102), (56, 217, 169), (59, 201, 219),
    (77, 171, 247), (145, 167, 255), (177, 151, 252), (218, 119, 242), (247, 131, 172), (216, 168, 120), (206, 212, 218),
)  # fmt: skip
COLORS: tuple[Color, ...] = (*VIVID, *((r // 2 + 127, g // 2 + 127, b // 2 + 127) for r, g, b in VIVID))
GREEN, RED, BLUE = VIVID[4], VIVID[0], VIVID[7]
MEANT: dict[str, Color] = {"same": GREEN, "different": RED, "flagged": RED, "text": BLUE}
# With it, kinds that often stand in one picture (people, vehicles; tableware, food; a desk; animals) differ in colour.
SEED = 43_253

INK: Color = (18, 18, 20)
PAPER: Color = (250, 250, 248)
FAINT: Color = (150, 152, 158)
TRACK: Color = (52, 53, 58)


def color_of(name: str) -> Color:
    """The colour of a name."""
    digest = hashlib.sha256(f"{SEED}{name}".encode("utf-8", "replace")).digest()
    return MEANT.get(name) or COLORS[int.from_bytes(digest[:4]) % len(COLORS)]
