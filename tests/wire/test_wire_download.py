"""Output files from anywhere: checked addresses, no credentials, bounded."""

from __future__ import annotations

import asyncio
import base64
import tracemalloc
import zlib
from collections.abc import Sequence
from typing import Any

import pytest
from wire.faulty import answering, breaking, dripping, http, silent
from wire.speaker import SECRET, Waits, run

from comet_jupyter import errors
from comet_jupyter.wire.download import Downloaded, Downloader
from comet_jupyter.wire.exchange import Limits

PICTURE = b"\x89PNG" + bytes(range(256)) * 40
OK = http(200, PICTURE, content_type="image/png")
HERE = ("127.0.0.0/8",)


async def _here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def downloader(**settings: Any) -> Downloader:
    """A downloader for which every name leads to this machine, and this machine is public."""
    settings = {
        "resolver": _here,
        "allowed_networks": HERE,
        "sleep": Waits(),
        "draw": lambda: 1.0,
        "limits": Limits(connect=5.0, read=5.0, total=5.0),
        **settings,
    }
    return Downloader(**settings)


def fetch(url: str, **settings: Any) -> Any:
    """One download; what came, or the error it raised."""
    try:
        return run(lambda it: it.fetch(url), downloader(**settings))
    except errors.CometError as error:
        return error


@pytest.fixture
def files(serve: Any, trusted: None) -> Any:
    """Starts a delivery host with TLS; gives the server and its base URL."""

    def start(*plan: Any) -> Any:
        service = serve(*plan, tls=True)
        return service, f"https://files.example:{service.port}"

    return start


def test_a_file_arrives_whole(files: Any) -> None:
    """The bytes, where they came from, and what the server calls them."""
    service, root = files(answering(OK))
    got = fetch(f"{root}/yhqm/out-0.webp?sig=a%2Fb&é=1#part")
    assert (got.data, got.content_type) == (PICTURE, "image/png")
    assert service.requests[0].target == "/yhqm/out-0.webp?sig=a%2Fb&%C3%A9=1"
    assert "PNG" not in repr(got)


def test_nothing_personal_travels(files: Any) -> None:
    """Host, agent and accept headers, and no others: no key, cookie or referrer (D7)."""
    service, root = files(answering(http(302, location="/b", set_cookie="a=1"), OK), answering(OK))
    assert isinstance(fetch(f"{root}/a"), Downloaded)
    assert len(service.requests) == 2
    for request in service.requests:
        assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding"}
        assert SECRET.encode() not in request.raw


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_gone_has_expired(files: Any, status: int) -> None:
    """403, 404 and 410 mean that the link has died; they are not asked again (D1)."""
    service, root = files(answering(http(status)))
    error = fetch(f"{root}/a")
    assert isinstance(error, errors.OutputExpiredError)
    assert "hour" in str(error)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        breaking(http(500), reset=False),
        breaking(http(503), reset=False),
        breaking(http(429), reset=False),
        breaking(b""),
        breaking(OK[:500]),
        breaking(OK[:500], reset=False),
    ],
)
def test_passing_trouble_is_tried_again(files: Any, trouble: Any) -> None:
    """5xx, resets and truncation are fetched anew, and only whole files come back (D2)."""
    _, root = files(trouble, trouble, answering(OK))
    waits = Waits()
    assert fetch(f"{root}/a", sleep=waits).data == PICTURE
    assert waits == [0.5, 1.0]


def test_lasting_trouble_ends_after_four_tries(files: Any) -> None:
    """A server that stays broken ends as an error that says how to go on (D2)."""
    service, root = files(breaking(OK[:500], reset=False))
    error = fetch(f"{root}/a")
    assert isinstance(error, errors.DownloadError)
    assert "%comet show" in error.remedy
    assert len(service.requests) == 4


def test_a_silent_server_ends(files: Any) -> None:
    """A read that times out is tried again, then given up (D2)."""
    service, root = files(silent)
    limits = Limits(connect=5.0, read=0.05, total=5.0)
    assert isinstance(fetch(f"{root}/a", limits=limits), errors.DownloadError)
    assert len(service.requests) == 4


@pytest.mark.parametrize("status", [204, 206, 304, 400, 418])
def test_other_answers_are_no_file(files: Any, status: int) -> None:
    """Anything but 200 is no whole file, and asking again would not help."""
    service, root = files(answering(http(status)))
    assert isinstance(fetch(f"{root}/a"), errors.DownloadError)
    assert len(service.requests) == 1


