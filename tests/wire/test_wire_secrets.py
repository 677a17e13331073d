"""The key is in what the service receives, and nowhere else."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import traceback
from typing import Any

import pytest
from wire.faulty import Faulty, answering, breaking, deaf, http, saying, silent, wire
from wire.speaker import REQUEST, SECRET, client, run

from comet_jupyter.errors import CometError
from comet_jupyter.wire.exchange import Limits

ECHO = f"you sent Bearer {SECRET} here"
PAGE = f"<html><title>{ECHO}</title><p>{ECHO}</p></html>".encode()


def shown(error: BaseException) -> str:
    """All that any traceback of the error can show: every frame with its locals, and the chain."""
    formatted = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(formatted.format()) + repr(error) + str(vars(error))


def caught(work: Any, root: str, **settings: Any) -> BaseException:
    """What `work` raises."""
    try:
        run(work, client(root, **settings))
    except (CometError, asyncio.CancelledError) as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.fixture
def log() -> Any:
    """Everything that any library logs at DEBUG."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


TROUBLES = [
    breaking(b""),
    breaking(f"HTTP/1.1 200 {SECRET}\r\nx: {SECRET}\r\n\r\n".encode(), reset=False),
    breaking(f"GARBAGE {SECRET}\r\n\r\n".encode(), reset=False),
    breaking(http(200, PAGE)[:-20], reset=False),
    answering(http(200, PAGE, content_type="text/html")),
    answering(http(502, PAGE, content_type="text/html")),
    answering(http(404, PAGE, content_type="text/html")),
    answering(http(302, location=f"https://{SECRET}.example/{SECRET}")),
    answering(http(429, json.dumps({"detail": ECHO}).encode(), retry_after="999")),
    *(
        saying(status, {"error": {"message": ECHO, "code": SECRET}}, x_request_id=SECRET)
        for status in (400, 401, 403, 413, 418, 500, 503)
    ),
    saying(422, {"invalid_fields": [{"field": SECRET, "description": ECHO}] * 2}),
    saying(200, {"id": SECRET + "/", "status": ECHO, "output": None}),
    answering(http(200, b'{"id": "' + SECRET.encode())),
    silent,
    deaf,
]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_error_shows_the_key(serve: Any, log: io.StringIO, trouble: Any) -> None:
    """Message, repr, traceback with locals and logs of a failed create are free of it."""
    service = serve(trouble)
    limits = Limits(connect=2.0, read=0.1, total=2.0)
    error = caught(lambda speaker: speaker.create(REQUEST), service.url, limits=limits)
    assert SECRET not in shown(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert "h11" not in shown(error)
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_answer_shows_the_key(serve: Any, log: io.StringIO, trouble: Any) -> None:
    """The same for a question, whose trouble comes back as data."""
    limits = Limits(connect=2.0, read=0.1, total=2.0)
    answer = run(lambda speaker: speaker.query("abc"), client(serve(trouble).url, limits=limits))
    assert SECRET not in repr(answer)
    assert answer.error is None or SECRET not in shown(answer.error)
    assert SECRET not in log.getvalue()


def test_a_refused_connection_shows_nothing(log: io.StringIO) -> None:
    """An error of the connection itself is free of the key too."""
    with Faulty(silent) as service:
        root = service.url
    error = caught(lambda speaker: speaker.create(REQUEST), root)
    assert SECRET not in shown(error) + log.getvalue()


def test_a_cancelled_create_shows_nothing(serve: Any) -> None:
    """The traceback of a cancellation does not lead through frames that saw a header."""
    service = serve(silent)

    async def stopped(speaker: Any) -> None:
        task = asyncio.ensure_future(speaker.create(REQUEST))
        await service.arrival()
        task.cancel()
        await task

    assert SECRET not in shown(caught(stopped, service.url))


def test_an_echo_is_redacted_in_every_field(serve: Any) -> None:
    """A service that repeats the key in every field of a prediction does not get it kept."""
    fields = json.loads(wire("succeeded.json"))
    hidden = f"s\x1b[0mk{SECRET[2:]}"
    said = {
        **dict.fromkeys(("model", "version", "source", "error", "status", "logs"), ECHO),
        "id": fields["id"],
        "output": [f"https://x.example/{SECRET}.png", {SECRET: ECHO}],
        "metrics": {SECRET: ECHO, "deep": [[ECHO]]},
        "input": {"prompt": ECHO, "hidden": hidden},
        SECRET: ECHO,
    }
    service = serve(saying(200, said))
    answer = run(lambda speaker: speaker.query(fields["id"]), client(service.url))
    assert answer.kind == "state"
    assert SECRET not in repr(answer)
    assert "[key removed]" in repr(answer)
    assert SECRET not in json.dumps(answer.state.logs)


def test_the_client_shows_nothing(serve: Any) -> None:
    """Neither repr nor attributes of a working client, one level down, hold the key."""
    service = serve(silent)

    async def look(speaker: Any) -> str:
        task = asyncio.ensure_future(speaker.query("abc"))
        await service.arrival()
        seen = repr(speaker) + repr(vars(speaker))
        for value in vars(speaker).values():
            seen += repr(value) + repr(getattr(value, "__dict__", ""))
        task.cancel()
        await asyncio.wait({task})
        return seen

    seen = run(look, client(service.url))
    assert SECRET not in seen
    assert "SeenKey(configured)" in seen


def test_the_check_goes_red() -> None:
    """The same look at a careless client's error finds the key: the zeros above mean something."""

    def careless(headers: dict[str, str]) -> None:
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed") as caught_error:
        careless({"Authorization": f"Bearer {SECRET}"})
    assert SECRET in shown(caught_error.value)


def test_the_key_goes_only_where_it_is_meant(serve: Any) -> None:
    """With redirects, polls and cancels, no other server gets a byte."""
    other = serve(answering(http(200)))
    urls = {"get": f"{other.url}/get", "cancel": f"{other.url}/cancel"}
    state = {"id": "abc", "status": "starting", "output": None, "urls": urls}
    service = serve(
        answering(http(200, json.dumps(state).encode())),
        answering(http(200, json.dumps(state).encode()), http(302, location=other.url)),
    )

    async def all_of_it(speaker: Any) -> None:
        made = await speaker.create(REQUEST)
        await speaker.query(made.id)
        await speaker.cancel(made.id)

    run(all_of_it, client(service.url))
    assert len(service.requests) == 3
    assert all(SECRET.encode() in request.raw for request in service.requests)
    assert other.connections == 0
