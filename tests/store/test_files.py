"""Output files: kept by content, whole or not at all, and checked when they are read."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from comet_jupyter.errors import InputError, StoreError
from comet_jupyter.store import Files

Start = Callable[..., "subprocess.Popen[str]"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")

DATA = b"RIFF\0\0\0\0WEBP and some more"
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def files(folder: Path) -> Files:
    """The files of an empty store."""
    return Files(folder)


def everything(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return [path for path in folder.rglob("*") if not path.is_dir()]


def test_a_file_is_kept_under_its_content(files: Files, folder: Path) -> None:
    """The name is the sha256, in a folder of its first two digits, with the type's ending."""
    sha256, path = files.add(DATA, "image/webp")
    assert sha256 == SHA
    assert path == folder / "files" / SHA[:2] / f"{SHA}.webp" == files.path(SHA, "image/webp")
    assert path.read_bytes() == files.read(SHA, "image/webp") == DATA
    assert everything(folder) == [path]


@pytest.mark.parametrize(
    ("media_type", "suffix"),
    [
        ("image/png", ".png"),
        ("image/jpeg", ".jpg"),
        ("IMAGE/PNG; charset=binary", ".png"),
        ("video/mp4", ".mp4"),
        ("image/svg+xml", ".svg"),
        ("text/html", ".bin"),
        ("application/x-sh", ".bin"),
        ("../../x", ".bin"),
        ("", ".bin"),
    ],
)
def test_the_ending_comes_from_a_fixed_table(files: Files, media_type: str, suffix: str) -> None:
    """A type that is not in the table, or is no type, ends in .bin."""
    _, path = files.add(DATA, media_type)
    assert path.suffix == suffix
    assert files.read(SHA, media_type) == DATA


@pytest.mark.parametrize("sha256", ["", "a" * 63, "A" * 64, "g" * 64, "../" + "a" * 61, SHA + "\n"])
def test_only_a_sha256_leads_to_a_path(files: Files, sha256: str) -> None:
    """Anything but 64 lower-case hex digits is refused before it comes near a path."""
    for use in (files.path, files.read):
        with pytest.raises(InputError):
            use(sha256, "image/png")


def test_adding_twice_writes_once(files: Files) -> None:
    """Bytes that are there already are not written again."""
    _, path = files.add(DATA, "image/png")
    before = path.stat()
    assert files.add(DATA, "image/png") == (SHA, path)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("damage", [b"", DATA[:-1], DATA[:-1] + b"X", DATA + b"X"])
def test_a_changed_file_is_not_read_as_the_original(files: Files, damage: bytes) -> None:
    """A file that changed on disk is said to have changed, and is made right by its bytes."""
    _, path = files.add(DATA, "image/png")
    path.write_bytes(damage)
    with pytest.raises(StoreError, match="changed on disk"):
        files.read(SHA, "image/png")
    assert files.add(DATA, "image/png") == (SHA, path)
    assert files.read(SHA, "image/png") == DATA


def test_a_missing_file_is_said_to_be_missing(files: Files) -> None:
    """A file that was deleted, or never kept, is an error with the name of the file."""
    with pytest.raises(StoreError, match="no longer there") as caught:
        files.read(SHA, "image/png")
    assert SHA in str(caught.value)
    assert caught.value.__context__ is None


def test_an_empty_file_is_a_file(files: Files) -> None:
    """No bytes at all are kept and read like others."""
    sha256, _ = files.add(b"", "text/plain")
    assert files.read(sha256, "text/plain") == b""


needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@needs_links
def test_a_link_in_the_place_of_a_file_is_not_followed(files: Files, tmp_path: Path) -> None:
    """A symbolic link under the final name is neither written through nor read through."""
    outside = tmp_path / "outside"
    outside.write_bytes(DATA)
    path = files.path(SHA, "image/png")
    path.parent.mkdir(parents=True)
    path.symlink_to(outside)
    with pytest.raises(StoreError, match="symbolic link"):
        files.read(SHA, "image/png")
    files.add(DATA, "image/png")
    assert not path.is_symlink()
    assert path.read_bytes() == DATA
    outside.write_bytes(b"changed")
    assert files.read(SHA, "image/png") == DATA


