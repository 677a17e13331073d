"""What one prediction costs: which entry is meant, when a catalogue is asked, what is kept."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from support.foreign_service import HTML, Fault, ForeignService
from support.threads import started

from comet_jupyter import errors
from comet_jupyter.engine.prices import (
    FRESH,
    NO_CHARGE,
    PAUSE,
    Known,
    Price,
    Prices,
    amount_of,
    index,
)
from comet_jupyter.engine.session import Session
from comet_jupyter.record import Record
from comet_jupyter.wire.catalogue import Entry
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

SCHNELL = "black-forest-labs/flux-schnell"
SERVICE = "https://service.example/replicate/v1"
KNOWN = [Entry(frozenset({SCHNELL}), 0.003)]


def request(prompt: str = "a boat") -> PredictionRequest:
    """A complete request with a fixed seed."""
    return PredictionRequest(SCHNELL, {"prompt": prompt, "seed": 7})


def entry(price: float | None, *names: str) -> Entry:
    """One model of a catalogue."""
    return Entry(frozenset(names), price)


# -- which entry is meant ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "price"),
    [
        ([entry(3, "o/m")], 3),
        ([entry(3, "m")], 3),
        ([entry(3, "m", "my title")], 3),
        ([entry(3, "o/m", "m")], 3),
        ([entry(3, "m"), entry(5, "o/m")], 5),
        ([entry(5, "o/m"), entry(3, "m")], 5),
        ([entry(5, "m"), entry(5, "m")], 5),
        ([entry(5, "m", "a / b")], 5),
        # not certain
        ([entry(3, "o/m"), entry(5, "o/m")], None),
        ([entry(3, "m"), entry(5, "m"), entry(5, "m")], None),
        ([entry(5, "m"), entry(None, "m")], None),
        ([entry(None, "o/m"), entry(3, "m")], None),
        # another's
        ([entry(3, "other/m")], None),
        ([entry(3, "other/m", "m")], None),
        ([entry(3, "o/m2"), entry(3, "o")], None),
        ([], None),
    ],
)
def test_a_price_is_that_of_the_one_entry_that_is_meant(
    entries: list[Entry], price: float | None
) -> None:
    """With its owner first, then as listed without one; unknown where two do not agree."""
    assert amount_of(index(entries), "O/M") == price


# -- when a catalogue is asked -----------------------------------------------------------------


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_an_answer_is_good_for_an_hour():
    """Then it is asked again, and what is known holds until the new answer."""
    clock = Clock()
    prices = Prices(clock)
    assert prices.begin(SERVICE)
    prices.learned(SERVICE, KNOWN)
    clock.seconds += FRESH - 1
    assert not prices.begin(SERVICE)
    clock.seconds += 1
    assert prices.begin(SERVICE)
    assert prices.of(SERVICE, SCHNELL) == Price(0.003, estimated=True)
    prices.learned(SERVICE, [Entry(frozenset({SCHNELL}), 0.004)])
    assert prices.of(SERVICE, SCHNELL) == Price(0.004, estimated=True)


def test_a_failure_is_left_alone_for_five_minutes():
    """Nobody is told, and what was known stays."""
    clock = Clock()
    prices = Prices(clock)
    prices.begin(SERVICE)
    prices.learned(SERVICE, KNOWN)
    clock.seconds += FRESH
    told: list[str] = []
    assert prices.begin(SERVICE, lambda: told.append("told"))
    prices.learned(SERVICE, None)
    assert told == []
    assert prices.of(SERVICE, SCHNELL) == Price(0.003, estimated=True)
    clock.seconds += PAUSE - 1
    assert not prices.begin(SERVICE)
    clock.seconds += 1
    assert prices.begin(SERVICE)


def test_a_question_that_was_given_up_is_asked_again_at_once():
    """An end of the background is no failure of the service."""
    prices = Prices(Clock())
    assert prices.begin(SERVICE)
    assert not prices.begin(SERVICE)
    prices.release(SERVICE)
    assert prices.begin(SERVICE)


def test_a_person_who_asks_need_not_wait_out_a_failure():
    """The five minutes are for questions that nobody asked; an answer is good for all."""
    clock = Clock()
    prices = Prices(clock)
    prices.begin(SERVICE)
    prices.learned(SERVICE, None, "it is down")
    assert prices.known(SERVICE) == (None, "it is down")
    assert not prices.begin(SERVICE)
    assert prices.begin(SERVICE, insist=True)
    prices.learned(SERVICE, KNOWN)
    assert prices.known(SERVICE)[1] == ""
    assert not prices.begin(SERVICE, insist=True)


def test_who_waits_for_a_question_is_told_of_every_end():
    """An answer, a failure and a question given up all end the wait; then there is none."""
    prices = Prices(Clock())
    assert prices.question(SERVICE) is None
    for end in (
        lambda: prices.release(SERVICE),
        lambda: prices.learned(SERVICE, None, "down"),
        lambda: prices.learned(SERVICE, KNOWN),
    ):
        assert prices.begin(SERVICE, insist=True)
        question = prices.question(SERVICE)
        assert question is not None
        assert not question.is_set()
        end()
        assert question.is_set()
        assert prices.question(SERVICE) is None


def test_what_an_earlier_session_learned_is_known_from_the_start():
    """It is looked up once, counts by its age, and gives way to what is learned here."""
    clock, asked = Clock(), []
    now = datetime.now(timezone.utc)

    def recall(service: str) -> Known | None:
        asked.append(service)
        return Known(KNOWN, now - timedelta(seconds=FRESH - 60)) if service == SERVICE else None

    prices = Prices(clock, recall)
    assert prices.of(SERVICE, SCHNELL) == Price(0.003, estimated=True)
    assert prices.of("https://other.example/v1", SCHNELL) is None
    assert not prices.begin(SERVICE)
    clock.seconds += 61
    assert prices.begin(SERVICE)
    assert prices.of(SERVICE, SCHNELL) == Price(0.003, estimated=True)
    prices.learned(SERVICE, [Entry(frozenset({SCHNELL}), 0.004)])
    assert prices.of(SERVICE, SCHNELL) == Price(0.004, estimated=True)
    assert asked == [SERVICE, "https://other.example/v1"]


def test_each_listener_is_told_once_whatever_another_does(caplog):
    """One that fails keeps nobody from being told; none is told of a later answer."""
    clock = Clock()
    prices = Prices(clock)
    told: list[str] = []

    def broken() -> None:
        raise RuntimeError("its display is gone")

    def sound() -> None:
        told.append("sound")

    assert prices.begin(SERVICE, broken)
    for _ in range(3):
        assert not prices.begin(SERVICE, sound)
    prices.learned(SERVICE, KNOWN)
    assert told == ["sound"]
    assert "its display is gone" in caplog.text
    assert not prices.begin(SERVICE, sound)
    clock.seconds += FRESH
    prices.begin(SERVICE)
    prices.learned(SERVICE, KNOWN)
    assert told == ["sound"]


# -- what a record costs -----------------------------------------------------------------------


def record(**more: Any) -> Record:
    """A success of the service whose prices are known."""
    now = datetime(2026, 3, 12, tzinfo=timezone.utc)
    full = {"state": PredictionState(id="abc", status="succeeded"), "root": SERVICE, **more}
    return Record("0" * 32, request(), now, finished=True, **full)


def known() -> Prices:
    """The prices of one service."""
    prices = Prices(Clock())
    prices.begin(SERVICE)
    prices.learned(SERVICE, KNOWN)
    return prices


def test_a_success_costs_what_the_catalogue_says():
    """Marked as estimated, in every form that the record takes."""
    charged = known().charge(record())
    assert (charged.cost, charged.cost_estimated) == (0.003, True)
    assert Record.from_dict(json.loads(json.dumps(charged.to_dict()))).cost == 0.003


@pytest.mark.parametrize(
    "more",
    [
        {"cost": 0.5},
        {"cost": 0.0},
        {"origin": "sandbox"},
        {"origin": "store"},
        {"origin": "replay"},
        {"state": PredictionState(id="abc", status="succeeded", source="sandbox")},
        {"root": "https://other.example/replicate/v1"},
    ],
)
def test_what_is_told_or_was_not_sold_there_stays_as_it_is(more: dict[str, Any]) -> None:
    """The service's own word, the sandbox, the store, a replay and another service."""
    given = record(**more)
    assert known().charge(given) == given


