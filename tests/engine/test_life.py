"""One prediction from the create to the kept file, against services on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.foreign_service import Fault
from support.threads import started

import comet_jupyter
from comet_jupyter import errors
from comet_jupyter.engine import session as sessions
from comet_jupyter.engine.batch import Batch
from comet_jupyter.engine.session import Session
from comet_jupyter.key import Key
from comet_jupyter.wire.client import CREATE_SOCKETS
from comet_jupyter.wire.request import PredictionRequest

SCHNELL = "black-forest-labs/flux-schnell"
BAD_KEY = (
    b'{"error": {"message": "Invalid token (request id: 20260101)", "type": "comet_api_error"}}'
)


def request(prompt: str = "a boat", **more: object) -> PredictionRequest:
    """A complete request with a fixed seed."""
    return PredictionRequest(SCHNELL, {"prompt": prompt, "seed": 7, **more})


# -- the way of a picture ------------------------------------------------------------------


@pytest.mark.parametrize("enveloped", [False, True])
@pytest.mark.parametrize("string_output", [False, True])
def test_any_service_that_keeps_the_contract_works(
    foreign_service, session, enveloped, string_output
):
    """Plain or enveloped, a list or a string: the original's bytes end in the store."""
    foreign_service.enveloped = enveloped
    foreign_service.string_output = string_output
    [prediction] = session.submit(request())
    [image] = prediction.images
    assert image.read() == foreign_service.picture(prediction.id)
    assert image.sha256 == hashlib.sha256(image.read()).hexdigest()
    assert image.path.read_bytes() == image.read()
    assert prediction.status == "succeeded"
    assert prediction.seed == 7
    [create] = foreign_service.creates
    assert create.json == {"input": {"prompt": "a boat", "seed": 7}}


def test_the_sandbox_gives_logs_timings_and_pictures(sandbox, session):
    """Everything a caption needs is there."""
    [prediction] = session.submit(request("a boat at sunrise"))
    [image] = prediction.images
    assert (image.width, image.height) == (1024, 1024)
    assert "Using seed: 7" in prediction.logs
    assert prediction.progress == 1.0
    assert {"queue_time", "run_time", "download_time", "total_time"} <= set(prediction.metrics)
    assert prediction.record.sandbox


def test_the_intent_is_on_disk_before_the_request(foreign_service, session):
    """While the service has not answered, the store names the prediction already."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(1)
    kept = session.store.get(prediction.key)
    assert kept is not None
    assert (kept.status, kept.finished) == ("submitting", False)
    hold.set()
    prediction.result()
    assert session.store.get(prediction.id).succeeded


def test_nothing_is_sent_when_the_intent_cannot_be_written(foreign_service, home, monkeypatch):
    """A store that cannot be written is an error before any request."""
    blocked = home / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("COMET_JUPYTER_HOME", str(blocked / "store"))
    session = Session()
    try:
        with pytest.raises(errors.StoreError):
            session.submit(request())
        assert foreign_service.requests == []
    finally:
        session.close()


def test_without_a_key_nothing_is_sent(foreign_service, session, monkeypatch):
    """The error names both ways on."""
    monkeypatch.delenv("COMETAPI_KEY")
    with pytest.raises(errors.KeyMissingError, match=r"login.*sandbox"):
        session.submit(request())
    assert foreign_service.requests == []


def test_two_identical_requests_in_flight_are_one_create(foreign_service, session):
    """A double click gets the same handle; after the end it is served from the store."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    [first] = session.submit(request())
    [second] = session.submit(request())
    assert first is second
    hold.set()
    first.result()
    [third] = session.submit(request())
    assert third.done()
    assert third.record.origin == "store"
    assert third.images[0].read() == first.images[0].read()
    assert len(foreign_service.creates) == 1


def test_one_batch_may_hold_the_same_request_twice(foreign_service, session):
    """Within one submit each is meant."""
    one, two = session.submit(request(), request())
    Batch([one, two]).result()
    assert one is not two
    assert len(foreign_service.creates) == 2


# -- seeds ------------------------------------------------------------------------------------


