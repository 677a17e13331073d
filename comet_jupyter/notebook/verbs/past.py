"""Verbs for what was made before: find it again, delete it, see what it cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ... import models
from ...engine.session import Session
from ...errors import InputError, UnknownNameError
from ...images.overview import MOST
from ...record import Record
from ...show import history, past, remarks, spending
from ...show.past import Forgotten
from ...show.spending import Spent
from .verb import Verb, words_of

if TYPE_CHECKING:
    from ..magics import CometMagics

PAGE = 24
"""Predictions of one page of the history."""

_CONDITIONS = ("--status", "--model", "--since", "--before")
"""Options that are words of a search as well: ``--status failed`` is ``status:failed``."""
_MARK = "--favourites"
_NUMBERS = {"-n": MOST, "--page": 1_000_000}


@dataclass(frozen=True, slots=True)
class Search:
    """What ``%comet history`` is asked for.

    Attributes
    ----------
    text : str
        In the words of `Store.search`.
    size, page : int
    command : str
        What asks for it again, without the page.
    """

    text: str = ""
    size: int = PAGE
    page: int = 1
    command: str = "%comet history"


def read_search(line: str) -> Search:
    """The search that stands behind ``%comet history``.

    Raises
    ------
    InputError
        For an option that does not exist or misses its value.
    """
    words = iter(line.replace('"', " ").split())
    found: list[str] = []
    typed: list[str] = []
    numbers = {"-n": PAGE, "--page": 1}
    for word in words:
        if not word.startswith("-"):
            found.append(word)
            typed.append(word)
            continue
        name, equals, value = word.partition("=")
        if name == _MARK:
            found.append("is:favourite")
            typed.append(name)
            continue
        if name not in _CONDITIONS and name not in _NUMBERS:
            _no_such_option(name)
        value = value if equals else next(words, "")
        if not value or value.startswith("-"):
            raise InputError(f"{name} needs a value", "`%comet help history` shows how")
        if name in _NUMBERS:
            numbers[name] = _number(name, value)
        else:
            found.append(f"{name[2:]}:{value}")
        if name != "--page":
            typed += [name, value]
    command = " ".join(("%comet history", *typed))
    return Search(" ".join(found), numbers["-n"], numbers["--page"], command)


def _no_such_option(name: str) -> None:
    near = models.nearest(name, (_MARK, *_CONDITIONS, *_NUMBERS))
    hint = f"Did you mean {near}?" if near else "`%comet help history` lists them"
    raise UnknownNameError(f"there is no option {name[:40]}", hint)


def _number(name: str, text: str) -> int:
    most = _NUMBERS[name]
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= most:
        raise InputError(f"{name} {text[:20]} does not work", f"Give a number from 1 to {most:,}")
    return int(text)


def _history(magics: CometMagics, line: str) -> None:
    session = magics.session
    _refuse_key(session, line)
    asked = read_search(line)
    page = session.store.search(asked.text, limit=asked.size, offset=(asked.page - 1) * asked.size)
    flying = {prediction.key: prediction.record for prediction in session.unfinished()}
    listing = history.Listing(
        tuple(flying.get(record.key, record) for record in page.records),
        page.favourites,
        page.total,
        page=asked.page,
        size=asked.size,
        command=asked.command,
        search=asked.text,
    )
    now = datetime.now(timezone.utc).astimezone()
    if magics.publisher.parent():  # a terminal shows no pictures
        sheet = history.sheet(listing, session.keeper.open, now)
        if sheet is not None:
            magics.publisher.show(sheet)
    magics.publisher.show((history.listed(listing, now), {}))
    for text in session.store.notices:
        magics.publisher.show((remarks.notice(text), {}))


def _forget(magics: CometMagics, line: str) -> None:
    session = magics.session
    _refuse_key(session, line)
    names = words_of(line)
    if not names:
        raise InputError("%comet forget needs an id", "`%comet history` lists them")
    records = {record.key: record for record in (_forgettable(session, name) for name in names)}
    gone: list[Forgotten] = []
    said = session.store.notices
    try:
        for record in records.values():
            gone.append(_deleted(session, record))
    finally:  # what went before an error is gone all the same
        if gone:
            magics.publisher.show((past.forgotten(gone), {}))
        for text in session.store.notices:
            if text not in said:
                magics.publisher.show((remarks.notice(text), {}))


def _forgettable(session: Session, name: str) -> Record:
    """The prediction that this names, when nothing can come of it any more."""
    record = session.store.get(name)
    if record is None:
        raise InputError(
            f"there is no prediction {name[:60]!r} in the history; nothing was deleted",
            "`%comet history` lists them",
        )
    shown = past.reference(record)
    if any(prediction.key == record.key for prediction in session.unfinished()):
        raise InputError(
            f"{shown} is in flight; nothing was deleted",
            f"Cancel it first: `%comet cancel {shown}`",
        )
    if not record.finished and session.store.held_elsewhere(session.holder, [record.key]):
        raise InputError(
            f"another kernel follows {shown}; nothing was deleted", "Cancel it there first"
        )
    if not record.finished and record.id:
        raise InputError(
            f"{shown} was left unfinished; nothing was deleted",
            f"Its pictures may be there: `%comet resume {shown}` first",
        )
    return record


def _deleted(session: Session, record: Record) -> Forgotten:
    if not record.finished:
        session.get(record.key)  # nobody waits for its answer any more: that is its end
    before = _files(session, record)
    session.store.forget(record.key)
    after = _files(session, record)
    return Forgotten(record, before - after, after)


def _files(session: Session, record: Record) -> int:
    """How many of its output files are kept."""
    files = session.store.files
    return sum(files.find(sha256) is not None for sha256 in {file.sha256 for file in record.files})


def _cost(magics: CometMagics, line: str) -> None:
    words_of(line)
    session = magics.session
    tally, sums = session.tally, session.store.spending()
    now = Spent(
        "this session",
        tally.cost,
        tally.estimated,
        tally.charged,
        tally.unknown,
        served=tally.served,
    )
    spans = [
        Spent(one.period, one.cost, one.estimated, one.charged, one.unknown)
        for one in sums
        if not one.model
    ]
    by_model = [
        Spent(one.model, one.cost, one.estimated, one.charged, one.unknown)
        for one in sums
        if one.model and one.period == "all"
    ]
    unsettled = len(session.store.unknown())
    bundle = spending.spending([now, *spans], by_model, unsettled=unsettled)
    magics.publisher.show((bundle, {}))


def _refuse_key(session: Session, line: str) -> None:
    if session.is_secret(line):
        raise InputError("an API key stands in this line", "Delete it; `%comet login` takes it")


VERBS = (
    Verb(
        "history",
        "history [TEXT] [options]",
        "what was made before: a sheet of small pictures, and a list",
        "Every word of TEXT has to be in the prompt or the model's name, or be the seed, or the "
        "beginning of an id:\n\n"
        "    %comet history boat sunrise --since 7d\n\n"
        "  --favourites          only those marked as such in the panel\n"
        "  --since, --before     7d, 36h, today, or a date: 2026-11-01\n"
        "  --status STATUS       succeeded, failed, canceled, refused, unknown, unfinished\n"
        "  --model NAME          a part of the model's name\n"
        f"  -n N                  so many on a page, {PAGE} by default\n"
        "  --page N              further pages, from the newest on\n\n"
        "`%comet show ID` shows one of them again.",
        _history,
        (_MARK, *_CONDITIONS, *_NUMBERS),
    ),
    Verb(
        "forget",
        "forget ID [ID ...]",
        "delete results and their files from the history",
        "Deletes the record, and of its files those that no other result refers to; copies in "
        "notebooks and recordings stay. ID is a prediction's id or the beginning of one; all of "
        "them are looked up before the first is deleted. It also drops a request of unknown "
        "outcome, once you have looked at your usage at the service.",
        _forget,
        ("ID",),
    ),
    Verb(
        "cost",
        "cost",
        "what was spent in this session, lately, and by model",
        "In US dollars, for what succeeded at the service; ~ marks an estimate by its price list. "
        "The sandbox, replays and results from the store cost nothing.",
        _cost,
    ),
)
