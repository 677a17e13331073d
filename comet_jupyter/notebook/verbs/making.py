"""Verbs that make pictures: one from a line, or the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import InputError
from ..line import split_run
from .verb import Verb, words_of

if TYPE_CHECKING:
    from ..magics import CometMagics


def _run(magics: CometMagics, line: str) -> None:
    options, prompt = split_run(line)
    if not prompt and not any(name in options for name in ("--from", "--sweep")):
        raise InputError("there is no prompt", "`%comet run [options] a paper boat`")
    magics.make(options, prompt)


def _panel(magics: CometMagics, line: str) -> None:
    words = words_of(line)
    if words == ["close"]:
        magics.panel().close()
    elif words:
        raise InputError(f"%comet panel knows no {words[0][:40]!r}", "`%comet panel [close]`")
    else:
        magics.panel().show()


VERBS = (
    Verb(
        "run",
        "run [options] PROMPT",
        "one picture from one line",
        "The options come first, the rest of the line is the prompt as typed:\n\n"
        "    %comet run --model flux-dev --ar 16:9 a paper boat at sunrise",
        _run,
        ("CELL",),
    ),
    Verb(
        "panel",
        "panel [close]",
        "make and choose pictures without typing options",
        "Opens the panel in this cell: a form made from the model's inputs, what runs, and "
        "a gallery of all results. It is one panel, however many cells show it; `close` "
        "closes it, and opening it again shows what it showed.",
        _panel,
        ("close",),
    ),
)
