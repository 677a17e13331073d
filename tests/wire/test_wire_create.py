"""Creates against a server that breaks: one POST that counts, and an honest outcome."""

from __future__ import annotations

import asyncio
import gc
import json
import zlib
from typing import Any

import pytest
from wire.faulty import Faulty, answering, breaking, deaf, dripping, http, saying, silent, wire
from wire.speaker import MODEL, QUICK, REQUEST, SECRET, Waits, client, create, run

from comet_jupyter import errors
from comet_jupyter.wire.exchange import Limits
from comet_jupyter.wire.request import PredictionRequest

CREATED = http(201, wire("create.json"))
ID = "q4chw5rey9rmt0cww76t4h3ma4"


def test_the_documented_answer_becomes_a_state(serve: Any) -> None:
    """The create of the documentation comes back with its id, sent once, in the right shape."""
    service = serve(answering(CREATED))
    state = create(service.url + "/team-a")
    assert (state.id, state.status) == (ID, "starting")
    (sent,) = service.requests
    assert (sent.method, sent.target) == (
        "POST",
        f"/team-a/replicate/v1/models/{MODEL}/predictions",
    )
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert json.loads(sent.body) == {"input": {"prompt": "a paper boat"}}


@pytest.mark.parametrize("prefix", ["/v1", "v1/", ""])
def test_the_prefix_is_a_setting(serve: Any, prefix: str) -> None:
    """Root, prefix and route join with single slashes, whatever the prefix."""
    service = serve(answering(CREATED))
    create(service.url + "/", prefix=prefix)
    expected = f"/{prefix.strip('/')}/models/{MODEL}/predictions".replace("//", "/")
    assert service.requests[0].target == expected


class Body(bytes):
    """Bytes that are counted."""

    alive = 0

    def __new__(cls, data: bytes) -> Body:
        cls.alive += 1
        return super().__new__(cls, data)

    def __del__(self) -> None:
        type(self).alive -= 1


def test_each_post_has_a_body_of_its_own_and_none_is_kept(serve: Any) -> None:
    """A body is made just before its POST, and is gone while a rate limit is sat out."""
    service = serve(answering(http(429, retry_after="2")), answering(CREATED))
    seen: list[tuple[str, int]] = []

    def look(when: str) -> None:
        gc.collect()
        seen.append((when, Body.alive))

    def build() -> bytes:
        body = Body(b'{"input": {"number": %d}}' % len(seen))
        look("made")
        return body

    async def wait(_: float) -> None:
        look("waits")

    run(lambda speaker: speaker.create(REQUEST, body=build), client(service.url, sleep=wait))
    look("over")
    assert seen == [("made", 1), ("waits", 0), ("made", 1), ("over", 0)]
    assert [json.loads(sent.body)["input"]["number"] for sent in service.requests] == [0, 2]


def test_a_body_that_cannot_be_made_is_not_sent(serve: Any) -> None:
    """What the making of a body raises comes out, and no connection is opened."""
    service = serve(answering(CREATED))

    def build() -> bytes:
        raise errors.StoreError("the file is gone")

    with pytest.raises(errors.StoreError, match="is gone"):
        run(lambda speaker: speaker.create(REQUEST, body=build), client(service.url))
    assert service.connections == 0


def test_an_answer_that_is_already_terminal_is_returned(serve: Any) -> None:
    """A create that answers with the finished prediction needs no poll (C12)."""
    state = create(serve(answering(http(200, wire("succeeded.json")))).url)
    assert state.terminal
    assert len(state.outputs) == 1


def test_nothing_listening_is_not_sent_and_tried_three_times() -> None:
    """A refused connection is retried twice, quietly, then called not sent (C1)."""
    with Faulty(silent) as service:
        port = service.port
    waits = Waits()
    error = create(f"http://127.0.0.1:{port}", sleep=waits)
    assert isinstance(error, errors.NotSentError)
    assert isinstance(error, ConnectionError)
    assert "not charged" in str(error)
    assert len(waits) == 2


