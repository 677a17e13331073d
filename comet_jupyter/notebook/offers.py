"""Which models can be named here, in which order, and how each is described. Pure.

Two sources are brought together: the models whose inputs are known (``models/``), and the
entries of a catalogue (``wire/catalogue.py``).
"""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import models
from ..models import ModelSpec
from ..show.models import ModelRow
from ..show.text import count, joined
from ..wire.catalogue import Entry

SHORT_LIST = 12
"""Models of unknown inputs that are listed unasked."""

_KINDS = 5
_NAMED = 6
_EDITS = ("image-to-image", "image-edit", "image-editing", "edit")


@dataclass(frozen=True, slots=True)
class Offer:
    """One model that a cell can name.

    Attributes
    ----------
    name : str
        ``owner/name``.
    names : tuple of str
        What it can be called, the usual one first; the full name last.
    own : tuple of str
        The user's aliases for it.
    spec : ModelSpec or None
        Its inputs, where they are known here.
    entry : Entry or None
        What a catalogue says of it.
    """

    name: str
    names: tuple[str, ...]
    own: tuple[str, ...] = ()
    spec: ModelSpec | None = None
    entry: Entry | None = None


def offered(entries: Sequence[Entry], own: Mapping[str, str]) -> list[Offer]:
    """Everything that can be named and makes pictures; what is known best comes first.

    Parameters
    ----------
    entries : sequence of Entry
        A catalogue.
    own : mapping of str to str
        The user's aliases.
    """
    specs = models.all_models()
    listed = {name: entry for entry in entries for name in entry.names}
    found = {
        spec.name: Offer(
            spec.name,
            (*names_of(spec, own), spec.name),
            _aliases_of(spec.name, own),
            spec,
            listed.get(spec.name.lower()) or listed.get(spec.name.lower().rpartition("/")[2]),
        )
        for spec in specs.values()
    }
    known = {name.lower() for name in found}
    others = [one for one in entries if one.model.lower() not in known and _is_picture(one)]
    for entry in sorted(others, key=_rank):
        aliases = _aliases_of(entry.model, own)
        found.setdefault(
            entry.model, Offer(entry.model, (*aliases, entry.model), aliases, None, entry)
        )
    for name in own.values():
        aliases = _aliases_of(name, own)
        found.setdefault(name, Offer(name, (*aliases, name), aliases))
    return list(found.values())


def _is_picture(entry: Entry) -> bool:
    """True when a cell can name it, and it makes pictures as far as one can tell."""
    return bool(entry.model) and (entry.kind == "image" or (entry.predicts and not entry.kind))


def _rank(entry: Entry) -> tuple[bool, bool, str]:
    return (entry.upcoming, not entry.predicts, entry.model.lower())


def names_of(spec: ModelSpec, own: Mapping[str, str]) -> tuple[str, ...]:
    """The package's short names that still mean this model, then the user's."""
    packaged = (one for one in spec.aliases if models.canonical(one, own) == spec.name)
    return tuple(dict.fromkeys((*packaged, *_aliases_of(spec.name, own))))


def _aliases_of(model: str, own: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name, full in own.items() if full.lower() == model.lower()))


# -- choosing ----------------------------------------------------------------------------------


def search(offers: Sequence[Offer], words: Sequence[str]) -> list[Offer]:
    """Those that have every word somewhere in names, provider, description or kind."""
    wanted = [word.casefold() for word in words]
    return [offer for offer in offers if all(word in _about(offer) for word in wanted)]


def _about(offer: Offer) -> str:
    texts = [*offer.names, *(offer.spec.aliases if offer.spec else ())]
    if offer.spec is not None:
        texts += [offer.spec.description, takes(offer.spec)]
    if offer.entry is not None:
        entry = offer.entry
        texts += [entry.title, entry.provider, entry.description, *entry.features]
    return "\n".join(texts).casefold()


