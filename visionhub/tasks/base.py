"""What every question (`Call`) and every answer (`Result`) has in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar

from pydantic import (
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    model_validator,
)

from visionhub.errors import InputError, VisionError
from visionhub.geometry import Affine
from visionhub.image import Image, ImageSource
from visionhub.labels import kind
from visionhub.value import Value

if TYPE_CHECKING:
    import PIL.Image

    from visionhub.draw import Mark, Note

Score = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
R = TypeVar("R", bound="Result")
V = TypeVar("V", bound=Value)
NOTEBOOK_SIDE = 1600
PICTURES = (Image, Image | None)


class Call(Value, Generic[R]):
    """One question, with all its options. `R` is the class of the answer.

    Options that are left out are not asked for. Those named in `meaning` change what the answer means: a provider that lacks
    one raises `UnsupportedError`; any other option that it lacks is emulated, or ignored with a warning in the result.
    """

    task: ClassVar[str]
    meaning: ClassVar[frozenset[str]] = frozenset()

    model: str | None = None
    extra: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _say_what_is_wrong(cls, data: Any, handler: ValidatorFunctionWrapHandler) -> Self:
        try:
            made: Self = handler(data)
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, fault['loc'])) or cls.task}: {fault['msg']}" for fault in error.errors()]
            raise InputError(f"This is no valid {cls.task} call. {'; '.join(faults)}.", task=cls.task) from error
        return made

    def pictures(self) -> dict[str, Image]:
        """The pictures that the question is about, by the names of their fields, in order."""
        asked = self.__dict__
        return {name: asked[name] for name in _picture_fields(type(self)) if asked[name] is not None}

    def options(self) -> dict[str, Any]:
        """The options that were asked for, by name; neither pictures nor `model` and `extra`."""
        left_out = _defaults(type(self))
        return {name: value for name, value in self.__dict__.items() if name in left_out and value != left_out[name]}


@cache
def _picture_fields(kind: type[Call[Any]]) -> tuple[str, ...]:
    return tuple(name for name, field in kind.model_fields.items() if field.annotation in PICTURES)


@cache
def _defaults(kind: type[Call[Any]]) -> dict[str, Any]:
    """What every option of a call is when it is left out; a required one is never left out."""
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in kind.model_fields.items()
        if name not in ("model", "extra") and field.annotation not in PICTURES
    }


class Size(Value):
    """Of the upright picture, in pixels."""

    width: int
    height: int


@lru_cache(maxsize=1024)
def _size(width: int, height: int) -> Size:
    return Size(width=width, height=height)


class Usage(Value):
    """What the answer took. `None` is unknown, never zero.

    `units` are what the provider bills for; `cost_usd` is for the whole call, all attempts together, and `usd_saved` what a
    cached answer had cost; `latency_ms` is the whole call's time on the caller's clock.

    The rest is how a model on this machine was really run: `device` and `precision`; `batch`, the questions answered together with
    this one, itself included; `queue_ms`, how long it waited for its turn; `compute_ms`, how long its batch took.
    """

    units: int | None = None
    cost_usd: float | None = None
    usd_saved: float | None = None
    latency_ms: float | None = None
    device: str | None = None
    precision: str | None = None
    batch: int | None = None
    queue_ms: float | None = None
    compute_ms: float | None = None


class Warning(Value):
    """Something the caller should know about an answer that is nevertheless valid."""

    code: str
    message: str


class Attempt(Value):
    """One try with one provider, and why its answer, if there was one, is not the one returned.

    ok         answered                       cached     answered before
    refused    not asked: `reason` says why   error      failed: `reason` is the error's class and message
    left       answered, but not accepted     cancelled  another was quicker; the provider may charge all the same

    `latency_ms` is on the caller's clock. `cost_usd` is None where nobody knows what, or whether, the provider charges.
    """

    provider: str
    outcome: Literal["ok", "cached", "refused", "error", "left", "cancelled"]
    latency_ms: float
    cost_usd: float | None = None
    reason: str | None = None


def spent(attempts: Iterable[Attempt]) -> float | None:
    """USD of all attempts together; None if that of one is unknown."""
    total = 0.0
    for attempt in attempts:
        if attempt.cost_usd is None:
            return None
        total += attempt.cost_usd
    return total


class Result(Value):
    """One answer. Each task adds its own fields.

    `source` is the picture as the caller named it, `image` its size; both are None where no picture was asked about. `agreement` (0..1)
    says how far several providers who were asked say the same, None where one answered alone. `raw` (the
    provider's own answer, not to be changed: equal calls share it) and `pictures` (those of the call) are kept out of JSON. In a
    notebook a result shows itself as the annotated picture.
    """

    task: str
    provider: str = ""
    model: str | None = None
    source: str | None = None
    image: Size | None = None
    usage: Usage = Usage()
    warnings: tuple[Warning, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    agreement: Score | None = None
    request_id: str | None = None
    raw: Any = Field(default=None, exclude=True, repr=False)
    pictures: tuple[Image, ...] = Field(default=(), exclude=True, repr=False)

    def about(self, *pictures: Image, **changes: Any) -> Self:
        """The same answer, tied to the pictures it is about, which `draw` uses; and with other fields changed."""
        if not pictures:
            return self.model_copy(update=changes)
        first = pictures[0]
        known = {
            "source": first.name,
            "image": _size(first.width, first.height),
            "pictures": tuple([picture.unread() for picture in pictures]),
        }
        return self.model_copy(update=known | changes)

    def warned(self, *warnings: Warning) -> Self:
        """The same answer with more warnings."""
        return self.model_copy(update={"warnings": self.warnings + warnings}) if warnings else self

    def mapped(self, places: Mapping[str, Affine]) -> Self:
        """The same answer with its geometry mapped; `places` holds a map for each picture of the call that needs one, by field."""
        return places["image"].apply(self) if "image" in places else self

    def named(self) -> Self:
        """The same answer, with the canonical kind of everything in it that has a name."""
        return self

    def limited(self, call: Call[Any]) -> Self:
        """The same answer, cut to the call's `min_score` and `max_results`. What has no score is kept."""
        del call
        return self

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; bytes become base64."""
        return self.model_dump(mode="json")

    def marks(self) -> Sequence[Mark]:
        """What `draw` puts into the picture, where it stands."""
        return ()

    def notes(self) -> Sequence[Note]:
        """What `draw` writes below the picture, most important first."""
        return ()

    def draw(self, *pictures: ImageSource) -> PIL.Image.Image:
        """A new PIL image: the picture with the answer drawn on it.

        The picture is read again: one that was changed meanwhile is drawn as it is now. `pictures`, those of the call in order, are
        needed only for a result that was loaded from JSON or a disk cache. Raises
        `InputError` without them.
        """
        # Its own are read anew each time: many answers may be kept, but not the pixels of all their pictures.
        opened = [Image.of(picture) for picture in pictures or [own.unread() for own in self.pictures]]
        if not opened:
            raise InputError("This result is not tied to its picture.", hint="Give it: result.draw(Image(path)).")
        return self._drawn(*(picture.rgb() for picture in opened))

    def _drawn(self, *pictures: PIL.Image.Image) -> PIL.Image.Image:
        from visionhub.draw import annotate

        return annotate(pictures[0], self.marks(), self.notes())

    def _repr_png_(self) -> bytes | None:
        from visionhub.image.encode import encode

        try:
            drawn = self.draw()
        except VisionError:
            # Without a picture, or with one that is gone since, a notebook shows the text.
            return None
        drawn.thumbnail((NOTEBOOK_SIDE, NOTEBOOK_SIDE))
        return encode(drawn, "image/png")


def is_made_twice(call: Call[Any], error: VisionError) -> bool:
    """Whether to ask again might make, and bill, a picture twice: one may have been made although no answer came."""
    return call.task == "generate" and error.billed is not False


def of_kind(thing: V) -> V:
    """A label or an object with its canonical kind, where there is one."""
    known: Any = thing
    found = kind(known.name, known.id)
    return thing.model_copy(update={"kind": found.name}) if found else thing


class Scored(Protocol):
    """Anything in an answer that has a score."""

    @property
    def score(self) -> float | None:
        """0..1, or None where the provider gives none."""


S = TypeVar("S", bound=Scored)


def best(items: Iterable[S], min_score: float | None, max_results: int | None) -> tuple[S, ...]:
    """`items` by falling score, those below `min_score` left out, at most `max_results`. What has no score is kept, at the end."""
    kept = [item for item in items if item.score is None or min_score is None or item.score >= min_score]
    kept.sort(key=lambda item: -1.0 if item.score is None else item.score, reverse=True)
    return tuple(kept[:max_results])
