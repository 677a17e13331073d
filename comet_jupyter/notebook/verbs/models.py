"""Verbs for the models: which there are, what one of them takes, and names of one's own.

Which models are listed, and in which order, is decided in ``offers.py``; how lists look stands
in ``show/models.py`` and ``show/schema.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ... import models
from ...engine.catalogue import Catalogue
from ...engine.choices import SANDBOX
from ...engine.session import Session
from ...errors import InputError, UnknownNameError
from ...models import ModelSpec
from ...show import remarks, words
from ...show.models import alias_list, model_list, origin_words
from ...show.price import price
from ...show.schema import Schema, schema
from ...wire.catalogue import Entry
from .. import first_cell, offers
from .verb import Verb, words_of

if TYPE_CHECKING:
    from ..magics import CometMagics

PATIENCE = 5.0
"""Seconds to wait for the service's catalogue."""

PRICE_PATIENCE = 1.0
"""Seconds to wait for it where it would only tell a price."""

_NEAR = 3
"""Names that are offered for one that does not exist."""


def _models(magics: CometMagics, line: str) -> None:
    session = magics.session
    _refuse_key(session, line)
    typed = words_of(line)
    catalogue = _catalogue(session)
    offered = offers.offered(catalogue.entries, session.aliases)
    found = offers.search(offered, () if typed == ["all"] else typed)
    chosen = found if typed else offers.short_list(found)
    prices = _prices(session, catalogue, chosen)
    rows = [offers.row(offer, prices.get(offer.name, "")) for offer in chosen]
    said = offers.remarks(
        catalogue.entries, typed, shown=len(chosen), found=len(found), priced=bool(prices)
    )
    near = None if rows else models.nearest(line, (name for one in offered for name in one.names))
    if near:
        said = [f"did you mean `%comet models {near}`?", *said]
    label = words.SANDBOX if catalogue.origin == "sandbox" else ""
    shown = model_list(rows, _origin(catalogue), (*said, *_trouble(session)), label=label)
    magics.publisher.show((shown, {}))


def _schema(magics: CometMagics, line: str) -> None:
    session = magics.session
    _refuse_key(session, line)
    given = words_of(line)
    if len(given) > 1:
        raise InputError("%comet schema takes one model", "`%comet schema flux-dev`")
    name = given[0] if given else session.settings.model.value
    model = _full_name(session, name)
    known = models.spec(model)
    shown = _described(session, known) if known else _undescribed(session, model)
    magics.publisher.show((schema(shown), {}))


def _described(session: Session, spec: ModelSpec) -> Schema:
    """A model whose inputs are known."""
    short, *others = [*offers.names_of(spec, session.aliases), spec.name][:5]
    others = [name for name in others if name != spec.name]
    facts = (
        f"also {', '.join(others)}" if others else "",
        f"from {offers.takes(spec)}",
        f"about {spec.run_time:g} s",
        _price(session, spec.name, PRICE_PATIENCE),
    )
    inputs = sorted(spec.inputs.values(), key=lambda wanted: not wanted.required)
    return Schema(
        spec.name,
        short,
        facts,
        spec.description,
        inputs,
        {wanted.name: first_cell.option(spec, wanted) for wanted in inputs},
        first_cell.remarks(spec),
        example=first_cell.cell(spec, short),
        label=_label(session),
    )


def _undescribed(session: Session, model: str) -> Schema:
    """A model that a catalogue may list, and whose inputs are not known."""
    catalogue = _catalogue(session)
    entry = next((one for one in catalogue.entries if one.model.lower() == model.lower()), None)
    if entry is None:
        near = _near(session, model, catalogue)
        if near or catalogue.origin != "packaged":
            raise UnknownNameError(
                f"neither this package nor the service's catalogue has the model {model[:80]!r}",
                f"Did you mean {near}?" if near else "`%comet models` lists those that there are",
            )
    unknown = (
        "its inputs are not known here: everything is sent as it is given, with `-p NAME=VALUE`"
    )
    unlisted = f"whether it exists is not known: {catalogue.trouble or 'nobody was asked'}"
    return Schema(
        model,
        model,
        _facts(session, entry) if entry else (),
        offers.purpose(entry) if entry else "",
        notices=[unknown] if entry else [unknown, unlisted],
        example=first_cell.plain_cell(model),
        label=_label(session),
    )


def _facts(session: Session, entry: Entry) -> tuple[str, ...]:
    kind = f"makes {entry.kind}" if entry.kind and entry.kind != "image" else ""
    return (entry.provider, kind, ", ".join(entry.features), _price(session, entry.model))


def _full_name(session: Session, name: str) -> str:
    """The full name; one that only the catalogue knows may be given without its owner."""
    try:
        return session.resolve_model(name)
    except UnknownNameError:
        for entry in _catalogue(session).entries:
            if entry.model.lower().rpartition("/")[2] == name.lower():
                return entry.model
        raise


def _near(session: Session, model: str, catalogue: Catalogue) -> str:
    """The names most like it, in words."""
    names = {entry.model for entry in catalogue.entries if entry.model}
    names |= {*models.all_models(), *session.aliases}
    found: list[str] = []
    while len(found) < _NEAR:
        near = models.nearest(model, names - set(found))
        if near is None:
            break
        found.append(near)
    return " or ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


