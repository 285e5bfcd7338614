"""Draws the flow of each routing strategy into docs/strategies/NAME.svg; `--check` only says whether they are up to date.

Your program is the lane on top, each provider one below it, and time runs from left to right, from 0 to 100.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from xml.sax.saxutils import escape

FOLDER = Path(__file__).parent / "strategies"
LEFT, TOP, LANE, BAR, SCALE = 150, 40, 44, 16, 5.2
ELBOW = 2 * SCALE
WIDTH = 760

Ending: TypeAlias = Literal["answer", "error", "left", "cancelled", "aside"]
"""Of one try: returned to the caller, failed, answered but not returned, given up, never waited for."""


@dataclass(frozen=True)
class Try:
    """One try with the provider in a lane (from 0). `note` stands behind it; one that is cancelled goes on, unheard, until `until`."""

    lane: int
    start: float
    end: float
    ending: Ending
    note: str = ""
    until: float = 0.0


@dataclass(frozen=True)
class Picture:
    """The lanes' providers, each with a remark, and what happens in them; `marks` are moments that have a name."""

    says: str
    lanes: tuple[tuple[str, str], ...]
    tries: tuple[Try, ...]
    answers: tuple[float, ...]
    marks: tuple[tuple[float, str], ...] = ()
    calls: tuple[float, ...] = (0,)
    word: str = "answer"


def _row(lane: int, *ends: tuple[float, float], ending: Ending = "answer") -> tuple[Try, ...]:
    return tuple(Try(lane, start, end, ending) for start, end in ends)


PICTURES = {
    "fallback": Picture(
        "The first provider fails, the next one answers; the third is not asked.",
        (("azure", ""), ("google", ""), ("local", "")),
        (Try(0, 5, 26, "error", "503"), Try(1, 38, 62, "answer")),
        (64,),
    ),
    "cascade": Picture(
        "The first provider answers, but not well enough; the next answer is accepted.",
        (("local", ""), ("aws", "")),
        (Try(0, 5, 20, "left", "0.4 < 0.6"), Try(1, 40, 64, "answer", "0.9")),
        (66,),
    ),
    "race": Picture(
        "All are asked at once; the first answer is returned, the others are cancelled.",
        (("azure", ""), ("google", ""), ("aws", "")),
        (
            Try(0, 5, 38, "cancelled", "cancelled, may be billed", until=52),
            Try(1, 5, 36, "answer"),
            Try(2, 5, 38, "cancelled", "cancelled, may be billed", until=66),
        ),
        (38,),
    ),
    "hedge": Picture(
        "The first provider takes longer than usual, so the second is asked too; the first answer is returned.",
        (("azure", ""), ("google", "")),
        (Try(0, 5, 56, "cancelled", "cancelled, may be billed", until=68), Try(1, 32, 54, "answer")),
        (56,),
        marks=((30, "its p95 passed"),),
    ),
    "vote": Picture(
        "All are asked at once and all are waited for; what two of three say is the answer.",
        (("azure", "cat, dog"), ("google", "cat"), ("aws", "cat, hat")),
        (*_row(0, (5, 26), ending="left"), *_row(1, (5, 36), ending="left"), *_row(2, (5, 48), ending="left")),
        (56,),
        word="answer: cat",
    ),
    "cheapest": Picture(
        "The provider that asks least for this call goes first; when it fails, the next cheapest.",
        (("aws", "0.0010 USD"), ("local", "free"), ("google", "0.0015 USD")),
        (Try(1, 5, 26, "error", "failed"), Try(0, 40, 62, "answer")),
        (64,),
    ),
    "fastest": Picture(
        "Each provider is measured once, then the quickest is asked; now and then another, to know how it does.",
        (("azure", "median 0.6 s"), ("google", "median 0.3 s")),
        (*_row(0, (3, 15), (71, 83)), *_row(1, (20, 26), (31, 37), (42, 48), (53, 59), (88, 94))),
        (17, 28, 39, 50, 61, 85, 96),
        marks=((69, "now and then"),),
        calls=(0, 68),
        word="answers",
    ),
    "weighted": Picture(
        "Ten calls: nine go to one provider, one to the other, drawn by lot.",
        (("azure", "weight 9"), ("google", "weight 1")),
        (
            *_row(0, *((2 + 10 * index, 7 + 10 * index) for index in range(10) if index != 6)),
            *_row(1, (62, 67)),
        ),
        tuple(9 + 10 * index for index in range(10)),
        word="answers",
    ),
    "shadow": Picture(
        "The first provider answers; then a share of the calls is shown to the candidate, to compare.",
        (("azure", ""), ("candidate", "10 calls of 100")),
        (Try(0, 5, 36, "answer"), Try(1, 42, 68, "aside", "compared, logged")),
        (38,),
    ),
}  # fmt: skip