# -- a session ---------------------------------------------------------------------------------


def learn(session: Session) -> None:
    """Returns when the session has learned the prices."""
    came = threading.Event()
    session.learn_prices(came.set)
    assert came.wait(10)


def settle(session: Session) -> None:
    """Returns when nothing is under way in the background."""
    settled = threading.Event()

    async def wait() -> None:
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        settled.set()

    session.background.spawn(wait)
    assert settled.wait(10)


def questions(service: ForeignService) -> list[Any]:
    """The requests for the catalogue that came in."""
    return [one for one in service.requests if one.path == "/api/models"]


def serve_prices(service: ForeignService, price: Any) -> None:
    """Lists one model at this price."""
    listed = {"data": [{"code": SCHNELL, "pricing": {"currency": "USD", "per_request": price}}]}
    service.catalogue = (200, "application/json", json.dumps(listed).encode())


def test_a_price_asks_nobody(foreign_service, session):
    """Unknown at first, and neither a thread nor a request comes of asking for it."""
    before = threading.enumerate()
    assert session.price(SCHNELL) is None
    assert started(before) == []
    assert foreign_service.requests == []


def test_learned_prices_are_known_at_once(foreign_service, session):
    """The service's catalogue, estimated; a model that it does not list stays unknown."""
    learn(session)
    assert session.price(SCHNELL) == Price(0.003, estimated=True)
    assert session.price("black-forest-labs/flux-dev") is None


