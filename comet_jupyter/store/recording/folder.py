"""A folder that is shared: read as a stranger's, written for strangers, one writer at a time.

Reading follows no link, opens nothing but regular files, and stops at a limit. Writing leaves
whole files with ordinary permissions. What the files are is in ``reading.py`` and ``writing.py``.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..disk import reason, sync_folder

if sys.platform != "win32":
    import fcntl

PART = ".part"
"""Ending of a name that is not final yet; such names begin with a dot."""

STALE = 3600.0
"""Seconds after which such a name belongs to no running process."""

PATIENCE = 5.0
"""Seconds to wait for another writer: less than a lease lasts, for the thread that renews them
waits here too."""

# Without waiting: a FIFO in the place of a file would be waited for, for ever.
_READ = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
    _READ |= getattr(os, _name, 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

_ONE_WRITER = threading.Lock()  # where folders cannot be locked


class Unusable(ValueError):
    """Something in the folder cannot be used; the text says why, after its name."""


def read_regular(path: Path, limit: int) -> bytes:
    """The bytes of a regular file.

    Raises
    ------
    FileNotFoundError
    Unusable
        When it is anything else, has more than `limit` bytes, or cannot be read.
    """
    try:
        with os.fdopen(os.open(path, _READ), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                trouble = "is no regular file"
            else:
                data = file.read(limit + 1)
                if len(data) <= limit:
                    return data
                trouble = f"has more than {limit:,} bytes"
    except (FileNotFoundError, NotADirectoryError):
        raise
    except PermissionError:
        trouble = "may not be read"
    except OSError as error:
        trouble = f"cannot be read: {reason(error)}"
    raise Unusable(trouble)


def is_folder(path: Path) -> bool:
    """True for a folder that is no link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def is_regular(path: Path) -> bool:
    """True for a file that is no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def same_bytes(path: Path, data: bytes) -> bool:
    """True when a regular file with exactly these bytes is there."""
    try:
        return path.lstat().st_size == len(data) and read_regular(path, len(data)) == data
    except (OSError, Unusable):
        return False


def write_whole(path: Path, data: bytes) -> None:
    """Has a file hold these bytes; one that does is not touched, and none is ever half written.

    Raises
    ------
    OSError
        When the disk refuses it.
    """
    if same_bytes(path, data):
        return
    part = temporary(path)
    try:
        with os.fdopen(os.open(part, _WRITE, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)  # replaces a link itself, not what it points to
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def temporary(path: Path) -> Path:
    """A free name beside `path`, until what is written there is whole."""
    return path.with_name(f".{path.name[:20]}-{secrets.token_hex(8)}{PART}")


def sweep(folder: Path) -> None:
    """Removes what writers that were killed left in a folder."""
    limit = time.time() - STALE
    with suppress(OSError):
        for left in list(folder.glob(f".*{PART}")):
            with suppress(OSError):
                if left.lstat().st_mtime < limit:
                    remove(left)


def remove(path: Path) -> None:
    """Removes a file, a link or a folder with all that is in it; following no link.

    Raises
    ------
    OSError
        When it is still there.
    """
    if is_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Waits until no other thread or process writes in a folder, and keeps them waiting.

    The lock is the folder's own, so that it leaves nothing there, and ends with its process.
    Disks without locks (some network ones) go without.

    Raises
    ------
    OSError
        When another one goes on for too long, or the folder cannot be opened.
    """
    if sys.platform == "win32":
        with _ONE_WRITER:
            yield
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(descriptor)
        yield
        sync_folder(folder)
    finally:
        # Closing does not unlock while a forked child still has the descriptor.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        return
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise OSError(errno.EAGAIN, "another process is writing there") from None
            time.sleep(0.01)
        except OSError:
            return
        else:
            return
