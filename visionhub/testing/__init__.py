"""For tests: the conformance suite that every provider passes, and stand-ins that answer without models, keys or network.

suite.py        ProviderSuite: `class TestAcme(ProviderSuite): provider = PROVIDER`
fakes.py        FakeProvider, ScriptedWire: for tests of code that uses visionhub
pictures.py     pictures drawn by code
weather.py      Weather, Fault, serve: a vendor on this machine that behaves badly, by a schedule
"""

from __future__ import annotations

from visionhub.testing.fakes import FakeProvider, ScriptedWire

__all__ = ["FakeProvider", "ScriptedWire"]
