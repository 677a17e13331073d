"""Taken up again: what becomes of every state that an earlier kernel may have left."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from support.foreign_service import Fault

from comet_jupyter import errors
from comet_jupyter.engine import background
from comet_jupyter.record import Failure, Record
from comet_jupyter.store import Holder
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

SCHNELL = "black-forest-labs/flux-schnell"
KEY = "c" * 32
ID = "foreign0000000000000000000"


@pytest.fixture
def service(foreign_service):
    """The service, which has made one prediction for a kernel that is no more."""
    foreign_service.questions = 1
    foreign_service._create(SCHNELL, {"input": {"prompt": "a boat", "seed": 7}})
    return foreign_service


@pytest.fixture
def leave(service, session):
    """Puts the record into the store as the earlier kernel left it; gives its name."""

    def leave(status: str = "processing", **fields: Any) -> str:
        state = {"id": ID, "status": status, **fields.pop("state", {})}
        record = Record(
            key=KEY,
            request=PredictionRequest(SCHNELL, {"prompt": "a boat", "seed": 7}),
            submitted_at=datetime.now(timezone.utc) - timedelta(minutes=5),
            state=PredictionState(**state),
            root=service.url + "/replicate/v1",
        )
        session.store.put(replace(record, **fields))
        return KEY

    return leave


def failed(kind: str) -> dict[str, Any]:
    """Fields of a record that ended with an error of this name."""
    return {"finished": True, "failure": Failure(kind, "it went wrong")}


# -- states ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        ("starting", {}),
        ("processing", {}),
        ("succeeded", {}),
        ("processing", failed("StillRunningError")),
        ("processing", failed("PredictionCanceledError")),
        ("processing", failed("CometError")),
    ],
)
def test_what_was_acknowledged_is_followed_to_its_picture(service, session, leave, status, fields):
    """Without a create, whatever was known of it, or stopped it from being followed."""
    prediction = session.get(leave(status, **fields))
    assert prediction.result(30)[0].read() == service.picture(ID)
    kept = session.store.get(ID)
    assert (kept.key, kept.succeeded, kept.notices) == (KEY, True, ())
    assert service.creates == []
    assert session.store.take(Holder.of_this_process(), [KEY]) == {KEY}


def test_a_picture_that_could_not_be_fetched_is_fetched(service, session, leave):
    """The service is not even asked for its state: the link is known, and lives an hour."""
    link = f"{service.url}/files/{ID}.png"
    state = {"output": [link], "outputs": (link,)}
    prediction = session.get(leave("succeeded", state=state, **failed("DownloadError")))
    assert prediction.result(30)[0].read() == service.picture(ID)
    assert [one.path for one in service.requests] == [f"/files/{ID}.png"]


@pytest.mark.parametrize(
    ("status", "fields", "error"),
    [
        ("succeeded", {"state": {"data_removed": True}}, errors.OutputExpiredError),
        ("failed", {"state": {"error": "out of memory"}}, errors.PredictionFailedError),
        ("canceled", {}, errors.PredictionCanceledError),
        ("starting", {"state": {"id": ""}}, errors.UnknownOutcomeError),
    ],
)
def test_what_has_ended_is_told(service, session, leave, status, fields, error):
    """By its own error, without a question to the service, and for good."""
    with pytest.raises(error):
        session.get(leave(status, **fields)).result(30)
    assert session.store.get(KEY).finished
    assert service.requests == []


@pytest.mark.parametrize("kind", ["UnknownOutcomeError", "OutputExpiredError", "ModerationError"])
def test_what_was_at_its_end_stays_there(service, session, leave, kind):
    """Nothing is asked, nothing is written."""
    name = leave("" if kind == "UnknownOutcomeError" else "failed", **failed(kind))
    before = session.store.get(name)
    prediction = session.get(name)
    assert prediction.done()
    assert type(prediction.exception()).__name__ == kind
    assert session.store.get(name) == before
    assert service.requests == []


# -- without what it needs ------------------------------------------------------------------------


def test_without_a_key_it_waits_for_one(service, session, leave, monkeypatch):
    """It stays as it was left, and nobody holds it."""
    name = leave()
    monkeypatch.delenv("COMETAPI_KEY")
    with pytest.raises(errors.KeyMissingError, match=ID):
        session.get(name)
    assert not session.store.get(name).finished
    assert session.unfinished() == []
    monkeypatch.setenv("COMETAPI_KEY", service.key)
    assert session.get(name).result(30)


def test_it_is_only_asked_for_where_it_was_made(service, session, leave, monkeypatch):
    """Another address, and another path at the same one, are refused; nothing is sent there."""
    name = leave()
    monkeypatch.setenv("COMETAPI_BASE_URL", service.url + "/team-b")
    with pytest.raises(errors.SettingsError, match="was made at"):
        session.get(name)
    assert service.requests == []
    monkeypatch.setenv("COMETAPI_BASE_URL", service.url)
    assert session.get(name).result(30)


def test_asked_for_twice_it_is_one(service, session, leave):
    """By key and by id, while it runs and afterwards: one handle, one way to the service."""
    hold = threading.Event()
    service.break_next("GET", Fault(hold=hold))
    first = session.get(leave())
    assert session.get(ID) is first
    assert session.get(ID[:12]) is first
    hold.set()
    first.result(30)
    assert session.get(ID).images[0].read() == first.images[0].read()
    assert sum(one.path.endswith(ID) for one in service.requests) == 1


# -- two kernels ----------------------------------------------------------------------------------


@pytest.fixture
def another(session):
    """A kernel that follows the prediction that was left."""
    other = Holder.of_this_process()

    def follow(name: str) -> Holder:
        session.store.take(other, [name])
        return other

    return follow


def looked_on(session, name: str):
    """The handle of what another kernel follows, as soon as it says so."""
    prediction = session.get(name)
    shown = threading.Event()
    prediction.listen(lambda one: shown.set() if "another kernel" in str(one.record) else None)
    assert shown.wait(30)
    return prediction


def test_a_cancel_names_what_another_kernel_just_learned(service, session, leave, another):
    """The id came between two looks: the service is asked to stop that one."""
    name = leave("starting", state={"id": ""})
    other = another(name)
    prediction = looked_on(session, name)
    acknowledged = replace(
        session.store.get(name), state=PredictionState(id=ID, status="processing")
    )
    session.store.put(acknowledged, holder=other)
    prediction.cancel()
    with pytest.raises(errors.PredictionCanceledError, match=ID[:8]):
        prediction.result(30)
    assert [one.path for one in service.requests] == [f"/replicate/v1/predictions/{ID}/cancel"]
    assert session.store.get(name) == acknowledged


def test_who_stops_looking_on_leaves_it_as_it_is(service, session, leave, another):
    """A cancel before there is an id ends the handle, not what the other kernel follows."""
    name = leave("starting", state={"id": ""})
    other = another(name)
    before = session.store.get(name)
    prediction = looked_on(session, name)
    prediction.cancel()
    with pytest.raises(errors.PredictionCanceledError, match=KEY[:8]):
        prediction.result(30)
    assert session.store.get(name) == before
    assert session.store.held_elsewhere(session.holder, [name]) == {name}
    assert session.store.take(other, [name]) == {name}
    assert service.requests == []


def test_a_lease_that_is_lost_while_polling_is_noticed(service, session, leave, monkeypatch):
    """It looks on from then on, and goes on asking when the other one has gone."""
    monkeypatch.setattr(background, "RENEWAL", 0.02)
    service.questions = 10**6
    name = leave()
    prediction = session.get(name)
    service.wait_for_requests(1)
    other = Holder.of_this_process()
    session.store.release(session.holder, [name])
    while session.store.take(other, [name]) != {name}:  # renewed in between
        session.store.release(session.holder, [name])
    shown = threading.Event()
    prediction.listen(lambda one: shown.set() if "another kernel" in str(one.record) else None)
    assert shown.wait(30)
    service.questions = 1
    assert prediction.running()
    session.store.release(other)
    assert prediction.result(30)[0].read() == service.picture(ID)
    assert service.creates == []


def test_a_handle_that_is_given_up_holds_no_lease(service, session, leave):
    """After the deadline another kernel may follow it at once."""
    service.questions = 10**6
    prediction = session.get(leave())
    service.wait_for_requests(1)
    session.close()
    assert isinstance(prediction.exception(10), errors.StillRunningError)
    assert not session.store.get(KEY).finished
    assert session.store.take(Holder.of_this_process(), [KEY]) == {KEY}
