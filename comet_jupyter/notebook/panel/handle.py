"""What `panel()` returns: shows the panel in a cell, closes it, and knows its cell."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ... import models
from ...errors import CometError
from ..publish import Bundle, Cell, mode
from .desk import Desk, Kept
from .form import Form

if TYPE_CHECKING:
    from ..magics import CometMagics

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds to wait for the background thread, which makes and closes widgets."""

_LINE = "comet panel: run this cell, or `%comet panel`, to open it"


class CometPanel:
    """Makes pictures and chooses among them, without typing options.

    Returned by `comet_jupyter.panel`; shown at the end of a cell. Shown in several cells, it
    is one panel with several views.

    Examples
    --------
    >>> panel = comet_jupyter.panel()
    >>> panel.close()
    """

    def __init__(self, magics: CometMagics) -> None:
        self._magics = magics
        self._session = magics.session
        self._desk: Desk | None = None
        self._views: list[tuple[Cell, str]] = []

    @property
    def is_open(self) -> bool:
        """True while it has widgets."""
        return self._desk is not None

    @property
    def cell(self) -> str:
        """The text of the ``%%comet`` cell that asks for what the form asks for."""
        desk = self._desk
        if desk is None:
            raise CometError("the panel is closed", "`%comet panel` opens it again")
        return self._on_loop(lambda: desk.cell)

    def show(self) -> None:
        """Shows it in the running cell; in a run without a person, a line that says what it is."""
        publisher = self._magics.publisher
        if not can_show_widgets(publisher.parent(), os.environ):
            publisher.show(_static())
            return
        if self._desk is None:
            kept = self._magics.kept_panel or Kept(Form(_first_model(self._session)))
            self._desk = self._on_loop(lambda: Desk(self._session, kept))
        name = uuid.uuid4().hex
        self._views.append((publisher.cell(), name))
        data, metadata = _static()
        view = {
            "version_major": 2,
            "version_minor": 0,
            "model_id": self._desk.widget.model_id,
        }
        widget = {"application/vnd.jupyter.widget-view+json": view}
        publisher.show(({**data, **widget}, metadata), name)

    def close(self) -> None:
        """Closes every widget; a line of text stays where it was. Predictions go on."""
        desk, self._desk = self._desk, None
        if desk is None:
            return
        views, self._views = self._views, []
        for cell, name in views:  # first, so that no output shows a widget that is gone
            cell.update(_static(), name)
        try:
            self._magics.kept_panel = self._on_loop(lambda: _close(desk))
        except CometError:  # the background has ended: nobody else changes widgets now
            self._magics.kept_panel = _close(desk)

    def _on_loop(self, function: Callable[[], T]) -> T:
        """Calls a function on the background loop, and waits for what it returns."""
        outcome: list[T] = []
        failure: list[BaseException] = []
        done = threading.Event()

        def run() -> None:
            try:
                outcome.append(function())
            except BaseException as error:  # noqa: BLE001 (it is raised where it is waited for)
                failure.append(error)
            done.set()

        self._session.background.call(run)
        if not done.wait(PATIENCE):
            raise CometError("the background thread did not answer", "`%comet doctor`")
        if failure:
            raise failure[0]
        return outcome[0]

    def _ipython_display_(self) -> None:
        self.show()

    def __repr__(self) -> str:
        return f"<CometPanel {'open' if self.is_open else 'closed'}>"


def can_show_widgets(parent: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    """True where widgets live: a front end with a person, Voila, Colab.

    Parameters
    ----------
    parent : mapping
        The request that runs the cell; empty outside a kernel.
    environment : mapping
        The kernel's; Voila executes like a headless run and names itself there.
    """
    if not parent:
        return False
    if environment.get("SERVER_SOFTWARE", "").startswith("voila/"):
        return True
    metadata = parent.get("metadata") or {}
    asks = bool((parent.get("content") or {}).get("allow_stdin"))
    return mode(parent).live or "colab" in metadata or asks


def _static() -> Bundle:
    return {"text/html": f"<div>{_html(_LINE)}</div>", "text/plain": _LINE.replace("`", "")}, {}


def _html(text: str) -> str:
    from ...show import html

    return str(html.prose(text))


def _close(desk: Desk) -> Kept:
    kept = desk.kept()
    desk.close()
    return kept


def _first_model(session: Any) -> str:
    try:
        return models.canonical(session.settings.model.value)
    except CometError:
        return next(iter(models.all_models()))
