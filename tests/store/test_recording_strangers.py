"""A recording is read as what a stranger wrote: what is damaged, forged or absurd is not served."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.recorded import MODEL, changed, picture, success

from comet_jupyter.errors import CometError, InputError, StoreError
from comet_jupyter.record import FileRef, Record
from comet_jupyter.store import Files
from comet_jupyter.store.identity import request_hash
from comet_jupyter.store.recording import Recording, reading, recordings_in
from comet_jupyter.wire.request import PredictionRequest

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@pytest.fixture
def files(folder: Path) -> Files:
    """The files of an empty store."""
    return Files(folder)


@pytest.fixture
def record(files: Files) -> Record:
    """The result that is recorded, which refers to an input file."""
    name, _ = files.add(picture(colour="red"), "image/png")
    given_input = {"prompt": "a boat", "seed": 7, "image": f"comet:{name}"}
    return success(files, picture("webp"), input=given_input)


@pytest.fixture
def entry(tmp_path: Path, files: Files, record: Record) -> Path:
    """The folder of a result in a recording of it alone."""
    return Recording.made(tmp_path / "recording").write(record, files)


def find(entry: Path, record: Record, occurrence: int = 1) -> Record:
    """What a new reader finds for the request of a record."""
    found = Recording.opened(entry.parent).find(request_hash(record.request), occurrence)
    assert found is not None
    return found


def test_what_nobody_touched_is_found(entry: Path, record: Record) -> None:
    """The control of all that follows: request, result, original and input are there."""
    recording = Recording.opened(entry.parent)
    assert recording.read(find(entry, record).files[0]) == picture("webp")
    assert len(recording.requests()) == 1
    assert recording.input(str(record.request.input["image"])[6:]) is not None


# -- the two JSON files ------------------------------------------------------------------------

ABSURD = {
    "empty": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe{}",
    "a list": b"[]",
    "null": b"null",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"input":' * 100_000 + b"1" + b"}" * 100_000,
    "deep in an object": b'{"model": "a/b", "input": {"x": ' + b"[" * 500 + b"]" * 500 + b"}}",
    "NaN": b'{"input": {"x": NaN}, "model": "a/b"}',
    "infinite": b'{"input": {"x": 1e999}, "model": "a/b"}',
    "a long number": b'{"input": {"x": ' + b"9" * 10_000 + b'}, "model": "a/b"}',
    "large": b'{"input": {}, "model": "a/b"}' + b" " * 4_000_000,
}


@pytest.mark.parametrize("name", ["request.json", "prediction.json"])
@pytest.mark.parametrize("data", ABSURD.values(), ids=ABSURD.keys())
def test_absurd_json_is_damage(entry: Path, record: Record, name: str, data: bytes) -> None:
    """One line that names the file and says what to do; nothing else is raised, then or later."""
    (entry / name).write_bytes(data)
    with pytest.raises(StoreError, match=name) as caught:
        find(entry, record)
    assert "record it again" in caught.value.remedy
    assert caught.value.__context__ is None
    requests = Recording.opened(entry.parent).requests()
    assert len(requests) == (name == "prediction.json")


@pytest.mark.parametrize(
    "values",
    [
        {"model": None},
        {"model": 7},
        {"model": "no model"},
        {"model": "../../x"},
        {"input": None},
        {"input": []},
        {"input": {"prompt": "another boat"}},
        {"input": {"prompt": "\ud800"}},
        {"input": {"\udfff": 1}},
        {"occurrence": 2},
        {"occurrence": True},
        {"occurrence": "1"},
        {"occurrence": -1},
    ],
    ids=str,
)
def test_a_request_that_is_none_or_another_is_damage(
    entry: Path, record: Record, values: dict[str, Any]
) -> None:
    """The folder's name follows from what was asked; a wrong one is neither found nor listed."""
    changed(entry / "request.json", **values)
    with pytest.raises(StoreError, match=entry.name) as caught:
        find(entry, record)
    assert caught.value.__context__ is None
    recording = Recording.opened(entry.parent)
    assert recording.requests() == []
    assert recording.nearest(record.request) is None


HALF = {"input": {"prompt": "\ud800 boat"}, "model": MODEL}


