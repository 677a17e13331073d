"""What a session keeps for others: its end, its tally, its last seed, ends that nobody saw."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from support.foreign_service import Fault
from support.threads import started

from comet_jupyter import errors
from comet_jupyter.engine import session as sessions
from comet_jupyter.engine.prediction import canceled_error
from comet_jupyter.engine.session import Session
from comet_jupyter.engine.tally import Counter, Tally
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.store import Holder
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

SCHNELL = "black-forest-labs/flux-schnell"
PICTURE = FileRef("ab" * 32, "image/webp", 10, 64, 64)


def request(prompt: str = "a boat", **more: object) -> PredictionRequest:
    """A complete request with a fixed seed."""
    return PredictionRequest(SCHNELL, {"prompt": prompt, "seed": 7, **more})


def record(status: str = "succeeded", key: str = "0" * 32, **fields: Any) -> Record:
    """A record that ended; with a picture when it succeeded."""
    given: dict[str, Any] = {
        "state": PredictionState(id="abcd1234efgh", status=status),
        "files": (PICTURE,) if status == "succeeded" else (),
        "finished": True,
        "root": "https://a.test",
        **fields,
    }
    return Record(key, request(), datetime.now(timezone.utc), **given)


# -- the end -------------------------------------------------------------------------------------


def test_an_ended_session_sends_nothing_and_starts_no_thread(foreign_service, session):
    """Every way to the service says that it has ended; its store and handles can be read."""
    [prediction] = session.submit(request())
    prediction.result()
    session.close()
    session.close()
    threads = threading.enumerate()
    for use in (
        lambda: session.background,
        lambda: session.submit(request("another")),
        session.reach,
    ):
        with pytest.raises(errors.CometError, match="this session has ended"):
            use()
    session.learn_prices()
    assert started(threads) == []
    assert len(foreign_service.creates) == 1
    assert session.store.get(prediction.key) == prediction.record
    assert session.get(prediction.id).images[0].read() == prediction.images[0].read()
    assert not prediction.cancel()


def test_after_an_end_a_new_session_begins_by_itself(foreign_service, session):
    """The current session is another one, and works."""
    sessions.close()
    assert sessions.current() is not session
    [prediction] = sessions.current().submit(request())
    assert len(prediction.result()) == 1


def test_what_an_ended_session_left_is_followed_by_the_next(foreign_service, session):
    """The old session refuses to go on with it, the new one does: no create, no cost."""
    foreign_service.questions = 10**6
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    sessions.close()
    with pytest.raises(errors.CometError, match="this session has ended"):
        session.get(prediction.id)
    foreign_service.questions = 1
    assert len(sessions.current().get(prediction.id).result()) == 1
    assert len(foreign_service.creates) == 1


# -- the tally -----------------------------------------------------------------------------------


def test_the_tally_counts_what_ended(foreign_service, session):
    """Pictures and charges of successes; a failure is a prediction and nothing more."""
    assert session.tally == Tally()
    for prediction in session.submit(request(seed=1), request(seed=2)):
        prediction.wait()
    foreign_service.failure = "out of memory"
    session.submit(request(seed=3))[0].wait()
    assert session.tally == Tally(pictures=2, unknown=2, charged=2, predictions=3)


def test_the_tally_is_that_of_this_session(foreign_service, session):
    """Neither what is in flight counts, nor what an earlier session made."""
    [first] = session.submit(request(seed=1))
    first.wait()
    sessions.close()
    other = sessions.current()
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    [second] = other.submit(request(seed=2))
    assert other.get(first.id).record.succeeded
    assert other.tally == Tally()
    hold.set()
    second.wait()
    assert other.tally == Tally(pictures=1, unknown=1, charged=1, predictions=1)


def test_one_that_is_taken_up_again_counts_once(foreign_service, session):
    """It has not ended when only the waiting has; then it has, one picture in all."""
    foreign_service.questions = 10**6
    [prediction] = session.submit(request(), timeout=0.3)
    assert isinstance(prediction.exception(), errors.StillRunningError)
    assert session.tally == Tally()
    foreign_service.questions = 1
    foreign_service.break_next("FILE", Fault(200, body=b"<html><body>no picture</body></html>"))
    lost = session.get(prediction.id)
    assert isinstance(lost.exception(), errors.DownloadError)
    assert session.tally == Tally(unknown=1, charged=1, predictions=1)
    session.get(prediction.id).result()
    assert session.tally == Tally(pictures=1, unknown=1, charged=1, predictions=1)


def test_what_the_sandbox_drew_is_not_charged(sandbox, session):
    """Its pictures count, and there is no cost that would be unknown."""
    session.submit(request())[0].wait()
    assert session.tally == Tally(pictures=1, predictions=1)


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        (record(cost=0.5), Tally(1, 0.5, charged=1, predictions=1)),
        (
            record(cost=0.5, cost_estimated=True),
            Tally(1, 0.5, estimated=True, charged=1, predictions=1),
        ),
        (record(cost=0.0), Tally(1, charged=1, predictions=1)),
        (record("canceled", failure=Failure("PredictionCanceledError", "")), Tally(predictions=1)),
        (record("processing", failure=Failure("StillRunningError", "")), Tally()),
        (record(origin="sandbox", cost=0.5), Tally(1, predictions=1)),
    ],
)
def test_each_end_counts_as_what_it_is(given: Record, counted: Tally) -> None:
    """Known and unknown costs, ends without a picture, and what goes on at the service."""
    assert Tally.of(given) == counted


def test_the_tally_is_kept_by_many_threads() -> None:
    """Nothing is lost or counted twice, also when the same end is told twice."""
    counter = Counter()

    def count(thread: int) -> None:
        for number in range(200):
            one = record(key=f"{thread}-{number}", cost=0.25)
            counter.take(one)
            counter.take(one)

    threads = [threading.Thread(target=count, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.tally == Tally(1_600, 400.0, charged=1_600, predictions=1_600)


# -- the last seed -------------------------------------------------------------------------------


def test_the_last_seed_is_told(foreign_service, session):
    """None before the first, then that of the newest request, of earlier sessions too."""
    assert session.last_seed() is None
    session.submit(request(seed=5), request(seed=6))[-1].wait()
    assert session.last_seed() == 6
    other = Session()
    assert other.last_seed() == 6
    other.close()


# -- ends that nobody saw ------------------------------------------------------------------------


def left_behind(minutes: float, **fields: Any) -> Record:
    """A record that a kernel left unfinished so long ago."""
    made = datetime.now(timezone.utc) - timedelta(minutes=minutes)
    state = fields.pop("state", PredictionState())
    return replace(
        record(state=state, files=(), finished=False, key="c" * 32, **fields), submitted_at=made
    )


def test_an_intent_without_an_answer_can_be_forgotten(session):
    """Looking at it writes down how it ended, so that nothing keeps it for ever."""
    session.store.put(left_behind(1))
    with pytest.raises(errors.InputError, match="not finished"):
        session.store.forget("c" * 32)
    assert isinstance(session.get("c" * 32).exception(), errors.UnknownOutcomeError)
    kept = session.store.get("c" * 32)
    assert (kept.finished, kept.status) == (True, "unknown")
    session.store.forget("c" * 32)
    assert session.store.get("c" * 32) is None


def test_the_intent_of_another_kernel_is_looked_on(foreign_service, session):
    """It waits for what that one writes down, asks nothing, and ends with it."""
    other = Holder.of_this_process()
    session.store.add([left_behind(1, root=foreign_service.url + "/replicate/v1")], other)
    prediction = session.get("c" * 32)
    shown = threading.Event()
    prediction.listen(lambda one: shown.set() if "another kernel" in str(one.record) else None)
    assert shown.wait(30)
    assert prediction.running()
    session.store.put(record(key="c" * 32))
    prediction.wait(30)
    assert prediction.record == record_of(session)
    assert foreign_service.requests == []


def record_of(session):
    """What the store has of the record left behind."""
    return session.store.get("c" * 32)


def test_an_intent_whose_kernel_ends_is_of_unknown_outcome(foreign_service, session):
    """It is not created again: nobody knows whether it was."""
    other = Holder.of_this_process()
    session.store.add([left_behind(1, root=foreign_service.url + "/replicate/v1")], other)
    prediction = session.get("c" * 32)
    assert prediction.running()
    session.store.release(other)
    assert isinstance(prediction.exception(30), errors.UnknownOutcomeError)
    assert record_of(session).status == "unknown"
    assert foreign_service.requests == []


def test_what_is_followed_here_is_not_ended(foreign_service, session):
    """A create that takes long is no interrupted one, however old its intent is."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    [prediction] = session.submit(request())
    assert session.get(prediction.key) is prediction
    assert not session.store.get(prediction.key).finished
    hold.set()
    prediction.result()


