"""What a call is made of besides its own options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from visionhub.pipeline import Asked
    from visionhub.tasks import Call
    from visionhub.tasks.base import R


class Common(TypedDict, total=False):
    """What every method takes besides its own options.

    model      another one of the provider's models than its usual one
    extra      options that only this provider knows, in its own words
    provider   another one than the hub's
    timeout    seconds for the whole call
    """

    model: str | None
    extra: Mapping[str, Any] | None
    provider: Asked
    timeout: float | None


def completed(call: Call[R], common: Common) -> Call[R]:
    """The call with the model and the extra options that are asked for."""
    if not common:
        return call
    if unknown := common.keys() - Common.__annotations__.keys():
        raise TypeError(f"{call.task} takes no {' and '.join(map(repr, sorted(unknown)))}")
    named = {name: value for name in ("model", "extra") if (value := common.get(name)) is not None}
    return type(call)(**call.__dict__ | named) if named else call


def words(names: Sequence[str] | None) -> tuple[str, ...] | None:
    """Names as a tuple; one string is one name."""
    return (names,) if isinstance(names, str) else None if names is None else tuple(names)
