"""Writing down what happens: records in groups, files by content, memory as a last resort."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import images
from ..errors import DownloadError, StoreError
from ..record import FileRef, Record
from ..store import Files, Store
from ..store.leases import Holder
from ..wire.request import PredictionRequest
from . import input_files

if TYPE_CHECKING:
    from ..store.recording import Recording


class Keeper:
    """The store as the loop uses it.

    Records saved in the same moment are one transaction, so that two hundred predictions
    acknowledged together cost one flush of the disk, not two hundred.
    """

    def __init__(self, store: Store, holder: Holder) -> None:
        self._store = store
        self._holder = holder
        self._unsaved: dict[str, Record] = {}
        self._saving: asyncio.Future[StoreError | None] | None = None
        self._memory: dict[str, bytes] = {}
        self.files = _Files(store.home)

    async def save(self, record: Record) -> None:
        """Returns when the record is on disk.

        Raises
        ------
        StoreError
            When it could not be written.
        """
        self._unsaved[record.key] = record
        if self._saving is None:
            loop = asyncio.get_running_loop()
            self._saving = loop.create_future()
            loop.call_soon(self._flush)
        failed = await asyncio.shield(self._saving)
        if failed is not None:
            raise StoreError(failed.cause, failed.remedy)

    def _flush(self) -> None:
        records, self._unsaved = self._unsaved, {}
        saving, self._saving = self._saving, None
        outcome: StoreError | None = None
        try:
            self._store.put(*records.values())
        except StoreError as error:
            outcome = error
        except Exception as error:  # noqa: BLE001 (those who wait here must not wait for ever)
            text = f"the record could not be written ({type(error).__name__}: {error})"
            outcome = StoreError(text, "Please report it with `%comet doctor`")
        if saving is not None and not saving.done():
            saving.set_result(outcome)

    def claim(self, keys: Collection[str]) -> frozenset[str]:
        """Takes and renews the leases of predictions; those of them that are ours now.

        A store that cannot be written keeps nobody from following what is paid for.
        """
        try:
            return self._store.take(self._holder, keys)
        except StoreError:
            return frozenset(keys)

    def release(self, key: str) -> None:
        """Gives a lease back before its time."""
        with suppress(StoreError):
            self._store.release(self._holder, [key])

    def look(self, key: str) -> Record | None:
        """What is on disk now; None when it cannot be read."""
        try:
            return self._store.get(key)
        except StoreError:
            return None

    def keep(self, data: bytes, media_type: str, url: str) -> FileRef:
        """Checks an output file by decoding it, and keeps its bytes as they are.

        Raises
        ------
        DownloadError
            For a web page, or a picture that is damaged or too large.
        """
        if media_type == "text/html":
            raise DownloadError(
                "the output link answered with a web page instead of a picture",
                "Try again to make it anew",
            )
        width: int | None = None
        height: int | None = None
        if media_type.startswith("image/") and media_type != "image/svg+xml":
            media_type, width, height = images.measure(data)
        media_type = media_type or "application/octet-stream"
        try:
            sha256, _ = self._store.files.add(data, media_type)
        except StoreError:
            sha256 = hashlib.sha256(data).hexdigest()
            self._memory[sha256] = data
        origin = "" if url.startswith("data:") else url.partition("?")[0]
        return FileRef(sha256, media_type, len(data), width, height, origin)

    def body(self, request: PredictionRequest) -> bytes:
        """The POST's body, with the files that the request only refers to.

        Raises
        ------
        InputError, StoreError
            When a file is not there any more, or has changed.
        """
        return input_files.body(request, self._store.files)

    def only_in_memory(self, file: FileRef) -> bool:
        """True when the disk refused this file."""
        return file.sha256 in self._memory

    def lend(self, file: FileRef, recording: Recording) -> None:
        """Has a file read where a recording has it; the store has none of a replay."""
        self.files.lent[file.sha256] = (file, recording)

    def open(self, file: FileRef) -> images.OutputFile:
        """The file that a record names; its bytes are read, and checked, when asked for."""
        path: Path | None = None
        if file.sha256 in self._memory:
            data = self._memory[file.sha256]

            def load() -> bytes:
                return data
        else:
            path = self.files.path(file.sha256, file.media_type)

            def load() -> bytes:
                return self.files.read(file.sha256, file.media_type)

        known: dict[str, Any] = {
            "media_type": file.media_type,
            "sha256": file.sha256,
            "size": file.size,
            "url": file.url,
            "path": path,
            "load": load,
        }
        if file.width is None or file.height is None:
            return images.OutputFile(**known)
        return images.Image(**known, width=file.width, height=file.height)


class _Files(Files):
    """The store's files, and those that recordings lend while the store has none."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.lent: dict[str, tuple[FileRef, Recording]] = {}

    def path(self, sha256: str, media_type: str) -> Path:
        own = super().path(sha256, media_type)
        if sha256 not in self.lent or own.exists():
            return own
        file, recording = self.lent[sha256]
        return recording.path(file)

    def read(self, sha256: str, media_type: str) -> bytes:
        if sha256 in self.lent:
            file, recording = self.lent[sha256]
            try:
                return recording.read(file)
            except StoreError:
                if not super().path(sha256, media_type).exists():
                    raise
        return super().read(sha256, media_type)
