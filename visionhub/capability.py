"""What one provider accepts and fills for one task: the single source for checks, routers, docs and the choice of tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import Field

from visionhub.errors import UnsupportedError
from visionhub.labels import knows, nearest
from visionhub.tasks import Call, Warning
from visionhub.value import Value

FILTERS = frozenset({"min_score", "max_results"})
"""Options that no provider can lack: `Result.limited` keeps them on every answer."""


class Support(StrEnum):
    """How a provider treats an option: it knows it, or we do it on the provider's answer."""

    NATIVE = "native"
    EMULATED = "emulated"


class Price(Value):
    """What one call costs. `sure` is False for a price that could not be checked at its source.

    `usd` is the price of the first tier that is billed; `tiers` are those after it: from how many a month on, how much.
    """

    usd: float
    per: str = "picture"
    as_of: date
    source: str
    sure: bool = True
    tiers: Mapping[int, float] = Field(default_factory=dict)


class TokenPrice(Value):
    """What a language model's tokens cost, in USD for a million."""

    input_usd: float
    output_usd: float
    as_of: date
    source: str
    sure: bool = True

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """USD for that many tokens."""
        return (input_tokens * self.input_usd + output_tokens * self.output_usd) / 1e6


class Capability(Value):
    """The limits of one task with one provider. A limit that is None is not known to exist.

    options      the call's options by name; one that is missing is unsupported
    media_types  accepted as they are; empty means any. `fit` converts the others
    max_bytes    of the encoded picture; `min_side`, `max_side`, `max_pixels` of its upright size
    fields       of the result, beyond the required ones, that are filled (`faces.landmarks`, `usage.device` …)
    labels       the closed set of names that may occur (`imagenet-1k`, `coco-80`), or None for an open one
    model        asked for when the call names none; `retires` is the last day it answers
    batch        so many pictures of a `map` go out in one request
    at_once      so many requests of a `map` are best under way at a time
    absent       by option that is not there: who takes it, or what to do instead
    tokens       prices by model, where the provider bills tokens: the codec computes the cost of an answer from them
    """

    options: Mapping[str, Support] = Field(default_factory=dict)
    absent: Mapping[str, str] = Field(default_factory=dict)
    media_types: tuple[str, ...] = ()
    max_bytes: int | None = None
    min_side: int | None = None
    max_side: int | None = None
    max_pixels: int | None = None
    fields: tuple[str, ...] = ()
    labels: str | None = None
    model: str | None = None
    retires: date | None = None
    price: Price | None = None
    tokens: Mapping[str, TokenPrice] = Field(default_factory=dict)
    batch: int = Field(default=1, ge=1)
    at_once: int | None = Field(default=None, ge=1)
    docs: str | None = None

    @property
    def bounds_pictures(self) -> bool:
        """Whether there is a picture that would not be accepted."""
        return bool(self.media_types or self.max_bytes or self.min_side or self.max_side or self.max_pixels)

    def cost(self, call: Call[Any], units: int | None = None) -> float | None:
        """USD for a call, where it does not depend on the answer; None if that is unknown."""
        if self.price is None:
            return None
        return self.price.usd * (getattr(call, "count", 1) if units is None else units)

    def check(self, call: Call[Any], provider: str) -> tuple[Warning, ...]:
        """Warnings for hints that will be ignored.

        Raises `UnsupportedError` for an option that changes the answer's meaning, and for labels that are not among its own.
        """
        for word in getattr(call, "labels", None) or ():
            if knows(self.labels, word) is False:
                near = nearest(word)
                raise UnsupportedError(
                    f"{provider} does not {call.task} {word!r}: its names are {self.labels}.",
                    hint=f"Did you mean {near!r}?"
                    if near
                    else "Leave it out, or ask a provider that knows more names.",
                    provider=provider,
                    task=call.task,
                )
        # What every call must have, a prompt, is no option.
        asked = {name for name in call.options() if not type(call).model_fields[name].is_required()}
        missing = asked - self.options.keys() - FILTERS
        if not missing:
            return ()
        if unmet := sorted(missing & call.meaning):
            raise UnsupportedError(
                f"{provider} does not take {' and '.join(unmet)} for {call.task}.",
                hint=self.absent.get(unmet[0])
                or "Leave it out, or choose a provider that lists it: `visionhub providers`.",
                provider=provider,
                task=call.task,
            )
        return tuple(
            Warning(code="option_ignored", message=f"{provider} does not take {name} for {call.task}; it was ignored.")
            for name in sorted(missing)
        )