# -- aliases -----------------------------------------------------------------------------------


def _alias(magics: CometMagics, line: str) -> None:
    session = magics.session
    _refuse_key(session, line)
    typed = words_of(line, ("--delete",))
    deletes = "--delete" in typed
    names = [word for word in typed if word != "--delete"]
    if deletes and len(names) == 1:
        former = session.delete_alias(names[0])
        text = f"{names[0]} is no alias any more; it stood for {former}"
        if names[0].lower() in _packaged():
            text += f", and stands for {_packaged()[names[0].lower()]} again"
        magics.publisher.show((remarks.notice(text), {}))
    elif not deletes and len(names) == 2:
        _define(magics, *names)
    elif not typed:
        _list_aliases(magics)
    else:
        raise InputError(
            "%comet alias takes a name and a model",
            "`%comet alias boat flux-dev`, `%comet alias --delete boat`, or alone for the list",
        )


def _define(magics: CometMagics, name: str, model: str) -> None:
    from . import VERBS

    session = magics.session
    if name.lower() in (verb.lower() for verb in VERBS):
        raise InputError(f"{name!r} is a verb of %comet", "Choose another name")
    change = session.set_alias(name, model)
    full = session.resolve_model(name)
    text = f"{name} stands for {full}"
    if change.former:
        text += ", as before" if change.former == full else f" now, no longer for {change.former}"
    notes = [text]
    packaged = _packaged().get(name.lower())
    if packaged and packaged != full:
        notes.append(f"{name} is a name of this package, too: for you it is no longer {packaged}")
    if change.set_aside:
        notes.append(f"your aliases were damaged; what was left of them is in {change.set_aside}")
    for note in notes:
        magics.publisher.show((remarks.notice(note), {}))


def _list_aliases(magics: CometMagics) -> None:
    session = magics.session
    own = session.aliases
    rows = [(name, full, _note(name, full)) for name, full in sorted(own.items())]
    said = list(_trouble(session))
    if not rows and not said:
        said.append("you have no aliases yet: `%comet alias boat flux-dev` makes one")
    magics.publisher.show((alias_list(rows, said), {}))


def _note(name: str, full: str) -> str:
    packaged = _packaged().get(name.lower())
    if packaged and packaged != full:
        return f"hides the package's name for {packaged}"
    return "" if models.spec(full) else "its inputs are not known here"


def _packaged() -> dict[str, str]:
    return {alias: spec.name for spec in models.all_models().values() for alias in spec.aliases}


# -- what the verbs share ----------------------------------------------------------------------


def _catalogue(session: Session) -> Catalogue:
    # A notebook that is replayed needs no network, not for a list either.
    return session.catalogue(0.0 if session.replaying else PATIENCE)


def _origin(catalogue: Catalogue) -> str:
    now = datetime.now(timezone.utc)
    return origin_words(catalogue.origin, catalogue.taken_at, catalogue.trouble, now)


def _prices(
    session: Session, catalogue: Catalogue, chosen: Sequence[offers.Offer]
) -> dict[str, str]:
    """The prices in words, of models that have none why; empty where nobody has told any."""
    if catalogue.origin != "service":
        return {}
    return {
        offer.name: _price(session, offer.name) or ("not told" if offer.entry else "not listed")
        for offer in chosen
    }


def _price(session: Session, model: str, patience: float = 0.0) -> str:
    known = session.known_price(model, 0.0 if session.replaying else patience)
    return price(known.amount, 1, known.estimated) if known else ""


def _label(session: Session) -> str:
    return words.SANDBOX if session.settings.root.origin == SANDBOX else ""


def _trouble(session: Session) -> list[str]:
    return [session.alias_trouble] if session.alias_trouble else []


def _refuse_key(session: Session, line: str) -> None:
    if session.is_secret(line):
        raise InputError("an API key stands in this line", "Delete it; `%comet login` takes it")


VERBS = (
    Verb(
        "models",
        "models [TEXT | all]",
        "the models that there are, with prices where they are known",
        "Lists the models whose inputs are known here, then others of the service's catalogue "
        "that make pictures; with TEXT those that have every word of it in name, provider or "
        "description, with `all` every one. The catalogue is asked without the key, at most "
        "once an hour; without it, it is the list of the package, and says so.",
        _models,
        ("all",),
    ),
    Verb(
        "schema",
        "schema [MODEL]",
        "the inputs of a model, what is allowed, and a cell to copy",
        "MODEL is owner/name or an alias; without it, it is the model of cells that name none. "
        "What does not fit is warned of before it is sent; the service decides.",
        _schema,
        ("MODEL",),
    ),
    Verb(
        "alias",
        "alias [NAME MODEL]",
        "short names of your own for models",
        "Alone it lists them.\n\n"
        "    %comet alias boat flux-dev        makes one, for owner/name or another alias\n"
        "    %comet alias --delete boat        deletes it\n\n"
        "They are kept with the history, for all notebooks, and win over the names that come "
        "with the package. In a notebook that is shared, a cell that makes the alias belongs "
        "above the first one that uses it.",
        _alias,
        ("--delete", "MODEL"),
    ),
)
