"""What an answer means: merging states, and why a prediction has no pictures."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from comet_jupyter.engine import verdict
from comet_jupyter.record import Record
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState


def record(state: PredictionState) -> Record:
    """A record with this state."""
    request = PredictionRequest("owner/name", {"prompt": "a boat"})
    return Record("k" * 32, request, datetime.now(timezone.utc), state)


def test_a_terminal_state_stays_terminal() -> None:
    """A lagging answer takes nothing back."""
    done = PredictionState("a", "succeeded", output=["u"], outputs=("u",))
    assert verdict.merge(done, PredictionState("a", "processing")) == done
    assert verdict.merge(done, PredictionState("a", "failed", error="late")) == done


def test_output_that_arrives_late_is_taken() -> None:
    """Succeeded without output, then with: the second answer counts."""
    empty = PredictionState("a", "succeeded")
    full = PredictionState("a", "succeeded", output=["u"], outputs=("u",))
    assert verdict.merge(empty, full).outputs == ("u",)


def test_processing_does_not_become_starting_again() -> None:
    """The display never regresses."""
    merged = verdict.merge(PredictionState("a", "processing"), PredictionState("a", "starting"))
    assert merged.status == "processing"


def test_logs_that_were_there_stay() -> None:
    """The service deletes logs after an hour; ours are kept."""
    old = PredictionState("a", "processing", logs="50%|")
    assert verdict.merge(old, PredictionState("a", "succeeded", logs="")).logs == "50%|"
    assert verdict.merge(old, PredictionState("a", "processing", logs="60%|")).logs == "60%|"


def test_data_removed_after_success_keeps_the_output() -> None:
    """What we know stays known when the service deletes it."""
    done = PredictionState("a", "succeeded", output=["u"], outputs=("u",))
    gone = PredictionState("a", "succeeded", data_removed=True)
    merged = verdict.merge(done, gone)
    assert merged.outputs == ("u",)
    assert merged.data_removed


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (PredictionState("a", "failed", error="CUDA out of memory"), "PredictionFailedError"),
        (PredictionState("a", "failed"), "PredictionFailedError"),
        (PredictionState("a", "failed", error="flagged as sensitive (E005)"), "ModerationError"),
        (PredictionState("a", "failed", error="NSFW content detected"), "ModerationError"),
        (PredictionState("a", "canceled"), "PredictionCanceledError"),
        (PredictionState("a", "aborted"), "PredictionCanceledError"),
        (PredictionState("a", "succeeded"), "NoOutputError"),
        (PredictionState("a", "succeeded", output=[]), "NoOutputError"),
        (PredictionState("a", "succeeded", data_removed=True), "OutputExpiredError"),
    ],
)
def test_an_end_without_pictures_has_its_reason(state: PredictionState, kind: str) -> None:
    """Each has a class of its own, and says cause and remedy."""
    failure = verdict.end_failure(record(state))
    assert failure is not None
    assert failure.kind == kind
    assert failure.cause
    assert failure.remedy


@pytest.mark.parametrize(
    "state",
    [
        PredictionState("a", "succeeded", output="u", outputs=("u",)),
        PredictionState("a", "succeeded", output="just text"),
        PredictionState("a", "succeeded", output={"score": 0.5}),
        PredictionState("a", "succeeded", output=0),
    ],
)
def test_any_output_is_an_output(state: PredictionState) -> None:
    """Text and numbers are kept too, so they are no failure."""
    assert verdict.end_failure(record(state)) is None
