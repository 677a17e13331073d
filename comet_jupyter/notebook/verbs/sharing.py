"""Verbs for what goes out: the check of a saved notebook."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...engine.choices import SANDBOX
from ...errors import InputError
from ...show import remarks
from .verb import Verb, words_of

if TYPE_CHECKING:
    from ..magics import CometMagics


def _share(magics: CometMagics, line: str) -> None:
    from ..share import report, share  # when it is needed: loading the magic does without

    fix = "--fix" in words_of(line, ("--fix",))
    name = " ".join(word for word in line.split(" ") if word != "--fix").strip().strip("\"'")
    if magics.session.is_secret(name):
        raise InputError("an API key stands in this line", "Give the name of a notebook")
    path = Path(name).expanduser() if name else _open(magics)
    key = magics.session.settings.key
    keys = () if key.value is None or key.origin == SANDBOX else (key.value,)
    found = share(path, fix=fix, keys=keys)
    magics.publisher.show((report.bundle(found), {}))
    if found.changes:
        text = (
            "The file on disk was mended. Reload the notebook from disk before you save it "
            "again, or the mends are lost."
        )
        magics.publisher.show((remarks.notice(text), {}))


def _open(magics: CometMagics) -> Path:
    """The open notebook, by a path that does not say where the folder is."""
    from ..share import open_notebook

    folder = Path.cwd()
    namespace = {} if magics.shell is None else magics.shell.user_ns
    path = open_notebook(namespace, os.environ, folder)
    return path.relative_to(folder) if path.is_relative_to(folder) else path


VERBS = (
    Verb(
        "share",
        "share [NOTEBOOK] [--fix]",
        "check a saved notebook before it goes out, and mend it",
        "Looks for keys, outputs that GitHub does not show, dead links, half-saved widgets, "
        "private paths, too much weight, and pictures that no recording holds. It looks at "
        "the file: save first. Without a name it takes the notebook that is open. --fix mends "
        "what can be mended and says what it did.",
        _share,
        ("NOTEBOOK", "--fix"),
    ),
)
