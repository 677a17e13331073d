"""Earlier results in the place of new ones: from the store, and from a recording."""

from __future__ import annotations

import _thread
import itertools
import json
import os
import shutil
import socket
import threading
from pathlib import Path

import pytest
from support.foreign_service import Fault
from support.png import png
from support.threads import started

from comet_jupyter import errors
from comet_jupyter.engine import session as sessions
from comet_jupyter.engine.choices import SANDBOX_KEY
from comet_jupyter.engine.occurrences import NOWHERE, Occurrences, Place
from comet_jupyter.engine.recorder import Use, Uses
from comet_jupyter.engine.session import Session
from comet_jupyter.store.identity import request_hash
from comet_jupyter.store.recording.folder import only_writer
from comet_jupyter.store.recording.names import entry_name
from comet_jupyter.wire.request import PredictionRequest

SCHNELL = "black-forest-labs/flux-schnell"
NO_SEED = "somebody/draws-its-own"
"""A model without a schema here: no seed is drawn for it."""


@pytest.fixture
def foreign_service(foreign_service):
    """The service, which has finished a prediction when it is asked for the first time."""
    foreign_service.questions = 1
    return foreign_service


@pytest.fixture(autouse=True)
def beside(tmp_path, monkeypatch) -> Path:
    """The notebook's folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def request(prompt: str = "a boat", seed: int | None = 7, **more: object) -> PredictionRequest:
    """A request; without a seed, one that was not completed yet."""
    given = {"prompt": prompt, **more}
    return PredictionRequest(SCHNELL, given if seed is None else {**given, "seed": seed})


def make(session, *requests, **options):
    """Completes the requests, submits them and waits for the pictures."""
    complete = [one for asked in requests for one in session.complete(asked)]
    predictions = session.submit(*complete, **options)
    for prediction in predictions:
        prediction.result()
    return predictions


@pytest.fixture
def new_session(monkeypatch, homes):
    """Makes sessions as of other machines: an own store each, and other seeds drawn."""
    made = []

    def begin(*, key: bool = False) -> Session:
        number = len(made)
        monkeypatch.setenv("COMET_JUPYTER_HOME", str(homes / f"reader-{id(made)}-{number}"))
        if not key:
            for name in ("COMETAPI_KEY", "COMETAPI_BASE_URL"):
                monkeypatch.delenv(name, raising=False)
        seeds = itertools.count(5000 + 100 * number)
        session = Session(draw=lambda below: next(seeds))
        sessions.use(session)
        made.append(session)
        return session

    yield begin
    sessions.close()


# -- from the store ------------------------------------------------------------------------------


def test_an_identical_request_is_served_free(foreign_service, session):
    """Done at once, the same bytes, another spelling of numbers and order; one create."""
    [first] = make(session, request(guidance=3, go_fast=True))
    again = PredictionRequest(
        SCHNELL, {"go_fast": True, "seed": 7, "guidance": 3.0, "prompt": "a boat"}
    )
    [second] = session.submit(again)
    assert second.done()
    assert (second.record.origin, second.cost, second.id) == ("store", 0.0, first.id)
    assert second.images[0].read() == first.images[0].read()
    assert len(foreign_service.creates) == 1
    assert session.tally.served == 1


@pytest.mark.parametrize("changed", [{"prompt": "a boat "}, {"seed": 8}, {"go_fast": True}])
def test_any_other_request_is_made(foreign_service, session, changed):
    """One blank, another seed, an input more."""
    make(session, request())
    make(session, request(**changed))
    assert len(foreign_service.creates) == 2


def test_without_a_seed_a_new_picture_is_made(foreign_service, session):
    """A drawn seed is not asked for: another one is drawn, and nothing is served."""
    [first] = make(session, request(seed=None))
    [second] = make(session, request(seed=None))
    assert (first.seed, second.seed) == (1000, 1001)
    assert len(foreign_service.creates) == 2


def test_a_drawn_seed_that_is_asked_for_later_is_served(foreign_service, session):
    """What was sent is the same, so it is paid for once; the second of its kind is made."""
    [first] = make(session, request(seed=None))
    [asked] = make(session, request(seed=first.seed))
    assert (asked.record.origin, asked.id) == ("store", first.id)
    assert len(foreign_service.creates) == 1
    asked, second = session.submit(*[request(seed=first.seed)] * 2)
    second.result()
    assert (asked.id == first.id, second.id == first.id) == (True, False)
    assert len(foreign_service.creates) == 2


@pytest.mark.parametrize("later", [False, True])
def test_both_requests_for_a_drawn_seed_are_recorded(
    foreign_service, session, beside, new_session, later
):
    """The cell that drew it and the one that gives it are replayed, whenever recording began."""
    if not later:
        session.record_to(beside / "recording")
    [first] = make(session, request(seed=None))
    make(session, request(seed=first.seed))
    if later:
        assert session.record_to(beside / "recording") == 2
    reader = new_session()
    [drawn] = make(reader, request(seed=None))
    [asked] = make(reader, request(seed=first.seed))
    assert (drawn.id, asked.id) == (first.id, first.id)
    assert (drawn.record.origin, asked.record.origin) == ("replay", "replay")
    assert len(foreign_service.creates) == 1


def test_a_drawn_seed_is_served_for_nothing_else(foreign_service, session):
    """Other words, another seed, one that no database holds, or `off`."""
    [first] = make(session, request(seed=None))
    make(session, request("a hut", seed=first.seed))
    make(session, request(seed=first.seed + 1))
    make(session, request(seed=2**70))
    [off] = make(session, request("a cat", seed=None), cache="off")
    make(session, request("a cat", seed=off.seed))
    assert len(foreign_service.creates) == 6


def test_no_more_is_made_than_was_agreed_to(foreign_service, session):
    """What was to be served may be gone when it is submitted: then nothing is sent."""
    [kept] = make(session, request())
    wanted = [request(), request("a hut")]
    assert session.foresee(*wanted) == [True, False]
    file = kept.record.files[0]
    _, path = session.store.files.find(file.sha256)
    path.unlink()
    with pytest.raises(errors.CostLimitError, match="2 pictures would be made, and 1"):
        session.submit(*wanted, at_most=1)
    assert len(foreign_service.creates) == 1
    session.submit(*wanted, at_most=2)[1].result()
    assert len(foreign_service.creates) == 3


def test_refresh_makes_what_is_served_from_then_on(foreign_service, session):
    """And off makes a picture that never is."""
    [first] = make(session, request())
    [fresh] = make(session, request(), cache="refresh")
    [off] = make(session, request(), cache="off")
    [served] = make(session, request())
    assert len({first.id, fresh.id, off.id}) == 3
    assert served.id == fresh.id
    assert len(foreign_service.creates) == 3


def test_identical_requests_of_one_submission_are_each_meant(foreign_service, session):
    """Two are made; asked again, both are served, each as itself."""
    made = make(session, request(), request())
    again = session.submit(request(), request())
    assert [one.id for one in again] == [one.id for one in made]
    assert len({one.id for one in made}) == 2
    assert len(foreign_service.creates) == 2


def test_what_is_in_flight_is_not_made_twice_beside_what_is_served(foreign_service, session):
    """Of two that were meant one is there and one on its way: run again, neither is sent."""
    hold, one_is_done = threading.Event(), threading.Event()
    foreign_service.break_next("POST", Fault(), Fault(hold=hold))
    both = session.submit(request(), request())
    for prediction in both:
        prediction.add_done_callback(lambda _: one_is_done.set())
    try:
        assert one_is_done.wait(30)
        for before, again in zip(both, session.submit(request(), request()), strict=True):
            if before.running():
                assert again is before
            else:
                assert (again.record.origin, again.id) == ("store", before.id)
    finally:
        hold.set()
    for prediction in both:
        prediction.result(30)
    assert len(foreign_service.creates) == 2


def test_a_new_kernel_is_served_too(foreign_service, session):
    """The store outlives the session."""
    [first] = make(session, request())
    other = Session()
    sessions.use(other)
    [second] = other.submit(request())
    assert second.done()
    assert second.id == first.id
    assert len(foreign_service.creates) == 1


def test_a_picture_that_changed_on_disk_is_made_anew(foreign_service, session):
    """And the new one says why."""
    [first] = make(session, request())
    first.images[0].path.write_bytes(png())
    [second] = make(session, request())
    assert second.id != first.id
    assert any("has changed on disk" in notice for notice in second.record.notices)
    assert len(foreign_service.creates) == 2


def test_a_replay_says_that_its_picture_is_damaged(foreign_service, session):
    """Not that there never was one."""
    [first] = make(session, request())
    first.images[0].path.write_bytes(png())
    with pytest.raises(errors.NotRecordedError, match="has changed on disk"):
        session.submit(request(), cache="replay")


def test_a_failure_is_not_served(foreign_service, session):
    """The next try is a try."""
    foreign_service.failure = "the model failed"
    [failed] = session.submit(request())
    assert isinstance(failed.exception(), errors.PredictionFailedError)
    foreign_service.failure = ""
    make(session, request())
    assert len(foreign_service.creates) == 2


def test_a_drawing_of_the_sandbox_never_stands_in_for_the_service(foreign_service, session):
    """Whoever has a key gets a picture of the service."""
    key, foreign_service.key = foreign_service.key, SANDBOX_KEY
    session.use_sandbox(foreign_service.url)
    [drawn] = make(session, request())
    assert drawn.record.sandbox
    foreign_service.key = key
    session.use_sandbox(None)
    [made] = make(session, request())
    assert not made.record.sandbox
    assert len(foreign_service.creates) == 2


def test_replay_serves_the_store_and_makes_nothing(foreign_service, session, monkeypatch):
    """Also without a key; what is not there is an error, and nothing is sent."""
    [first] = make(session, request())
    monkeypatch.delenv("COMETAPI_KEY")
    [second] = session.submit(request(), cache="replay")
    assert second.id == first.id
    sent = len(foreign_service.requests)
    with pytest.raises(errors.NotRecordedError, match="no earlier result"):
        session.submit(request("a plane"), cache="replay")
    assert len(foreign_service.requests) == sent


def test_without_a_key_what_is_stored_is_served(foreign_service, session, monkeypatch):
    """And the rest needs one."""
    make(session, request())
    monkeypatch.delenv("COMETAPI_KEY")
    assert session.submit(request())[0].done()
    with pytest.raises(errors.KeyMissingError):
        session.submit(request("a plane"))


def test_an_unknown_cache_is_refused(foreign_service, session):
    """Before anything is sent."""
    with pytest.raises(errors.InputError, match="no cache 'sometimes'"):
        session.submit(request(), cache="sometimes")
    assert foreign_service.requests == []


# -- the how manieth of its kind -----------------------------------------------------------------


def numbered(counted, hashes, place=NOWHERE):
    """The turns of what is submitted."""
    turns = counted.turns(hashes, place)
    for name, repeatable in hashes:
        if not repeatable:
            counted.take(name, place)
    return turns


def test_a_cell_that_runs_again_has_its_numbers_again() -> None:
    """Others have the next ones; what has no cell is counted on; seeds count by themselves."""
    counted = Occurrences()
    first, second = Place("a", "1"), Place("b", "2")
    again = Place("a", "3")
    assert numbered(counted, [("x", False), ("x", False)], first) == [(1, False), (2, False)]
    assert numbered(counted, [("x", False)], second) == [(3, False)]
    assert numbered(counted, [("x", False), ("y", False)], again) == [(1, True), (1, False)]
    assert numbered(counted, [("x", False)], again) == [(2, True)]
    assert numbered(counted, [("x", False)]) == [(4, False)]
    assert numbered(counted, [("x", True), ("x", True)]) == [(1, False), (2, False)]
    assert numbered(counted, [("x", True)]) == [(1, False)]


def test_what_was_not_submitted_is_not_counted() -> None:
    """A cell that was refused, or only looked ahead, has not run before."""
    counted = Occurrences()
    for _ in range(2):
        assert counted.turns([("x", False)], Place("a", "1")) == [(1, False)]
        assert counted.turns([("x", False)]) == [(1, False)]


# -- a recording ---------------------------------------------------------------------------------


def run_notebook(session):
    """What a notebook asks for: a seed, none, two at once, the next seed, and the first again."""
    made = [
        *make(session, request()),
        *make(session, request(seed=None)),
        *make(session, request(seed=None)),
        *make(session, request("a lighthouse"), request("a lighthouse", 8)),
        *make(session, request()),
    ]
    last = session.complete(request("a plane", None), 1, "+1")
    return [*made, *make(session, *last)]


def bytes_of(predictions):
    """The bytes of all their pictures, and how they were made."""
    return [(one.id, one.seed, [image.read() for image in one.images]) for one in predictions]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_recording_gives_the_same_pictures(foreign_service, session, new_session, beside, when):
    """Elsewhere, without key, store and service; recorded before or after they are made."""
    if when == "before":
        assert session.record_to(beside / "kept") == 0
        made = run_notebook(session)
    else:
        made = run_notebook(session)
        assert session.record_to(beside / "kept") == 6
    reader = new_session()
    reader.replay_from(beside / "kept")
    sent = len(foreign_service.requests)
    threads = threading.enumerate()
    again = run_notebook(reader)
    assert bytes_of(again) == bytes_of(made)
    assert {one.record.origin for one in again} == {"replay"}
    assert started(threads) == []
    assert len(foreign_service.requests) == sent
    assert bytes_of(run_notebook(reader)) == bytes_of(again)


def test_a_replay_opens_no_socket(foreign_service, session, new_session, beside, monkeypatch):
    """Control: a request that is made opens one."""
    session.record_to(beside / "kept")
    made = make(session, request())
    reader = new_session()
    reader.replay_from(beside / "kept")
    opened = []
    monkeypatch.setattr(
        socket.socket,
        "connect",
        lambda self, *to: opened.append(to) or (_ for _ in ()).throw(ConnectionAbortedError()),
    )
    assert bytes_of(reader.submit(request())) == bytes_of(made)
    assert opened == []
    with pytest.raises(ConnectionAbortedError):
        socket.create_connection(("127.0.0.1", 9))
    assert opened != []


def test_a_result_is_recorded_before_anybody_knows_of_it(foreign_service, session, beside):
    """Who waits for the last cell may end the kernel at once."""
    session.record_to(beside / "kept")
    seen = []
    [prediction] = session.submit(request())
    prediction.add_done_callback(
        lambda one: seen.extend((beside / "kept").glob("*/prediction.json"))
    )
    prediction.result()
    assert len(list((beside / "kept").glob("*/prediction.json"))) == 1
    sessions.close()
    assert len(seen) == 1


def test_a_miss_names_the_nearest(foreign_service, session, new_session, beside):
    """What was asked, where it was looked for, and what differs from the nearest recorded."""
    session.record_to(beside / "kept")
    make(session, request("a lighthouse on a cliff"), request("seven boats in a harbour"))
    reader = new_session()
    reader.replay_from(beside / "kept")
    with pytest.raises(errors.NotRecordedError) as caught:
        reader.submit(request("a lighthouse on a hill"))
    said = str(caught.value)
    assert "a lighthouse on a hill" in said
    assert "kept" in said
    assert "a lighthouse on a cliff" in said
    assert "boats" not in said
    assert "comet replay off" in said


def test_a_chosen_recording_beats_key_and_cache(foreign_service, session, new_session, beside):
    """Nothing is sent, not even where a cell asks for a new picture, until it is switched off."""
    session.record_to(beside / "kept")
    [made] = make(session, request())
    sent = len(foreign_service.requests)
    owner = new_session(key=True)
    owner.replay_from(beside / "kept")
    for cache in ("auto", "refresh", "off", "replay"):
        assert owner.submit(request(), cache=cache)[0].id == made.id
        with pytest.raises(errors.NotRecordedError):
            owner.submit(request("a plane"), cache=cache)
    assert len(foreign_service.requests) == sent
    owner.replay_from(None)
    make(owner, request("a plane"))
    assert len(foreign_service.requests) > sent


def test_a_recording_beside_the_notebook_is_used(foreign_service, session, new_session, beside):
    """Without a word; what it has not is a miss without a key, and made with one."""
    session.record_to(beside / "kept")
    [made] = make(session, request())
    sent = len(foreign_service.requests)
    reader = new_session()
    assert reader.submit(request())[0].id == made.id
    with pytest.raises(errors.NotRecordedError, match="a plane"):
        reader.submit(request("a plane"))
    assert len(foreign_service.requests) == sent


def test_an_owner_gets_what_is_beside_and_makes_the_rest(
    foreign_service, session, new_session, beside
):
    """With a key: a hit is free, a miss is made, refresh makes it in any case."""
    session.record_to(beside / "kept")
    [made] = make(session, request())
    owner = new_session(key=True)
    assert owner.submit(request())[0].record.origin == "replay"
    make(owner, request("a plane"))
    [fresh] = make(owner, request(), cache="refresh")
    assert fresh.id != made.id
    assert len(foreign_service.creates) == 3


def test_damage_beside_the_notebook_is_told(foreign_service, session, new_session, beside):
    """Without a key it is the error, with one a notice of what was made instead."""
    session.record_to(beside / "kept")
    make(session, request())
    (original,) = (beside / "kept").glob("*/0-*.png")
    original.write_bytes(png())
    [made] = make(new_session(key=True), request())
    assert any(original.name in notice for notice in made.record.notices)
    with pytest.raises(errors.NotRecordedError, match=original.name):
        new_session().submit(request())


def test_more_than_is_recorded_is_a_miss(foreign_service, session, new_session, beside):
    """No picture stands in for two; run again, the notebook still has what it had."""
    session.record_to(beside / "kept")
    made = make_all(session, session.complete(request(seed=None), 2))
    for chosen in (True, False):
        reader = new_session()
        if chosen:
            reader.replay_from(beside / "kept")
        with pytest.raises(errors.NotRecordedError, match="recorded 2 times in kept, not more"):
            reader.submit(*reader.complete(request(seed=None), 3))
        with pytest.raises(errors.NotRecordedError, match="not recorded in kept"):
            reader.submit(request(), request())
        for _ in range(2):
            shown = reader.submit(*reader.complete(request(seed=None), 2))
            assert bytes_of(shown) == bytes_of(made)


def make_all(session, requests, **options):
    """Submits what is complete already and waits for the pictures."""
    predictions = session.submit(*requests, **options)
    for prediction in predictions:
        prediction.result()
    return predictions


def test_what_was_refused_was_not_asked_for(foreign_service, session, new_session, beside):
    """A cell that failed for want of a key is served what is recorded when it has one."""
    session.record_to(beside / "kept")
    [made] = make(session, request(seed=None), place=Place("cell", "1"))
    sent = len(foreign_service.creates)
    key = os.environ["COMETAPI_KEY"], os.environ["COMETAPI_BASE_URL"]
    reader = new_session()
    wanted = [*reader.complete(request(seed=None)), request("a plane")]
    with pytest.raises(errors.NotRecordedError):
        reader.submit(*wanted, place=Place("cell", "1"))
    os.environ["COMETAPI_KEY"], os.environ["COMETAPI_BASE_URL"] = key
    first, second = make_all(reader, wanted, place=Place("cell", "2"))
    assert (first.id, first.record.origin) == (made.id, "replay")
    assert second.record.origin == "service"
    assert len(foreign_service.creates) == sent + 1


def test_what_was_removed_leaves_no_hole(foreign_service, session, new_session, beside):
    """Two cells keep their pictures, for owner and reader, when one before them changes."""
    session.record_to(beside / "kept")
    cells = [Place(cell, cell) for cell in "abc"]
    made = [*make(session, request(seed=None), place=cells[0])]
    made += [*make(session, request(seed=None), place=cells[1])]
    made += [*make(session, request(seed=None), place=cells[2])]
    make(session, request("a plane", seed=None), place=Place("a", "again"))
    sent = len(foreign_service.creates)
    for key in (True, False):
        other = new_session(key=key)
        other.record_to(beside / ("kept" if key else "copy"))
        make(other, request("a plane", seed=None), place=cells[0])
        shown = [make(other, request(seed=None), place=cell)[0] for cell in cells[1:]]
        assert bytes_of(shown) == bytes_of(made[1:])
    assert len(foreign_service.creates) == sent
    assert prompts(beside / "kept") == prompts(beside / "copy") == ["a boat", "a boat", "a plane"]


def test_a_cell_replaces_its_own_picture_only(foreign_service, session, beside):
    """Also where what was recorded afterwards has a hole in its numbers."""
    cells = [Place(cell, cell) for cell in "abc"]
    ids = {cell: make(session, request(seed=None), place=cell)[0].id for cell in cells}
    [plane] = make(session, request("a plane", seed=None), place=Place("a", "again"))
    session.record_to(beside / "kept")
    [again] = make(session, request(seed=None), place=Place("b", "again"))
    assert recorded_ids(beside / "kept") == sorted([plane.id, again.id, ids[cells[2]]])


def recorded_ids(folder: Path) -> list[str]:
    """The ids of what is recorded."""
    return sorted(json.loads(one.read_text())["id"] for one in folder.glob("*/prediction.json"))


def test_a_cell_that_changes_replaces_what_it_recorded(foreign_service, session, beside):
    """The folder holds what the notebook shows; a failed change keeps what was there."""
    kept = beside / "kept"
    session.record_to(kept)
    make(session, request("a boat"), place=Place("cell", "1"))
    make(session, request("a plane"), place=Place("another", "2"))
    foreign_service.failure = "the model failed"
    session.submit(request("a bot"), place=Place("cell", "3"))[0].wait()
    assert prompts(kept) == ["a boat", "a plane"]
    foreign_service.failure = ""
    make(session, request("a big boat"), place=Place("cell", "4"))
    assert prompts(kept) == ["a big boat", "a plane"]
    make(session, request("a boat", seed=None), place=Place("cell", "5"))
    [last] = make(session, request("a boat", seed=None), place=Place("cell", "6"))
    assert prompts(kept) == ["a boat", "a plane"]
    (told,) = [
        json.loads(path.read_text())
        for path in kept.glob("*/prediction.json")
        if json.loads((path.parent / "request.json").read_text())["input"]["prompt"] == "a boat"
    ]
    assert told["id"] == last.id


def test_a_cell_that_failed_loses_nothing(foreign_service, session, beside):
    """What it had stays recorded until it has a new picture, whatever other cells do."""
    kept = beside / "kept"
    session.record_to(kept)
    make(session, request("a boat"), place=Place("cell", "1"))
    foreign_service.failure = "the model failed"
    session.submit(request("a bot"), place=Place("cell", "2"))[0].wait()
    foreign_service.failure = ""
    make(session, request("a plane"), place=Place("another", "3"))
    assert prompts(kept) == ["a boat", "a plane"]
    entry = kept / entry_name(request_hash(request("a ship")), 1)
    entry.write_text("in the way")
    [ship] = make(session, request("a ship"), place=Place("cell", "4"))
    assert any("not recorded" in notice for notice in ship.record.notices)
    assert prompts(kept) == ["a boat", "a plane"]
    entry.unlink()
    make(session, request("a ship"), place=Place("cell", "5"))
    assert prompts(kept) == ["a plane", "a ship"]


def test_recording_once_more_goes_on(foreign_service, session, beside):
    """The cell with the verb runs again: what is replaced afterwards still goes."""
    session.record_to(beside / "kept")
    make(session, request("a boat"), place=Place("cell", "1"))
    assert session.record_to(beside / "kept") == 1
    make(session, request("a plane"), place=Place("cell", "2"))
    assert prompts(beside / "kept") == ["a plane"]


def test_what_ends_while_the_recording_begins_is_recorded(foreign_service, session, beside):
    """From the moment of the verb on."""
    session.record_to(beside / "kept")
    session.record_to(None)
    hold = threading.Event()
    foreign_service.break_next("GET", Fault(hold=hold))
    [late] = session.submit(request("late"))
    foreign_service.wait_for_requests(2)
    make(session, request("early"))
    so_far = len(foreign_service.requests)
    with only_writer(beside / "kept"):
        recording = threading.Thread(target=session.record_to, args=(beside / "kept",))
        recording.start()
        hold.set()
        foreign_service.wait_for_requests(so_far + 1)  # its file
    recording.join()
    late.result(30)
    assert prompts(beside / "kept") == ["early", "late"]


def test_an_interrupt_while_it_is_written_leaves_nothing_behind(foreign_service, session, beside):
    """What was to be made is sent, and followed to its end."""
    make(session, request("a boat"))
    other = Session()
    sessions.use(other)
    other.record_to(beside / "kept")
    so_far = len(foreign_service.requests)

    def interrupt() -> None:
        foreign_service.wait_for_requests(so_far + 1)
        _thread.interrupt_main()

    def submit() -> None:
        other.submit(request("a boat"), request("a plane"))
        interrupting.join()

    interrupting = threading.Thread(target=interrupt)
    with only_writer(beside / "kept"):
        interrupting.start()
        with pytest.raises(KeyboardInterrupt):
            submit()
    for prediction in other.unfinished():
        prediction.result(30)
    assert len(foreign_service.creates) == 2
    assert other.store.recent(unfinished=True) == []
    assert {one.status for one in other.store.recent()} == {"succeeded"}


def test_what_cannot_be_recorded_says_so_when_it_is_served_too(foreign_service, session, beside):
    """The handle of a stored picture has the notice."""
    make(session, request())
    session.record_to(beside / "kept")
    (entry,) = (path.parent for path in (beside / "kept").glob("*/request.json"))
    shutil.rmtree(entry)
    entry.write_text("in the way")
    [served] = session.submit(request())
    assert any("not recorded" in notice for notice in served.record.notices)
    assert served.images[0].read()


def test_uses_do_not_grow_with_the_runs_of_a_cell() -> None:
    """Of each cell the last run counts, without a cell each result once."""
    uses = Uses()
    for run in range(100):
        uses.add(Use(f"key {run}", (f"hash {run}", 1), Place("cell", str(run))))
        uses.add(Use("key", ("hash", 1), NOWHERE))
    assert {use.key for use in uses.all()} == {"key", "key 99"}
    assert uses.of("key 98") == []
    assert len(uses.replaced_in("cell")) == 99
    assert uses.replaced_in("cell") == set()


def prompts(folder: Path) -> list[str]:
    """What is recorded."""
    return sorted(
        json.loads(path.read_text())["input"]["prompt"] for path in folder.glob("*/request.json")
    )


def test_recorded_after_only_what_cells_show_now_is_written(foreign_service, session, beside):
    """A cell that ran twice is recorded as it stands."""
    make(session, request("a boat"), place=Place("cell", "1"))
    make(session, request("a big boat"), place=Place("cell", "2"))
    assert session.record_to(beside / "kept") == 1
    assert prompts(beside / "kept") == ["a big boat"]


def test_what_comes_from_the_store_is_recorded_too(foreign_service, session, beside):
    """A notebook that was run before the recording began needs no new picture."""
    make(session, request())
    other = Session()
    sessions.use(other)
    other.record_to(beside / "kept")
    other.submit(request())
    assert prompts(beside / "kept") == ["a boat"]
    assert len(foreign_service.creates) == 1


def test_one_recording_may_be_made_of_another(foreign_service, session, new_session, beside):
    """The pictures are taken from where they are."""
    session.record_to(beside / "kept")
    made = make(session, request())
    reader = new_session()
    reader.replay_from(beside / "kept")
    reader.record_to(beside / "copy")
    reader.submit(request())
    another = new_session()
    another.replay_from(beside / "copy")
    assert bytes_of(another.submit(request())) == bytes_of(made)


def test_without_a_seed_a_cell_that_runs_again_makes_another_picture(
    foreign_service, session, new_session, beside
):
    """In a new kernel it first shows what is recorded, free; run once more, it makes one."""
    session.record_to(beside / "kept")
    [made] = make(session, request(seed=None), place=Place("cell", "1"))
    owner = new_session(key=True)
    owner.record_to(beside / "kept")
    [again] = make(owner, request(seed=None), place=Place("cell", "2"))
    assert again.id == made.id
    [fresh] = make(owner, request(seed=None), place=Place("cell", "3"))
    assert fresh.record.origin == "service"
    reader = new_session()
    for run in ("4", "5"):
        [shown] = make(reader, request(seed=None), place=Place("cell", run))
        assert shown.id == fresh.id


def test_the_sandbox_never_replaces_what_the_service_made(foreign_service, session, beside):
    """A reader who tries the sandbox cannot spoil a recording."""
    session.record_to(beside / "kept")
    [made] = make(session, request())
    session.use_sandbox(foreign_service.url)
    foreign_service.key = SANDBOX_KEY
    [drawn] = make(session, request(), cache="refresh")
    assert any("a picture of the service stands in" in one for one in drawn.record.notices)
    (path,) = (beside / "kept").glob("*/prediction.json")
    assert json.loads(path.read_text())["id"] == made.id


def test_what_is_damaged_is_recorded_anew(foreign_service, session, beside):
    """As the message about the damage says."""
    session.record_to(beside / "kept")
    make(session, request())
    (entry,) = (beside / "kept").glob("*/prediction.json")
    entry.write_text("{")
    make(session, request(), cache="refresh")
    assert json.loads(entry.read_text())["status"] == "succeeded"


def test_a_disk_that_refuses_the_recording_fails_nothing(foreign_service, session, beside):
    """The picture is paid for; its notice says what is missing."""
    session.record_to(beside / "kept")
    for path in (beside / "kept").iterdir():
        path.unlink()
    (beside / "kept").rmdir()
    (beside / "kept").write_text("in the way")
    [prediction] = make(session, request())
    assert prediction.images
    assert any("not recorded" in notice for notice in prediction.record.notices)


def test_input_pictures_travel_with_the_recording(foreign_service, session, new_session, beside):
    """Another machine asks with the reference, and has the picture itself afterwards."""
    reference = session.keep_input(png(64, 64, (1, 2, 3)))
    edit = PredictionRequest(
        "black-forest-labs/flux-kontext-pro",
        {"prompt": "more light", "input_image": reference, "seed": 7},
    )
    session.record_to(beside / "kept")
    made = make(session, edit)
    reader = new_session()
    reader.replay_from(beside / "kept")
    assert bytes_of(reader.submit(edit)) == bytes_of(made)
    assert reader.input_file(reference).read() == png(64, 64, (1, 2, 3))


def test_what_was_replayed_is_found_by_its_id(foreign_service, session, new_session, beside):
    """As `%comet show` asks for it."""
    session.record_to(beside / "kept")
    [made] = make(session, request())
    reader = new_session()
    reader.replay_from(beside / "kept")
    reader.submit(request())
    assert bytes_of([reader.get(made.id)]) == bytes_of([made])


def test_models_without_a_seed_are_recorded_one_by_one(
    foreign_service, session, new_session, beside
):
    """Identical requests are told apart by their order."""
    asked = PredictionRequest(NO_SEED, {"prompt": "a boat"})
    session.record_to(beside / "kept")
    made = [*make(session, asked), *make(session, asked, asked)]
    assert len({one.id for one in made}) == 3
    reader = new_session()
    reader.replay_from(beside / "kept")
    assert [one.id for one in (*reader.submit(asked), *reader.submit(asked, asked))] == [
        one.id for one in made
    ]
