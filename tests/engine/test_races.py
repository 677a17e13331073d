"""What may happen between two steps: late callbacks, cancels while waiting, a store that goes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.foreign_service import Fault, ForeignService

from comet_jupyter import errors
from comet_jupyter.engine import schedule
from comet_jupyter.engine.batch import Batch
from comet_jupyter.engine.run_times import RunTimes
from comet_jupyter.engine.session import Session
from comet_jupyter.key import Key
from comet_jupyter.record import Failure, Record
from comet_jupyter.wire.client import CREATE_SOCKETS
from comet_jupyter.wire.request import PredictionRequest

SCHNELL = "black-forest-labs/flux-schnell"


def request(prompt: str = "a boat", **more: object) -> PredictionRequest:
    """A complete request with a fixed seed."""
    return PredictionRequest(SCHNELL, {"prompt": prompt, "seed": 7, **more})


# -- the thread --------------------------------------------------------------------------------


def test_after_the_thread_died_nothing_is_promised(foreign_service, session):
    """Each submit says so, an identical one too; no intent is left behind that nobody sends."""
    session.submit(request(seed=1))[0].result()

    def die() -> None:
        raise SystemExit("a bug")

    session.background.call(die)
    session._background._runner._thread.join(10)
    for _ in range(2):
        with pytest.raises(errors.CometError, match="background thread has ended"):
            session.submit(request(seed=2))
    assert session.unfinished() == []
    assert session.store.recent(unfinished=True) == []


def test_a_coroutine_that_swallows_a_cancel_does_not_keep_the_thread(foreign_service, session):
    """`wait_for` of Python 3.10 and 3.11 loses a cancel that meets a result."""
    foreign_service.questions = 10**6
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    started = threading.Event()

    async def stubborn() -> None:
        started.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(3600)

    session.background.spawn(stubborn)
    assert started.wait(10)
    thread = session._background._runner._thread
    session.close()
    assert not thread.is_alive()
    with pytest.raises(errors.StillRunningError):
        prediction.result(5)


# -- callbacks ---------------------------------------------------------------------------------


def test_a_prediction_can_be_taken_up_again_in_its_own_callback(foreign_service, session):
    """The new handle is in flight, can be canceled, and is told when the session ends."""
    foreign_service.questions = 10**6
    again: list = []
    came = threading.Event()

    def take_up(prediction) -> None:
        again.append(session.get(prediction.id))
        came.set()

    [prediction] = session.submit(request(), timeout=0.3)
    prediction.add_done_callback(take_up)
    assert came.wait(10)
    before = len(foreign_service.requests)
    foreign_service.wait_for_requests(before + 1)
    assert session.unfinished() == again
    assert again[0].cancel()
    assert isinstance(again[0].exception(10), errors.PredictionCanceledError)


# -- cancel ------------------------------------------------------------------------------------


def test_a_rate_limit_can_be_canceled(foreign_service, session):
    """While nothing is under way a cancel ends it at once, and nothing was charged."""
    foreign_service.break_next("POST", Fault(429, {"Retry-After": "100"}))
    waiting = threading.Event()
    [prediction] = session.submit(request())
    prediction.listen(lambda p: waiting.set() if p.record.notices else None)
    assert waiting.wait(10)
    prediction.cancel()
    with pytest.raises(errors.PredictionCanceledError, match="nothing was charged"):
        prediction.result(10)
    assert len(foreign_service.creates) == 1


def test_what_waits_for_its_turn_is_canceled_at_once(foreign_service, session):
    """Without waiting for the creates before it, which may take a minute each."""
    hold = threading.Event()
    foreign_service.break_next("POST", *[Fault(hold=hold)] * CREATE_SOCKETS)
    batch = session.submit(*(request(seed=number) for number in range(CREATE_SOCKETS + 3)))
    foreign_service.wait_for_requests(CREATE_SOCKETS)
    try:
        batch[-2].cancel()
        with pytest.raises(errors.PredictionCanceledError, match="nothing was charged"):
            batch[-2].result(10)
        assert batch[-1].running()
    finally:
        hold.set()
    Batch([*batch[:-2], batch[-1]]).result(30)
    assert len(foreign_service.creates) == CREATE_SOCKETS + 2


# -- deadline ----------------------------------------------------------------------------------


def test_a_pause_of_the_service_does_not_outlast_the_deadline(foreign_service, session):
    """``--timeout`` holds while a rate limit on questions is sat out."""
    foreign_service.break_next("GET", *[Fault(429, {"Retry-After": "100"})] * 3)
    [prediction] = session.submit(request(), timeout=1.0)
    with pytest.raises(errors.StillRunningError, match="is still"):
        prediction.result(10)
    assert prediction.done()


def test_a_long_time_without_network_is_no_error():
    """Delays stop growing, and so do the numbers they are made of."""
    delays = [schedule.retry_delay(troubles) for troubles in (1, 2, 3, 4, 5, 6, 5000)]
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


# -- the store ---------------------------------------------------------------------------------


def test_a_store_that_goes_away_costs_no_picture(foreign_service, session):
    """Paid for is paid for: without a store the picture is held in memory."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(1)
    home: Path = session.store.home
    home.rename(home.with_name("moved"))
    home.write_text("in the way")
    hold.set()
    [image] = prediction.result(30)
    assert image.read() == foreign_service.picture(prediction.id)
    assert any("memory only" in notice for notice in prediction.record.notices)


