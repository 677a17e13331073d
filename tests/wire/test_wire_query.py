"""Questions, cancels and the reach of a service, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import socket
import sys
import threading
from typing import Any

import pytest
from wire.faulty import answering, breaking, http, saying, silent, wire
from wire.speaker import SECRET, client, query, run

from comet_jupyter import errors
from comet_jupyter.wire.client import CANCEL_SOCKETS, CREATE_SOCKETS, QUERY_SOCKETS
from comet_jupyter.wire.download import SOCKETS
from comet_jupyter.wire.exchange import Exchanges, Limits, Request
from comet_jupyter.wire.origin import Origin
from comet_jupyter.wire.reply import Reply

ID = "t2s7f615pdrm40ck09v88sm224"
DONE = http(200, wire("succeeded.json"))


def test_a_question_is_one_get_at_our_own_address(serve: Any) -> None:
    """The address is built from root, prefix and id; the key travels there alone (P13)."""
    service = serve(answering(DONE))
    answer = query(service.url + "/team-a", ID)
    assert answer.kind == "state"
    assert answer.state.outputs[0].startswith("https://replicate.delivery/")
    (sent,) = service.requests
    assert (sent.method, sent.target) == ("GET", f"/team-a/replicate/v1/predictions/{ID}")
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert sent.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("id", ["", "../x", "a b", "a/b", "x" * 201, "a?b", "ä", "a\n"])
def test_a_malformed_id_never_reaches_a_path(serve: Any, id: str) -> None:
    """What is no id is refused before a socket opens (C11)."""
    service = serve(answering(DONE))
    assert isinstance(query(service.url, id), errors.InputError)
    assert service.connections == 0


def test_questions_share_a_kept_connection(serve: Any) -> None:
    """Ten questions one after the other need one connection."""
    service = serve(answering(DONE))

    async def ten(speaker: Any) -> None:
        for _ in range(10):
            assert (await speaker.query(ID)).kind == "state"

    run(ten, client(service.url))
    assert service.connections == 1
    assert len(service.requests) == 10


def test_a_connection_that_the_server_closed_is_replaced(serve: Any) -> None:
    """A kept connection that has ended meanwhile is not used for the next question."""

    async def once(peer: Any) -> None:
        await peer.request()
        await peer.send(DONE)

    service = serve(once)

    async def two(speaker: Any) -> list[str]:
        return [(await speaker.query(ID)).kind for _ in range(2)]

    assert run(two, client(service.url)) == ["state", "state"]
    assert service.connections == 2


def test_a_kept_connection_that_ends_as_it_is_used_is_no_trouble(serve: Any) -> None:
    """A connection that closes under a question is replaced at once."""

    async def stale(peer: Any) -> None:
        await peer.request()
        await peer.send(DONE)
        await peer.request()

    service = serve(stale)

    async def two(speaker: Any) -> list[Any]:
        first, second = await speaker.query(ID), await speaker.query(ID)
        return [first.kind, second.kind]

    assert run(two, client(service.url)) == ["state", "state"]
    assert [request.method for request in service.requests] == ["GET", "GET", "GET"]


def test_a_cancel_that_is_cut_off_is_not_repeated(serve: Any) -> None:
    """It has an effect, unlike a question, and a connection of its own each time."""

    async def cut_off(peer: Any) -> None:
        await peer.request()

    service = serve(cut_off)

    async def two(speaker: Any) -> list[Any]:
        return [await speaker.cancel(ID) for _ in range(2)]

    assert run(two, client(service.url)) == [None, None]
    assert [request.method for request in service.requests] == ["POST", "POST"]
    assert service.connections == 2


def test_a_cancel_does_not_wait_behind_questions(serve: Any) -> None:
    """While the service holds thirty questions, cancels still go out, over few sockets."""
    all_held = threading.Event()

    async def holding(peer: Any) -> None:
        while (request := await peer.request()) is not None:
            if request.method == "GET":
                if len(service.requests) == QUERY_SOCKETS:
                    all_held.set()
                await peer.gone()
                return
            await peer.send(http(200, json.dumps({"id": ID, "status": "canceled"}).encode()))

    service = serve(holding)

    async def held(speaker: Any) -> list[Any]:
        questions = [asyncio.ensure_future(speaker.query(ID)) for _ in range(30)]
        assert await asyncio.to_thread(all_held.wait, 10)
        try:
            states = await asyncio.gather(*(speaker.cancel(ID) for _ in range(12)))
            assert not any(question.done() for question in questions)
            return states
        finally:
            for question in questions:
                question.cancel()
            await asyncio.gather(*questions, return_exceptions=True)

    states = run(held, client(service.url, limits=Limits(connect=10.0, read=10.0, total=10.0)))
    assert [state.status for state in states] == ["canceled"] * 12
    assert service.most_open <= QUERY_SOCKETS + CANCEL_SOCKETS


def test_all_lanes_together_have_32_sockets() -> None:
    """Creates, questions, cancels, downloads with idle ones, and the catalogue."""
    downloads = SOCKETS + (SOCKETS + 1) // 2
    assert CREATE_SOCKETS + QUERY_SOCKETS + CANCEL_SOCKETS + downloads + 1 <= 32


def test_bytes_that_nobody_asked_for_are_no_news(serve: Any) -> None:
    """A second answer behind the first, about another prediction, is not believed (P2)."""
    other = http(200, json.dumps({"id": "another", "status": "failed"}).encode())
    service = serve(answering(DONE + other), answering(DONE))

    async def two(speaker: Any) -> list[str]:
        return [(await speaker.query(ID)).kind for _ in range(2)]

    assert run(two, client(service.url)) == ["state", "again"]


@pytest.mark.parametrize(
    "script",
    [breaking(b""), breaking(b"", reset=False), breaking(DONE[:300], reset=False), silent],
)
def test_a_broken_question_is_asked_again_later(serve: Any, script: Any) -> None:
    """Resets, truncation and silence say nothing about the prediction (P12)."""
    answer = query(serve(script).url, ID, limits=Limits(read=0.1, total=2.0))
    assert answer.kind == "again"
    assert isinstance(answer.error, errors.ServiceError)


def test_an_answer_about_another_prediction_is_ignored(serve: Any) -> None:
    """An answer with another id is no news (P2)."""
    assert query(serve(answering(DONE)).url, "another").kind == "again"


def test_at_most_twenty_questions_are_under_way(serve: Any) -> None:
    """A hundred questions at once use at most twenty sockets, and all are answered."""
    service = serve(answering(DONE))

    async def many(speaker: Any) -> Any:
        return await asyncio.gather(*(speaker.query(ID) for _ in range(100)))

    assert {answer.kind for answer in run(many, client(service.url))} == {"state"}
    assert 1 < service.most_open <= 20


@pytest.mark.parametrize("hosts", [("127.0.0.1",), ("127.0.0.2", "127.0.0.1")])
@pytest.mark.parametrize("answers", [False, True])
def test_nothing_holds_a_body_that_was_sent_or_not(
    serve: Any, hosts: tuple[str, ...], answers: bool
) -> None:
    """After a failed connect it is let go of at once, not by the next garbage collection."""
    service = serve(answering(DONE))

    async def resolver(host: str, port: int) -> list[str]:
        return list(hosts)

    async def left_over() -> int:
        with socket.create_server(("127.0.0.1", 0)) as refused:
            port = refused.getsockname()[1]
        port = service.port if answers else port
        exchange = Exchanges(sockets=1, keep=0.0, limits=Limits(5, 5, 5), resolver=resolver)
        origin = Origin.of(f"http://localhost:{port}")
        body = bytes(1_000)
        held = sys.getrefcount(body)
        headers = [("Host", "x"), ("Content-Length", "1000")]
        came = await exchange(Request("POST", origin, "/", headers, body))
        assert isinstance(came, Reply) is answers
        await asyncio.sleep(0)
        try:
            return sys.getrefcount(body) - held
        finally:
            await exchange.aclose()

    gc.collect()
    gc.disable()
    try:
        assert asyncio.run(left_over()) == 0
    finally:
        gc.enable()


def test_a_circle_through_a_traceback_holds_what_is_in_its_frame() -> None:
    """Control: an exception that its own frame keeps is seen by the count above."""

    def keep(body: bytes) -> None:
        try:
            raise ValueError
        except ValueError as error:
            kept = error  # noqa: F841 (the circle)

    gc.collect()
    gc.disable()
    try:
        body = bytes(1_000)
        held = sys.getrefcount(body)
        keep(body)
        assert sys.getrefcount(body) > held
    finally:
        gc.enable()


def _connected_to(port: int) -> int:
    """Open sockets of this process whose other end is this port."""
    count = 0
    for descriptor in range(3, 256):
        try:
            with socket.socket(fileno=os.dup(descriptor)) as one:
                count += one.getpeername()[1:2] == (port,)
        except OSError:
            continue
    return count


def test_closing_leaves_no_socket(serve: Any) -> None:
    """After closing, no socket of the client is open; before, there is one."""
    service = serve(answering(DONE))

    async def count() -> tuple[int, int]:
        speaker = client(service.url)
        await speaker.query(ID)
        before = _connected_to(service.port)
        await speaker.aclose()
        await asyncio.sleep(0)  # a closed transport closes its socket at the loop's next turn
        return before, _connected_to(service.port)

    assert asyncio.run(count()) == (1, 0)


def test_closing_ends_what_is_under_way(serve: Any) -> None:
    """A question that is waiting ends when the client is closed, and later ones are not sent."""
    service = serve(silent)

    async def close() -> tuple[str, str]:
        speaker = client(service.url)
        waiting = asyncio.ensure_future(speaker.query(ID))
        await service.arrival()
        await speaker.aclose()
        return (await waiting).kind, (await speaker.query(ID)).kind

    assert asyncio.run(close()) == ("again", "again")
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (saying(200, {"id": ID, "status": "canceled", "output": None}), "canceled"),
        (saying(200, {"id": "another", "status": "canceled", "output": None}), None),
        (answering(http(200, b"<html>", content_type="text/html")), None),
        (saying(404, {"detail": "no such route"}), None),
        (saying(401, {"error": "no"}), None),
        (breaking(b""), None),
    ],
)
def test_a_cancel_is_believed_only_with_a_prediction(
    serve: Any, script: Any, status: str | None
) -> None:
    """The undocumented route is tried once; anything but a prediction means nothing."""
    service = serve(script)
    state = run(lambda speaker: speaker.cancel(ID), client(service.url))
    assert (state.status if state else None) == status
    (sent,) = service.requests
    assert (sent.method, sent.target) == ("POST", f"/replicate/v1/predictions/{ID}/cancel")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (saying(200, {"success": True, "data": [{}, {}]}), "answers 200, with a catalogue of 2"),
        (answering(http(200, b"<html>", content_type="text/html")), "a web page instead"),
        (saying(404, {"detail": "no"}), "answers 404, without the public catalogue"),
        (answering(http(200, b"{")), "without the public catalogue"),
    ],
)
def test_reach_says_what_answers(serve: Any, script: Any, words: str) -> None:
    """The public catalogue is asked without the key, and any answer is put in words."""
    service = serve(script)
    said = run(lambda speaker: speaker.reach(), client(service.url + "/x"))
    assert words in said
    (sent,) = service.requests
    assert sent.target == "/x/api/models"
    assert "authorization" not in sent.headers
    assert SECRET.encode() not in sent.raw


@pytest.mark.parametrize("script", [silent, breaking(b"")])
def test_reach_says_that_nothing_answers(serve: Any, script: Any) -> None:
    """A service that accepts and is silent is told apart from none."""
    limits = Limits(read=0.1, total=2.0)
    with pytest.raises(errors.ServiceError, match="does not answer"):
        run(lambda speaker: speaker.reach(), client(serve(script).url, limits=limits))


def test_netrc_is_not_read(serve: Any, home: Any) -> None:
    """Credentials in ~/.netrc never join a request."""
    (home / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    service = serve(answering(DONE))
    query(service.url, ID)
    assert service.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_a_loopback_service_takes_no_proxy(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies in the environment are not for this machine itself."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert query(serve(answering(DONE)).url, ID).kind == "state"


def test_a_proxy_tunnels_and_sees_no_key(
    serve: Any, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through HTTPS_PROXY the proxy sees host and port; the key is inside of the tunnel."""
    service = serve(answering(DONE), tls=True)
    proxy = serve(_tunnel_to(service.port))
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:p%40ss@127.0.0.1:{proxy.port}")
    answer = query("https://service.example", ID)
    assert answer.kind == "state"
    (asked,) = proxy.requests
    assert (asked.method, asked.target) == ("CONNECT", "service.example:443")
    assert asked.headers["proxy-authorization"] == "Basic dXNlcjpwQHNz"
    assert "authorization" not in asked.headers
    assert service.requests[0].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("said", [b"HTTP/1.1 407 No\r\n\r\n", b"SSH-2.0\r\n\r\n", b""])
def test_a_proxy_that_refuses_means_not_sent(
    serve: Any, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tunnel that is not made leaves everything unsent, and the password unsaid."""
    proxy = serve(breaking(said, reset=False))
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@127.0.0.1:{proxy.port}")
    answer = query("https://service.example", ID)
    assert isinstance(answer.error, errors.NotSentError)
    assert "pass" not in str(answer.error).replace("bypass", "")


def test_a_socks_proxy_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of another kind is not quietly gone around."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    answer = query("https://service.example", ID)
    assert isinstance(answer.error, errors.NotSentError)
    assert "http:// proxy" in str(answer.error)


def test_no_library_logs_a_request(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, nothing but asyncio's own start is logged."""
    with caplog.at_level(logging.DEBUG):
        query(serve(answering(DONE)).url, ID)
    assert {record.name for record in caplog.records} <= {"asyncio"}


def _tunnel_to(port: int) -> Any:
    async def script(peer: Any) -> None:
        await peer.request()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source: Any, put: Any) -> None:
            while data := await source.read(65536):
                await put(data)

        async def forward(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        try:
            await asyncio.gather(pump(peer._reader, forward), pump(reader, peer.send))
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    return script
