"""A loopback server that answers byte for byte as told, and breaks on purpose.

Raw sockets on port 0, so that nothing corrects what a test sends. Each connection follows the
next script of the plan, the last one for ever; every request is recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

DATA = Path(__file__).parent / "data"
Script = Callable[["Peer"], Awaitable[None]]


@dataclass(frozen=True)
class Received:
    """One request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes


class Peer:
    """One connection as a script sees it."""

    def __init__(
        self, server: Faulty, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader, self._writer = reader, writer

    async def request(self) -> Received | None:
        """The next request, read whole and recorded; None when the client has closed."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = first.split(" ")
        received = Received(method, target, headers, body, head + body)
        self._server.requests.append(received)
        self._server.has_request.set()
        return received

    async def send(self, data: bytes) -> None:
        """Sends exactly these bytes."""
        try:
            self._writer.write(data)
            await self._writer.drain()
            await asyncio.sleep(0)  # drain() alone never lets the loop learn of the end
        except ConnectionError:
            self._server.is_cut_off.set()
        if self._writer.is_closing() or self._reader.at_eof() or self._reader.exception():
            self._server.is_cut_off.set()

    async def gone(self) -> None:
        """Returns when the client has closed."""
        with contextlib.suppress(ConnectionError):
            await self._reader.read()

    def reset(self) -> None:
        """Closes with a TCP reset instead of an orderly end."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


class Faulty:
    """The server; use as a context manager.

    Attributes
    ----------
    requests : list of Received
    connections : int
        Accepted so far.
    is_cut_off : threading.Event
        Set when the client closes while a script still sends.
    """

    def __init__(self, *plan: Script, tls: bool = False) -> None:
        self.plan = list(plan)
        self.requests: list[Received] = []
        self.connections = 0
        self.most_open = 0
        self.is_cut_off = threading.Event()
        self.has_request = threading.Event()
        self._open = 0
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    async def arrival(self) -> None:
        """Returns when the first request has arrived."""
        await asyncio.to_thread(self.has_request.wait, 10)

    async def _serve(self) -> None:
        context = None
        if self._tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(DATA / "server.pem")
        server = await asyncio.start_server(self._meet, sock=self._socket, ssl=context, limit=2**24)
        self._is_ready.set()
        await self._stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for _ in range(3):  # the loop's turns in which aborted transports let go
            await asyncio.sleep(0)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.plan[min(self.connections, len(self.plan) - 1)]
        self.connections += 1
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            await script(Peer(self, reader, writer))
        finally:
            self._open -= 1
            if self._stop.is_set():
                writer.transport.abort()
            else:
                writer.close()

    def __enter__(self) -> Faulty:
        self._thread.start()
        self._is_ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()


def wire(name: str) -> bytes:
    """A documented answer of the service, byte for byte."""
    return (DATA / name).read_bytes()


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An answer in the usual form; ``content_type`` and other headers by keyword."""
    fields = {"content-type": "application/json", "content-length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1") + body


def answering(*answers: bytes) -> Script:
    """A script: reads a request and sends the next answer, the last one for ever."""

    async def script(peer: Peer) -> None:
        left = list(answers)
        while await peer.request() is not None:
            await peer.send(left.pop(0) if len(left) > 1 else left[0])

    return script


def saying(status: int, value: Any, **headers: str) -> Script:
    """A script that answers with a value as JSON."""
    return answering(http(status, json.dumps(value).encode(), **headers))


def breaking(data: bytes, *, reset: bool = True) -> Script:
    """A script that reads a request, sends these bytes and breaks the connection."""

    async def script(peer: Peer) -> None:
        if await peer.request() is None:
            return
        await peer.send(data)
        if reset:
            await asyncio.sleep(0.05)  # a reset overtakes bytes that were not yet read
            peer.reset()

    return script


async def silent(peer: Peer) -> None:
    """A script that reads the request and never answers."""
    await peer.request()
    await peer.gone()


async def deaf(peer: Peer) -> None:
    """A script that closes before it reads anything."""
    peer.reset()


def dripping(head: bytes) -> Script:
    """A script that sends `head` and then one byte after another, without an end."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head)
        while not peer._server.is_cut_off.is_set():
            await peer.send(b"x")
            await asyncio.sleep(0.01)

    return script