def test_the_key_stays_here(foreign_service, session):
    """The catalogue is public: no byte of the key; control: a create carries it."""
    learn(session)
    session.submit(request())[0].result()

    def carries(one: Any) -> bool:
        return foreign_service.key in repr((one.path, one.headers, one.body))

    [asked] = questions(foreign_service)
    assert not carries(asked)
    assert all(map(carries, foreign_service.creates))
    assert len(foreign_service.creates) == 1


def test_without_a_key_prices_are_learned_too(foreign_service, session, monkeypatch):
    """Someone who has no account yet may see what it costs."""
    monkeypatch.delenv("COMETAPI_KEY")
    learn(session)
    assert session.price(SCHNELL) == Price(0.003, estimated=True)


def test_many_calls_are_one_request(foreign_service, session):
    """While it is under way and after it; everyone who waits for it is told."""
    hold = threading.Event()
    foreign_service.break_next("MODELS", Fault(hold=hold))
    told: list[int] = []
    last = threading.Event()

    def ask(number: int) -> None:
        session.learn_prices(lambda: told.append(number))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    foreign_service.wait_for_requests(1)
    session.learn_prices(last.set)
    hold.set()
    assert last.wait(10)
    assert sorted(told) == list(range(20))
    for _ in range(20):
        session.learn_prices(lambda: told.append(-1))
    settle(session)
    assert len(questions(foreign_service)) == 1
    assert -1 not in told


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html; charset=utf-8", HTML),
        ("application/json", HTML),
        ("application/json", b""),
        ("application/json", b"[" * 300_000),
        ("application/json", b'{"data": {"a": 1}}'),
        ("application/json", b" " * 9_000_000),
    ],
    ids=["page", "hidden page", "nothing", "deep", "no list", "too large"],
)
def test_a_failure_is_silent_and_not_asked_again(
    foreign_service, session, caplog, kind: str, body: bytes
) -> None:
    """A page, broken JSON or too much of it leaves prices unknown, and one request."""
    foreign_service.catalogue = (200, kind, body)
    told: list[str] = []
    session.learn_prices(lambda: told.append("told"))
    settle(session)
    session.learn_prices(lambda: told.append("told"))
    settle(session)
    assert len(questions(foreign_service)) == 1
    assert session.price(SCHNELL) is None
    assert told == []
    assert [one for one in caplog.records if one.levelname != "DEBUG"] == []
    [prediction] = session.submit(request())
    assert prediction.wait().cost is None


def test_a_service_that_is_not_there_is_silent_too(session, monkeypatch):
    """Without a connection the price is unknown, and nothing is raised."""
    monkeypatch.setenv("COMETAPI_BASE_URL", "http://127.0.0.1:1")
    session.learn_prices()
    settle(session)
    assert session.price(SCHNELL) is None


# -- a price that is waited for ----------------------------------------------------------------


def test_a_price_that_is_not_known_yet_is_waited_for(foreign_service, session):
    """One question tells it, by alias or full name; further prices of the hour ask nobody."""
    assert session.known_price("schnell") == Price(0.003, estimated=True)
    assert session.known_price(SCHNELL) == Price(0.003, estimated=True)
    assert session.known_price("flux-dev") is None
    assert len(questions(foreign_service)) == 1


def test_several_prices_are_one_question_and_one_wait(foreign_service, session):
    """In the order that they were asked for, those that nobody tells as None."""
    assert session.known_prices(["flux-dev", "schnell", SCHNELL]) == [
        None,
        Price(0.003, estimated=True),
        Price(0.003, estimated=True),
    ]
    assert len(questions(foreign_service)) == 1


def test_no_time_asks_nobody(foreign_service, session):
    """With 0 seconds it is what is known here; control: with some it is asked."""
    assert session.known_price(SCHNELL, 0) is None
    assert questions(foreign_service) == []
    assert session.known_price(SCHNELL) is not None
    assert len(questions(foreign_service)) == 1


