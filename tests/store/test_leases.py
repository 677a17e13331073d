"""Leases: one kernel follows a prediction, and its crash keeps nobody else from it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comet_jupyter.errors import StoreError
from comet_jupyter.record import Failure, Record
from comet_jupyter.store import Store, leases
from comet_jupyter.store.leases import LEASE, MAX_AHEAD, Holder, Lease, is_free

NewRecord = Callable[..., Record]
posix = pytest.mark.skipif(sys.platform == "win32", reason="asks whether a process lives")

OTHER_HOST = "another computer"
OURS = Holder("ours", "here", 1)
THEIRS = Holder("theirs", OTHER_HOST, 1)


class Clock:
    """A wall clock that goes when it is told."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of `shared`."""
    return Clock()


@pytest.fixture
def shared(folder: Path, clock: Clock) -> Iterator[Store]:
    """A store with a clock of its own."""
    opened = Store(folder, clock)
    yield opened
    opened.close()


def rows(store: Store) -> dict[str, str]:
    """Whose leases there are, lapsed ones among them, read beside the store."""
    with closing(sqlite3.connect(store.path)) as connection:
        return dict(connection.execute("SELECT key, holder FROM leases"))


# -- the decision ------------------------------------------------------------------------


NOW = 1000.0


@pytest.mark.parametrize(
    ("lease", "free_if_alive", "free_if_dead"),
    [
        (None, True, True),
        (Lease(OURS, NOW + 5), True, True),
        (Lease(OURS, NOW - 5), True, True),
        (Lease(Holder("theirs", "here", 2), NOW + 5), False, True),
        (Lease(Holder("theirs", "here", 2), NOW - 5), True, True),
        (Lease(Holder("theirs", "here", 1), NOW + 5), False, True),
        (Lease(Holder("theirs", "there", 2), NOW + 5), False, False),
        (Lease(Holder("theirs", "there", 2), NOW), True, True),
        (Lease(Holder("theirs", "there", 2), NOW + MAX_AHEAD), False, False),
        (Lease(Holder("theirs", "there", 2), NOW + MAX_AHEAD + 1), True, True),
        (Lease(Holder("theirs", "there", 2), float("nan")), True, True),
        (Lease(Holder("theirs", "there", 2), float("inf")), True, True),
    ],
)
def test_a_lease_is_free_when_nobody_can_be_behind_it(
    lease: Lease | None, free_if_alive: bool, free_if_dead: bool
) -> None:
    """None, one's own, a lapsed one, one of a dead process here, one of a clock set back."""
    assert is_free(lease, OURS, NOW, lambda pid: True) is free_if_alive
    assert is_free(lease, OURS, NOW, lambda pid: False) is free_if_dead


@given(now=st.floats(0, 4e9), until=st.floats(0, 4e9), host=st.sampled_from(["here", "there"]))
def test_no_lease_is_held_for_ever(now: float, until: float, host: str) -> None:
    """Whatever the clocks did, one that nobody renews is free within forty seconds."""
    lease = Lease(Holder("theirs", host, 2), until)
    later = now + MAX_AHEAD
    assert is_free(lease, OURS, now, bool) or is_free(lease, OURS, later, bool)


@posix
def test_a_process_that_may_run_is_never_called_dead() -> None:
    """Its own, one of another user (process 1), and numbers that stand for no single process."""
    assert all(leases._may_run(pid) for pid in (os.getpid(), 1, 0, -1, 2**40))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not leases._may_run(ended.pid)


def test_two_sessions_of_one_process_are_two_holders() -> None:
    """They differ in name alone, and what they share is enough to find them dead together."""
    one, two = Holder.of_this_process(), Holder.of_this_process()
    assert one.name != two.name
    assert (one.host, one.pid) == (two.host, two.pid) == (two.host, os.getpid())


# -- taking and giving back ----------------------------------------------------------------


def test_who_comes_first_follows(shared: Store) -> None:
    """What one holder has another does not get, and sees; what is free it gets."""
    assert shared.take(OURS, ["a", "b"]) == {"a", "b"}
    assert shared.take(THEIRS, ["b", "c"]) == {"c"}
    assert shared.held_elsewhere(THEIRS, ["a", "b", "c", "d"]) == {"a", "b"}
    assert shared.held_elsewhere(OURS, ["a", "b", "c", "d"]) == {"c"}
    assert rows(shared) == {"a": "ours", "b": "ours", "c": "theirs"}


def test_nothing_asked_is_nothing_written(shared: Store) -> None:
    """No keys, no transaction, not even a database."""
    assert shared.take(OURS, []) == frozenset()
    shared.release(OURS, [])
    assert not shared.home.exists()
    assert shared.held_elsewhere(OURS, []) == frozenset()


