"""``%comet VERB``: what each verb does, and the help that describes it.

A line that begins with no verb is an error naming the nearest one, so that nothing is spent
by accident.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .. import models, settings
from .._version import __version__
from ..engine.choices import SANDBOX
from ..engine.prediction import Prediction
from ..errors import InputError, UnknownNameError
from ..key import key_or_none, looks_like_key, malformed
from ..show import remarks, result, tables
from . import doctor, local_sandbox, options
from .live import wait_for_displays
from .parsing import CellRequest, split_run

if TYPE_CHECKING:
    from .magics import CometMagics


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: how it is written, what it does in a line, and at length."""

    name: str
    usage: str
    summary: str
    text: str
    act: Callable[[CometMagics, str], None]


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
    near = models.nearest(name, VERBS)
    hint = (
        f"Did you mean `%comet {near}`?"
        if near
        else "`%comet help` lists them; a prompt goes below %%comet, or behind `%comet run`"
    )
    raise UnknownNameError(f"%comet has no verb {name[:40]!r}", hint)


def _words(line: str, allowed: Sequence[str] = ()) -> list[str]:
    """The words behind a verb; an option that it does not know is an error."""
    words = line.split()
    for word in words:
        if word.startswith("-") and word not in allowed:
            near = models.nearest(word, allowed)
            hint = f"Did you mean {near}?" if near else "`%comet help` says what there is"
            raise UnknownNameError(f"there is no option {word[:40]}", hint)
    return words


def _run(magics: CometMagics, line: str) -> None:
    options, prompt = split_run(line)
    if not prompt:
        raise InputError("there is no prompt", "`%comet run [options] a paper boat`")
    magics.make(options, prompt)


def _status(magics: CometMagics, line: str) -> None:
    _words(line)
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
    words = _words(line)
    if len(words) != 1:
        raise InputError("%comet show needs one id", "`%comet status` lists them")
    prediction = magics.session.get(words[0])
    wanted = CellRequest(prediction.record.request, raise_error=False)
    if prediction.running():
        live = magics.mode("auto").live
        magics.follow([prediction], wanted, background=magics.mode().live, may_click=live)
    else:
        for bundle in result.outputs([prediction.record], magics.session.keeper.open):
            magics.publisher.show(bundle)


def _wait(magics: CometMagics, line: str) -> None:
    words = _words(line)
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
    words = _words(line)
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


def _panel(magics: CometMagics, line: str) -> None:
    words = _words(line)
    if words == ["close"]:
        magics.panel().close()
    elif words:
        raise InputError(f"%comet panel knows no {words[0][:40]!r}", "`%comet panel [close]`")
    else:
        magics.panel().show()


def _login(magics: CometMagics, line: str) -> None:
    if line:
        raise InputError(
            "a key never stands in a cell: it would be saved in the notebook",
            "Type `%comet login` alone and paste the key into the field that opens",
        )
    typed = ""
    asked = True
    try:
        typed = getpass.getpass("CometAPI key: ")
    except Exception:  # noqa: BLE001 (a front end without input raises an error of its own)
        asked = False
    if not asked:
        raise InputError("nobody can be asked for a key here", "Set COMETAPI_KEY instead")
    key = key_or_none(typed)
    place = settings.save_key(typed) if key is not None else None
    del typed  # a traceback that prints locals shows this frame
    if key is None:
        raise malformed("what was typed is no API key")
    magics.session.use_key(key, place or "%comet login")
    text = (
        f"The key is configured and kept in {place}."
        if place
        else "The key is configured for this session. To keep it, install the keyring package "
        "or set COMETAPI_KEY."
    )
    if magics.session.settings.key.origin == SANDBOX:
        text += " Pictures still come from the sandbox: `%comet sandbox stop` ends it."
    magics.publisher.show((remarks.notice(text), {}))