def test_every_picture_has_its_own_seed(session):
    """A drawn first seed, then one more for each; given ones stay."""
    plain = PredictionRequest(SCHNELL, {"prompt": "a"})
    assert [r.seed for r in session.complete(plain, 3)] == [1000, 1001, 1002]
    assert [r.seed for r in session.complete(plain, 2, 5)] == [5, 6]
    assert [r.seed for r in session.complete(request())] == [7]


def test_the_last_seed_is_remembered_across_sessions(foreign_service, session):
    """``last`` and ``+1`` go on from the last request, also in a new kernel."""
    plain = PredictionRequest(SCHNELL, {"prompt": "a"})
    with pytest.raises(errors.InputError, match="no last seed"):
        session.complete(plain, 1, "last")
    session.submit(request())[0].result()
    assert session.complete(plain, 1, "last")[0].seed == 7
    other = Session()
    assert [r.seed for r in other.complete(plain, 2, "+1")] == [8, 9]
    other.close()


# -- what goes wrong --------------------------------------------------------------------------


def test_a_lost_answer_is_unknown_and_never_sent_again(foreign_service, session):
    """One POST, an error that says "may have been charged", and a record that keeps it."""
    foreign_service.break_next("POST", Fault(drop=True))
    [prediction] = session.submit(request())
    with pytest.raises(errors.UnknownOutcomeError, match="may have been made and charged"):
        prediction.result()
    assert len(foreign_service.creates) == 1
    assert session.store.get(prediction.key).status == "unknown"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(401, body=BAD_KEY, after_effect=False), errors.AuthenticationError),
        (Fault(503, body=b'{"error": {"code": "model_not_found"}}'), errors.ModelNotFoundError),
        (Fault(403, body=b'{"error": {"code": "insufficient_user_quota"}}'), errors.QuotaError),
        (Fault(301, {"Location": "https://elsewhere.example/"}), errors.WrongAddressError),
        (Fault(429, {"Retry-After": "100000"}), errors.RateLimitError),
    ],
)
def test_a_refused_create_fails_at_once(foreign_service, session, fault, error):
    """With its own class, one POST, and no prediction."""
    foreign_service.break_next("POST", fault)
    [prediction] = session.submit(request())
    with pytest.raises(error) as caught:
        prediction.result()
    assert len(foreign_service.creates) == 1
    assert prediction.status == "refused"
    assert "\n" not in str(caught.value)


def test_trouble_while_polling_never_creates_again(foreign_service, session):
    """Server errors, pages, dropped connections and a rate limit are sat out."""
    foreign_service.break_next(
        "GET",
        Fault(500),
        Fault(drop=True),
        Fault(200, {"Content-Type": "text/html"}, b"<html>proxy</html>"),
        Fault(429, {"Retry-After": "0"}),
    )
    [prediction] = session.submit(request())
    assert len(prediction.result()) == 1
    assert len(foreign_service.creates) == 1


def test_a_failed_prediction_raises_where_its_result_is_used(foreign_service, session):
    """`wait` does not raise, `result` and `images` do, and the handle keeps the story."""
    foreign_service.failure = "CUDA out of memory"
    [prediction] = session.submit(request())
    assert prediction.wait() is prediction
    assert prediction.done()
    with pytest.raises(errors.PredictionFailedError, match="CUDA out of memory"):
        prediction.result()
    with pytest.raises(errors.PredictionFailedError):
        _ = prediction.images
    assert isinstance(prediction.exception(), errors.PredictionFailedError)


def test_a_refused_key_in_mid_run_waits_for_a_new_one(foreign_service, session):
    """Paused with the remedy; a new key goes on with the same prediction."""
    foreign_service.questions = 5
    foreign_service.break_next("GET", *[Fault(401, body=BAD_KEY)] * 2)
    paused = threading.Event()
    [prediction] = session.submit(request())
    prediction.listen(
        lambda p: paused.set() if any("login" in notice for notice in p.record.notices) else None
    )
    assert paused.wait(30)
    foreign_service.wait_for_requests(3)
    session.use_key(Key(foreign_service.key), "test")
    assert len(prediction.result(30)) == 1
    assert len(foreign_service.creates) == 1