def test_a_renewed_lease_lasts(shared: Store, clock: Clock) -> None:
    """Renewed every five seconds it is never free; twenty after the last time it is."""
    for _ in range(10):
        assert shared.take(OURS, ["a"]) == {"a"}
        clock.now += 5
        assert shared.take(THEIRS, ["a"]) == frozenset()
    clock.now += LEASE - 5 - 0.001
    assert shared.held_elsewhere(THEIRS, ["a"]) == {"a"}
    clock.now += 0.001
    assert shared.held_elsewhere(THEIRS, ["a"]) == frozenset()
    assert shared.take(THEIRS, ["a"]) == {"a"}


def test_who_slept_learns_that_it_was_lost(shared: Store, clock: Clock) -> None:
    """A renewal that comes too late does not take a lease back; one nobody wanted it keeps."""
    shared.take(OURS, ["a", "b"])
    clock.now += 3600
    assert shared.take(THEIRS, ["a"]) == {"a"}
    assert shared.take(OURS, ["a", "b"]) == {"b"}
    clock.now += 5
    assert shared.take(THEIRS, ["a"]) == {"a"}


def test_no_lease_is_longer_than_others_believe(shared: Store, clock: Clock) -> None:
    """A longer one would be taken for that of a clock that was set back."""
    shared.take(OURS, ["long"], 3600)
    shared.take(OURS, ["short"], 2)
    clock.now += 2
    assert shared.held_elsewhere(THEIRS, ["long", "short"]) == {"long"}
    clock.now += LEASE
    assert shared.held_elsewhere(THEIRS, ["long"]) == frozenset()


def test_a_clock_that_is_set_back_blocks_nobody(shared: Store, clock: Clock) -> None:
    """By seconds, a lease holds on; by an hour, it is free at once."""
    shared.take(OURS, ["a"])
    clock.now -= 5
    assert shared.take(THEIRS, ["a"]) == frozenset()
    clock.now -= 3600
    assert shared.take(THEIRS, ["a"]) == {"a"}
    assert shared.take(OURS, ["a"]) == frozenset()


def test_what_is_given_back_is_free(shared: Store) -> None:
    """Some, or all of one holder; never another's."""
    shared.take(OURS, ["a", "b", "c"])
    shared.take(THEIRS, ["d"])
    shared.release(OURS, ["a", "d", "x"])
    assert rows(shared) == {"b": "ours", "c": "ours", "d": "theirs"}
    shared.release(OURS)
    assert rows(shared) == {"d": "theirs"}
    assert shared.take(THEIRS, ["a", "b"]) == {"a", "b"}


def test_leases_that_nobody_wants_any_more_are_deleted(shared: Store, clock: Clock) -> None:
    """Those that lapsed a while ago go with the next taking, whosever they were."""
    shared.take(THEIRS, [f"{number}" for number in range(5)])
    clock.now += 2 * LEASE
    shared.take(OURS, ["a"])
    assert len(rows(shared)) == 6
    clock.now += 1
    shared.take(OURS, ["a"])
    assert rows(shared) == {"a": "ours"}


def test_the_clock_is_read_when_the_transaction_has_begun(folder: Path, new: NewRecord) -> None:
    """Waiting for another process may take longer than a lease: time from before is no time."""
    asked: list[bool] = []

    def clock() -> float:
        asked.append(store._database.connection.in_transaction)
        return NOW

    store = Store(folder, clock)
    store.take(OURS, ["a"])
    store.put(new(), holder=OURS)
    store.close()
    assert asked == [True, True]


def test_a_taking_that_fails_takes_nothing(shared: Store) -> None:
    """When one of them cannot be written, none is, and it is an error of the store."""
    shared.recent()
    with closing(sqlite3.connect(shared.path)) as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON leases WHEN NEW.key = 'b'"
            " BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    with pytest.raises(StoreError, match="who follows"):
        shared.take(OURS, ["a", "b", "c"])
    assert rows(shared) == {}
    assert shared.take(OURS, ["a", "c"]) == {"a", "c"}


def test_many_leases_are_taken_at_once(shared: Store) -> None:
    """As many as predictions can be under way, and more than a statement takes parameters."""
    keys = [f"{number:032x}" for number in range(3_000)]
    assert shared.take(OURS, keys) == set(keys)
    assert shared.held_elsewhere(THEIRS, keys) == set(keys)


# -- with records ----------------------------------------------------------------------------


