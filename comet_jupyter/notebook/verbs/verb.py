"""What a verb is, and how the words behind one are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ... import models
from ...errors import UnknownNameError

if TYPE_CHECKING:
    from ..magics import CometMagics


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: how it is written, what it does in a line, and at length.

    Attributes
    ----------
    takes : tuple of str
        What its words can be, for completion: ``ID`` of an earlier prediction, ``UNFINISHED``
        or ``RUNNING`` for those only, ``MODEL``, ``VERB``, ``PICTURE``, ``NOTEBOOK``,
        ``FOLDER``, ``CELL`` for the options of a cell; all else is typed as it stands.
    """

    name: str
    usage: str
    summary: str
    text: str
    act: Callable[[CometMagics, str], None]
    takes: tuple[str, ...] = ()


def words_of(line: str, allowed: Sequence[str] = ()) -> list[str]:
    """The words behind a verb; an option that it does not know is an error."""
    words = line.split()
    for word in words:
        if word.startswith("-") and word not in allowed:
            near = models.nearest(word, allowed)
            hint = f"Did you mean {near}?" if near else "`%comet help` says what there is"
            raise UnknownNameError(f"there is no option {word[:40]}", hint)
    return words
