"""A predictions service that shares no line with the package, its sandbox or its wire code.

It plays what the real service may do and the sandbox does not: answers in an envelope, one
string as output, other spellings of the statuses, 201, no timestamps. It finishes a prediction
after a number of questions instead of after a time, records every request, and breaks on
demand. Standard library only.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from .environment import KEY
from .png import png

HTML = b"<!doctype html><title>Dashboard</title><p>Welcome back.</p>"


@dataclass(frozen=True)
class Received:
    """One request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Fault:
    """What happens to a request instead of, or before, its answer.

    Attributes
    ----------
    status : int
        Answered with `headers` and `body`; 0 for the usual answer.
    drop : bool
        The connection closes without an answer, after the request was read.
    after_effect : bool
        The request takes effect first: a dropped create has made its prediction.
    hold : threading.Event or None
        The answer waits for this event.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drop: bool = False
    after_effect: bool = True
    hold: threading.Event | None = None


@dataclass
class _Prediction:
    id: str
    model: str
    input: dict[str, Any]
    questions: int = 0


class ForeignService:
    """The service on a loopback port; ``with`` starts and ends it.

    Parameters
    ----------
    enveloped : bool
        ``{"code": "success", "data": {..., "data": {the prediction}}}`` instead of flat.
    string_output : bool
        One URL as output instead of a list.
    questions : int
        The question (GET) that finds the prediction finished.
    failure : str
        Every prediction fails with this text.

    Attributes
    ----------
    catalogue : (status, content type, body)
        What the public catalogue answers.
    """

    def __init__(
        self,
        *,
        enveloped: bool = False,
        string_output: bool = False,
        questions: int = 2,
        failure: str = "",
    ) -> None:
        self.enveloped = enveloped
        self.string_output = string_output
        self.questions = questions
        self.failure = failure
        self.catalogue = _json(200, _CATALOGUE)
        self.key = KEY
        self.requests: list[Received] = []
        self.predictions: dict[str, _Prediction] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._changed = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """The root address, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def creates(self) -> list[Received]:
        """Every create that came in, also those that were answered with a fault."""
        return [r for r in self.requests if r.method == "POST" and r.path.endswith("/predictions")]

    def __enter__(self) -> ForeignService:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()

    def break_next(self, kind: str, *faults: Fault) -> None:
        """Queues faults for requests: ``POST`` a create, ``GET`` a state, ``FILE``, ``MODELS``."""
        self._faults[kind].extend(faults)

    def wait_for_requests(self, number: int, timeout: float = 30.0) -> None:
        """Returns as soon as that many requests have come in."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= number, timeout):
                raise TimeoutError(f"{len(self.requests)} of {number} requests in {timeout} s")

    def picture(self, prediction_id: str) -> bytes:
        """The PNG file this prediction results in: its colour follows from the input."""
        made_of = json.dumps(self.predictions[prediction_id].input, sort_keys=True).encode()
        red, green, blue, _ = zlib.crc32(made_of).to_bytes(4, "big")
        return png(96, 64, (red, green, blue))

    # What the handler asks for.

    def receive(self, request: Received) -> None:
        """Takes a request down, whatever becomes of it."""
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    def next_fault(self, request: Received) -> Fault | None:
        """The fault that waits for a request of this kind."""
        kind = "FILE" if request.path.startswith("/files/") else request.method
        if urlsplit(request.path).path.endswith("/api/models"):  # asked now and then, in between
            kind = "MODELS"
        faults = self._faults[kind]
        return faults.popleft() if faults else None

    def answer(self, request: Received) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        parts = [unquote(part) for part in urlsplit(request.path).path.strip("/").split("/")]
        match (request.method, *parts):
            case ("GET", "files", name) if name.removesuffix(".png") in self.predictions:
                return 200, "application/octet-stream", self.picture(name.removesuffix(".png"))
            case ("GET", "api", "models"):
                return self.catalogue
            case (_, "replicate", *_) if (
                request.headers.get("authorization") != f"Bearer {self.key}"
            ):
                return _json(401, _UNAUTHORIZED)
            case ("POST", "replicate", "v1", "models", owner, name, "predictions"):
                return _json(201, self._wrap(self._create(f"{owner}/{name}", request.json)))
            case ("GET", "replicate", "v1", "predictions", id) if id in self.predictions:
                return _json(200, self._wrap(self._state(self.predictions[id])))
        return 200, "text/html; charset=utf-8", HTML

    def _create(self, model: str, body: dict[str, Any]) -> dict[str, Any]:
        with self._changed:
            id = f"foreign{len(self.predictions):019d}"
            made = self.predictions[id] = _Prediction(id, model, body["input"])
        return {"id": made.id, "model": made.model, "status": "SUBMITTED", "input": made.input}

    def _state(self, prediction: _Prediction) -> dict[str, Any]:
        prediction.questions += 1
        state: dict[str, Any] = {
            "id": prediction.id,
            "model": prediction.model,
            "input": prediction.input,
            "status": "IN_PROGRESS",
            "output": None,
            "logs": f"Using seed: 7\n{prediction.questions}it [00:00, 9.99it/s]",
        }
        if prediction.questions < self.questions:
            return state
        if self.failure:
            return {**state, "status": "FAILURE", "error": self.failure}
        url = f"{self.url}/files/{prediction.id}.png"
        output = url if self.string_output else [url]
        return {**state, "status": "SUCCESS", "output": output, "metrics": {"predict_time": 0.5}}

    def _wrap(self, prediction: dict[str, Any]) -> dict[str, Any]:
        if not self.enveloped:
            return prediction
        inner = {"status": prediction["status"], "fail_reason": "", "data": prediction}
        return {"code": "success", "message": "", "data": inner}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        service = self.server.service
        length = int(self.headers.get("content-length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.command, self.path, headers, self.rfile.read(length))
        service.receive(request)
        fault = service.next_fault(request)
        if fault is None:
            self._send(*service.answer(request))
            return
        answer = service.answer(request) if fault.after_effect and not fault.status else None
        if fault.hold is not None:
            fault.hold.wait(60)
        if fault.drop:
            self.close_connection = True
        elif fault.status:
            self._send(fault.status, "", fault.body, fault.headers)
        else:
            self._send(*(answer or service.answer(request)))

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing: the requests are kept in the service."""

    def _send(
        self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, service: ForeignService) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service
        self._open: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """Ends the connections that clients keep open: their threads read until then."""
        for connection in list(self._open):
            self.shutdown_request(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that goes away is what many tests are about."""


def _json(status: int, value: Any) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(value).encode()


_UNAUTHORIZED = {
    "error": {
        "message": "invalid token (request id: 20260312foreign)",
        "type": "comet_api_error",
        "param": "",
        "code": "",
    }
}
_CATALOGUE = {
    "success": True,
    "total": 1,
    "data": [
        {
            "id": "black-forest-labs/flux-schnell",
            "code": "flux-schnell",
            "provider": "black-forest-labs",
            "name": "FLUX.1 schnell",
            "model_type": "image",
            "features": ["text-to-image"],
            "pricing": {"currency": "USD", "per_request": 0.003},
            "endpoints": '{"replicate": {"path": "/replicate/v1/models"}}',
            "api_doc_url": "",
            "upcoming": False,
        }
    ],
}
