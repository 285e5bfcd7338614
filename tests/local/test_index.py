"""Finding a wheel on an index, in every form that an index may have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.local.wheel import FILENAME
from visionhub.errors import ConfigError
from visionhub.providers.local.cards import Wheel
from visionhub.providers.local.index import PYPI, default_url, find, page_url

SHA256 = "ab" * 32
OTHER = "cd" * 32
WHEEL = Wheel(package="Tiny_models.X", version="1.0", filename=FILENAME, sha256=SHA256, bytes=1_000)
PAGE = "https://mirror.example/root/simple/tiny-models-x/"
HTML, JSON = "text/html; charset=utf-8", "application/vnd.pypi.simple.v1+json"
URL = f"https://files.example/packages/{FILENAME}"


def page(body: str | bytes, kind: str) -> httpx.Response:
    data = body.encode() if isinstance(body, str) else body
    return httpx.Response(200, headers={"Content-Type": kind}, content=data, request=httpx.Request("GET", PAGE))


def listing(*files: Mapping[str, object]) -> httpx.Response:
    return page(json.dumps({"files": files}), JSON)


@pytest.mark.parametrize("root", ["https://mirror.example/root/simple", "https://mirror.example/root/simple/"])
def test_the_page_of_a_package_has_its_normalized_name(root: str) -> None:
    assert page_url(httpx.URL(root), WHEEL) == PAGE


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (URL, URL),
        (f"{URL}#sha256={SHA256}", f"{URL}#sha256={SHA256}"),
        (FILENAME, f"{PAGE}{FILENAME}"),
        (f"{FILENAME}#sha256={SHA256}", f"{PAGE}{FILENAME}#sha256={SHA256}"),
        (f"../../packages/{FILENAME}?v=1#md5=00", f"https://mirror.example/root/packages/{FILENAME}?v=1#md5=00"),
        (f"/files/{FILENAME}", f"https://mirror.example/files/{FILENAME}"),
        (f"//cdn.example/{FILENAME}", f"https://cdn.example/{FILENAME}"),
        (f"{PAGE}tiny%5Fmodels-1.0-py3-none-any.whl", f"{PAGE}tiny%5Fmodels-1.0-py3-none-any.whl"),
    ],
)
def test_a_link_is_found_in_html(link: str, url: str) -> None:
    text = f"<html><a name=top><a href='other.whl'>other.whl</a><A HREF=\"{link}\" data-yanked>{FILENAME}</A>"
    assert find(page(text, HTML), WHEEL) == url


@pytest.mark.parametrize("more", [{}, {"hashes": {}}, {"hashes": {"sha256": SHA256}}, {"hashes": {"md5": "00"}}])
def test_a_file_is_found_in_json(more: dict[str, object]) -> None:
    found = listing({"filename": "other.whl", "url": "x"}, {"filename": FILENAME, "url": f"../{FILENAME}", **more})
    assert find(found, WHEEL) == f"https://mirror.example/root/simple/{FILENAME}"


def test_of_several_files_of_that_name_the_right_one_is_taken() -> None:
    wrong = {"filename": FILENAME, "url": "https://a.example/", "hashes": {"sha256": OTHER}}
    right = {"filename": FILENAME, "url": URL, "hashes": {"sha256": SHA256}}
    assert find(listing(wrong, right), WHEEL) == URL


@pytest.mark.parametrize(
    "answer",
    [
        listing({"filename": FILENAME, "url": URL, "hashes": {"sha256": OTHER}}),
        page(f'<a href="{URL}#sha256={OTHER}">x</a>', HTML),
    ],
)
def test_another_file_under_the_name_is_refused(answer: httpx.Response) -> None:
    with pytest.raises(ConfigError, match="SHA-256 differs") as caught:
        find(answer, WHEEL)
    assert "--from DIR" in str(caught.value)


@pytest.mark.parametrize("answer", [listing(), page("<h1>Please log in</h1>", HTML)])
def test_a_wheel_that_is_not_offered_is_named(answer: httpx.Response) -> None:
    with pytest.raises(ConfigError, match=rf"mirror\.example does not offer {FILENAME}"):
        find(answer, WHEEL)


@given(
    st.sampled_from([HTML, JSON, ""]),
    st.one_of(
        st.binary(),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=5),
            lambda some: (
                st.lists(some, max_size=3)
                | st.dictionaries(st.sampled_from(["files", "filename", "url", "hashes"]), some)
            ),
        ).map(lambda some: json.dumps(some).encode()),
        st.text(max_size=9).map(lambda some: f'<a href="{some}/{FILENAME}">'.encode(errors="replace")),
        st.text(max_size=9).map(lambda some: json.dumps({"files": [{"filename": FILENAME, "url": some}]}).encode()),
    ),
)
def test_any_page_gives_an_address_or_a_clear_error(kind: str, body: bytes) -> None:
    with suppress(ConfigError):
        assert find(page(body, kind), WHEEL).host


def test_the_index_is_the_one_that_pip_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    assert default_url() == "https://mirror.example/simple"
    monkeypatch.delenv("PIP_INDEX_URL")
    assert default_url() == PYPI
