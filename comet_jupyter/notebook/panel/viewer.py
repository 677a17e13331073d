"""One result at length, or two side by side, and what can be done with them.

Looking never changes the form: every action that does is a button that says so. What the
actions do is decided by the panel.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from ... import models
from ...engine.session import Session
from ...errors import CometError
from ...images import Preview, preview
from ...record import FileRef, Record
from ...show import html, remarks, words
from ...show.comparison import comparison
from ...show.details import details
from .. import equivalent
from ..kit import Kit

_ACTIONS = (
    ("use", "Use these settings", "Everything as it was, seed included, into the form"),
    ("words", "Same seed, new words", "Its settings and its seed; the prompt in the form stays"),
    ("vary", "Vary", "Everything as it was, with a new seed"),
    ("input", "Use as input picture", "Into the model's field for a picture"),
    ("compare", "Compare with…", "Choose another picture, and see both side by side"),
    ("cell", "Show as cell", "The %%comet cell that makes it"),
    ("save", "Save as…", "Write the original to a file"),
    ("delete", "Delete…", "Take it out of the history"),
)

_BUTTON = {"width": "auto", "margin": "2px 4px 2px 0"}


class Viewer:
    """The widgets above the gallery, made when a picture is opened for the first time.

    Parameters
    ----------
    kit : Kit
    session : Session
    post : callable
        Has a function called soon by the one thread that changes widgets.
    on_action : callable
        Called there with the name of an action: those above, ``star``, ``close``, ``save-it``,
        ``delete-it``.
    """

    def __init__(
        self,
        kit: Kit,
        session: Session,
        post: Callable[[Callable[[], object]], object],
        on_action: Callable[[str], object],
    ) -> None:
        self._kit = kit
        self._session = session
        self._post = post
        self._on_action = on_action
        self.record: Record | None = None
        self.other: Record | None = None
        self.comparing = False
        self.widget = kit.make(
            "VBox", layout={"display": "none", "margin": "6px 0 10px 0"}, own=True
        )
        self._buttons: dict[str, Any] = {}

    @property
    def path(self) -> str:
        """The file name typed for saving."""
        text: str = self._path.value
        return text.strip()

    def open(self, record: Record, *, favourite: bool) -> None:
        """Shows one result."""
        self._build()
        self.record, self.other, self.comparing = record, None, False
        files = [self._session.keeper.open(file) for file in record.files]
        paths = [words.path(file.path) for file in files if file.path is not None]
        shown = [found for file in record.images if (found := self._large(file)) is not None]
        markup = details(
            record, shown, path_texts=paths, now=datetime.now(timezone.utc), favourite=favourite
        )
        self._content.value = markup["text/html"]
        self._star(favourite)
        self._fold_all()
        takes_pictures = record.images != ()
        self._buttons["input"].disabled = not takes_pictures
        self.say("")
        self.widget.layout.display = None

    def compare(self, other: Record) -> None:
        """Shows the open result beside another."""
        if self.record is None:
            return
        self.other, self.comparing = other, False
        pair = (self.record, other)
        shown = [self._large(one.images[0]) if one.images else None for one in pair]
        self._content.value = comparison(self.record, other, *shown)["text/html"]
        self._fold_all()
        self.say("the buttons are for A")

    def close(self) -> None:
        """Shows nothing."""
        self.record = self.other = None
        self.comparing = False
        self.widget.layout.display = "none"
        if self._buttons:
            self._content.value = ""

    def say(self, text: str) -> None:
        """One line below the buttons."""
        self._said.value = str(html.block(html.notice(text))) if text else ""

    def ask_other(self) -> None:
        """Waits for the second picture."""
        self.comparing = True
        self.say("click the picture to compare it with")

    def show_cell(self) -> None:
        """The cell that makes the open result."""
        if self.record is None:
            return
        try:
            text = equivalent.cell(self.record.request)
        except CometError as error:
            self.say(f"{error.cause}. {error.remedy}")
            return
        self._said.value = str(remarks.cell(text))

    def ask_path(self, name: str) -> None:
        """Opens the field for a file name."""
        self._path.value = name
        self._save_row.layout.display = None

    def ask_delete(self) -> None:
        """Asks before anything is deleted."""
        self._delete_row.layout.display = None

    def fold(self) -> None:
        """Closes the questions."""
        self._fold_all()

    def star(self, favourite: bool) -> None:
        """Shows whether it is a favourite."""
        self._star(favourite)

    # -- widgets -----------------------------------------------------------------------------

    def _build(self) -> None:
        if self._buttons:
            return
        make = self._kit.make
        self._content = make("HTML", layout={"margin": "0"})
        self._said = make("HTML", layout={"margin": "0"})
        self._buttons["star"] = make("Button", layout={"width": "36px", "margin": "2px 4px 2px 0"})
        for name, label, tooltip in _ACTIONS:
            self._buttons[name] = make("Button", description=label, tooltip=tooltip, layout=_BUTTON)
        self._buttons["close"] = make(
            "Button",
            icon="times",
            tooltip="Close",
            layout={"width": "36px", "margin": "2px 0 2px auto"},
        )
        bar = make("HBox", children=list(self._buttons.values()), layout={"flex_flow": "row wrap"})
        self._path = make("Text", placeholder="file name", layout={"flex": "1 1 200px"})
        self._buttons["save-it"] = make("Button", description="Save", layout={"width": "80px"})
        self._save_row = make(
            "HBox",
            children=[self._path, self._buttons["save-it"]],
            layout={"display": "none", "max_width": "560px"},
            own=True,
        )
        question = make(
            "HTML",
            value="Delete the picture and all that is known of it, for good?",
            layout={"margin": "0 10px 0 0"},
        )
        self._buttons["delete-it"] = make(
            "Button", description="Delete", button_style="danger", layout={"width": "80px"}
        )
        self._buttons["keep"] = make("Button", description="Keep", layout={"width": "80px"})
        self._delete_row = make(
            "HBox",
            children=[question, self._buttons["delete-it"], self._buttons["keep"]],
            layout={"display": "none", "flex_flow": "row wrap", "align_items": "center"},
            own=True,
        )
        for name, button in self._buttons.items():
            button.on_click(lambda button, name=name: self._post(lambda: self._on_action(name)))
        self.widget.children = [
            *(bar, self._save_row, self._delete_row, self._said, self._content),
        ]

    def _star(self, favourite: bool) -> None:
        button = self._buttons["star"]
        button.icon = "star" if favourite else "star-o"
        button.tooltip = "No favourite any more" if favourite else "A favourite"

    def _fold_all(self) -> None:
        for row in (self._save_row, self._delete_row):
            row.layout.display = "none"

    def _large(self, file: FileRef) -> Preview | None:
        try:
            return preview(self._session.keeper.open(file).read())
        except (CometError, OSError):
            return None


def file_name(record: Record, media_suffix: str) -> str:
    """A name for the saved file: the first words of the prompt and the seed."""
    letters = "".join(one if one.isalnum() else " " for one in record.request.prompt[:60])
    name = "-".join(letters.lower().split()[:6]) or models.short_name(record.model)
    seed = words.seed(record)
    return f"{name}-{seed}{media_suffix}" if seed is not None else f"{name}{media_suffix}"
