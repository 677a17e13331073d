"""Output files, kept under the sha256 of their bytes: ``files/ab/abcdef….webp``.

Never re-encoded, never overwritten with other bytes, private to the user. A name that comes
from outside never becomes part of a path. What the files mean is in the records.
"""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

from ..errors import InputError, StoreError
from ..paths import readable
from .disk import (
    holds,
    make_private_folder,
    read_whole,
    reason,
    refuse_link,
    store_error,
    sync_folder,
    write_whole,
)

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

SHA256 = "[0-9a-f]{64}"

SHORTEST_SHA256 = 12
"""Hex digits that are enough to name a file."""

STALE = 24 * 3600.0
"""Seconds after which a temporary file belongs to no running process."""


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
        if not re.fullmatch(SHA256, sha256):
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
            if not holds(path, data):
                write_whole(path, data)
            sync_folder(path.parent)
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
            data = read_whole(path)
        except FileNotFoundError:
            cause = f"{readable(path)} is no longer there"
        except OSError as error:
            cause = f"{readable(path)} could not be read: {reason(error)}"
        if data is not None:
            if hashlib.sha256(data).hexdigest() == sha256:
                return data
            cause = f"{readable(path)} has changed on disk and is not the original any more"
        raise StoreError(cause, "Bring the file back from a copy, or make the picture again")

    def find(self, prefix: str) -> tuple[str, Path] | None:
        """The file of a sha256, or of the beginning of one; None when none is here.

        Parameters
        ----------
        prefix : str
            At least 12 hex digits.

        Returns
        -------
        sha256 : str
            All of it.
        path : Path

        Raises
        ------
        InputError
            When the beginning fits several.
        StoreError
            When the folder cannot be read.
        """
        prefix = prefix.strip().lower()
        if not re.fullmatch(f"[0-9a-f]{{{SHORTEST_SHA256},64}}", prefix):
            return None
        found: dict[str, Path] = {}
        try:
            for path in self._beginning_with(prefix):
                found.setdefault(path.stem, path)
        except OSError as error:
            failure = store_error("the pictures could not be read from", self.home, reason(error))
        else:
            if len(found) > 1:
                raise InputError(
                    f"{prefix!r} is the beginning of {len(found)} files", "Type some more of it"
                )
            return next(iter(found.items()), None)
        raise failure

    def remove(self, sha256: str, media_type: str | None = None) -> None:
        """Removes a file; one that is not there is no error.

        Parameters
        ----------
        sha256 : str
        media_type : str, optional
            Whatever it was kept as, when left out.

        Raises
        ------
        InputError
            When `sha256` is not 64 lower-case hex digits.
        StoreError
            When it is still there.
        """
        named = self.path(sha256, media_type or "")
        try:
            for path in self._beginning_with(sha256):
                if media_type is None or path == named:
                    path.unlink(missing_ok=True)
            return
        except OSError as error:
            cause = f"{readable(named.with_suffix('.*'))} could not be removed: {reason(error)}"
        raise StoreError(cause, "Remove it by hand")

    def _beginning_with(self, prefix: str) -> list[Path]:
        """The regular files, by name, whose sha256 begins so; no link is followed."""
        folder = self.home / "files" / prefix[:2]
        for parent in (folder.parent, folder):
            refuse_link(parent)
        if not folder.is_dir():
            return []
        return [
            path
            for path in sorted(folder.glob(f"{prefix}*"))
            if re.fullmatch(SHA256, path.stem) and path.is_file() and not path.is_symlink()
        ]

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
