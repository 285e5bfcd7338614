"""The conformance suite over models on PyTorch, small ones for every task that they serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar

import pytest

from visionhub import registry
from visionhub.capability import Capability
from visionhub.config import read
from visionhub.image import Image
from visionhub.provider import Provider
from visionhub.tasks import Call
from visionhub.testing.suite import ProviderSuite

KINDS = {"classify": "vit", "detect": "rtdetr", "moderate": "nsfw", "embed": "clip", "caption": "blip", "ocr": "trocr"}


class OnTorch(Provider):
    """The local provider, as far as it is asked here."""

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        return tuple(KINDS)


class TestOnTorch(ProviderSuite):
    known = registry.get("local")
    provider = OnTorch(known.name, known.title, known.package, known.connect, is_remote=False)
    options = read(offline=True).options("local")
    folders: ClassVar[dict[str, str]] = {}

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def every_model(cls, saved: Callable[[str], str]) -> None:
        cls.folders.update({task: saved(name) for task, name in KINDS.items()})

    def call(self, task: str, image: Image | None = None, **options: Any) -> Call[Any]:
        if task in ("caption", "ocr"):
            options = {"extra": {"longest": 4}, **options}
        return super().call(task, image, **{"model": self.folders[task], **options})

    def _capability(self, task: str) -> Capability:
        known = self.provider.capability(task, self.folders[task])
        assert known
        return known

    def test_absent_tasks_are_refused(self, absent: str) -> None:
        assert absent in ("faces", "compare", "generate"), "bundled models answer those, or diffusion"

    @pytest.fixture(scope="class")
    @classmethod
    def handler(cls) -> Iterator[Provider]:
        made = cls.provider.with_options(cls.options)
        yield made
        made.close()
