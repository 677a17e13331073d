"""One HTTP request and its answer, and the few sockets that they share.

HTTP/1.1 spoken through h11, with nothing that would have to be switched off again: no
redirects, cookies, ``.netrc``, retries or logging. Each exchange runs in a task of its own and
comes back as data, so that no exception, traceback or cancellation leaving here has seen a
header. What an answer means is decided in ``retry``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import h11

from .body import Body, BodyError, TooLargeError
from .network import ConnectError, Guard, RefusedError, Resolver, connect, resolve
from .origin import Origin, proxy_for
from .reply import Fault, Reply
from .stream import Stream

MAX_BODY = 64 * 1024 * 1024
"""Bytes of an answer's body, after decompression."""

_MAX_HEAD = 100 * 1024


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


class _Progress:
    """How far an exchange has come; outlives its task when that is stopped."""

    def __init__(self) -> None:
        self.sent = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body: Body | None = None
        self.trouble = ""
        self.is_refusal = False
        self.is_too_large = False
        self.is_cut_off = False
        self.is_done = False

    def outcome(self, late: str) -> Reply | Fault:
        trouble = "" if self.is_done else self.trouble or late
        if not self.status:
            return Fault(self.sent, trouble, self.is_refusal)
        body = bytes(self.body.data) if self.body is not None else b""
        return Reply(self.status, self.headers, body, trouble, self.is_too_large)


