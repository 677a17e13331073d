"""All checks together, and all mends: pure, from a notebook's JSON to findings or changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace

from ...show.text import one_line
from . import links, private, recordings, running, showing, weight, widgets
from .document import SOURCE, Document, Node
from .findings import PROBLEM, Change, Finding
from .keys import Secrets
from .surroundings import Surroundings

_SENTENCE = 300
_REVOKE = "revoke it: whoever had the file has the key"


def check(notebook: Node, around: Surroundings) -> tuple[Finding, ...]:
    """Everything that is wrong with a notebook, or worth knowing: problems first, by cell.

    Parameters
    ----------
    notebook : dict
        Its JSON, with which `shape.malformed` finds nothing wrong. It is not changed.
    around : Surroundings
    """
    document = Document(notebook, around.described)
    found = [
        *_keys(document, around.secrets),
        *widgets.find(document),
        *showing.find(document, around.original),
        *links.find(document, around.exists),
        *private.find(document, around.machine),
        *weight.find(document, around.size),
        *recordings.find(document, around.recordings, around.neighbours, around.is_kept),
        *running.find(document),
    ]
    shown = (replace(one, cause=_said(one.cause, around)) for one in found)
    return tuple(sorted(_merged(shown), key=lambda one: (one.severity != PROBLEM, one.place.cell)))


def mend(notebook: Node, around: Surroundings) -> tuple[Node, tuple[Change, ...]]:
    """A notebook in which everything is mended that can be, and what was done to it.

    What comes back has nothing left to mend; its sources still say the same but for keys.
    """
    mended = deepcopy(notebook)
    document = Document(mended, around.described)
    changes = [
        *_without_keys(document, around.secrets),
        *widgets.mend(document),
        *links.mend(document),
        *showing.mend(document, around.original),
        *private.mend(document, around.machine),
        *weight.mend(document),
    ]
    said = (replace(one, text=_said(one.text, around)) for one in changes)
    return mended, tuple(dict.fromkeys(said))


def _said(text: str, around: Surroundings) -> str:
    """A sentence as a report may show it: media types and names in it are the notebook's."""
    return one_line(around.described(text), _SENTENCE)


def _keys(document: Document, secrets: Secrets) -> Iterator[Finding]:
    for text in document.texts():
        for kind in secrets.found(text.text, text.name):
            where = "the source" if text.part == SOURCE else "it"
            yield Finding(
                PROBLEM,
                "key",
                text.place,
                f"{kind} stands in {where}",
                f"Take it out and {_REVOKE}; `%comet login` keeps one out of notebooks",
                fixable=True,
            )


def _without_keys(document: Document, secrets: Secrets) -> Iterator[Change]:
    for text in document.texts():
        kinds = secrets.found(text.text, text.name)
        if kinds:
            text.replace(secrets.removed(text.text, text.name))
            yield Change(text.place, f"{' and '.join(kinds)} blanked; {_REVOKE}")


def _merged(findings: Iterator[Finding]) -> Sequence[Finding]:
    """The same finding of one place once, with how often it was met."""
    amounts: dict[Finding, int] = {}
    for finding in findings:
        amounts[finding] = amounts.get(finding, 0) + 1
    return [
        replace(finding, cause=f"{finding.cause} ({amount} times)") if amount > 1 else finding
        for finding, amount in amounts.items()
    ]
