"""Models on this machine: light ones on the CPU, those of PyTorch where that is installed, answering for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from visionhub import __version__
from visionhub.provider import Provider
from visionhub.providers.local.answers import NEEDS, able
from visionhub.providers.local.cards import all_cards, all_listed, for_task
from visionhub.providers.local.hub import revision, usual
from visionhub.tasks import Call

if TYPE_CHECKING:
    from visionhub.providers.local.wire import LocalWire


def _connect(options: Mapping[str, Any]) -> LocalWire:
    from visionhub.providers.local.wire import LocalOptions, LocalWire

    return LocalWire(LocalOptions.read(options))


def _version(options: Mapping[str, Any], call: Call[Any]) -> str:
    model = call.model or usual(call.task)
    if model is None or model in all_cards():
        return f"{for_task(call.task, model).version}+{__version__}"
    return f"{revision(model, options.get('home'))}+{__version__}"


def _absent(task: str) -> str:
    """Why it is not offered, and what to do."""
    (model,) = (model for model in all_listed() if model.task == task and model.default)
    extra = "diffusion" if "diffusers" in NEEDS[task] else "torch"
    return (
        f"No bundled model does it. After pip install 'visionhub[{extra}]', {model.repo} does ({model.megabytes} MB,"
        " fetched at the first call), or another model of PyTorch. A cloud provider does it too."
    )


PROVIDER = Provider(
    name="local",
    title="Models on this machine",
    package=__name__,
    connect=_connect,
    is_remote=False,
    model_version=_version,
    able=able,
    absent={task: _absent(task) for task in NEEDS},
)