def _squeezed(size: int) -> bytes:
    squeeze = zlib.compressobj(wbits=31)
    return squeeze.compress(bytes(size)) + squeeze.flush()


@pytest.mark.parametrize(
    "script",
    [
        answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\nabc"),
        answering(http(200, bytes(200_000))),
        answering(http(200, _squeezed(10_000_000), content_encoding="gzip")),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(100_001)),
        dripping(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n30d40\r\n" + bytes(200_000)
        ),
    ],
)
def test_a_file_that_is_too_large_is_stopped(files: Any, script: Any) -> None:
    """Declared, undeclared, chunked or unpacked: the cap holds, and it is not tried again (D5)."""
    service, root = files(script)
    error = fetch(f"{root}/a", max_bytes=100_000)
    assert isinstance(error, errors.DownloadError)
    assert "100,000 bytes" in str(error)
    assert len(service.requests) == 1


def test_a_file_of_exactly_the_cap_is_whole(files: Any) -> None:
    """The cap is the largest size that is taken."""
    _, root = files(answering(http(200, bytes(100_000))))
    assert len(fetch(f"{root}/a", max_bytes=100_000).data) == 100_000


def test_a_short_length_is_believed_and_the_rest_dropped(files: Any) -> None:
    """Bytes beyond the declared length reach neither this file nor the next (D5)."""
    lying = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdefgh"
    _, root = files(answering(lying), answering(OK))

    async def two(it: Downloader) -> list[bytes]:
        return [(await it.fetch(f"{root}/a")).data for _ in range(2)]

    assert run(two, downloader()) == [b"abc", PICTURE]


def test_memory_stays_flat_beyond_the_cap(files: Any) -> None:
    """An endless body costs little more than the cap, while a whole one costs its size (D5)."""

    async def endless(peer: Any) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not peer._server.is_cut_off.is_set():
            await peer.send(bytes(65536))

    _, root = files(endless)
    assert _peak(f"{root}/a", 1_000_000) < 12_000_000
    _, root = files(answering(http(200, bytes(20_000_000))))
    assert _peak(f"{root}/a", 30_000_000) > 20_000_000


