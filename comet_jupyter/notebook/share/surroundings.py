"""What a check knows beside the notebook: keys to look for, the machine, what lies around.

Functions that read are handed in, so that the checks themselves read nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .keys import Secrets
from .private import Machine
from .recordings import Neighbour, RecordingFolder


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a notebook.

    Attributes
    ----------
    secrets : Secrets
    machine : Machine
        Whose home and name are private.
    size : int
        Bytes of the notebook's file.
    exists : callable
        True for a path, relative to the notebook, where something is.
    original : callable
        The bytes of a picture by sha256 and media type, None where they are not kept.
    is_kept : callable
        True for the key of a result that this machine's store has.
    recordings : sequence of RecordingFolder
        Those beside the notebook.
    neighbours : sequence of Neighbour
        Other notebooks in the same folder, which may use the same recordings.
    """

    secrets: Secrets = field(default_factory=Secrets)
    machine: Machine = field(default_factory=Machine)
    size: int = 0
    exists: Callable[[str], bool] = lambda path: True
    original: Callable[[str, str], bytes | None] = lambda sha256, media_type: None
    is_kept: Callable[[str], bool] = lambda key: False
    recordings: Sequence[RecordingFolder] = ()
    neighbours: Sequence[Neighbour] = ()

    def described(self, text: str) -> str:
        """The text as a report may show it."""
        return self.machine.shortened(self.secrets.removed(text))