def test_an_unknown_name_is_not_sent() -> None:
    """A name that does not resolve is not sent (C1)."""

    async def nobody(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    error = create("https://service.example", resolver=nobody)
    assert isinstance(error, errors.NotSentError)


def test_an_untrusted_certificate_is_not_sent(serve: Any) -> None:
    """A TLS failure while connecting is not sent, and the certificate is named (C1)."""
    service = serve(answering(CREATED), tls=True)
    error = create(f"https://service.example:{service.port}", resolver=_here)
    assert isinstance(error, errors.NotSentError)
    assert "certificate" in str(error)
    assert service.requests == []


def test_a_trusted_certificate_is_accepted(serve: Any, trusted: None) -> None:
    """The same server answers once its authority is trusted: the check above is no accident."""
    service = serve(answering(CREATED), tls=True)
    state = create(f"https://service.example:{service.port}", resolver=_here)
    assert state.id == ID


def test_a_certificate_for_another_name_is_not_sent(serve: Any, trusted: None) -> None:
    """A certificate for another host keeps key and prompt here (C1)."""
    service = serve(answering(CREATED), tls=True)
    error = create(f"https://other.example:{service.port}", resolver=_here)
    assert isinstance(error, errors.NotSentError)
    assert service.requests == []


async def _here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_connection_that_never_stands_is_not_sent(serve: Any) -> None:
    """A TLS handshake that is never answered ends as a connect timeout, not sent (C1)."""
    service = serve(silent)
    limits = Limits(connect=0.1, read=5.0, total=5.0)
    error = create(f"https://service.example:{service.port}", resolver=_here, limits=limits)
    assert isinstance(error, errors.NotSentError)
    assert service.connections == 3


@pytest.mark.parametrize("status", [521, 523, 525, 526])
def test_an_edge_that_never_reached_the_service_is_tried_again(serve: Any, status: int) -> None:
    """The edge's own statuses mean that nothing was forwarded: retried, then made."""
    service = serve(answering(http(status)), answering(CREATED))
    assert create(service.url).id == ID
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    "script",
    [
        breaking(b""),
        breaking(b"", reset=False),
        breaking(b"HTTP/1.1 2", reset=False),
        breaking(b"\x16\x03\x01\x00", reset=False),
        breaking(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n", reset=False),
        breaking(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", reset=False),
    ],
)
def test_a_break_after_the_request_is_unknown(serve: Any, script: Any) -> None:
    """Once the request was out, every break is unknown, with exactly one POST (C2)."""
    service = serve(script)
    error = create(service.url)
    assert isinstance(error, errors.UnknownOutcomeError)
    assert "charged" in str(error)
    assert len(service.requests) == 1


def test_a_silent_service_is_unknown(serve: Any) -> None:
    """A read timeout after the request is unknown, with exactly one POST (C2)."""
    service = serve(silent)
    error = create(service.url, limits=Limits(connect=5.0, read=0.1, total=5.0))
    assert isinstance(error, errors.UnknownOutcomeError)
    assert len(service.requests) == 1


def test_a_create_never_reuses_a_connection(serve: Any) -> None:
    """Two creates open two connections, though the server would keep the first (C3)."""
    service = serve(answering(CREATED))

    async def twice(speaker: Any) -> None:
        await speaker.create(REQUEST)
        await speaker.create(REQUEST)

    run(twice, client(service.url))
    assert service.connections == 2


@pytest.mark.parametrize("cut", [45, 200, 700])
@pytest.mark.parametrize("reset", [True, False])
def test_the_id_survives_a_broken_answer(serve: Any, cut: int, reset: bool) -> None:
    """An id that had arrived is kept when the rest of the answer did not (C4)."""
    service = serve(breaking(CREATED[: CREATED.index(b"{") + cut], reset=reset))
    assert create(service.url).id == ID
    assert len(service.requests) == 1


def test_the_id_survives_an_answer_that_never_ends(serve: Any) -> None:
    """An id is kept when the deadline ends an answer that drips (C4, C9)."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + wire("create.json")
    service = serve(dripping(head))
    assert create(service.url, limits=Limits(total=0.3)).id == ID


def test_half_an_id_is_no_id(serve: Any) -> None:
    """An id that broke off in the middle is not taken for one (C4)."""
    service = serve(breaking(CREATED[: CREATED.index(b"{") + 20], reset=False))
    assert isinstance(create(service.url), errors.UnknownOutcomeError)


PAGE = (
    b"<!doctype html><title>Dash</title><script>var key=1</script><p>Welcome &lt;back&gt;"
    + b"<b>x</b> " * 500
)


@pytest.mark.parametrize("status", [200, 500, 502, 503, 504, 520, 524])
def test_a_page_instead_of_an_answer_is_unknown(serve: Any, status: int) -> None:
    """HTML with 200 or 5xx is unknown, and at most 200 characters of it are quoted (C5)."""
    service = serve(answering(http(status, PAGE, content_type="text/html")))
    error = create(service.url)
    assert isinstance(error, errors.UnknownOutcomeError)
    assert error.status_code == status
    assert "Welcome" in str(error)
    assert "<" not in str(error)
    assert "var key" not in str(error)
    assert len(str(error)) < 600
    assert len(service.requests) == 1


LIMITED = {"detail": "Request was throttled. Your rate limit resets in ~30s.", "status": 429}


@pytest.mark.parametrize(
    ("script", "seconds"),
    [
        (answering(http(429, retry_after="7"), CREATED), 7),
        (answering(http(429, retry_after="Thu, 01 Jan 1970 00:00:41 GMT"), CREATED), 31),
        (saying(429, {**LIMITED, "retry_after": 5}), 5),
        (saying(429, LIMITED), 30),
        (answering(http(429)), 5),
        (answering(http(429, retry_after="inf")), 5),
        (answering(http(429, retry_after="nan")), 5),
        (answering(http(429, retry_after="-5")), 1),
        (answering(http(429, retry_after="Thu, 01 Jan 1970 00:00:00 GMT")), 1),
    ],
)
def test_a_rate_limit_is_sat_out(serve: Any, script: Any, seconds: float) -> None:
    """Every spelling of a wait is obeyed, with a countdown, and then it is made (C6)."""
    service = serve(script, answering(CREATED))
    told: list[float] = []
    speaker = client(service.url, now=lambda: 10.0)
    state = run(lambda s: s.create(REQUEST, on_wait=lambda wait, _: told.append(wait)), speaker)
    assert state.id == ID
    assert told == [seconds]


def test_a_rate_limit_is_sat_out_twice_at_most(serve: Any) -> None:
    """A third 429 ends it: not charged (C6)."""
    service = serve(answering(http(429, retry_after="2")))
    waits = Waits()
    error = create(service.url, sleep=waits)
    assert isinstance(error, errors.RateLimitError)
    assert waits == [2, 2]
    assert len(service.requests) == 3


def test_a_long_rate_limit_ends_it_and_says_until_when(serve: Any) -> None:
    """A wait of a year is not begun; the error names the date (C6)."""
    service = serve(answering(http(429, retry_after="31536000")))
    waits = Waits()
    error = create(service.url, sleep=waits, now=lambda: 1_000_000_000.0)
    assert isinstance(error, errors.RateLimitError)
    assert "until 2002-09-0" in str(error)
    assert waits == []
    assert len(service.requests) == 1


def _vendor(message: str, code: str = "") -> dict[str, Any]:
    text = f"{message} (request id: 2025abc)"
    return {"error": {"message": text, "type": "comet_api_error", "param": "", "code": code}}


FIELD = {
    "title": "Input validation failed",
    "detail": "- input.output_format: must be one of jpg, png",
    "status": 422,
    "invalid_fields": [
        {"type": "enum", "field": "input.output_format", "description": "must be jpg or png"}
    ],
}


@pytest.mark.parametrize(
    ("status", "said", "kind", "words"),
    [
        (400, _vendor("bad body"), errors.InvalidInputError, "bad body"),
        (401, _vendor("invalid token"), errors.AuthenticationError, "%comet login"),
        (402, {"detail": "no money"}, errors.QuotaError, "Top up"),
        (403, _vendor("quota", "insufficient_user_quota"), errors.QuotaError, "Top up"),
        (404, {"detail": "not found"}, errors.ModelNotFoundError, MODEL),
        (413, {"detail": "large"}, errors.InvalidInputError, "too large"),
        (422, FIELD, errors.InvalidInputError, "output_format (422): must be jpg or png"),
        (500, _vendor("bad", "invalid_request"), errors.InvalidInputError, "bad"),
        (503, _vendor("no channel", "model_not_found"), errors.ModelNotFoundError, MODEL),
        (503, _vendor("no available channel for model x"), errors.ModelNotFoundError, MODEL),
        (418, {"error": "a teapot"}, errors.ServiceError, "a teapot"),
    ],
)
def test_a_refusal_is_final(
    serve: Any, status: int, said: Any, kind: type[errors.ServiceError], words: str
) -> None:
    """Refusals end at once, with cause, remedy, status and request id (C7)."""
    service = serve(saying(status, said))
    error = create(service.url)
    assert type(error) is kind
    assert words in str(error)
    assert "\n" not in str(error)
    assert error.remedy
    assert error.status_code == status
    assert error.request_id == ("2025abc" if "request id" in json.dumps(said) else None)
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 522, 524])
def test_other_server_errors_are_unknown(serve: Any, status: int) -> None:
    """A 5xx with JSON is unknown, whatever it says, and never sent again."""
    service = serve(saying(status, _vendor("overloaded, please retry")))
    error = create(service.url)
    assert isinstance(error, errors.UnknownOutcomeError)
    assert error.request_id == "2025abc"
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve: Any, status: int) -> None:
    """A redirect, here or elsewhere, is a wrong address: nothing goes there (C8)."""
    other = serve(answering(CREATED))
    service = serve(answering(http(status, location=f"{other.url}/x"), CREATED))
    error = create(service.url)
    assert isinstance(error, errors.WrongAddressError)
    assert "127.0.0.1" in str(error)
    assert len(service.requests) == 1
    assert other.connections == 0


def test_a_redirect_without_a_place_is_a_wrong_address(serve: Any) -> None:
    """A malformed Location is no reason to fail in another way (C8)."""
    error = create(serve(answering(http(301, location="http://[::1"))).url)
    assert isinstance(error, errors.WrongAddressError)


def test_one_byte_now_and_then_ends_at_the_deadline(serve: Any) -> None:
    """An answer that drips for ever ends at the overall deadline, as unknown (C9)."""
    service = serve(dripping(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"))
    error = create(service.url, limits=Limits(total=0.3))
    assert isinstance(error, errors.UnknownOutcomeError)
    assert service.is_cut_off.wait(5)


def test_dripping_headers_end_at_the_deadline(serve: Any) -> None:
    """Headers that drip for ever end there too (C9)."""
    service = serve(dripping(b"HTTP/1.1 200 OK\r\nx-slow: "))
    assert isinstance(create(service.url, limits=Limits(total=0.3)), errors.UnknownOutcomeError)
    assert service.is_cut_off.wait(5)


@pytest.mark.parametrize("wbits", [31, 15, -15])
def test_a_compressed_bomb_stops_at_the_limit(serve: Any, wbits: int) -> None:
    """Compression that nobody asked for is undone only up to the limit (C9)."""
    squeeze = zlib.compressobj(wbits=wbits)
    bomb = squeeze.compress(b" " * 50_000_000) + squeeze.flush()
    name = "gzip" if wbits == 31 else "deflate"
    service = serve(answering(http(200, bomb, content_encoding=name)))
    error = create(service.url, limits=Limits(body=100_000))
    assert isinstance(error, errors.UnknownOutcomeError)
    assert "100,000 bytes" in str(error)


@pytest.mark.parametrize("wbits", [31, 15, -15])
def test_compression_that_nobody_asked_for_is_understood(serve: Any, wbits: int) -> None:
    """A small compressed answer is read as it was meant: the bomb's check is no accident."""
    squeeze = zlib.compressobj(wbits=wbits)
    body = squeeze.compress(wire("create.json")) + squeeze.flush()
    name = "gzip" if wbits == 31 else "deflate"
    assert create(serve(answering(http(200, body, content_encoding=name))).url).id == ID


@pytest.mark.parametrize("name", ["br", "zstd", "gzip, gzip"])
def test_other_compression_is_unknown(serve: Any, name: str) -> None:
    """A compression that we cannot bound is not undone (C9)."""
    service = serve(answering(http(200, b"x", content_encoding=name)))
    assert isinstance(create(service.url), errors.UnknownOutcomeError)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 100_000,
        b'{"id": "\\ud800", "status": "starting", "output": NaN}',
        b"",
        b"null",
        b"\xff\xfe\x00",
    ],
)
def test_absurd_json_is_unknown(serve: Any, body: bytes) -> None:
    """JSON that is absurd ends as the typed error, whatever the interpreter (C10)."""
    service = serve(answering(http(200, body)))
    assert isinstance(create(service.url), errors.UnknownOutcomeError)