def _peak(url: str, cap: int) -> int:
    tracemalloc.start()
    try:
        fetch(url, max_bytes=cap)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_in_the_url_and_behind_a_name(address: str) -> None:
    """Addresses that are not public are refused as such and as what a name resolves to (D6)."""

    async def there(host: str, port: int) -> Sequence[str]:
        return [address]

    async def mixed(host: str, port: int) -> Sequence[str]:
        return ["1.1.1.1", address]

    literal = f"[{address}]" if ":" in address else address
    for url, resolver in (
        (f"https://{literal}/a", _here),
        ("https://name.example/a", there),
        ("https://name.example/a", mixed),
    ):
        error = fetch(url, resolver=resolver, allowed_networks=())
        assert isinstance(error, errors.DownloadError)
        assert "network address" in str(error)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "017700000001",
        "\uff11\uff12\uff17.1",
        "0",
    ],
)
def test_an_odd_spelling_is_refused_before_any_lookup(host: str) -> None:
    """Decimal, octal, hexadecimal and short forms never reach a resolver (D6)."""
    asked: list[str] = []

    async def noting(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["1.1.1.1"]

    assert isinstance(fetch(f"https://{host}/a", resolver=noting), errors.DownloadError)
    assert asked == []


@pytest.mark.parametrize(
    "url",
    [
        *("http://files.example/a", "ftp://files.example/a", "file:///etc/passwd", "/a", ""),
        *("https://u:p@files.example/a", "https://", "gopher://a", "HTTP://files.example/"),
        *("https://[::1", "https://a b/", "//files.example/a", "https:files.example/a"),
    ],
)
def test_other_schemes_and_malformed_urls_are_refused(url: str) -> None:
    """Only well-formed https is fetched, and a refusal never quotes the URL (D6)."""
    error = fetch(url)
    assert isinstance(error, errors.DownloadError)
    assert "u:p" not in str(error)


def test_the_service_itself_may_be_private_and_plain(serve: Any) -> None:
    """The service's own origin is allowed; its port, scheme and name are part of it (D6)."""
    service = serve(answering(OK))
    got = fetch(
        f"{service.url}/files/a.png", allowed_host=service.url + "/root", allowed_networks=()
    )
    assert got.data == PICTURE
    for url in (
        f"http://localhost:{service.port}/a",
        f"http://127.0.0.1:{service.port + 1}/a",
        f"https://127.0.0.1:{service.port}/a",
        f"http://127.0.0.1.nip.example:{service.port}/a",
    ):
        error = fetch(url, allowed_host=service.url, allowed_networks=())
        assert isinstance(error, errors.DownloadError)
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_checked(files: Any, status: int) -> None:
    """A redirect to another public host is followed, and its address is what comes back."""
    service, root = files(answering(http(status, location="//b.files.example:{}/b")), answering(OK))
    location = f"//b.files.example:{service.port}/b"
    service.plan[0] = answering(http(status, location=location))
    got = fetch(f"{root}/a")
    assert got.url == f"https://b.files.example:{service.port}/b"
    assert got.data == PICTURE


@pytest.mark.parametrize(
    "location",
    [
        *(
            "https://169.254.169.254/latest",
            "http://files.example/b",
            "https://[::1]/",
            "file:///x",
        ),
        *("https://0x7f.1/", "https://u:p@files.example/", "http://[::1"),
    ],
)
def test_a_redirect_to_a_forbidden_place_is_refused(files: Any, location: str) -> None:
    """Every hop is checked like the first (D6)."""

    async def by_name(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    service, root = files(answering(http(302, location=location)))
    error = fetch(f"{root}/a", resolver=by_name)
    assert isinstance(error, errors.DownloadError)
    assert len(service.requests) == 1


@pytest.mark.parametrize(("hops", "arrives"), [(3, True), (4, False)])
def test_three_redirects_are_enough(files: Any, hops: int, arrives: bool) -> None:
    """Three hops are followed, the fourth is not (D6)."""
    answers = [http(302, location=f"/{n}") for n in range(hops)]
    service, root = files(answering(*answers, OK))
    assert isinstance(fetch(f"{root}/a"), Downloaded) is arrives
    assert len(service.requests) == 4


def test_the_address_that_was_checked_is_the_one_connected_to(files: Any) -> None:
    """A name that resolves differently the second time changes nothing: it is asked once (D6)."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    service, root = files(answering(OK))
    assert fetch(f"{root}/a", resolver=rebinding).data == PICTURE
    assert asked == ["files.example"]
    assert service.requests[0].headers["host"] == f"files.example:{service.port}"


def test_a_proxy_does_not_lift_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy, private literals and names known to be private are refused all the same."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    for url in ("https://10.0.0.1/a", "https://name.example/a"):
        error = fetch(url, allowed_networks=())
        assert "network address" in str(error)

    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    error = fetch("https://name.example/a", allowed_networks=(), resolver=unknown)
    assert "refused" in str(error)


@pytest.mark.parametrize(
    ("uri", "data", "kind"),
    [
        ("data:image/png;base64," + base64.b64encode(PICTURE).decode(), PICTURE, "image/png"),
        ("DATA:image/png;charset=x;BASE64,AAEC", b"\x00\x01\x02", "image/png;charset=x"),
        ("data:image/png;base64,AA EC\n", b"\x00\x01\x02", "image/png"),
        ("data:image/png;base64,AAE", b"\x00\x01", "image/png"),
        ("data:image/png;base64,-_8=", b"\xfb\xff", "image/png"),
        ("data:image/png;base64,AAEC%3D", b"\x00\x01\x02", "image/png"),
        ("data:,a%20b", b"a b", "text/plain"),
        ("data:text/html,<p>", b"<p>", "text/html"),
    ],
)
def test_inline_files_are_decoded(uri: str, data: bytes, kind: str) -> None:
    """Every common spelling of a data: URI gives its bytes and type."""
    got = fetch(uri)
    assert (got.data, got.content_type, got.url) == (data, kind, "")


@pytest.mark.parametrize(
    "uri",
    ["data:", "data:image/png;base64", "data:image/png;base64,A", "data:;base64," + "A" * 200],
)
def test_damaged_or_large_inline_files_are_refused(uri: str) -> None:
    """What cannot be decoded, or is larger than the cap, is an error (D5)."""
    assert isinstance(fetch(uri, max_bytes=100), errors.DownloadError)


def test_downloads_share_six_sockets(files: Any) -> None:
    """Sixty downloads at once use at most six sockets."""
    service, root = files(answering(OK))

    async def many(it: Downloader) -> list[Downloaded]:
        return await asyncio.gather(*(it.fetch(f"{root}/{n}") for n in range(60)))

    assert len(run(many, downloader())) == 60
    assert 1 < service.most_open <= 6
