"""Real processes that pull, beside each other or killed (SIGKILL) at every point: nothing corrupt is left, and the next pull succeeds."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import filelock
import pytest

from tests.local.index_server import STEP, Manners
from visionhub.providers.local.cards import Card
from visionhub.providers.local.weights import WeightsStore

LIMIT = 120
Start = Callable[[], subprocess.Popen[str]]


def command(what: str, wheels: Path, store: WeightsStore) -> list[str]:
    return [sys.executable, "-m", "tests.local.killed", what, str(wheels), store.index_url, str(store.folder)]


@pytest.fixture
def start(wheels: Path, store: WeightsStore) -> Iterator[Start]:
    """Starts a process that pulls, and comes back as it begins."""
    with ExitStack() as processes:

        def begin() -> subprocess.Popen[str]:
            process = processes.enter_context(
                subprocess.Popen(command("once", wheels, store), stdout=subprocess.PIPE, text=True)
            )
            processes.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline() == "begins\n"
            return process

        yield begin


def outcome(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=LIMIT)[0]


def left(store: WeightsStore) -> set[str]:
    return {path.name for path in store.folder.iterdir()}


def whole(card: Card) -> set[str]:
    return {".lock", *(weights.filename for weights in card.files.values())}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_killed_at_every_line(wheels: Path, store: WeightsStore) -> None:
    told = subprocess.run(command("lines", wheels, store), capture_output=True, text=True, timeout=LIMIT, check=False)
    assert told.returncode == 0, told.stderr
    assert int(told.stdout.split()[0]) > 100


@pytest.mark.parametrize("killed_at", [0, 1, 5, 20, 33])
def test_killed_while_bytes_come(
    store: WeightsStore, card: Card, manners: Manners, start: Start, killed_at: int
) -> None:
    come = threading.Event()
    killed = threading.Event()

    def on_sent(sent: int) -> None:
        if sent == killed_at * STEP and not killed.is_set():
            come.set()
            killed.wait(LIMIT)

    manners.on_sent = on_sent
    process = start()
    assert come.wait(LIMIT)
    process.kill()
    process.wait()
    killed.set()
    assert store.verify(card) == store.missing(card) == list(card.files.values())
    part = store.folder / f"{card.files['graph'].filename}.part"
    have = part.stat().st_size if part.exists() else 0
    assert have <= killed_at * STEP
    store.ensure(card)
    assert store.verify(card) == []
    assert left(store) == whole(card)
    first = card.files["graph"].at + have
    assert (manners.files_seen()[1].range or "").startswith(f"bytes={first}-")


def test_killed_again_and_again_it_goes_on_where_it_was(
    store: WeightsStore, card: Card, manners: Manners, start: Start
) -> None:
    graph = card.files["graph"]
    part = store.folder / f"{graph.filename}.part"
    for _ in range(3):
        have = part.stat().st_size if part.exists() else 0
        process = start()
        while process.poll() is None and not (part.exists() and part.stat().st_size > have):
            time.sleep(0.001)
        process.kill()
        process.wait()
    store.ensure(card)
    assert store.verify(card) == []
    starts = [int((request.range or "").split("=")[1].split("-")[0]) for request in manners.files_seen()]
    assert sorted(starts) == starts


def test_processes_that_pull_at_once_fetch_once(
    store: WeightsStore, card: Card, manners: Manners, start: Start
) -> None:
    with filelock.FileLock(_lock(store)):
        processes = [start() for _ in range(3)]
    assert [outcome(process) for process in processes] == ["0 wrong\n"] * 3
    assert len(manners.files_seen()) == len(card.files)
    assert store.verify(card) == []
    assert left(store) == whole(card)


def test_killed_while_it_waits(store: WeightsStore, card: Card, start: Start) -> None:
    with filelock.FileLock(_lock(store)):
        process = start()
        # It may not wait yet; killed before is as good a case.
        time.sleep(0.2)
        process.kill()
        process.wait()
    store.ensure(card)
    assert store.verify(card) == []
    assert left(store) == whole(card)


def test_who_waited_goes_on_where_the_killed_one_was(
    store: WeightsStore, card: Card, manners: Manners, start: Start
) -> None:
    come = threading.Event()
    killed = threading.Event()

    def on_sent(sent: int) -> None:
        if sent == 10 * STEP and not killed.is_set():
            come.set()
            killed.wait(LIMIT)

    manners.on_sent = on_sent
    first = start()
    assert come.wait(LIMIT)
    second = start()
    first.kill()
    first.wait()
    killed.set()
    assert outcome(second) == "0 wrong\n"
    assert left(store) == whole(card)


def _lock(store: WeightsStore) -> Path:
    store.folder.mkdir(parents=True, exist_ok=True)
    return store.folder / ".lock"