def test_half_a_character_is_damage_under_its_own_name(entry: Path) -> None:
    """Even where name and request agree: no message that quotes it could be shown."""
    request = PredictionRequest(MODEL, HALF["input"])  # type: ignore[arg-type]
    forged = entry.rename(entry.with_name(request_hash(request)[:16]))
    (forged / "request.json").write_text(json.dumps(HALF))
    with pytest.raises(StoreError, match="half a character"):
        Recording(entry.parent).find(request_hash(request), 1)
    assert Recording(entry.parent).requests() == []


SHA = hashlib.sha256(picture("webp")).hexdigest()
FILE = {"sha256": SHA, "media_type": "image/webp", "size": len(picture("webp"))}
SIZE = {"width": 24, "height": 32}


@pytest.mark.parametrize(
    "values",
    [
        *({"status": status} for status in (None, "failed", "processing", 1, ["succeeded"])),
        *({"submitted_at": time} for time in (None, 7, "today", "2026-03-01", "0001-01-01T00Z")),
        *({"id": value} for value in (7, "../x", "a b", "x" * 201, "<b>")),
        *({"drawn_seed": seed} for seed in ("7", True, 7.5, 2**70, 7)),
        *({"files": value} for value in (None, 7, {}, [], "x", [7], [None], [{**FILE}] * 65)),
        *({"files": [{**FILE, "sha256": sha}]} for sha in (None, 7, "", SHA.upper(), "../" + SHA)),
        *({"files": [{**FILE, "media_type": t}]} for t in (None, 7, "", "image", "a/b/c", "x/\n")),
        *({"files": [{**FILE, "size": size}]} for size in (None, -1, 2**40, 1.5, True, "1")),
        *({"files": [{**FILE, **SIZE, "width": w}]} for w in (None, 0, -1, 2**40, 1.5, "1", True)),
        {"files": [{**FILE, **SIZE, "media_type": "text/plain"}]},
    ],
    ids=lambda values: json.dumps(values)[:50],
)
def test_a_prediction_with_wrong_values_is_damage(
    entry: Path, record: Record, values: dict[str, Any]
) -> None:
    """What a result cannot do without is there and of its type, or the result is not served."""
    changed(entry / "prediction.json", **values)
    with pytest.raises(StoreError, match=r"prediction\.json") as caught:
        find(entry, record)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "values",
    [
        {"logs": 7, "metrics": [], "notices": "x", "version": {}, "prompt_template": 7},
        {"notices": [7, None, "", "  "], "cost": "1", "total_time": True, "cost_estimated": 1},
        {"cost": -1, "total_time": 1e300, "download_time": None, "origin": 7},
        {"created_at": 7, "started_at": "x", "completed_at": "9999-12-31T23:59:59-23:59"},
        {"created_at": "2026-01-01T00:00:00", "package_version": ["x"], "unknown": {"a": 1}},
    ],
)
def test_wrong_values_of_what_is_only_told_are_left_out(
    entry: Path, record: Record, values: dict[str, Any]
) -> None:
    """Logs, times and costs of the wrong type are missing, and the picture is shown."""
    changed(entry / "prediction.json", **values)
    found = find(entry, record)
    for name in {"cost", "total_time"} & values.keys():
        assert getattr(found, name) is None
    assert found.notices == ()
    assert found.state.created_at is None or "created_at" not in values
    json.dumps(found.to_dict(), allow_nan=False).encode()