def test_a_deadline_stops_waiting_and_keeps_the_id(foreign_service, session):
    """`StillRunningError` is a TimeoutError; asked again, it goes on without a create."""
    foreign_service.questions = 10**6
    [prediction] = session.submit(request(), timeout=0.3)
    with pytest.raises(TimeoutError, match="comet resume"):
        prediction.result()
    assert [r.id for r in session.store.recent(unfinished=True)] == [prediction.id]
    foreign_service.questions = 1
    again = session.get(prediction.id)
    assert len(again.result()) == 1
    assert len(foreign_service.creates) == 1


def test_what_a_timeout_left_is_followed_by_the_same_request(foreign_service, session):
    """It is paid for: no second create. A refresh, and a request without a seed, are new ones."""
    foreign_service.questions = 10**6
    [left] = session.submit(request(), timeout=0.3)
    assert isinstance(left.exception(), errors.StillRunningError)
    [again] = session.submit(request())
    assert again.id == left.id
    assert len(foreign_service.creates) == 1
    foreign_service.questions = 1
    [fresh] = session.submit(request(), cache="refresh")
    assert len(fresh.result()) == len(again.result()) == 1
    assert fresh.id != again.id
    assert len(foreign_service.creates) == 2


def test_wait_with_a_timeout_leaves_it_running(foreign_service, session):
    """The caller stops waiting, the work goes on."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    [prediction] = session.submit(request())
    with pytest.raises(errors.StillRunningError):
        prediction.wait(0.01)
    with pytest.raises(errors.StillRunningError):
        Batch([prediction]).wait(0.01)
    hold.set()
    assert len(prediction.result()) == 1


# -- cancel -----------------------------------------------------------------------------------


def test_a_cancel_says_honestly_that_it_may_be_charged(foreign_service, session):
    """The service has no such route: we stop waiting, and a later look finds the picture."""
    foreign_service.questions = 10**6
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    assert prediction.cancel()
    with pytest.raises(errors.PredictionCanceledError, match="may still finish and be charged"):
        prediction.result()
    assert prediction.cancelled()
    assert not prediction.cancel()
    foreign_service.questions = 1
    assert len(session.get(prediction.id).result()) == 1
    assert len(foreign_service.creates) == 1


def test_a_cancel_before_the_id_is_known_keeps_the_id(foreign_service, session):
    """The create is not torn off, for then nobody would know whether it was charged."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(1)
    prediction.cancel()
    prediction.cancel()
    hold.set()
    assert isinstance(prediction.exception(), errors.PredictionCanceledError)
    assert prediction.id


def test_what_was_not_sent_yet_is_canceled_for_nothing(foreign_service, session):
    """Behind the creates that have all the sockets the next one waits, and is never sent."""
    hold = threading.Event()
    foreign_service.break_next("POST", *[Fault(hold=hold)] * CREATE_SOCKETS)
    batch = session.submit(*(request(seed=number) for number in range(CREATE_SOCKETS + 1)))
    foreign_service.wait_for_requests(CREATE_SOCKETS)
    batch[-1].cancel()
    hold.set()
    with pytest.raises(errors.PredictionCanceledError, match="nothing was charged"):
        batch[-1].result()
    Batch(batch[:-1]).result()
    assert len(foreign_service.creates) == CREATE_SOCKETS


# -- many at once -----------------------------------------------------------------------------


def test_two_hundred_at_once_use_one_thread_and_few_sockets(sandbox, session):
    """One thread more than before, never more than 32 sockets, and all end."""
    before = threading.enumerate()
    sockets_before = open_sockets()
    most = 0
    predictions = session.submit(
        *(request(seed=number, megapixels="0.25") for number in range(200))
    )
    while not all(prediction.done() for prediction in predictions):
        most = max(most, open_sockets() - sockets_before)
        assert started(before) == ["comet_jupyter"]
        predictions[-1]._future.done() or threading.Event().wait(0.01)
    assert all(prediction.record.succeeded for prediction in predictions)
    assert 0 < most <= 32
    assert len({prediction.id for prediction in predictions}) == 200


