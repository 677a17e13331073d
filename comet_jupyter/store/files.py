"""Output files, kept under the sha256 of their bytes: ``files/ab/abcdef….webp``.

Never re-encoded, never overwritten with other bytes, private to the user. A name that comes
from outside never becomes part of a path. What the files mean is in the records.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

from ..errors import InputError, StoreError
from ..settings import readable

SUFFIXES = {
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "model/gltf-binary": ".glb",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
}
"""File name endings; every other type is ``.bin``, so that nothing opens it by a double click."""

STALE = 24 * 3600.0
"""Seconds after which a temporary file belongs to no running process."""

# Windows has neither; there a link needs a privilege, and text mode would change the bytes.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class Files:
    """The files of one store.

    Parameters
    ----------
    home : Path
        The store's folder; made when the first file comes.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._swept = False

    def path(self, sha256: str, media_type: str) -> Path:
        """Where these bytes are kept, whether they are there or not.

        Raises
        ------
        InputError
            When `sha256` is not 64 lower-case hex digits.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise InputError("this is no sha256 of a file", "Give its 64 lower-case hex digits")
        plain_type = media_type.partition(";")[0].strip().lower()
        name = sha256 + SUFFIXES.get(plain_type, ".bin")
        return self.home / "files" / sha256[:2] / name

    def add(self, data: bytes, media_type: str) -> tuple[str, Path]:
        """Keeps these bytes; they are on disk when this returns.

        Returns
        -------
        sha256 : str
        path : Path
            Absolute when the store's folder is.

        Raises
        ------
        StoreError
            When they could not be written. Nothing is left under the final name then.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256, media_type)
        try:
            make_private_folder(self.home)
            for folder in (path.parent.parent, path.parent):
                make_private_folder(folder, follow=False)
            self._sweep()
            if not _holds(path, data):
                _write(path, data)
            _sync_folder(path.parent)
            return sha256, path
        except OSError as error:
            failure = store_error("the picture could not be written to", self.home, reason(error))
        raise failure

    def read(self, sha256: str, media_type: str) -> bytes:
        """The bytes that were kept, exactly.

        Raises
        ------
        StoreError
            When they are gone, or are no longer the same.
        """
        path = self.path(sha256, media_type)
        data = None
        try:
            data = _read(path)
        except FileNotFoundError:
            cause = f"{readable(path)} is no longer there"
        except OSError as error:
            cause = f"{readable(path)} could not be read: {reason(error)}"
        if data is not None:
            if hashlib.sha256(data).hexdigest() == sha256:
                return data
            cause = f"{readable(path)} has changed on disk and is not the original any more"
        raise StoreError(cause, "Bring the file back from a copy, or make the picture again")

    def _sweep(self) -> None:
        """Removes, once, what processes that were killed in mid-write left behind."""
        if self._swept:
            return
        self._swept = True
        limit = time.time() - STALE
        for left in (self.home / "files").glob("*/.*.part"):
            try:
                if left.lstat().st_mtime < limit:
                    left.unlink()
            except OSError:  # another process was quicker
                continue


def make_private_folder(path: Path, *, follow: bool = True) -> None:
    """Makes a folder that only its owner can enter, whatever the umask says.

    A folder that was there before and holds other things keeps its mode: it is the user's.

    Raises
    ------
    OSError
        When it cannot be made, or is a symbolic link and `follow` is false.
    """
    if not follow and path.is_symlink():
        raise OSError(errno.ELOOP, "is a symbolic link", str(path))
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
        _sync_folder(path.parent)


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


def _write(path: Path, data: bytes) -> None:
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


def _holds(path: Path, data: bytes) -> bool:
    """True when a regular file with exactly these bytes is there."""
    try:
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size == len(data) and _read(path) == data
    except OSError:  # not there, or not readable: to be written either way
        return False


def _read(path: Path) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW | _BINARY), "rb") as file:
        return file.read()


def _sync_folder(folder: Path) -> None:
    """Makes a rename durable where folders can be flushed (not on Windows, nor on SMB)."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