@needs_links
@pytest.mark.parametrize("part", ["files", f"files/{SHA[:2]}"])
def test_a_link_in_the_place_of_a_folder_is_refused(
    files: Files, folder: Path, tmp_path: Path, part: str
) -> None:
    """Nothing is written outside the store through a linked folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / part).parent.mkdir(parents=True)
    (folder / part).symlink_to(outside, target_is_directory=True)
    with pytest.raises(StoreError, match="symbolic link"):
        files.add(DATA, "image/png")
    assert list(outside.iterdir()) == []


def test_a_home_that_cannot_be_is_an_error_of_the_store(tmp_path: Path) -> None:
    """A store below a regular file says so, with what to set."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="COMET_JUPYTER_HOME") as caught:
        Files(tmp_path / "file" / "comet").add(DATA, "image/png")
    assert caught.value.__context__ is None


@posix
def test_a_full_disk_leaves_nothing_behind(folder: Path, run: Callable[..., str]) -> None:
    """A picture that does not fit is an error, leaves no file, and fits once there is room."""
    output = run(
        """
        import resource
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            store.files.add(b"x" * 100_000, "image/png")
        except StoreError as error:
            say(error)
        say([path for path in HOME.rglob("*") if path.is_file()])
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        sha256, path = store.files.add(b"x" * 100_000, "image/png")
        say(store.files.read(sha256, "image/png") == b"x" * 100_000)
        """
    )
    error, left, later = output.splitlines()
    assert "could not be written" in error
    assert "the disk is full" in error
    assert left == "[]"
    assert later == "True"


CAREFUL = "store.files.add(data, 'image/png')\n"
CARELESS = """
path = store.files.path(hashlib.sha256(data).hexdigest(), "image/png")
path.parent.mkdir(parents=True)
path.write_bytes(data)
"""


def files_after_a_kill(folder: Path, start: Start, write: str) -> dict[Path, bytes]:
    """What a writer leaves that the kernel kills, like kill -9, in the middle of a write."""
    process = start(
        "import hashlib, resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "data = b'x' * 300_000\n" + write
    )
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGXFSZ
    left = {path: path.read_bytes() for path in everything(folder)}
    assert [len(data) for data in left.values()] == [100_000]
    return left


def half_files(left: dict[Path, bytes]) -> list[Path]:
    """Files under a final name that are not what the name says."""
    return [
        path
        for path, data in left.items()
        if path.suffix == ".png" and hashlib.sha256(data).hexdigest() != path.stem
    ]


@posix
def test_a_killed_writer_leaves_no_half_file(folder: Path, start: Start) -> None:
    """Killed in mid-write, `add` has put nothing under a final name."""
    left = files_after_a_kill(folder, start, CAREFUL)
    assert half_files(left) == []
    assert [path.suffix for path in left] == [".part"]


@posix
def test_a_writer_without_a_temporary_file_leaves_half_ones(folder: Path, start: Start) -> None:
    """The same check goes red for a writer that opens the final name."""
    assert len(half_files(files_after_a_kill(folder, start, CARELESS))) == 1


