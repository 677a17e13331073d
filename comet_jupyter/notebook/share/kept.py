"""What this machine's store can give a notebook: originals, and results for its recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ... import settings
from ...errors import CometError
from ...record import Record
from . import recordings
from .document import Document, Node
from .findings import Change
from .surroundings import Surroundings

if TYPE_CHECKING:
    from ...store import Store


def original(sha256: str, media_type: str) -> bytes | None:
    """The bytes of a picture, None where it is not kept."""
    from ...store.files import Files

    try:
        return Files(settings.resolve().home.value).read(sha256, media_type)
    except CometError:
        return None


def is_kept(key: str) -> bool:
    """True for the key of a success that the store has."""
    store = _store()
    if store is None:
        return False
    try:
        return _result(store, key) is not None
    finally:
        store.close()


def recorded(folder: Path, notebook: Node, around: Surroundings) -> Iterator[Change]:
    """Writes what a notebook shows, its only recording lacks and the store has.

    Parameters
    ----------
    folder : Path
        Where the recordings stand.
    notebook : dict
    around : Surroundings

    Yields
    ------
    Change
        What was written.
    """
    from ...store.recording import Recording

    document = Document(notebook, around.described)
    own = recordings.of_notebook(document, around.recordings, around.neighbours)
    store = _store() if len(own) == 1 and not own[0].trouble else None
    if store is None:
        return
    try:
        recording = Recording.opened(folder / own[0].name)
        for lost in list(recordings.missing(document, own)):
            record = _result(store, lost.record.get("key"))
            if record is not None:
                recording.write(
                    record, store.files, occurrence=lost.number, redact=around.secrets.removed
                )
                yield Change(lost.output.place, f"recorded in {own[0].name}, from the store")
    except CometError:  # what is left is reported as it was
        return
    finally:
        store.close()


def _store() -> Store | None:
    """The store, where there is one already."""
    from ...store import Store

    try:
        home = settings.resolve().home.value
    except CometError:
        return None
    return Store(home) if (home / "comet.db").is_file() else None


def _result(store: Store, key: object) -> Record | None:
    try:
        record = store.get(key) if isinstance(key, str) else None
    except CometError:
        return None
    return record if record is not None and record.key == key and record.succeeded else None