def test_the_drawing_of_an_ended_sandbox_can_be_forgotten(foreign_service, session):
    """No other sandbox will ever know it."""
    state = PredictionState(id="abcd1234efgh", status="processing")
    session.store.put(left_behind(11, state=state, origin="sandbox", root="http://127.0.0.1:1/x"))
    session.use_sandbox(foreign_service.url)
    assert isinstance(session.get("abcd1234").exception(), errors.OutputExpiredError)
    session.store.forget("c" * 32)
    assert session.store.get("c" * 32) is None
    assert foreign_service.requests == []


@pytest.mark.parametrize(
    "better", [record(key="c" * 32), left_behind(11, state=PredictionState(id="abcd1234efgh"))]
)
def test_an_end_does_not_replace_what_is_known_better(session, better):
    """What another kernel has written meanwhile stays."""
    session.store.put(better)
    session.store.end(replace(left_behind(11), finished=True))
    assert session.store.get("c" * 32) == better


# -- a cancel ------------------------------------------------------------------------------------


def test_only_the_service_may_charge_what_was_canceled() -> None:
    """Of the sandbox nothing is said of charges; eight characters name the prediction."""
    said = str(canceled_error(record("processing")))
    assert "the service has no cancel, so it may still finish and be charged" in said
    assert "`%comet resume abcd1234`" in said
    drawn = canceled_error(record("processing", origin="sandbox"))
    assert drawn.cause == "stopped waiting for abcd1234; the sandbox may still finish it"