def test_a_wait_for_a_price_has_an_end(foreign_service, session):
    """A service that is silent holds nobody for longer; its answer helps the next one."""
    hold = threading.Event()
    foreign_service.break_next("MODELS", Fault(hold=hold))
    assert session.known_price(SCHNELL, 0.05) is None
    hold.set()
    assert session.known_price(SCHNELL, 10) == Price(0.003, estimated=True)
    assert len(questions(foreign_service)) == 1


def test_a_failure_is_not_waited_for_twice(foreign_service, session):
    """Within five minutes nobody is asked again, so nothing is waited for."""
    foreign_service.catalogue = (500, "application/json", b"{}")
    assert session.known_price(SCHNELL) is None
    foreign_service.break_next("MODELS", Fault(hold=threading.Event()))
    assert session.known_price(SCHNELL, 60) is None
    assert len(questions(foreign_service)) == 1


def test_the_sandbox_has_its_price_at_once(foreign_service, session):
    """No question and no thread."""
    before = threading.enumerate()
    session.use_sandbox(foreign_service.url)
    assert session.known_price("flux-dev", 60) == NO_CHARGE
    assert started(before) == []
    assert foreign_service.requests == []


def test_an_interrupt_ends_the_wait(foreign_service, session):
    """Ctrl-C stops the cell with one line, soon; the question goes on."""
    hold = threading.Event()
    foreign_service.break_next("MODELS", Fault(hold=hold))

    def interrupt() -> None:
        foreign_service.wait_for_requests(1)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(errors.WaitInterrupted, match="stopped waiting for the service's list"):
        session.known_price(SCHNELL, 60)
    thread.join()
    hold.set()
    assert session.known_price(SCHNELL, 10) is not None


def test_the_background_never_waits_for_itself(foreign_service, session):
    """On the session's own thread it is what is known, at once."""
    found: list[Any] = []
    done = threading.Event()

    def ask() -> None:
        found.append(session.known_price(SCHNELL, 60))
        done.set()

    session.background.call(ask)
    assert done.wait(10)
    assert found == [None]
    assert session.known_price(SCHNELL, 10) is not None


def test_after_the_thread_died_nothing_is_raised(foreign_service, session):
    """The next submit says what happened; prices are asked again as soon as there is a thread."""

    def die() -> None:
        raise SystemExit("a bug")

    session.background.call(die)
    session._background._runner._thread.join(10)
    session.learn_prices()
    assert foreign_service.requests == []
    assert session._prices.question(service_of(session)) is None


def service_of(session: Session) -> str:
    """The service by its name in the prices."""
    return session.settings.root.value + session.settings.prefix.value


def test_an_end_in_the_middle_is_no_failure(foreign_service, session):
    """What a session asked when it was closed counts as never asked; then it asks nothing."""
    hold = threading.Event()
    foreign_service.break_next("MODELS", Fault(hold=hold))
    session.learn_prices()
    foreign_service.wait_for_requests(1)
    session.close()
    hold.set()
    assert session._prices.known(service_of(session)) == (None, "")
    session.learn_prices()
    assert session.price(SCHNELL) is None
    assert len(questions(foreign_service)) == 1


def test_every_service_has_its_own_prices(foreign_service, session, monkeypatch):
    """A switch to another service knows nothing of the first, and back again everything."""
    learn(session)
    with ForeignService() as other:
        serve_prices(other, 0.5)
        monkeypatch.setenv("COMETAPI_BASE_URL", other.url)
        assert session.price(SCHNELL) is None
        learn(session)
        assert session.price(SCHNELL) == Price(0.5, estimated=True)
    monkeypatch.setenv("COMETAPI_BASE_URL", foreign_service.url)
    assert session.price(SCHNELL) == Price(0.003, estimated=True)


def test_the_sandbox_is_free_and_never_asked(foreign_service, session):
    """No request and no thread; the service's prices are asked and told again afterwards."""
    before = threading.enumerate()
    session.use_sandbox(foreign_service.url)
    session.learn_prices()
    assert session.price("anything/at-all") == NO_CHARGE == Price(0.0, estimated=False)
    assert started(before) == []
    assert foreign_service.requests == []
    session.use_sandbox(None)
    learn(session)
    session.use_sandbox(foreign_service.url)
    assert session.price(SCHNELL) == NO_CHARGE
    session.use_sandbox(None)
    assert session.price(SCHNELL) == Price(0.003, estimated=True)


