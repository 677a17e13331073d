"""What a disk needs for a file to be whole, private and its own; its refusals in plain words.

Knows no names and no contents: those are in ``files.py``.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ..errors import StoreError
from ..paths import readable

# Windows has neither; there a link needs a privilege, and text mode would change the bytes.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def make_private_folder(path: Path, *, follow: bool = True) -> None:
    """Makes a folder that only its owner can enter, whatever the umask says.

    A folder that was there before and holds other things keeps its mode: it is the user's.

    Raises
    ------
    OSError
        When it cannot be made, or is a symbolic link and `follow` is false.
    """
    if not follow:
        refuse_link(path)
    if path.is_dir():
        if stat.S_IMODE(path.stat().st_mode) != 0o700 and not any(path.iterdir()):
            set_mode(path, 0o700)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(0o700)
    except FileExistsError:  # by another process, just now
        if not path.is_dir():
            raise
    else:
        set_mode(path, 0o700)
        sync_folder(path.parent)


def set_mode(path: Path, mode: int) -> None:
    """Sets a mode whatever the umask says; FAT and some network disks have none to set."""
    with suppress(OSError):
        path.chmod(mode)


def store_error(action: str, home: Path, why: str) -> StoreError:
    """The error that says what was not done, where, and why."""
    return StoreError(
        f"{action} {readable(home)}: {why}",
        "Free some space or set COMET_JUPYTER_HOME to a folder of your own, and try again",
    )


def reason(error: OSError) -> str:
    """What the system refused, in words for people."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG):
        return "the disk is full"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return "the folder is read-only"
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return "a symbolic link stands in its place"
    return error.strerror or type(error).__name__


def refuse_link(path: Path) -> None:
    """Raises an OSError when a symbolic link stands there."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, "is a symbolic link", str(path))


def write_whole(path: Path, data: bytes) -> None:
    """Temporary file, fsync, rename: the final name only ever holds the whole of it."""
    part = path.with_name(f".{path.name[:16]}-{secrets.token_hex(8)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY
    with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
        try:
            set_mode(part, 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    try:
        part.replace(path)  # replaces a link itself, not what it points to
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def holds(path: Path, data: bytes) -> bool:
    """True when a regular file with exactly these bytes is there."""
    try:
        found = path.lstat()
        return (
            stat.S_ISREG(found.st_mode) and found.st_size == len(data) and read_whole(path) == data
        )
    except OSError:  # not there, or not readable: to be written either way
        return False


def read_whole(path: Path) -> bytes:
    """The bytes of a file; a link in its place is not followed."""
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW | _BINARY), "rb") as file:
        return file.read()


def sync_folder(folder: Path) -> None:
    """Makes a rename durable where folders can be flushed (not on Windows, nor on SMB)."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
