"""What stands in a cell whose prediction failed, and logs that were asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from comet_jupyter.record import Failure, Record
from comet_jupyter.show import failure, html, logs_block
from comet_jupyter.show.failure import failures
from comet_jupyter.wire.state import PredictionState

Make = Callable[..., Record]
Read = Callable[[str], Any]

FLAGGED = Failure("ModerationError", "the picture was flagged (E005)", "Change the prompt")


def test_a_failure_says_cause_remedy_and_id(make: Make, read: Read) -> None:
    """Both media types name the cause first, the remedy, the id, and the end of the log."""
    bundle = failure(make("failed", failure=FLAGGED))
    lines = bundle["text/plain"].splitlines()
    assert lines[0] == "failed · the picture was flagged (E005)"
    assert lines[1] == "Change the prompt"
    assert lines[2].endswith(" · id q4chw5rey9rmt0cww76t4h3ma4")
    assert lines[-1] == "Total safe images: 1 out of 1"
    shown = read(bundle["text/html"]).text
    for line in (*lines[:2], "q4chw5rey9rmt0cww76t4h3ma4", "Total safe images"):
        assert line in shown
    assert f"border-left:3px solid {html.RED}" in bundle["text/html"]


def test_an_unknown_outcome_is_not_called_a_failure(make: Make) -> None:
    """A create that may have been charged says so, in the colour of attention."""
    record = make(
        "starting",
        state={"id": ""},
        finished=True,
        failure=Failure("UnknownOutcomeError", "no usable answer: may have been charged"),
    )
    bundle = failure(record)
    assert bundle["text/plain"].startswith("outcome unknown · no usable answer")
    assert f"border-left:3px solid {html.AMBER}" in bundle["text/html"]
    assert "id " not in bundle["text/plain"]


def test_what_stands_beside_it_is_not_said_twice(make: Make) -> None:
    """Model, id and state at the beginning of a cause are left to the lines around it."""
    named = "black-forest-labs/flux-dev (q4chw5rey9rmt0cww76t4h3ma4)"
    for cause, said in (
        (f"{named} failed: out of memory", "failed · out of memory"),
        (f"{named}: the safety check refused it", "failed · the safety check refused it"),
        ("another one failed: why", "failed · another one failed: why"),
    ):
        record = make("failed", failure=Failure("PredictionFailedError", cause))
        assert failure(record)["text/plain"].splitlines()[0] == said


def test_the_end_of_waiting_is_not_called_a_failure(make: Make) -> None:
    """A prediction that outlasted its timeout goes on, and is shown as that."""
    record = make(finished=True, failure=Failure("StillRunningError", "no picture after 4 s"))
    bundle = failure(record)
    assert bundle["text/plain"].startswith("still running · no picture after 4 s")
    assert f"border-left:3px solid {html.AMBER}" in bundle["text/html"]


@pytest.mark.parametrize(
    ("state", "said"),
    [({"error": "CUDA out of memory"}, "CUDA out of memory"), ({}, "no reason was given")],
)
def test_a_failure_without_our_words_still_says_something(
    make: Make, state: dict[str, Any], said: str
) -> None:
    """The service's error, or at least its status, stands in for a missing cause."""
    assert failure(make("failed", state=state))["text/plain"].startswith(f"failed · {said}\n")


@pytest.mark.parametrize(
    ("handed", "count", "title", "more"),
    [
        (1, None, "failed · ", ""),
        (3, None, "3 failed · ", ""),
        (20, 1_200, "1,200 failed · ", "and 1,180 more"),
        (64, None, "64 failed · ", "and 44 more"),
    ],
)
def test_many_failures_are_told_by_their_last_records(
    make: Make, read: Read, handed: int, count: int | None, title: str, more: str
) -> None:
    """The true number stands first; at most twenty ids are named, those behind them counted."""
    records = [
        make("failed", failure=FLAGGED, seed=number, state={"id": f"id{number:03}"})
        for number in range(handed)
    ]
    bundle = failures(records, count)
    text = bundle["text/plain"]
    assert text.startswith(title)
    assert text.count("id0") == min(handed, 20)
    assert f"id{handed - 1:03}" in text
    assert text.endswith(more)
    assert more in read(bundle["text/html"]).text


def test_details_stand_in_for_a_log(make: Make) -> None:
    """Where no log came, the details of the error are folded instead."""
    record = make("failed", state={"logs": ""}, failure=Failure("X", "a", "b", "line 1\nline 2"))
    assert failure(record)["text/plain"].endswith("log:\nline 1\nline 2")


def test_a_huge_error_stays_small(make: Make) -> None:
    """Megabytes of error and log end as a short text."""
    record = make("failed", failure=Failure("X", "e" * 10**6, "r" * 10**6, "d" * 10**6))
    assert sum(len(text) for text in failure(record).values()) < 8_000


def test_logs_are_shown_unfolded(make: Make, read: Read) -> None:
    """With the log asked for, all of its lines stand there and in plain text too."""
    bundle = logs_block(make())
    assert 'open="open"><summary' in bundle["text/html"]
    assert bundle["text/plain"].splitlines()[0] == "Using seed: 60392"
    assert bundle["text/plain"] in read(bundle["text/html"]).text


@pytest.mark.parametrize("line", ["word " * 20, "<&>'\"" * 30, "█" * 80, "x" * 64_000])
def test_long_logs_keep_their_end_within_64_kb(make: Make, line: str) -> None:
    """Whatever the characters are, HTML and plain text together stay under 64 kB."""
    logs = "\n".join([*[line] * 900, "the end"])
    bundle = logs_block(make(state={"logs": logs}))
    assert bundle["text/plain"].endswith("the end")
    assert sum(len(text.encode()) for text in bundle.values()) < 64_000


def test_no_log_makes_no_block(make: Make) -> None:
    """Empty logs give empty texts."""
    assert logs_block(make(state={"logs": ""})) == {"text/html": "", "text/plain": ""}
    assert PredictionState().logs == ""
