"""A recording gives back what was written into it, and is a folder for people and for git."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.recorded import BEGIN, MODEL, everything, kept, picture, success

from comet_jupyter.errors import InputError, StoreError
from comet_jupyter.record import Failure, Record
from comet_jupyter.store import Files
from comet_jupyter.store.identity import request_hash
from comet_jupyter.store.recording import MANIFEST, Recording, is_recording, recordings_in
from comet_jupyter.wire.request import PredictionRequest

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture
def files(folder: Path) -> Files:
    """The files of an empty store."""
    return Files(folder)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """A new recording."""
    return Recording.made(tmp_path / "recording")


def found(recording: Recording, record: Record, occurrence: int = 1) -> Record:
    """What a reader who never wrote gets for the request of a record."""
    opened = Recording.opened(recording.folder)
    result = opened.find(request_hash(record.request), occurrence)
    assert result is not None
    return result


# -- there and back ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (picture("png"), ".png"),
        (picture("webp"), ".webp"),
        (picture("jpeg"), ".jpg"),
        (picture("tiff"), ".tif"),
        (SVG, ".svg"),
        (b"%PDF-1.7 and so on", ".pdf"),
        (b"RIFF\0\0\0\0WAVEfmt ", ".wav"),
        (b"no known kind of file", ".bin"),
        (b"", ".bin"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_originals_come_back_byte_for_byte(
    recording: Recording, files: Files, data: bytes, suffix: str
) -> None:
    """Whatever they are, under a name that says their place, content and kind."""
    record = success(files, data)
    entry = recording.write(record, files)
    (file,) = found(recording, record).files
    opened = Recording.opened(recording.folder)
    path = entry / f"0-{file.sha256[:12]}{suffix}"
    assert opened.read(file) == recording.read(file) == path.read_bytes() == data
    assert opened.path(file) == recording.path(file) == path


def test_a_text_that_is_the_output_comes_back(recording: Recording, files: Files) -> None:
    """Also one that looks like markup: it is kept, and shown, as text."""
    data = b"<html>a model that writes"
    sha256, _ = files.add(data, "text/plain")
    record = success(files)
    record = replace(record, files=(replace(kept(files, b"x"), sha256=sha256, size=len(data)),))
    record = replace(record, files=(replace(record.files[0], media_type="text/plain"),))
    recording.write(record, files)
    assert recording.read(found(recording, record).files[0]) == data


def test_a_result_comes_back_as_it_is_shown(recording: Recording, files: Files) -> None:
    """Everything that a cell shows is there; what is nobody's business is not."""
    record = success(
        files,
        picture("webp"),
        picture("jpeg"),
        version="v1",
        template="a {{ thing }}",
        notices=("one output is missing",),
        cost_estimated=True,
    )
    recording.write(record, files)
    result = found(recording, record)
    assert result == replace(
        record,
        key=result.key,
        origin="replay",
        root="",
        files=tuple(replace(file, url="") for file in record.files),
    )
    assert result.succeeded
    assert not result.charged
    assert (result.state.queue_time, result.state.run_time) == (1.0, 2.5)


def test_a_drawn_seed_comes_back_as_a_drawn_one(recording: Recording, files: Files) -> None:
    """The result has it, the request is found without it."""
    record = success(files, input={"prompt": "a boat", "seed": 41}, seed_drawn=True)
    recording.write(record, files)
    again = replace(record, request=PredictionRequest(MODEL, {"prompt": "a boat"}))
    result = found(recording, again)
    assert result.request == record.request
    assert result.request.seed_drawn
    assert not result.request.repeatable
    assert [request.input for request in recording.requests()] == [{"prompt": "a boat"}]


@pytest.mark.parametrize("origin", ["sandbox", "store"])
def test_what_the_sandbox_drew_stays_its_drawing(
    recording: Recording, files: Files, origin: str
) -> None:
    """Replayed it is still labelled, and so it is when it came from the store."""
    record = success(files, origin=origin, source="sandbox")
    recording.write(record, files)
    assert found(recording, record).sandbox
    assert not found(recording, record).charged


