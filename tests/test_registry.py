"""The registry: folders and entry points, loaded only when asked for."""

from __future__ import annotations

import importlib.metadata

import pytest

from tests.test_api import modules_after
from visionhub import registry
from visionhub.errors import ConfigError
from visionhub.provider import Provider

ACME = Provider(name="acme", title="Acme", package="visionhub.providers.local", connect=lambda options: NotImplemented)


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> None:
    points = {
        "acme": importlib.metadata.EntryPoint("acme", "tests.test_registry:ACME", registry.GROUP),
        "broken": importlib.metadata.EntryPoint("broken", "no_such_package:PROVIDER", registry.GROUP),
        "wrong": importlib.metadata.EntryPoint("wrong", "tests.test_registry:registry", registry.GROUP),
    }
    monkeypatch.setattr(registry, "_entry_points", lambda: points)
    registry.get.cache_clear()


def test_folders_are_found_without_being_imported() -> None:
    assert "local" in registry.names()
    loaded = modules_after("from visionhub import registry; registry.names()")
    assert not any(name.startswith("visionhub.providers.local") for name in loaded)


@pytest.mark.usefixtures("plug_in")
def test_other_packages_add_providers() -> None:
    assert {"acme", "local"} <= set(registry.names())
    assert registry.get("acme") is ACME


@pytest.mark.usefixtures("plug_in")
@pytest.mark.parametrize(("name", "reason"), [("broken", "no_such_package"), ("wrong", "not a visionhub Provider")])
def test_a_broken_plug_in_says_so(name: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        registry.get(name)
