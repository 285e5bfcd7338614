"""The conformance suite over every provider of this repository."""

from __future__ import annotations

import pytest
from PIL import Image

from visionhub import registry
from visionhub.config import read
from visionhub.providers.local.answers import NEEDS
from visionhub.providers.local.cards import all_cards
from visionhub.providers.local.hub import ModelHub, usual
from visionhub.providers.local.samples import pictures
from visionhub.providers.local.wire import LocalOptions
from visionhub.testing.suite import ProviderSuite

OPTIONS = read(offline=True).options("local")
STORE = LocalOptions.read(OPTIONS).store


class TestLocal(ProviderSuite):
    provider = registry.get("local")
    options = OPTIONS
    answers = not any(STORE.missing(card) for card in all_cards().values() if card.default or card.part)

    def picture(self, task: str) -> Image.Image:
        if not self.answers or task == "ocr":
            return super().picture(task)
        return Image.open(pictures(STORE)["astronaut"])

    @pytest.fixture(autouse=True)
    def usual_model(self, request: pytest.FixtureRequest) -> None:
        """Tasks whose usual model must be fetched from a hub of models are answered by others in tests/local/torch."""
        callspec = getattr(request.node, "callspec", None)
        task = callspec.params.get("task") if callspec and "handler" in request.fixturenames else None
        if task in NEEDS and not ModelHub(OPTIONS["home"], offline=True).is_here(usual(task) or ""):
            pytest.skip(f"the usual model of {task} is not on this machine")
