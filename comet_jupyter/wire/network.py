"""How a connection is made: lookup, address check, TLS, a proxy's tunnel.

What is said over it lives in ``exchange``; no header of ours and no key is known here.
"""

from __future__ import annotations

import asyncio
import functools
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence

import h11

from . import addresses
from .origin import Origin, Proxy
from .stream import Stream, within

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses; raises OSError for an unknown name."""

Guard = Callable[[Origin, Sequence[str]], str]
"""Says why these addresses of an origin may not be reached; empty when they may."""

_MAX_ADDRESSES = 3


class RefusedError(Exception):
    """The guard forbids the address; no socket was opened to it."""


class ConnectError(Exception):
    """No connection; the text says why in a few words."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host by the system's resolver, IPv4 first.

    They are tried one after the other, and the usual broken network is one whose IPv6
    swallows packets; a network without IPv4 refuses at once.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


async def connect(
    origin: Origin,
    *,
    seconds: float,
    resolver: Resolver = resolve,
    guard: Guard | None = None,
    proxy: Proxy | None = None,
) -> Stream:
    """An open stream to the origin, encrypted for https.

    The addresses that `guard` has seen are the ones connected to, so that a name cannot
    resolve to another one in between. Through a proxy, which looks the name up itself, the
    guard sees what the name resolves to here, if it does.

    Raises
    ------
    ConnectError
        For an unknown name, a refused or late connection, a bad certificate.
    RefusedError
        When the guard refuses.
    """
    trouble = ""
    try:
        return await within(seconds, _open(origin, seconds, resolver, guard, proxy))
    except TimeoutError:
        trouble = f"no connection within {seconds:g} s"
    except ssl.SSLCertVerificationError as error:
        trouble = f"its certificate is not trusted ({error.verify_message})"
    except ssl.SSLError as error:
        trouble = f"TLS failed ({error.reason or 'handshake'})"
    except (socket.gaierror, UnicodeError):
        trouble = "its name is not known"
    except OSError as error:
        trouble = _words(error)
    raise ConnectError(trouble)


async def _open(
    origin: Origin, seconds: float, resolver: Resolver, guard: Guard | None, proxy: Proxy | None
) -> Stream:
    if proxy is not None:
        if guard is not None:
            await _guard_by_name(origin, resolver, guard)
        return await _tunnel(origin, proxy, seconds)
    found = [origin.host] if addresses.is_literal(origin.host) else None
    found = found or list(await resolver(origin.host, origin.port))
    refused = guard(origin, found) if guard is not None else ""
    if refused:
        raise RefusedError(refused)
    context = tls_context() if origin.scheme == "https" else None
    return await _first(found, origin, context, seconds)


async def _first(
    found: Sequence[str], origin: Origin, context: ssl.SSLContext | None, seconds: float
) -> Stream:
    loop = asyncio.get_running_loop()
    failure: OSError = socket.gaierror("no address")
    tried = found[:_MAX_ADDRESSES]
    for address in tried:
        stream = Stream()
        is_open = False
        try:
            await within(
                seconds / len(tried),
                loop.create_connection(
                    lambda stream=stream: stream,
                    address,
                    origin.port,
                    ssl=context,
                    server_hostname=origin.host if context else None,
                ),
            )
            is_open = True
        except ssl.SSLError:
            raise
        except OSError as error:
            failure = error
        finally:
            if not is_open:
                stream.abort()
        if is_open:
            return stream
    raise failure


async def _guard_by_name(origin: Origin, resolver: Resolver, guard: Guard) -> None:
    found: Sequence[str] = ()
    try:
        is_literal = addresses.is_literal(origin.host)
        found = [origin.host] if is_literal else await resolver(origin.host, origin.port)
    except (OSError, UnicodeError):
        pass  # behind a proxy, names of the outside often do not resolve
    refused = guard(origin, found)
    if refused:
        raise RefusedError(refused)


async def _tunnel(origin: Origin, proxy: Proxy, seconds: float) -> Stream:
    address = proxy.origin
    found = await resolve(address.host, address.port)
    stream = await _first(found, address, None, seconds)
    is_open = False
    try:
        status = await _ask_for_tunnel(stream, origin, proxy, seconds)
        if not 200 <= status < 300:
            raise ConnectError(f"the proxy {address.authority} answered {status}")
        await stream.start_tls(tls_context(), origin.host, seconds)
        is_open = True
    finally:
        if not is_open:
            stream.abort()
    return stream


async def _ask_for_tunnel(stream: Stream, origin: Origin, proxy: Proxy, seconds: float) -> int:
    target = origin.full_authority
    headers = [("Host", target)]
    if proxy.credentials:
        headers.append(("Proxy-Authorization", f"Basic {proxy.credentials}"))
    dialogue = h11.Connection(h11.CLIENT)
    asked = dialogue.send(h11.Request(method="CONNECT", target=target, headers=headers))
    stream.write(asked or b"")
    dialogue.send(h11.EndOfMessage())
    try:
        while not isinstance(event := dialogue.next_event(), h11.Response):
            if event is h11.NEED_DATA:
                dialogue.receive_data(await stream.read(seconds))
        return event.status_code
    except h11.ProtocolError:
        pass
    raise ConnectError(f"{proxy.origin.authority} is no HTTP proxy")


def tls_context() -> ssl.SSLContext:
    """The one TLS configuration of all clients, made when first needed.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` replace the roots; without them the system's and
    certifi's are trusted, as some systems have none that OpenSSL finds.
    """
    return _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@functools.lru_cache(maxsize=4)
def _tls_context(file: str | None, folder: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()  # OpenSSL reads both variables itself
    context.set_alpn_protocols(["http/1.1"])
    if not file and not folder:
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _words(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, ConnectionError):
        return "the connection was reset while it was made"
    return error.strerror or type(error).__name__