def test_a_record_is_called_the_same_at_each_replay_and_never_as_another(
    recording: Recording, files: Files
) -> None:
    """Its key says nothing of the one it was made from, so that it takes nobody's place."""
    record = success(files)
    recording.write(record, files)
    recording.write(record, files, occurrence=2)
    first, second = found(recording, record), found(recording, record, 2)
    assert re.fullmatch("[0-9a-f]{32}", first.key)
    assert len({first.key, second.key, record.key}) == 3
    assert found(recording, record).key == first.key
    assert record.key.encode() not in b"".join(everything(recording.folder).values())


PROMPTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\0\r\n\u2028é{}\\"))
VALUES = st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats(-1e9, 1e9) | PROMPTS


@settings(max_examples=40, deadline=None)  # each is a dozen flushes of the disk
@given(
    prompt=PROMPTS,
    more=st.dictionaries(st.from_regex("[a-z]{1,6}", fullmatch=True), VALUES, max_size=3),
)
def test_any_prompt_is_found_again(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, more: dict[str, Any]
) -> None:
    """Exactly as it was typed, and under the hash of what is typed again."""
    folder = tmp_path_factory.mktemp("any")
    files, recording = Files(folder / "store"), Recording.made(folder / "recording")
    record = success(files, b"data", input={**more, "prompt": prompt})
    entry = recording.write(record, files)
    assert found(recording, record).request == record.request
    assert recording.requests() == [record.request]
    before = everything(entry)
    recording.write(replace(found(recording, record), origin="service"), files)
    assert everything(entry) == before


@settings(max_examples=40, deadline=None)
@given(
    logs=st.text(max_size=60),
    times=st.sampled_from([1, 9_000]),
    notice=st.text(max_size=30),
    template=st.none() | st.text(max_size=30),
    metrics=st.dictionaries(st.text(max_size=5), VALUES, max_size=3),
)
def test_any_logs_and_metrics_are_written_the_same_again(
    tmp_path_factory: pytest.TempPathFactory, logs: str, times: int, **values: Any
) -> None:
    """What was read from a recording gives the same bytes, so that nothing wears off."""
    folder = tmp_path_factory.mktemp("any")
    files, recording = Files(folder / "store"), Recording.made(folder / "recording")
    notices = (values.pop("notice"),)
    record = success(files, b"data", logs=logs * times, notices=notices, **values)
    entry = recording.write(record, files)
    before = everything(entry)
    recording.write(replace(found(recording, record), origin="service"), files)
    assert everything(entry) == before


# -- the same request more than once -----------------------------------------------------------


def test_the_second_of_its_kind_has_a_place_of_its_own(recording: Recording, files: Files) -> None:
    """By its number: the record's, or the one it is given."""
    first = success(files, picture(colour="red"))
    second = success(files, picture(colour="blue"), occurrence=2)
    names = [recording.write(record, files).name for record in (first, second)]
    names.append(recording.write(first, files, occurrence=12).name)
    digits = request_hash(first.request)[:16]
    assert names == [digits, f"{digits}-2", f"{digits}-12"]
    assert [found(recording, first, number).files[0].sha256 for number in (1, 2, 12)] == [
        one.files[0].sha256 for one in (first, second, first)
    ]
    assert found(recording, first, 12).occurrence == 12
    assert json.loads((recording.folder / names[1] / "request.json").read_text())["occurrence"] == 2
    assert "occurrence" not in json.loads(
        (recording.folder / names[0] / "request.json").read_text()
    )


def test_it_is_known_which_numbers_there_are(recording: Recording, files: Files) -> None:
    """In their order, with the gaps that removing leaves; others do not count."""
    record = success(files)
    name = request_hash(record.request)
    assert (recording.occurrences(name), recording.how_many(name)) == ([], 0)
    assert recording.find(name, 1) is None
    for number in (10, 2, 1):
        recording.write(record, files, occurrence=number)
    recording.write(success(files, input={"prompt": "else"}), files)
    assert recording.occurrences(name) == [1, 2, 10]
    recording.remove(name, 1)
    assert (recording.occurrences(name), recording.how_many(name)) == ([2, 10], 2)
    assert recording.find(name, 1) is None
    recording.remove(name, 1)