LEGEND = (
    ("answer", "returned to you"),
    ("left", "answered, not returned as it is"),
    ("error", "failed"),
    ("cancelled", "given up, or not waited for"),
)

STYLE = """
  text { font: 13px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #24292f }
  .small { font-size: 11px; fill: #57606a }
  .card { fill: #ffffff; stroke: #d0d7de }
  .under { fill: #ffffff }
  .box { fill: #f6f8fa; stroke: #8c959f }
  .time, .wire { fill: none; stroke: #8c959f }
  .time { stroke: #d0d7de }
  .tip { fill: #8c959f }
  .answer { fill: #0f9d8a; stroke: #0f9d8a }
  .error { fill: #c9372c; stroke: #c9372c }
  .left { fill: #d0d7de; stroke: #8c959f }
  .begun { fill: #ffffff; stroke: #8c959f }
  .cancelled, .aside { fill: #ffffff; stroke: #8c959f; stroke-dasharray: 4 3 }
  .back { fill: none; stroke: #0f9d8a; stroke-width: 2 }
  .failed { fill: none; stroke: #c9372c }
  .unheard { fill: none; stroke: #8c959f; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .small { fill: #9198a1 }
    .card { fill: #161b22; stroke: #30363d }
    .under { fill: #161b22 }
    .box { fill: #21262d; stroke: #6e7681 }
    .time { stroke: #30363d }
    .left { fill: #484f58 }
    .begun, .cancelled, .aside { fill: #161b22 }
    .answer { fill: #2cc7b0; stroke: #2cc7b0 }
    .back { stroke: #2cc7b0 }
    .error { fill: #ff7b72; stroke: #ff7b72 }
    .failed { stroke: #ff7b72 }
  }
"""


def drawn(picture: Picture) -> str:
    """One strategy as SVG."""
    height = TOP + LANE * len(picture.lanes) + 34
    parts = [*_lanes(picture), *_marks(picture)]
    # Lines first: where one crosses a lane, the lane's bar lies over it.
    parts += [part for one in picture.tries for part in _lines(one)]
    parts += [part for one in picture.tries for part in _bars(one)]
    parts += [f'<circle class="box" cx="{_x(moment):g}" cy="{TOP}" r="4"/>' for moment in picture.calls]
    parts += [f'<circle class="answer" cx="{_x(moment):g}" cy="{TOP}" r="5"/>' for moment in picture.answers]
    parts.append(_text(_x(picture.answers[-1]) + 10, TOP - 8, picture.word))
    return _svg(height, picture.says, parts)


