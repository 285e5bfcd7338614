"""Models are made once, and kept within the budget."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

import pytest

from visionhub.errors import ConfigError
from visionhub.providers.local.engines.torch import shelf as shelves
from visionhub.providers.local.engines.torch.shelf import Shelf


@dataclass(eq=False)
class Thing:
    bytes: int
    is_closed: bool = False

    def close(self) -> None:
        self.is_closed = True


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
        self.shelf.give_back(name, self.take(name, size))


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
    other = maker.take("b")
    waiting = threading.Thread(target=maker.use, args=("c",), daemon=True)
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    maker.shelf.give_back("b", other)
    waiting.join(5)
    assert other.is_closed
    waiting.join(5)
    assert not waiting.is_alive()
    assert maker.made == ["a", "b", "c"]
    assert maker.shelf.bytes == 20


def test_one_that_is_used_without_a_pause_makes_room_in_the_end(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "PATIENCE", 0.05)
    stop = threading.Event()

    def relay() -> None:
        """Has it taken again before it gives it back."""
        taken = maker.take("a", 20)
        with ThreadPoolExecutor(1) as pool:
            while not stop.is_set():
                again = pool.submit(maker.take, "a", 20)
                stop.wait(0.01)
                maker.shelf.give_back("a", taken)
                taken = again.result(10)
        maker.shelf.give_back("a", taken)

    busy = threading.Thread(target=relay, daemon=True)
    busy.start()
    while not maker.made:
        pass
    other = threading.Thread(target=maker.use, args=("b", 20), daemon=True)
    other.start()
    other.join(10)
    assert not other.is_alive()
    stop.set()
    busy.join(10)
    assert not busy.is_alive()
    assert maker.made == ["a", "b", "a"]


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


def test_who_waits_hears_of_a_failure_though_the_shelf_was_cleared(maker: Maker) -> None:
    begun, go = threading.Event(), threading.Event()

    def fail() -> Thing:
        begun.set()
        go.wait(5)
        raise KeyboardInterrupt

    def first() -> None:
        with pytest.raises(KeyboardInterrupt):
            maker.shelf.take("a", lambda: 10, fail)

    loading = threading.Thread(target=first)
    loading.start()
    assert begun.wait(5)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(maker.shelf.take, "a", lambda: 10, fail)
        while maker.shelf._places["a"].users < 2:
            pass
        maker.shelf.clear()
        go.set()
        assert isinstance(waiting.exception(5), ConfigError)
    loading.join(5)


def test_what_is_given_back_late_does_not_count_for_its_successor(maker: Maker) -> None:
    old = maker.take("a")
    maker.shelf.clear()
    assert old.is_closed
    new = maker.take("a")
    maker.shelf.give_back("a", old)
    maker.take("b")
    waiting = threading.Thread(target=maker.use, args=("c",), daemon=True)
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive(), "a is in use"
    maker.shelf.give_back("a", new)
    waiting.join(5)
    assert not waiting.is_alive()
