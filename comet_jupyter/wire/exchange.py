"""One HTTP request and its answer, by httpx; what comes of it is data, never an exception.

httpx's transport is used without its client, so there is nothing to switch off: no redirects,
cookies, ``.netrc``, authentication, retries or request log. Each exchange runs in a task of
its own, so that no exception, traceback or cancellation leaving here has seen a header. What
an answer means is decided in ``retry``.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from .attempt import Attempt, let_go
from .body import Body, BodyError, TooLargeError
from .network import Guard, RefusedError, Resolver, locate, resolve, tls_context, trouble_of
from .origin import Origin, proxy_for
from .reply import Fault, Reply

_HOSTS = 2  # whose connections are kept at the same time

MAX_BODY = 64 * 1024 * 1024
"""Bytes of an answer's body, after decompression."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one exchange, in seconds and bytes.

    Attributes
    ----------
    connect : float
        Until the connection stands: lookup, TCP and TLS together.
    read : float
        Until the next byte arrives.
    total : float
        Until all is over, so that one byte every now and then does not last for ever.
    body : int
        Bytes of the answer's body.
    """

    connect: float = 15.0
    read: float = 60.0
    total: float = 150.0
    body: int = MAX_BODY


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Attributes
    ----------
    authorize : callable, optional
        Makes the ``Authorization`` header when the bytes are written, so that no object
        that lives longer holds the key.
    """

    method: str
    origin: Origin
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes = field(default=b"", repr=False)
    authorize: Callable[[], str] | None = None


_ours = contextvars.ContextVar("comet_jupyter_exchange", default=False)


def _is_not_ours(record: logging.LogRecord) -> bool:
    # httpcore logs the headers of answers at DEBUG, and a service may echo the key in one.
    return not _ours.get()


def _keep_out_of_logs() -> None:
    """Nothing of our exchanges is logged by the transport; others' requests are."""
    for name in ("httpcore.connection", "httpcore.http11", "httpcore.proxy"):
        logger = logging.getLogger(name)
        if _is_not_ours not in logger.filters:
            logger.addFilter(_is_not_ours)


class _Transport(httpx.AsyncHTTPTransport):
    """Counts the exchanges at work, so that no one closes it under them."""

    at_work = 0