def test_texts_are_cleaned_as_those_of_the_service_are(entry: Path, record: Record) -> None:
    """No escape codes, no half characters, and no more than the last 64 kB of logs."""
    nasty = "\x1b[31mred\x1b[0m \ud800 \u202e\x00 end"
    changed(
        entry / "prediction.json",
        logs=[f"{number} {nasty}" for number in range(20_000)],
        notices=[nasty + " x" * 1_000] * 50,
        metrics={nasty: nasty, "deep": json.loads("[" * 40 + "]" * 40)},
        version=nasty,
        prompt_template=nasty,
        package_version=nasty,
    )
    found = find(entry, record)
    text = json.dumps(found.to_dict(), ensure_ascii=False)
    text.encode("utf-8")
    assert not any(code in text for code in ("\x1b", "\\u001b", "\\u0000", "\u202e", "\ud800"))
    assert found.state.logs.endswith("19999 red \ufffd  end")
    assert len(found.state.logs.encode()) <= 64_000
    assert len(found.notices) == 20
    assert max(map(len, found.notices)) <= 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    "id status version drawn_seed submitted_at created_at started_at completed_at total_time logs"
    " metrics notices cost origin prompt_template package_version files model input".split()
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(NAMES, JSON, min_size=1, max_size=4), request=st.booleans())
def test_whatever_json_holds_it_is_a_result_or_damage(
    entry: Path, record: Record, values: dict[str, Any], request: bool
) -> None:
    """And a result can be shown: it has a JSON form in UTF-8, and times that can be computed."""
    path = entry / ("request.json" if request else "prediction.json")
    before = path.read_bytes()
    try:
        changed(path, **values)
        found = find(entry, record)
        json.dumps(found.to_dict(), allow_nan=False, ensure_ascii=False).encode("utf-8")
        assert found.state.run_time is None or found.state.run_time >= 0
        assert found.succeeded
    except StoreError as error:
        str(error).encode("utf-8")
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize("name", ["request.json", "prediction.json"])
def test_an_incomplete_result_is_damage(entry: Path, record: Record, name: str) -> None:
    """Said when it is asked for, left out of what is listed."""
    (entry / name).unlink()
    with pytest.raises(StoreError, match="incomplete"):
        find(entry, record)
    assert Recording(entry.parent).requests() == []


# -- originals and inputs ----------------------------------------------------------------------


def original(entry: Path) -> Path:
    """The one original of a result."""
    (path,) = entry.glob("0-*")
    return path


@pytest.mark.parametrize(
    "data", [b"", picture("webp")[:-1], picture("webp") + b"\0", picture("png")], ids=range(4)
)
def test_a_changed_original_is_not_given_out(entry: Path, record: Record, data: bytes) -> None:
    """Which one has changed is said, each time it is asked for, also after it was fine."""
    recording = Recording.opened(entry.parent)
    found = recording.find(request_hash(record.request), 1)
    assert found is not None
    assert recording.read(found.files[0]) == picture("webp")
    original(entry).write_bytes(data)
    for reader in (recording, Recording.opened(entry.parent)):
        with pytest.raises(StoreError, match="has changed and is not the original") as caught:
            reader.read(found.files[0])
        assert original(entry).name in caught.value.cause
        assert caught.value.__context__ is None


def test_a_missing_original_is_said(entry: Path, record: Record) -> None:
    """By the name that it should have."""
    file = find(entry, record).files[0]
    name = original(entry).name
    original(entry).unlink()
    with pytest.raises(StoreError, match=f"{name} is no longer there"):
        Recording(entry.parent).read(file)


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("image/png", b"<svg onload=alert(1)>"),
        ("image/png", b"<html><script>"),
        ("image/png", picture("jpeg")),
        ("image/png", b"no kind of file"),
        ("image/svg+xml", picture("png")),
        ("text/html", b"no kind of file"),
        ("application/pdf", b"MZ"),
    ],
    ids=range(7),
)
def test_a_media_type_that_the_bytes_do_not_have_is_refused(
    entry: Path, record: Record, media_type: str, data: bytes
) -> None:
    """Even when sha256, size and name are right: a front end would believe it."""
    sha256 = hashlib.sha256(data).hexdigest()
    value = {"sha256": sha256, "media_type": media_type, "size": len(data)}
    changed(entry / "prediction.json", files=[value])
    file = find(entry, record).files[0]
    path = entry / reading.original_name(0, file)
    path.write_bytes(data)
    with pytest.raises(StoreError, match=re.escape(f"is not the {media_type}")):
        Recording(entry.parent).read(file)
    changed(entry / "prediction.json", files=[{**value, "media_type": "text/plain"}])
    path.rename(entry / f"0-{sha256[:12]}.txt")
    assert Recording(entry.parent).read(find(entry, record).files[0]) == data


def test_a_size_that_the_bytes_do_not_have_is_refused(entry: Path, record: Record) -> None:
    """Nothing that is said of a file is believed before it is read."""
    changed(entry / "prediction.json", files=[{**FILE, **SIZE, "size": 7}])
    with pytest.raises(StoreError, match="is not the image/webp"):
        Recording(entry.parent).read(find(entry, record).files[0])


def test_a_huge_file_is_not_read_to_its_end(entry: Path, record: Record) -> None:
    """It stops at 64 MiB, whatever its size is."""
    file = find(entry, record).files[0]
    with original(entry).open("r+b") as huge:
        huge.truncate(2**36)
    with pytest.raises(StoreError, match="has more than 67,108,864 bytes"):
        Recording(entry.parent).read(file)