@pytest.mark.parametrize(
    "values",
    [
        {"finished": False},
        {"files": ()},
        {"occurrence": 0},
        {"failure": Failure("PredictionFailedError", "no")},
    ],
    ids=["unfinished", "without files", "never served again", "failed"],
)
def test_only_results_that_may_be_served_are_recorded(
    recording: Recording, files: Files, values: dict[str, Any]
) -> None:
    """Anything else is refused, and nothing is written."""
    before = everything(recording.folder)
    with pytest.raises(InputError, match="no result to record"):
        recording.write(replace(success(files), **values), files)
    assert everything(recording.folder) == before


# -- input files -------------------------------------------------------------------------------


def with_input(files: Files, *pictures: bytes, prompt: str = "a boat", **values: Any) -> Record:
    """A result of a request that refers to pictures."""
    names = [f"comet:{files.add(data, 'image/png')[0]}" for data in pictures]
    given_input = {"prompt": prompt, "image": names[0], "more": [{"image": names[-1]}]}
    return success(files, input=given_input, **values)


def test_input_files_are_recorded_with_what_refers_to_them(
    recording: Recording, files: Files
) -> None:
    """At any depth, once each; found by the whole sha256 or the beginning of it."""
    one, other = picture(colour="red"), picture(colour="blue")
    record = with_input(files, one, other)
    recording.write(record, files)
    recording.write(with_input(files, one, prompt="again"), files)
    names = [text.removeprefix("comet:") for text in (record.request.input["image"],)]
    names.append(record.request.input["more"][0]["image"].removeprefix("comet:"))
    inside = {name for name in everything(recording.folder) if name.startswith("inputs/")}
    assert inside == {f"inputs/{name}.png" for name in names}
    opened = Recording.opened(recording.folder)
    for name, data in zip(names, (one, other), strict=True):
        assert opened.input(name) == opened.input(name[:12]) == (data, "image/png")


@pytest.mark.parametrize("name", ["0" * 64, "", "0" * 11, "../x", "*" * 64, "g" * 64])
def test_no_other_name_gives_an_input_file(recording: Recording, files: Files, name: str) -> None:
    """Neither in a recording with input files nor in one without."""
    assert recording.input(name) is None
    recording.write(with_input(files, picture()), files)
    assert recording.input(name) is None


def test_a_reference_in_a_prompt_is_text(recording: Recording, files: Files) -> None:
    """It is neither looked up nor recorded."""
    recording.write(success(files, input={"prompt": f"comet:{'0' * 64}"}), files)
    assert not (recording.folder / "inputs").exists()


def test_input_files_go_with_the_last_result_that_refers_to_them(
    recording: Recording, files: Files
) -> None:
    """Not before."""
    one = with_input(files, picture())
    other = with_input(files, picture(), prompt="another")
    for record in (one, other):
        recording.write(record, files)
    recording.remove(request_hash(one.request), 1)
    assert len(list((recording.folder / "inputs").iterdir())) == 1
    recording.remove(request_hash(other.request), 1)
    assert set(everything(recording.folder)) == {MANIFEST, ".gitattributes"}


@pytest.mark.parametrize("kind", ["original", "input"])
def test_nothing_is_recorded_of_a_result_whose_files_are_gone(
    recording: Recording, files: Files, kind: str
) -> None:
    """It is said which file, and no half result stands there."""
    record = with_input(files, picture(colour="red"))
    name = record.request.input["image"][6:] if kind == "input" else record.files[0].sha256
    files.path(name, "image/png").unlink()
    before = everything(recording.folder)
    with pytest.raises(StoreError, match=name[:12]):
        recording.write(record, files)
    assert everything(recording.folder) == before


# -- the nearest -------------------------------------------------------------------------------


def test_the_nearest_recorded_request_is_found(recording: Recording, files: Files) -> None:
    """None in an empty recording; else the one with the same model and nearly the same words."""
    wanted = PredictionRequest(MODEL, {"prompt": "a red boat", "seed": 7})
    assert recording.nearest(wanted) is None
    for prompt in ("mountains", "a blue boat", "rain"):
        recording.write(success(files, input={"prompt": prompt, "seed": 7}), files)
    nearest = recording.nearest(wanted)
    assert nearest is not None
    assert nearest.prompt == "a blue boat"


# -- a folder for git --------------------------------------------------------------------------