def _sandbox(magics: CometMagics, line: str) -> None:
    words = _words(line, ("--if-no-key",))
    if words == ["stop"]:
        local_sandbox.stop(magics.session)
        text = "The sandbox has ended; pictures come from the service again, and cost money."
        magics.publisher.show((remarks.notice(text), {}))
        return
    key = magics.session.settings.key
    if words == ["--if-no-key"] and key.value is not None and key.origin != SANDBOX:
        text = "A key is configured: pictures come from the service and cost money."
        magics.publisher.show((remarks.notice(text), {}))
        return
    if words and words != ["--if-no-key"]:
        raise InputError(
            f"%comet sandbox does not know {' '.join(words)[:40]!r}",
            "`%comet sandbox`, `%comet sandbox --if-no-key` or `%comet sandbox stop`",
        )
    local_sandbox.start(magics.session)
    text = (
        "Pictures are drawn on this machine from here on, and say so: no key, no cost, no "
        "network. `%comet sandbox stop` goes back to the service."
    )
    magics.publisher.show((remarks.notice(text), {}))


def _config(magics: CometMagics, line: str) -> None:
    _words(line)
    rows = doctor.settings_rows(magics)
    magics.publisher.show((tables.key_value_table(rows), {}))


def _doctor(magics: CometMagics, line: str) -> None:
    online = _words(line, ("--online",)) == ["--online"]
    rows = doctor.examine(magics, online=online)
    header = ("checked", "found", "note")
    magics.publisher.show((tables.key_value_table(rows, header), {}))


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
    _words(line)
    magics.publisher.show(({"text/plain": f"comet_jupyter {__version__}"}, {}))


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "run",
            "run [options] PROMPT",
            "one picture from one line",
            "The options come first, the rest of the line is the prompt as typed:\n\n"
            "    %comet run --model flux-dev --ar 16:9 a paper boat at sunrise",
            _run,
        ),
        Verb(
            "status",
            "status",
            "what is in flight, unfinished or recent",
            "Lists what is in flight here, what an earlier kernel left unfinished, and the last "
            "ten results, newest first. `%comet show ID` takes up what was left.",
            _status,
        ),
        Verb(
            "show",
            "show ID",
            "an earlier result again, from the store",
            "ID is a prediction's id or the beginning of one (four characters or more). What "
            "was left unfinished is followed again: no new prediction, no cost.",
            _show,
        ),
        Verb(
            "wait",
            "wait [ID ...]",
            "return when everything in flight is done",
            "Without an id it waits for all that is in flight; with ids for those, also of an "
            "earlier kernel, and raises the first failure.",
            _wait,
        ),
        Verb(
            "cancel",
            "cancel [ID ... | all]",
            "stop waiting, and ask the service to stop",
            "The service documents no way to cancel: the run may go on there and be charged. "
            "Without an id it cancels the only one in flight.",
            _cancel,
        ),
        Verb(
            "panel",
            "panel [close]",
            "make and choose pictures without typing options",
            "Opens the panel in this cell: a form made from the model's inputs, what runs, and "
            "a gallery of all results. It is one panel, however many cells show it; `close` "
            "closes it, and opening it again shows what it showed.",
            _panel,
        ),
        Verb(
            "login",
            "login",
            "type in the API key; it is never shown",
            "Asks for the key in a hidden field. With the keyring package it is kept in the "
            "system's keyring, otherwise for this session.",
            _login,
        ),
        Verb(
            "sandbox",
            "sandbox [--if-no-key | stop]",
            "draw locally: no key, no cost, no network",
            "Starts a small server on this machine that speaks the service's language, with "
            "queue, progress, logs and failures, and draws simple pictures itself. Everything "
            "is labelled. With --if-no-key it starts only where no key is configured; `stop` "
            "goes back to the service.",
            _sandbox,
        ),
        Verb(
            "config",
            "config",
            "every setting, its value and where it comes from",
            'Change one with `%config CometMagics.model = "flux-dev"`, the key with '
            "`%comet login`; environment variables do it too.",
            _config,
        ),
        Verb(
            "doctor",
            "doctor [--online]",
            "versions, front end, key, store: what works here",
            "Sends nothing unless --online is given, which asks the service's public catalogue "
            "whether it can be reached, without the key.",
            _doctor,
        ),
        Verb(
            "help",
            "help [VERB]",
            "this overview, or one verb",
            "`%comet help run` lists the options of a cell.",
            _help,
        ),
        Verb("version", "version", "the version of comet_jupyter", "Just that.", _version),
    )
}
"""Every verb by name, in the order of the help."""
