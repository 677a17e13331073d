"""``%comet history``, ``forget`` and ``cost`` in a real kernel on a real store."""

from __future__ import annotations

import io
import subprocess
import sys
import uuid
from base64 import b64decode
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from PIL import Image
from support.foreign_service import Fault
from support.png import png

from comet_jupyter.errors import InputError, UnknownNameError
from comet_jupyter.notebook.verbs.past import read_search
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.store import Holder, Store
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

LOAD = "%load_ext comet_jupyter"
SCHNELL, DEV = "black-forest-labs/flux-schnell", "black-forest-labs/flux-dev"
NOW = datetime.now(timezone.utc)


@pytest.fixture
def store(home):
    """The store that the kernel of this test will use."""
    with closing(Store(home / "comet")) as opened:
        yield opened


@pytest.fixture
def keep(store):
    """Puts a prediction into the store, an hour older than the one before.

    ``keep("a boat", colour=(200, 30, 30))`` has a picture, ``keep("a boat", "failed")`` none.
    """
    count = 0

    def put(prompt, status="succeeded", *, model=SCHNELL, colour=None, age=None, **fields):
        nonlocal count
        count += 1
        files = ()
        if status == "succeeded":
            data = png(64, 64, colour or (count * 20 % 256, 90, 200))
            sha256, _ = store.files.add(data, "image/png")
            files = (FileRef(sha256, "image/png", len(data), 64, 64),)
        id = fields.pop("id", f"{count:04d}{uuid.uuid4().hex[:22]}")
        record = Record(
            key=uuid.uuid4().hex,
            request=PredictionRequest(model, {"prompt": prompt, "seed": 100 + count}),
            submitted_at=NOW - (age or timedelta(hours=count)),
            state=PredictionState(id=id, status=status),
            files=files,
            finished=True,
            failure=Failure("PredictionFailedError", "it failed") if status == "failed" else None,
        )
        record = replace(record, **fields)
        store.put(record)
        return record

    return put


@pytest.fixture
def loaded(foreign_service, kernel):
    """A kernel with the extension."""
    assert kernel.run(LOAD).ok
    return kernel


def listing(cell):
    """The lines of the list that a cell shows."""
    assert cell.ok, cell.error
    return cell.data("text/plain")[-1].splitlines()


def prompts(cell):
    """What stands last in each row of the list: the prompts, stars included."""
    return [line.split("  ")[-1].strip() for line in listing(cell)[1:-1]]


def on_disk(home):
    """The names of the pictures that are kept."""
    return {path.name for path in (home / "comet" / "files").rglob("*.png")}


# -- history ------------------------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
def test_what_was_made_is_one_picture_and_a_list(loaded, live):
    """A plain picture without markup beside it, then the list; the newest first."""
    assert loaded.run("%%comet flux-schnell --seed 7\na boat").ok
    assert loaded.run("%%comet flux-schnell --seed 8\nan owl").ok
    cell = loaded.run("%comet history", live=live)
    kinds = [sorted(output.data) for output in cell.outputs]
    assert kinds == [["image/jpeg", "text/plain"], ["text/html", "text/plain"]]
    assert prompts(cell) == ["an owl", "a boat"]
    assert listing(cell)[-1] == "1–2 of 2, newest first"
    metadata = cell.outputs[0].metadata
    ids = [named["id"] for named in metadata["comet"]["history"]]
    assert ids == ["foreign" + "1".zfill(19), "foreign" + "0".zfill(19)]
    assert "an owl; a boat" in metadata["image/jpeg"]["alt"]
    assert Image.open(io.BytesIO(b64decode(cell.pictures[0]))).width > 500