def test_the_texts_are_for_people_and_for_git(recording: Recording, files: Files) -> None:
    """UTF-8 as typed, sorted, a name in a line, a newline at the end; logs line by line."""
    record = success(files, input={"seed": 7, "prompt": "Grüße 🦊"}, logs="one\ntwo")
    entry = recording.write(record, files)
    assert (entry / "request.json").read_text("utf-8") == (
        '{\n  "input": {\n    "prompt": "Grüße 🦊",\n    "seed": 7\n  },\n'
        f'  "model": "{MODEL}"\n}}\n'
    )
    for path in recording.folder.rglob("*.json"):
        value = json.loads(path.read_bytes())
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        assert path.read_bytes() == text.encode()
    prediction = json.loads((entry / "prediction.json").read_bytes())
    assert prediction["logs"] == ["one", "two"]
    assert prediction["submitted_at"] == BEGIN.isoformat()


def test_the_mark_says_what_it_is(recording: Recording) -> None:
    """In one line that names the verb; and git is told to leave the bytes alone."""
    mark = json.loads((recording.folder / MANIFEST).read_text())
    assert mark["format"] == 1
    assert "%comet replay" in mark["about"]
    assert "\n" not in mark["about"]
    assert "* -text" in (recording.folder / ".gitattributes").read_text().splitlines()


def stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    """When each file was changed last, and which one it is."""
    return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*.*")}


def test_writing_the_same_again_touches_nothing(recording: Recording, files: Files) -> None:
    """No byte, no time, no file: git sees no change, and a synchronised disk has nothing to do."""
    record = with_input(files, picture(), picture(colour="red"))
    recording.write(record, files)
    before = stamps(recording.folder)
    assert len(before) == 7
    for again in (recording, Recording.made(recording.folder)):
        again.write(record, files)
        assert stamps(recording.folder) == before
    recording.write(replace(record, total_time=6.0), files)
    assert {
        path.name for path, stamp in stamps(recording.folder).items() if stamp != before[path]
    } == {"prediction.json"}


@pytest.mark.parametrize("origin", ["store", "replay"])
def test_a_result_that_was_served_again_leaves_the_first_as_it_is(
    recording: Recording, files: Files, tmp_path: Path, origin: str
) -> None:
    """What it cost and said when it was made stays; its files need not be in the store."""
    record = success(files, picture(), notices=("a notice",))
    recording.write(record, files)
    before = stamps(recording.folder)
    again = replace(found(recording, record), origin=origin, cost=0.0, notices=())
    recording.write(again, Files(tmp_path / "empty"))
    assert stamps(recording.folder) == before


def test_a_result_from_the_store_is_recorded_without_a_price(
    recording: Recording, files: Files
) -> None:
    """It cost nothing this time, and what it cost is not known any more."""
    record = success(files, origin="store", cost=0.0, cost_estimated=False)
    recording.write(record, files)
    assert found(recording, record).cost is None


def test_another_picture_takes_the_place_of_the_first(recording: Recording, files: Files) -> None:
    """The first one's original goes, and notes that people put beside it stay."""
    entry = recording.write(success(files, picture(), picture(colour="red")), files)
    (entry / "notes.md").write_text("mine")
    record = success(files, picture("webp", "blue"))
    assert recording.write(record, files) == entry
    names = {path.name for path in entry.iterdir()}
    original = f"0-{record.files[0].sha256[:12]}.webp"
    assert names == {"request.json", "prediction.json", "notes.md", original}
    assert recording.read(found(recording, record).files[0]) == picture("webp", "blue")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_others_may_read_it(recording: Recording, files: Files) -> None:
    """Unlike the store: with the permissions that everything has which is made here."""
    old = os.umask(0o022)
    try:
        entry = recording.write(with_input(files, picture()), files)
    finally:
        os.umask(old)
    modes = {
        (path.is_dir(), stat.S_IMODE(path.stat().st_mode))
        for part in ("inputs", entry.name)
        for path in (recording.folder / part, *(recording.folder / part).iterdir())
    }
    assert modes == {(False, 0o644), (True, 0o755)}


# -- where it is -------------------------------------------------------------------------------


def test_a_recording_is_known_by_its_mark(recording: Recording, tmp_path: Path) -> None:
    """A folder without it is none, and neither is one where it is a folder."""
    assert is_recording(recording.folder)
    assert not is_recording(tmp_path)
    (tmp_path / MANIFEST).mkdir()
    assert not is_recording(tmp_path)
    assert not is_recording(tmp_path / "nowhere")


