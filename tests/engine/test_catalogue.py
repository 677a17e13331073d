"""The models that there are: where the list comes from, and its copy on disk."""

from __future__ import annotations

import json
import stat
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.foreign_service import Fault
from support.threads import started

from comet_jupyter import models
from comet_jupyter.engine import session as sessions
from comet_jupyter.engine.catalogue import KEPT, MAX_COPY, keep, packaged, path_of, recall
from comet_jupyter.engine.prices import Price
from comet_jupyter.engine.session import Session
from comet_jupyter.wire.catalogue import Entry

SCHNELL = "black-forest-labs/flux-schnell"
SERVICE = "https://service.example/replicate/v1"
NOW = datetime(2026, 3, 12, 12, 0, tzinfo=timezone.utc)
ENTRIES = (
    Entry(frozenset({"a/b", "b"}), 0.003, "a/b", "B", "A", "draws", "image", ("text-to-image",)),
    Entry(frozenset({"chat"}), None, kind="text", predicts=True, upcoming=True),
)


def questions(service: Any) -> int:
    """How often the catalogue was asked for."""
    return sum(one.path == "/api/models" for one in service.requests)


# -- the copy on disk --------------------------------------------------------------------------


def test_a_copy_gives_back_what_was_kept(tmp_path):
    """Every entry with all that is known of it, and when it was taken."""
    keep(tmp_path / "new", SERVICE, ENTRIES, NOW)
    assert recall(tmp_path / "new", SERVICE, NOW) == (NOW, ENTRIES)


def test_a_copy_is_private(tmp_path):
    """0600 in a folder of 0700, and nothing else is left beside it."""
    keep(tmp_path / "new", SERVICE, ENTRIES, NOW)
    path = path_of(tmp_path / "new", SERVICE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_every_service_has_a_copy_of_its_own(tmp_path):
    """One is never taken for another's, not under its name either."""
    keep(tmp_path, SERVICE, ENTRIES, NOW)
    other = "https://other.example/v1"
    assert recall(tmp_path, other, NOW) is None
    path_of(tmp_path, SERVICE).rename(path_of(tmp_path, other))
    assert recall(tmp_path, other, NOW) is None


@pytest.mark.parametrize(
    ("age", "counts"),
    [
        (timedelta(), True),
        (timedelta(hours=5), True),
        (KEPT, True),
        (KEPT + timedelta(seconds=1), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_a_copy_counts_for_a_week(tmp_path, age, counts):
    """Nor does one from the future: a clock was set since."""
    keep(tmp_path, SERVICE, ENTRIES, NOW - age)
    assert (recall(tmp_path, SERVICE, NOW) is not None) is counts


def good() -> dict[str, Any]:
    """A copy that counts."""
    listed = [{"names": ["a/b"], "price": 0.003}]
    return {"format": 1, "service": SERVICE, "taken_at": NOW.isoformat(), "models": listed}


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b"7"),
        *(
            json.dumps({**good(), **wrong}).encode()
            for wrong in (
                *({"format": value} for value in (0, 2, None)),
                *({"service": value} for value in ("", None, "https://x.example")),
                *({"taken_at": value} for value in ("", None, 5, "yesterday", NOW.isoformat()[:9])),
                *({"models": value} for value in (None, [], {}, [None], ["a"], [{}], 5)),
                *({"models": [{"names": value}]} for value in ([], None, "a", [1], {"a": 1})),
                *({"models": [{"names": ["a"], "price": p}]} for p in (0, -1, "1", [1], 1e9)),
                *({"models": [{"names": ["a"], "title": t}]} for t in (1, None, ["a"])),
                {"models": [{"names": ["a"], "features": "a"}]},
            )
        ),
        json.dumps({k: v for k, v in good().items() if k != "models"}).encode(),
        json.dumps(good()).encode()[:-9],
        b" " * (MAX_COPY + 1),
    ],
    ids=lambda content: repr(content[-40:]),
)
def test_a_copy_that_is_damaged_counts_as_none(tmp_path, content):
    """Whatever stands in the file, nothing is raised; control: the same one whole is read."""
    path = path_of(tmp_path, SERVICE)
    path.write_bytes(json.dumps(good()).encode())
    assert recall(tmp_path, SERVICE, NOW) is not None
    path.write_bytes(content)
    assert recall(tmp_path, SERVICE, NOW) is None


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["names", "price", "model", "features"]), inner)
        ),
        max_leaves=8,
    )
)
def test_any_list_in_a_copy_is_read_or_none(tmp_path_factory, listed):
    """No JSON raises."""
    folder = tmp_path_factory.mktemp("copy")
    path_of(folder, SERVICE).write_text(json.dumps({**good(), "models": [listed]}))
    found = recall(folder, SERVICE, NOW)
    assert found is None or all(entry.names for entry in found[1])


def test_a_link_is_not_followed(tmp_path):
    """Somebody's file elsewhere is neither read nor overwritten."""
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(json.dumps(good()))
    path_of(tmp_path, SERVICE).symlink_to(elsewhere)
    assert recall(tmp_path, SERVICE, NOW) is None
    keep(tmp_path, SERVICE, ENTRIES, NOW)
    assert json.loads(elsewhere.read_text()) == good()
    assert recall(tmp_path, SERVICE, NOW) == (NOW, ENTRIES)


def test_a_disk_that_takes_no_copy_is_no_trouble(tmp_path):
    """A file stands where the folder should be: nothing is kept, nothing is raised."""
    (tmp_path / "file").write_text("mine")
    keep(tmp_path / "file", SERVICE, ENTRIES, NOW)
    assert recall(tmp_path / "file", SERVICE, NOW) is None
    assert (tmp_path / "file").read_text() == "mine"


