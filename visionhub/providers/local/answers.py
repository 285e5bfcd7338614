"""What the codecs of this folder have in common: what an answer costs, what is said of how it came about, and which model may give it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from typing import Any

from visionhub.capability import Capability, Price, Support
from visionhub.errors import InputError
from visionhub.providers.local.cards import all_cards
from visionhub.tasks import Call, Usage, Warning
from visionhub.wire import Response

FREE = Price(usd=0.0, as_of=date(2026, 11, 22), source="models on your own machine are not billed")
RAN = ("usage.device", "usage.precision")
BATCHED = (*RAN, "usage.batch", "usage.queue_ms", "usage.compute_ms")
# What fills the batches of a GPU; of these pictures each may be decoded already.
AT_ONCE = 32


def usage() -> Usage:
    """What an answer of this machine took, as far as a codec knows it."""
    return Usage(units=0, cost_usd=0.0)


def told(response: Response) -> tuple[Warning, ...]:
    """What the model said that a caller should know."""
    return tuple(Warning(**warning) for warning in response.body.get("warnings", ()))


def by_torch(*, fields: tuple[str, ...] = (), model: str | None = None, **options: Support) -> Capability:
    """What is accepted and filled where the model is one of PyTorch's, whichever it is: its names are open."""
    return Capability(options=options, fields=(*fields, *BATCHED), model=model, price=FREE, at_once=AT_ONCE)


def chosen(bundled: Capability, open_to: Capability | None = None) -> Callable[[str | None], Capability]:
    """`capable` of a codec that has bundled models: those on the CPU, those on PyTorch, and, if it is open, any other."""
    fields = (*bundled.fields, *(field for field in BATCHED if field not in RAN))
    on_torch = bundled.model_copy(update={"fields": fields, "at_once": AT_ONCE})

    def capable(model: str | None) -> Capability:
        card = all_cards().get(model) if model else None
        if model and not card and open_to:
            return open_to
        return on_torch if card and card.engine == "torch" else bundled

    return capable


def longest(call: Call[Any]) -> int | None:
    """How many tokens an answer in words may have, if `extra["longest"]` says so. Raises `InputError` for what is no such number."""
    given = call.extra.get("longest")
    if given is None or (isinstance(given, int) and given > 0):
        return given
    raise InputError(
        f"`longest` is a number of tokens, not {given!r}.", hint="Leave it out, or give a whole number above 0."
    )


# What a task needs that no bundled model serves.
NEEDS = {"caption": ("torch", "transformers"), "generate": ("torch", "transformers", "diffusers")}


def has_torch() -> bool:
    """Whether the models of PyTorch are installed. Imports nothing."""
    return able("caption")


def able(task: str) -> bool:
    """Whether what the task's models need is installed. Imports nothing."""
    return all(find_spec(package) for package in NEEDS.get(task, ()))
