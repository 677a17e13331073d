"""Verbs for the key, the sandbox and the settings, and the check of all of it."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from ... import settings
from ...engine.choices import SANDBOX
from ...errors import InputError
from ...key import key_or_none, malformed
from ...show import remarks, tables
from .. import doctor, local_sandbox
from .verb import Verb, words_of

if TYPE_CHECKING:
    from ..magics import CometMagics


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
    words = words_of(line, ("--if-no-key",))
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
    words_of(line)
    rows = doctor.settings_rows(magics)
    magics.publisher.show((tables.key_value_table(rows), {}))


def _doctor(magics: CometMagics, line: str) -> None:
    online = words_of(line, ("--online",)) == ["--online"]
    rows = doctor.examine(magics, online=online)
    header = ("checked", "found", "note")
    magics.publisher.show((tables.key_value_table(rows, header), {}))


VERBS = (
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
        ("--if-no-key", "stop"),
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
        ("--online",),
    ),
)
