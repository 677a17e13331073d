"""The words of a search that mean more than themselves: status, model, dates, marks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comet_jupyter.errors import InputError
from comet_jupyter.record import Failure, Record
from comet_jupyter.store import Store
from comet_jupyter.store.dates import first_moment, moment
from comet_jupyter.store.query import find

NewRecord = Callable[..., Record]
NOW = datetime(2026, 11, 2, 12, 30, tzinfo=timezone.utc)

posix = pytest.mark.skipif(sys.platform == "win32", reason="sets the local time zone")


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the local time zone of this process, until the end of the test."""
    with monkeypatch.context() as context:

        def use(name: str) -> None:
            context.setenv("TZ", name)
            time.tzset()

        yield use
    if sys.platform != "win32":
        time.tzset()


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """An empty store whose clock stands at `NOW`."""
    opened = Store(folder, NOW.timestamp)
    yield opened
    opened.close()


def failed(kind: str, **values: Any) -> dict[str, Any]:
    """Fields of a record that ended with a failure."""
    return {"finished": True, "failure": Failure(kind, "no"), **values}


# -- status --------------------------------------------------------------------------------


@pytest.fixture
def one_of_each(store: Store, new: NewRecord) -> dict[str, Record]:
    """A record of every status that people can search for, in the store."""
    records = {
        "submitting": new(),
        "starting": new(id="a"),
        "processing": new(id="b", status="processing"),
        "downloading": new(id="c", status="succeeded"),
        "succeeded": new(id="d", status="succeeded", finished=True),
        "failed": new(id="e", status="failed", **failed("PredictionFailedError")),
        "canceled": new(id="f", status="processing", **failed("PredictionCanceledError")),
        "refused": new(**failed("QuotaError")),
        "unknown": new(**failed("UnknownOutcomeError")),
    }
    assert [record.status for record in records.values()] == list(records)
    store.add(list(records.values()))
    return records


UNFINISHED = ["submitting", "starting", "processing", "downloading"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("submitting", ["submitting"]),
        ("starting", ["starting"]),
        ("processing", ["processing"]),
        ("downloading", ["downloading"]),
        ("succeeded", ["succeeded"]),
        ("failed", ["failed"]),
        ("FAILED", ["failed"]),
        ("canceled", ["canceled"]),
        ("cancelled", ["canceled"]),
        ("aborted", ["canceled"]),
        ("refused", ["refused"]),
        ("unknown", ["unknown"]),
        ("unfinished", UNFINISHED),
        ("f", ["failed"]),
        ("cancel", ["canceled"]),
        ("un", [*UNFINISHED, "unknown"]),
        ("s", ["submitting", "starting", "succeeded"]),
    ],
)
def test_a_status_finds_what_is_in_it(
    store: Store, one_of_each: dict[str, Record], word: str, expected: list[str]
) -> None:
    """Whole or its beginning, in any case, alone and with words."""
    for text in (f"status:{word}", f"lake STATUS:{word}"):
        page = store.search(text)
        assert [record.status for record in reversed(page.records)] == expected
        assert page.total == len(expected)


def test_a_status_of_no_prediction_finds_none(store: Store, new: NewRecord) -> None:
    """The words of the prompt are not what it looks at, and two of them exclude each other."""
    store.add([new(input={"prompt": "status:failed failed"})])
    assert store.search("status:failed").total == 0
    assert store.search("status:submitting status:failed").total == 0
    assert store.search("status:submitting failed").total == 1


# -- model, marks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "expected"),
    [("dev", 1), ("DEV", 1), ("flux", 2), ("labs/flux-d", 1), ("boat", 0), ("%", 0), ("'", 0)],
)
def test_a_part_of_the_model_finds_its_predictions(
    store: Store, new: NewRecord, word: str, expected: int
) -> None:
    """Of the model's name, not of the prompt, in any case."""
    prompt = {"prompt": "a boat by a dev, flux-dev"}
    store.add([new(model="Some-labs/Flux-DEV", input=prompt), new(input=prompt)])
    assert store.search(f"model:{word}").total == expected


