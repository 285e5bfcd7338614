"""Models are made once, and kept within the budget."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

import pytest

from visionhub.errors import ConfigError
from visionhub.providers.local.engines.torch.shelf import Shelf


@dataclass(eq=False)
class Thing:
    bytes: int


@dataclass
class Maker:
    """Makes things of ten bytes each, and counts them."""

    shelf: Shelf[Thing]
    made: list[str] = field(default_factory=list)

    def take(self, name: str, size: int = 10) -> Thing:
        def make() -> Thing:
            self.made.append(name)
            return Thing(size)

        return self.shelf.take(name, lambda: size, make)

    def use(self, name: str, size: int = 10) -> None:
        self.take(name, size)
        self.shelf.give_back(name)


@pytest.fixture
def maker() -> Maker:
    return Maker(Shelf(25))


def test_what_is_there_is_not_made_again(maker: Maker) -> None:
    assert maker.take("a") is maker.take("a")
    assert maker.made == ["a"]
    assert maker.shelf.bytes == 10


def test_the_one_unused_for_longest_makes_room(maker: Maker) -> None:
    for name in ("a", "b", "a", "c", "a", "b"):
        maker.use(name)
        assert maker.shelf.bytes <= 25
    assert maker.made == ["a", "b", "c", "b"]


def test_what_is_in_use_stays_and_others_wait_for_it(maker: Maker) -> None:
    maker.take("a")
    maker.take("b")
    waiting = threading.Thread(target=maker.use, args=("c",), daemon=True)
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    maker.shelf.give_back("b")
    waiting.join(5)
    assert not waiting.is_alive()
    assert maker.made == ["a", "b", "c"]
    assert maker.shelf.bytes == 20


def test_one_larger_than_all_the_room_is_refused_and_nothing_is_lost(maker: Maker) -> None:
    maker.use("a")
    with pytest.raises(ConfigError, match=r"more than the 0\.00 GB allowed"):
        maker.take("b", 26)
    maker.use("a")
    assert maker.made == ["a"]


def test_what_fails_is_told_to_all_who_wait_and_tried_anew(maker: Maker) -> None:
    begun, go = threading.Event(), threading.Event()

    def fail() -> Thing:
        begun.set()
        go.wait(5)
        raise ConfigError("broken")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(maker.shelf.take, "a", lambda: 10, fail)
        assert begun.wait(5)
        second = pool.submit(maker.take, "a")
        go.set()
        for future in (first, second):
            if error := future.exception(5):
                assert isinstance(error, ConfigError)
        assert first.exception()
    maker.use("a")
    assert maker.shelf.bytes == 10


def test_one_that_became_larger_than_it_said_pushes_others_out(maker: Maker) -> None:
    maker.use("a")
    maker.shelf.take("b", lambda: 5, lambda: Thing(20))
    assert maker.shelf.bytes == 20


def test_many_threads_never_pass_the_budget(maker: Maker) -> None:
    seen = []

    def work(seed: int) -> None:
        make = Random(seed)
        for _ in range(200):
            maker.use(make.choice("abcd"), 10)
            seen.append(maker.shelf.bytes)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert max(seen) <= 25