# -- a session ---------------------------------------------------------------------------------


def test_the_catalogue_is_the_services(foreign_service, session):
    """Its entries, when they were taken, and no trouble; asked without the key."""
    before = datetime.now(timezone.utc)
    found = session.catalogue()
    assert (found.origin, found.trouble) == ("service", "")
    assert before <= found.taken_at <= datetime.now(timezone.utc)
    [entry] = found.entries
    assert (entry.model, entry.price, entry.kind) == (SCHNELL, 0.003, "image")
    assert entry.predicts
    [asked] = foreign_service.requests
    assert "authorization" not in asked.headers
    assert session.settings.key.value.redact(str(asked)) == str(asked)


def test_it_is_asked_once_an_hour(foreign_service, session):
    """Further calls, and prices, ask nobody."""
    first = session.catalogue()
    assert session.catalogue() == first
    assert session.known_price(SCHNELL) == Price(0.003, estimated=True)
    assert questions(foreign_service) == 1


def test_a_second_kernel_needs_no_question(foreign_service, session):
    """The copy on disk gives it the list and the prices, at once and without a thread."""
    first = session.catalogue()
    second = Session()
    sessions.use(second)
    before = threading.enumerate()
    assert second.price(SCHNELL) == Price(0.003, estimated=True)
    found = second.catalogue()
    assert (found.origin, found.trouble, found.entries) == ("service", "", first.entries)
    assert started(before) == []
    assert questions(foreign_service) == 1


def test_an_old_copy_is_asked_for_anew(foreign_service, session):
    """After an hour the service is asked; what was known holds until it answers."""
    service = session.settings.root.value + session.settings.prefix.value
    old = datetime.now(timezone.utc) - timedelta(hours=2)
    keep(session.settings.home.value, service, [Entry(frozenset({SCHNELL}), 0.5)], old)
    assert session.price(SCHNELL) == Price(0.5, estimated=True)
    assert session.catalogue().entries[0].price == 0.003
    assert session.price(SCHNELL) == Price(0.003, estimated=True)


def test_an_old_copy_is_better_than_none(foreign_service, session):
    """Where the service does not answer, its last list is given, with its age and the reason."""
    service = session.settings.root.value + session.settings.prefix.value
    old = datetime.now(timezone.utc) - timedelta(hours=2)
    keep(session.settings.home.value, service, [Entry(frozenset({SCHNELL}), 0.5)], old)
    foreign_service.catalogue = (503, "application/json", b"{}")
    found = session.catalogue()
    assert (found.origin, found.taken_at) == ("service", old)
    assert "answers 503" in found.trouble
    assert found.entries[0].price == 0.5


def test_without_an_answer_it_is_the_list_of_the_package(session, monkeypatch):
    """Every model that is known here, without a price, and why."""
    monkeypatch.setenv("COMETAPI_BASE_URL", "http://127.0.0.1:1")
    found = session.catalogue()
    assert (found.origin, found.taken_at) == ("packaged", None)
    assert "the connection was refused" in found.trouble
    assert "charged" not in found.trouble
    assert [entry.model for entry in found.entries] == list(models.all_models())
    assert found == packaged(found.trouble)


def test_a_silent_service_is_not_waited_for_long(foreign_service, session):
    """The list of the package, and that there was no answer; the answer helps the next call."""
    hold = threading.Event()
    foreign_service.break_next("MODELS", Fault(hold=hold))
    found = session.catalogue(0.05)
    assert (found.origin, found.trouble) == ("packaged", "no answer within 0.05 s")
    hold.set()
    assert session.catalogue(10).origin == "service"
    assert questions(foreign_service) == 1


def test_no_time_asks_nobody(foreign_service, session):
    """With 0 seconds it is what is known here, without a reason; control: with some it asks."""
    before = threading.enumerate()
    assert session.catalogue(0) == packaged()
    assert started(before) == []
    assert questions(foreign_service) == 0
    assert session.catalogue(10).origin == "service"


def test_a_person_is_not_held_off_by_a_failure(foreign_service, session):
    """Who asks again after a failure gets an answer as soon as there is one."""
    foreign_service.break_next("MODELS", Fault(500, body=b"{}"))
    assert session.catalogue().origin == "packaged"
    assert session.catalogue().origin == "service"


def test_the_sandbox_has_its_own_list(sandbox, session):
    """Asked of the sandbox, labelled as its own, and not kept as that of a service."""
    session.use_sandbox(sandbox.url)
    found = session.catalogue()
    assert (found.origin, found.trouble) == ("sandbox", "")
    assert {entry.model for entry in found.entries} == set(models.all_models())
    assert list(session.settings.home.value.glob("catalogue-*")) == []
    control = Session()
    sessions.use(control)
    assert control.catalogue().origin == "service"
    assert len(list(control.settings.home.value.glob("catalogue-*"))) == 1


def test_an_ended_session_says_so(foreign_service, session):
    """No question any more, the list of the package, and the reason."""
    session.close()
    found = session.catalogue()
    assert (found.origin, found.trouble) == ("packaged", "this session has ended")
    assert foreign_service.requests == []


def test_a_read_only_home_is_no_trouble(foreign_service, session, monkeypatch, tmp_path):
    """The list is there, and kept in memory."""
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("COMET_JUPYTER_HOME", str(tmp_path / "file" / "below"))
    assert session.catalogue().origin == "service"
    assert session.catalogue().origin == "service"
    assert questions(foreign_service) == 1


def test_paths_of_copies_tell_nothing(tmp_path):
    """The address of a private gateway is no part of a file's name."""
    name = path_of(tmp_path, "https://gateway.example/team-a/replicate/v1").name
    assert "gateway" not in name
    assert Path(name).suffix == ".json"
