"""The panel's parts put together: form, what runs, results; and what follows from a change.

Everything here runs on the background loop, the only thread that changes widgets. Callbacks
of widgets come on whatever thread the kernel gives them and only post.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from ... import models
from ...engine.choices import SANDBOX
from ...engine.prediction import Prediction
from ...engine.session import Session
from ...engine.tally import Tally
from ...errors import CometError
from ...images import preview
from ...show import html, words
from ...show.price import price, spent
from ...show.text import count, joined
from .. import equivalent, local_sandbox
from ..kit import Kit
from .composer import Composer
from .form import Form
from .gallery import Page
from .look import LOOK
from .pictures import PictureField, thumbnail
from .results import Results
from .running import Running
from .sending import Sender, refuse_keys

TICK = 0.25
"""Seconds between two messages of the running list."""

SHOWN = 0.5
"""Seconds that the page has for showing the panel before the catalogue is asked for prices."""

ENDED = "this session has ended: `%comet panel` opens the panel anew"

_COLUMNS = {"flex_flow": "row wrap", "grid_gap": "10px 22px", "align_items": "flex-start"}


@dataclass(frozen=True, slots=True)
class Kept:
    """What a panel that opens again shows."""

    form: Form
    page: Page = field(default_factory=Page)
    opened: str = ""
    compared: str = ""


class Desk:
    """The widgets of one panel, and what they do.

    Made and closed on the background loop.

    Parameters
    ----------
    session : Session
    kept : Kept
        What it shows first.
    """

    def __init__(self, session: Session, kept: Kept) -> None:
        self._session = session
        self._background = session.background
        self._loop = asyncio.get_running_loop()
        self._kit = Kit()
        self._first_form = kept.form
        self._stale = False
        self._closed = False
        self._living: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self._messages = 1
        self._thumbnails: dict[str, str] = {}
        try:
            self._make(kept)
        except BaseException:
            self._kit.close()
            raise

    def _make(self, kept: Kept) -> None:
        kit, session = self._kit, self._session
        make = kit.make
        self._head = make("HTML", layout={"margin": "0"})
        self._try = make(
            "Button",
            description="Try without a key",
            tooltip="Starts the sandbox, which draws on this machine at no charge",
            layout={"width": "auto", "display": "none"},
            own=True,
        )
        self._try.on_click(lambda button: self.post(self._start_sandbox))
        self._composer = Composer(
            kit, self.post, session.keep_input, session.last_seed, self._form_changed, self._clicked
        )
        self._running = Running(kit, session, self.post)
        name = f"comet-{self._head.model_id[:8]}"
        self._results = Results(kit, session, self.post, self._composer, name)
        self._sender = Sender(session, self._composer, self._results.expect, self._sent)
        left = make(
            "VBox",
            children=[self._composer.widget, self._running.widget],
            layout={"flex": "1 1 330px", "min_width": "0", "max_width": "720px"},
        )
        head = make(
            "HBox",
            children=[self._head, self._try],
            layout={"flex_flow": "row wrap", "align_items": "center", "margin": "0 0 4px 0"},
        )
        columns = make("HBox", children=[left, self._results.widget], layout=_COLUMNS)
        look = make("HTML", value=LOOK, layout={"display": "none"})
        self.widget = make("VBox", children=[head, columns, look], layout={"margin": "0"})
        self.widget.add_class("comet-panel")
        self._end_listening = session.listen(self._heard)
        self._composer.write(kept.form)
        self._results.show(kept.page, kept.opened, kept.compared)
        self._live()
        self._loop.call_later(SHOWN, lambda: self._do(self._ask_for_prices))

    @property
    def cell(self) -> str:
        """The text of the cell that asks for the same; raises `InputError` when there is none."""
        return self._equivalent()[0]

    def kept(self) -> Kept:
        """What it shows, to be shown again; without a form in which a key was typed."""
        try:
            refuse_keys(self._session, self._composer.texts())
            form = self._composer.read()
        except CometError:
            form = self._first_form
        opened, compared = self._results.viewer.record, self._results.viewer.other
        return Kept(
            form,
            self._results.gallery.page,
            opened.key if opened else "",
            compared.key if compared else "",
        )

    def close(self) -> None:
        """Closes every widget; predictions go on."""
        if self._closed:
            return
        self._closed = True
        self._end_listening()
        if self._living is not None:
            self._living.cancel()
        self._sender.close()
        self._results.close()
        self._running.close()
        self._kit.close()

    def post(self, function: Callable[[], object]) -> None:
        """Has a function called on the loop, soon; from any thread."""
        try:
            self._background.call(lambda: self._do(function))
        except (CometError, RuntimeError):
            # The thread that changes widgets has ended: nobody is in the way.
            self._composer.said.value = str(html.block(html.notice(ENDED)))

    def _do(self, function: Callable[[], object]) -> None:
        if self._closed:
            return
        try:
            function()
        except CometError as error:
            self._composer.note(f"{error.cause}. {error.remedy}")
        except Exception as error:  # noqa: BLE001 (a click must not end in silence)
            self._composer.note(f"the panel failed: {type(error).__name__}: {str(error)[:200]}")

    # -- the form ----------------------------------------------------------------------------

    def _form_changed(self) -> None:
        """Shows what follows from the form, once for all changes of this moment."""
        if not self._stale:
            self._stale = True
            self._loop.call_soon(self._refresh_form)

    def _refresh_form(self) -> None:
        self._stale = False
        if self._closed:
            return
        cell, told, free = "", "", False
        warnings: list[str] = []
        try:
            cell, form, warnings = self._equivalent()
            free = self._session.settings.root.origin == SANDBOX
            known = self._session.price(form.model)
            if known is not None:
                told = price(known.amount, form.count, known.estimated)
            for pictures in self._composer.picture_fields:
                self._show_inputs(pictures)
        except CometError as error:
            warnings = [f"{error.cause}. {error.remedy}"]
        except Exception as error:  # noqa: BLE001 (the next change tries again)
            warnings = [f"the panel failed: {type(error).__name__}: {str(error)[:200]}"]
        way = f"{self._running.amount} on the way" if self._running.amount else ""
        self._composer.show(cell, joined((told, way)), warnings, free=free)

    def _equivalent(self) -> tuple[str, Form, list[str]]:
        """The cell that asks for the same as the form, the form, and what is to be said of it."""
        refuse_keys(self._session, self._composer.texts())
        form = self._composer.read()
        request = form.request()
        cell = equivalent.cell(request, count=form.count, seed=form.fixed_seed)
        unwritten = {} if request.prompt else {"prompt": " "}  # not yet is no mistake
        return cell, form, models.check(form.model, {**request.input, **unwritten})

    def _show_inputs(self, pictures: PictureField) -> None:
        value = pictures.read()
        names = value if isinstance(value, list) else [value] if value else []
        shown = {name: self._thumbnails.get(name) or self._thumbnail(name) for name in names}
        self._thumbnails = {**self._thumbnails, **shown} if len(self._thumbnails) < 64 else shown
        pictures.show([small for small in shown.values() if small])

    def _thumbnail(self, reference: str) -> str:
        if not reference.startswith("comet:"):
            return ""
        try:
            data = self._session.input_file(reference).read()
            shown = preview(data, max_side=128, max_bytes=12_000)
        except (CometError, OSError):
            return ""
        return thumbnail(shown.media_type, shown.data, "input picture")

    def _ask_for_prices(self) -> None:
        # Without a key nothing can be bought, nor while everything is replayed.
        session = self._session
        if session.settings.key.value is not None and session.replaying is None:
            session.learn_prices()

    def _clicked(self) -> None:
        """A click on Generate, on any thread."""
        moment = monotonic()
        self.post(lambda: self._sender.click(moment))

    def _sent(self, predictions: Sequence[Prediction]) -> None:
        self._running.watch(predictions)
        self._live()

    # -- what runs -----------------------------------------------------------------------------

    def _heard(self) -> None:
        """The session has news; on any thread."""
        self.post(self._news)

    def _news(self) -> None:
        self._ask_for_prices()
        self._refresh_head()
        self._live()

    def _live(self) -> None:
        """Follows what is in flight, and rests when nothing is."""
        if self._living is None or self._living.done():
            self._living = self._loop.create_task(self._follow())
        self._form_changed()

    async def _follow(self) -> None:
        while True:
            self._do(self._look)
            if not self._running.amount:
                return
            await asyncio.sleep(TICK * max(1, self._messages))

    def _look(self) -> None:
        """Shows what has ended since the last time, else one row that has news."""
        before = self._running.amount
        ended = self._running.change()
        self._messages = 1
        if ended or not before:
            self._do(lambda: self._results.arrived(ended))
            self._do(self._refresh_head)
        else:
            self._messages = self._running.paint()
        if ended or self._running.amount != before:
            self._form_changed()

    def _refresh_head(self) -> None:
        settings = self._session.settings
        tally = self._session.tally
        sandbox = settings.root.origin == SANDBOX
        label = html.badge(words.SANDBOX, html.AMBER) if sandbox else html.Html()
        facts = joined(
            (
                f"{count(tally.pictures, 'picture')} this session" if tally.pictures else "",
                _spent(tally) if tally.predictions else "",
            )
        )
        keyless = settings.key.value is None
        said = html.notice("there is no API key: `%comet login` takes one") if keyless else ""
        line = html.dotted(html.strong("comet"), label, html.muted(facts))
        self._head.value = str(html.block(html.line(line), said))
        self._try.layout.display = None if keyless else "none"

    def _start_sandbox(self) -> None:
        self._try.disabled = True
        self._starting = self._loop.create_task(self._sandbox())

    async def _sandbox(self) -> None:
        try:
            # In another thread: a process takes its time to start.
            await asyncio.to_thread(local_sandbox.start, self._session)
        except CometError as error:
            self._composer.note(f"{error.cause}. {error.remedy}")
        self._try.disabled = False


def _spent(tally: Tally) -> str:
    return spent(
        tally.cost,
        pictures=tally.pictures,
        charged=tally.charged,
        unknown=tally.unknown,
        estimated=tally.estimated,
    )