def test_a_changed_input_file_is_not_given_out(entry: Path, record: Record) -> None:
    """It would be sent in the place of the one that was asked for."""
    name = str(record.request.input["image"])[6:]
    (entry.parent / "inputs" / f"{name}.png").write_bytes(picture(colour="blue"))
    with pytest.raises(StoreError, match="has changed") as caught:
        Recording(entry.parent).input(name)
    assert caught.value.__context__ is None


# -- names and links ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../../secret", "/etc/passwd", "..\\secret", "0-x.webp", "%2e%2e/x"]
)
def test_no_name_in_the_json_becomes_a_path(entry: Path, record: Record, name: str) -> None:
    """Files are named by content and kind alone; what else is said of them is not looked at."""
    (entry.parent.parent / "secret").write_bytes(picture("webp"))
    changed(
        entry / "prediction.json",
        files=[{**FILE, **SIZE, "name": name, "path": name, "url": name}],
        path=name,
        key=name,
    )
    found = find(entry, record)
    assert Recording(entry.parent).path(found.files[0]) == original(entry)
    assert name not in json.dumps(found.to_dict())


def test_a_media_type_names_no_path(entry: Path, record: Record) -> None:
    """An unknown one ends in .bin, one with dots and slashes is none."""
    changed(entry / "prediction.json", files=[{**FILE, "media_type": "x/..-..-secret"}])
    with pytest.raises(StoreError):
        find(entry, record)
    changed(entry / "prediction.json", files=[{**FILE, "media_type": "x/y.exe"}])
    assert Recording(entry.parent).path(find(entry, record).files[0]).suffix == ".bin"


@needs_links
@pytest.mark.parametrize("part", ["request.json", "prediction.json", "original", "input"])
def test_a_link_in_the_place_of_a_file_is_not_followed(
    entry: Path, record: Record, tmp_path: Path, part: str
) -> None:
    """Not even to the very bytes that should be there."""
    name = str(record.request.input["image"])[6:]
    file = find(entry, record).files[0]
    paths = {"original": original(entry), "input": entry.parent / "inputs" / f"{name}.png"}
    path = paths.get(part, entry / part)
    path.symlink_to(path.rename(tmp_path / "outside"))
    recording = Recording(entry.parent)
    read = {"input": lambda: recording.input(name), "original": lambda: recording.read(file)}
    with pytest.raises(StoreError, match="symbolic link"):
        read.get(part, lambda: find(entry, record))()


@needs_links
@pytest.mark.parametrize("part", ["entry", "inputs"])
def test_a_linked_folder_is_not_entered(
    entry: Path, record: Record, files: Files, tmp_path: Path, part: str
) -> None:
    """Neither to read what is there, nor to write into it, nor to remove it."""
    name = str(record.request.input["image"])[6:]
    recording = Recording(entry.parent)
    found = recording.find(request_hash(record.request), 1)
    assert found is not None
    assert recording.read(found.files[0]) == picture("webp")
    inside = entry if part == "entry" else entry.parent / "inputs"
    outside = tmp_path / "outside"
    inside.symlink_to(inside.rename(outside), target_is_directory=True)
    before = {path: path.read_bytes() for path in outside.iterdir()}
    if part == "entry":
        assert recording.requests() == []
        assert recording.occurrences(request_hash(record.request)) == []
        for read in (lambda: find(entry, record), lambda: recording.read(found.files[0])):
            with pytest.raises(StoreError, match="not in a folder of the recording"):
                read()
    else:
        assert recording.input(name) is None
    with pytest.raises(StoreError, match="symbolic link"):
        recording.write(replace(record, total_time=1.0), files)
    recording.remove(request_hash(record.request), 1)
    assert {path: path.read_bytes() for path in outside.iterdir()} == before


@needs_links
def test_a_link_is_no_recording(entry: Path, tmp_path: Path) -> None:
    """Neither a link to a recording beside the notebook, nor a link as the mark of one."""
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "linked").symlink_to(entry.parent, target_is_directory=True)
    assert recordings_in(beside) == []
    mark = entry.parent / "comet-recording.json"
    mark.symlink_to(mark.rename(tmp_path / "mark"))
    with pytest.raises(InputError):
        Recording.opened(entry.parent)
    assert recordings_in(tmp_path) == []


