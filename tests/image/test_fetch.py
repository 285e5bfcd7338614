"""Pictures behind URLs: fetched from real servers on this machine, refused where a stranger could do harm."""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from tests.image.servers import Answer, Server, redirect, reply
from visionhub import Image, InputError, Limits
from visionhub.image import reach
from visionhub.testing.pictures import encoded, scene

PICTURE = scene(48, 32)
PNG = encoded(PICTURE)
TRUSTING = Limits(private_urls=True, timeout=20)
HASTY = Limits(private_urls=True, timeout=0.5, max_bytes=1_000_000)
Serve = Callable[..., Server]


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(answer: Answer | bytes, **options: Any) -> Server:
        servers.append(Server(answer if callable(answer) else lambda _: answer, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A name service for the test: hosts and their addresses. Anything else that is no address is unknown."""
    known: dict[str, str] = {}
    real = socket.getaddrinfo

    def look_up(host: str | bytes, port: int, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not name.endswith((".test", ".example")):
            return real(host, port, *args, **options)
        if name not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [found for address in known[name].split() for found in real(address, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def said(url: str, limits: Limits = TRUSTING) -> str:
    image = Image(url, limits=limits)
    with pytest.raises(InputError) as caught:
        image.load()
    assert str(caught.value).startswith(f"{image.name} ")
    assert caught.value.source == image.name
    return str(caught.value).removeprefix(f"{image.name} ")


def test_a_picture_is_fetched(serve: Serve) -> None:
    server = serve(reply(PNG, content_type="image/png"))
    image = Image(server.url("/a%20b.png?size=1"), limits=TRUSTING)
    assert image.rgb().tobytes() == PICTURE.tobytes()
    assert image.data == PNG
    assert image.name == server.url("/a%20b.png")
    (request,) = server.requests
    assert request.startswith("GET /a%20b.png?size=1 HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{server.port}\r\n" in request.lower()


def test_a_picture_is_fetched_in_chunks_or_until_the_line_is_closed(serve: Serve) -> None:
    halves = PNG[:100], PNG[100:]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(half), half) for half in halves) + b"0\r\n\r\n"
    chunked = serve(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks)
    closed = serve(lambda _: [b"HTTP/1.0 200 OK\r\n\r\n", *halves])
    for server in (chunked, closed):
        assert Image(server.url(), limits=TRUSTING).data == PNG


def test_redirects_are_followed_a_few_times(serve: Serve) -> None:
    def answer(head: str) -> bytes:
        left = int(head.removeprefix("GET /").partition(" ")[0])
        return redirect(f"/{left - 1}") if left else reply(PNG)

    server = serve(answer)
    assert Image(server.url("/5"), limits=TRUSTING).data == PNG
    assert said(server.url("/6")) == "could not be fetched: it was redirected more than 5 times."
    loop = serve(redirect("/again"))
    assert said(loop.url()) == "could not be fetched: it was redirected more than 5 times."


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", "is redirected to file:///etc/passwd, which is not fetched: only http and https are."),
        ("ftp://a.example/b", "is redirected to ftp://a.example/b, which is not fetched: only http and https are."),
        ("http://[::1", "is redirected to http://…, which is not valid."),
        ("https://u:word@/x?token=1", "which names no host"),
    ],
)
def test_redirects_to_elsewhere_are_refused(serve: Serve, location: str, words: str) -> None:
    assert words in said(serve(redirect(location)).url())


def test_redirects_to_private_addresses_are_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    # 127.0.0.1 plays the open internet here.
    monkeypatch.setattr(reach, "is_public", lambda address: address == "127.0.0.1")
    inside = serve(reply(PNG))
    for host in ("127.0.0.2", "169.254.169.254", "[::ffff:10.0.0.1]", "2130706434", "0x7f.2", "127.2"):
        outside = serve(redirect(f"http://{host}:{inside.port}/"))
        assert "is not a public address" in said(outside.url(), Limits())
    assert inside.requests == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.192",
        "168.63.129.16", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fec0::1]", "[::ffff:127.0.0.1]",
        "[::127.0.0.1]", "[64:ff9b::10.0.0.1]", "[2002:7f00:1::]", "[ff02::1]", "2130706433", "0x7f000001", "0x7f.1", "127.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(host: str, serve: Serve) -> None:
    server = serve(reply(PNG))
    words = said(server.url(host=host), Limits(timeout=5))
    assert words.startswith("is refused: ")
    assert words.endswith("Allow private addresses (`private_urls`) if you trust whoever names the URLs.")
    assert server.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "localhost"])
def test_they_are_fetched_if_that_is_allowed(host: str, serve: Serve) -> None:
    assert Image(serve(reply(PNG)).url(host=host), limits=TRUSTING).data == PNG


def test_names_that_resolve_to_private_addresses_are_refused(serve: Serve, names: dict[str, str]) -> None:
    server = serve(reply(PNG))
    for addresses in ("127.0.0.1", "8.8.8.8 127.0.0.1", "::1", "10.0.0.1"):
        names["inside.test"] = addresses
        assert said(server.url(host="inside.test"), Limits()).startswith(
            "is refused: inside.test is not a public address."
        )
    assert server.requests == []
    assert said("http://nowhere.test/a.png") == "could not be fetched: the host nowhere.test was not found."


def test_a_name_cannot_point_elsewhere_once_it_was_checked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "is_public", lambda address: address == "127.0.0.1")
    answers = iter(["127.0.0.1", "127.0.0.2", "127.0.0.2"])
    real = socket.getaddrinfo
    asked: list[Any] = []

    def look_up(host: str, *args: Any, **options: Any) -> Any:
        if host != "flip.test":
            return real(host, *args, **options)
        asked.append(host)
        return real(next(answers), *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    server = serve(reply(PNG))
    assert Image(server.url(host="flip.test"), limits=Limits(timeout=5)).data == PNG
    assert asked == ["flip.test"]
    assert f"host: flip.test:{server.port}\r\n" in server.requests[0].lower()


def test_the_next_address_is_tried_when_one_is_dead(serve: Serve, names: dict[str, str]) -> None:
    names["many.test"] = "127.0.0.3 127.0.0.1"
    assert Image(serve(reply(PNG)).url(host="many.test"), limits=TRUSTING).data == PNG


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this system has no IPv6")
def test_an_ipv6_address_is_reached_and_named_in_brackets(serve: Serve) -> None:
    server = serve(reply(PNG), family=socket.AF_INET6)
    assert Image(server.url(host="[::1]"), limits=TRUSTING).data == PNG
    assert f"host: [::1]:{server.port}\r\n" in server.requests[0].lower()


def test_a_user_and_password_are_sent_but_never_shown(serve: Serve) -> None:
    server = serve(redirect("/b.png"))
    other = serve(lambda head: reply(status="403 Forbidden") if "authorization" in head.lower() else reply(PNG))
    url = server.url(user="me:s3cret@") + "?token=s3cret"
    words = said(url)
    assert "s3cret" not in words + repr(Image(url)) + Image(url).name
    token = base64.b64encode(b"me:s3cret").decode()
    assert all(f"authorization: basic {token}\r\n".lower() in request.lower() for request in server.requests)
    assert len(server.requests) == 6
    # Another host is not told.
    server.answer = lambda _: redirect(other.url())
    assert Image(url, limits=TRUSTING).data == PNG
    server.close()
    for broken in (
        url,
        f"http://me:s3cret@[::1:{server.port}/",
        "http://me:s3/cret@127.0.0.1/",
        "http://me:s3cret@host:port/",
    ):
        assert "s3" not in said(broken) + Image(broken).name


@pytest.mark.parametrize("body", [b"", b"<html>log in</html>", b"{}", b"\x00" * 100])
def test_a_body_that_is_no_picture(serve: Serve, body: bytes) -> None:
    words = said(serve(reply(body, content_type="image/png")).url())
    assert words.startswith("is ")


@pytest.mark.parametrize(
    "status", ["204 No Content", "301 Moved", "304 Not Modified", "404 Not Found", "500 Oh", "999 What"]
)
def test_other_answers_than_yes(serve: Serve, status: str) -> None:
    words = said(serve(reply(PNG if status[0] in "459" else b"", status=status)).url())
    assert words == f"could not be fetched: the server answered {status[:3]}." or words == "is empty."


def test_a_download_that_breaks_off(serve: Serve) -> None:
    short = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + PNG[:100])
    assert said(short.url()).startswith(
        "could not be fetched: peer closed connection without sending complete message body"
    )
    assert said(serve(b"").url()).startswith("could not be fetched: Server disconnected")
    assert said(serve(b"220 ftp ready\r\n\r\n").url()).startswith("could not be fetched: ")
    assert "truncated" in said_pixels(serve(reply(PNG[:-60])).url())


def said_pixels(url: str) -> str:
    with pytest.raises(InputError) as caught:
        Image(url, limits=TRUSTING).rgb()
    return str(caught.value)


def test_what_is_too_long_is_not_downloaded(serve: Serve) -> None:
    sent: list[int] = []

    def endless(_: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        for part in repeat(b"x" * 50_000):
            sent.append(len(part))
            yield part

    stated = serve(lambda _: [b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n"])
    small = Limits(private_urls=True, max_bytes=1_000_000)
    words = "is larger than 1,000,000 bytes. Raise `max_bytes` in the limits if you trust it."
    assert said(stated.url(), small) == words
    assert said(serve(endless).url(), small) == words
    assert sum(sent) < 20_000_000
    assert said(serve(reply(b"x" * 2_000_000)).url(), small) == words


def test_what_is_too_slow_is_given_up(serve: Serve) -> None:
    is_over = threading.Event()

    def late(seconds: float, last: bytes) -> Answer:
        def answer(_: str) -> bytes:
            is_over.wait(seconds)
            return last

        return answer

    def dripping(start: bytes, drop: bytes) -> Answer:
        def answer(_: str) -> Iterator[bytes]:
            yield start
            while not is_over.wait(0.05):
                yield drop

        return answer

    ok = b"HTTP/1.1 200 OK\r\n"
    slow = {
        "says nothing": late(20, b""),
        "header by header": dripping(ok, b"x: y\r\n"),
        "letter by letter": dripping(ok + b"x: ", b"y"),
        "byte by byte": dripping(ok + b"\r\n", b"x"),
        "chunk by chunk": dripping(ok + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        "continue and continue": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "redirect after redirect": late(0.2, redirect("/again")),
    }
    for how, answer in slow.items():
        assert said(serve(answer).url(), HASTY) == "could not be fetched within 0.5 s.", how
    is_over.set()


def test_a_body_that_was_packed_unasked(serve: Serve) -> None:
    server = serve(reply(b"zipped", content_encoding="gzip"))
    assert said(server.url()) == "could not be fetched: the server sent it compressed, which it was not asked for."
    assert "accept-encoding: identity" in server.requests[0].lower()


def test_a_server_that_is_not_there(serve: Serve) -> None:
    server = serve(reply(PNG))
    server.close()
    words = said(server.url())
    assert words.startswith("could not be fetched: ")
    assert "refused" in words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "file:///etc/passwd",
            "is a URL that is not fetched: only http and https are. Give the path of a file on this machine.",
        ),
        ("ftp://127.0.0.1/a.png", "is a URL that is not fetched: only http and https are."),
        ("s3://bucket/a.png", "is a URL that is not fetched: only http and https are."),
        ("gopher://127.0.0.1/", "is a URL that is not fetched"),
        ("http://", "is a URL that names no host."),
        ("http:///a.png", "is a URL that names no host."),
        ("http://host:99999/", "is a URL that is not valid."),
        ("http://0177.0.0.1/", "is a URL that is not valid."),
        ("http://a\x01b/", "is a URL that is not valid."),
        ("http://" + "a" * 300 + ".example/", "could not be fetched: the host"),
    ],
)
def test_urls_that_are_none(url: str, words: str) -> None:
    assert words in said(url)


def test_no_request_can_be_smuggled_into_another(serve: Serve) -> None:
    server = serve(reply(PNG))
    for path in ("/a\r\nX-Evil: 1", "/a HTTP/1.1\r\nX-Evil: 1\r\n\r\n", "/a%0d%0aX-Evil:%201"):
        try:
            Image(server.url(path), limits=TRUSTING).load()
        except InputError:
            continue
    assert not any("\nx-evil" in request.lower() for request in server.requests)


def test_offline_nothing_is_asked(serve: Serve) -> None:
    server = serve(reply(PNG))
    words = said(server.url(), Limits(offline=True, private_urls=True))
    assert words == "is not fetched: visionhub is offline. Give a file, or turn `offline` off."
    assert server.requests == []


# Proxies


def test_a_proxy_is_used_and_may_be_private(
    serve: Serve, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(reply(PNG))
    monkeypatch.setenv("http_proxy", proxy.url("", user="me:word@"))
    assert names == {}
    assert Image("http://pictures.example/a.png?x=1", limits=Limits(timeout=5)).data == PNG
    (request,) = proxy.requests
    assert request.startswith("GET http://pictures.example/a.png?x=1 HTTP/1.1\r\n")
    assert "\r\nproxy-authorization: basic bwu6d29yza==\r\n" in request.lower()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]", "0x7f.1", "inside.test"])
def test_through_a_proxy_private_addresses_are_refused_too(
    host: str, serve: Serve, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["inside.test"] = "10.0.0.1"
    proxy = serve(reply(PNG))
    monkeypatch.setenv("ALL_PROXY", f"127.0.0.1:{proxy.port}")
    assert said(f"http://{host}/a.png", Limits()).startswith("is refused: ")
    assert proxy.requests == []


def test_hosts_that_need_no_proxy_are_asked_themselves(
    serve: Serve, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["near.test"] = "127.0.0.1"
    proxy, server = serve(reply(status="502 Bad")), serve(reply(PNG))
    monkeypatch.setenv("http_proxy", proxy.url(""))
    monkeypatch.setenv("no_proxy", "near.test")
    assert Image(server.url(host="near.test"), limits=TRUSTING).data == PNG
    assert proxy.requests == []
    assert "answered 502" in said("http://far.example/a.png")


def test_a_proxy_that_fails_is_named_as_what_failed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", serve(reply(status="403 Forbidden")).url("", user="me:s3cret@"))
    words = said("https://far.example/a.png")
    assert words == "could not be fetched: 403 Forbidden."
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    assert said("https://far.example/a.png").startswith("could not be fetched: ")
    monkeypatch.setenv("https_proxy", "strange://me:s3cret@127.0.0.1:1")
    assert "s3cret" not in said("https://far.example/a.png")


# TLS


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for pictures.test, made by openssl."""
    path = tmp_path_factory.mktemp("tls") / "pictures.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=pictures.test",
        "-addext",
    ]
    try:
        subprocess.run(
            [*command, "subjectAltName=DNS:pictures.test", "-keyout", f"{path}.key", "-out", path],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"openssl cannot make a certificate: {error}")
    path.write_bytes(path.read_bytes() + Path(f"{path}.key").read_bytes())
    return path


def context(certificate: Path, seen: list[str | None]) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.sni_callback = lambda _socket, name, _context: seen.append(name)
    return tls


def test_tls_asks_for_the_name_and_verifies_it(
    serve: Serve, names: dict[str, str], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.update({"pictures.test": "127.0.0.1", "other.test": "127.0.0.1"})
    seen: list[str | None] = []
    server = serve(reply(PNG), tls=context(certificate, seen))
    assert "CERTIFICATE_VERIFY_FAILED" in said(server.url(host="pictures.test"))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert Image(server.url(host="pictures.test"), limits=TRUSTING).data == PNG
    assert "Hostname mismatch" in said(server.url(host="other.test"))
    assert "IP address mismatch" in said(server.url())
    assert seen == ["pictures.test", "pictures.test", "other.test", None]
    assert len(server.requests) == 1


def test_a_tls_server_that_says_nothing_is_given_up() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    assert said(f"https://127.0.0.1:{listener.getsockname()[1]}/a.png", HASTY) == "could not be fetched within 0.5 s."
    listener.close()
