"""What answers mean, decided without a socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire.faulty import wire

from comet_jupyter import errors
from comet_jupyter.wire import retry, wait
from comet_jupyter.wire.problem import Problem
from comet_jupyter.wire.reply import Fault, Reply
from comet_jupyter.wire.text import excerpt

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("12", b"", 12.0),
        ("0.5", b"", 0.5),
        (" 3 ", b"", 3.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", b"", 60.0),
        ("Tue, 14 Nov 2023 22:14:20", b"", 60.0),
        ("Tue, 14 Nov 2023 20:00:00 GMT", b"", 0.0),
        ("-3", b"", 0.0),
        ("31536000", b"", 31536000.0),
        ("inf", b"", None),
        ("nan", b"", None),
        ("9" * 5000, b"", None),
        ("soon", b"", None),
        ("Tue, 99 Nov 99999 22:14:20 GMT", b"", None),
        ("", b"", None),
        ("", b'{"retry_after": 5}', 5.0),
        ("", b'{"retry_after": "6.5"}', 6.5),
        ("", b'{"error": {"retry_after": 7}}', 7.0),
        ("", b'{"retry_after": true, "detail": "resets in ~30s."}', 30.0),
        ("", b'{"retry_after": NaN}', None),
        ("", b'{"detail": "please try again in 2 minutes"}', 120.0),
        ("", b"Retry after 20 seconds", 20.0),
        ("", b"try again in 500ms", 0.5),
        ("", b"in 1h", 3600.0),
        ("", b"slow down", None),
        ("", b"[" * 10_000, None),
        ("", b"\xff", None),
        ("4", b'{"retry_after": 5}', 4.0),
        ("nan", b'{"retry_after": 5}', 5.0),
    ],
)
def test_every_spelling_of_a_wait(header: str, body: bytes, seconds: float | None) -> None:
    """Seconds, dates, body fields and words are read; what is no finite number is not (C6)."""
    assert wait.retry_after({"retry-after": header}, body, NOW) == seconds


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.binary(max_size=80))
def test_no_wait_is_negative_or_endless(header: str, body: bytes) -> None:
    """Whatever the header and the body say, a wait is None or a finite number from 0."""
    seconds = wait.retry_after({"retry-after": header}, body, NOW)
    assert seconds is None or 0.0 <= seconds < float("inf")


def test_backoff_grows_and_is_drawn() -> None:
    """The wait doubles up to its longest; half of it is drawn."""
    assert [wait.backoff(n, 1.0) for n in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert wait.backoff(1, 0.0) == 0.25
    assert wait.backoff(10**9, 1.0) == 30.0


def _query(came: Reply | Fault) -> retry.Answer:
    return retry.classify_query(came, id="abc", host="h", now=NOW)


def _reply(status: int, said: Any = None, **headers: str) -> Reply:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    body = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
    return Reply(status, names, body)


STATE = {"id": "abc", "status": "processing", "output": None}


@pytest.mark.parametrize(
    ("came", "kind", "error"),
    [
        (_reply(200, STATE), "state", type(None)),
        (_reply(200, {**STATE, "id": "xyz"}), "again", errors.ServiceError),
        (_reply(200, {**STATE, "id": 12}), "again", errors.ServiceError),
        (_reply(200, {"status": "processing", "output": None}), "state", type(None)),
        (_reply(200, b"{"), "again", errors.ServiceError),
        (_reply(200, b"<html>", content_type="text/html"), "again", errors.WrongAddressError),
        (_reply(502, b"<html>"), "again", errors.ServiceError),
        (_reply(500), "again", errors.ServiceError),
        (_reply(503, {"error": {"code": "model_not_found"}}), "again", errors.ModelNotFoundError),
        (_reply(408), "again", errors.ServiceError),
        (_reply(429), "again", errors.RateLimitError),
        (_reply(404, {"detail": "gone"}), "missing", errors.OutputExpiredError),
        (_reply(410), "missing", errors.OutputExpiredError),
        (_reply(401, {"error": "no"}), "refused", errors.AuthenticationError),
        (_reply(403, {"error": "no"}), "refused", errors.QuotaError),
        (_reply(400, {"error": "no"}), "refused", errors.InvalidInputError),
        (_reply(301, location="https://elsewhere/"), "refused", errors.WrongAddressError),
        (Fault(True, "the connection was reset"), "again", errors.ServiceError),
        (Fault(False, "the connection was refused"), "again", errors.NotSentError),
    ],
)
def test_a_question_may_be_asked_again(came: Any, kind: str, error: type) -> None:
    """Everything that may pass is asked again, and what is final is told apart (P1, P2, P11)."""
    answer = _query(came)
    assert answer.kind == kind
    assert type(answer.error) is error
    assert (answer.state is not None) is (kind == "state")
    if answer.state is not None:
        assert answer.state.id == "abc"


def test_a_question_passes_on_the_wait() -> None:
    """The wait that a busy service asks for reaches the scheduler (P12)."""
    assert _query(_reply(429, retry_after="9")).wait == 9.0
    assert _query(_reply(503, retry_after="3")).wait == 3.0
    assert _query(_reply(500)).wait is None


def test_a_poll_address_in_the_answer_changes_nothing() -> None:
    """The addresses in an answer are not even kept (P13)."""
    answer = _query(_reply(200, {**STATE, "urls": {"get": "https://evil.example/"}}))
    assert answer.state is not None
    assert "evil" not in repr(answer.state)


@pytest.mark.parametrize(
    ("said", "message", "code"),
    [
        ({"error": {"message": "m", "code": "C"}}, "m", "c"),
        ({"error": "m"}, "m", ""),
        ({"message": "m", "code": "c"}, "m", "c"),
        ({"detail": "m"}, "m", ""),
        ({"detail": [{"loc": ["x"], "msg": "m"}]}, "m", ""),
        ({"title": "m"}, "m", ""),
        ({"error": {}, "message": "m"}, "m", ""),
        ({"error": {"code": 7}}, "", ""),
        (["m"], "m", ""),
        ("m", "m", ""),
        (None, "", ""),
        (b"plain m", "plain m", ""),
        (b"", "", ""),
    ],
)
def test_the_message_is_found_in_any_shape(said: Any, message: str, code: str) -> None:
    """Vendor, Replicate, validation and plain errors are read."""
    problem = Problem.of(_reply(400, said))
    assert (problem.message, problem.code) == (message, code)


@pytest.mark.parametrize("name", ["x-request-id", "x-oneapi-request-id", "cf-ray"])
def test_the_request_id_is_taken_from_a_header(name: str) -> None:
    """The id that support asks for may stand in a header instead of the message."""
    assert Problem.of(Reply(500, {name: "r-1"})).request_id == "r-1"


def test_several_refused_inputs_are_all_named() -> None:
    """The first field stands in the line, the others in the details (C7)."""
    fields = [{"field": f"input.f{n}", "description": f"d{n}"} for n in range(3)]
    outcome = retry.classify_create(
        _reply(422, {"invalid_fields": [*fields, 7, {}]}), model="a/b", host="h", now=NOW
    )
    assert isinstance(outcome, retry.Refused)
    assert "f0 (422): d0" in str(outcome.error)
    assert outcome.error.details == "f1: d1\nf2: d2"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "code", "detail", "invalid_fields", "field", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.integers(200, 599), JSON | st.binary(max_size=60), st.text(max_size=10))
def test_every_answer_has_a_meaning(status: int, said: Any, header: str) -> None:
    """No status with no body leaves the decisions without an answer, or an error of two lines."""
    came = _reply(status, said, retry_after=header)
    outcome = retry.classify_create(came, model="a/b", host="h", now=NOW)
    answer = _query(came)
    for error in (getattr(outcome, "error", None), answer.error):
        if error is not None:
            assert error.cause
            assert error.remedy
            assert "\n" not in str(error)
            str(error).encode("utf-8")
    if 200 <= status < 300:
        assert isinstance(outcome, (retry.Created, retry.Unknown))
    elif status >= 500:
        assert not isinstance(outcome, retry.Created)


def test_a_created_state_is_the_documented_one() -> None:
    """Any 2xx with the documented body is made."""
    for status in (200, 201, 202):
        came = Reply(status, {"content-type": "application/json"}, wire("create.json"))
        assert isinstance(
            retry.classify_create(came, model="a/b", host="h", now=NOW), retry.Created
        )


@pytest.mark.parametrize("limit", [1, 10, 200, 2000])
@pytest.mark.parametrize("gap", ["", " "])
def test_an_excerpt_holds_no_part_of_a_secret(limit: int, gap: str) -> None:
    """However long the text and wherever it is cut, secrets go whole, before the cut (P14)."""
    secret = "sk-ABCDEFGH12345678"
    text = excerpt((secret + gap) * 5000, limit, lambda text: text.replace(secret, "*"))
    assert "ABC" not in text
    assert len(text) <= limit