def legend() -> str:
    """What the colours say."""
    parts = []
    for index, (kind, says) in enumerate(LEGEND):
        x, y = 24 + 360 * (index % 2), 26 + 28 * (index // 2)
        parts.append(f'<rect class="{kind}" x="{x}" y="{y - BAR / 2:g}" width="44" height="{BAR}" rx="4"/>')
        parts.append(_text(x + 56, y + 4, says))
    return _svg(80, "What the colours of these pictures say.", parts)


def files() -> dict[str, str]:
    """Every picture by its file's name."""
    return {"legend.svg": legend(), **{f"{name}.svg": drawn(picture) for name, picture in PICTURES.items()}}


def kept(folder: Path, files: Mapping[str, str], check: bool) -> int:
    """Writes every picture that has changed, or names it; 1 if that was to be found out."""
    stale = []
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                folder.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if stale:
        print(f"{'stale, run `make docs`' if check else 'written'}: {', '.join(stale)}")
    return int(check and bool(stale))


def main(check: bool) -> int:
    """All of them."""
    return kept(FOLDER, files(), check)


def _lanes(picture: Picture) -> Iterator[str]:
    yield _text(20, TOP + 4, "your call" if len(picture.answers) == 1 else "your calls")
    yield _path("time", f"M{LEFT} {TOP}H{_x(100):g}")
    yield _tip("tip", _x(100), TOP, "right")
    for lane, (name, remark) in enumerate(picture.lanes):
        y = _y(lane)
        yield f'<rect class="box" x="20" y="{y - 16}" width="108" height="32" rx="6"/>'
        yield _text(74, y + (-1 if remark else 4), name, 'text-anchor="middle"')
        if remark:
            yield _text(74, y + 11, remark, 'class="small" text-anchor="middle"')
        yield _path("time", f"M{LEFT} {y}H{_x(100):g}")
    yield _text(_x(100), _y(len(picture.lanes)) - 20, "time", 'class="small" text-anchor="end"')


def _marks(picture: Picture) -> Iterator[str]:
    for moment, name in picture.marks:
        yield _text(_x(moment), TOP - 10, name, 'class="small" text-anchor="middle"')


def _lines(one: Try) -> Iterator[str]:
    """The request on its way to the provider, and what comes back."""
    start, end, y = _x(one.start), _x(one.end), _y(one.lane)
    yield _path("unheard" if one.ending == "aside" else "wire", f"M{start - ELBOW:g} {TOP}V{y}H{start - 2:g}")
    yield _tip("tip", start - 1, y, "right")
    if one.ending in ("answer", "error", "left"):
        kind = {"answer": "back", "error": "failed", "left": "wire"}[one.ending]
        yield _path(kind, f"M{end:g} {y}H{end + ELBOW:g}V{TOP + 8}")
        yield _tip({"answer": "answer", "error": "error", "left": "tip"}[one.ending], end + ELBOW, TOP + 6, "up")


def _bars(one: Try) -> Iterator[str]:
    start, end, y = _x(one.start), _x(one.end), _y(one.lane) - BAR / 2
    last = end
    if one.ending == "cancelled":
        last = _x(one.until)
        yield f'<rect class="cancelled" x="{end:g}" y="{y:g}" width="{last - end:g}" height="{BAR}" rx="4"/>'
    kind = "begun" if one.ending == "cancelled" else one.ending
    yield f'<rect class="{kind}" x="{start:g}" y="{y:g}" width="{end - start:g}" height="{BAR}" rx="4"/>'
    if one.note:
        behind = last + ELBOW + 8
        yield f'<rect class="under" x="{behind - 3:g}" y="{y:g}" width="{6.2 * len(one.note) + 8:g}" height="{BAR}"/>'
        yield _text(behind, y + BAR - 4, one.note, 'class="small"')


def _svg(height: int, says: str, parts: list[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">\n'
        f"<title>{escape(says)}</title>\n<style>{STYLE}</style>\n"
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>\n{body}\n</svg>\n'
    )


def _path(kind: str, steps: str) -> str:
    return f'<path class="{kind}" d="{steps}"/>'


def _tip(kind: str, x: float, y: float, to: Literal["right", "up"]) -> str:
    steps = f"M{x:g} {y:g}l-7 -4v8z" if to == "right" else f"M{x:g} {y:g}l-4 7h8z"
    return _path(kind, steps)


def _text(x: float, y: float, words: str, how: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{" " if how else ""}{how}>{escape(words)}</text>'


def _x(moment: float) -> float:
    return round(LEFT + 10 + moment * SCALE, 1)


def _y(lane: int) -> int:
    return TOP + LANE * (lane + 1)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
