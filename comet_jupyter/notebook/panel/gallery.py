"""Results as small pictures, newest first: search, favourites, pages.

Each picture is a button whose background it is, so that it takes a click and the keyboard
without a script. Asks the store; what a chosen picture shows is in ``viewer``.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from ...engine.session import Session
from ...errors import CometError
from ...images import preview
from ...record import FileRef, Record
from ...show import html, words
from ...show.text import age, one_line
from ..kit import Kit

PAGE = 18
"""Pictures of one page."""

SIDE = 200
"""Pixels of a small picture's longer side."""

KEPT = 400
"""Small pictures kept in memory, some 8 kB each."""

SCOPES = (("All", "all"), ("This session", "session"), ("★ Favourites", "favourites"))

SETTLE = 0.25
"""Seconds without a key before a search begins."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the gallery shows."""

    text: str = ""
    scope: str = "all"
    offset: int = 0


class Gallery:
    """The widgets of the gallery.

    All its methods are for the one thread that changes widgets, in its running loop.

    Parameters
    ----------
    kit : Kit
    session : Session
    post : callable
        Has a function called soon on that thread.
    on_open : callable
        Called there with the record of a picture that was clicked.
    name : str
        A CSS class of its own, so that two panels in one page do not share pictures.
    """

    def __init__(
        self,
        kit: Kit,
        session: Session,
        post: Callable[[Callable[[], object]], object],
        on_open: Callable[[Record], object],
        name: str,
    ) -> None:
        self._session = session
        self._post = post
        self._on_open = on_open
        self._name = name
        self._query = Query()
        self._records: tuple[Record, ...] = ()
        self._total = 0
        self._chosen: frozenset[str] = frozenset()
        self._favourites: frozenset[str] = frozenset()
        self._small: OrderedDict[str, str] = OrderedDict()
        self._drawing: asyncio.Task[None] | None = None
        self._search: asyncio.TimerHandle | None = None
        self._make_widgets(kit)

    def _make_widgets(self, kit: Kit) -> None:
        make = kit.make
        self._text = make(
            "Text",
            placeholder="search: words, model, seed",
            layout={"flex": "1 1 160px", "min_width": "120px"},
        )
        self._scope = make("Dropdown", options=SCOPES, value="all", layout={"width": "130px"})
        self._newer = make("Button", icon="chevron-left", tooltip="Newer", layout={"width": "36px"})
        self._older = make(
            "Button", icon="chevron-right", tooltip="Older", layout={"width": "36px"}
        )
        self._range = make("HTML", layout={"margin": "0 6px"})
        self._look = make("HTML", layout={"display": "none"})
        self._empty = make("HTML", layout={"display": "none"}, own=True)
        self._buttons = [make("Button", layout={"display": "none"}, own=True) for _ in range(PAGE)]
        for index, button in enumerate(self._buttons):
            button.add_class("comet-thumb")
            button.add_class(f"{self._name}-{index}")
            button.on_click(lambda button, index=index: self._post(lambda: self._open(index)))
        bar = make(
            "HBox",
            children=[self._text, self._scope, self._newer, self._range, self._older],
            layout={"flex_flow": "row wrap", "align_items": "center"},
        )
        grid = make(
            "GridBox",
            children=self._buttons,
            layout={
                "grid_template_columns": "repeat(auto-fill, minmax(118px, 1fr))",
                "grid_gap": "6px",
                "margin": "6px 0 0 0",
            },
        )
        self.widget = make("VBox", children=[bar, self._empty, grid, self._look], layout={})
        self._text.observe(lambda change: self._post(self._typed), names="value")
        self._scope.observe(lambda change: self._post(self._changed), names="value")
        self._newer.on_click(lambda button: self._post(lambda: self._turn(-PAGE)))
        self._older.on_click(lambda button: self._post(lambda: self._turn(PAGE)))

    # -- what is shown -----------------------------------------------------------------------

    @property
    def query(self) -> Query:
        """What it shows now."""
        return self._query

    def show(self, query: Query) -> None:
        """Shows another part of the history."""
        self._text.value = query.text
        self._scope.value = query.scope
        self._query = query
        self.refresh()

    def refresh(self) -> None:
        """Asks the store again."""
        query = self._query
        try:
            page = self._session.store.search(
                query.text,
                pictures=True,
                favourites=query.scope == "favourites",
                since=self._session.began if query.scope == "session" else None,
                limit=PAGE,
                offset=query.offset,
            )
        except CometError as error:
            self._say(f"{error.cause}. {error.remedy}")
            return
        if not page.records and query.offset:
            self._query = replace(query, offset=max(0, (page.total - 1) // PAGE * PAGE))
            if self._query.offset != query.offset:
                self.refresh()
                return
        self._records, self._total, self._favourites = page.records, page.total, page.favourites
        self._label()
        self._draw()

    def choose(self, *keys: str) -> None:
        """Marks pictures as those that are shown large."""
        self._chosen = frozenset(keys)
        self._paint()

    def close(self) -> None:
        """Ends what is under way; the widgets are the kit's."""
        if self._drawing is not None:
            self._drawing.cancel()
        if self._search is not None:
            self._search.cancel()

    def _label(self) -> None:
        now = datetime.now(timezone.utc)
        for button, record in zip(self._buttons, self._records, strict=False):
            star = "★ " if record.key in self._favourites else ""
            seed = words.seed(record)
            button.description = star + (
                f"seed {seed}" if seed is not None else age(record.submitted_at, now)
            )
            button.tooltip = " · ".join(
                (
                    one_line(record.request.prompt, 200),
                    words.model(record, short=True),
                    age(record.submitted_at, now),
                )
            )
        for index, button in enumerate(self._buttons):
            wanted = None if index < len(self._records) else "none"
            if button.layout.display != wanted:
                button.layout.display = wanted
        first = self._query.offset + 1
        last = self._query.offset + len(self._records)
        self._newer.disabled = self._query.offset == 0
        self._older.disabled = last >= self._total
        shown = f"{first:,}–{last:,} of {self._total:,}" if self._records else ""
        self._range.value = str(html.muted(shown)) if shown else ""
        self._say("" if self._records else self._nothing())

    def _nothing(self) -> str:
        if self._query.text:
            return "nothing in the history has these words"
        if self._query.scope == "favourites":
            return "no favourites yet: open a picture and press the star"
        if self._query.scope == "session":
            return "no pictures in this session yet"
        return "no pictures yet: write a prompt and press Generate"

    def _say(self, text: str) -> None:
        self._empty.value = (
            str(html.block(html.muted(text), style="padding:24px 4px")) if text else ""
        )
        self._empty.layout.display = None if text else "none"

    # -- small pictures ----------------------------------------------------------------------

    def _draw(self) -> None:
        if self._drawing is not None:
            self._drawing.cancel()
        self._paint()
        missing = [
            one for one in map(_first_image, self._records) if one and one.sha256 not in self._small
        ]
        if missing:
            self._drawing = asyncio.get_running_loop().create_task(self._draw_small(missing))

    async def _draw_small(self, files: list[FileRef]) -> None:
        for number, file in enumerate(files, 1):
            self._small[file.sha256] = small_picture(self._session, file)
            while len(self._small) > KEPT:
                self._small.popitem(last=False)
            if number % 6 == 0 or number == len(files):
                self._paint()
            await asyncio.sleep(0)  # between two pictures others have their turn

    def _paint(self) -> None:
        rules = [
            _rule(
                f".{self._name}-{index}",
                self._small.get(file.sha256, "") if (file := _first_image(record)) else "",
                record.key in self._chosen,
            )
            for index, record in enumerate(self._records)
        ]
        self._look.value = f"<style>{''.join(rules)}</style>"

    # -- what a person does ------------------------------------------------------------------

    def _typed(self) -> None:
        if self._search is not None:
            self._search.cancel()
        self._search = asyncio.get_running_loop().call_later(SETTLE, self._changed)

    def _changed(self) -> None:
        wanted = Query(self._text.value.strip(), self._scope.value)
        if (wanted.text, wanted.scope) != (self._query.text, self._query.scope):
            self._query = wanted
            self.refresh()

    def _turn(self, step: int) -> None:
        offset = self._query.offset + step
        if 0 <= offset < self._total:
            self._query = replace(self._query, offset=offset)
            self.refresh()

    def _open(self, index: int) -> None:
        if index < len(self._records):
            self._on_open(self._records[index])


def small_picture(session: Session, file: FileRef) -> str:
    """A small picture as a data URI; empty when the file cannot be read."""
    try:
        shown = preview(session.keeper.open(file).read(), max_side=SIDE, max_bytes=16_000)
    except (CometError, OSError):
        return ""
    return f"data:{shown.media_type};base64,{b64encode(shown.data).decode('ascii')}"


def _first_image(record: Record) -> FileRef | None:
    return record.images[0] if record.images else None


def _rule(selector: str, picture: str, chosen: bool) -> str:
    image = f'background-image:url("{picture}") !important;' if picture else ""
    frame = "outline:3px solid #4f8ef7;outline-offset:-3px;" if chosen else ""
    return f".jupyter-widgets{selector}{{{image}{frame}}}" if image or frame else ""


LOOK = """<style>
.jupyter-widgets.jupyter-button.comet-thumb {
  width: auto; height: auto; aspect-ratio: 1; margin: 0; padding: 0 0 3px 0; border-radius: 4px;
  background-color: rgba(128,128,128,0.18) !important; background-size: cover !important;
  background-position: center !important; color: #fff !important; font-size: 11px;
  line-height: 1.3; display: flex; align-items: flex-end; justify-content: center;
  text-shadow: 0 0 3px #000, 0 0 2px #000; overflow: hidden;
}
.jupyter-widgets.jupyter-button.comet-thumb:hover { filter: brightness(1.12); }
</style>"""
"""How buttons become pictures; a front end that drops styles shows their words."""
