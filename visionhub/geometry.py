"""Where things are in a picture: one frame for every provider.

The frame is the upright picture: origin top left, x to the right, y down, both 0..1. Pixels exist only by request
(`.pixels(width, height)`). Values outside the frame are clamped by the constructors named `clamped…`; a provider's raw
numbers stay in `result.raw`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from visionhub.value import Value

Unit = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
T = TypeVar("T")


def clamp(value: float) -> float:
    """`value`, moved to the nearer end if it lies outside 0..1."""
    return min(max(float(value), 0.0), 1.0)


class Point(Value):
    """A place in the picture, `x` and `y` in 0..1."""

    x: Unit
    y: Unit

    @classmethod
    def clamped(cls, x: float, y: float) -> Point:
        """The point of the frame that is nearest to `x, y`."""
        return cls(x=clamp(x), y=clamp(y))

    def pixels(self, width: int, height: int) -> tuple[float, float]:
        """`(x, y)` in pixels of a picture of that size."""
        return self.x * width, self.y * height


class Box(Value):
    """An upright rectangle: left `x0`, top `y0`, right `x1`, bottom `y1`, all 0..1, `x0 <= x1` and `y0 <= y1`."""

    x0: Unit
    y0: Unit
    x1: Unit
    y1: Unit

    @model_validator(mode="after")
    def _is_in_order(self) -> Box:
        if self.x0 > self.x1 or self.y0 > self.y1:
            raise ValueError("a box runs from its top left (x0, y0) to its bottom right (x1, y1)")
        return self

    @classmethod
    def clamped(cls, x0: float, y0: float, x1: float, y1: float) -> Box:
        """The box between two opposite corners, given in any order, cut at the frame."""
        left, right = sorted((clamp(x0), clamp(x1)))
        top, bottom = sorted((clamp(y0), clamp(y1)))
        return cls(x0=left, y0=top, x1=right, y1=bottom)

    @property
    def width(self) -> float:
        """`x1 - x0`, 0..1."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """`y1 - y0`, 0..1."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """The share of the picture that the box covers, 0..1."""
        return self.width * self.height

    @property
    def center(self) -> Point:
        """The middle of the box."""
        return Point.clamped((self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2)

    def iou(self, other: Box) -> float:
        """Intersection over union, 0..1; 0 if either box has no area."""
        across = min(self.x1, other.x1) - max(self.x0, other.x0)
        down = min(self.y1, other.y1) - max(self.y0, other.y0)
        if across <= 0 or down <= 0:
            return 0.0
        shared = across * down
        union = self.area + other.area - shared
        # The sides of two boxes may be so small that their product is zero.
        return shared / union if union > 0 else 0.0

    def pixels(self, width: int, height: int) -> tuple[float, float, float, float]:
        """`(x0, y0, x1, y1)` in pixels of a picture of that size."""
        return self.x0 * width, self.y0 * height, self.x1 * width, self.y1 * height


class Polygon(RootModel[tuple[Point, ...]]):
    """A closed outline of three or more points, without repeating the first.

    A line of text has four: top left, top right, bottom right and bottom left of the text as it is read, so that the first
    edge runs in reading direction even on a turned page.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    root: Annotated[tuple[Point, ...], Field(min_length=3)]

    @classmethod
    def clamped(cls, points: Iterable[tuple[float, float]]) -> Polygon:
        """The outline through `points`, each moved into the frame."""
        return cls(tuple(Point.clamped(x, y) for x, y in points))

    @property
    def points(self) -> tuple[Point, ...]:
        """The corners, in order."""
        return self.root

    @property
    def box(self) -> Box:
        """The smallest upright rectangle around the outline."""
        xs, ys = [point.x for point in self.root], [point.y for point in self.root]
        return Box(x0=min(xs), y0=min(ys), x1=max(xs), y1=max(ys))

    def pixels(self, width: int, height: int) -> list[tuple[float, float]]:
        """The corners in pixels of a picture of that size."""
        return [point.pixels(width, height) for point in self.root]


class Affine(NamedTuple):
    """A map of the frame onto another one: `x' = a x + b y + c`, `y' = d x + e y + f`.

    Whatever crops, pads or turns a picture on its way to a provider hands on such a map and its inverse brings the answer
    back. A resize maps the frame onto itself and needs none.
    """

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    @classmethod
    def crop(cls, x0: float, y0: float, x1: float, y1: float) -> Affine:
        """From a picture to the part between two corners, `x0 < x1` and `y0 < y1`; those outside the frame pad the picture."""
        return cls(1 / (x1 - x0), 0.0, -x0 / (x1 - x0), 0.0, 1 / (y1 - y0), -y0 / (y1 - y0))

    @property
    def inverse(self) -> Affine:
        """The map back. Raises `ZeroDivisionError` for a map that loses a dimension."""
        a, b, c, d, e, f = self
        size = a * e - b * d
        return Affine(e / size, -b / size, (b * f - c * e) / size, -d / size, a / size, (c * d - a * f) / size)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where `(x, y)` lands, not clamped."""
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    def apply(self, value: T) -> T:
        """`value` with every `Point`, `Box` and `Polygon` inside it mapped and clamped; other things are left as they are.

        A box becomes the smallest upright box around its mapped corners.
        """
        mapped: T = _mapped(value, self)
        return mapped


def _mapped(value: Any, to: Affine) -> Any:
    match value:
        case Point():
            return Point.clamped(*to.point(value.x, value.y))
        case Box():
            corners = [to.point(x, y) for x in (value.x0, value.x1) for y in (value.y0, value.y1)]
            xs, ys = zip(*corners, strict=True)
            return Box.clamped(min(xs), min(ys), max(xs), max(ys))
        case Polygon():
            return Polygon.clamped(to.point(point.x, point.y) for point in value.root)
        case BaseModel():
            changed = {name: _mapped(part, to) for name, part in _fields(value)}
            return value.model_copy(update=changed)
        case tuple():
            return tuple(_mapped(part, to) for part in value)
        case dict():
            return {name: _mapped(part, to) for name, part in value.items()}
        case _:
            return value


def _fields(value: BaseModel) -> Iterator[tuple[str, Any]]:
    return ((name, getattr(value, name)) for name in type(value).model_fields)
