"""The form: model, prompt, seed, count, the model's inputs, and the cell that asks the same.

Its widgets hold what was typed; `read` gives it as a `Form`. It never sends anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from ... import models
from ...errors import CometError, InputError
from ...show import html, remarks
from ..kit import Kit
from . import fields as field_widgets
from . import form as forms
from .fields import Field
from .form import Form
from .pictures import LABEL, Keep, PictureField, Post

OTHER = "another model…"

_FIRST = ("negative_prompt", "aspect_ratio", "resolution", "megapixels", "width", "height")
"""Inputs that stand above the fold, after pictures."""

_FULL = {"width": "auto", "margin": "2px 0"}
_ROW = {"flex_flow": "row wrap", "align_items": "center"}
_BESIDE_LABELS = f"2px 0 2px calc({LABEL} + 8px)"


class Composer:
    """The widgets of the form.

    All its methods are for the one thread that changes widgets.

    Parameters
    ----------
    kit : Kit
    post : callable
        Has a function called soon on that thread.
    keep : callable
        Keeps an uploaded picture and gives its reference.
    last_seed : callable
        The seed that was sent last, None when there is none.
    on_change : callable
        Called after the form has changed.
    on_generate : callable
        Called on the thread of the click, at once.
    """

    def __init__(
        self,
        kit: Kit,
        post: Post,
        keep: Keep,
        last_seed: Callable[[], int | None],
        on_change: Callable[[], object],
        on_generate: Callable[[], object],
    ) -> None:
        self._kit = kit
        self._post = post
        self._keep = keep
        self._last_seed = last_seed
        self._on_change = on_change
        self._model = ""
        self._fields: dict[str, Field | PictureField] = {}
        self._named: frozenset[str] = frozenset()
        self._batch: tuple[int, int] | None = None
        self._notes: tuple[str, ...] = ()
        self._is_sending = False
        self.typed_at = 0.0
        """When a person changed something last, by the monotonic clock."""
        self._seen: tuple[object, ...] = ()
        self._make_widgets()
        self._connect(on_generate)

    def _make_widgets(self) -> None:
        make = self._kit.make
        names = [(models.short_name(name), name) for name in models.all_models()]
        self.choice = make(
            "Dropdown",
            options=[*names, (OTHER, OTHER)],
            description="model",
            layout=_FULL,
            label_width=LABEL,
        )
        self.name = make(
            "Text",
            description="its name",
            placeholder="owner/name",
            continuous_update=False,
            layout={**_FULL, "display": "none"},
            own=True,
            label_width=LABEL,
        )
        self.about = make("HTML", layout={"margin": f"0 0 2px calc({LABEL} + 8px)"})
        # Sent when the field is left, in one message before the click on Generate: while the
        # kernel is busy, ipywidgets would hold back all keystrokes but the first.
        self.prompt = make(
            "Textarea",
            description="prompt",
            placeholder="What should be in the picture?",
            rows=4,
            continuous_update=False,
            layout={"width": "auto", "margin": "4px 0"},
        )
        self.prompt.add_class("comet-unlabelled")
        self.generate = make(
            "Button",
            description="Generate",
            icon="picture-o",
            button_style="primary",
            layout={"width": "auto", "min_width": "130px", "margin": "2px 8px 2px 0"},
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
        self._make_seed_row()
        self._first = make("VBox", layout={"margin": "4px 0 0 0"})
        self._make_fold()
        self.said = make("HTML", layout={"margin": "0"})
        self.cell = make("HTML", layout={"margin": "4px 0 0 0"})
        go = make("HBox", children=[self.generate, self.count, self.price], layout=_ROW)
        self.widget = make(
            "VBox",
            children=[
                *(self.choice, self.name, self.about, self.prompt, go, self._seed_row),
                *(self.said, self._first, self.fold, self._settings, self.cell),
            ],
            layout={"min_width": "0"},
        )

    def _make_seed_row(self) -> None:
        make = self._kit.make
        self.seed = make(
            "Text",
            description="seed",
            placeholder="new each time",
            continuous_update=False,
            layout={"width": "auto", "flex": "1 1 120px", "min_width": "0"},
            label_width=LABEL,
        )
        self.lock = make(
            "ToggleButton",
            icon="unlock",
            description="Keep this seed",
            tooltip="Keep the seed, or draw a new one each time",
            layout={"width": "34px", "flex": "none"},
        )
        self.lock.add_class("comet-icon")
        narrow = {"width": "48px", "flex": "none"}
        self.last = make("Button", description="last", tooltip="The last seed again", layout=narrow)
        self.next = make("Button", description="+1", tooltip="The next seed", layout=narrow)
        self._seed_row = make(
            "HBox",
            children=[self.seed, self.lock, self.last, self.next],
            layout={**_ROW, "flex_flow": "row nowrap"},
            own=True,
        )

    def _make_fold(self) -> None:
        make = self._kit.make
        self._rest = make("VBox", layout={})
        self.more = make(
            "Textarea",
            placeholder="name = value, one a line",
            description="more inputs",
            tooltip="Inputs that have no field here; the service decides what it takes",
            rows=2,
            continuous_update=False,
            layout=_FULL,
            label_width=LABEL,
        )
        self.reset = make(
            "Button",
            description="Defaults",
            tooltip="Every input as the model has it",
            layout={"width": "90px", "margin": _BESIDE_LABELS},
        )
        self.fold = make(
            "ToggleButton",
            description="More settings",
            icon="caret-right",
            layout={"width": "auto", "margin": _BESIDE_LABELS, "align_self": "flex-start"},
        )
        self.fold.add_class("comet-fold")
        self._settings = make(
            "VBox",
            children=[self._rest, self.more, self.reset],
            layout={"display": "none"},
            own=True,
        )

    def _connect(self, on_generate: Callable[[], object]) -> None:
        self.generate.on_click(lambda button: on_generate())
        for widget in (self.prompt, self.count, self.more, self.seed):
            widget.observe(self._later(self._changed), names="value")
        for widget in (self.choice, self.name):
            widget.observe(self._later(self._model_chosen), names="value")
        self.lock.observe(self._later(self._lock_moved), names="value")
        self.fold.observe(self._later(self._fold_moved), names="value")
        self.last.on_click(self._later(lambda: self._use_seed(self._batch_or_last()[0])))
        self.next.on_click(self._later(self._next_seed))
        self.reset.on_click(self._later(self._use_defaults))

    def _later(self, function: Callable[[], object]) -> Callable[[Any], object]:
        return lambda event: self._post(function)

    # -- reading and writing -----------------------------------------------------------------

    def read(self) -> Form:
        """What the widgets hold now.

        Raises
        ------
        InputError
            When no model of the name that stands there is known.
        """
        self._check_model()
        return self._read()

    def _read(self) -> Form:
        given = {name: field.read() for name, field in self._fields.items()}
        values = {name: value for name, value in given.items() if value is not None}
        differing = forms.changed(self._model, values)
        sent = {n: v for n, v in values.items() if n in differing or n in self._named}
        return Form(
            self._model,
            self.prompt.value,
            sent,
            self.more.value,
            self.seed.value.strip(),
            int(self.count.value),
        )

    def _check_model(self) -> None:
        chosen = self.choice.value
        wanted = self.name.value.strip() if chosen == OTHER else chosen
        if not wanted:
            raise InputError("the model has no name yet", "Write owner/name, or choose one")
        if models.canonical(wanted) != self._model:
            raise InputError(f"the form is still that of {self._model}", "Try again")

    def texts(self) -> list[str]:
        """Everything that was typed."""
        return [*forms.texts(self._read()), self.name.value]

    def write(self, form: Form) -> None:
        """Shows a form."""
        self._use_model(form.model)
        self._named = frozenset(form.inputs)
        self.prompt.value = form.prompt
        for name, field in self._fields.items():
            field.write(form.inputs.get(name))
        self.more.value = form.more
        if form.more:
            self.fold.value = True
            self._fold_moved()
        self.count.value = form.count
        self._show_seed(form.seed)
        self._seen = self._state()
        self._on_change()

    def sent(self, seeds: Sequence[int | None]) -> None:
        """Remembers the seeds of the predictions that were sent."""
        self._notes = ()
        known = [seed for seed in seeds if seed is not None]
        if known:
            self._batch = (known[0], known[-1])
        self._show_seed(self.seed.value)
        self._on_change()

    @property
    def batch(self) -> tuple[int, int] | None:
        """First and last seed of what was sent last."""
        return self._batch

    def take_picture(self, reference: str) -> bool:
        """Puts a picture into the model's field for one; False when there is no room for it."""
        spec = models.spec(self._model)
        field = self._fields.get(spec.image_field or "") if spec else None
        return isinstance(field, PictureField) and field.add(reference)

    def use_model(self, model: str) -> None:
        """Changes the model, keeps what still fits, and says what does not."""
        moved, dropped = forms.with_model(self._read(), model)
        self._notes = ()
        if dropped:
            name = models.short_name(model)
            self._notes = (f"{name} does not take {', '.join(dropped)}: dropped",)
        self.write(moved)

    @property
    def picture_fields(self) -> list[PictureField]:
        """The fields that take pictures."""
        return [one for one in self._fields.values() if isinstance(one, PictureField)]

    def note(self, *texts: str) -> None:
        """Says something until a person changes the form, or it is sent."""
        self._notes = texts
        self._on_change()

    def show_sending(self, is_sending: bool) -> None:
        """Says on the button that a click was heard."""
        self._is_sending = is_sending
        self._on_change()

    def show(self, cell: str, price: str, warnings: Sequence[str], *, free: bool) -> None:
        """The cell that asks the same, the price of a click, and what is to be said."""
        self.cell.value = str(remarks.cell(cell)) if cell else ""
        self.price.value = str(html.muted(price)) if price else ""
        lines = [html.notice(text) for text in dict.fromkeys((*self._notes, *warnings))]
        self.said.value = str(html.block(*lines)) if lines else ""
        amount = int(self.count.value)
        named = "Generate" if amount == 1 else f"Generate {amount}"
        # Not disabled meanwhile: a button that is loses the focus of the keyboard.
        self.generate.description = "Sending…" if self._is_sending else named
        self.generate.tooltip = (
            "Draws on this machine, at no charge" if free else "Sends the request: this costs"
        )

    # -- what a person does ------------------------------------------------------------------

    def _state(self) -> tuple[object, ...]:
        return self._read(), self.choice.value, self.name.value

    def _changed(self) -> None:
        """After any change; what was said is gone when it was a person's."""
        state = self._state()
        if state != self._seen:
            self.typed_at = monotonic()
            self._seen = state
            self._notes = ()
            self._show_seed(self.seed.value)
        self._on_change()

    def _model_chosen(self) -> None:
        self.name.layout.display = None if self.choice.value == OTHER else "none"
        wanted = self.name.value.strip() if self.choice.value == OTHER else self.choice.value
        try:
            model = models.canonical(wanted) if wanted else ""
        except CometError:
            model = ""  # reading the form says so
        if model and model != self._model:
            self.typed_at = monotonic()
            self.use_model(model)
        else:
            self._changed()

    def _use_model(self, model: str) -> None:
        """Fields for this model in place of those for the one before."""
        spec = models.spec(model)
        self.choice.value = model if spec else OTHER
        self.name.layout.display = "none" if spec else None
        if not spec:
            self.name.value = model
        if model == self._model:
            return
        self._model = model
        unknown = "not in the built-in list: write its inputs below, one a line"
        self.about.value = str(html.muted(spec.description if spec else unknown))
        before = [widget for field in self._fields.values() for widget in field.widgets]
        self._fields = field_widgets.make(
            forms.fields(model), self._kit, self._field_changed, self._post, self._keep
        )
        pictures = [one.widget for one in self.picture_fields]
        named = [self._fields[name].widget for name in _FIRST if name in self._fields]
        above = [*pictures, *named]
        self._first.children = above
        self._rest.children = [
            one.widget for one in self._fields.values() if one.widget not in above
        ]
        self._seed_row.layout.display = None if models.has_seed(model) else "none"
        if not spec:
            self.fold.value = True
            self._fold_moved()
        self._kit.close(before)

    def _field_changed(self) -> None:
        self._post(self._changed)

    def _fold_moved(self) -> None:
        is_open = bool(self.fold.value)
        self.fold.icon = "caret-down" if is_open else "caret-right"
        self._settings.layout.display = None if is_open else "none"

    def _use_defaults(self) -> None:
        self._named = frozenset()
        self.write(replace(self._read(), inputs={}, more=""))

    # -- the seed ----------------------------------------------------------------------------

    def _batch_or_last(self) -> tuple[int | None, int | None]:
        """First and last seed of what was sent last."""
        if self._batch is not None:
            return self._batch
        last = self._last_seed()
        return last, last

    def _show_seed(self, text: str) -> None:
        """Shows a seed, or none and the one that was drawn last."""
        self.seed.value = text
        self.lock.value = bool(text.strip())
        self.lock.icon = "lock" if self.lock.value else "unlock"
        # Not in the field itself: a page that hears of any change in it forgets what somebody
        # is typing there.
        last, _ = self._batch_or_last()
        self.last.tooltip = "The last seed again" if last is None else f"Again: {last}"
        self.last.disabled = self.next.disabled = last is None and not text

    def _use_seed(self, seed: int | None) -> None:
        if seed is not None:
            self._show_seed(str(seed))
            self._changed()

    def _next_seed(self) -> None:
        """One more than the seed that stands there, or than the last one that was sent."""
        shown = self.seed.value.strip()
        first, last = self._batch_or_last()
        if shown.isascii() and shown.isdigit() and len(shown) <= 19 and int(shown) != first:
            self._use_seed(int(shown) + 1)
        elif last is not None:
            self._use_seed(last + 1)

    def _lock_moved(self) -> None:
        shown = self.seed.value.strip()
        if bool(self.lock.value) == bool(shown):
            return
        if self.lock.value:
            first, _ = self._batch_or_last()
            self._show_seed("" if first is None else str(first))
            if first is None:
                self.note("there is no seed to keep yet: the first picture brings one")
                return
        else:
            self._show_seed("")
        self._changed()