def open_sockets() -> int:
    """TCP sockets that this process holds."""
    count = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            count += str(descriptor.readlink()).startswith("socket:")
        except OSError:
            continue
    return count


def test_closing_a_session_ends_thread_and_sockets_a_hundred_times(foreign_service):
    """Counts go back to the start; what was in flight says so instead of hanging."""
    Session().close()
    before = (threading.enumerate(), open_sockets())
    for number in range(100):
        session = Session()
        session.submit(request(seed=number))
        session.close()
        if number == 0:
            foreign_service.wait_for_requests(0)
    assert started(before[0]) == []
    assert open_sockets() <= before[1] + 100  # the server's own ends close in their own time


def test_an_abandoned_handle_says_so(foreign_service, session):
    """After an unload the handle ends with a remedy, and the store keeps the prediction open."""
    foreign_service.questions = 10**6
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    session.close()
    with pytest.raises(errors.StillRunningError, match="no longer followed"):
        prediction.result(5)
    assert [r.id for r in Session().store.recent(unfinished=True)] == [prediction.id]


# -- from Python ------------------------------------------------------------------------------


def test_the_python_face(sandbox, session):
    """submit, run, gather, get: the same engine in plain functions."""
    first = comet_jupyter.submit("a boat", model="flux-schnell", seed=1)
    second = comet_jupyter.run("a boat", seed=2)
    batch = comet_jupyter.gather(first, second)
    assert [len(batch), len(batch.images), batch.seeds] == [2, 2, (1, 2)]
    assert batch.status == {"succeeded": 2}
    assert comet_jupyter.get(first.id[:10]).record == first.record
    with pytest.raises(errors.UnknownNameError, match="flux-schnell"):
        comet_jupyter.submit("a boat", model="flux-schnel")


def test_predictions_are_awaitable_on_any_loop(sandbox, session):
    """Also several, and canceling the waiting task cancels nothing else."""

    async def main() -> tuple[int, int]:
        prediction = comet_jupyter.submit("a boat", seed=1)
        waiting = asyncio.ensure_future(_await(prediction))
        await asyncio.sleep(0)
        waiting.cancel()
        one = await prediction
        batch = Batch(session.submit(request(seed=2), request(seed=3)))
        return len(one), len(await batch)

    assert asyncio.run(main()) == (1, 2)


async def _await(prediction):
    return await prediction


def test_callbacks_come_once_when_all_is_done(sandbox, session):
    """For a prediction and for a batch, also when it was done already."""
    calls: list[object] = []
    batch = Batch(session.submit(request(seed=1), request(seed=2)))
    batch.add_done_callback(calls.append)
    batch.wait()
    batch[0].add_done_callback(calls.append)
    batch.add_done_callback(calls.append)
    assert sorted(map(type, calls), key=str) == [Batch, Batch, type(batch[0])]


def test_handles_can_be_waited_for_by_many_threads(sandbox, session):
    """Eight threads wait for one prediction and get the same pictures."""
    [prediction] = session.submit(request())
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: prediction.result(), range(8)))
    assert len({id(images[0]) for images in results}) == 1


def test_a_record_survives_json(sandbox, session):
    """What the store and the notebook keep can be read back whole."""
    [prediction] = session.submit(request())
    prediction.result()
    record = prediction.record
    assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record
    assert "root" not in record.public()


# -- odd outputs and odd ends --------------------------------------------------------------------


def test_outputs_that_are_no_pictures_are_kept_as_files(sandbox, session):
    """A video, an SVG and a text are saved and offered; they are no images."""
    for word, media_type in (
        ("[video]", "video/mp4"),
        ("[svg]", "image/svg+xml"),
        ("[text]", "text/plain"),
    ):
        [prediction] = session.submit(request(f"a boat {word}"))
        [file] = prediction.files
        assert (prediction.images, file.media_type) == ((), media_type)
        assert file.path.read_bytes() == file.read()


