"""Kernels killed at any moment: nothing that was paid for is lost, nothing is paid for twice.

Death by SIGKILL, which leaves no time for anything; what a power cut may take from a disk is not
tried here. ``KILL_ROUNDS`` and ``KILL_SEED`` repeat a run, or make a longer one.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from support.kills import kernel, rounds, service
from support.kills.judgement import PHASES, Outcome, judge, look
from support.kills.kernel import EVERYTHING, Work
from support.kills.rounds import PREDICTIONS, Plan, Round
from support.process import ServerProcess

ROUNDS = int(os.environ.get("KILL_ROUNDS", "200"))
SEED = int(os.environ.get("KILL_SEED", random.randrange(10**6)))

TESTS = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL, no fork")


@pytest.fixture
def root(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a service in its own process, set as that of all kernels."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    server = ServerProcess([sys.executable, "-m", service.__name__, str(SEED)], env=os.environ)
    try:
        root = server.wait_for_line("service on http://").split()[-1]
        monkeypatch.setenv("COMETAPI_BASE_URL", root)
        monkeypatch.setenv("COMETAPI_KEY", "kernel-under-test")
        yield root
    finally:
        server.stop()


def run(module: str, *arguments: str) -> str:
    """What a Python module prints in a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(root: str, word: str) -> Any:
    """What the service says to one of the words that are for tests alone."""
    with urllib.request.urlopen(f"{root}/{word}", timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def outcome_of(root: str) -> Callable[..., Outcome]:
    """Carries a plan out, takes everything up in a fresh process, and compares."""

    def outcome_of(plan: Plan, taken_up_with: str = "") -> Outcome:
        store = Path(os.environ["COMET_JUPYTER_HOME"])
        said = json.loads(run(rounds.__name__, json.dumps(asdict(plan))))
        before = look(store)
        work = Work(take_up=EVERYTHING, ends=True, fault=taken_up_with)
        run(kernel.__name__, work.dump(), "1", "0")
        return judge([Round(**one) for one in said], ask(root, "log"), before, look(store))

    return outcome_of


def test_nothing_paid_for_is_lost(outcome_of: Callable[..., Outcome]) -> None:
    """Kernels killed at random moments lose no id that was shown, and create nothing twice.

    Whatever the service made is known by its id, or is told as a request of unknown outcome;
    the database and all files are sound, after the kills and at the end.
    """
    plan = Plan(ROUNDS, fresh=ROUNDS // 20, taking_up=ROUNDS // 10, seed=SEED)
    outcome = outcome_of(plan)
    print(f"KILL_SEED={SEED}: {outcome}")
    assert outcome.lost == ()
    assert outcome.twice == ()
    assert outcome.vanished == ()
    assert outcome.untold == ()
    assert outcome.damaged == ()
    assert set(outcome.phases) == set(PHASES)
    assert outcome.halves > 0


# -- the same checks go red ----------------------------------------------------------------


def few(fault: str) -> Plan:
    """Kernels with a fault, so many that one of them dies where the fault shows."""
    return Plan(rounds=40, fresh=0, taking_up=0, seed=SEED, fault=fault)


def test_an_id_that_is_shown_before_it_is_kept_is_lost(outcome_of: Callable[..., Outcome]) -> None:
    """A client that writes the id row a moment late loses predictions that it has shown."""
    assert outcome_of(few("the id row is late")).lost


def test_a_create_before_its_intent_vanishes(outcome_of: Callable[..., Outcome]) -> None:
    """A client that writes nothing down before the POST has paid for what it knows nothing of."""
    assert outcome_of(few("the intent is late")).vanished


def test_files_written_in_place_are_damaged(outcome_of: Callable[..., Outcome]) -> None:
    """A client that writes files under their final name leaves halves of them there."""
    assert outcome_of(few("files are written in place")).damaged


def test_a_create_that_is_sent_again_is_paid_twice(outcome_of: Callable[..., Outcome]) -> None:
    """A client that sends again what got no answer creates twice, and loses nothing."""
    outcome = outcome_of(few("the id row is slow"), taken_up_with="creates again")
    assert outcome.twice
    assert outcome.lost == ()


# -- two kernels on one store --------------------------------------------------------------


class Living(ServerProcess):
    """A kernel in its own interpreter, known to the service by its key, that nobody kills yet."""

    def __init__(self, name: str, work: Work) -> None:
        command = [sys.executable, "-m", kernel.__name__, work.dump(), "1", "0"]
        super().__init__(command, env={**os.environ, "COMETAPI_KEY": f"kernel-{name}"})

    def wait_for(self, number: int, **words: str | int | bool) -> None:
        """Returns when that many predictions show this, or have shown it."""
        while (
            len({line.get("prompt") for line in self.said if words.items() <= line.items()})
            < number
        ):
            self.wait_for_line("{")

    @property
    def said(self) -> list[dict[str, Any]]:
        """Its lines so far."""
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def live(root: str) -> Iterator[Callable[..., Living]]:
    """Starts kernels that live until they are done, or the test is."""
    started: list[Living] = []

    def live(name: str, **work: Any) -> Living:
        started.append(Living(name, Work(ends=True, **work)))
        return started[-1]

    yield live
    for one in started:
        one.stop()


PROMPTS = tuple(f"picture {number}" for number in range(PREDICTIONS))


def questions(root: str, since: float) -> dict[str, list[str]]:
    """Who asked for which prediction since a moment, name to ids."""
    found: dict[str, list[str]] = {}
    for one in ask(root, "log")["asked"]:
        if one["what"] == "question" and one["received"] > since:
            found.setdefault(one["who"].removeprefix("kernel-"), []).append(one["id"])
    return found


def wait_for_questions(root: str, name: str, times: int, since: float) -> dict[str, list[str]]:
    """Who asked since a moment, when `name` has asked for every prediction so many times."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = questions(root, since)
        ids = found.get(name, [])
        if len(set(ids)) == PREDICTIONS and min(map(ids.count, ids)) >= times:
            return found
        time.sleep(0.05)
    raise TimeoutError(f"{name} asked for {ids}")


def leases() -> dict[str, float]:
    """Until when each prediction is somebody's."""
    store = Path(os.environ["COMET_JUPYTER_HOME"]) / "comet.db"
    with closing(sqlite3.connect(store)) as connection:
        return dict(connection.execute("SELECT key, until FROM leases").fetchall())


def statuses() -> set[str]:
    """The statuses of all records in the store."""
    return {one.status for one in look(Path(os.environ["COMET_JUPYTER_HOME"])).records}


def who_asks(root: str, live: Callable[..., Living], fault: str) -> set[str]:
    """The kernels that ask for predictions of the first, while a second has taken them up."""
    ask(root, "hold/ends")
    first = live("first", prompts=PROMPTS)
    first.wait_for(PREDICTIONS, status="starting")
    second = live("second", take_up=EVERYTHING, fault=fault)
    second.wait_for(1, handles=PREDICTIONS)
    asking = wait_for_questions(root, "first", times=3, since=time.monotonic())
    ask(root, "release/ends")
    for one in (first, second):
        one.wait_for(PREDICTIONS, status="succeeded", finished=True)
        assert one.process.wait(60) == 0
    assert len(ask(root, "log")["made"]) == PREDICTIONS
    return set(asking)


def test_of_two_kernels_one_asks(root: str, live: Callable[..., Living]) -> None:
    """A kernel that takes up what another one follows asks nothing, and sees its end as well."""
    assert who_asks(root, live, fault="") == {"first"}


def test_without_leases_both_ask(root: str, live: Callable[..., Living]) -> None:
    """The same check goes red for a kernel that takes every lease for its own."""
    assert who_asks(root, live, fault="minds no lease") == {"first", "second"}


def test_the_other_kernel_goes_on_at_once(root: str, live: Callable[..., Living]) -> None:
    """When the kernel that asks is killed, the other takes over before any lease has lapsed."""
    ask(root, "hold/ends")
    first = live("first", prompts=PROMPTS)
    first.wait_for(PREDICTIONS, status="starting")
    second = live("second", take_up=EVERYTHING)
    second.wait_for(1, handles=PREDICTIONS)
    lapse = leases()
    assert len(lapse) == PREDICTIONS
    first.process.kill()
    first.process.wait()
    wait_for_questions(root, "second", times=1, since=time.monotonic())
    assert time.time() < min(lapse.values())
    ask(root, "release/ends")
    second.wait_for(PREDICTIONS, status="succeeded", finished=True)
    assert second.process.wait(60) == 0
    assert leases() == {}
    assert len(ask(root, "log")["made"]) == PREDICTIONS


def test_a_create_that_died_with_its_kernel_is_told(root: str, live: Callable[..., Living]) -> None:
    """When a kernel is killed in its creates, one that looks on says so, and sends none again."""
    ask(root, "hold/answers")
    first = live("first", prompts=PROMPTS)
    first.wait_for(1, handles=PREDICTIONS)
    second = live("second", take_up=EVERYTHING)
    second.wait_for(1, handles=PREDICTIONS)
    first.process.kill()
    first.process.wait()
    second.wait_for(PREDICTIONS, failure="UnknownOutcomeError", finished=True)
    assert second.process.wait(60) == 0
    assert statuses() == {"unknown"}
    assert len(ask(root, "log")["made"]) <= PREDICTIONS


def test_who_looks_on_and_stops_changes_nothing(root: str, live: Callable[..., Living]) -> None:
    """Creates that another kernel looked on at, and canceled, are unknown when theirs is killed.

    Canceling ended the handles of the other one, and said nothing about the creates.
    """
    ask(root, "hold/answers")
    first = live("first", prompts=PROMPTS)
    first.wait_for(1, handles=PREDICTIONS)
    second = live("second", take_up=EVERYTHING, cancels=True)
    second.wait_for(PREDICTIONS, finished=True)
    assert second.process.wait(60) == 0
    first.process.kill()
    first.process.wait()
    run(kernel.__name__, Work(take_up=EVERYTHING, ends=True).dump(), "1", "0")
    assert statuses() == {"unknown"}
