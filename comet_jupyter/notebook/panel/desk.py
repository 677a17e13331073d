"""Form, running list, viewer and gallery put together: what happens when somebody clicks.

Everything here runs on the background loop, the only thread that changes widgets. Callbacks
of widgets come on whatever thread the kernel gives them and only post.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from ... import models
from ...engine.choices import SANDBOX
from ...engine.session import Session
from ...errors import CometError, InputError
from ...images import suffix_of
from ...record import Record
from ...show import html, words
from ...show.price import price as price_words
from ...show.text import count, joined
from ...wire.request import PredictionRequest
from .. import equivalent
from ..kit import Kit
from ..parsing import texts
from . import form as forms
from .composer import Composer
from .form import Form
from .gallery import LOOK, Gallery, Query
from .pictures import PictureField, thumbnail
from .running import Running
from .viewer import Viewer, file_name

GUARD = 0.8
"""Seconds after a click on Generate in which another one is the same click."""

SETTLE = 0.1
"""Seconds without a change before the form counts as typed: a click may overtake a text."""

TICK = 0.25
"""Seconds between two messages of the running list."""

SHOWN = 0.5
"""Seconds that the page has for showing the panel before the catalogue is asked for prices."""

MOST_COUNTED = 1_000
"""Predictions of the session whose cost is added up."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a panel that opens again shows."""

    form: Form
    query: Query = field(default_factory=Query)
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
        self._loop = asyncio.get_running_loop()
        self._kit = Kit()
        self._cell = ""
        self._stale = False
        self._sending = False
        self._last_click = -GUARD
        self._changed_at = 0.0
        self._living: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thumbnails: dict[str, str] = {}
        self._closed = False
        make = self._kit.make
        self._head = make("HTML", layout={"margin": "0 0 4px 0"})
        self._composer = Composer(
            self._kit, self.post, session.keep_input, self._form_changed, self._clicked
        )
        self._running = Running(self._kit, session, self.post)
        self._viewer = Viewer(self._kit, session, self.post, self._act)
        name = f"comet-{self._head.model_id[:8]}"
        self._gallery = Gallery(self._kit, session, self.post, self._picked, name)
        right = make(
            "VBox",
            children=[self._running.widget, self._viewer.widget, self._gallery.widget],
            layout={"flex": "2 1 460px", "min_width": "0"},
        )
        columns = make(
            "HBox",
            children=[self._composer.widget, right],
            layout={"flex_flow": "row wrap", "grid_gap": "10px 22px", "align_items": "flex-start"},
        )
        look = make("HTML", value=LOOK, layout={"display": "none"})
        self.widget = make("VBox", children=[self._head, columns, look], layout={"margin": "0"})
        self._end_listening = session.listen(lambda: self.post(self._live))
        self._composer.write(kept.form)
        self._open_again(kept)
        self._live()
        self._loop.call_later(SHOWN, lambda: self._do(self._ask_for_prices))

    @property
    def cell(self) -> str:
        """The text of the cell that asks for the same."""
        self._refresh_form()
        return self._cell

    def kept(self) -> Kept:
        """What it shows, to be shown again."""
        opened, compared = self._viewer.record, self._viewer.other
        return Kept(
            self._composer.read(),
            self._gallery.query,
            opened.key if opened else "",
            compared.key if compared else "",
        )

    def close(self) -> None:
        """Closes every widget; predictions go on."""
        self._closed = True
        self._end_listening()
        for task in (self._living, *self._tasks):
            if task is not None:
                task.cancel()
        self._gallery.close()
        self._running.close()
        self._kit.close()

    def post(self, function: Callable[[], object]) -> None:
        """Has a function called on the loop, soon; from any thread."""
        with contextlib.suppress(CometError, RuntimeError):  # the session has ended
            self._session.background.call(lambda: self._do(function))

    def _do(self, function: Callable[[], object]) -> None:
        if self._closed:
            return
        try:
            function()
        except CometError as error:
            self._composer.note(f"{error.cause}. {error.remedy}")
        except Exception as error:  # noqa: BLE001 (a click must not end in silence)
            self._composer.note(f"the panel failed: {type(error).__name__}: {str(error)[:200]}")

    def _start(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ask_for_prices(self) -> None:
        if self._session.settings.key.value is not None:  # without one nothing can be bought
            self._session.learn_prices(lambda: self.post(self._form_changed))

    # -- the form ----------------------------------------------------------------------------

    def _form_changed(self) -> None:
        """Shows what follows from the form, once for all changes of this moment."""
        self._changed_at = monotonic()
        if not self._stale:
            self._stale = True
            self._loop.call_soon(lambda: self._do(self._refresh_form))

    def _refresh_form(self) -> None:
        self._stale = False
        form = self._composer.read()
        self._cell = ""
        warnings: tuple[str, ...]
        try:
            request = form.request()
            self._refuse_keys(request)
            self._cell = equivalent.cell(request, count=form.count, seed=form.fixed_seed)
            empty = {} if request.prompt else {"prompt": " "}  # not yet written is no mistake
            warnings = tuple(models.check(form.model, {**request.input, **empty}))
        except CometError as error:
            warnings = (f"{error.cause}. {error.remedy}",)
        price = self._session.price(form.model)
        told = price_words(price.amount, form.count, price.estimated) if price else ""
        self._composer.show(self._cell, told, warnings)
        for pictures in self._composer.picture_fields:
            self._show_inputs(pictures)

    def _show_inputs(self, field: PictureField) -> None:
        value = field.read()
        names = value if isinstance(value, list) else [value] if value else []
        for name in names:
            if name.startswith("comet:") and name not in self._thumbnails:
                self._thumbnails[name] = self._thumbnail(name)
        field.show([self._thumbnails[name] for name in names if self._thumbnails.get(name)])

    def _thumbnail(self, reference: str) -> str:
        from ...images import preview

        try:
            shown = preview(
                self._session.input_file(reference).read(), max_side=128, max_bytes=12_000
            )
        except (CometError, OSError):
            return ""
        return thumbnail(shown.media_type, shown.data, "input picture")

    # -- Generate ----------------------------------------------------------------------------

    def _clicked(self) -> None:
        """A click on Generate, on any thread."""
        moment = monotonic()
        self.post(lambda: self._accept(moment))

    def _accept(self, moment: float) -> None:
        """Takes a click, unless it belongs to the one before: a double one, or queued ones."""
        if self._sending or moment - self._last_click < GUARD:
            return
        self._sending = True
        self._last_click = moment
        self._composer.generate.disabled = True
        self._start(self._generate())

    async def _generate(self) -> None:
        try:
            await self._settled()
            self._submit()
        except CometError as error:
            self._composer.note(f"{error.cause}. {error.remedy}")
        except Exception as error:  # noqa: BLE001 (the button must come back)
            self._composer.note(f"nothing was sent: {type(error).__name__}: {str(error)[:200]}")
        finally:
            if not self._closed:
                await asyncio.sleep(max(0.0, self._last_click + GUARD - monotonic()))
                self._composer.generate.disabled = False
            self._sending = False

    async def _settled(self) -> None:
        """Returns when nothing was typed for a moment, after a second at most."""
        for _ in range(10):
            await asyncio.sleep(SETTLE)
            if monotonic() - self._changed_at >= SETTLE:
                return

    def _submit(self) -> None:
        form = self._composer.read()
        request = form.request()
        if not request.prompt.strip():
            self._composer.note("there is no prompt: write what should be in the picture")
            return
        self._refuse_keys(request)
        requests = self._session.complete(request, form.count, form.fixed_seed)
        predictions = self._session.submit(*requests)
        self._composer.sent(predictions[0].seed)
        self._running.watch(predictions)
        self._form_changed()

    def _refuse_keys(self, request: PredictionRequest) -> None:
        if any(map(self._session.is_secret, texts(request.input))):
            raise InputError(
                "an API key stands in the form; it was not sent and not kept",
                "Delete it there, and consider the key as seen",
            )

    # -- what runs -----------------------------------------------------------------------------

    def _live(self) -> None:
        """Follows what is in flight, and rests when nothing is."""
        if self._living is None or self._living.done():
            self._living = self._loop.create_task(self._follow())
        self._form_changed()

    async def _follow(self) -> None:
        try:
            self._arrived()
            while self._running.change():
                if self._running.ended:
                    self._arrived()
                await asyncio.sleep(TICK * max(1, self._running.paint()))
            self._arrived()
        except CometError as error:
            self._composer.note(f"{error.cause}. {error.remedy}")

    def _arrived(self) -> None:
        """Shows what has come into the store."""
        if self._gallery.query.offset == 0:
            self._gallery.refresh()
        self._refresh_head()

    def _refresh_head(self) -> None:
        settings = self._session.settings
        sandbox = settings.root.origin == SANDBOX
        page = self._session.store.search("", since=self._session.began, limit=MOST_COUNTED)
        made = [record for record in page.records if record.succeeded]
        pictures = sum(len(record.images) for record in made)
        facts = joined(
            (
                f"{count(pictures, 'picture')} this session" if pictures else "",
                words.cost(made) if made else "",
            )
        )
        key = (
            html.notice("there is no API key: `%comet login`, or `%comet sandbox` to try without")
            if settings.key.value is None
            else html.Html()
        )
        label = html.badge(words.SANDBOX, html.AMBER) if sandbox else html.Html()
        line = html.dotted(html.strong("comet"), label, html.muted(facts))
        self._head.value = str(html.block(html.line(line), key))

    # -- results -------------------------------------------------------------------------------

    def _picked(self, record: Record) -> None:
        if self._viewer.comparing and self._viewer.record is not None:
            if record.key == self._viewer.record.key:
                self._viewer.say("that is the same picture: click another one")
                return
            self._viewer.compare(record)
            self._gallery.choose(self._viewer.record.key, record.key)
            return
        self._viewer.open(record, favourite=self._session.store.is_favourite(record.key))
        self._gallery.choose(record.key)

    def _act(self, action: str) -> None:
        record = self._viewer.record
        if record is None:
            return
        acts: dict[str, Callable[[Record], object]] = {
            "star": self._star,
            "use": self._use,
            "words": self._use_for_new_words,
            "vary": self._vary,
            "input": self._use_as_input,
            "compare": lambda record: self._viewer.ask_other(),
            "cell": lambda record: self._viewer.show_cell(),
            "save": lambda record: self._viewer.ask_path(_name_for(record)),
            "save-it": self._save,
            "delete": lambda record: self._viewer.ask_delete(),
            "delete-it": self._delete,
            "keep": lambda record: self._viewer.fold(),
            "close": lambda record: self._close_viewer(),
        }
        try:
            acts[action](record)
        except CometError as error:
            self._viewer.say(f"{error.cause}. {error.remedy}")

    def _star(self, record: Record) -> None:
        wanted = not self._session.store.is_favourite(record.key)
        self._session.store.set_favourite(record.key, wanted)
        self._viewer.star(wanted)
        self._gallery.refresh()

    def _use(self, record: Record) -> None:
        self._write(forms.of_request(record.request), "its settings are in the form")

    def _use_for_new_words(self, record: Record) -> None:
        form = forms.of_request(record.request)
        prompt = self._composer.read().prompt or form.prompt
        self._write(
            replace(form, prompt=prompt),
            "its settings and its seed are in the form: change the words",
        )

    def _vary(self, record: Record) -> None:
        form = forms.of_request(record.request)
        self._write(
            replace(form, seed=None, locked=False), "its settings are in the form, with a new seed"
        )

    def _write(self, form: Form, said: str) -> None:
        self._composer.write(replace(form, count=self._composer.read().count))
        self._viewer.say(f"{said}; Generate makes the picture")

    def _use_as_input(self, record: Record) -> None:
        if record.images and self._composer.take_picture(f"comet:{record.images[0].sha256}"):
            self._viewer.say("it is the input picture now")
            return
        able = [models.short_name(name) for name, spec in models.all_models().items() if spec.edits]
        self._viewer.say(f"this model takes no picture; {', '.join(able[:4])} do")

    def _save(self, record: Record) -> None:
        image = self._session.keeper.open((record.images or record.files)[0])
        name = self._viewer.path or _name_for(record)
        self._viewer.fold()
        self._viewer.say(f"saved to {words.path(image.save(name))}")

    def _delete(self, record: Record) -> None:
        self._session.store.forget(record.key)
        self._close_viewer()
        self._gallery.refresh()

    def _close_viewer(self) -> None:
        self._viewer.close()
        self._gallery.choose()

    def _open_again(self, kept: Kept) -> None:
        self._gallery.show(kept.query)
        with contextlib.suppress(CometError):
            opened = self._session.store.get(kept.opened) if kept.opened else None
            other = self._session.store.get(kept.compared) if kept.compared else None
            if opened is not None:
                self._picked(opened)
            if opened is not None and other is not None:
                self._viewer.ask_other()
                self._picked(other)


def _name_for(record: Record) -> str:
    file = (record.images or record.files)[0]
    return file_name(record, suffix_of(file.media_type))
