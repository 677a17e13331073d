"""Output files fetched from wherever they lie, by a client that never sees the key.

A payload names the addresses, so each is checked before a socket opens, at every redirect: no
private network, no other scheme. What the bytes are is decided by whoever decodes them.
"""

from __future__ import annotations

import asyncio
import binascii
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from .._version import __version__
from ..errors import CometError, DownloadError, OutputExpiredError
from . import addresses
from .exchange import MAX_BODY, Exchanges, Limits, Request
from .network import Resolver, resolve
from .origin import Origin
from .reply import Fault, Reply
from .wait import backoff

__all__ = ["Downloaded", "Downloader"]

SOCKETS = 6
"""At work at the same time; with idle ones to a second host at most 9 are open."""
MAX_REDIRECTS = 3
MAX_TRIES = 4

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429}) | frozenset(range(500, 600))
_AGAIN = "`%comet show ID` fetches it again while the link lives (about an hour)"


@dataclass(frozen=True, slots=True)
class Downloaded:
    """One output file, whole, in memory.

    Attributes
    ----------
    data : bytes
    url : str
        Where it came from at last, after redirects; empty for a ``data:`` URI.
    content_type : str
        What the server called it, which says little.
    """

    data: bytes = field(repr=False)
    url: str
    content_type: str


class Downloader:
    """Fetches output files without key, cookies or referrer.

    Parameters
    ----------
    allowed_host : str
        The root of the service: its own origin may be private, and plain http.
    allowed_networks : sequence of str
        Networks that count as public, ``198.18.0.0/15`` for a proxy with made-up addresses.
    resolver, sleep, draw : callable
        Host and port to addresses, how to wait, a random number from 0 to 1.
    max_bytes : int
        Of one file, after decompression.
    limits : Limits
        Seconds that one request may take; its ``body`` is replaced by `max_bytes`.
    """

    def __init__(
        self,
        *,
        allowed_host: str = "",
        allowed_networks: Sequence[str] = (),
        resolver: Resolver = resolve,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
        max_bytes: int = MAX_BODY,
        limits: Limits = Limits(read=30.0, total=300.0),  # noqa: B008 (frozen)
    ) -> None:
        self._allowed = _origin_or_none(allowed_host)
        self._networks = tuple(ip_network(network) for network in allowed_networks)
        self._sleep, self._draw = sleep, draw
        self._max_bytes = max_bytes
        limits = Limits(limits.connect, limits.read, limits.total, max_bytes)
        self._exchanges = Exchanges(
            sockets=SOCKETS, keep=60.0, limits=limits, resolver=resolver, guard=self._guard
        )

    async def fetch(self, url: str) -> Downloaded:
        """The bytes at `url`, an https address or a ``data:`` URI.

        Passing troubles are tried again, four times in all; a file that is too large or an
        address that may not be reached is not.

        Raises
        ------
        OutputExpiredError
            403, 404, 410: the file is gone.
        DownloadError
            For everything else.
        """
        if url[:5].lower() == "data:":
            return _decoded(url, self._max_bytes)
        tries = 0
        while True:
            tries += 1
            outcome, may_pass = await self._follow(url)
            if isinstance(outcome, Downloaded):
                return outcome
            if not may_pass or tries >= MAX_TRIES:
                raise outcome
            await self._sleep(backoff(tries, self._draw()))

    async def aclose(self) -> None:
        """Closes every socket; what is under way ends."""
        await self._exchanges.aclose()

    async def _follow(self, url: str) -> tuple[Downloaded | CometError, bool]:
        """One try over all its redirects; and whether another may go better."""
        for _ in range(MAX_REDIRECTS + 1):
            request = self._request(url)
            if isinstance(request, DownloadError):
                return request, False
            came = await self._exchanges(request)
            if isinstance(came, Reply) and came.status in _REDIRECTS:
                try:
                    url = urljoin(url, came.headers.get("location", ""))
                except ValueError:
                    url = ""
                continue
            return _judged(came, url)
        return _failed(url, f"more than {MAX_REDIRECTS} redirects"), False

    def _request(self, url: str) -> Request | DownloadError:
        try:
            origin = Origin.of(url)
        except ValueError as error:
            return _failed(url, f"the address is not fetched: {error}")
        if origin != self._allowed:
            if origin.scheme != "https":
                return _failed(url, "the address is not fetched: plain http")
            if addresses.is_odd_number(origin.host):
                return _failed(url, "the address is not fetched: its host is an odd number")
        parts = urlsplit(url)
        path = quote(parts.path, safe="/%:@!$&'()*+,;=~") or "/"
        query = quote(parts.query, safe="/%:@!$&'()*+,;=~?")
        headers = [
            ("Host", origin.authority),
            ("User-Agent", f"comet-jupyter/{__version__}"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
        ]
        return Request("GET", origin, f"{path}?{query}" if query else path, headers)

    def _guard(self, origin: Origin, found: Sequence[str]) -> str:
        if origin == self._allowed:
            return ""
        for address in found:
            kind = addresses.refusal(address)
            if kind and not any(ip_address(address) in network for network in self._networks):
                return f"it leads to {kind} network address"
        return ""


def _judged(came: Reply | Fault, url: str) -> tuple[Downloaded | CometError, bool]:
    if isinstance(came, Fault):
        return _failed(url, came.trouble), not came.is_refusal
    if came.status in (403, 404, 410):
        cause = f"the file at {_place(url)} is gone ({came.status}): links live about an hour"
        return OutputExpiredError(cause, "Try again for a new one"), False
    if came.status != 200:
        return _failed(url, f"the server answered {came.status}"), came.status in _PASSING
    if came.trouble:
        return _failed(url, came.trouble), not came.is_too_large
    return Downloaded(came.body, url, came.headers.get("content-type", "")), False


def _failed(url: str, why: str) -> DownloadError:
    return DownloadError(f"the output at {_place(url)} could not be fetched: {why}", _AGAIN)


def _place(url: str) -> str:
    """The host alone: paths and queries of delivery links are long, and some are signed."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return host[:100] if host.isprintable() and host else "an unknown host"


def _origin_or_none(root: str) -> Origin | None:
    try:
        return Origin.of(root)
    except ValueError:
        return None


def _decoded(uri: str, limit: int) -> Downloaded:
    """The bytes that a ``data:`` URI carries in itself."""
    head, comma, body = uri[5:].partition(",")
    kind, is_base64 = re.subn(r";\s*base64\s*$", "", head[:300], flags=re.IGNORECASE)
    trouble, data = "" if comma else "it is cut short", b""
    if len(body) > (limit + 2) // 3 * 4 * (1 if is_base64 else 3):
        trouble = f"larger than {limit:,} bytes"
    if not trouble:
        raw = unquote_to_bytes(body)
        try:
            data = _from_base64(raw) if is_base64 else raw
        except binascii.Error:
            trouble = "its base64 is damaged"
    if not trouble and len(data) > limit:
        trouble = f"larger than {limit:,} bytes"
    if trouble:
        raise DownloadError(f"an inline output could not be read: {trouble}", "Try again")
    return Downloaded(data, "", kind.strip().lower() or "text/plain")


def _from_base64(raw: bytes) -> bytes:
    digits = re.sub(rb"[\s=]", b"", raw).translate(bytes.maketrans(b"-_", b"+/"))
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