def test_options_are_words_of_the_search(loaded, keep, store):
    """Status, model, date, favourites, and words, each by itself and together."""
    boat = keep("a boat")
    keep("a boat at night", "failed", model=DEV)
    keep("an owl", model=DEV)
    keep("an old boat", age=timedelta(days=40))
    store.set_favourite(boat.key, True)
    searches = {
        "": ["★ a boat", "a boat at night", "an owl", "an old boat"],
        "boat": ["★ a boat", "a boat at night", "an old boat"],
        '"BOAT night"': ["a boat at night"],
        "--status failed": ["a boat at night"],
        "--model dev": ["a boat at night", "an owl"],
        "--model=dev owl": ["an owl"],
        "--since 7d boat": ["★ a boat", "a boat at night"],
        "--before 30d": ["an old boat"],
        "--favourites": ["★ a boat"],
        "seed:103": ["an owl"],
        boat.id[:8]: ["★ a boat"],
        "-n 1 --page 3": ["an owl"],
    }
    for search, found in searches.items():
        assert prompts(loaded.run(f"%comet history {search}")) == found, search


def test_pages_say_how_to_go_on(loaded, keep):
    """The line below can be typed as it stands, and leads to the end."""
    for number in range(5):
        keep(f"boat {number}")
    seen = []
    command = "%comet history boat --model schnell -n 2"
    while command:
        cell = loaded.run(command)
        seen += prompts(cell)
        facts = listing(cell)[-1]
        command = facts.partition(": ")[2]
    assert seen == [f"boat {number}" for number in range(5)]
    assert facts == "5–5 of 5, newest first"
    beyond = loaded.run("%comet history --page 9 -n 2").data("text/plain")
    assert beyond == ["5 predictions on 3 pages: page 9 has none"]


def test_what_has_no_picture_stands_in_the_list_only(loaded, keep):
    """Failures are no tiles; a page of nothing else has no sheet."""
    keep("a boat")
    keep("an owl", "failed")
    both, failed = loaded.run("%comet history"), loaded.run("%comet history --status failed")
    assert len(both.outputs[0].metadata["comet"]["history"]) == 1
    assert prompts(both) == ["a boat", "an owl"]
    assert failed.pictures == []
    assert prompts(failed) == ["an owl"]


def test_an_original_that_is_gone_or_changed_leaves_a_hole(loaded, keep, store):
    """The sheet and the list are there all the same, and name no place on this machine."""
    records = [keep(f"boat {number}") for number in range(3)]
    paths = [store.files.path(r.files[0].sha256, "image/png") for r in records]
    whole = loaded.run("%comet history")
    paths[0].unlink()
    paths[1].write_bytes(b"something else")
    cell = loaded.run("%comet history")
    assert prompts(cell) == ["boat 0", "boat 1", "boat 2"]
    assert cell.pictures != whole.pictures
    assert len(cell.outputs[0].metadata["comet"]["history"]) == 3
    assert str(store.home) not in str([output.data for output in cell.outputs])


def test_what_is_in_flight_is_listed_as_it_stands(loaded, held, foreign_service):
    """First in the list only; as soon as it is done, with its picture."""
    loaded.run("%%comet flux-schnell --bg --seed 7 -o boat\na boat", live=True)
    foreign_service.wait_for_requests(2)
    assert "starting" in listing(loaded.run("%comet history"))[1]
    held.set()
    loaded.run("boat.wait()")
    cell = loaded.run("%comet history")
    assert "succeeded" in listing(cell)[1]
    assert len(cell.pictures) == 1


def test_ten_thousand_predictions_are_listed_page_by_page(loaded, keep, store):
    """The count is of all, the page is one."""
    one = keep("a boat")
    store.put(
        *(
            replace(one, key=uuid.uuid4().hex, state=replace(one.state, id=uuid.uuid4().hex))
            for _ in range(9_999)
        )
    )
    cell = loaded.run("%comet history boat --page 400")
    assert listing(cell)[-1].startswith("9,577–9,600 of 10,000, newest first · page 401: ")
    assert len(cell.outputs[0].metadata["comet"]["history"]) == 24


def test_a_terminal_gets_the_list_alone(keep, tmp_path):
    """Text that says everything, and no picture that nobody would see."""
    kept = keep("a boat")
    script = tmp_path / "cells.ipy"
    script.write_text("%load_ext comet_jupyter\n%comet history\n%comet cost\n")
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert kept.id in done.stdout
    assert "1–1 of 1, newest first" in done.stdout
    assert "Overview" not in done.stdout
    assert "this session" in done.stdout


