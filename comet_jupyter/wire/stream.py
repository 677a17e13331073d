"""One socket as a stream of bytes, and a time limit that loses no cancellation.

Which host it leads to lives in ``network``, what is said over it in ``exchange``.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from typing import Any, TypeVar, cast

T = TypeVar("T")

_HIGH_WATER = 1 << 20  # bytes waiting to be read before the sender is held up


class Stream(asyncio.Protocol):
    """One connected socket: read with a time limit, written without waiting.

    asyncio's own reader starts a task for each read with a limit; a timer is a tenth of that.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._is_held_up = False
        self._is_broken = False
        self.ended = False
        self.closed: asyncio.Future[None] = self._loop.create_future()

    @property
    def is_quiet(self) -> bool:
        """True while it is open and nothing unasked has arrived."""
        return not self.ended and not self._received and not self.closed.done()

    async def read(self, seconds: float) -> bytes:
        """What has arrived, at least one byte; empty at the end.

        Raises
        ------
        TimeoutError
            When nothing arrives for `seconds`.
        ConnectionResetError
            When the connection broke.
        """
        if not self._received and not self.ended:
            self._waiter = self._loop.create_future()
            timer = self._loop.call_later(seconds, self._wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
            if not self._received and not self.ended:
                raise TimeoutError
        if self._is_broken and not self._received:
            raise ConnectionResetError
        data = bytes(self._received)
        self._received.clear()
        if self._is_held_up and self._transport is not None:
            self._is_held_up = False
            self._transport.resume_reading()
        return data

    def write(self, data: bytes) -> None:
        """Hands the bytes to the system, which sends them when it can."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        self._transport.write(data)

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Goes on encrypted, inside a tunnel."""
        transport = await self._loop.start_tls(
            cast("asyncio.Transport", self._transport),
            self,
            context,
            server_hostname=host,
            ssl_handshake_timeout=seconds,
        )
        if transport is None:
            raise ConnectionResetError
        self._transport = transport

    def abort(self) -> None:
        """Closes at once; `closed` is done a moment later."""
        if self._transport is not None:
            self._transport.abort()
        elif not self.closed.done():
            self.closed.set_result(None)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop once the socket is connected."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the loop; beyond a megabyte the sender is held up."""
        self._received += data
        if len(self._received) > _HIGH_WATER and not self._is_held_up and self._transport:
            self._is_held_up = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Called by the loop at the other side's end; the transport then closes itself."""
        self.ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop when the socket is gone."""
        self.ended = True
        self._is_broken = exc is not None
        if not self.closed.done():
            self.closed.set_result(None)
        self._wake()


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, or TimeoutError; no cancellation is ever lost.

    ``asyncio.wait_for`` loses one that comes as the work ends (bpo-42130, until 3.12), and
    ``asyncio.timeout`` begins with 3.11.
    """
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    if task.cancelled():
        raise TimeoutError
    return task.result()