@needs_links
def test_a_recording_that_the_user_names_by_a_link_is_theirs(
    entry: Path, record: Record, tmp_path: Path
) -> None:
    """Only what is inside comes from a stranger."""
    (tmp_path / "mine").symlink_to(entry.parent, target_is_directory=True)
    recording = Recording.opened(tmp_path / "mine")
    found = recording.find(request_hash(record.request), 1)
    assert found is not None
    assert recording.read(found.files[0]) == picture("webp")


PIPE = """
from comet_jupyter.errors import StoreError
from comet_jupyter.store.recording import Recording
folder, name, sha256 = Path(sys.argv[2]), sys.argv[3], sys.argv[4]
for path in folder.rglob("*.*"):
    path.unlink()
    os.mkfifo(path)
recording = Recording(folder)
for read in (lambda: recording.find(name, 1), lambda: recording.input(sha256)):
    try:
        read()
    except StoreError as error:
        say(error.cause.partition(" is ")[2])
say(len(recording.requests()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other pipes")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(
    entry: Path, record: Record, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """Opening it would hang the kernel until somebody writes."""
    name = str(record.request.input["image"])[6:]
    process = start(PIPE, str(entry.parent), request_hash(record.request), name)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.splitlines() == ["no regular file", "no regular file", "0"]


@pytest.mark.parametrize(
    "name",
    ["x", "{}-0", "{}-1", "{}-02", "{}-2x", "{}x", "{}\n", "-2", "{}-9999999999", "{} 2"],
)
def test_folders_of_other_names_are_no_results(entry: Path, record: Record, name: str) -> None:
    """They are passed over, whatever is in them."""
    entry.rename(entry.with_name(name.format(entry.name)))
    recording = Recording(entry.parent)
    assert recording.requests() == []
    assert recording.occurrences(request_hash(record.request)) == []


def test_names_in_capitals_are_no_results(entry: Path, record: Record) -> None:
    """There is one spelling of a hash."""
    forged = entry.with_name(entry.name[:-1] + "F")
    entry.rename(forged)
    assert Recording(entry.parent).requests() == []


def test_no_more_results_than_ten_thousand_are_looked_at(
    entry: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of millions costs no more than that; one that is named is found all the same."""
    assert reading.MAX_ENTRIES == 10_000
    monkeypatch.setattr(reading, "MAX_ENTRIES", 5)
    for number in range(100):
        (entry.parent / f"{number:016x}").mkdir()
    recording = Recording(entry.parent)
    assert len(recording.entries()) == 5
    assert recording.find(request_hash(record.request), 1) is not None


# -- what is written is readable ---------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "\ud800",
        {"\udfff": 1},
        float("nan"),
        b"bytes",
        10**30,
        {1: "a", "x": "b"},
        "x" * 4_100_000,
        json.loads("[" * 200 + "]" * 200),
    ],
    ids=range(8),
)
def test_a_request_that_could_not_be_read_again_is_not_written(
    tmp_path: Path, files: Files, value: Any
) -> None:
    """It is refused before anything is on disk, with one line that says so."""
    recording = Recording.made(tmp_path / "recording")
    with pytest.raises(InputError, match="cannot be recorded") as caught:
        recording.write(success(files, input={"prompt": "x", "value": value}), files)
    assert caught.value.__context__ is None
    str(caught.value).encode("utf-8")
    assert recording.entries() == []


def test_a_damaged_result_can_be_recorded_again(entry: Path, record: Record, files: Files) -> None:
    """Whatever of it is damaged, all of it is whole afterwards."""
    recording = Recording(entry.parent)
    for path in (entry / "request.json", entry / "prediction.json", original(entry)):
        path.write_bytes(b"damaged")
    recording.write(replace(record, origin="store"), files)
    assert recording.read(find(entry, record).files[0]) == picture("webp")


def test_errors_of_a_recording_are_of_the_kind_that_is_caught(entry: Path) -> None:
    """`StoreError` and `InputError` are both what the magic shows as a line."""
    assert issubclass(StoreError, CometError)
    with pytest.raises(CometError):
        Recording.opened(entry)
    with pytest.raises(StoreError):
        Recording(entry).read(FileRef("0" * 64, "image/png", 1))