def test_nothing_is_sent_to_list_forget_or_count(loaded, keep, foreign_service):
    """The history is on disk: no request leaves for it."""
    record = keep("a boat")
    for verb in ("history", "cost", f"forget {record.id}"):
        assert loaded.run(f"%comet {verb}").ok
    assert foreign_service.requests == []


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("--favourite", "Did you mean --favourites?"),
        ("--stauts failed", "Did you mean --status?"),
        ("--page 0", "a number from 1"),
        ("--page x", "a number from 1"),
        ("-n 1000", "a number from 1 to 96"),
        ("-n", "-n needs a value"),
        ("--since --page 2", "--since needs a value"),
    ],
)
def test_an_option_that_is_wrong_is_one_line(line, error):
    """The nearest name, or what would be right."""
    with pytest.raises(InputError, match=r"Give|Did you|help history") as caught:
        read_search(line)
    assert error in str(caught.value)
    assert isinstance(caught.value, UnknownNameError) is error.startswith("Did")


def test_a_search_that_means_nothing_says_what_would(loaded, keep):
    """A status or a date that is none is an error of its own, before anything is shown."""
    keep("a boat")
    for search, remedy in (("--status done", "succeeded, failed"), ("--since soon", "since:7d")):
        cell = loaded.run(f"%comet history {search}")
        assert not cell.ok
        assert remedy in cell.error
    empty = loaded.run("%comet history zebra").data("text/plain")
    assert empty == ["nothing in the history matches zebra"]


@pytest.mark.parametrize("verb", ["history", "forget"])
def test_a_key_in_the_line_is_refused_and_not_repeated(loaded, foreign_service, verb):
    """Neither list nor error says it again."""
    cell = loaded.run(f"%comet {verb} {foreign_service.key}")
    assert "an API key stands in this line" in cell.error
    assert foreign_service.key not in str(list(cell.outputs))


# -- forget -------------------------------------------------------------------------------------


def test_forgetting_deletes_the_record_and_its_file(loaded, keep, home):
    """It says which and how many; the others stay; a second time there is none."""
    boat, owl = keep("a boat"), keep("an owl")
    cell = loaded.run(f"%comet forget {boat.id[:8]}")
    first, second = listing(cell)
    assert first == "forgotten: 1 prediction, 1 file deleted"
    assert second == f"  {boat.id} · flux-schnell · “a boat” · 1 file deleted"
    assert on_disk(home) == {f"{owl.files[0].sha256}.png"}
    assert prompts(loaded.run("%comet history")) == ["an owl"]
    again = loaded.run(f"%comet forget {boat.id[:8]}")
    assert "there is no prediction" in again.error
    assert "nothing was deleted" in again.error


def test_a_file_that_another_result_uses_stays(loaded, keep, home):
    """And that is said; it goes with the last one."""
    red = (200, 30, 30)
    boat, owl = keep("a boat", colour=red), keep("an owl", colour=red)
    assert (
        "1 file kept, which another result uses"
        in listing(loaded.run(f"%comet forget {boat.id}"))[1]
    )
    assert len(on_disk(home)) == 1
    assert "1 file deleted" in listing(loaded.run(f"%comet forget {owl.id}"))[1]
    assert on_disk(home) == set()


def test_all_ids_are_known_before_the_first_is_deleted(loaded, keep):
    """One that is missing, ambiguous or unfinished keeps the others from harm."""
    boat, owl = keep("a boat", id="same0000001"), keep("an owl", id="same0000002")
    left = keep("a fox", "processing", finished=False, id="left00000001")
    for name, error in (
        ("nope", "there is no prediction 'nope'"),
        ("same", "is the beginning of several"),
        (left.id, "was left unfinished"),
        ("", "needs an id"),
    ):
        cell = loaded.run(f"%comet forget {boat.id if name else ''} {name}")
        assert not cell.ok
        assert error in cell.error
        assert len(cell.error.splitlines()) == 1
        assert len(prompts(loaded.run("%comet history"))) == 3
    done = loaded.run(f"%comet forget {boat.id} {owl.id} {boat.key[:8]}")
    assert listing(done)[0] == "forgotten: 2 predictions, 2 files deleted"
    assert prompts(loaded.run("%comet history")) == ["a fox"]


