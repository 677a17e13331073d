"""Whether `share` knows what a recording beside the notebook holds, lacks, and holds in vain."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from support.saved import (
    code,
    comet_output,
    markdown,
    notebook,
    picture_bytes,
    save,
    shown,
    webp_file,
)

from comet_jupyter.notebook.share import share
from comet_jupyter.record import Record
from comet_jupyter.store import Store
from comet_jupyter.store.files import Files
from comet_jupyter.store.identity import request_hash
from comet_jupyter.store.recording import Recording
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import PredictionState

MODEL = "black-forest-labs/flux-schnell"


@pytest.fixture
def files(home):
    """Where originals are kept."""
    return Files(home / "comet")


@pytest.fixture
def made(files):
    """Makes finished records, each with a picture of its own colour."""

    def make(prompt="a boat", colour="teal", **values):
        data = picture_bytes("WEBP", colour)
        sha256, _ = files.add(data, "image/webp")
        seed_drawn = values.pop("seed_drawn", False)
        given = {"prompt": prompt, "seed": values.pop("seed", 7)}
        record = Record(
            key=f"{abs(hash((prompt, colour))):032x}"[:32],
            request=PredictionRequest(MODEL, given, seed_drawn=seed_drawn),
            submitted_at=datetime(2026, 1, 2, tzinfo=timezone.utc),
            state=PredictionState(id="rrakzvpshk08487yyfxf627r91", status="succeeded"),
            files=(webp_file(sha256, len(data)),),
            finished=True,
        )
        return replace(record, **values)

    return make


@pytest.fixture
def recording(tmp_path, files):
    """A recording beside the notebook, into which records are written."""
    made = Recording.made(tmp_path / "recording")

    def write(*records):
        return [made.write(record, files) for record in records]

    return write


def cell(*records, source="%%comet --seed 7\na boat"):
    """A cell that shows these records."""
    return code(source, *map(comet_output, records))


def found(tmp_path, *cells, name="demo.ipynb"):
    """What is found in a notebook of these cells, as text by code and severity."""
    findings = share(save(tmp_path / name, notebook(*cells))).findings
    assert {one.code for one in findings} <= {"recording", "not-run"}
    return [
        (one.severity, str(one.place), one.cause) for one in findings if one.code == "recording"
    ]


def test_what_is_recorded_is_no_finding(tmp_path, made, recording):
    """Every request of the outputs stands in the recording, and nothing else does."""
    one, two = made(), made("a lake", "navy")
    recording(one, two)
    assert found(tmp_path, cell(one), cell(two)) == []


def test_a_drawn_seed_and_the_second_of_its_kind_are_known(tmp_path, made, recording):
    """The hash leaves a drawn seed out; the number tells two equal requests apart."""
    first = made(seed=4711, seed_drawn=True)
    second = made(colour="navy", seed=4712, seed_drawn=True, occurrence=2)
    recording(first, second)
    assert found(tmp_path, cell(first), cell(second)) == []


def test_a_request_that_is_not_recorded_is_a_problem(tmp_path, made, recording):
    """It names the output, and only that one."""
    one, two = made(), made("a lake", "navy")
    recording(one)
    ((severity, place, cause),) = found(tmp_path, cell(one), cell(two, source="%%comet\na lake"))
    assert (severity, place) == ("problem", "cell 2, output 1 (%%comet)")
    assert "in no recording" in cause


def test_what_the_store_has_is_recorded(tmp_path, home, made, recording):
    """With --fix, free: two more of a kind, in order; what the store has not is left."""
    kept = made(seed=1, seed_drawn=True)
    two = [
        replace(
            made(colour=colour, seed=seed, seed_drawn=True, occurrence=seed), key=f"{seed:032x}"
        )
        for colour, seed in (("navy", 2), ("gold", 3))
    ]
    lost = replace(made("a lake", "red"), key="e" * 32)
    recording(kept)
    store = Store(home / "comet")
    store.put(*two)
    store.close()
    path = save(tmp_path / "demo.ipynb", notebook(cell(kept), *map(cell, two), cell(lost)))
    assert (share(path).problems, share(path).fixable) == (3, 2)
    report = share(path, fix=True)
    assert [str(change.place) for change in report.changes] == [
        "cell 2, output 1 (%%comet --seed 7)",
        "cell 3, output 1 (%%comet --seed 7)",
    ]
    assert (report.problems, report.fixable) == (1, 0)
    name = request_hash(kept.request)
    written = Recording.opened(tmp_path / "recording")
    assert [written.find(name, number).request.seed for number in (1, 2, 3)] == [1, 2, 3]
    assert share(path, fix=True).changes == ()


def test_a_store_is_never_made_for_it(tmp_path, home, made, recording):
    """Where there is none, looking for results leaves none behind."""
    recording(made())
    path = save(tmp_path / "demo.ipynb", notebook(cell(made()), cell(made("a lake", "navy"))))
    assert share(path, fix=True).problems == 1
    assert not (home / "comet" / "comet.db").exists()


def test_another_picture_than_the_recorded_one_is_noticed(tmp_path, made, recording):
    """The cell was run again, the recording was not written again."""
    recording(made())
    ((severity, _, cause),) = found(tmp_path, cell(made(colour="navy")))
    assert severity == "notice"
    assert "another picture" in cause


def test_what_no_output_uses_is_noticed(tmp_path, made, recording):
    """It names the folder; unless another notebook beside it uses it, or a quiet cell may."""
    one, two = made(), made("a lake", "navy")
    _, unused = recording(one, two)
    load = code("%load_ext comet_jupyter")
    ((severity, place, cause),) = found(tmp_path, load, cell(one))
    assert (severity, place) == ("notice", f"the recording, {unused.name}")
    assert "no output" in cause
    assert found(tmp_path, code("import comet_jupyter"), cell(one)) == []
    quiet = code("%%comet -q -o lake\na lake")
    assert found(tmp_path, cell(one), quiet) == []
    found(tmp_path, cell(two), name="other.ipynb")
    assert found(tmp_path, cell(one)) == []


def test_a_recording_that_only_another_notebook_uses_is_not_asked_for(tmp_path, made, recording):
    """Two notebooks in one folder, one of them recorded; naming the folder makes it one's own."""
    one, two = made(), made("a lake", "navy", origin="sandbox")
    recording(one)
    assert [severity for severity, _, _ in found(tmp_path, cell(two))] == ["problem", "notice"]
    assert found(tmp_path, cell(one), name="recorded.ipynb") == []
    assert found(tmp_path, cell(two)) == []
    assert len(found(tmp_path, code("%comet record recording"), cell(two))) == 1


