"""Models on this machine: light ones on the CPU, answering offline and for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from visionhub import __version__
from visionhub.provider import Provider
from visionhub.providers.local.cards import all_cards, for_task
from visionhub.tasks import Call

if TYPE_CHECKING:
    from visionhub.providers.local.wire import LocalWire


def _connect(options: Mapping[str, Any]) -> LocalWire:
    from visionhub.providers.local.wire import LocalOptions, LocalWire

    return LocalWire(LocalOptions.read(options))


def _version(call: Call[Any]) -> str:
    if call.model is not None and call.model not in all_cards():
        return f"{call.model}+{__version__}"
    return f"{for_task(call.task, call.model).version}+{__version__}"


PROVIDER = Provider(
    name="local",
    title="Models on this machine",
    package=__name__,
    connect=_connect,
    is_remote=False,
    model_version=_version,
    absent={
        "caption": "No permissive captioning model installs from the package index. A vision-language model serves it: from a"
        " cloud provider, or from a model folder once the torch engine is there.",
        "generate": "No permissive text-to-image model installs from the package index. A diffusion model serves it: from a"
        " cloud provider, or from a model folder once the torch engine is there.",
    },
)