def test_recordings_beside_a_notebook_are_found_by_name(tmp_path: Path) -> None:
    """The folder itself first, then those in it, no hidden ones, no deeper ones, at most 20."""
    for name in ("b", "a", ".hidden", "c/deeper"):
        Recording.made(tmp_path / name)
    (tmp_path / "notebook.ipynb").write_text("{}")
    assert recordings_in(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert recordings_in(tmp_path / "a") == [tmp_path / "a"]
    assert recordings_in(tmp_path / "nowhere") == []
    for number in range(30):
        Recording.made(tmp_path / f"more-{number:02}")
    assert len(recordings_in(tmp_path)) == 20


def test_a_recording_in_a_new_or_empty_folder_is_made_once(tmp_path: Path, files: Files) -> None:
    """Hidden files are no content; what is recorded there stays."""
    (tmp_path / "there" / ".ipynb_checkpoints").mkdir(parents=True)
    for folder in (tmp_path / "new" / "deep", tmp_path / "there"):
        record = success(files)
        Recording.made(folder).write(record, files)
        assert Recording.made(folder).find(request_hash(record.request), 1) is not None


@pytest.mark.parametrize("name", ["notes", "notes/file.txt", "notes/file.txt/below"])
def test_a_recording_is_not_mixed_with_other_things(tmp_path: Path, name: str) -> None:
    """A folder of somebody's, or a file, is refused and left as it is."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "file.txt").write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(InputError, match="holds other things") as caught:
        Recording.made(tmp_path / name)
    assert "%comet record" in caught.value.remedy
    assert caught.value.__context__ is None
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (None, "is no recording"),
        (b'{"format": 2}', "does not know"),
        (b'{"format": true}', "does not know"),
        (b'{"format": "1"}', "does not know"),
        (b"{}", "is damaged"),
        (b"[]", "is damaged"),
        (b"", "is damaged"),
        (b"\xff", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b'{"format": 1}' + b" " * 100_000, "is damaged"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
def test_what_is_no_recording_is_not_opened(tmp_path: Path, mark: bytes | None, said: str) -> None:
    """One line that says why, and what to do; `made` does not write over it either."""
    folder = tmp_path / "recording"
    folder.mkdir()
    if mark is not None:
        (folder / MANIFEST).write_bytes(mark)
    for way in (Recording.opened, Recording.made) if mark is not None else (Recording.opened,):
        with pytest.raises(InputError, match=said) as caught:
            way(folder)
        assert caught.value.remedy
        assert caught.value.__context__ is None
    assert len(everything(folder)) == (mark is not None)


READ_ONLY = """
import ctypes
from comet_jupyter.errors import CometError
from comet_jupyter.store.recording import Recording
from comet_jupyter.store.identity import request_hash
from support.recorded import success
place = Path(sys.argv[2])
recording = Recording.made(place / "recording")
record, other = success(store.files), success(store.files, input={"prompt": "another"})
entry = recording.write(record, store.files)
for folder in (recording.folder, entry):
    folder.chmod(0o555)
if os.getuid() == 0:  # whom no mode keeps from writing, as long as it has its capabilities
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(header, none) == 0
for action in (
    lambda: recording.write(other, store.files),
    lambda: recording.remove(request_hash(record.request), 1),
    lambda: Recording.made(recording.folder),
    lambda: Recording.made(recording.folder / "inside"),
):
    try:
        action()
        say("written")
    except CometError as error:
        say(type(error).__name__, error.__context__, error.cause.partition(": ")[2])
found = recording.find(request_hash(record.request), 1)
say(recording.read(found.files[0]) == store.files.read(record.files[0].sha256, "image/png"))
"""


@pytest.mark.skipif(
    sys.platform == "win32" or (sys.platform != "linux" and os.getuid() == 0),
    reason="Windows has no such modes, and only Linux has a root that minds them",
)
def test_a_read_only_recording_is_read_and_not_written(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every way of writing says that it is read-only; reading does as ever."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    process = start(READ_ONLY, str(tmp_path))
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.splitlines() == ["StoreError None the folder is read-only"] * 4 + ["True"]