class _Connection:
    """A stream and the dialogue on it, kept between two requests."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.dialogue = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)
        self.expiry: asyncio.TimerHandle | None = None


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
        self._sockets = sockets
        self._keep = keep
        self._limits = limits
        self._resolver = resolver
        self._guard = guard
        self._idle: dict[Origin, list[_Connection]] = {}
        self._open: set[Stream] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def __call__(self, request: Request) -> Reply | Fault:
        """Sends the request once and returns what came of it; raises nothing of its own."""
        async with self._slots:
            if self._is_closed:
                return Fault(False, "the client is closed")
            progress = _Progress()
            task = asyncio.ensure_future(self._run(request, progress))
            self._running.add(task)
            task.add_done_callback(self._forget)
            try:
                await asyncio.wait({task}, timeout=self._limits.total)
            finally:
                if not task.done():
                    task.cancel()
                    await asyncio.wait({task})
        return progress.outcome(f"it took longer than {self._limits.total:g} s")

    async def aclose(self) -> None:
        """Ends what is under way and closes every socket."""
        self._is_closed = True
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(set(self._running))
        for connections in self._idle.values():
            for connection in connections:
                self._drop(connection)
        self._idle.clear()
        if self._open:
            await asyncio.wait([stream.closed for stream in self._open], timeout=5.0)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        # Looked at, or asyncio would log it with its traceback when it is collected.
        if not task.cancelled():
            task.exception()

    async def _run(self, request: Request, progress: _Progress) -> None:
        kept = self._reusable(request.origin)
        await self._once(kept, request, progress)
        # The server may close a kept connection just as it is used; HTTP lets a client ask
        # again for what has no effect (RFC 9110, 9.2.2).
        if kept is not None and progress.is_cut_off and request.method == "GET":
            progress.sent = progress.is_cut_off = False
            progress.trouble = ""
            await self._once(None, request, progress)

    async def _once(
        self, connection: _Connection | None, request: Request, progress: _Progress
    ) -> None:
        try:
            if connection is None:
                connection = await self._connect(request.origin)
            await self._talk(connection, request, progress)
            progress.is_done = True
        except RefusedError as error:
            progress.trouble, progress.is_refusal = str(error), True
        except (ConnectError, BodyError) as error:
            progress.trouble = str(error)
            progress.is_too_large = isinstance(error, TooLargeError)
        except TimeoutError:
            progress.trouble = f"nothing came for {self._limits.read:g} s"
        except (ConnectionError, h11.RemoteProtocolError) as error:
            is_reset = isinstance(error, ConnectionError)
            early = "closed early, or what came is not HTTP"
            progress.trouble = f"the connection {'was reset' if is_reset else early}"
            progress.is_cut_off = not progress.status
        except Exception as error:  # noqa: BLE001 (its text or frames may hold a header)
            progress.trouble = f"an unexpected {type(error).__name__} was met"
        finally:
            if connection is not None and not self._take_back(connection, request.origin, progress):
                self._drop(connection)

    async def _connect(self, origin: Origin) -> _Connection:
        self._make_room()
        try:
            proxy = proxy_for(origin)
        except ValueError as error:
            raise ConnectError(str(error)) from None
        stream = await connect(
            origin,
            seconds=self._limits.connect,
            resolver=self._resolver,
            guard=self._guard,
            proxy=proxy,
        )
        self._open.add(stream)
        stream.closed.add_done_callback(lambda _: self._open.discard(stream))
        return _Connection(stream)

    async def _talk(self, connection: _Connection, request: Request, progress: _Progress) -> None:
        stream, dialogue = connection.stream, connection.dialogue
        headers = list(request.headers)
        if request.authorize is not None:
            headers.append(("Authorization", request.authorize()))
        head = h11.Request(method=request.method, target=request.target, headers=headers)
        pieces = [dialogue.send(head)]
        if request.body:
            pieces.append(dialogue.send(h11.Data(request.body)))
        pieces.append(dialogue.send(h11.EndOfMessage()))
        if not stream.is_quiet:
            raise ConnectError("the connection closed before the request, or is not HTTP")
        progress.sent = True
        stream.write(b"".join(piece for piece in pieces if piece))
        while not isinstance(event := dialogue.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                dialogue.receive_data(await stream.read(self._limits.read))
            elif isinstance(event, h11.Response):
                self._begin(event, progress)
            elif isinstance(event, h11.Data) and progress.body is not None:
                progress.body.add(bytes(event.data))
            elif not isinstance(event, h11.InformationalResponse):
                raise ConnectionResetError
        if progress.body is not None:
            progress.body.end()

    def _begin(self, response: h11.Response, progress: _Progress) -> None:
        progress.status = response.status_code
        for name, value in response.headers:
            text = value.decode("latin-1")
            known = progress.headers.get(name.decode("ascii"))
            progress.headers[name.decode("ascii")] = text if known is None else f"{known}, {text}"
        length = progress.headers.get("content-length", "")
        if length.isdigit() and int(length[:20]) > self._limits.body:
            raise TooLargeError(f"larger than {self._limits.body:,} bytes")
        progress.body = Body(progress.headers.get("content-encoding", ""), self._limits.body)

    # -- connections that are kept --------------------------------------------------------

    def _reusable(self, origin: Origin) -> _Connection | None:
        waiting = self._idle.get(origin, [])
        while waiting:
            connection = waiting.pop()
            if connection.expiry is not None:
                connection.expiry.cancel()
            if connection.stream.is_quiet:
                return connection
            self._drop(connection)
        return None

    def _take_back(self, connection: _Connection, origin: Origin, progress: _Progress) -> bool:
        dialogue = connection.dialogue
        is_fit = (
            progress.is_done
            and self._keep > 0
            and not self._is_closed
            and connection.stream.is_quiet
            and dialogue.our_state is h11.DONE
            and dialogue.their_state is h11.DONE
            and not dialogue.trailing_data[0]
        )
        if is_fit:
            dialogue.start_next_cycle()
            loop = asyncio.get_running_loop()
            connection.expiry = loop.call_later(self._keep, self._expire, connection, origin)
            self._idle.setdefault(origin, []).append(connection)
        return is_fit

    def _expire(self, connection: _Connection, origin: Origin) -> None:
        waiting = self._idle.get(origin, [])
        if connection in waiting:
            waiting.remove(connection)
        if not waiting:
            self._idle.pop(origin, None)
        connection.stream.abort()

    def _make_room(self) -> None:
        """Closes idle connections that would be too many beside those at work."""
        idle = [(origin, connection) for origin, kept in self._idle.items() for connection in kept]
        surplus = len(self._running) + len(idle) - self._sockets
        for origin, connection in idle[: max(0, surplus)]:
            self._idle[origin].remove(connection)
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        if connection.expiry is not None:
            connection.expiry.cancel()
        connection.stream.abort()