class Exchanges:
    """At most `sockets` exchanges at once, over connections that are kept for the next.

    Lives on one event loop.

    Parameters
    ----------
    sockets : int
        Sockets open at the same time; further exchanges wait, unsent.
    keep : float
        Seconds for which an idle connection is kept; 0 for a fresh one each time.
    resolver, guard : callable
        How hosts are looked up, and which addresses may be reached.
    """

    def __init__(
        self,
        *,
        sockets: int,
        keep: float,
        limits: Limits,
        resolver: Resolver = resolve,
        guard: Guard | None = None,
    ) -> None:
        self._slots = asyncio.Semaphore(sockets)
        self._pool = httpx.Limits(
            max_connections=sockets,
            # Half may idle: with two hosts kept there are at most 1.5 × `sockets` open.
            max_keepalive_connections=(sockets + 1) // 2 if keep else 0,
            keepalive_expiry=keep,
        )
        self._limits = limits
        self._resolver = resolver
        self._guard = guard
        self._transports: dict[tuple[Origin, str], _Transport] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._is_closed = False
        _keep_out_of_logs()

    async def __call__(self, request: Request) -> Reply | Fault:
        """Sends the request once and returns what came of it; raises nothing of its own."""
        async with self._slots:
            if self._is_closed:
                return Fault(False, "the client is closed")
            attempt = Attempt()
            task = asyncio.ensure_future(self._run(request, attempt))
            self._running.add(task)
            task.add_done_callback(self._forget)
            try:
                await asyncio.wait({task}, timeout=self._limits.total)
            finally:
                if not task.done():
                    task.cancel()
                    await asyncio.wait({task})
        return attempt.outcome(f"it took longer than {self._limits.total:g} s")

    async def aclose(self) -> None:
        """Ends what is under way and closes every socket."""
        self._is_closed = True
        _ours.set(True)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(set(self._running))
        transports, self._transports = self._transports, {}
        for transport in transports.values():
            await transport.aclose()

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        # Looked at, or asyncio would log it with its traceback when it is collected.
        if not task.cancelled():
            task.exception()

    async def _run(self, request: Request, attempt: Attempt) -> None:
        _ours.set(True)
        await self._once(request, attempt)
        # The server may close a kept connection just as it is used; HTTP lets a client ask
        # again for what has no effect (RFC 9110, 9.2.2).
        if attempt.is_cut_off and attempt.is_reused and request.method == "GET":
            attempt.sent = attempt.is_cut_off = False
            attempt.trouble = ""
            await self._once(request, attempt)

    async def _once(self, request: Request, attempt: Attempt) -> None:
        try:
            async with self._answer(request, attempt) as response:
                self._begin(response, attempt)
                async for piece in response.aiter_raw():
                    if attempt.body is not None:
                        attempt.body.add(piece)
                if attempt.body is not None:
                    attempt.body.end()
            attempt.is_done = True
        except Exception as error:  # noqa: BLE001 (its text or frames may hold a header)
            self._explain(error, attempt)
            let_go(error)

    def _explain(self, error: Exception, attempt: Attempt) -> None:
        if isinstance(error, RefusedError):
            attempt.trouble, attempt.is_refusal = str(error), True
        elif isinstance(error, BodyError):
            attempt.trouble = str(error)
            attempt.is_too_large = isinstance(error, TooLargeError)
        elif isinstance(error, (httpx.ReadTimeout, httpx.WriteTimeout)):
            attempt.trouble = f"nothing came for {self._limits.read:g} s"
        else:
            attempt.trouble = trouble_of(error, self._limits.connect)
            attempt.is_cut_off = attempt.sent and not attempt.status

    @asynccontextmanager
    async def _answer(self, request: Request, attempt: Attempt) -> AsyncIterator[httpx.Response]:
        """The answer's head, from the first of the host's addresses that takes a connection."""
        origin = request.origin
        proxy = proxy_for(origin)
        hosts = await asyncio.wait_for(
            locate(origin, self._resolver, self._guard, behind_proxy=bool(proxy)),
            self._limits.connect,
        )
        transport, surplus = self._transport(origin, proxy)
        transport.at_work += 1
        try:
            for other in surplus:
                await other.aclose()
            response = await self._send(transport, request, hosts, attempt)
            try:
                yield response
            finally:
                await response.aclose()
        finally:
            transport.at_work -= 1

    async def _send(
        self,
        transport: httpx.AsyncHTTPTransport,
        request: Request,
        hosts: Sequence[str],
        attempt: Attempt,
    ) -> httpx.Response:
        limits = self._limits
        headers = list(request.headers)
        if request.authorize is not None:
            headers.append(("Authorization", request.authorize()))
        timeout = {"read": limits.read, "write": limits.read, "pool": limits.total}
        failure: httpx.TransportError | None = None
        try:
            for host in hosts:
                url = httpx.URL(
                    scheme=request.origin.scheme,
                    host=host,
                    port=request.origin.port,
                    raw_path=request.target.encode("ascii"),
                )
                extensions = {
                    "timeout": {**timeout, "connect": limits.connect / len(hosts)},
                    "trace": attempt.trace,
                    # The address was checked; the certificate must be that of the name.
                    "sni_hostname": request.origin.host,
                }
                try:
                    return await transport.handle_async_request(
                        httpx.Request(
                            request.method,
                            url,
                            headers=headers,
                            content=request.body or None,
                            extensions=extensions,
                        )
                    )
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    failure = error
                    let_go(error)
            raise failure or httpx.ConnectError("no address")
        finally:
            failure = None  # its traceback leads to this frame, and back to itself

    def _transport(self, origin: Origin, proxy: str) -> tuple[_Transport, list[_Transport]]:
        """The connections to one origin, and those of others that are now too many.

        Not shared with another origin at the same address: a kept connection has proved to be
        the host it was opened to, and no other.
        """
        transport = self._transports.pop((origin, proxy), None)
        if transport is None:
            transport = _Transport(
                # Plain http is for loopback alone, and needs no certificates loaded.
                verify=tls_context() if origin.scheme == "https" else False,
                trust_env=False,
                limits=self._pool,
                proxy=httpx.Proxy(proxy) if proxy else None,
            )
        idle = [name for name, kept in self._transports.items() if not kept.at_work]
        surplus = idle[: max(0, len(self._transports) + 1 - _HOSTS)]
        closing = [self._transports.pop(name) for name in surplus]
        self._transports[origin, proxy] = transport  # the one used last stands last
        return transport, closing

    def _begin(self, response: httpx.Response, attempt: Attempt) -> None:
        attempt.status = response.status_code
        for raw_name, raw_value in response.headers.raw:
            name, text = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            known = attempt.headers.get(name)
            attempt.headers[name] = text if known is None else f"{known}, {text}"
        length = attempt.headers.get("content-length", "")
        if length.isdigit() and int(length[:20]) > self._limits.body:
            raise TooLargeError(f"larger than {self._limits.body:,} bytes")
        attempt.body = Body(attempt.headers.get("content-encoding", ""), self._limits.body)
