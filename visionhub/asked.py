"""Who is asked and how: what both hubs have in common, and what every call is made of besides its own options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypedDict

from visionhub.config.file import is_anything_set

if TYPE_CHECKING:
    from visionhub.config import Settings
    from visionhub.handler import Handler
    from visionhub.pipeline import Asked, Pipeline
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


class Asker:
    """What both hubs are: who is asked, with which settings, and the pipeline made of them at the first call."""

    def __init__(self, provider: Asked = None, *, settings: Settings | None = None) -> None:
        """`provider` answers calls that name none; left out, the settings say who. `settings` are read if they are not given."""
        self._provider = provider
        self._making = Lock()
        # What somebody has set may be wrong, and is read at once. The defaults are right, and to read them can wait.
        self._settings = settings or (_read() if is_anything_set() else None)

    @cached_property
    def _pipeline(self) -> Pipeline:
        from visionhub.pipeline import Pipeline

        with self._making:
            if "_pipeline" not in self.__dict__:
                self.__dict__["_pipeline"] = Pipeline(self._provider, self._settings or _read())
            made: Pipeline = self.__dict__["_pipeline"]
            return made

    def route(self, provider: Asked = None, task: str = "") -> Handler:
        """What answers calls of a task for `provider`: its capabilities, its name. Raises `ConfigError`."""
        return self._pipeline.route(provider, task)

    def status(self) -> dict[str, Any]:
        """What this hub's providers, routes and budget have seen, as plain data.

        Outcomes, seconds and USD by task, the state of the breakers, rates, retries left, what is booked.
        """
        return self._pipeline.status()

    def estimate(self, call: Call[R], provider: Asked = None) -> float | None:
        """What the call would cost in USD if all goes well, at the price of the first tier; nothing is sent.

        That is the price of the one who would be asked first, or of all whom a race or a vote asks.

        None if that is unknown, or depends on the answer. Raises `UnsupportedError` if nobody offers the task.
        """
        return self._pipeline.estimate(call, provider)

    def close(self) -> None:
        """Gives back connections and models. The hub can be used again."""
        if "_pipeline" in self.__dict__:
            self._pipeline.close()


def _read() -> Settings:
    from visionhub.config import read

    return read()
