"""IPython's side of completion: registered with the magic, removed with it.

Imported when the extension is loaded, so it imports nothing of its own before the first Tab.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from IPython.core import completer as ipython

if TYPE_CHECKING:
    from ..magics import CometMagics
    from .suggest import Suggestions
    from .values import Suggestion

IDENTIFIER = "comet_jupyter"
"""The name by which ``%config IPCompleter.disable_matchers`` knows it."""

_FIRST = 100.0
"""Priority: those of IPython have 0, and are not even asked when this one has answered."""

Ask = Callable[[str, int], "Suggestions | None"]
"""What to offer in a text at a position; None where it is not ours."""


def register(shell: Any, magics: CometMagics) -> None:
    """Adds completion to a shell, once."""
    unregister(shell)
    if hasattr(ipython, "context_matcher"):
        shell.Completer.custom_matchers.append(_matcher(_ask(magics)))
    else:
        shell.Completer.completions = _Completions(shell.Completer.completions, _ask(magics))


def unregister(shell: Any) -> None:
    """Removes it without a trace."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [one for one in matchers if _identifier(one) != IDENTIFIER]
    if isinstance(vars(shell.Completer).get("completions"), _Completions):
        del shell.Completer.completions


def _identifier(matcher: Any) -> str:
    identifier: str = getattr(matcher, "matcher_identifier", "")
    return identifier


def _ask(magics: CometMagics) -> Ask:
    def ask(text: str, cursor: int) -> Suggestions | None:
        if "%comet" not in text:
            return None
        try:
            from .sources import SessionSources
            from .suggest import suggest

            return suggest(text, cursor, SessionSources(magics))
        except Exception:  # noqa: BLE001 (the package may just be upgraded below this kernel)
            return None

    return ask


class _Alone:
    """Completions beside which there are to be no others, even when there are none.

    IPython lets a matcher suppress the others only when ``len()`` says that it found something.
    """

    def __init__(self, completions: list[Any]) -> None:
        self._completions = completions

    def __len__(self) -> int:
        return max(len(self._completions), 1)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._completions)


def _matcher(ask: Ask) -> Callable[[Any], dict[str, Any]]:
    """The matcher for IPython 8.6 and later."""

    def comet_matcher(context: Any) -> dict[str, Any]:
        lines = context.full_text.split("\n")[: context.cursor_line]
        cursor = sum(len(line) + 1 for line in lines) + context.cursor_position
        found = ask(context.full_text, cursor)
        if found is None:
            return {"completions": []}
        completions = [
            ipython.SimpleCompletion(text=one.text, type=_type(one)) for one in found.items
        ]
        return {
            "completions": _Alone(completions),
            "matched_fragment": context.full_text[found.start : cursor],
            "ordered": True,
            "suppress": True,
        }

    made: Callable[[Any], dict[str, Any]] = ipython.context_matcher(
        priority=_FIRST, identifier=IDENTIFIER
    )(comet_matcher)
    return made


class _Completions:
    """The completions of an older IPython, whose matchers see neither the cell nor the cursor."""

    def __init__(self, other: Callable[[str, int], Iterator[Any]], ask: Ask) -> None:
        self._other = other
        self._ask = ask

    def __call__(self, text: str, offset: int) -> Iterator[Any]:
        found = self._ask(text, offset)
        if found is None:
            yield from self._other(text, offset)
            return
        for one in found.items:
            yield ipython.Completion(found.start, offset, one.text, type=_type(one))


# Hyphens, slashes and marks, and the letters of languages that are written without spaces.
_BREAKS = re.compile("[-/?!…–—\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def _type(one: Suggestion) -> str:
    """What stands beside a completion: for IPython its type, for people a few words.

    JupyterLab breaks the line wherever it can, and draws one line over the other.
    """
    joined = _BREAKS.sub("\\g<0>\N{WORD JOINER}", one.about)
    return joined.replace(" ", "\N{NO-BREAK SPACE}") or "value"
