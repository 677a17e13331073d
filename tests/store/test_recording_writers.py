"""Several writers at once, killed ones, a full disk: each result is whole, or not there."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.recorded import everything, picture, success

from comet_jupyter.errors import StoreError
from comet_jupyter.store import Files
from comet_jupyter.store.identity import request_hash
from comet_jupyter.store.recording import Recording
from comet_jupyter.store.recording import folder as on_disk

Start = Callable[..., "subprocess.Popen[str]"]

posix = pytest.mark.skipif(sys.platform == "win32", reason="forks, signals and locks of POSIX")

BEGIN = """
import resource, signal
from dataclasses import replace
from comet_jupyter.store.identity import request_hash
from comet_jupyter.store.recording import Recording
from support.recorded import picture, success
recording = Recording(Path(sys.argv[2]))
files = store.files
"""


@pytest.fixture
def files(folder: Path) -> Files:
    """The files of an empty store."""
    return Files(folder)


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """A new recording, and a path by which other processes find what tests share."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    return Recording.made(tmp_path / "recording")


def end(process: subprocess.Popen[str]) -> str:
    """What a process said, when it has ended well."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


# -- at once -------------------------------------------------------------------------------

SAME = """
records = [
    replace(success(files, *(picture("png", colour, 90 + number) for colour in ("red", "blue"))))
    for number in range(3)
]
sys.stdin.readline()
for number in range(30):
    recording.write(records[(number + int(sys.argv[3])) % 3], files)
"""
READER = """
name = sys.argv[3]
say("ready")
reads = 0
while not os.path.exists(sys.argv[4]):
    found = recording.find(name, 1)
    assert found is not None and len(found.files) == 2
    reads += 1
say(reads)
"""


@posix
def test_writers_of_one_result_leave_one_whole_result(
    recording: Recording, files: Files, start: Start, tmp_path: Path
) -> None:
    """Three processes that write different pictures for one request; a reader never misses it."""
    record = success(files, picture(), picture("webp"))
    entry = recording.write(record, files)
    name, stop = request_hash(record.request), tmp_path / "stop"
    reader = start(BEGIN + READER, str(recording.folder), name, str(stop))
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    writers = [start(BEGIN + SAME, str(recording.folder), str(number)) for number in range(3)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        end(writer)
    stop.touch()
    assert int(end(reader)) > 0
    found = Recording(recording.folder).find(name, 1)
    assert found is not None
    assert all(recording.read(file).startswith(b"\x89PNG") for file in found.files)
    assert len(list(entry.iterdir())) == 4
    assert not [name for name in everything(recording.folder) if name.endswith(".part")]


def test_threads_write_at_once(recording: Recording, files: Files) -> None:
    """Different results and the same ones, through one recording; all are whole."""
    records = [
        success(files, picture(side=side), occurrence=side % 4 + 1) for side in range(16, 32)
    ]
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for record in records:
                recording.write(record, files)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    name = request_hash(records[0].request)
    assert recording.occurrences(name) == [1, 2, 3, 4]
    for number in range(1, 5):
        found = recording.find(name, number)
        assert found is not None
        recording.read(found.files[0])


@posix
def test_a_writer_waits_for_the_other(recording: Recording, files: Files) -> None:
    """Nothing is written while another one writes, and all of it afterwards."""
    record = success(files)
    before = everything(recording.folder)
    thread = threading.Thread(target=recording.write, args=(record, files))
    with on_disk.only_writer(recording.folder):
        thread.start()
        thread.join(0.05)
        assert thread.is_alive()
        assert everything(recording.folder) == before
    thread.join()
    assert recording.how_many(request_hash(record.request)) == 1


@posix
def test_a_writer_that_never_ends_is_said(
    recording: Recording, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for it for ever."""
    assert on_disk.PATIENCE <= 60
    monkeypatch.setattr(on_disk, "PATIENCE", 0.0)
    with (
        on_disk.only_writer(recording.folder),
        pytest.raises(StoreError, match="another process is writing there") as caught,
    ):
        recording.write(success(files), files)
    assert caught.value.__context__ is None


# -- killed ----------------------------------------------------------------------------------