def test_what_is_in_flight_is_not_forgotten(loaded, held, foreign_service, home):
    """Cancel comes first; what was canceled can be forgotten."""
    loaded.run("%%comet flux-schnell --bg --seed 7 -o boat\na boat", live=True)
    foreign_service.wait_for_requests(2)
    assert "is in flight" in loaded.run("%comet forget foreign0").error
    held.set()
    loaded.run("boat.wait()")
    assert len(on_disk(home)) == 1
    assert loaded.run("%comet forget foreign0").ok
    assert on_disk(home) == set()


def test_what_another_kernel_follows_is_not_forgotten(loaded, keep, store):
    """Its lease protects it, with an id or before there is one."""
    for id in ("", "elsewhere001"):
        followed = keep("a boat", "starting", finished=False, id=id)
        store.put(followed, holder=Holder.of_this_process())
        cell = loaded.run(f"%comet forget {followed.key}")
        assert "another kernel follows" in cell.error
    assert len(prompts(loaded.run("%comet history"))) == 2


def test_a_create_of_unknown_outcome_is_settled_by_forgetting_it(loaded, foreign_service):
    """By the beginning of its key, which the history names; then nothing is left of it."""
    foreign_service.break_next("POST", Fault(drop=True))
    assert not loaded.run("%%comet flux-schnell --seed 7\na boat").ok
    cell = loaded.run("%comet history --status unknown")
    key = listing(cell)[1].split()[0]
    assert len(key) == 12
    assert "1 request of unknown outcome" in loaded.run("%comet cost").data("text/plain")[0]
    gone = listing(loaded.run(f"%comet forget {key}"))
    assert gone == [
        "forgotten: 1 prediction, 0 files deleted",
        f"  {key} · flux-schnell · “a boat” · it had no files",
    ]
    assert "unknown outcome" not in loaded.run("%comet cost").data("text/plain")[0]


def test_a_create_that_its_kernel_did_not_survive_can_be_forgotten(loaded, keep, foreign_service):
    """Without an id and without anybody who follows it; nothing is asked of the service."""
    left = keep("a boat", "starting", finished=False, id="")
    assert "it had no files" in listing(loaded.run(f"%comet forget {left.key[:12]}"))[1]
    assert foreign_service.requests == []
    assert "the history is empty" in loaded.run("%comet history").data("text/plain")[0]


# -- cost ---------------------------------------------------------------------------------------


def test_the_cost_is_summed_by_time_and_model(loaded, keep):
    """Estimates marked, unknown ones counted, the sandbox free."""
    keep("a boat", model=SCHNELL, cost=0.003, cost_estimated=True, age=timedelta(0))
    keep("an owl", model=DEV, cost=0.025, age=timedelta(days=3))
    keep("a fox", model=DEV, age=timedelta(days=20))
    keep("a hare", model=DEV, cost=0.03, age=timedelta(days=300))
    keep("a cat", model=DEV, cost=9.0, origin="sandbox")
    rows = {
        line[:32].split("  ")[0]: " ".join(line.split())
        for line in listing(loaded.run("%comet cost"))
        if "$" in line
    }
    assert rows == {
        "this session": "this session $0.00 0",
        "today": "today ~$0.003 1",
        "last 7 days": "last 7 days ~$0.028 2",
        "last 30 days": "last 30 days at least ~$0.028 3 1 of unknown cost",
        "all": "all at least ~$0.058 4 1 of unknown cost",
        DEV: f"{DEV} at least $0.055 3 1 of unknown cost",
        SCHNELL: f"{SCHNELL} ~$0.003 1",
    }


def test_what_is_served_again_costs_nothing_and_is_counted(loaded, foreign_service):
    """The second of two equal requests with a seed is free, and said to be."""
    for _ in range(2):
        assert loaded.run("%%comet flux-schnell --seed 7\na boat", cell_id="one", live=True).ok
        assert loaded.run("%comet wait", live=True).ok
    assert len(foreign_service.creates) == 1
    line = listing(loaded.run("%comet cost"))[1]
    assert line.startswith("this session")
    assert line.endswith("1 replayed or from the store: no charge")
