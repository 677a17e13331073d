"""Verbs that make a notebook repeatable: write a recording, and run from one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...paths import readable
from ...show import remarks
from ...show.text import count
from .verb import Verb

if TYPE_CHECKING:
    from ..magics import CometMagics


def _record(magics: CometMagics, line: str) -> None:
    session = magics.session
    if line == "off":
        session.record_to(None)
        text = "Nothing more is recorded; what is recorded stays."
    elif not line and session.recording is not None:
        text = f"What this notebook uses is kept in {readable(session.recording)}."
    else:
        folder = _folder(line, "record")
        if session.settings.key.value is None and session.can_replay(folder):
            session.replay_from(folder)
            text = (
                f"There is no key, so everything is replayed from {readable(folder)}: free, "
                "without network, the pictures that were recorded."
            )
        else:
            known = session.can_replay(folder)
            written = session.record_to(folder)
            so_far = f" {count(written, 'result')} so far." if written else ""
            there = " What it has already is shown from it, free." if known else ""
            text = (
                f"What this notebook uses is kept in {readable(folder)} from now on."
                f"{so_far}{there} Share the folder beside the notebook: it runs again without "
                "key and network."
            )
    magics.publisher.show((remarks.notice(text), {}))


def _replay(magics: CometMagics, line: str) -> None:
    session = magics.session
    if line == "off":
        session.replay_from(None)
        text = "Nothing is replayed from a chosen recording any more."
        if session.settings.key.value is not None:
            text += " Pictures are made again where they are not there yet, and may cost money."
    elif not line and session.replaying is not None:
        text = f"Everything is replayed from {readable(session.replaying)}."
    else:
        folder = _folder(line, "replay")
        session.replay_from(folder)
        text = (
            f"Everything is replayed from {readable(folder)}: free, without key and network. "
            "What is not recorded is an error, never a call."
        )
    magics.publisher.show((remarks.notice(text), {}))


def _folder(line: str, verb: str) -> Path:
    name = line.strip()
    if re.search(r"\s#", name):
        raise InputError(
            "IPython gives a verb all of its line: no comment can stand there",
            f"`%comet {verb} {name.partition('#')[0].strip()}`",
        )
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1]
    if not name:
        raise InputError(
            f"%comet {verb} needs a folder", f"`%comet {verb} recording`, beside the notebook"
        )
    if name.startswith("-"):
        raise InputError(
            f"%comet {verb} has no option {name[:40]}", f"`%comet help {verb}` says what it knows"
        )
    try:
        return Path(name).expanduser().absolute()
    except (RuntimeError, ValueError, OSError):
        pass
    raise InputError(f"{name[:80]!r} is no name of a folder", "Use another one")


VERBS = (
    Verb(
        "record",
        "record DIR | off",
        "keep what this notebook uses in a folder to share",
        "DIR is made beside the notebook, or where it says. What this session has made and used "
        "so far is written there, and everything that follows; a cell that runs again replaces "
        "what it had. The folder holds requests, results and the original pictures, and no key, "
        "header, host or private path. Where there is no key and DIR is a recording, it is "
        "replayed instead, so that the same notebook works for its readers.",
        _record,
        ("FOLDER", "off"),
    ),
    Verb(
        "replay",
        "replay DIR | off",
        "run from a recording: no key, no network, the same pictures",
        "Everything that the notebook asks for comes from the recording in DIR, free and marked "
        "as replayed; no socket is opened. What is not recorded is an error that names the "
        "nearest recorded request. A recording in the notebook's own folder is used without "
        "this verb too, for whatever it has.",
        _replay,
        ("FOLDER", "off"),
    ),
)
