"""Models on this machine: light ones on the CPU, answering offline and for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from visionhub import __version__
from visionhub.provider import Provider
from visionhub.providers.local.cards import all_cards, for_task
from visionhub.providers.local.hub import revision, usual
from visionhub.tasks import Call

if TYPE_CHECKING:
    from visionhub.providers.local.wire import LocalWire


def _connect(options: Mapping[str, Any]) -> LocalWire:
    from visionhub.providers.local.wire import LocalOptions, LocalWire

    return LocalWire(LocalOptions.read(options))


def _version(call: Call[Any]) -> str:
    model = call.model or usual(call.task)
    known = for_task(call.task, model).version if model is None or model in all_cards() else revision(model)
    return f"{known}+{__version__}"


PROVIDER = Provider(
    name="local",
    title="Models on this machine",
    package=__name__,
    connect=_connect,
    is_remote=False,
    model_version=_version,
    absent={
        "caption": "No model of pictures to text is bundled. With pip install 'visionhub[torch]' any of transformers serves it.",
        "generate": "No model of text to pictures is bundled. A cloud provider serves it.",
    },
)