@pytest.mark.parametrize("identity", [None, 12, "", "../../x", "a b", "x" * 10_000, ["a"], "é"])
def test_an_unusable_id_is_unknown(serve: Any, identity: Any) -> None:
    """A 2xx whose id cannot be believed is unknown (C11)."""
    said = {**json.loads(wire("create.json")), "id": identity}
    service = serve(saying(200, said))
    assert isinstance(create(service.url), errors.UnknownOutcomeError)
    del said["id"]
    assert isinstance(create(serve(saying(200, said)).url), errors.UnknownOutcomeError)


@pytest.mark.parametrize(
    "model",
    ["a/..", "a/b?c", "a/b#c", "a/b\r\nx", "\u0430/b", "a/b/c", "../b", "a//b", "a/b%2e"],
)
def test_a_malformed_model_never_opens_a_socket(serve: Any, model: str) -> None:
    """A model name that could change the path is refused before any connection (C14)."""
    service = serve(answering(CREATED))
    with pytest.raises(errors.InputError):
        run(lambda s: s.create(PredictionRequest(model, {})), client(service.url))
    assert service.connections == 0


@pytest.mark.parametrize(
    "root",
    ["http://example.com", "ftp://example.com", "https://u:p@example.com", "example.com", ""],
)
def test_a_root_that_would_show_the_key_is_refused(root: str) -> None:
    """Plain http beyond this machine, and malformed roots, make no client."""
    with pytest.raises(errors.SettingsError) as caught:
        client(root)
    assert "u:p" not in str(caught.value)


def test_a_cancelled_create_ends_and_is_sent_once(serve: Any) -> None:
    """Cancelling the task ends the request, closes the socket and sends nothing more."""
    service = serve(silent)

    async def stop(speaker: Any) -> None:
        task = asyncio.ensure_future(speaker.create(REQUEST))
        await service.arrival()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(stop, client(service.url, limits=QUICK))
    assert len(service.requests) == 1


def test_at_most_six_creates_are_under_way(serve: Any) -> None:
    """Thirty creates at once use at most six sockets, and all are made."""
    service = serve(answering(CREATED))

    async def many(speaker: Any) -> list[Any]:
        return await asyncio.gather(*(speaker.create(REQUEST) for _ in range(30)))

    states = run(many, client(service.url))
    assert {state.id for state in states} == {ID}
    assert len(service.requests) == 30
    assert 1 < service.most_open <= 6


def test_a_deaf_server_is_never_called_made(serve: Any) -> None:
    """A server that resets before it reads is reported as a failure with a typed error."""
    error = create(serve(deaf).url)
    assert isinstance(error, (errors.UnknownOutcomeError, errors.NotSentError))
