"""Where a host is, whether it may be reached, and how it proves who it is.

No header of ours and no key is known here.
"""

from __future__ import annotations

import asyncio
import functools
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence

import httpx

from . import addresses
from .origin import Origin

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses; raises OSError for an unknown name."""

Guard = Callable[[Origin, Sequence[str]], str]
"""Says why these addresses of an origin may not be reached; empty when they may."""

_MAX_ADDRESSES = 3


class RefusedError(Exception):
    """The guard forbids the address; no socket was opened to it."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host by the system's resolver, IPv4 first.

    They are tried one after the other, and the usual broken network is one whose IPv6
    swallows packets; a network without IPv4 refuses at once.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


async def locate(
    origin: Origin, resolver: Resolver, guard: Guard | None, *, behind_proxy: bool
) -> Sequence[str]:
    """The hosts to connect to: the addresses that the guard has seen, at most three.

    A name could resolve to another address between check and connection, so the connection
    is made to the address. A proxy looks names up itself: there the guard sees what the name
    resolves to here, if it does, and the name is what is connected to.

    Raises
    ------
    RefusedError
        When the guard refuses.
    OSError
        When there is no such name.
    """
    found: Sequence[str] = ()
    try:
        is_literal = addresses.is_literal(origin.host)
        if is_literal or guard is not None or not behind_proxy:
            found = [origin.host] if is_literal else await resolver(origin.host, origin.port)
    except (OSError, UnicodeError):
        if not behind_proxy:  # behind one, names of the outside often do not resolve
            raise
    refused = guard(origin, found) if guard is not None else ""
    if refused:
        raise RefusedError(refused)
    return [origin.host] if behind_proxy else found[:_MAX_ADDRESSES]


def tls_context() -> ssl.SSLContext:
    """The one TLS configuration of all clients, made when first needed.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` replace the roots; without them the system's and
    certifi's are trusted, as some systems have none that OpenSSL finds.
    """
    return _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@functools.lru_cache(maxsize=4)
def _tls_context(file: str | None, folder: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()  # OpenSSL reads both variables itself
    if not file and not folder:
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def trouble_of(error: BaseException, seconds: float) -> str:
    """What went wrong, in a few words of ours: the error's own may quote a header."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({cause.reason or 'handshake'})"
        if isinstance(cause, (socket.gaierror, UnicodeError)):
            return "its name is not known"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
    if isinstance(error, httpx.ProxyError):
        return "the proxy refused the connection"
    if isinstance(error, (httpx.ConnectTimeout, httpx.PoolTimeout, TimeoutError)):
        return f"no connection within {seconds:g} s"
    if isinstance(error, asyncio.TimeoutError):
        return f"no connection within {seconds:g} s"
    if isinstance(error, httpx.ConnectError):
        system = next((cause for cause in causes if isinstance(cause, OSError)), None)
        return (system.strerror if system is not None else "") or "no connection could be made"
    if isinstance(error, httpx.RemoteProtocolError):
        return "the connection closed early, or what came is not HTTP"
    if isinstance(error, httpx.NetworkError):
        return "the connection was reset"
    if isinstance(error, ValueError):
        return str(error)[:200]
    return f"an unexpected {type(error).__name__} was met"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
