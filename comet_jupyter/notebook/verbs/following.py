"""Verbs for predictions on their way: what there is, show, wait, resume, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ...engine import verdict
from ...engine.prediction import Prediction
from ...errors import CometError, InputError, SettingsError
from ...record import Record
from ...show import past, remarks, result, tables
from .. import equivalent
from ..cell_request import CellRequest
from ..live import wait_for_displays
from ..options import MOST_ON_SHEET
from .verb import Verb, words_of

if TYPE_CHECKING:
    from ..magics import CometMagics

MOST_LEFT = 500
"""Unfinished predictions that are taken up together."""


def _status(magics: CometMagics, line: str) -> None:
    words_of(line)
    session = magics.session
    flying = [prediction.record for prediction in session.unfinished()]
    keys = {record.key for record in flying}
    kept = session.store.recent(50, unfinished=True)
    open_ones = flying + [record for record in kept if record.key not in keys]
    recent = [record for record in session.store.recent(10) if record.finished]
    records = sorted([*open_ones, *recent], key=lambda r: r.submitted_at, reverse=True)
    magics.publisher.show((tables.status_table(records, datetime.now(timezone.utc)), {}))
    for text in session.store.notices:
        magics.publisher.show((remarks.notice(text), {}))


def _show(magics: CometMagics, line: str) -> None:
    words = words_of(line)
    if len(words) != 1:
        raise InputError("%comet show needs one id", "`%comet status` lists them")
    _show_again(magics, [magics.session.get(words[0])])


def _resume(magics: CometMagics, line: str) -> None:
    words = words_of(line)
    session = magics.session
    if words:
        _show_again(magics, [session.get(word) for word in words])
        return
    here = {prediction.key for prediction in session.unfinished()}
    kept = session.store.recent(MOST_LEFT, unfinished=True)
    now = datetime.now().astimezone()
    kept += [one for one in session.store.recent(MOST_LEFT) if verdict.can_be_fetched(one, now)]
    kept.sort(key=lambda one: one.submitted_at, reverse=True)
    left = [one for one in kept if one.key not in here]
    elsewhere = session.store.held_elsewhere(session.holder, [record.key for record in left])
    followed: list[Prediction] = []
    ended: list[Record] = []
    barred: dict[tuple[str, str], list[str]] = {}
    for record in reversed(left):
        if record.key in elsewhere:
            continue
        try:
            prediction = session.get(record.key)
        except SettingsError as error:  # made elsewhere, or without the key that it needs
            barred.setdefault((type(error).__name__, record.root), []).append(str(error))
            continue
        if prediction.running():
            followed.append(prediction)
        elif prediction.status != "unknown":
            ended.append(prediction.record)
    unknown = session.store.unknown()
    others = [record for record in left if record.key in elsewhere]
    if not barred or followed or unknown or ended or others:
        records = [prediction.record for prediction in followed]
        summary = past.resumed(records, unknown, ended, others, now, _cell_of)
        magics.publisher.show((summary, {}))
    for texts in barred.values():
        more = f" (and {len(texts) - 1} more likewise)" if len(texts) > 1 else ""
        magics.publisher.show((remarks.notice(f"not taken up: {texts[0]}{more}"), {}))
    if followed:
        _follow(magics, followed)


def _cell_of(record: Record) -> str:
    """The cell that asks for the same again; empty when there is none."""
    try:
        return equivalent.cell(record.request)
    except CometError:
        return ""


def _show_again(magics: CometMagics, predictions: Sequence[Prediction]) -> None:
    """What is there at once, then what has to be followed."""
    for prediction in predictions:
        if not prediction.running():
            for bundle in result.outputs([prediction.record], magics.session.keeper.open):
                magics.publisher.show(bundle)
    running = [prediction for prediction in predictions if prediction.running()]
    if running:
        _follow(magics, running)


def _follow(magics: CometMagics, predictions: Sequence[Prediction]) -> None:
    """Shows predictions in the running cell as if they had been made there."""
    wanted = CellRequest(
        (predictions[0].record.request,),
        each=len(predictions) > MOST_ON_SHEET,
        raise_error=False,
    )
    live = magics.mode("auto").live
    magics.follow(predictions, wanted, background=magics.mode().live, may_click=live)


def _wait(magics: CometMagics, line: str) -> None:
    words = words_of(line)
    session = magics.session
    predictions = [session.get(word) for word in words] or session.unfinished()
    magics.wait_for(predictions)
    wait_for_displays()
    done = sum(prediction.record.succeeded for prediction in predictions)
    if predictions:
        magics.publisher.show((remarks.notice(f"{done} of {len(predictions)} succeeded"), {}))
    else:
        magics.publisher.show((remarks.notice("nothing is in flight"), {}))
    for prediction in predictions if words else ():
        error = prediction.exception()
        if error is not None:
            raise error


def _cancel(magics: CometMagics, line: str) -> None:
    words = words_of(line)
    session = magics.session
    flying = session.unfinished()
    if not words:
        if len(flying) > 1:
            raise InputError(
                f"{len(flying)} predictions are in flight", "`%comet cancel ID` or `cancel all`"
            )
        chosen = flying
    elif words == ["all"]:
        chosen = flying
    else:
        chosen = [_in_flight(flying, word) for word in words]
    for prediction in chosen:
        prediction.cancel()
    if not chosen:
        text = "nothing is in flight"
    else:
        names = ", ".join(prediction.id or prediction.key[:12] for prediction in chosen)
        text = (
            f"canceling {names}: we stop waiting; the service documents no cancel, so the run "
            "may go on there and be charged"
        )
    magics.publisher.show((remarks.notice(text), {}))


def _in_flight(flying: Sequence[Prediction], ref: str) -> Prediction:
    for prediction in flying:
        if prediction.id.startswith(ref) or prediction.key.startswith(ref):
            return prediction
    raise InputError(f"{ref[:60]!r} is not in flight", "`%comet status` lists what is")


VERBS = (
    Verb(
        "status",
        "status",
        "what is in flight, unfinished or recent",
        "Lists what is in flight here, what an earlier kernel left unfinished, and the last "
        "ten results, newest first. `%comet resume` takes up what was left.",
        _status,
    ),
    Verb(
        "show",
        "show ID",
        "an earlier result again, from the store",
        "ID is a prediction's id or the beginning of one (four characters or more). What "
        "was left unfinished is followed again: no new prediction, no cost.",
        _show,
        ("ID",),
    ),
    Verb(
        "wait",
        "wait [ID ...]",
        "return when everything in flight is done",
        "Without an id it waits for all that is in flight; with ids for those, also of an "
        "earlier kernel, and raises the first failure.",
        _wait,
        ("UNFINISHED",),
    ),
    Verb(
        "resume",
        "resume [ID ...]",
        "take up what an earlier kernel left: no new prediction, no cost",
        "Without an id it follows all that was acknowledged and not finished, after a restart, a "
        "crash, a timeout or a sleep, downloads what is ready, and lists what is gone and what "
        "may have been charged without an answer. What another kernel follows stays with it. "
        "Nothing is ever sent a second time.",
        _resume,
        ("UNFINISHED",),
    ),
    Verb(
        "cancel",
        "cancel [ID ... | all]",
        "stop waiting, and ask the service to stop",
        "The service documents no way to cancel: the run may go on there and be charged. "
        "Without an id it cancels the only one in flight.",
        _cancel,
        ("RUNNING", "all"),
    ),
)
