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
from .look import FIRST, SECOND, frame_rule, picture_rule
from .pictures import Post

PAGE = 18
"""Pictures of one page."""

SIDE = 180
"""Pixels of a small picture's longer side."""

KEPT = 400
"""Small pictures kept in memory, some 6 kB each."""

SHEET = 6
"""Small pictures of one style sheet: one that comes does not send all of a page again."""

SCOPES = (("All", "all"), ("This session", "session"), ("★ Favourites", "favourites"))

WORDS_FIRST = 0.03
"""Seconds that the page has for everything else before small pictures are drawn."""

TYPING = 0.25
"""Seconds without a key before a search begins."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the gallery shows: which results, from the newest on."""

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
        post: Post,
        on_open: Callable[[Record], object],
        name: str,
    ) -> None:
        self._session = session
        self._post = post
        self._on_open = on_open
        self._name = name
        self._page = Page()
        self._records: tuple[Record, ...] = ()
        self._total = 0
        self._chosen: tuple[str, ...] = ()
        self._favourites: frozenset[str] = frozenset()
        self._small: OrderedDict[str, str] = OrderedDict()
        self._drawing: asyncio.Task[None] | None = None
        self._search: asyncio.TimerHandle | None = None
        self._make_widgets(kit)

    def _make_widgets(self, kit: Kit) -> None:
        make = kit.make
        self._text = make(
            "Text",
            description="search",
            placeholder="search: words, model, seed",
            layout={"flex": "1 1 150px", "width": "auto", "min_width": "110px"},
        )
        self._scope = make(
            "Dropdown", description="show", options=SCOPES, value="all", layout={"width": "126px"}
        )
        for widget in (self._text, self._scope):
            widget.add_class("comet-unlabelled")
        self._newer = kit.icon("chevron-left", "Newer")
        self._older = kit.icon("chevron-right", "Older")
        self._range = make("HTML", layout={"margin": "0 6px"})
        self._sheets = [
            make("HTML", layout={"display": "none"}) for _ in range(0, PAGE + SHEET, SHEET)
        ]
        self._empty = make("HTML", layout={"display": "none"}, own=True)
        self._buttons = [make("Button", layout={"width": "auto"}) for _ in range(PAGE)]
        for index, button in enumerate(self._buttons):
            button.add_class("comet-thumb")
            button.add_class(f"{self._name}-{index}")
            button.on_click(lambda button, index=index: self._post(lambda: self._open(index)))
        bar = make(
            "HBox",
            children=[self._text, self._scope, self._newer, self._range, self._older],
            layout={"flex_flow": "row wrap", "align_items": "center"},
        )
        self._grid = make(
            "GridBox",
            layout={
                "grid_template_columns": "repeat(auto-fill, minmax(118px, 1fr))",
                "grid_gap": "6px",
                "margin": "6px 0 0 0",
            },
        )
        self.widget = make("VBox", children=[bar, self._empty, self._grid, *self._sheets])
        self._text.observe(lambda change: self._post(self._typed), names="value")
        self._scope.observe(lambda change: self._post(self._changed), names="value")
        self._newer.on_click(lambda button: self._post(lambda: self._turn(-PAGE)))
        self._older.on_click(lambda button: self._post(lambda: self._turn(PAGE)))

    # -- what is shown -----------------------------------------------------------------------

    @property
    def page(self) -> Page:
        """What it shows now."""
        return self._page

    @property
    def newest(self) -> Record | None:
        """The first picture that it shows."""
        return self._records[0] if self._records else None

    def show(self, page: Page) -> None:
        """Shows another part of the history."""
        self._page = page
        self._text.value = page.text
        self._scope.value = page.scope
        self.refresh()

    def refresh(self) -> None:
        """Asks the store again; what goes wrong stands in place of the pictures."""
        try:
            self._load()
        except CometError as error:
            self._say(f"{error.cause}. {error.remedy}")

    def beside(self, key: str, step: int) -> Record | None:
        """The picture so many places after that one, on this page."""
        keys = [record.key for record in self._records]
        index = keys.index(key) + step if key in keys else -1
        return self._records[index] if 0 <= index < len(self._records) else None

    def choose(self, *keys: str) -> None:
        """Marks the pictures that are shown large; with any, the grid becomes one row."""
        if bool(keys) != bool(self._chosen):
            change = self._grid.add_class if keys else self._grid.remove_class
            change("comet-film")
        self._chosen = keys
        self._frame()

    def close(self) -> None:
        """Ends what is under way; the widgets are the kit's."""
        if self._drawing is not None:
            self._drawing.cancel()
        if self._search is not None:
            self._search.cancel()

    def _load(self) -> None:
        page = self._page
        found = self._session.store.search(
            page.text,
            pictures=True,
            favourites=page.scope == "favourites",
            since=self._session.began if page.scope == "session" else None,
            limit=PAGE,
            offset=page.offset,
        )
        if page.offset and page.offset >= found.total:  # what was there is deleted
            self._page = replace(page, offset=max(0, (found.total - 1) // PAGE * PAGE))
            self._load()
            return
        self._records, self._total = found.records, found.total
        self._favourites = found.favourites
        self._label()
        self._draw()

    def _label(self) -> None:
        now = datetime.now(timezone.utc)
        for button, record in zip(self._buttons, self._records, strict=False):
            star = "★ " if record.key in self._favourites else ""
            button.description = star + (one_line(record.request.prompt, 14) or "no prompt")
            seed = words.seed(record)
            told = (
                one_line(record.request.prompt, 200),
                words.model(record, short=True),
                f"seed {seed}" if seed is not None else "",
                f"{age(record.submitted_at, now)} ago",
            )
            button.tooltip = " · ".join(one for one in told if one)
        if len(self._grid.children) != len(self._records):
            self._grid.children = self._buttons[: len(self._records)]
        first = self._page.offset + 1
        last = min(self._page.offset + PAGE, self._total)
        self._newer.disabled = self._page.offset == 0
        self._older.disabled = last >= self._total
        shown = f"{first:,}–{last:,} of {self._total:,}" if self._total else ""
        self._range.value = str(html.muted(shown)) if shown else ""
        self._say("" if self._records else self._nothing())

    def _nothing(self) -> str:
        if self._page.text:
            return "nothing in the history has these words"
        if self._page.scope == "favourites":
            return "no favourites yet: open a picture and press Favourite"
        if self._page.scope == "session":
            return "no pictures in this session yet"
        return "no pictures yet: write a prompt and press Generate"

    def _say(self, text: str) -> None:
        block = html.block(html.muted(text), style="padding:24px 4px")
        self._empty.value = str(block) if text else ""
        self._empty.layout.display = None if text else "none"

    # -- small pictures ----------------------------------------------------------------------

    def _draw(self) -> None:
        if self._drawing is not None:
            self._drawing.cancel()
        self._paint()
        files = [file for record in self._records if (file := _first_image(record))]
        for file in files:
            if file.sha256 in self._small:
                self._small.move_to_end(file.sha256)
        missing = [file for file in files if file.sha256 not in self._small]
        if missing:
            self._drawing = asyncio.get_running_loop().create_task(self._draw_small(missing))

    async def _draw_small(self, files: list[FileRef]) -> None:
        await asyncio.sleep(WORDS_FIRST)
        for number, file in enumerate(files, 1):
            small = small_picture(self._session, file)
            if small:
                self._small[file.sha256] = small
            while len(self._small) > KEPT:
                self._small.popitem(last=False)
            if number % SHEET == 0 or number == len(files):
                self._paint()
            await asyncio.sleep(0)  # between two pictures others have their turn

    def _paint(self) -> None:
        rules = [
            picture_rule(f"{self._name}-{index}", self._small.get(file.sha256, ""))
            for index, record in enumerate(self._records)
            if (file := _first_image(record))
        ]
        for index, sheet in enumerate(self._sheets[:-1]):
            sheet.value = f"<style>{''.join(rules[index * SHEET : (index + 1) * SHEET])}</style>"
        self._frame()

    def _frame(self) -> None:
        colours = dict(zip(self._chosen, (FIRST, SECOND), strict=False))
        frames = [
            frame_rule(f"{self._name}-{index}", colours[record.key])
            for index, record in enumerate(self._records)
            if record.key in colours
        ]
        self._sheets[-1].value = f"<style>{''.join(frames)}</style>"

    # -- what a person does ------------------------------------------------------------------

    def _typed(self) -> None:
        if self._search is not None:
            self._search.cancel()
        later = asyncio.get_running_loop().call_later
        self._search = later(TYPING, lambda: self._post(self._changed))

    def _changed(self) -> None:
        wanted = Page(self._text.value.strip(), self._scope.value)
        if (wanted.text, wanted.scope) != (self._page.text, self._page.scope):
            self._page = wanted
            self.refresh()

    def _turn(self, step: int) -> None:
        offset = self._page.offset + step
        if 0 <= offset < self._total:
            self._page = replace(self._page, offset=offset)
            self.refresh()

    def _open(self, index: int) -> None:
        if index < len(self._records):
            self._on_open(self._records[index])


def small_picture(session: Session, file: FileRef) -> str:
    """A small picture as a data URI; empty when the file cannot be read."""
    try:
        shown = preview(session.keeper.open(file).read(), max_side=SIDE, max_bytes=7_000)
    except (CometError, OSError):
        return ""
    return f"data:{shown.media_type};base64,{b64encode(shown.data).decode('ascii')}"


def _first_image(record: Record) -> FileRef | None:
    return record.images[0] if record.images else None
