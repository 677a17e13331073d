"""What session and disk know that completion may offer: read quickly, and never changed.

No key is read, no network is used, no thread is started, and no store is made; what cannot be
read has nothing to offer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import aliases, models, settings
from ...errors import CometError
from ...settings import Settings
from ...show.text import joined, one_line
from ...store.glance import Glimpse, glance
from ..verbs import VERBS
from ..verbs.verb import Verb
from .values import Suggestion

if TYPE_CHECKING:
    from ..magics import CometMagics

MOST_ENTRIES = 5_000
"""Entries of a folder that are looked at."""

_SHOWN = 60
"""Characters about an earlier prediction."""


class SessionSources:
    """The user's names, models, predictions and files, as the magic knows them."""

    def __init__(self, magics: CometMagics) -> None:
        self._magics = magics

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """Every verb by name."""
        return VERBS

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The user's names; a copy, because threads may define more."""
        return {} if self._magics.shell is None else dict(self._magics.shell.user_ns)

    @property
    def hidden(self) -> Mapping[str, Any]:
        """Those of them that the shell brought in."""
        return getattr(self._magics.shell, "user_ns_hidden", {})

    def model(self) -> str:
        """The model of a cell that names none, as it was typed."""
        return self._settings().model.value

    def aliases(self) -> Mapping[str, str]:
        """The user's own names of models."""
        with suppress(CometError):
            return aliases.read(self._settings().home.value)
        return {}

    def model_of(self, ref: str) -> str:
        """The model of an earlier prediction, empty when there is none."""
        return next((one.model for one in glance(self._database(), ref, limit=1)), "")

    def results(self, kind: str, beginning: str) -> Iterator[Suggestion]:
        """Earlier predictions, newest first."""
        if kind == "RUNNING":
            for one in reversed(self._magics.session.unfinished()):
                record = one.record
                ref = record.id or record.key[:12]
                yield _suggestion(Glimpse(ref, record.model, record.status, record.request.prompt))
            return
        seen = glance(
            self._database(),
            beginning,
            succeeded=kind == "PICTURE",
            unfinished=kind == "UNFINISHED",
        )
        yield from map(_suggestion, seen)

    def files(self, beginning: str, suffixes: frozenset[str]) -> Iterable[Suggestion]:
        """Files of these kinds, and folders, whose paths begin so, as they were typed."""
        name = os.path.split(beginning)[1]
        typed = beginning[: len(beginning) - len(name)]
        folders, files = [], []
        with suppress(OSError, ValueError):
            folder = Path(os.path.expanduser(typed)) if typed else Path()
            with os.scandir(folder) as entries:
                for entry in islice(entries, MOST_ENTRIES):
                    hidden = entry.name.startswith(".") and not name
                    if hidden or not entry.name.startswith(name):
                        continue
                    if entry.is_dir():
                        folders.append(f"{typed}{entry.name}/")
                    elif Path(entry.name).suffix.lower() in suffixes:
                        files.append(f"{typed}{entry.name}")
        return [
            *(Suggestion(one, "file") for one in sorted(files)),
            *(Suggestion(one, "folder") for one in sorted(folders)),
        ]

    def _database(self) -> Path:
        return self._settings().home.value / "comet.db"

    def _settings(self) -> Settings:
        """Model and folder alone: the key is not asked for, and trouble with it is none here."""
        names = ("COMET_JUPYTER_MODEL", "COMET_JUPYTER_HOME")
        given = self._magics.explicit()
        return settings.resolve(
            {name: given[name] for name in ("model",) if name in given},
            environ={name: os.environ[name] for name in names if name in os.environ},
            config_file=Path(os.devnull),
            use_keyring=False,
        )


def _suggestion(seen: Glimpse) -> Suggestion:
    status = "" if seen.status == "succeeded" else seen.status
    words = joined((status, models.short_name(seen.model), one_line(seen.prompt, _SHOWN)))
    return Suggestion(seen.ref, one_line(words, _SHOWN))