def test_what_is_known_in_memory_is_not_asked_for_again(foreign_service, session):
    """When the end could not be written, `get` gives the handle that has it."""
    [prediction] = session.submit(request())
    prediction.result(30)
    session.store.put(replace(prediction.record, finished=False))
    assert session.get(prediction.id) is prediction


def test_a_record_that_cannot_be_written_keeps_nobody_waiting(foreign_service, session):
    """Whatever the database raises: a StoreError for those who wait, and the next is kept."""
    [prediction] = session.submit(request())
    prediction.result(30)
    ended: list[object] = []
    done = threading.Event()

    async def save() -> None:
        for root in ("\ud800", ""):
            state = replace(prediction.record.state, status=root)
            try:
                await session.keeper.save(replace(prediction.record, state=state))
                ended.append("saved")
            except errors.StoreError as error:
                ended.append(error)
        done.set()

    session.background.spawn(save)
    assert done.wait(10)
    assert isinstance(ended[0], errors.StoreError)
    assert ended[1] == "saved"


@pytest.mark.parametrize("kind", ["CometError", "StillRunningError", "DownloadError"])
def test_what_was_paid_for_can_be_taken_up_again(foreign_service, session, kind):
    """After a defect of ours, a deadline or a broken download: no create, the same picture."""
    [prediction] = session.submit(request())
    prediction.result(30)
    broken = replace(prediction.record, files=(), failure=Failure(kind, "broken"))
    session.store.put(broken)
    other = Session()
    try:
        assert len(other.get(prediction.id).result(30)) == 1
    finally:
        other.close()
    assert len(foreign_service.creates) == 1


def test_a_record_of_a_newer_version_is_read(foreign_service, session):
    """Unknown names are ignored, those of its files and its failure too."""
    [prediction] = session.submit(request())
    prediction.result(30)
    newer = prediction.record.to_dict()
    newer["files"][0]["colour_space"] = "srgb"
    newer["failure"] = {"kind": "CometError", "cause": "broken", "code": 7}
    newer["mood"] = "calm"
    read = Record.from_dict(newer)
    assert read.files == prediction.record.files
    assert read.failure == Failure("CometError", "broken")


def test_what_an_ended_sandbox_has_not_drawn_is_gone(foreign_service, session, monkeypatch):
    """A new sandbox has another address: that is no wrong setting of the user's."""
    foreign_service.questions = 10**6
    monkeypatch.setenv("COMETAPI_BASE_URL", "http://127.0.0.1:10")
    session.use_sandbox(foreign_service.url)
    foreign_service.key = "sandbox-needs-no-key"
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    session.close()
    other = Session()
    try:
        with pytest.raises(errors.SettingsError, match="comet sandbox"):
            other.get(prediction.id)
        other.use_sandbox("http://127.0.0.1:9")
        with pytest.raises(errors.OutputExpiredError, match="sandbox that has ended"):
            other.get(prediction.id).result(5)
    finally:
        other.close()


# -- keys --------------------------------------------------------------------------------------


