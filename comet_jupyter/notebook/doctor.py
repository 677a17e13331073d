"""What ``%comet config`` and ``%comet doctor`` report: facts with their origin, never the key."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import TYPE_CHECKING

from ..errors import CometError
from ..paths import readable
from ..show.text import duration

if TYPE_CHECKING:
    from .magics import CometMagics

Row = tuple[str, str, str]

PACKAGES = (
    "comet-jupyter",
    "ipython",
    "ipykernel",
    "ipywidgets",
    "httpx",
    "pillow",
    "tornado",
    "nest-asyncio",
    "nest-asyncio2",
    "jupyterlab",
    "notebook",
)


def settings_rows(magics: CometMagics) -> list[Row]:
    """Name, value and origin of every setting, by the names that ``%config`` takes."""
    from ..engine.follow import DEADLINE  # with httpx: loading the magic does without

    found = magics.session.settings
    rows: list[Row] = [
        ("key", "configured", found.key.origin)
        if found.key.value
        else ("key", "missing", "%comet login, or COMETAPI_KEY"),
        ("base_url", found.root.value, found.root.origin),
        ("api_prefix", found.prefix.value, found.prefix.origin),
        ("model", found.model.value, found.model.origin),
        ("store", readable(found.home.value), found.home.origin),
    ]
    for name in ("wait", "embed", "cache", "timeout", "max_cost_per_cell", "confirm_over"):
        value = getattr(magics, name)
        default = magics.trait_defaults(name)
        origin = "default" if value == default else f"%config CometMagics.{name}"
        if name == "timeout":
            value = duration(DEADLINE if value is None else value)
        rows.append((name, value, origin))
    session = magics.session
    for name, folder in (("record", session.recording), ("replay", session.replaying)):
        if folder is not None:
            rows.append((name, readable(folder), f"%comet {name}"))
    return rows


def examine(magics: CometMagics, *, online: bool) -> list[Row]:
    """The settings, the surroundings, and with `online` whether the service can be reached."""
    rows = settings_rows(magics)
    mode = magics.mode()
    rows.append(("cells", "return at once" if mode.live else "wait for their pictures", mode.why))
    rows.append(_store_row(magics))
    rows.append(("Python", platform.python_version(), platform.system()))
    for name in PACKAGES:
        try:
            rows.append((name, metadata.version(name), ""))
        except metadata.PackageNotFoundError:
            rows.append((name, "not installed", ""))
    rows.append(_reach_row(magics) if online else ("service", "not asked", "--online asks it"))
    notes = (*magics.session.settings.notes, *magics.session.store.notices)
    rows += [("note", note, "") for note in notes]
    return rows


def _store_row(magics: CometMagics) -> Row:
    store = magics.session.store
    try:
        count = len(store.recent(1000))
        writable = os.access(store.home, os.W_OK)
    except CometError as error:
        return ("records", "not readable", str(error))
    amount = "1,000 or more" if count >= 1000 else str(count)
    return ("records", amount, "writable" if writable else "not writable: nothing can be sent")


def _reach_row(magics: CometMagics) -> Row:
    try:
        return ("service", magics.session.reach(), "asked without the key")
    except CometError as error:
        return ("service", error.cause, error.remedy)
