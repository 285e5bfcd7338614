"""The wire of the local provider: it carries a request to a model on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from visionhub.errors import ConfigError
from visionhub.flow import within
from visionhub.providers.local import index
from visionhub.providers.local.cards import for_task
from visionhub.providers.local.models import Models
from visionhub.providers.local.progress import show
from visionhub.providers.local.weights import WeightsStore
from visionhub.value import Value
from visionhub.wire import Request, Response


class LocalOptions(Value):
    """What can be set for the local provider.

    threads     cores for one call; None: all of them
    device      `cpu` is the only one that the bundled engines know
    wheels      a folder of wheels, used instead of the package index
    index_url   the package index; by default PIP_INDEX_URL, or PyPI
    """

    home: Path
    offline: bool = False
    threads: int | None = Field(default=None, ge=1)
    device: Literal["cpu"] = "cpu"
    wheels: Path | None = None
    index_url: str = Field(default_factory=index.default_url, repr=False)

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> LocalOptions:
        """Raises `ConfigError` for what makes no sense."""
        try:
            return cls(**options)
        except ValidationError as error:
            faults = [
                f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)
            ]
            raise ConfigError(f"The options of the provider local are wrong. {'; '.join(faults)}.") from error

    @property
    def store(self) -> WeightsStore:
        """Where the weights are."""
        return WeightsStore(self.home / "weights", self.offline, self.wheels, self.index_url, show)


class LocalWire:
    """See the module. Models are loaded at first use and stay; any number of threads may send."""

    def __init__(self, options: LocalOptions) -> None:
        self.models = Models(options.store, options.threads)

    def send(self, request: Request, timeout: float | None) -> Response:
        """Answers with plain data. `request.operation` is a task word, `body["model"]` the name of a card or None."""
        if timeout is not None:
            return within(timeout, lambda: self.send(request, None))
        card = for_task(request.operation, request.body["model"])
        answer = self.models.get(card.name)(request.body)
        return Response(body=answer, model=card.name, device="cpu", precision=card.precision)

    def close(self) -> None:
        """Forgets the loaded models."""
        self.models.clear()