@pytest.mark.parametrize(
    "word", ["favourite", "favorite", "favourites", "favorites", "FAVOURITE", "fav"]
)
def test_favourites_are_found_by_a_word(store: Store, new: NewRecord, word: str) -> None:
    """In either spelling, with words, and with the switch that says the same."""
    chosen, other = new(), new()
    store.add([chosen, other])
    store.set_favourite(chosen.key, True)
    for page in (
        store.search(f"is:{word}"),
        store.search(f"is:{word} lake"),
        store.search(f"is:{word}", favourites=True),
    ):
        assert page.records == (chosen,)


# -- dates ---------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    ("text", "berlin", "los_angeles"),
    [
        ("2026-11-01", "2026-10-31T23:00", "2026-11-01T07:00"),
        ("2026-11-1", "2026-10-31T23:00", "2026-11-01T07:00"),
        ("2026-11", "2026-10-31T23:00", "2026-11-01T07:00"),
        ("2026", "2025-12-31T23:00", "2026-01-01T08:00"),
        ("2026-07-01", "2026-06-30T22:00", "2026-07-01T07:00"),
        ("2024-02-29", "2024-02-28T23:00", "2024-02-29T08:00"),
        ("today", "2026-11-01T23:00", "2026-11-02T08:00"),
        ("yesterday", "2026-10-31T23:00", "2026-11-01T07:00"),
        ("36h", "2026-11-01T00:30", "2026-11-01T00:30"),
        ("7d", "2026-10-26T12:30", "2026-10-26T12:30"),
        ("2w", "2026-10-19T12:30", "2026-10-19T12:30"),
        ("3m", "2026-08-04T12:30", "2026-08-04T12:30"),
        ("0d", "2026-11-02T12:30", "2026-11-02T12:30"),
    ],
)
def test_a_date_is_the_first_moment_of_a_local_day(
    zone: Callable[[str], None], text: str, berlin: str, los_angeles: str
) -> None:
    """Also where the clocks are changed that night; a span is counted back from now."""
    for name, expected in (("Europe/Berlin", berlin), ("America/Los_Angeles", los_angeles)):
        zone(name)
        found = moment(text, NOW)
        assert found is not None
        assert found.isoformat(timespec="minutes").removesuffix("+00:00") == expected
        assert found.utcoffset() == timedelta(0)