@posix
def test_bytes_are_flushed_before_they_have_a_name(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is flushed while the final name is still free, and the folder after that."""
    path = files.path(SHA, "image/png")
    flush, flushed = os.fsync, []

    def spy(descriptor: int) -> None:
        flushed.append((os.fstat(descriptor).st_ino, path.exists()))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    files.add(DATA, "image/png")
    assert flushed[-2:] == [(path.stat().st_ino, False), (path.parent.stat().st_ino, True)]


def test_old_temporary_files_are_swept(folder: Path) -> None:
    """What a killed writer left is removed a day later; a writer of today is left alone."""
    _, path = Files(folder).add(DATA, "image/png")
    old, fresh = (path.with_name(f".{name}-0.part") for name in ("old", "fresh"))
    for left in (old, fresh):
        left.write_bytes(b"half")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    os.utime(path, (yesterday, yesterday))
    Files(folder).add(b"other", "image/png")
    assert not old.exists()
    assert fresh.exists()
    assert path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_file_is_private(files: Files) -> None:
    """Files are 0600 in folders of 0700."""
    _, path = files.add(DATA, "image/png")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


# -- find and remove -------------------------------------------------------------------


@pytest.mark.parametrize("digits", [12, 13, 63, 64])
def test_a_file_is_found_by_the_beginning_of_its_name(files: Files, digits: int) -> None:
    """Twelve digits or more, in upper or lower case, lead to the whole name and the path."""
    _, path = files.add(DATA, "image/webp")
    files.add(b"other", "image/webp")
    assert files.find(SHA[:digits]) == (SHA, path)
    assert files.find(f" {SHA[:digits].upper()}\n") == (SHA, path)


@pytest.mark.parametrize(
    "prefix", ["", SHA[:11], SHA + "0", "0" * 12, "g" * 12, "*" * 12, f"../{SHA}", SHA[:10] + "*?"]
)
def test_nothing_else_finds_a_file(files: Files, prefix: str) -> None:
    """Shorter ones, other ones, wildcards and paths find nothing, in a full store and in none."""
    assert files.find(prefix) is None
    files.add(DATA, "image/webp")
    assert files.find(prefix) is None


def test_a_beginning_of_several_files_is_refused(files: Files) -> None:
    """A beginning that fits two files is an error; the whole name of one is not."""
    _, path = files.add(DATA, "image/png")
    twin = SHA[:40] + "0" * 24
    path.with_name(f"{twin}.png").write_bytes(b"")
    with pytest.raises(InputError, match="beginning of 2 files") as caught:
        files.find(SHA[:12])
    assert caught.value.__context__ is None
    assert files.find(SHA) == (SHA, path)


def test_one_file_under_two_types_is_one_file(files: Files) -> None:
    """The same bytes kept as two types are found once, and both go with `remove`."""
    _, first = files.add(DATA, "image/png")
    _, second = files.add(DATA, "image/webp")
    assert files.find(SHA) == (SHA, first)
    files.remove(SHA)
    assert not first.exists()
    assert not second.exists()


def test_a_file_is_removed(files: Files) -> None:
    """Only the one that was named goes; one that is not there is no error."""
    _, path = files.add(DATA, "image/png")
    _, as_webp = files.add(DATA, "image/webp")
    other, kept = files.add(b"other", "image/png")
    for _ in range(2):
        files.remove(SHA, "image/png")
        assert not path.exists()
    assert as_webp.exists()
    assert files.find(other) == (other, kept)
    files.remove("0" * 64)


@pytest.mark.parametrize("sha256", ["", SHA[:12], SHA.upper(), "../" + "a" * 61, "*" * 64])
def test_only_a_whole_sha256_removes(files: Files, sha256: str) -> None:
    """A beginning, or anything that is no sha256, removes nothing."""
    _, path = files.add(DATA, "image/png")
    with pytest.raises(InputError):
        files.remove(sha256)
    assert path.exists()


@needs_links
@pytest.mark.parametrize("part", ["files", f"files/{SHA[:2]}"])
def test_nothing_is_found_or_removed_through_a_linked_folder(
    files: Files, folder: Path, tmp_path: Path, part: str
) -> None:
    """A folder that is a link leads outside of the store, and is said instead."""
    _, path = files.add(DATA, "image/png")
    outside = tmp_path / "outside"
    (folder / part).rename(outside)
    (folder / part).symlink_to(outside, target_is_directory=True)
    with pytest.raises(StoreError, match="symbolic link"):
        files.find(SHA)
    with pytest.raises(StoreError, match="symbolic link") as caught:
        files.remove(SHA)
    assert caught.value.__context__ is None
    assert path.read_bytes() == DATA


@needs_links
def test_a_link_in_the_place_of_a_file_is_neither_found_nor_followed(
    files: Files, tmp_path: Path
) -> None:
    """What a link points to is no file of the store, and stays."""
    outside = tmp_path / "outside"
    outside.write_bytes(DATA)
    path = files.path(SHA, "image/png")
    path.parent.mkdir(parents=True)
    path.symlink_to(outside)
    assert files.find(SHA) is None
    files.remove(SHA, "image/png")
    assert outside.read_bytes() == DATA


def test_processes_may_add_the_same_file_at_once(
    folder: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """Writers of the same bytes in several processes all end with the one right file."""
    code = """
    sys.stdin.readline()
    for number in range(50):
        store.files.add(bytes([number]) * 10_000, "image/png")
    """
    processes = [start(code) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    kept = everything(folder)
    assert len(kept) == 50
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.stem for path in kept)
