"""What the store knows of money: by model and by period, nothing twice, nothing that was free."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.store import Spending, Store

NewRecord = Callable[..., Record]
NOW = datetime(2026, 11, 2, 12, tzinfo=timezone.utc)
DEV, PRO = "black-forest-labs/flux-dev", "black-forest-labs/flux-pro"
PERIODS = ["today", "last 7 days", "last 30 days", "all"]


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """An empty store whose clock stands at `NOW`."""
    opened = Store(folder, NOW.timestamp)
    yield opened
    opened.close()


@pytest.fixture
def paid(new: NewRecord) -> NewRecord:
    """Makes records of successes with a picture, submitted some time before `NOW`."""

    def make(ago: timedelta = timedelta(), **values: Any) -> Record:
        pictures = values.pop("pictures", 1)
        fields = {"id": "x", "status": "succeeded", "finished": True, "model": DEV, "cost": 0.25}
        files = tuple(FileRef(f"{n:064x}", "image/png", 9, 1, 1) for n in range(pictures))
        record = new(**{**fields, "files": files, **values})
        return replace(record, submitted_at=NOW - ago)

    return make


def whole(store: Store, period: str = "all") -> Spending:
    """The sum of all models in one period."""
    (found,) = [one for one in store.spending() if one.period == period and not one.model]
    return found


def test_nothing_made_is_nothing_spent(store: Store) -> None:
    """Every period is there, with zeros."""
    assert store.spending() == [Spending(period) for period in PERIODS]


def test_each_period_holds_the_shorter_ones(store: Store, paid: NewRecord) -> None:
    """By local days: today, six days before it, 29 days before it, ever."""
    ages = [timedelta(hours=1), timedelta(days=3), timedelta(days=20), timedelta(days=500)]
    store.put(*(paid(age) for age in ages))
    found = {one.period: one for one in store.spending() if not one.model}
    assert list(found) == PERIODS
    assert [one.charged for one in found.values()] == [1, 2, 3, 4]
    assert [one.cost for one in found.values()] == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.skipif(sys.platform == "win32", reason="sets the local time zone")
@pytest.mark.parametrize(
    ("zone", "midnight"),
    [("Asia/Tokyo", "2026-11-01T15:00+00:00"), ("America/Los_Angeles", "2026-11-02T08:00+00:00")],
)
def test_days_begin_at_local_midnight(
    store: Store, paid: NewRecord, monkeypatch: pytest.MonkeyPatch, zone: str, midnight: str
) -> None:
    """Of two predictions around it, one is of today."""
    begin = datetime.fromisoformat(midnight)
    store.put(paid(NOW - begin), paid(NOW - begin + timedelta(microseconds=1)))
    with monkeypatch.context() as context:
        context.setenv("TZ", zone)
        time.tzset()
        assert whole(store, "today").charged == 1
        assert whole(store, "last 7 days").charged == 2
    time.tzset()


def test_models_come_after_the_whole_dearest_first(store: Store, paid: NewRecord) -> None:
    """Their sums are the whole, to the last field."""
    store.put(
        paid(pictures=4, cost=0.5),
        paid(cost_estimated=True),
        paid(model=PRO, cost=2.0),
        paid(model=PRO, cost=None),
        paid(model="a/cheap", cost=0.0),
    )
    every, *models = [one for one in store.spending() if one.period == "all"]
    assert [(one.model, one.charged, one.pictures, one.cost) for one in models] == [
        (PRO, 2, 2, 2.0),
        (DEV, 2, 5, 0.75),
        ("a/cheap", 1, 1, 0.0),
    ]
    assert [(one.estimated, one.unknown) for one in models] == [(False, 1), (True, 0), (False, 0)]
    assert every == Spending("all", "", 5, 8, 2.75, True, 1)
    assert sum(models, Spending("all")) == every


FREE: dict[str, dict[str, Any]] = {
    "sandbox": {"origin": "sandbox"},
    "sandbox elsewhere": {"source": "sandbox"},
    "store": {"origin": "store"},
    "replay": {"origin": "replay"},
    "failed": {"status": "failed", "failure": Failure("PredictionFailedError", "no")},
    "unfinished": {"finished": False},
    "refused": {"id": "", "status": "starting", "failure": Failure("QuotaError", "no")},
    "unknown": {"id": "", "status": "starting", "failure": Failure("UnknownOutcomeError", "?")},
}


@pytest.mark.parametrize("values", FREE.values(), ids=FREE)
def test_what_the_service_did_not_charge_costs_nothing(
    store: Store, paid: NewRecord, values: dict[str, Any]
) -> None:
    """Whatever cost stands in its record."""
    store.put(paid(**values))
    found = whole(store)
    assert (found.charged, found.pictures, found.cost, found.unknown) == (0, 0, 0.0, 0)
    assert not found.estimated


def test_what_was_free_is_counted_apart(store: Store, paid: NewRecord) -> None:
    """Drawn by the sandbox, or there already: each success once, failures never."""
    free = (FREE[name] for name in ("sandbox", "sandbox elsewhere", "store", "replay", "failed"))
    store.put(paid(), *(paid(**values) for values in free), paid(origin="replay", source="sandbox"))
    found = whole(store)
    assert (found.charged, found.free, found.served) == (1, 2, 3)


def test_a_success_whose_files_were_lost_was_charged(store: Store, paid: NewRecord) -> None:
    """The service made it; that no picture is here does not bring the money back."""
    store.put(paid(pictures=0, failure=Failure("DownloadError", "gone")))
    assert whole(store) == Spending("all", "", charged=1, cost=0.25)


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), "0.25", True])
def test_a_cost_that_is_no_number_is_unknown(store: Store, paid: NewRecord, cost: object) -> None:
    """It does not spoil the sum."""
    store.put(paid(cost=cost, cost_estimated=True), paid())
    assert whole(store) == Spending("all", "", 2, 2, 0.25, unknown=1)


def test_what_was_forgotten_stands_in_no_sum(store: Store, paid: NewRecord) -> None:
    """The history is what is summed; a changed record counts as it is now."""
    kept, gone = paid(), paid()
    store.put(kept, gone)
    store.forget(gone.key)
    store.put(replace(kept, cost=0.5))
    assert whole(store) == Spending("all", "", 1, 1, 0.5)


def test_a_damaged_row_spoils_no_sum(store: Store, paid: NewRecord) -> None:
    """A model that is no text is counted under what is left of its name."""
    store.put(paid(), paid(model=PRO))
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute(
            "UPDATE predictions SET model = CAST(x'ff41' AS TEXT) WHERE model = ?", (PRO,)
        )
    assert whole(store).charged == 2
    assert {one.model for one in store.spending()} == {"", DEV, "\ufffdA"}
