"""One widget for each input of a model, made from its schema.

A field shows a value and says what is chosen; what the values mean is in ``form``. A field left
empty reads as None, so that only what was given is sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from ...models import InputSpec
from ..kit import Kit
from . import wording
from .form import is_picture
from .pictures import LABEL, Keep, PictureField, Post

_WIDE = {"width": "auto", "margin": "2px 0"}

Changed = Callable[[], object]


class Field:
    """One input of a model.

    Parameters
    ----------
    spec : InputSpec
    kit : Kit
    on_change : callable
        Called on any thread after a change, by a person or by `write`.
    """

    def __init__(self, spec: InputSpec, kit: Kit, on_change: Changed) -> None:
        self.spec = spec
        self.widget = _widget(spec, kit)
        self.widget.observe(lambda change: on_change(), names="value")

    @property
    def widgets(self) -> list[Any]:
        """Everything to close with it."""
        return [self.widget]

    def read(self) -> Any:
        """The value shown, None for none."""
        value = self.widget.value
        if isinstance(value, str) and self.spec.type in ("integer", "number"):
            return _number(self.spec, value)
        if isinstance(value, float):
            # 3.0 and 3 are one value on a slider, and two in JSON.
            value = round(value, 6)
            return int(value) if value.is_integer() else value
        return None if value == "" else value

    def write(self, value: Any) -> None:
        """Shows a value; None shows the model's default."""
        if value is None:
            value = self.spec.default
        widget = self.widget
        if hasattr(widget, "options") or isinstance(widget.value, bool):
            widget.value = value
        elif isinstance(widget.value, str):
            widget.value = "" if value is None else str(value)
        else:
            widget.value = value


def make(
    specs: Sequence[InputSpec], kit: Kit, on_change: Changed, post: Post, keep: Keep
) -> dict[str, Field | PictureField]:
    """The fields of a model by name (see `PictureField` for `post` and `keep`)."""
    return {
        spec.name: PictureField(spec, kit, on_change, post, keep)
        if is_picture(spec)
        else Field(spec, kit, on_change)
        for spec in specs
    }


def _widget(spec: InputSpec, kit: Kit) -> Any:
    common: dict[str, Any] = {
        "description": wording.label(spec.name),
        "tooltip": wording.tooltip(spec.name),
        "layout": _WIDE,
        "label_width": LABEL,
    }
    if spec.allowed:
        options: list[tuple[str, Any]] = [(one.replace("_", " "), one) for one in spec.allowed]
        if spec.default is None:
            options.insert(0, ("—", None))
        return kit.make("Dropdown", options=options, value=spec.default, **common)
    if spec.type == "boolean":
        return kit.make("Checkbox", value=bool(spec.default), indent=True, **common)
    if spec.type in ("integer", "number") and _has_range(spec):
        kind = "IntSlider" if spec.type == "integer" else "FloatSlider"
        limits: dict[str, Any] = {
            "min": spec.minimum,
            "max": spec.maximum,
            "step": _step(spec),
            "value": spec.default,
        }
        if spec.type == "integer":
            limits = {name: int(value) for name, value in limits.items()}
        return kit.make(kind, continuous_update=False, **limits, **common)
    if spec.type == "string" and spec.name == "negative_prompt":
        return kit.make(
            "Textarea",
            placeholder="what should not be in the picture",
            rows=2,
            continuous_update=False,
            **common,
        )
    start = "" if spec.default is None else str(spec.default)
    return kit.make(
        "Text", value=start, placeholder=_range_text(spec), continuous_update=False, **common
    )


def _has_range(spec: InputSpec) -> bool:
    return None not in (spec.minimum, spec.maximum, spec.default)


def _step(spec: InputSpec) -> float:
    """One step of a slider: a hundredth of a small range, a whole one of integers."""
    if spec.type == "integer":
        return spec.multiple_of or 1
    span = (spec.maximum or 0) - (spec.minimum or 0)
    return 0.01 if span <= 1 else 0.1 if span <= 20 else 0.5


def _range_text(spec: InputSpec) -> str:
    if spec.minimum is None or spec.maximum is None:
        return ""
    step = f", in steps of {spec.multiple_of}" if spec.multiple_of else ""
    return f"{spec.minimum:g} to {spec.maximum:g}{step}"


def _number(spec: InputSpec, text: str) -> Any:
    """The number that was typed, as JSON writes it; the text itself when it is none."""
    text = text.strip()
    if not text:
        return None
    try:
        number = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not isfinite(number):
        return text
    return int(number) if isinstance(number, float) and number.is_integer() else number
