"""The service that kernels are killed under: a process of its own that tells what it was asked.

Speaks the predictions contract and shares no line with the package. Every answer takes a small
random time, so that a kill meets a create, a question or a download on its way. Knows nothing of
kernels but the key that each of them comes with. ``python -m support.kills.service SEED``.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ..png import png

PAGE = b"<!doctype html><title>Dashboard</title><p>Welcome back.</p>"

ANSWER_TIMES = {"create": 0.05, "question": 0.03, "file": 0.03}
"""Seconds that an answer takes at most."""

RUN_TIME = 0.15
"""Seconds that a prediction takes at most."""


@dataclass
class Asked:
    """One request; the moments are seconds of the machine's monotonic clock.

    Attributes
    ----------
    what : str
        ``create``, ``question`` or ``file``.
    who : str
        The key it came with; empty for files.
    answered : float or None
        When the answer had been written, whether anybody read it or not.
    """

    what: str
    id: str
    who: str
    received: float
    answered: float | None = None


@dataclass(frozen=True)
class Made:
    """A prediction, which somebody has paid for."""

    id: str
    model: str
    input: dict[str, Any]
    begun: datetime
    run_time: float
    picture: bytes = field(repr=False)

    def state(self, root: str, *, ended: bool) -> dict[str, Any]:
        """What it is by now, as the service tells it."""
        told: dict[str, Any] = {
            "id": self.id,
            "model": self.model,
            "input": self.input,
            "status": "processing",
            "output": None,
            "error": None,
            "logs": "Using seed: 7\n",
            "data_removed": False,
            "created_at": self.begun.isoformat(),
            "started_at": self.begun.isoformat(),
        }
        if not ended:
            return told
        return {
            **told,
            "status": "succeeded",
            "output": [f"{root}/files/{self.id}.png"],
            "completed_at": (self.begun + timedelta(seconds=self.run_time)).isoformat(),
            "metrics": {"predict_time": self.run_time},
        }


class Service:
    """All that was asked and made since the start.

    Parameters
    ----------
    seed : int
        Of the times that answers and runs take.

    Attributes
    ----------
    answers : threading.Event
        No create is answered while it is not set.
    ends : threading.Event
        No prediction ends while it is not set.
    """

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._lock = threading.Lock()
        self.answers, self.ends = threading.Event(), threading.Event()
        self.answers.set()
        self.ends.set()
        self.asked: list[Asked] = []
        self.made: dict[str, Made] = {}

    def create(self, model: str, given: dict[str, Any]) -> Made:
        """Makes a prediction, before it is answered and whether that succeeds or not."""
        with self._lock:
            number = len(self.made)
            colour = (number >> 16 & 255, number >> 8 & 255, number & 255)
            id = f"killed{number:020d}"
            run_time = self._draw.uniform(0, RUN_TIME)
            begun = datetime.now(timezone.utc)
            made = Made(id, model, given, begun, run_time, png(96, 64, colour))
            self.made[id] = made
            return made

    def take_time(self, what: str, id: str, who: str) -> Asked:
        """Notes a request down, and returns when its answer is due."""
        with self._lock:
            asked = Asked(what, id, who, time.monotonic())
            self.asked.append(asked)
            seconds = self._draw.uniform(0, ANSWER_TIMES[what])
        time.sleep(seconds)
        if what == "create":
            self.answers.wait()
        return asked

    def state(self, id: str, root: str) -> dict[str, Any]:
        """What a prediction is by now."""
        made = self.made[id]
        age = datetime.now(timezone.utc) - made.begun
        return made.state(root, ended=self.ends.is_set() and age.total_seconds() > made.run_time)

    def log(self) -> dict[str, Any]:
        """What was asked, and what was made with the sha256 of its picture."""
        with self._lock:
            made = [
                {
                    "id": one.id,
                    "prompt": one.input["prompt"],
                    "sha256": hashlib.sha256(one.picture).hexdigest(),
                }
                for one in self.made.values()
            ]
            return {"asked": [asdict(one) for one in self.asked], "made": made}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: else the body waits for the head's receipt
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        route = re.fullmatch(r"/replicate/v1/models/(\w[\w.-]*/\w[\w.-]*)/predictions", self.path)
        if route is None:
            self._send("text/html", PAGE)
            return
        made = self.server.service.create(route[1], json.loads(body)["input"])
        asked = self.server.service.take_time("create", made.id, self._who)
        self._send_json({**made.state("", ended=False), "status": "starting"}, asked, 201)

    def do_GET(self) -> None:
        service = self.server.service
        match self.path.strip("/").split("/"):
            case ["replicate", "v1", "predictions", id] if id in service.made:
                asked = service.take_time("question", id, self._who)
                self._send_json(service.state(id, f"http://{self.headers['host']}"), asked)
            case ["files", name] if (id := name.removesuffix(".png")) in service.made:
                asked = service.take_time("file", id, "")
                self._send("image/png", service.made[id].picture, asked)
            case ["log"]:
                self._send_json(service.log())
            case ["hold", "answers" | "ends" as what]:
                getattr(service, what).clear()
                self._send_json({})
            case ["release", "answers" | "ends" as what]:
                getattr(service, what).set()
                self._send_json({})
            case _:
                self._send("text/html", PAGE)

    def log_message(self, *_: object) -> None:
        """Nothing: the service keeps what it was asked."""

    @property
    def _who(self) -> str:
        return str(self.headers.get("authorization", "")).removeprefix("Bearer ")

    def _send_json(self, value: object, asked: Asked | None = None, status: int = 200) -> None:
        self._send("application/json", json.dumps(value).encode(), asked, status)

    def _send(self, kind: str, body: bytes, asked: Asked | None = None, status: int = 200) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
        finally:
            if asked is not None:
                asked.answered = time.monotonic()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: Service) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients that go away in the middle are what this is for."""


def main() -> None:
    """Serves until the process is ended."""
    server = _Server(Service(int(sys.argv[1])))
    print(f"service on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
