"""A recording: a small folder that holds what a notebook used, to run again without a key.

::

    DIR/comet-recording.json      the mark of a recording, and how to use it
    DIR/.gitattributes            has git leave the bytes alone
    DIR/<16 hex>[-2]/             a result, by the hash of its request; -2: the second of its kind
        request.json              what was asked for
        prediction.json           what came of it
        0-<12 hex>.webp           the originals, untouched, by the beginning of their sha256
    DIR/inputs/<sha256>.png       the files that requests refer to

It is written to be committed and read by people, and read as what a stranger wrote. Reading is
in ``reading.py``, writing in ``writing.py``, what the JSON holds in ``texts.py``, what never
gets into it in ``scrub.py``.
"""

from __future__ import annotations

from .names import MANIFEST
from .reading import is_recording, recordings_in
from .writing import Recording

__all__ = ["MANIFEST", "Recording", "is_recording", "recordings_in"]