def test_a_recorded_file_that_changed_is_a_problem(tmp_path, made, recording):
    """By its sha256; the report does not say where the folder is on this machine."""
    one = made()
    (entry,) = recording(one)
    (picture,) = entry.glob("0-*")
    picture.write_bytes(picture.read_bytes() + b"x")
    ((severity, place, cause),) = found(tmp_path, cell(one))
    assert (severity, place) == ("problem", f"the recording, {entry.name}")
    assert str(tmp_path) not in cause


def test_a_damaged_result_and_a_damaged_recording_are_problems(tmp_path, made, recording):
    """Neither stops the check."""
    one = made()
    (entry,) = recording(one)
    (entry / "prediction.json").write_text("{")
    assert [severity for severity, _, _ in found(tmp_path, cell(one))] == ["problem"]
    (entry.parent / "comet-recording.json").write_text("{")
    said = found(tmp_path, cell(one))
    assert any("is damaged" in cause for _, _, cause in said)


def test_cells_without_their_output_are_problems_where_a_recording_stands(
    tmp_path, made, recording
):
    """Never run, or gone; not in a notebook that was cleared as a whole, nor a quiet cell."""
    one = made()
    recording(one)
    never, gone = code("%%comet\na boat", count=None), code("%comet run a boat")
    said = found(tmp_path, cell(one), never, gone)
    assert [cause.partition(",")[0] for _, _, cause in said] == [
        "it was never run",
        "its output is gone",
    ]
    assert found(tmp_path, cell(one), code("%%comet -q\na boat"), code("x = 1")) == []
    cleared = [code("%%comet --seed 7\na boat", count=None), markdown("a boat")]
    assert [severity for severity, _, _ in found(tmp_path, *cleared)] == ["notice"]


def test_without_a_recording_one_notice_names_the_remedy(tmp_path, made):
    """One for all pictures; none where the sandbox drew them, and none without pictures."""
    one, two = made(), made("a lake", "navy")
    path = save(tmp_path / "demo.ipynb", notebook(cell(one), cell(two)))
    (finding,) = share(path).findings
    assert (finding.severity, finding.code) == ("notice", "recording")
    assert "2 pictures" in finding.cause
    assert "%comet record DIR" in finding.remedy
    drawn = replace(one, origin="sandbox")
    assert found(tmp_path, cell(drawn)) == []
    assert found(tmp_path, code("1 + 1")) == []


def test_a_long_prompt_that_the_notebook_cuts_is_known_by_its_picture(tmp_path, made, recording):
    """Its hash cannot be told from the notebook; the sha256 of its picture can."""
    long = made("a boat " * 4_000)
    recording(long)
    output = comet_output(long)
    assert "input" in output["metadata"]["comet"]["shortened"]
    assert found(tmp_path, code("%%comet\na boat", output)) == []


def test_a_sheet_of_several_is_looked_at_picture_by_picture(tmp_path, made, recording):
    """One of two is missing: one finding."""
    one, two = made(), made("a lake", "navy")
    recording(one)
    note = {"predictions": [record.public() for record in (one, two)]}
    sheet = shown(comet_output(one)["data"], comet=note)
    assert len(found(tmp_path, code("%%comet -n 2\na boat", sheet))) == 1


@pytest.mark.parametrize(
    "note",
    [
        {},
        {"model": MODEL},
        {"model": 3, "files": [{"sha256": "ab"}]},
        {"model": "none", "files": [{"sha256": "ab"}], "input": {"a": {"b": [1]}}},
        {"model": MODEL, "files": [{"sha256": 3}, None], "input": []},
        {"predictions": [None, 3]},
    ],
)
def test_a_note_that_is_none_of_ours_is_no_trouble(tmp_path, made, recording, note):
    """What a stranger wrote there is passed over, or not found."""
    one = made()
    recording(one)
    odd = code("x", shown({"image/png": picture_bytes("PNG").hex()}, comet=note))
    assert len(found(tmp_path, cell(one), odd)) <= 1