NO_DATES = [
    "20", "7", "d", "7x", "7 d", "-7d", "1.5d", "999999m", "2026-13", "2026-02-30", "2026-00-01",
    "2025-02-29", "0000", "2026-11-", "2026-11-01T10:00", "01.11.2026", "11/01/2026", "now",
    "yesterdayish", "\u0662\u0660\u0662\u0666-11-01", "7d ", "",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_means_none(text: str) -> None:
    """Days that no calendar has, other spellings, what is half typed."""
    assert moment(text, NOW) is None


@given(text=st.text("0123456789-hdwm ", max_size=12), seconds=st.integers(0, 2**33))
def test_any_text_means_a_moment_or_none(text: str, seconds: int) -> None:
    """No text that is typed raises, and a span lies in the past."""
    now = datetime.fromtimestamp(seconds, timezone.utc)
    found = moment(text, now)
    if found is not None and text[-1] in "hdwm":
        assert found <= now


@posix
def test_today_begins_at_local_midnight(zone: Callable[[str], None]) -> None:
    """A day of a zone with half hours, and one that is 25 hours long."""
    zone("Asia/Kolkata")
    assert first_moment(NOW) == datetime(2026, 11, 1, 18, 30, tzinfo=timezone.utc)
    zone("America/New_York")
    assert first_moment(NOW, 1) == datetime(2026, 11, 1, 4, tzinfo=timezone.utc)
    assert first_moment(NOW) - first_moment(NOW, 1) == timedelta(hours=25)


@posix
def test_predictions_are_found_by_their_date(
    store: Store, new: NewRecord, zone: Callable[[str], None]
) -> None:
    """`since` has its moment in it, `before` has not; both hold at once, with words as well."""
    zone("Europe/Berlin")
    midnight = datetime(2026, 10, 31, 23, tzinfo=timezone.utc)
    moments = [
        midnight - timedelta(microseconds=1),
        midnight,
        midnight + timedelta(hours=25),
        NOW,
    ]
    records = [replace(new(), submitted_at=moment) for moment in moments]
    store.add(records)
    for extra in ("", " lake"):
        for text, expected in (
            ("since:2026-11-01", [1, 2, 3]),
            ("before:2026-11-01", [0]),
            ("since:2026-11-01 before:2026-11-02", [1]),
            ("since:2026 since:yesterday before:today before:2027", [1, 2][:1]),
            ("since:12h", [3]),
            ("before:12h", [0, 1, 2]),
            ("since:2027", []),
        ):
            found = store.search(text + extra).records
            assert [records.index(record) for record in reversed(found)] == expected, text
    assert store.search("since:2026-11-01", since=records[2].submitted_at).total == 2


# -- what is wrong, or no name at all ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("status:faild", "'faild' is nothing that status: can find", "status:failed?"),
        ("status:done", "'done'", "Write status: and one of succeeded, failed"),
        ("status:succeeded,failed", "'succeeded,failed'", "status:succeeded?"),
        ("since:yesterdayish", "'yesterdayish' is no date", "since:yesterday?"),
        ("since:20", "'20' is no date", "since:2026-11-01 or since:7d"),
        ("before:tomorow", "'tomorow' is no date", "before:2026-11-01"),
        ("is:favrite", "'favrite' is nothing that is: can find", "is:favourite?"),
        ("is:good", "'good'", "favourite"),
        ("lake status:nonsense boat", "'nonsense'", "succeeded"),
        (f"since:{'9' * 500}", f"'{'9' * 40}' is no date", "since:7d"),
        ("since:\x1b[2J", r"'\x1b[2j' is no date", "since:7d"),
    ],
)
def test_what_cannot_be_meant_is_said(text: str, cause: str, remedy: str) -> None:
    """One line names what was typed, and the nearest that there is or all of them."""
    with pytest.raises(InputError) as caught:
        find(text, now=NOW)
    assert cause in caught.value.cause
    assert remedy in caught.value.remedy
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("name", ["status", "model", "seed", "since", "before", "is", "Since"])
def test_a_name_whose_value_is_still_to_be_typed_asks_for_nothing(
    store: Store, new: NewRecord, name: str
) -> None:
    """Neither an error nor an empty page while somebody types."""
    store.add([new(), new(input={"prompt": "boat"})])
    assert store.search(f"{name}:").total == 2
    assert store.search(f"lake {name}:").total == 1


@pytest.mark.parametrize("prompt", ["Style: oil", "style:oil", "https://x.example", "16:9", "a:"])
def test_other_words_with_a_colon_are_words(store: Store, new: NewRecord, prompt: str) -> None:
    """Prompts have colons of their own."""
    record = new(input={"prompt": prompt})
    store.add([record, new()])
    assert store.search(prompt).records == (record,)


@given(text=st.text(max_size=30) | st.from_regex(r"(is|since|before|status|seed):.{0,9}"))
def test_any_text_is_a_search_or_an_error_with_a_remedy(text: str) -> None:
    """Nothing that is typed raises anything but one readable line."""
    try:
        query = find(text, now=NOW)
    except InputError as error:
        said = str(error)
    else:
        said = "sound" if query.count.count("?") == len(query.values) else query.count
    assert said == "sound" or (said.isprintable() and said[-1] in ".?")
