"""What an answer means for a prediction: pure decisions between two records."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from ..errors import (
    ModerationError,
    NoOutputError,
    OutputExpiredError,
    PredictionCanceledError,
    PredictionFailedError,
    UnknownOutcomeError,
)
from ..record import Failure, Record
from ..wire import logs as wire_logs
from ..wire.state import PredictionState

OUTPUT_GRACE = 10.0
"""Seconds for which ``succeeded`` without output is believed to be a moment's delay."""

MISSING_GRACE = 30.0
"""Seconds after the create in which a 404 means "not yet known", not "removed"."""

KEPT = timedelta(hours=1)
"""How long the service keeps a prediction, about."""

LINKS_LIVE = timedelta(hours=2)
"""How long after its submission a finished prediction's links may live: an hour, and its run."""

LOG_LINES = 12
"""Lines of the log's tail that a failure shows."""

_FLAGGED = re.compile(r"E005|flagged|sensitive|nsfw|safety|moderat", re.IGNORECASE)


def merge(old: PredictionState, new: PredictionState) -> PredictionState:
    """The newer state, except where it would take back what is known.

    Answers may arrive out of order or from a lagging replica, and logs are deleted an hour
    after the end: a terminal state stays, ``processing`` does not become ``starting`` again,
    and logs that were there stay.
    """
    if old.terminal and old.status != new.status:
        return old
    if old.terminal and not lacks_output(old):
        return replace(old, data_removed=old.data_removed or new.data_removed)
    if old.status == "processing" and new.status == "starting":
        new = replace(new, status="processing", started_at=new.started_at or old.started_at)
    if old.logs and not new.logs:
        new = replace(new, logs=old.logs)
    return replace(
        new,
        id=old.id or new.id,
        started_at=new.started_at or old.started_at,
        created_at=new.created_at or old.created_at,
        source=new.source or old.source,
        version=new.version or old.version,
    )


def lacks_output(state: PredictionState) -> bool:
    """True for a success whose output has not arrived."""
    return (
        state.status == "succeeded"
        and not state.data_removed
        and (state.output is None or state.output == [] or state.output == "")
        and not state.outputs
    )


def without_inline_files(state: PredictionState) -> PredictionState:
    """The state without the bytes of ``data:`` outputs: they are kept as files by now."""
    if not any(url.startswith("data:") for url in state.outputs):
        return state
    short = tuple(
        url.partition(",")[0] if url.startswith("data:") else url for url in state.outputs
    )
    return replace(state, outputs=short, output=list(short))


def end_failure(record: Record) -> Failure | None:
    """Why this terminal record has no pictures to fetch; None when it should have some."""
    state = record.state
    name = f"{record.model} ({state.id})"
    details = wire_logs.tail(state.logs, LOG_LINES)
    if state.status == "failed":
        said = state.error or "the service gave no reason"
        if _FLAGGED.search(said):
            return Failure.of(
                ModerationError(
                    f"{name}: the safety check refused it: {said}",
                    "Change the prompt, or try another seed",
                )
            )
        return Failure.of(
            PredictionFailedError(
                f"{name} failed: {said}",
                "Change the input, or try again",
                details=details,
            )
        )
    if state.status == "canceled":
        return Failure.of(
            PredictionCanceledError(
                f"{name} was canceled at the service", "Try again to make it anew"
            )
        )
    if state.status == "aborted":
        return Failure.of(
            PredictionCanceledError(
                f"{name} was aborted by the service before it started",
                "Try again; the service was too busy for its deadline",
            )
        )
    if state.data_removed and not state.outputs:
        return expired(record)
    if lacks_output(state):
        return Failure.of(
            NoOutputError(
                f"{name} finished without output",
                "Try again, or look at its log",
                details=details,
            )
        )
    return None


def expired(record: Record) -> Failure:
    """The service keeps predictions about an hour; this one is gone there."""
    return Failure.of(
        OutputExpiredError(
            f"{record.id} is no longer kept by the service (outputs live about an hour)",
            "Try again to make it anew",
        )
    )


def can_go_on(record: Record) -> bool:
    """True when the service may still have news: acknowledged, and not followed to its end."""
    if not record.id:
        return False
    if not record.finished:
        return True
    kind = "" if record.failure is None else record.failure.kind
    if kind == "PredictionCanceledError":  # by us, unless the service says so, too
        return not record.state.terminal
    # The link may live still; and a defect of ours (`CometError`) is no end of what is paid for.
    return kind in ("DownloadError", "StillRunningError", "CometError")


def can_be_fetched(record: Record, now: datetime) -> bool:
    """True when its pictures could not be fetched, and may be still."""
    failure = record.failure
    return (
        failure is not None
        and failure.kind == "DownloadError"
        and can_go_on(record)
        and now - record.submitted_at < LINKS_LIVE
    )


def interrupted(record: Record) -> Record:
    """A record whose create was on its way when the process ended."""
    return replace(record, finished=True, failure=Failure.of(interruption()))


def interruption() -> UnknownOutcomeError:
    """The kernel ended between a create and its answer."""
    return UnknownOutcomeError(
        "the kernel ended before the service's answer to this request was recorded; it may have "
        "been charged",
        "Look at your usage at the service before you try again",
    )


def drawn_by_an_ended_sandbox(record: Record) -> Record:
    """A record that no sandbox knows any more: each keeps its own for as long as it runs."""
    error = OutputExpiredError(
        f"{record.id} was drawn by a sandbox that has ended", "Try again to make it anew"
    )
    return replace(record, finished=True, failure=Failure.of(error))
