"""The form: model, prompt, seed, count, the model's inputs, and the cell that asks the same.

Its widgets hold what was typed; `read` gives it as a `Form`. It never sends anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ... import models
from ...errors import CometError
from ...show import html, remarks
from ..kit import Kit
from . import fields as field_widgets
from . import form as forms
from .fields import Field
from .form import Form
from .pictures import Keep, PictureField, Post

OTHER = "another model…"

_FIRST = ("negative_prompt", "aspect_ratio", "resolution", "megapixels", "width", "height")
"""Inputs that stand above the fold, after pictures."""

_FULL = {"width": "auto", "margin": "2px 0"}
_ROW = {"flex_flow": "row wrap", "align_items": "center"}


class Composer:
    """The widgets of the form.

    Parameters
    ----------
    kit : Kit
    post : callable
        Has a function called soon by the one thread that changes widgets.
    keep : callable
        Keeps an uploaded picture and gives its reference.
    on_change : callable
        Called there after the form has changed.
    on_generate : callable
        Called on the thread of the click, at once.
    """

    def __init__(
        self,
        kit: Kit,
        post: Post,
        keep: Keep,
        on_change: Callable[[], object],
        on_generate: Callable[[], object],
    ) -> None:
        self._kit = kit
        self._post = post
        self._keep = keep
        self._on_change = on_change
        self._model = ""
        self._fields: dict[str, Field | PictureField] = {}
        self._notes: tuple[str, ...] = ()
        self._drawn = ""
        self._make_widgets(on_generate)

    def _make_widgets(self, on_generate: Callable[[], object]) -> None:
        make = self._kit.make
        self.choice = make(
            "Dropdown",
            options=[*_choices(), (OTHER, OTHER)],
            description="model",
            layout=_FULL,
            label_width="52px",
        )
        self.name = make(
            "Text",
            description="name",
            placeholder="owner/name",
            continuous_update=False,
            layout={"width": "auto", "margin": "2px 0", "display": "none"},
            own=True,
            label_width="52px",
        )
        # Sent when the field is left, in one message before the click on Generate: while the
        # kernel is busy, ipywidgets would hold back all keystrokes but the first.
        self.prompt = make(
            "Textarea",
            placeholder="What should be in the picture?",
            rows=4,
            continuous_update=False,
            layout={"width": "auto", "margin": "4px 0"},
        )
        self.generate = make(
            "Button",
            description="Generate",
            icon="picture-o",
            button_style="primary",
            tooltip="Send the request; this is what costs",
            layout={"width": "auto", "min_width": "140px"},
        )
        self.count = make(
            "BoundedIntText",
            value=1,
            min=1,
            max=forms.MOST,
            description="pictures",
            layout={"width": "118px"},
            label_width="58px",
        )
        self.price = make("HTML", layout={"margin": "0 0 0 10px"})
        self.seed = make(
            "Text",
            placeholder="new each time",
            description="seed",
            continuous_update=False,
            layout={"width": "190px"},
            label_width="52px",
        )
        self.lock = make(
            "ToggleButton",
            icon="unlock",
            tooltip="Keep this seed",
            layout={"width": "36px"},
        )
        self.last = make(
            "Button",
            description="last",
            tooltip="The seed sent last, kept",
            layout={"width": "52px"},
        )
        self.next = make(
            "Button", description="+1", tooltip="One more, kept", layout={"width": "44px"}
        )
        self._seed_row = make(
            "HBox", children=[self.seed, self.lock, self.last, self.next], layout=_ROW, own=True
        )
        self._first = make("VBox", layout={"margin": "4px 0 0 0"})
        self._rest = make("VBox", layout={})
        self.more = make(
            "Textarea",
            placeholder="name = value, one a line",
            description="more inputs",
            rows=2,
            continuous_update=False,
            layout=_FULL,
            label_width=field_widgets.LABEL,
        )
        self.reset = make(
            "Button",
            description="Defaults",
            tooltip="Every input as the model has it",
            layout={"width": "90px", "margin": "4px 0 0 132px"},
        )
        settings = make("VBox", children=[self._rest, self.more, self.reset])
        self.fold = make("Accordion", children=[settings], layout={"margin": "4px 0"})
        self.fold.set_title(0, "More settings")
        self.fold.selected_index = None
        self.said = make("HTML", layout={"margin": "0"})
        self.cell = make("HTML", layout={"margin": "4px 0 0 0"})
        go = make("HBox", children=[self.generate, self.count, self.price], layout=_ROW)
        self.widget = make(
            "VBox",
            children=[
                *(self.choice, self.name, self.prompt, go, self.said, self._seed_row),
                *(self._first, self.fold, self.cell),
            ],
            layout={"flex": "1 1 380px", "min_width": "0", "max_width": "720px"},
        )
        self.widget.add_class("comet-form")
        self._connect(on_generate)

    def _connect(self, on_generate: Callable[[], object]) -> None:
        self.generate.on_click(lambda button: on_generate())
        for widget in (self.prompt, self.count, self.more):
            widget.observe(self._later(self._on_change), names="value")
        for widget in (self.choice, self.name):
            widget.observe(self._later(self._model_chosen), names="value")
        self.seed.observe(self._later(self._seed_typed), names="value")
        self.lock.observe(self._later(self._lock_moved), names="value")
        self.next.on_click(self._later(lambda: self.use_seed(self._shown_seed(), 1)))
        self.reset.on_click(self._later(self._use_defaults))

    def _later(self, function: Callable[[], object]) -> Callable[[Any], object]:
        return lambda event: self._post(function)

    # -- reading and writing -----------------------------------------------------------------

    def read(self) -> Form:
        """What the widgets hold now."""
        given = {name: field.read() for name, field in self._fields.items()}
        values = {name: value for name, value in given.items() if value is not None}
        return Form(
            self._model,
            self.prompt.value,
            forms.changed(self._model, values),
            self.more.value,
            self._shown_seed(),
            bool(self.lock.value),
            int(self.count.value),
        )

    def write(self, form: Form) -> None:
        """Shows a form."""
        self._use_model(form.model)
        self.prompt.value = form.prompt
        for name, field in self._fields.items():
            field.write(form.inputs.get(name))
        self.more.value = form.more
        if form.more:
            self.fold.selected_index = 0
        self.count.value = form.count
        self.lock.value = form.locked
        self.seed.value = "" if form.seed is None else str(form.seed)
        self._on_change()

    def use_seed(self, seed: int | None, step: int = 0) -> None:
        """Shows a seed and locks it."""
        if seed is None:
            self.note("there is no seed yet: the first picture brings one")
            return
        self.lock.value = True
        self.seed.value = str(min(seed + step, forms.LARGEST_SEED))
        self._on_change()

    def sent(self, seed: int | None) -> None:
        """Shows the seed that a click has drawn, ready to be locked."""
        self._notes = ()
        if seed is not None and not (self.lock.value and self.seed.value):
            self._drawn = self.seed.value = str(seed)

    def take_picture(self, reference: str) -> bool:
        """Puts a picture into the model's field for one; False when it has none."""
        spec = models.spec(self._model)
        field = self._fields.get(spec.image_field or "") if spec else None
        if not isinstance(field, PictureField):
            return False
        now = field.read() if field.several else None
        field.write([*(now or []), reference] if field.several else reference)
        return True

    @property
    def picture_fields(self) -> list[PictureField]:
        """The fields that take pictures."""
        return [one for one in self._fields.values() if isinstance(one, PictureField)]

    def note(self, *texts: str) -> None:
        """Says something once, until the form is changed by a person or sent."""
        self._notes = texts
        self._on_change()

    def show(self, cell: str, price: str, warnings: tuple[str, ...]) -> None:
        """The cell that asks the same, the price of a click, and what is to be said."""
        self.cell.value = str(remarks.cell(cell))
        self.price.value = str(html.muted(price)) if price else ""
        lines = [html.notice(text) for text in (*self._notes, *warnings)]
        self.said.value = str(html.block(*lines)) if lines else ""
        amount = int(self.count.value)
        self.generate.description = "Generate" if amount == 1 else f"Generate {amount}"

    # -- what a person does ------------------------------------------------------------------

    def _model_chosen(self) -> None:
        chosen = self.choice.value
        self.name.layout.display = None if chosen == OTHER else "none"
        wanted = self.name.value.strip() if chosen == OTHER else chosen
        if not wanted:
            return
        try:
            model = models.canonical(wanted)
        except CometError as error:
            self.note(f"{error.cause}. {error.remedy}")
            return
        if model == self._model:
            return
        moved, dropped = forms.with_model(self.read(), model)
        self._notes = (
            (f"{models.short_name(model)} does not take {', '.join(dropped)}: dropped",)
            if dropped
            else ()
        )
        self.write(moved)

    def _use_model(self, model: str) -> None:
        """Fields for this model in place of those for the one before."""
        if model == self._model:
            return
        self._model = model
        listed = models.spec(model) is not None
        self.choice.value = model if listed else OTHER
        self.name.value = "" if listed else model
        self.name.layout.display = "none" if listed else None
        before = [widget for field in self._fields.values() for widget in field.widgets]
        self._fields = field_widgets.make(
            forms.fields(model),
            self._kit,
            lambda: self._post(self._on_change),
            self._post,
            self._keep,
        )
        pictures = [one.widget for one in self.picture_fields]
        named = [self._fields[name].widget for name in _FIRST if name in self._fields]
        above = [*pictures, *named]
        self._first.children = above
        self._rest.children = [
            one.widget for one in self._fields.values() if one.widget not in above
        ]
        self._seed_row.layout.display = None if models.has_seed(model) else "none"
        self._kit.close(before)

    def _shown_seed(self) -> int | None:
        text = self.seed.value.strip()
        known = text.isascii() and text.isdigit() and int(text) <= forms.LARGEST_SEED
        return int(text) if known else None

    def _seed_typed(self) -> None:
        text = self.seed.value.strip()
        if text and self._shown_seed() is None:
            self.note(f"{text[:24]!r} is no seed: a whole number from 0")
            self.lock.value = False
            return
        if not text:
            self.lock.value = False
        elif text != self._drawn:
            self.lock.value = True
        self._on_change()

    def _lock_moved(self) -> None:
        locked = bool(self.lock.value)
        self.lock.icon = "lock" if locked else "unlock"
        self._on_change()

    def _use_defaults(self) -> None:
        self.write(replace(self.read(), inputs={}, more=""))


def _choices() -> list[tuple[str, str]]:
    return [
        (f"{models.short_name(name)} · {spec.description}", name)
        for name, spec in models.all_models().items()
    ]
