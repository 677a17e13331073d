"""What `panel()` returns: shows the panel in a cell, closes it, and knows its cell."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Any, TypeVar

from ... import models
from ...engine.runner import THREAD
from ...engine.session import Session
from ...errors import CometError
from ..kit import view_of
from ..publish import Bundle, Cell, in_voila
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
        self._kept: Kept | None = None
        self._desk: Desk | None = None
        self._session: Session | None = None
        self._views: dict[str, tuple[Cell, str]] = {}

    @property
    def is_open(self) -> bool:
        """True while it has widgets."""
        return self._desk is not None

    @property
    def cell(self) -> str:
        """The text of the ``%%comet`` cell that asks for what the form asks for.

        Raises
        ------
        CometError
            When the panel is closed, or the form asks for nothing that can be sent.
        """
        desk = self._desk
        if desk is None:
            raise CometError("the panel is closed", "`%comet panel` opens it again")
        return self._on_loop(lambda: desk.cell)

    def show(self) -> None:
        """Shows it in the running cell; in a run without a person, a line that says what it is."""
        owner = self._magics.newest().panel()
        if owner is not self:  # the extension was loaded anew
            owner.show()
            return
        publisher = self._magics.publisher
        if not can_show_widgets(publisher.parent(), os.environ):
            publisher.show(_static())
            return
        if self._session is not self._magics.session:
            self.close()
        if self._desk is None:
            self._session = self._magics.session
            self._desk = self._opened(self._session)
        cell, name = publisher.cell(), uuid.uuid4().hex
        # One view for each cell: running it again replaces the former.
        self._views[_cell_id(cell)] = (cell, name)
        data, metadata = _static()
        publisher.show(({**data, **view_of(self._desk.widget)}, metadata), name)

    def close(self) -> None:
        """Closes every widget; a line of text stays where it was. Predictions go on."""
        desk, self._desk = self._desk, None
        if desk is None:
            return
        views, self._views = self._views, {}
        for cell, name in views.values():  # first, so that no output shows a widget that is gone
            cell.update(_static(), name)
        self._kept = self._on_loop(lambda: _close(desk))

    def _opened(self, session: Session) -> Desk:
        kept = self._kept or Kept(Form(_first_model(session)))
        return self._on_loop(lambda: Desk(session, kept), too_late=Desk.close)

    def _on_loop(
        self, function: Callable[[], T], too_late: Callable[[T], object] = lambda made: None
    ) -> T:
        """Calls a function on the background loop, and waits for what it returns.

        `too_late` gets what it returns when nobody waits for it any more.
        """
        if self._session is None or threading.current_thread().name == THREAD:
            return function()
        call: Future[T] = Future()

        def run() -> None:
            if call.cancelled():
                return
            try:
                made = function()
            except BaseException as error:  # noqa: BLE001 (it is raised where it is waited for)
                if call.set_running_or_notify_cancel():
                    call.set_exception(error)
                return
            if call.set_running_or_notify_cancel():
                call.set_result(made)
            else:
                too_late(made)

        try:
            self._session.background.call(run)
        except CometError:  # it has ended: nobody else changes widgets now
            return function()
        try:
            return call.result(PATIENCE)
        except FutureTimeoutError:
            call.cancel()
        raise CometError("the background thread did not answer", "`%comet doctor` says more")

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
    if in_voila(environment):
        return True
    colab = "colab" in (parent.get("metadata") or {})
    return colab or bool((parent.get("content") or {}).get("allow_stdin"))


def _cell_id(cell: Cell) -> str:
    """What the front end calls this cell, else this execution of it."""
    named = (cell.parent.get("metadata") or {}).get("cellId")
    return str(named or (cell.parent.get("header") or {}).get("msg_id"))


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
