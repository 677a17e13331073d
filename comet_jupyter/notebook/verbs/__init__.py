"""``%comet VERB``: what each verb does, and the help that describes it.

A line that begins with no verb is an error naming the nearest one, so that nothing is spent
by accident. The verbs stand in the modules here, by what they are for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._version import __version__
from ...errors import InputError, UnknownNameError
from ...key import looks_like_key
from ...models import nearest
from .. import options
from . import following, info, iterating, making, models, past, repeating, setting, sharing
from .verb import Verb, words_of

if TYPE_CHECKING:
    from ..magics import CometMagics


def run(magics: CometMagics, line: str) -> None:
    """Does what ``%comet LINE`` says."""
    name, _, rest = line.strip().partition(" ")
    if not name:
        name = "help"
    verb = VERBS.get(name)
    if verb is None:
        _no_such_verb(name)
    else:
        verb.act(magics, rest.strip())


def overview() -> str:
    """One line a verb."""
    width = max(len(verb.usage) for verb in VERBS.values()) + 2
    return "\n".join(f"  {verb.usage:<{width}}{verb.summary}" for verb in VERBS.values())


def _no_such_verb(name: str) -> None:
    if looks_like_key(name):
        raise InputError("an API key stands in this line", "Delete it; `%comet login` takes it")
    near = nearest(name, VERBS)
    hint = (
        f"Did you mean `%comet {near}`?"
        if near
        else "`%comet help` lists them; a prompt goes below %%comet, or behind `%comet run`"
    )
    raise UnknownNameError(f"%comet has no verb {name[:40]!r}", hint)


def _help(magics: CometMagics, line: str) -> None:
    name = line.strip().lstrip("%")
    if name in ("", "comet"):
        magics.publisher.show(({"text/plain": magics.help_text()}, {}))
        return
    verb = VERBS.get(name)
    if verb is None:
        _no_such_verb(name)
        return
    text = f"%comet {verb.usage}\n\n{verb.text}"
    if name == "run":
        text += f"\n\nOptions, the same as of %%comet:\n{options.help_text()}"
    magics.publisher.show(({"text/plain": text}, {}))


def _version(magics: CometMagics, line: str) -> None:
    words_of(line)
    magics.publisher.show(({"text/plain": f"comet_jupyter {__version__}"}, {}))


VERBS = {
    verb.name: verb
    for verb in (
        *making.VERBS,
        *iterating.VERBS,
        *following.VERBS,
        *past.VERBS,
        *info.VERBS,
        *models.VERBS,
        *repeating.VERBS,
        *setting.VERBS,
        *sharing.VERBS,
        Verb(
            "help",
            "help [VERB]",
            "this overview, or one verb",
            "`%comet help run` lists the options of a cell.",
            _help,
            ("VERB",),
        ),
        Verb("version", "version", "the version of comet_jupyter", "Just that.", _version),
    )
}
"""Every verb by name, in the order of the help."""
