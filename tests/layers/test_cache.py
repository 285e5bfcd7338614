"""Cache: equal questions are answered once, unequal ones never with each other's answer."""

from __future__ import annotations

import json
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.conftest import picture
from visionhub.config import Settings, read
from visionhub.errors import ConfigError
from visionhub.hub import Hub
from visionhub.image import Image
from visionhub.layers.cache import Cache, fingerprint
from visionhub.ledger import RedisLedger
from visionhub.stores import DiskStore, MemoryStore, RedisStore, _hashed
from visionhub.tasks import DetectCall, Detections, Images
from visionhub.tasks.generate import GeneratedImage
from visionhub.testing import FakeProvider


@pytest.fixture(params=["memory", "disk", "redis"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param != "redis":
        return Settings(cache=request.param, home=tmp_path)
    import redis

    url = request.getfixturevalue("redis_url")
    redis.Redis.from_url(url).flushall()
    return Settings(cache=url)


def test_an_equal_call_is_answered_from_the_cache(settings: Settings, call: DetectCall, found: Detections) -> None:
    fake = FakeProvider(found)
    hub = Hub(fake, settings=settings)
    first = hub.run(call)
    again = hub.detect(Image(call.image.data, name="another name"))
    assert len(fake.calls) == 1
    assert again.objects == first.objects
    assert [attempt.outcome for attempt in again.attempts] == ["cached"]
    assert again.usage.cost_usd == 0
    assert again.source == "another name"


def test_other_options_pictures_models_and_providers_are_other_questions(
    settings: Settings, call: DetectCall, found: Detections
) -> None:
    fake, other = FakeProvider(found), FakeProvider(found, name="other")
    hub = Hub(fake, settings=settings)
    hub.run(call)
    hub.run(call.model_copy(update={"min_score": 0.1}))
    hub.run(call.model_copy(update={"model": "m2"}))
    hub.run(call.model_copy(update={"extra": {"a": 1}}))
    hub.run(DetectCall(image=picture(64, 49)))
    assert len(fake.calls) == 5
    hub.run(call, provider=other)
    assert len(other.calls) == 1


def test_a_path_is_no_key(settings: Settings, tmp_path: Path, found: Detections) -> None:
    fake, path = FakeProvider(found), tmp_path / "picture.png"
    hub = Hub(fake, settings=settings)
    path.write_bytes(picture(20, 20).data)
    hub.detect(path)
    path.write_bytes(picture(21, 20).data)
    hub.detect(path)
    assert len(fake.calls) == 2


def test_generated_pictures_are_kept_only_with_a_seed(settings: Settings) -> None:
    made = Images(images=(GeneratedImage(media_type="image/png", width=1, height=1, data=b"\x89PNG\xff"),))
    fake = FakeProvider(made)
    hub = Hub(fake, settings=settings)
    hub.generate("a cat")
    hub.generate("a cat")
    assert len(fake.calls) == 2
    first = hub.generate("a cat", seed=1)
    assert hub.generate("a cat", seed=1).images == first.images
    assert len(fake.calls) == 3


def test_the_memory_keeps_the_newest(found: Detections) -> None:
    store = MemoryStore(size=2)
    store.put("a", found)
    store.put("b", found)
    assert store.get("a") == found
    store.put("c", found)
    assert store.get("b") is None
    assert store.get("a") == found


def test_the_disk_holds_data_and_survives_damage(tmp_path: Path, found: Detections) -> None:
    store = DiskStore(tmp_path)
    store.put("a", found)
    assert DiskStore(tmp_path).get("a") == found
    store._disk.set(_hashed("old"), {"task": "detect", "things": []})
    store._disk.set(_hashed("odd"), [1])
    assert (store.get("old"), store.get("odd")) == (None, None)
    assert not any(b"cpickle" in path.read_bytes().lower() for path in tmp_path.rglob("*") if path.is_file())


def test_no_picture_is_kept(settings: Settings, call: DetectCall, found: Detections) -> None:
    fake = FakeProvider(found)
    hub = Hub(fake, settings=settings)
    result = hub.run(call)
    (cache,) = (layer for layer in hub._pipeline._own[fake].outer if isinstance(layer, Cache))
    assert isinstance(cache, Cache)
    kept = cache.store.get(fingerprint(call, fake.version(call)))
    assert kept is not None
    assert kept.pictures == ()
    assert len(result.pictures) == 1


@given(st.floats(0, 1), st.floats(0, 1))
def test_keys_are_equal_when_and_only_when_the_options_are(one: float, other: float) -> None:
    image = Image(b"never read")
    image._sha256 = "0" * 64
    keys = [fingerprint(DetectCall(image=image, min_score=score), "v") for score in (one, other)]
    assert (keys[0] == keys[1]) == (json.dumps(one) == json.dumps(other))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigError, match="The disk cache cannot be kept in"):
        DiskStore(tmp_path / "file" / "answers")


def test_providers_of_one_name_do_not_answer_for_each_other(call: DetectCall, found: Detections) -> None:
    one, other = FakeProvider(found), FakeProvider(Detections(objects=()))
    hub = Hub(one)
    assert hub.run(call).objects
    assert not hub.run(call, provider=other).objects


def test_a_redis_that_is_down_keeps_nothing_and_harms_nobody(call: DetectCall, found: Detections) -> None:
    fake = FakeProvider(found)
    hub = Hub(fake, settings=Settings(cache="redis://127.0.0.1:1/0"))
    assert [hub.run(call).objects for _ in range(2)] == [found.objects] * 2
    assert len(fake.calls) == 2


def test_a_cache_that_is_none_is_named() -> None:
    with pytest.raises(ConfigError, match="cache"):
        read(cache="somewhere")


def test_a_damaged_or_failing_disk_loses_no_answer(tmp_path: Path, call: DetectCall, found: Detections) -> None:
    provider = FakeProvider(found)
    hub = Hub(provider, settings=Settings(cache="disk", home=tmp_path))
    assert hub.run(call).attempts[0].outcome == "ok"
    base = sqlite3.connect(tmp_path / "answers" / "cache.db")
    with closing(base), base:
        base.execute("UPDATE Cache SET value = ?", (b"junk",))
    assert hub.run(call).attempts[0].outcome == "ok"
    assert hub.run(call).attempts[0].outcome == "cached"
    with closing(base := sqlite3.connect(tmp_path / "answers" / "cache.db")), base:
        base.execute("DROP TABLE Cache")
    assert hub.run(call).attempts[0].outcome == "ok"


def test_a_folder_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_bytes(b"junk" * 1000)
    with pytest.raises(ConfigError, match="cannot be kept in"):
        DiskStore(tmp_path)


@pytest.mark.parametrize("make", [RedisStore, RedisLedger])
def test_a_wrong_url_is_not_quoted(make: Callable[[str], object]) -> None:
    with pytest.raises(ConfigError, match="URL of a Redis is wrong") as caught:
        make(f"redis://:sk-{'pass'}/word@host:1/0")
    assert "sk-pass" not in "".join(traceback.format_exception(caught.value))
