"""What a person has filled in, as data: the request it makes, and what fits another model.

Pure: no widgets, no store, nothing is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ... import models
from ...errors import InputError
from ...models import InputSpec, moving
from ...wire.request import PredictionRequest

MOST = 64
"""Pictures that one click makes at most: as many as fit on a contact sheet."""

_SEED = re.compile(r"[0-9]{1,19}")
"""A seed as a cell takes it too."""

_OWN_PLACE = ("prompt", "seed")


@dataclass(frozen=True, slots=True)
class Form:
    """The form's content.

    Attributes
    ----------
    model : str
        ``owner/name``.
    prompt : str
        As typed.
    inputs : mapping
        The values of the model's fields that are sent: those that differ from its defaults,
        and those that an earlier request named.
    more : str
        A ``name = value`` on each line, for what has no field.
    seed : str
        As typed; empty draws a new one each time.
    count : int
        Pictures for one click.
    """

    model: str
    prompt: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    more: str = ""
    seed: str = ""
    count: int = 1

    @property
    def fixed_seed(self) -> int | None:
        """The first seed to send, None to draw one; raises `InputError`."""
        text = self.seed.strip()
        if not text or not models.has_seed(self.model):
            return None
        if not _SEED.fullmatch(text):
            raise InputError(f"{text[:24]!r} is no seed", "Give a whole number from 0, or nothing")
        return int(text)

    def request(self) -> PredictionRequest:
        """What it asks for, without a drawn seed; the prompt may be empty.

        Raises
        ------
        InputError
            For a model that is no name, a number that is none, or a line of `more` that is no
            ``name = value`` or says again what a field says.
        """
        own = {spec.name: spec for spec in fields(self.model)}
        for name, value in self.inputs.items():
            if name in own and own[name].type in ("integer", "number") and isinstance(value, str):
                raise InputError(f"{name} is no number: {value[:24]!r}", "Correct or empty it")
        rows = self.more_inputs()
        twice = [name for name in rows if name in self.inputs or (name == "seed" and self.seed)]
        if twice:
            raise InputError(
                f"{twice[0]} stands in its field and in a row as well", "Delete one of them"
            )
        prompt = plain_prompt(self.prompt)
        return PredictionRequest(self.model, {"prompt": prompt, **self.inputs, **rows})

    def more_inputs(self) -> dict[str, Any]:
        """The inputs that `more` names, typed by the model's schema; raises `InputError`."""
        found: dict[str, Any] = {}
        for line in self.more.splitlines():
            if not line.strip():
                continue
            name, equals, value = line.partition("=")
            if not equals or not name.strip():
                raise InputError(
                    f"more inputs: {line.strip()[:60]!r} has no value",
                    "Write name = value, one a line",
                )
            if name.strip() in found:
                raise InputError(
                    f"more inputs: {name.strip()[:60]} stands there twice", "Delete one of them"
                )
            found[name.strip()] = models.convert(self.model, name.strip(), value.strip())
        if "prompt" in found:
            raise InputError("more inputs: the prompt has a field", "Write it there")
        return found


def plain_prompt(text: str) -> str:
    """A typed prompt as a cell would send it: without blank lines around it."""
    return text.strip("\n").rstrip()


def fields(model: str) -> tuple[InputSpec, ...]:
    """The inputs of a model that have a field of their own, in the schema's order."""
    known = models.spec(model)
    if known is None:
        return ()
    hidden = (*_OWN_PLACE, known.count_field)  # one click makes `count` predictions instead
    return tuple(one for name, one in known.inputs.items() if name not in hidden)


def is_picture(spec: InputSpec) -> bool:
    """True for an input that takes a picture, or several."""
    return spec.type in ("uri", "uri[]")


def fits(spec: InputSpec, value: Any) -> bool:
    """True when the field of this input can show a value exactly."""
    if value is None or isinstance(value, (dict, tuple)):
        return False
    if is_picture(spec):
        several = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return several if spec.type == "uri[]" else isinstance(value, str)
    if isinstance(value, list) or (spec.type in ("integer", "number") and value is True):
        return False
    return not models.doubts(spec, value)


def changed(model: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that differ from the model's defaults."""
    known = models.spec(model)
    specs = known.inputs if known else {}
    return {
        name: value
        for name, value in values.items()
        if name not in specs or not _same(specs[name].default, value)
    }


def texts(form: Form) -> list[str]:
    """Every text that somebody may have typed or pasted into the wrong place."""
    given = [one for value in form.inputs.values() for one in _strings(value)]
    return [form.model, form.prompt, form.more, form.seed, *given]


def _strings(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _same(default: Any, value: Any) -> bool:
    return bool(default == value) and isinstance(default, bool) == isinstance(value, bool)


def of_request(request: PredictionRequest, *, count: int = 1) -> Form:
    """The form that asks for the same, its seed too."""
    own = {spec.name: spec for spec in fields(request.model)}
    inputs: dict[str, Any] = {}
    more: list[str] = []
    seed = "" if request.seed is None else str(request.seed)
    for name, value in request.input.items():
        if name == "prompt" or (name == "seed" and _SEED.fullmatch(seed)):
            continue
        if name in own and fits(own[name], value):
            inputs[name] = value
        else:
            more.append(f"{name} = {_as_text(request.model, name, value)}")
    shown = seed if _SEED.fullmatch(seed) else ""
    return Form(request.model, request.prompt, inputs, "\n".join(more), shown, count)


def _as_text(model: str, name: str, value: Any) -> str:
    """A value on one line that `models.convert` reads back."""
    is_plain = isinstance(value, str) and value.isprintable() and value == value.strip()
    if is_plain and models.convert(model, name, value) == value:
        return str(value)
    return json.dumps(value)


def with_model(form: Form, model: str) -> tuple[Form, tuple[str, ...]]:
    """The form for another model: what still fits is kept.

    Returns
    -------
    form : Form
    dropped : tuple of str
        One text for each input that the other model has not, or takes no such value for.
    """
    own = {spec.name: spec for spec in fields(model)}
    kept, dropped = moving.moved(form.inputs, form.model, model)
    fitting = {n: v for n, v in kept.items() if n in own and fits(own[n], v)}
    rows = [f"{n} = {_as_text(model, n, v)}" for n, v in kept.items() if n not in fitting]
    more = "\n".join(part for part in (form.more.strip("\n"), *rows) if part)
    moved = replace(form, model=model, inputs=changed(model, fitting), more=more)
    said = tuple(moving.in_words(name, value) for name, value in dropped.items())
    return _with_rows_as_fields(moved), said


def _with_rows_as_fields(form: Form) -> Form:
    """Rows that this model has a field for go into the field."""
    specs = {spec.name: spec for spec in fields(form.model)}
    try:
        rows = form.more_inputs()
    except InputError:
        return form
    fitting = {n: v for n, v in rows.items() if n in specs and fits(specs[n], v)}
    left = [row for row in form.more.splitlines() if row.partition("=")[0].strip() not in fitting]
    inputs = changed(form.model, {**form.inputs, **fitting})
    return replace(form, inputs=inputs, more="\n".join(left))