KILLS = """
from comet_jupyter.store.recording import names, texts

def careless(record, files):
    entry = recording.folder / names.entry_name(request_hash(record.request), record.occurrence)
    entry.mkdir(exist_ok=True)
    (entry / "request.json").write_bytes(texts.request_text(record.request, record.occurrence))
    (entry / "prediction.json").write_bytes(texts.prediction_text(record, str))
    for index, file in enumerate(record.files):
        data = files.read(file.sha256, file.media_type)
        (entry / names.original_name(index, file)).write_bytes(data)

write = careless if sys.argv[3] == "careless" else recording.write
old = success(files, picture("png", "red"), picture("jpeg", "red"))
new = success(files, picture("png", "blue"), picture("jpeg", "blue"))
second = replace(new, occurrence=2)
name = request_hash(old.request)
steps = 0

def die(event, arguments):
    # Each of these is announced before it happens.
    global steps
    if event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir"):
        steps -= 1
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def ends(last_step):
    global steps
    child = os.fork()
    if child == 0:
        try:
            sys.addaudithook(die)
            steps = last_step
            write(new, files)
            write(second, files)
            steps = 0
        finally:
            os._exit(steps)
    return os.waitpid(child, 0)[1] != signal.SIGKILL

def is_whole(number):
    try:
        found = Recording(recording.folder).find(name, number)
        for file in found.files:
            Recording(recording.folder).read(file)
        return [file.sha256 for file in found.files] in (
            [file.sha256 for file in record.files] for record in (old, new)
        )
    except StoreError:
        return False

kills = half = parts = strays = 0
while True:
    entry = recording.write(old, files)
    recording.remove(name, 2)
    strays += len(list(entry.glob("?-*"))) != 2
    if ends(kills + 1):
        break
    kills += 1
    half += 1 not in recording.occurrences(name)
    half += not all(map(is_whole, recording.occurrences(name)))
    parts += any(path.suffix == ".part" for path in recording.folder.rglob(".*"))
say(kills, half, parts, strays)
"""


@posix
def test_a_killed_writer_leaves_no_half_result(recording: Recording, start: Start) -> None:
    """Killed before each step on the disk, it leaves the old result or the new one, all of it."""
    process = start(BEGIN + KILLS, str(recording.folder), "careful")
    kills, half, parts, strays = map(int, end(process).split())
    assert kills > 40
    assert (half, strays) == (0, 0)
    assert parts > 5


@posix
def test_a_careless_writer_leaves_half_results(recording: Recording, start: Start) -> None:
    """The control: the same check goes red for one that writes where it is read."""
    process = start(BEGIN + KILLS, str(recording.folder), "careless")
    kills, half, _, _ = map(int, end(process).split())
    assert kills > 5
    assert half > 5


FULL = """
record = success(files, os.urandom(300_000), occurrence=int(sys.argv[3]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    recording.write(record, files)
    say("written")
except StoreError as error:
    say(error.__context__, error.cause.partition(": ")[2])
"""


@posix
@pytest.mark.parametrize("occurrence", ["1", "2"], ids=["replaced", "new"])
def test_a_full_disk_leaves_what_was_there(
    recording: Recording, files: Files, start: Start, occurrence: str
) -> None:
    """It is said that the disk is full; the earlier result is whole, and nothing half is left."""
    record = success(files)
    recording.write(record, files)
    before = everything(recording.folder)
    process = start(BEGIN + FULL, str(recording.folder), occurrence)
    assert end(process) == "None the disk is full\n"
    assert everything(recording.folder) == before


def test_what_killed_writers_left_is_swept(recording: Recording, files: Files) -> None:
    """Once it is an hour old; what may be somebody's at work is left alone."""
    entry = recording.write(success(files), files)
    left = [
        recording.folder / ".0123-old.part",
        recording.folder / ".0123-new.part",
        entry / ".request.json-old.part",
        entry / ".request.json-new.part",
    ]
    for path in left[:2]:
        path.mkdir()
        (path / "request.json").write_text("{")
    for path in left[2:]:
        path.write_text("{")
    long_ago = time.time() - 2 * on_disk.STALE
    for path in (left[0], left[2]):
        os.utime(path, (long_ago, long_ago))
    Recording(recording.folder).write(replace(success(files), total_time=9.0), files)
    assert [path.exists() for path in left] == [False, True, False, True]


def test_half_written_results_are_not_seen(recording: Recording, files: Files) -> None:
    """Under the name that they have until they are whole, they are no results."""
    record = success(files)
    entry = recording.write(record, files)
    entry.rename(entry.with_name(f".{entry.name}-0123.part"))
    assert recording.find(request_hash(record.request), 1) is None
    assert recording.requests() == []


@posix
def test_bytes_are_flushed_before_they_have_a_name(
    recording: Recording, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file, its folder, and then the folder that has got a new name in it."""
    record = success(files)
    final = recording.folder / request_hash(record.request)[:16]
    flush, flushed = os.fsync, []

    def spy(descriptor: int) -> None:
        flushed.append((os.fstat(descriptor).st_ino, final.exists()))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    entry = recording.write(record, files)
    inside = {(path.stat().st_ino, False) for path in (*entry.iterdir(), entry)}
    assert inside <= set(flushed[:-1])
    assert flushed[-1] == (recording.folder.stat().st_ino, True)


def test_original_bytes_are_those_of_the_store(recording: Recording, files: Files) -> None:
    """The name's digits are those of the bytes, in every recording and for ever."""
    entry = recording.write(success(files, picture("webp")), files)
    (path,) = entry.glob("0-*")
    assert path.stem == f"0-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