def test_an_intent_is_written_with_its_lease(shared: Store, new: NewRecord) -> None:
    """`add` and `put` take leases of what is not finished, when they are told for whom."""
    first, second, third, done = new(), new(), new(), new(finished=True)
    shared.add([first], OURS)
    shared.put(second, done, holder=OURS)
    shared.put(third)
    keys = [first.key, second.key, third.key, done.key]
    assert shared.held_elsewhere(THEIRS, keys) == {first.key, second.key}


def test_an_intent_that_is_refused_leaves_no_lease(shared: Store, new: NewRecord) -> None:
    """Records and leases are one transaction: either all of them, or nothing."""
    known = new()
    shared.add([known])
    with pytest.raises(StoreError):
        shared.add([new(), known], OURS)
    assert shared.recent() == [known]
    assert rows(shared) == {}


def test_a_lease_that_is_refused_leaves_no_intent(shared: Store, new: NewRecord) -> None:
    """The other way round: where no lease can be written, nothing may be sent."""
    shared.recent()
    with closing(sqlite3.connect(shared.path)) as connection:
        connection.execute("DROP TABLE leases")
        connection.execute("CREATE TABLE leases (key, holder, host, pid, until CHECK (until < 0))")
    for write in (lambda: shared.add([new()], OURS), lambda: shared.put(new(), holder=OURS)):
        with pytest.raises(StoreError):
            write()
    assert shared.recent() == []


def test_writing_a_record_takes_nobodys_lease_away(shared: Store, new: NewRecord) -> None:
    """A kernel that slept through the loss of its lease writes, and does not get it back."""
    record = new(id="x", status="processing")
    shared.add([record], THEIRS)
    shared.put(record, holder=OURS)
    assert rows(shared) == {record.key: "theirs"}


@pytest.mark.parametrize(
    "end", [{}, {"failure": Failure("StillRunningError", "no longer followed")}]
)
def test_a_finished_prediction_is_leased_by_nobody(
    shared: Store, new: NewRecord, end: dict[str, Failure]
) -> None:
    """Its lease goes with the writing of its end, whoever writes it."""
    records = [new(id=f"{number}", status="processing") for number in range(3)]
    shared.add(records, OURS)
    ended = [replace(record, finished=True, **end) for record in records]
    shared.put(ended[0], holder=OURS)
    shared.put(ended[1])
    assert rows(shared) == {records[2].key: "ours"}
    shared.end(ended[2])
    assert rows(shared) == {}


def test_an_end_that_the_store_knows_better_ends_no_lease(shared: Store, new: NewRecord) -> None:
    """One that got an id is followed by another kernel: neither row nor lease change."""
    intent = new()
    followed = replace(intent, state=replace(intent.state, id="x", status="processing"))
    shared.put(followed, holder=THEIRS)
    shared.end(replace(intent, finished=True, failure=Failure("UnknownOutcomeError", "?")))
    assert shared.recent() == [followed]
    assert rows(shared) == {intent.key: "theirs"}


# -- processes ---------------------------------------------------------------------------------

TAKE = """
from comet_jupyter.store import Holder
say(*store.take(Holder.of_this_process(), ["a"]))
sys.stdin.readline()
"""


@posix
@pytest.mark.parametrize("how", ["killed", "ended"])
def test_the_lease_of_a_dead_kernel_is_free_at_once(
    store: Store, start: Callable[..., subprocess.Popen[str]], how: str
) -> None:
    """Held while its process lives, free as soon as it is gone, though nobody gave it back."""
    mine = Holder.of_this_process()
    process = start(TAKE)
    assert process.stdout is not None
    assert process.stdout.readline() == "a\n"
    assert store.take(mine, ["a"]) == frozenset()
    if how == "killed":
        process.kill()
        process.wait()
    else:
        process.communicate("\n")
    assert store.take(mine, ["a"]) == {"a"}


@posix
def test_a_dead_kernel_elsewhere_is_waited_for(shared: Store, clock: Clock) -> None:
    """Control: of a process on another host only the time tells."""
    mine = Holder.of_this_process()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    shared.take(Holder("a", mine.host, ended.pid), ["here"])
    shared.take(Holder("b", OTHER_HOST, ended.pid), ["there"])
    assert shared.take(mine, ["here", "there"]) == {"here"}
    clock.now += LEASE
    assert shared.take(mine, ["here", "there"]) == {"here", "there"}


def test_of_processes_that_want_it_at_once_one_gets_it(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    """Eight keys and four processes: each key is given out exactly once."""
    code = """
    from comet_jupyter.store import Holder
    holder = Holder.of_this_process()
    sys.stdin.readline()
    say(*(key for key in "abcdefgh" if store.take(holder, [key])))
    sys.stdin.readline()
    """
    processes = [start(code) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    taken = [process.stdout.readline().split() for process in processes]
    assert sorted(key for keys in taken for key in keys) == list("abcdefgh")