def test_a_key_goes_to_its_own_service_only(foreign_service, session):
    """What is in flight keeps its key when the settings go to another service."""
    foreign_service.questions = 10**6
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    with ForeignService() as other:
        other.key = "sandbox-needs-no-key"
        session.use_sandbox(other.url)
        foreign_service.questions = 1
        assert len(prediction.result(10)) == 1
        assert len(session.submit(request(seed=8))[0].result(10)) == 1
        sent = {r.headers["authorization"] for r in other.requests if "authorization" in r.headers}
        assert sent == {f"Bearer {other.key}"}
    sent = {
        r.headers["authorization"] for r in foreign_service.requests if "authorization" in r.headers
    }
    assert sent == {f"Bearer {foreign_service.key}"}


def test_a_typed_key_survives_the_sandbox(foreign_service, session, monkeypatch):
    """Before or during the sandbox: it is there again afterwards, and the sandbox never has it."""
    monkeypatch.delenv("COMETAPI_KEY")
    session.use_key(Key(foreign_service.key), "%comet login")
    session.use_sandbox("http://127.0.0.1:9")
    session.use_key(Key(foreign_service.key), "%comet login")
    assert session.settings.key.value != Key(foreign_service.key)
    session.use_sandbox(None)
    assert session.settings.key.value == Key(foreign_service.key)


def test_a_setting_typed_wrong_now_ends_nothing_that_is_under_way(
    foreign_service, session, monkeypatch
):
    """The prediction in flight keeps its service and its key."""
    foreign_service.questions = 10**6
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    monkeypatch.setenv("COMETAPI_BASE_URL", "ftp://somewhere")
    before = len(foreign_service.requests)
    foreign_service.wait_for_requests(before + 2)
    foreign_service.questions = 1
    assert len(prediction.result(30)) == 1


def test_a_setting_typed_wrong_leaves_the_usual_run_times(foreign_service, session, monkeypatch):
    """Also where nothing of the model was read from the store before; later it is."""
    session.submit(request())[0].result()
    record = session.store.recent(1)[0]
    times = RunTimes(lambda: session.store)
    monkeypatch.setenv("COMETAPI_BASE_URL", "ftp://somewhere")
    usual = times.of(record)
    assert usual
    monkeypatch.delenv("COMETAPI_BASE_URL")
    assert len(times.of(record)) == len(usual) + 1


def test_a_cancel_of_a_silent_service_ends_soon(foreign_service, session):
    """It is asked once to stop, and not waited for."""
    hold = threading.Event()
    foreign_service.questions = 10**6
    [prediction] = session.submit(request())
    foreign_service.wait_for_requests(2)
    foreign_service.break_next("POST", Fault(hold=hold))
    begun = time.monotonic()
    prediction.cancel()
    try:
        assert isinstance(prediction.exception(20), errors.PredictionCanceledError)
    finally:
        hold.set()
    assert time.monotonic() - begun < 20


def test_an_installation_that_is_broken_keeps_nobody_waiting(foreign_service):
    """What cannot be imported in the background ends the handle, and nothing is sent."""
    code = (
        "import sys\n"
        "sys.modules['httpx'] = None\n"
        "import comet_jupyter\n"
        "try:\n"
        "    comet_jupyter.submit('a boat').result(20)\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("CometError"), done.stderr
    assert "httpx" in done.stdout
    assert "nothing was sent" in done.stdout
    assert foreign_service.requests == []


def test_a_fork_that_ends_leaves_the_sandbox_to_its_parent(home):
    """The child neither ends the sandbox nor waits for it."""
    code = (
        "import os, sys, time\n"
        "from comet_jupyter.engine.session import Session\n"
        "from comet_jupyter.notebook import local_sandbox\n"
        "session = Session()\n"
        "local_sandbox.start(session)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    sys.exit(7)\n"
        "deadline = time.monotonic() + 15\n"
        "ended = (0, 0)\n"
        "while not ended[0] and time.monotonic() < deadline:\n"
        "    ended = os.waitpid(child, os.WNOHANG)\n"
        "    time.sleep(0.05)\n"
        "print(os.waitstatus_to_exitcode(ended[1]) if ended[0] else 'hangs')\n"
        "print('answers' in session.reach())\n"
        "ended[0] or os.kill(child, 9)\n"
        "session.close()\n"
        "local_sandbox.stop(session)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["7", "True"], done.stderr