def test_an_answer_is_told_to_those_who_listen(foreign_service, session):
    """Once each, however often it was asked for; not when nothing was asked or nothing came."""
    told: list[str] = []
    came = threading.Event()

    class Display:
        def refresh(self) -> None:
            told.append("refreshed")

    display = Display()
    session.listen(lambda: told.append("listener"))
    hold = threading.Event()
    foreign_service.break_next("MODELS", Fault(hold=hold))
    for _ in range(3):
        session.learn_prices(display.refresh)
        session.learn_prices(None)
    session.learn_prices(came.set)
    hold.set()
    assert came.wait(10)
    assert sorted(told) == ["listener", "refreshed"]
    session.learn_prices(display.refresh)
    settle(session)
    assert len(told) == 2


def left_over(session: Session) -> tuple[int, int, int]:
    """Threads, and the tasks and wake-ups on the session's loop."""
    seen: list[tuple[int, int, int]] = []
    looked = threading.Event()

    def look() -> None:
        loop = asyncio.get_running_loop()
        due = sum(not timer.cancelled() for timer in loop._scheduled)
        seen.append((threading.active_count(), len(asyncio.all_tasks()), due))
        looked.set()

    session.background.call(look)
    assert looked.wait(10)
    return seen[0]


def test_nothing_remains_of_a_question(foreign_service, session):
    """No task, no wake-up and no thread but the background's own; control: they are seen."""
    threads = threading.active_count()
    assert left_over(session) == (threads + 1, 0, 0)
    hold = threading.Event()
    foreign_service.break_next("MODELS", Fault(hold=hold))
    session.learn_prices()
    foreign_service.wait_for_requests(1)
    _, tasks, due = left_over(session)
    assert (tasks > 0, due > 0) == (True, True)
    hold.set()
    settle(session)
    foreign_service._server.end_connections()
    assert left_over(session)[1:] == (0, 0)
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("comet_jupyter") == 1
    assert not [name for name in names if name.startswith("comet_jupyter_")]


# -- what predictions cost ---------------------------------------------------------------------


def test_a_success_is_kept_with_its_cost(foreign_service, session):
    """In the handle and in the store, marked as estimated."""
    learn(session)
    [prediction] = session.submit(request())
    prediction.result()
    assert (prediction.cost, prediction.record.cost_estimated) == (0.003, True)
    kept = session.store.get(prediction.id)
    assert (kept.cost, kept.cost_estimated) == (0.003, True)


def test_a_price_that_comes_while_it_runs_counts(foreign_service, session):
    """What is known at the moment of the success, not of the submit."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    [prediction] = session.submit(request())
    learn(session)
    hold.set()
    prediction.result()
    assert prediction.cost == 0.003


def test_a_success_is_charged_by_the_service_that_made_it(foreign_service, session, monkeypatch):
    """Also when the session has gone to another one meanwhile."""
    learn(session)
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold))
    [prediction] = session.submit(request())
    with ForeignService() as other:
        serve_prices(other, 0.5)
        monkeypatch.setenv("COMETAPI_BASE_URL", other.url)
        learn(session)
        hold.set()
        prediction.result()
    assert prediction.cost == 0.003


def test_without_a_known_price_nothing_is_said(foreign_service, session):
    """No cost, and no question on the way."""
    [prediction] = session.submit(request())
    prediction.result()
    assert (prediction.cost, prediction.record.cost_estimated) == (None, False)
    assert questions(foreign_service) == []


def test_a_failure_costs_nothing(foreign_service, session):
    """One that failed, and one that was refused."""
    learn(session)
    foreign_service.failure = "CUDA out of memory"
    foreign_service.break_next("POST", Fault(), Fault(400, body=b"{}"))
    for prediction in session.submit(request("a"))[0], session.submit(request("b"))[0]:
        assert prediction.exception() is not None
        assert prediction.cost is None


def test_a_success_whose_file_was_lost_was_charged(foreign_service, session):
    """The service made it and sold it; that the download failed gives no money back."""
    learn(session)
    foreign_service.break_next("FILE", *[Fault(404, body=b"gone")] * 9)
    [prediction] = session.submit(request())
    assert isinstance(prediction.exception(), errors.OutputExpiredError)
    assert prediction.cost == 0.003


def test_what_the_sandbox_draws_costs_nothing(sandbox, session):
    """Not even where it stands in for the service and its catalogue was asked."""
    learn(session)
    [prediction] = session.submit(request())
    prediction.result()
    assert session.price(SCHNELL) is not None
    assert prediction.cost is None
