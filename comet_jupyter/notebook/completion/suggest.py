"""What to offer where the cursor stands: a decision, without I/O of its own.

Where that is stands in ``reading``, what there is to choose from in ``values`` and ``names``;
the options of a cell have a room of their own, ``cell``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from ...key import looks_like_key
from ..verbs.verb import Verb
from . import cell, names, reading, values
from .offer import FOLDERS, NOTEBOOKS, NOTHING, PICTURES, Offer, Sources, continuing, matching
from .reading import Place, Word
from .values import Suggestion

MOST = 200
"""Suggestions at a time."""

_SUFFIXES = {"PICTURE": PICTURES, "NOTEBOOK": NOTEBOOKS, "FOLDER": FOLDERS}
_RESULTS = ("ID", "UNFINISHED", "RUNNING")

_DATES = ("today", "yesterday", "24h", "7d", "30d")
_ANSWERS = {
    "--status": ("succeeded", "failed", "canceled", "refused", "unknown", "unfinished"),
    "--since": _DATES,
    "--before": _DATES,
}
"""Values of those options of verbs that a cell does not have."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What to put in place of the text from `start`, in code points, to the cursor."""

    start: int
    items: tuple[Suggestion, ...] = ()


def suggest(text: str, cursor: int, sources: Sources) -> Suggestions | None:
    """What to offer in a cell.

    Parameters
    ----------
    text : str
        The whole cell.
    cursor : int
        In code points, as the kernel's protocol counts.
    sources : Sources

    Returns
    -------
    Suggestions or None
        None where the text is not ours. Where it is, and there is nothing to offer, they are
        empty: nobody else's are wanted there.
    """
    place = reading.place(text, cursor)
    if place is None:
        return None
    try:
        offer = _offered(place, sources)
        kept = (item for item in offer.items if not looks_like_key(f"{item.text} {item.about}"))
        return Suggestions(cursor - offer.length, tuple(islice(kept, MOST)))
    except Exception:  # noqa: BLE001 (IPython would print it into the cell that is being typed)
        return Suggestions(cursor)


def _offered(place: Place, sources: Sources) -> Offer:
    source = reading.open_expression(place.before)
    if source is not None:
        return _python(source, place, sources)
    if place.kind == "line":
        return cell.offered(place.before, place.after, sources, body=place.body)
    return _verb(place, sources) if place.kind == "verb" else NOTHING


# -- {{ expressions }} -------------------------------------------------------------------


def _python(source: str, place: Place, sources: Sources) -> Offer:
    found = None if reading.in_string(source) else names.split(source)
    if found is None:
        return NOTHING
    owner, beginning = found
    if owner:
        known = names.attributes(sources.namespace, owner)
    else:
        swept = reading.given(reading.words(place.line)).values("--sweep")
        axes = (pair.partition("=")[0].strip() for pair in swept)
        own = dict.fromkeys((name for name in axes if name.isidentifier()), "sweep")
        known = own | names.variables(sources.namespace, sources.hidden)
    public = [
        Suggestion(name, kind)
        for name, kind in known.items()
        if name.startswith(beginning) and (beginning or not name.startswith("_"))
    ]
    return Offer(len(beginning), public)


# -- verbs -------------------------------------------------------------------------------


def _verb(place: Place, sources: Sources) -> Offer:
    name, space, rest = place.before.partition(" ")
    if not space:
        return matching(Word(0, name), 0, _verbs(sources))
    verb = sources.verbs.get(name)
    if verb is None:
        return NOTHING
    rest = rest.lstrip()
    earlier, _ = reading.at_cursor(rest)
    if "CELL" in verb.takes and (earlier or "ID" not in verb.takes):
        base = earlier[0] if "ID" in verb.takes else Word(0, "")
        options = rest[base.start + len(base.raw) :]
        return cell.offered(options, place.after, sources, prompt_follows=True, base=base.text)
    return _verb_words(verb, rest, sources)


def _verb_words(verb: Verb, rest: str, sources: Sources) -> Offer:
    earlier, word = reading.at_cursor(rest)
    before = [one.text for one in earlier]
    if before and before[-1] in verb.takes:
        if before[-1] in _ANSWERS:
            return matching(word, 0, map(Suggestion, _ANSWERS[before[-1]]))
        if before[-1] == "--model":
            return matching(word, 0, values.model_names(sources.aliases()))
    literal = [Suggestion(one) for one in verb.takes if not one.isupper() and one not in before]
    suffixes = next((_SUFFIXES[kind] for kind in verb.takes if kind in _SUFFIXES), None)
    if suffixes is not None and not word.raw.startswith("-"):
        # The name of a file is all that stands behind the options, blanks and all.
        while before and before[0] in verb.takes:
            rest = rest[len(before.pop(0)) :].lstrip()
        typed = rest.lstrip("\"'")
        items = [*sources.files(typed, suffixes), *_results(verb, typed, sources), *literal]
        return Offer(len(typed), continuing(typed, items, in_quotes=True))
    items = [*_results(verb, word.text, sources), *literal]
    if "MODEL" in verb.takes:
        items += values.model_names(sources.aliases())
    if "VERB" in verb.takes and not before:
        items += _verbs(sources)
    return matching(word, 0, (one for one in items if one.text not in before))


def _verbs(sources: Sources) -> Iterable[Suggestion]:
    return (Suggestion(one.name, one.summary) for one in sources.verbs.values())


def _results(verb: Verb, beginning: str, sources: Sources) -> Iterable[Suggestion]:
    for kind in verb.takes:
        if kind in _RESULTS:
            yield from sources.results(kind, beginning)
