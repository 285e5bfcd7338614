"""Routes from `visionhub.toml`: who answers which task, by which strategy, with which limits."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.layers.conftest import picture
from visionhub import registry
from visionhub.capability import Capability, Support
from visionhub.config import read
from visionhub.errors import ConfigError, ProviderError, UnsupportedError
from visionhub.geometry import Box
from visionhub.hub import Hub
from visionhub.tasks import DetectCall, Detections, OcrCall, Text
from visionhub.tasks.detect import Object
from visionhub.testing import FakeProvider

FOUND = Detections(objects=(Object(name="cat", score=0.9, box=Box(x0=0, y0=0, x1=0.5, y1=1)),))
READ = Text.of(())


class Named(FakeProvider):
    """A fake that can be asked for by its name, with options."""

    options: Mapping[str, Any] = {}

    def with_options(self, options: Mapping[str, Any]) -> Named:
        made = Named(*self.answers, name=self.name, is_remote=self.is_remote, capability=self.known)
        made.options = options
        made.calls = self.calls
        return made

    def __init__(self, *answers: Any, capability: Capability | None = None, **facts: Any) -> None:
        super().__init__(*answers, capability=capability, **facts)
        self.answers, self.known = answers, capability


@pytest.fixture(autouse=True)
def vendors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Named]:
    made = {name: Named(FOUND, READ, name=name, is_remote=name != "near") for name in ("one", "two", "near")}

    def get(name: str) -> Named:
        if name not in made:
            raise ConfigError(f"There is no provider {name!r}.")
        return made[name]

    monkeypatch.setattr(registry, "get", get)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def hub(tmp_path: Path) -> Callable[[str], Hub]:
    def made(text: str) -> Hub:
        (tmp_path / "visionhub.toml").write_text(text)
        return Hub()

    return made


def test_each_task_has_its_route_and_the_rest_the_default(hub: Callable[[str], Hub]) -> None:
    made = hub('routes.ocr.use = ["two"]\nroutes.default.use = ["one"]\nprovider = "near"')
    assert made.run(OcrCall(image=picture(9, 9))).provider == "two"
    assert made.run(DetectCall(image=picture(9, 9))).provider == "one"
    assert made.run(DetectCall(image=picture(9, 9)), provider="near").provider == "near"


@pytest.mark.parametrize("name", ["one", "two", "near"])
def test_a_vendor_swap_is_one_changed_word(hub: Callable[[str], Hub], name: str) -> None:
    assert hub(f'[routes.detect]\nuse = ["{name}"]\n').run(DetectCall(image=picture(9, 9))).provider == name


def test_routes_of_ones_own_nest_and_can_be_asked_for(hub: Callable[[str], Hub], vendors: dict[str, Named]) -> None:
    made = hub(
        """
        [routes.careful]
        strategy = "vote"
        use = ["one", "two"]
        [routes.detect]
        strategy = "cascade"
        use = ["near", "careful"]
        accept = { min_score = 0.95 }
        """
    )
    result = made.run(DetectCall(image=picture(9, 9)))
    assert (result.provider, result.agreement) == ("one+two", 1.0)
    assert [attempt.outcome for attempt in result.attempts] == ["left", "left"] or len(result.attempts) == 3
    assert made.run(DetectCall(image=picture(9, 9)), provider="careful").provider == "one+two"


def test_one_of_its_models_can_be_named(hub: Callable[[str], Hub]) -> None:
    made = hub('[routes.detect]\nuse = ["one:small", "one:large"]')
    handlers = made.route(task="detect").inner.handlers  # type: ignore[attr-defined]  # a layered router
    options = [_bare(handler).options["models"]["detect"] for handler in handlers]
    assert options == ["small", "large"]


def _bare(handler: Any) -> Any:
    while inner := getattr(handler, "inner", None) or next(iter(getattr(handler, "handlers", ())), None):
        handler = inner
    return handler


def test_who_does_not_mean_the_same_is_refused_with_the_reason(
    hub: Callable[[str], Hub], vendors: dict[str, Named]
) -> None:
    vendors["one"].known = Capability(options={}, fields=("lines.words",))
    vendors["two"].known = Capability(options={"language": Support.NATIVE})
    made = hub('[routes.ocr]\nuse = ["one", "two", "near"]\nrequire = ["lines.words"]')
    with pytest.raises(UnsupportedError) as caught:
        made.run(OcrCall(image=picture(9, 9), language="de"))
    reasons = {attempt.provider: attempt.reason for attempt in caught.value.attempts}
    assert [attempt.outcome for attempt in caught.value.attempts] == ["refused"] * 3
    assert "does not take language" in (reasons["one"] or "")
    assert "does not fill lines.words" in (reasons["two"] or "")
    assert vendors["one"].calls == vendors["two"].calls == []


def test_providers_have_their_limits_from_the_file(hub: Callable[[str], Hub]) -> None:
    made = hub(
        """
        routes.detect.use = ["one"]
        [providers.one]
        rate = "120/min"
        concurrency = 3
        timeout = 8
        retry = { attempts = 5, longest = 2 }
        """
    )
    made.run(DetectCall(image=picture(9, 9)))
    told = made.status()["providers"]["one"]
    assert told["ratelimit"] == {"rate": 2.0, "now": 2.0}
    assert told["concurrency"] == {"most": 3, "under_way": 0, "waiting": 0}
    assert told["retry"]["attempts"] == 5
    assert told["breaker"]["state"] == {"detect": "closed"}
    assert told["breaker"]["least"] == 5
    assert told["tasks"]["detect"]["outcomes"] == {"ok": 1}
    assert json.dumps(told)


def test_secrets_are_read_where_they_are_and_shown_nowhere(
    hub: Callable[[str], Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("geheim\n")
    monkeypatch.setenv("ONE_SECRET", "auch-geheim")
    made = hub(
        f'routes.detect.use = ["one"]\n[providers.one]\nkey = "file:{tmp_path / "key"}"\nsecret = "env:ONE_SECRET"'
    )
    options = _bare(made.route(task="detect")).options
    assert (options["key"], options["secret"]) == ("geheim", "auch-geheim")
    assert "geheim" not in repr(made._settings)


@pytest.mark.parametrize(("value", "said"), [("env:NOT_THERE", "NOT_THERE"), ("file:/not/there", "/not/there")])
def test_a_reference_to_nothing_is_named(hub: Callable[[str], Hub], value: str, said: str) -> None:
    made = hub(f'routes.detect.use = ["one"]\n[providers.one]\nkey = "{value}"')
    with pytest.raises(ConfigError, match=f"providers.one.key.*{said}"):
        made.run(DetectCall(image=picture(9, 9)))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('\n[routes.detect]\nuse = ["one"]\nstrategi = "vote"', 4, "did you mean strategy"),
        ('[routes.detect]\nuse = ["one"]\naccept = { min_scor = 1 }\nstrategy = "cascade"', 3, "did you mean min_score"),
        ('[routes.detect]\nuse = ["one"]\nstrategy = "votes"', 3, "'vote'"),
        ('[routes.detect]\nstrategy = "race"\nuse = ["one"]\nneed = 1', 1, "need is no option of the strategy race"),
        ('[routes.detect]\nstrategy = "vote"\nuse = ["one"]', 1, "2 of 1 providers"),
        ('[routes.detect]\nstrategy = "weighted"\nuse = ["one", "two"]\nweights = [1]', 1, "1 weights"),
        ("timeout = 3\n[budget]\ndayly_usd = 20", 3, "did you mean daily_usd"),
        ('[providers.one]\nrate = "fast"', 2, "40/s"),
        ("[providers.one]\n\nretry.attempts = 0", 3, "greater than or equal to 1"),
        ("offlin = true", 1, "did you mean offline"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    (tmp_path / "visionhub.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read()
    assert f"visionhub.toml, line {line}: " in str(caught.value)
    assert said in str(caught.value)


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    (tmp_path / "visionhub.toml").write_text("[routes\n")
    with pytest.raises(ConfigError, match=r"no TOML: .*line 1"):
        read()


def test_a_route_that_leads_back_to_itself(hub: Callable[[str], Hub]) -> None:
    made = hub('[routes.a]\nuse = ["b"]\n[routes.b]\nuse = ["one", "a"]')
    with pytest.raises(ConfigError, match="a → b → a"):
        made.run(DetectCall(image=picture(9, 9)), provider="a")


def test_a_misspelt_route_is_found(hub: Callable[[str], Hub]) -> None:
    made = hub('[routes.careful]\nuse = ["one"]')
    with pytest.raises(ConfigError, match="Did you mean the route careful"):
        made.run(DetectCall(image=picture(9, 9)), provider="carefull")


def test_arguments_environment_and_file_in_falling_order(
    hub: Callable[[str], Hub], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub('timeout = 1\nattempts = 2\ncache = "off"\n[providers.one]\nregion = "eu"\nrate = "2/s"')
    monkeypatch.setenv("VISIONHUB_ATTEMPTS", "4")
    monkeypatch.setenv("VISIONHUB_TIMEOUT", "5")
    monkeypatch.setenv("VISIONHUB_PROVIDERS__ONE__RATE", "9/s")
    monkeypatch.setenv("VISIONHUB_ROUTES__OCR__USE", "one,two")
    settings = read(timeout=7)
    assert (settings.timeout, settings.attempts, settings.cache) == (7, 4, "off")
    assert settings.of("one").rate == 9
    assert settings.options("one")["region"] == "eu"
    assert settings.routes["ocr"].use == ("one", "two")


def test_the_file_is_found_upward_and_can_be_named_or_left_out(
    hub: Callable[[str], Hub], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub("attempts = 2")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    assert read().attempts == 2
    (tmp_path / "other.toml").write_text("attempts = 9")
    monkeypatch.setenv("VISIONHUB_CONFIG", str(tmp_path / "other.toml"))
    assert read().attempts == 9
    monkeypatch.setenv("VISIONHUB_CONFIG", "off")
    assert read().attempts == 3
    monkeypatch.setenv("VISIONHUB_CONFIG", str(tmp_path / "nowhere.toml"))
    with pytest.raises(ConfigError, match="VISIONHUB_CONFIG"):
        read()


def test_the_users_own_file_comes_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "visionhub"
    folder.mkdir(parents=True)
    (folder / "visionhub.toml").write_text("attempts = 6")
    assert read().attempts == 6


def test_every_attempt_of_a_route_is_told(hub: Callable[[str], Hub], vendors: dict[str, Named]) -> None:
    vendors["one"].answers = (ProviderError("503"),)
    made = hub('attempts = 1\nroutes.detect.use = ["one", "near"]')
    result = made.run(DetectCall(image=picture(9, 9)))
    failed, answered = result.attempts
    assert (failed.provider, failed.outcome, failed.reason, failed.cost_usd) == (
        "one",
        "error",
        "ProviderError: 503",
        0.0,
    )
    assert (answered.provider, answered.outcome) == ("near", "ok")


def test_who_looks_before_a_picture_leaves_is_closed_too(
    hub: Callable[[str], Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr(Named, "close", lambda self: closed.append(self.name))
    with hub('routes.detect.use = ["one"]') as made:
        made._pipeline.provider("near")
        made.run(DetectCall(image=picture(9, 9)))
    assert sorted(closed) == ["near", "one"]


def test_threads_that_come_first_together_share_one_route(hub: Callable[[str], Hub]) -> None:
    pipeline = hub('routes.detect = { use = ["one", "two"], strategy = "hedge" }')._pipeline
    found: list[Any] = []
    with pipeline._laying:
        threads = [threading.Thread(target=lambda: found.append(pipeline.route(task="detect"))) for _ in range(8)]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