def short_list(offers: Sequence[Offer]) -> list[Offer]:
    """What is shown unasked: all that are known here or have an alias, and a few others."""
    known = [offer for offer in offers if offer.spec or offer.own]
    others = [one for one in offers if not (one.spec or one.own)]
    likely = [one for one in others if one.entry and one.entry.predicts and not one.entry.upcoming]
    return [*known, *likely[:SHORT_LIST]]


# -- words -------------------------------------------------------------------------------------


def row(offer: Offer, price: str) -> ModelRow:
    """One row of the list."""
    spec, entry = offer.spec, offer.entry
    names = [name for name in offer.names if name != offer.name]
    short = names[0] if names else ""
    shorter = min((name for name in names[1:] if name not in offer.own), key=len, default="")
    others = [*(name for name in offer.own if name != short)]
    if shorter and len(shorter) < len(short):
        others.append(shorter)
    if spec is not None:
        inputs = str(len(spec.inputs)) if spec.complete else f"{len(spec.inputs)}+"
        return ModelRow(
            offer.name, short, tuple(others), spec.description, takes(spec), price, inputs
        )
    return ModelRow(
        offer.name,
        short,
        tuple(others),
        purpose(entry) if entry else "only your alias knows it",
        _taken(entry) if entry else "",
        price,
    )


def takes(spec: ModelSpec) -> str:
    """What a model makes a picture from; in brackets what may come with the text."""
    if spec.image_field is None:
        return "text"
    wanted = spec.inputs[spec.image_field]
    if not spec.edits:
        return "text (+ picture hint)"
    if wanted.type == "uri[]":
        return f"text (+ {wanted.maximum:g} pictures)" if wanted.maximum else "text (+ pictures)"
    return "text (+ picture)"


def _taken(entry: Entry) -> str:
    edits = any(feature in _EDITS for feature in entry.features)
    if "text-to-image" in entry.features:
        return "text (+ picture)" if edits else "text"
    return "picture" if edits else ""


def purpose(entry: Entry) -> str:
    """What a catalogue says that a model is for."""
    said = entry.description or joined((entry.title, entry.provider))
    return f"announced: {said}" if entry.upcoming else said


def remarks(
    entries: Sequence[Entry], typed: Sequence[str], *, shown: int, found: int, priced: bool
) -> list[str]:
    """What is to be said below the list.

    Parameters
    ----------
    entries : sequence of Entry
        The whole catalogue.
    typed : sequence of str
        What was searched for.
    shown, found : int
        How many models are listed, and how many would be.
    priced : bool
        True when a price stands in the list.
    """
    said = []
    if not found:
        said.append(f"no model here has {' and '.join(map(repr, typed))} in what is known of it")
    if priced:
        said.append("prices are estimates in US dollars for one request")
    if found > shown:
        said.append(f"{count(found - shown, 'more model')}: `%comet models all`")
    if found:
        said.append("`%comet schema NAME` shows the inputs of one")
    lines = [joined(said)] if said else []
    elsewhere = _elsewhere(entries, () if list(typed) == ["all"] else typed)
    return [*lines, elsewhere] if elsewhere else lines


def _elsewhere(entries: Sequence[Entry], words: Sequence[str]) -> str:
    """What the catalogue has that a cell cannot make pictures with."""
    about = [one for one in entries if not _is_picture(one)]
    for word in words:
        about = [one for one in about if word.casefold() in _described(one)]
    if not about:
        return ""
    kinds = collections.Counter(_kind(one) for one in about)
    told = ", ".join(f"{amount:,} {kind}" for kind, amount in kinds.most_common(_KINDS))
    if words and len(about) <= _NAMED:
        told = ", ".join(f"{one.title or min(one.names)} ({_kind(one)})" for one in about)
    return f"not listed, because no cell can ask for them: {told}"


def _described(entry: Entry) -> str:
    told = (*entry.names, entry.title, entry.provider, entry.description, *entry.features)
    return "\n".join(told).casefold()


def _kind(entry: Entry) -> str:
    if entry.kind == "image":
        return "image on another route"
    return entry.kind or "other"
