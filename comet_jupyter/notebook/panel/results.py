"""Gallery and viewer together: what happens when somebody clicks a picture or a button below it.

Fills the form where a button says so, and never sends anything.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from ... import models
from ...engine.session import Session
from ...errors import CometError
from ...images import suffix_of
from ...record import Record
from ...show import html, words
from .. import equivalent
from ..kit import Kit
from . import form as forms
from .composer import Composer
from .form import Form
from .gallery import Gallery, Page
from .pictures import Post
from .viewer import Act, Viewer

FIRST_EDITOR = "flux-kontext-pro"
"""The model that is offered to somebody whose model takes no picture."""

_NAME_BYTES = 80


class Results:
    """What was made.

    All its methods are for the one thread that changes widgets.

    Parameters
    ----------
    kit : Kit
    session : Session
    post : callable
        Has a function called soon on that thread.
    composer : Composer
        The form that results fill.
    name : str
        A CSS class of its own.
    """

    def __init__(
        self, kit: Kit, session: Session, post: Post, composer: Composer, name: str
    ) -> None:
        self._session = session
        self._composer = composer
        self._chosen_by_hand = False
        self.gallery = Gallery(kit, session, post, self._picked, name)
        acts: dict[str, Act] = {
            "newer": lambda record: self._step(record, -1),
            "older": lambda record: self._step(record, 1),
            "star": self._star,
            "reuse": self._reuse,
            "words": self._keep_seed,
            "vary": self._vary,
            "edit": self._edit,
            "compare": lambda record: self.viewer.ask("compare"),
            "cell": lambda record: self.viewer.show_cell(equivalent.cell(record.request)),
            "save": lambda record: self.viewer.ask_path(file_name(record)),
            "save-it": self._save,
            "delete": lambda record: self.viewer.ask("delete"),
            "delete-it": self._delete,
            "switch": self._switch,
            "swap": self._swap,
            "back": lambda record: self._open(record),
            "close": lambda record: self._close(),
        }
        told = {name: self._telling(act) for name, act in acts.items()}
        self.viewer = Viewer(kit, session, post, told)
        self.widget = kit.make(
            "VBox",
            children=[self.gallery.widget, self.viewer.widget],
            layout={"flex": "2 1 400px", "min_width": "0"},
        )

    def expect(self) -> None:
        """Generate was clicked: what comes will be seen, whatever was searched before."""
        if self.gallery.page != Page():
            self.gallery.show(Page())

    def arrived(self, records: list[Record]) -> None:
        """Shows what has come: in the gallery, and the newest one large."""
        if self.gallery.page.offset == 0:
            self.gallery.refresh()
        came = {record.key: record for record in records if record.succeeded and record.images}
        served = [record for record in came.values() if words.kept(record)]
        newest = self.gallery.newest
        if self.viewer.asking:
            return
        if served:  # it answers the click, and has no place of its own at the top of the gallery
            self._open(served[-1])
            self.viewer.say("it was there already: nothing was sent, no charge", html.GREEN)
        elif newest is not None and newest.key in came and not self._chosen_by_hand:
            self._open(newest)

    def show(self, page: Page, opened: str, compared: str) -> None:
        """Shows again what was shown before."""
        self.gallery.show(page)
        with contextlib.suppress(CometError):
            first = self._session.store.get(opened) if opened else None
            second = self._session.store.get(compared) if compared else None
            if first is not None:
                self._open(first)
            if first is not None and second is not None:
                self._compare(second)

    def close(self) -> None:
        """Ends what is under way; the widgets are the kit's."""
        self.gallery.close()

    # -- looking -----------------------------------------------------------------------------

    def _telling(self, act: Act) -> Act:
        """An act whose failure is said where it was asked for."""

        def told(record: Record) -> None:
            try:
                act(record)
            except CometError as error:
                self.viewer.say(f"{error.cause}. {error.remedy}")
            except Exception as error:  # noqa: BLE001 (a click must not end in silence)
                self.viewer.say(f"it failed: {type(error).__name__}: {str(error)[:200]}")

        return told

    def _picked(self, record: Record) -> None:
        opened = self.viewer.record
        if opened is not None and self.viewer.asking == "compare":
            if record.key == opened.key:
                self.viewer.say("that is the same picture: click another one")
            else:
                self._compare(record)
            return
        self._chosen_by_hand = True
        self._open(record)

    def _open(self, record: Record) -> None:
        self.viewer.open(record, favourite=self._session.store.is_favourite(record.key))
        self.gallery.choose(record.key)

    def _compare(self, other: Record) -> None:
        if self.viewer.record is not None:
            self.viewer.compare(other)
            self.gallery.choose(self.viewer.record.key, other.key)

    def _step(self, record: Record, step: int) -> None:
        beside = self.gallery.beside(record.key, step)
        if beside is None:
            self.viewer.say("no more on this page of the gallery", html.GREY)
        else:
            self._chosen_by_hand = True
            self._open(beside)

    def _swap(self, record: Record) -> None:
        other = self.viewer.other
        if other is not None:
            self._open(other)
            self._compare(record)

    def _close(self) -> None:
        self._chosen_by_hand = False
        self.viewer.close()
        self.gallery.choose()

    # -- what the buttons do -----------------------------------------------------------------

    def _star(self, record: Record) -> None:
        wanted = not self._session.store.is_favourite(record.key)
        self._session.store.set_favourite(record.key, wanted)
        self.viewer.star(wanted)
        self.gallery.refresh()

    def _reuse(self, record: Record) -> None:
        self._fill(forms.of_request(record.request), "its settings are in the form")

    def _keep_seed(self, record: Record) -> None:
        form = forms.of_request(record.request)
        typed = self._composer.prompt.value
        self._fill(
            replace(form, prompt=typed if typed.strip() else form.prompt),
            "its settings and its seed are in the form: change the words",
        )

    def _vary(self, record: Record) -> None:
        form = replace(forms.of_request(record.request), seed="")
        self._fill(form, "its settings are in the form, with a new seed")

    def _fill(self, form: Form, said: str) -> None:
        self._composer.write(replace(form, count=int(self._composer.count.value)))
        self.viewer.say(f"{said}; Generate makes the picture", html.GREEN)

    def _edit(self, record: Record) -> None:
        if self._composer.take_picture(_reference(record)):
            several = len(record.images)
            which = f"the first of its {several} pictures" if several > 1 else "it"
            self.viewer.say(f"{which} is the input picture now", html.GREEN)
        elif self._composer.picture_fields:
            self.viewer.say("the form has as many input pictures as the model takes")
        else:
            self.viewer.say("this model has no field for a picture", html.GREY)
            self.viewer.ask_switch(FIRST_EDITOR)

    def _switch(self, record: Record) -> None:
        self._composer.use_model(models.canonical(FIRST_EDITOR))
        self.viewer.ask()
        self._edit(record)

    def _save(self, record: Record) -> None:
        about = record.public()
        files = [
            replace(self._session.keeper.open(one), about=about)
            for one in record.images or record.files
        ]
        name = self.viewer.path or file_name(record)
        stem, dot, suffix = name.rpartition(".")
        saved = []
        for number, file in enumerate(files, 1):
            several = f"{stem}-{number}{dot}{suffix}" if dot else f"{name}-{number}"
            saved.append(file.save(several if len(files) > 1 else name))
        self.viewer.ask()
        more = f" and {len(saved) - 1} more" if len(saved) > 1 else ""
        self.viewer.say(f"saved to {words.path(saved[0])}{more}", html.GREEN)

    def _delete(self, record: Record) -> None:
        if self.viewer.asked_to_delete != record.key:  # another picture came between
            return
        self._session.store.forget(record.key)
        self._close()
        self.gallery.refresh()


def file_name(record: Record) -> str:
    """A name for the saved file: the first words of the prompt, and the seed."""
    letters = "".join(one if one.isalnum() else " " for one in record.request.prompt[:200])
    name = "-".join(letters.lower().split()[:6]).encode()[:_NAME_BYTES].decode(errors="ignore")
    seed = words.seed(record)
    stem = name or models.short_name(record.model).rpartition("/")[2]
    suffix = suffix_of((record.images or record.files)[0].media_type)
    return f"{stem}-{seed}{suffix}" if seed is not None else f"{stem}{suffix}"


def _reference(record: Record) -> str:
    return f"comet:{record.images[0].sha256}"