def test_inline_outputs_are_kept_once(sandbox, session):
    """A ``data:`` output becomes a file; the record does not hold its bytes a second time."""
    [prediction] = session.submit(request("a boat [datauri]"))
    assert len(prediction.images) == 1
    assert len(json.dumps(prediction.record.to_dict())) < 10_000


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("[fail]", errors.PredictionFailedError),
        ("[nsfw]", errors.ModerationError),
        ("[abort]", errors.PredictionCanceledError),
        ("[cancel]", errors.PredictionCanceledError),
        ("[gone]", errors.OutputExpiredError),
        ("[expired]", errors.OutputExpiredError),
        ("[truncated]", errors.DownloadError),
        ("[notanimage]", errors.DownloadError),
        ("[lost]", errors.UnknownOutcomeError),
    ],
)
def test_every_bad_end_is_one_line_with_a_remedy(sandbox, session, word, error):
    """Its own class, cause first, then what to do; and the store can tell it again."""
    [prediction] = session.submit(request(f"a boat {word}"))
    with pytest.raises(error) as caught:
        prediction.result(60)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    again = session.store.get(prediction.key).failure
    assert again.kind == type(caught.value).__name__


@pytest.mark.parametrize(
    "word", ["[empty]", "[429]", "[busy]", "[flaky]", "[404]", "[enveloped]", "[object]", "[noisy]"]
)
def test_passing_trouble_ends_in_a_picture(sandbox, session, word):
    """Late output, rate limits, server errors, a 404 at first, odd shapes: all sat out."""
    [prediction] = session.submit(request(f"a boat {word}"))
    assert len(prediction.result(60)) == 1


def test_a_dead_background_thread_is_reported_and_nothing_hangs(foreign_service, session):
    """The handle in flight ends, the next call says what happened and how to go on."""
    foreign_service.questions = 10**6
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    session.background.call(lambda: (_ for _ in ()).throw(SystemExit("a bug")))
    with pytest.raises(errors.StillRunningError):
        prediction.result(10)
    with pytest.raises(errors.CometError, match=r"background thread has ended.*a bug"):
        session.submit(request(seed=8))
    sessions.close()
    foreign_service.questions = 1
    assert len(comet_jupyter.run("a boat", seed=9).images) == 1


def test_pictures_survive_a_store_that_fails_later(foreign_service, session):
    """Disk full after the create: shown from memory, with a notice, and nothing is lost."""
    hold = threading.Event()
    foreign_service.break_next("GET", Fault(hold=hold))
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    files = session.store.home / "files"
    files.mkdir(exist_ok=True)
    files.rmdir()
    files.write_text("in the way")
    hold.set()
    [image] = prediction.result(30)
    assert image.path is None
    assert image.read() == foreign_service.picture(prediction.id)
    assert any("memory only" in notice for notice in prediction.record.notices)


def test_awaiting_a_batch_waits_for_all_before_it_raises(foreign_service, session):
    """As `result` does: the failure of the first does not hide that the second still runs."""
    hold = threading.Event()
    batch = Batch(session.submit(request(seed=1), request(seed=2)))
    foreign_service.failure = "out of memory"
    foreign_service.break_next("GET", Fault(hold=hold))

    async def wait() -> None:
        waiting = asyncio.ensure_future(_await(batch))
        ends = [asyncio.ensure_future(prediction.ended()) for prediction in batch]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        assert not waiting.done()
        hold.set()
        with pytest.raises(errors.PredictionFailedError):
            await waiting
        assert batch.done()

    asyncio.run(wait())


def test_a_callback_that_waits_is_told_instead_of_hanging(foreign_service, session):
    """Callbacks run on the thread that does the work: waiting there would stop everything."""
    hold = threading.Event()
    foreign_service.questions = 1
    [first] = session.submit(request(seed=1))
    first.wait()
    foreign_service.break_next("POST", Fault(hold=hold))
    [second] = session.submit(request(seed=2))
    caught: list[BaseException] = []

    def wait_there() -> None:
        try:
            second.wait()
        except errors.CometError as error:
            caught.append(error)
        finally:
            hold.set()

    session.background.call(wait_there)
    assert len(second.result(30)) == 1
    assert "a callback cannot wait" in str(caught[0])
