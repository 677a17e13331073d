"""Sockets, threads and the clock around `routes`: the running sandbox.

Pictures are drawn in two threads of their own, so that a status is answered at once meanwhile.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

import tornado.httpserver
import tornado.web

from .memory import Memory
from .routes import Answer, Picture, Reply, Request, Rules, Unseen, respond
from .wishes import Seen

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Received", "SandboxServer"]

_MAX_BODY = 16 * 1024 * 1024
_MAX_RECORDED_BODY = 64 * 1024
_MAX_CACHE = 64 * 1024 * 1024
_MEDIA_TYPES = {"webp": "image/webp", "png": "image/png", "jpg": "image/jpeg"}


@dataclass(frozen=True)
class Received:
    """One request as it arrived; a body is kept up to 64 kB."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class _Pictures:
    """Draws files in threads and keeps the latest, up to 64 MB; looks at those that come."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="sandbox-drawing")
        # one at a time: a picture of forty megapixels takes a few hundred megabytes
        self._looking = ThreadPoolExecutor(1, thread_name_prefix="sandbox-looking")
        self._files: OrderedDict[Picture, asyncio.Future[bytes]] = OrderedDict()
        self._bytes = 0

    async def file(self, picture: Picture) -> bytes:
        """The bytes of a picture's file; two requests for it at once draw it once."""
        known = self._files.get(picture)
        if known is not None:
            self._files.move_to_end(picture)
            return await asyncio.shield(known)
        drawing = asyncio.get_running_loop().run_in_executor(self._threads, _draw, picture)
        self._files[picture] = drawing
        try:
            data = await asyncio.shield(drawing)
        except BaseException:
            self._files.pop(picture, None)
            raise
        self._bytes += _weight(picture, data)
        while self._bytes > _MAX_CACHE and len(self._files) > 1:
            oldest, drawn = next(iter(self._files.items()))
            if not drawn.done():
                break
            del self._files[oldest]
            self._bytes -= _weight(oldest, drawn.result())
        return data

    async def look(self, unseen: Unseen) -> Seen:
        """What there is to say of the input pictures of a create."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._looking, _look, unseen)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._looking.shutdown(wait=True, cancel_futures=True)


def _weight(picture: Picture, data: bytes) -> int:
    """Bytes that are kept for a file: its own, and those of the picture it was made from."""
    return len(data) + len(picture.wishes.picture or "")


def _draw(picture: Picture) -> bytes:
    # Pillow is loaded with the first picture, so that the server listens sooner
    from .drawing import draw, encode

    image = draw(picture.prompt, picture.seed, picture.width, picture.height, picture.wishes)
    data = encode(image, picture.format, picture.quality)
    return data[: len(data) // 2] if picture.cut else data


def _look(unseen: Unseen) -> Seen:
    from .drawing import look

    return look(unseen.pictures)


class _Handler(tornado.web.RequestHandler):
    """Every path and method: hands the request to `respond` and writes what it answers."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

    def initialize(self, sandbox: SandboxServer) -> None:
        self._sandbox = sandbox

    def set_default_headers(self) -> None:
        self.set_header("Server", "comet-jupyter-sandbox")

    def compute_etag(self) -> None:
        """No 304: the service answers every question in full."""

    async def _answer(self) -> None:
        request = Request(
            method=self.request.method or "GET",
            path=self.request.path,
            query=self.request.query,
            headers={name.lower(): value for name, value in self.request.headers.get_all()},
            body=self.request.body,
        )
        answer = self._sandbox.answer(request)
        if isinstance(answer, Unseen):
            answer = answer.accept(await self._sandbox.pictures.look(answer))
        if isinstance(answer, Picture):
            data = await self._sandbox.pictures.file(answer)
            answer = Answer(200, data, _MEDIA_TYPES[answer.format])
        self.set_status(answer.status)
        self.set_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            self.set_header(name, value)
        if request.method != "HEAD":
            self.finish(answer.body)

    get = head = post = put = patch = delete = options = _answer


class SandboxServer:
    """The sandbox, listening in a thread of this process or in the caller's loop.

    Parameters
    ----------
    port
        TCP port; 0 takes any free one.
    host
        Address to listen on; the loopback interface unless told otherwise.
    speed
        All durations of predictions are divided by this.
    status_code
        Status of an accepted create.
    enveloped
        Whether every prediction is wrapped in ``{"code": "success", "data": {...}}``.
    cancel
        Whether a create can be canceled over the wire; the service documents no such route.
    rate
        Creates accepted in a minute; None for any number.
    record
        Whether the requests that arrive are kept in `log`, keys included.
    clock
        Nanoseconds since 1970.

    Examples
    --------
    >>> with SandboxServer(speed=50) as server:
    ...     print(server.url)  # doctest: +SKIP
    http://127.0.0.1:49152
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        speed: float = 1.0,
        status_code: int = 200,
        enveloped: bool = False,
        cancel: bool = False,
        rate: int | None = None,
        record: bool = False,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.memory = Memory()
        self.pictures = _Pictures()
        self.log: deque[Received] = deque(maxlen=10_000)
        self.url = ""
        self._rules = Rules(speed, status_code, enveloped, cancel, rate)
        self._address = (host, port)
        self._record = record
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None
        self._is_stopping = False

    def answer(self, request: Request) -> Reply:
        """Answer one request, and keep it in the log if asked to."""
        if self._record:
            body = request.body[:_MAX_RECORDED_BODY]
            self.log.append(
                Received(request.method, request.path, request.query, request.headers, body)
            )
        return respond(request, self.memory, self._rules, self._clock())

    def listen(self) -> None:
        """Open the port; from here on `url` is known and connections wait to be served.

        Raises
        ------
        OSError
            The port is taken, or the address is none of this machine.
        """
        host, port = self._address
        # not Tornado's bind_sockets: it leaves the socket open when the port is taken
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=128)
        self._socket.setblocking(False)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}"

    async def serve(self) -> None:
        """Serve the open port until `stop`."""
        stopped = asyncio.Event()
        self._loop, self._stopped = asyncio.get_running_loop(), stopped
        if self._is_stopping:
            stopped.set()
        # one rule for all paths: whatever comes is handed on as it is
        application = tornado.web.Application(
            [(r".*", _Handler, {"sandbox": self})], log_function=lambda handler: None
        )
        server = tornado.httpserver.HTTPServer(
            application,
            max_body_size=_MAX_BODY,
            max_buffer_size=_MAX_BODY + 1024 * 1024,
            body_timeout=60,
            idle_connection_timeout=300,
        )
        server.add_socket(self._socket)
        try:
            await stopped.wait()
        finally:
            self._loop = None
            server.stop()
            await server.close_all_connections()
            self.pictures.close()

    def stop(self) -> None:
        """End `serve`, from any thread, before or while it runs."""
        self._is_stopping = True
        if self._loop is not None and self._stopped is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)

    def __enter__(self) -> Self:
        self.listen()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self.serve()), name="sandbox", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join()
