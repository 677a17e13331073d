"""Verbs that go on from earlier results: write a cell that changes one, compare two.

How a prediction is found and what is asked for again is in ``remix``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...engine.session import Session
from ...errors import InputError
from ...record import Record
from ...show import compared, past, remarks
from ...show.remixed import remixed
from ...wire.request import PredictionRequest
from .. import equivalent, remix
from ..line import TYPED
from ..options import OPTIONS
from .verb import Verb, words_of

if TYPE_CHECKING:
    from ..magics import CometMagics

LOOKED_AT = 200
"""Predictions of the history among which the newest pictures are looked for."""

_NAME = re.compile(r"[^\s\[]+(?:\[[^\]]*\]?)?|\S+")
"""A word; one with brackets goes to their end."""

_WRITTEN = {"param", "params", "num", "seed", "ar", "size", "no", "image", "shrink", "model"}
"""Options that become part of the request, which is written anew; others stay as typed."""


# -- compare ---------------------------------------------------------------------------


def _compare(magics: CometMagics, line: str) -> None:
    session = magics.session
    _refuse_key(session, line)
    left, right = (_ended(magics, record) for record in _two(magics, _NAME.findall(line)))
    if left.key == right.key:
        raise InputError(
            f"A and B are the same prediction, {past.reference(left)}",
            "Name two, or none for the two newest",
        )
    shown = compared.outputs(left, right, session.keeper.open)
    if not magics.publisher.parent():  # a terminal shows no pictures
        shown = shown[-1:]
    for bundle in shown:
        magics.publisher.show(bundle)


def _two(magics: CometMagics, names: list[str]) -> tuple[Record, Record]:
    """A and B: those named; a single one and the newest; else the two newest."""
    for name in names:
        words_of(name.partition("[")[0])  # no options
    if len(names) > 2:
        raise InputError(f"%comet compare takes two, not {len(names)}", "`%comet compare A B`")
    variables = _variables(magics)
    named = [remix.find(magics.session, name, variables) for name in names]
    if len(named) == 2:
        return named[0], named[1]
    besides = named[0].key if named else ""
    newest = _newest(magics.session, besides, 2 - len(named))
    if len(named) + len(newest) < 2:
        raise InputError(
            "the history has no two pictures to compare"
            if not named
            else "the history has no other picture to compare it with",
            "Make one, or name two: `%comet compare ID ID`",
        )
    return (named[0], newest[0]) if named else (newest[1], newest[0])


def _newest(session: Session, besides: str, amount: int) -> list[Record]:
    recent = session.store.recent(LOOKED_AT)
    return [one for one in recent if one.images and one.key != besides][:amount]


def _ended(magics: CometMagics, record: Record) -> Record:
    """The result, waited for when it is in flight here."""
    for prediction in magics.session.unfinished():
        if prediction.key == record.key:
            magics.wait_for([prediction])
            return prediction.record
    return record


# -- remix -----------------------------------------------------------------------------


def _remix(magics: CometMagics, line: str) -> None:
    session = magics.session
    _refuse_key(session, line)
    found = _NAME.match(line)
    if found is None:
        raise InputError("%comet remix needs an id", "`%comet history` lists them")
    words_of(found[0].partition("[")[0])
    record = remix.find(session, found[0], _variables(magics))
    changes, kept = split_changes(line[found.end() :])
    wanted = magics.read(f"--from {record.key} {changes}", "")
    request = _with_seed(session, wanted.request, wanted.seed)
    request = _without(request, {name for word in kept for name in _swept(word)})
    text = written(equivalent.cell(request, count=wanted.count), kept)
    for warning in wanted.warnings:
        magics.publisher.show((remarks.notice(warning), {}))
    live = magics.mode("auto").live
    visible = not live and bool(magics.publisher.parent())  # a terminal types it in
    magics.publisher.show(
        (remixed(record, request, text, pictures=wanted.count, visible=visible), {})
    )
    if magics.shell is not None:
        magics.shell.set_next_input(text, replace=False)


def split_changes(line: str) -> tuple[str, list[str]]:
    """What changes the request, and the options that a cell keeps as they are typed.

    Raises
    ------
    InputError
        For ``--from``, which a remix has already.

    Examples
    --------
    >>> split_changes("kontext -p guidance=5 --sweep 'style=oil, ink' -o cats")
    ('kontext -p guidance=5', ["--sweep 'style=oil, ink'", '-o cats'])
    """
    changes: list[str] = []
    kept: list[str] = []
    for option, text in _options(line):
        if option == "from":
            raise InputError("--from and remix contradict each other", "Name one prediction")
        is_kept = option not in ("", *_WRITTEN)
        (kept if is_kept else changes).append(text)
    return " ".join(changes), kept


def _options(line: str) -> Iterator[tuple[str, str]]:
    """Each word of a line with the name of its option, and with its value where it takes one."""
    by_name = {name: option for option in OPTIONS for name in option.names}
    words = iter(TYPED.findall(line))
    for word in words:
        name, equals, _ = word.partition("=")
        is_joined = not word.startswith("--") and word[:2] in by_name and len(word) > 2
        option = by_name.get(word[:2] if is_joined else name)
        if option is None:
            yield "", word
            continue
        value = ""
        if option.metavar and not equals and not is_joined:
            value = next(words, "")
        yield option.names[-1].lstrip("-"), f"{word} {value}".rstrip()


def _swept(text: str) -> Iterator[str]:
    """The input that a kept ``--sweep NAME=VALUES`` varies."""
    found = re.match(r"--sweep[\s=]+[\"']?([\w-]+)", text)
    if found:
        yield found[1]


def _with_seed(
    session: Session, request: PredictionRequest, seed: int | str | None
) -> PredictionRequest:
    """The request with its first seed; without one where a new one is to be drawn."""
    if seed == "random":
        return _without(request, {"seed"})
    return request if seed is None else session.complete(request, 1, seed)[0]


def _without(request: PredictionRequest, names: set[str]) -> PredictionRequest:
    left = {name: value for name, value in request.input.items() if name not in names}
    return replace(request, input=left, template=None, seed_drawn=False)


def written(cell: str, kept: list[str]) -> str:
    """A cell with further options at the end of its first line."""
    line, _, body = cell.partition("\n")
    # IPython takes a cell without a body for a mistake.
    return f"{' '.join((line, *kept))}\n{body or chr(10)}"


def _variables(magics: CometMagics) -> Mapping[str, Any]:
    return {} if magics.shell is None else magics.shell.user_ns


def _refuse_key(session: Session, line: str) -> None:
    if session.is_secret(line):
        raise InputError("an API key stands in this line", "Delete it; `%comet login` takes it")


VERBS = (
    Verb(
        "remix",
        "remix ID [changes]",
        "write the next cell: an earlier prediction, changed",
        "Writes a complete cell below this one: the model, the prompt and all inputs of an earlier "
        "prediction, its seed too, with changes as on a %%comet line:\n\n"
        "    %comet remix h3k9qd -p guidance=5 --ar 16:9 -n 4 --seed random\n"
        "    %comet remix cat --model kontext\n\n"
        "ID is a prediction's id or the beginning of one, or a variable such as cat or batch[0]. "
        "Another model gets what it takes, its picture under the model's own name for it, and "
        "what it does not take is named. Nothing is sent before you run the cell. "
        "`%%comet --from ID` does the same without writing it out.",
        _remix,
        ("ID", "CELL"),
    ),
    Verb(
        "compare",
        "compare [A] [B]",
        "two results side by side, a slider, and what differs",
        "A and B are ids, beginnings of ids, or variables such as cat, batch[0] or grid[1, 2]; "
        "what is in flight is waited for. With one name it is compared with the newest picture, "
        "without any the two newest are compared.\n\n"
        "    %comet compare batch[0] batch[3]",
        _compare,
        ("ID",),
    ),
)
