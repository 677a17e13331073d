"""Answers of every shape become one frozen, clean, bounded state, or one typed error."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wire.faulty import wire

from comet_jupyter.wire import logs
from comet_jupyter.wire.payload import PayloadError, find_id, parse
from comet_jupyter.wire.state import PredictionState

BASE = json.loads(wire("succeeded.json"))


def state(**changes: Any) -> PredictionState:
    """The state of the documented answer with these fields changed."""
    return parse(json.dumps({**BASE, **changes}).encode())


def test_the_documented_create_is_starting() -> None:
    """The create of the documentation is read field by field."""
    created = parse(wire("create.json"))
    assert (created.id, created.status) == ("q4chw5rey9rmt0cww76t4h3ma4", "starting")
    assert (created.version, created.source) == ("hidden", "api")
    assert (created.output, created.outputs, created.error, created.logs) == (None, (), None, "")
    assert created.created_at == datetime(2026, 3, 12, 11, 27, 18, 258000, timezone.utc)


def test_the_documented_success_is_whole() -> None:
    """Output, seed, progress and times of the documented success are found."""
    done = parse(wire("succeeded.json"))
    assert done.terminal
    assert len(done.outputs) == 1
    assert logs.seed(done.logs) == 60392
    assert logs.progress(done.logs) == logs.Progress(4, 4)
    assert done.queue_time == pytest.approx(0.006, abs=0.001)
    assert done.run_time == pytest.approx(0.607, abs=0.001)
    assert done.metrics == BASE["metrics"]


def test_an_envelope_is_unwrapped() -> None:
    """The wrapped form reads like the flat one, and its reason is the error."""
    wrapped = {"code": "success", "data": {"status": "SUCCESS", "fail_reason": "", "data": BASE}}
    assert parse(json.dumps(wrapped).encode()) == parse(wire("succeeded.json"))
    inner = {name: BASE[name] for name in ("id", "model")}
    wrapped["data"] = {"status": "FAILURE", "fail_reason": "out of steam", "data": inner}
    failed = parse(json.dumps(wrapped).encode())
    assert (failed.status, failed.error) == ("failed", "out of steam")


def test_a_data_field_of_a_flat_answer_is_no_envelope() -> None:
    """An unknown field called data does not replace the prediction around it."""
    assert state(data={"id": "other", "status": "failed", "output": None}).id == BASE["id"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("queued", "starting"),
        ("PENDING", "starting"),
        ("submitted", "starting"),
        ("running", "processing"),
        ("IN_PROGRESS", "processing"),
        ("in progress", "processing"),
        ("Success", "succeeded"),
        ("completed", "succeeded"),
        ("Ready", "succeeded"),
        ("failure", "failed"),
        ("error", "failed"),
        ("cancelled", "canceled"),
        ("aborted", "aborted"),
        ("Booting up", "Booting up"),
        (3, "3"),
        (True, "true"),
        ("", "processing"),
        (None, "processing"),
    ],
)
def test_every_spelling_of_a_status(raw: Any, status: str) -> None:
    """Known spellings are mapped; a word nobody knows stays as it is, and is not the end (P3)."""
    found = state(status=raw, completed_at=None)
    assert found.status == status
    assert found.terminal is (status in {"succeeded", "failed", "canceled", "aborted"})


def test_a_completed_prediction_with_an_odd_status_is_decided_by_its_fields() -> None:
    """With ``completed_at``, output or error say how it ended (P3)."""
    assert state(status="vaulted").status == "succeeded"
    assert state(status="vaulted", error="no").status == "failed"
    assert state(status="vaulted", output=None).status == "vaulted"


A, B = "https://x.example/a.webp", "https://x.example/b.png?sig=1"
INLINE = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (None, ()),
        ([], ()),
        (A, (A,)),
        ([A, B, A], (A, B)),
        ({"images": [{"url": A}, {"url": B}], "seed": 3}, (A, B)),
        ([[[[[[[A]]]]]]], (A,)),
        ([[[[[[[[[A]]]]]]]]], ()),
        (INLINE, (INLINE,)),
        (f" {A}\n", (A,)),
        ("see https://x.example/a in the text", ()),
        (["ftp://x/a", "javascript:alert(1)", "file:///etc/passwd", "https://"], ()),
        ([1, None, True, {"a": 2.5}, "words"], ()),
        ("HTTPS://X.example/A", ("HTTPS://X.example/A",)),
    ],
)
def test_outputs_are_found_in_any_shape(output: Any, found: tuple[str, ...]) -> None:
    """URLs and inline files are found at any depth up to 8, in order, each once (P5, P6)."""
    assert state(output=output).outputs == found


def test_too_many_outputs_are_cut_with_a_notice() -> None:
    """Of 10,000 URLs the first 64 are kept, and the reader is told (P6)."""
    many = state(output=[f"https://x.example/{n}" for n in range(10_000)])
    assert len(many.outputs) == 64
    assert many.outputs[0] == "https://x.example/0"
    assert "10,000" in many.notice
    assert len(json.dumps(many.output)) < 200_000
    assert state(output=[A] * 10_000).notice == ""


def test_an_inline_file_is_kept_once() -> None:
    """An inline file is an output in full, and only named in the answer that is kept."""
    big = "data:image/png;base64," + "A" * 500_000
    found = state(output=[big])
    assert found.outputs == (big,)
    assert len(json.dumps(found.output)) < 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-11-06T17:11:57.625316416Z", (17, 11, 57, 625316)),
        ("2024-11-06T17:11:57Z", (17, 11, 57, 0)),
        ("2024-11-06 17:11:57.5", (17, 11, 57, 500000)),
        ("2024-11-06T19:11:57+02:00", (17, 11, 57, 0)),
        ("2024-11-06T17:11:60Z", (17, 11, 59, 0)),
        ("0001-01-01T00:00:00Z", None),
        ("2024-13-40T00:00:00Z", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("yesterday", None),
        ("", None),
        (1730913117, None),
        (None, None),
        ([], None),
        ("٢٠٢٤-11-06T17:11:57Z", None),
    ],
)
def test_timestamps_of_any_precision(text: Any, expected: tuple[int, ...] | None) -> None:
    """Nine fractional digits and offsets are read; what is no time is left out (P8)."""
    found = state(created_at=text).created_at
    if expected is None:
        assert found is None
    else:
        assert found == datetime(2024, 11, 6, *expected, tzinfo=timezone.utc)


def test_durations_are_never_negative() -> None:
    """A start before the creation makes a queue of no length (P8)."""
    assert state(created_at="2024-11-06T18:00:00Z").queue_time == 0.0


@pytest.mark.parametrize(
    ("metrics", "kept"),
    [
        (None, {}),
        ([1], {}),
        ("x", {}),
        (
            {"predict_time": "fast", "n": [1, {"a": None}]},
            {"predict_time": "fast", "n": [1, {"a": None}]},
        ),
    ],
)
def test_odd_metrics(metrics: Any, kept: Any) -> None:
    """Metrics of any type are kept when they are an object, else left out (P8)."""
    found = state(metrics=metrics, started_at=None)
    assert found.metrics == kept
    assert found.run_time is None


def test_numbers_that_json_cannot_write_become_null() -> None:
    """NaN, infinities and endless integers never reach a file as invalid JSON (C10, P8)."""
    body = (
        b'{"id":"a","status":"x","output":null,"metrics":{"a":NaN,"b":-Infinity,"c":1e999,"d":%s}}'
    )
    found = parse(body % (b"9" * 5000))
    assert found.metrics == {"a": None, "b": None, "c": None, "d": None}
    assert json.loads(json.dumps(dict(found.metrics), allow_nan=False)) == found.metrics


def test_duplicate_keys_are_no_trouble() -> None:
    """Of a key that stands twice, the last counts, as everywhere in Python (C10)."""
    assert parse(b'{"id":"a","id":"b","status":"starting"}').id == "b"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (None, None),
        ("", None),
        ({}, None),
        ("flagged (E005)", "flagged (E005)"),
        ("a\n  b\x1b[31mc\u202e\x00", "a bc"),
        ({"message": "no"}, "no"),
        ({"detail": {"message": "deep"}}, "deep"),
        ({"code": 7, "other": 1}, "7"),
        (["a", "b"], '["a", "b"]'),
        ("<b>x</b>", "<b>x</b>"),
        ("\ud800", "\ufffd"),
    ],
)
def test_errors_of_any_shape(error: Any, text: str | None) -> None:
    """An error becomes one readable line, whatever it is; markup is left to the edge (P14)."""
    assert state(error=error).error == text


@pytest.mark.parametrize(
    "error", ["y" * 10_000_000, {"message": "y" * 10_000_000}, ["y" * 9999] * 9]
)
def test_a_huge_error_is_short(error: Any) -> None:
    """An error of ten megabytes is kept with at most 2,000 characters (P14)."""
    assert 100 < len(state(error=error).error or "") <= 2000


def test_unknown_fields_are_kept_and_missing_ones_do_no_harm() -> None:
    """New fields stand in ``extra``, bounded; absent ones get their defaults (P15)."""
    found = state(deadline="soon", tree={"a": [1, 2]}, huge=["x" * 9000] * 900)
    assert found.extra["deadline"] == "soon"
    assert found.extra["tree"] == {"a": [1, 2]}
    assert len(json.dumps(dict(found.extra))) < 60_000
    for name in BASE:
        left = {key: value for key, value in BASE.items() if key != name}
        assert parse(json.dumps(left).encode()).id == ("" if name == "id" else BASE["id"])


@pytest.mark.parametrize("identity", [7, "", "a/b", "..", "x" * 201, None, True, "ä"])
def test_an_id_is_believed_only_in_its_alphabet(identity: Any) -> None:
    """Any other id is no id (C11)."""
    assert state(id=identity).id == ""
    assert state(id="x" * 200).id == "x" * 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"3", b'"x"', b"<html>", b'{"error":{"message":"no"}}', b'{"data":null}'],
)
def test_what_is_no_prediction_is_a_typed_error(body: bytes) -> None:
    """Anything else is the one error, whose text quotes nothing."""
    with pytest.raises(PayloadError):
        parse(body)


@pytest.mark.parametrize("mark", [b"[", b'{"a":', b'[{"data":'])
def test_nesting_without_end_is_a_typed_error(mark: bytes) -> None:
    """A hundred thousand levels end in the typed error, not in RecursionError (C10)."""
    with pytest.raises(PayloadError, match="deep"):
        parse(mark * 100_000)


def test_millions_of_values_are_refused() -> None:
    """A body that would unfold to gigabytes is refused before it is parsed (C9)."""
    with pytest.raises(PayloadError, match="millions"):
        parse(b"[" + b"[]," * 2_000_000 + b"[]]")


def test_an_id_is_found_in_every_beginning_that_holds_it() -> None:
    """Cut anywhere, an answer gives its own id or none, never a part (C4)."""
    body = wire("create.json")
    whole = body.index(b'ma4"') + 4
    for end in range(len(body)):
        assert find_id(body[:end]) == ("q4chw5rey9rmt0cww76t4h3ma4" if end >= whole else None)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"input":{"id":"mine"},"id":"theirs","x', "theirs"),
        (b'{"input":{"id":"mine"},"x', None),
        (b'{"input":{"prompt":"\\"id\\": \\"mine\\""', None),
        (b'{"code":"success","data":{"status":"x","data":{"id":"deep","x', "deep"),
        (b'\xef\xbb\xbf {"id" : "a" , ', "a"),
        (b'{"id":12,"x', None),
        (b'{"id":"a/b","x', None),
        (b'["id","a"', None),
        (b'{"a":' * 50_000, None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_only_the_predictions_own_id_counts(body: bytes, found: str | None) -> None:
    """An id in the input, or one that cannot be believed, is not taken (C4)."""
    assert find_id(body) == found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.sampled_from([*BASE, "data", "fail_reason", "more"]), JSON)


@settings(max_examples=200, deadline=None)
@given(FIELDS)
@example({"id": "a", "status": "\udc80", "error": {"\ud800": float("nan")}, "logs": ["\ud800"]})
def test_any_json_gives_a_clean_state_or_the_typed_error(fields: dict[str, Any]) -> None:
    """Whatever the fields hold, the state is UTF-8, valid JSON and bounded, or PayloadError."""
    try:
        found = parse(json.dumps(fields).encode())
    except PayloadError:
        return
    kept = {name: getattr(found, name) for name in PredictionState.__dataclass_fields__}
    text = json.dumps(kept, default=str, allow_nan=False, ensure_ascii=False)
    assert len(text.encode("utf-8")) < 1_000_000
    assert found.run_time is None or found.run_time >= 0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_state_or_the_typed_error(body: bytes) -> None:
    """Bytes of any kind raise nothing but PayloadError, and no id is made up."""
    assert find_id(body) is None or b'"' in body
    try:
        found = parse(body)
    except PayloadError:
        return
    assert found.id == "" or found.id.encode() in body
