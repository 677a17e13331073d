"""A model's inputs as people give them: text to a typed value, and warnings.

Warnings never stop a request: schemas drift, and the service has the last word.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InputError
from .specs import InputSpec, ModelSpec, all_models, nearest, short_name, spec

_TRUE = frozenset({"true", "on", "yes", "1"})
_FALSE = frozenset({"false", "off", "no", "0"})


def convert(model: str, name: str, text: str) -> Any:
    """The value meant by ``name=text``, typed by the model's schema.

    Parameters
    ----------
    model, name : str
        The model and its input; either may be unknown.
    text : str
        As typed: JSON if it parses, else plain text.

    Returns
    -------
    JSON
        ``megapixels=1`` gives ``"1"``, ``seed="5"`` gives 5, ``go_fast=off`` gives False. What
        does not fit the type is returned as it is, and `check` warns.
    """
    value = _parse(text)
    known = spec(model)
    wanted = known.inputs.get(name) if known else None
    if wanted is None or (value is None and not wanted.required):
        return value
    if wanted.type in ("string", "uri"):
        plain = value if isinstance(value, str) else text
        return _spelled(plain, wanted.allowed)
    if wanted.type == "uri[]":
        return value if isinstance(value, list) else [value if isinstance(value, str) else text]
    if wanted.type == "boolean":
        return _to_boolean(value)
    return _to_number(value, whole=wanted.type == "integer")


def _parse(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's, and cannot be sent


def _spelled(text: str, allowed: tuple[str, ...]) -> str:
    """The allowed value that differs in case only, else the text."""
    return next((value for value in allowed if value.lower() == text.lower()), text)


def _to_boolean(value: Any) -> Any:
    word = str(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else value


def _to_number(value: Any, *, whole: bool) -> Any:
    number = _parse(value.strip()) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return value
    return int(number) if whole and isinstance(number, float) and number.is_integer() else number


def check(model: str, values: Mapping[str, Any]) -> list[str]:
    """Warnings about an input, each one line: cause, then remedy.

    Parameters
    ----------
    model : str
        ``owner/name`` or an alias. An unknown model gives no warnings.
    values : mapping
        The whole input of a request.

    Returns
    -------
    list of str
        Empty when all is as the model's schema says.
    """
    known = spec(model)
    if known is None:
        return []
    return list(_warnings(known, values))


def _warnings(model: ModelSpec, values: Mapping[str, Any]) -> Iterator[str]:
    for wanted in model.inputs.values():
        given = values.get(wanted.name)
        if wanted.required and (given is None or given == "" or given == []):
            yield f"{short_name(model.name)} needs {wanted.name!r}, and none was given."
    for name, value in values.items():
        if name in model.inputs:
            yield from _about_value(model.inputs[name], value)
        elif model.complete:
            yield _about_unknown(model, name)
    custom = "custom" in model.ratios() and values.get("aspect_ratio") != "custom"
    if custom and (values.get("width") is not None or values.get("height") is not None):
        yield "'width' and 'height' count only with aspect_ratio=custom."


def _about_unknown(model: ModelSpec, name: str) -> str:
    short = short_name(model.name)
    others = [other for other in all_models().values() if name in other.inputs]
    if others and all(other.image_field == name for other in others):
        if model.image_field is None:
            return f"{short} takes no picture, so {name!r} will be refused or ignored."
        return f"{short} takes its picture as {model.image_field!r}, not {name!r}."
    if others and all(other.count_field == name for other in others):
        return f"{short} has no {name!r}: it makes one picture; use -n for more."
    near = nearest(name, model.inputs)
    remedy = f"did you mean {near!r}?" if near else "the service decides whether it takes it."
    return f"{short} has no input {name!r}; {remedy}"


def doubts(wanted: InputSpec, value: Any) -> list[str]:
    """Warnings about one value of an input, empty when its schema allows it."""
    return list(_about_value(wanted, value))


def _about_value(wanted: InputSpec, value: Any) -> Iterator[str]:
    name = wanted.name
    if value is None:
        return
    if not _fits(wanted.type, value):
        yield f"{name}={_shown(value)} should be {_WORDS[wanted.type]}."
    elif wanted.allowed and value not in wanted.allowed:
        # A word is near another by its letters; numbers and ratios are not.
        has_letters = any(letter.isalpha() for letter in value)
        near = nearest(value, wanted.allowed) if has_letters else None
        hint = f"did you mean {near!r}?" if near else f"allowed: {', '.join(wanted.allowed)}."
        yield f"{name}={_shown(value)} is not allowed; {hint}"
    elif wanted.type == "uri[]":
        if wanted.maximum is not None and len(value) > wanted.maximum:
            yield f"{name} takes at most {wanted.maximum:g} pictures, and {len(value)} were given."
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _about_number(wanted, value)


def _about_number(wanted: InputSpec, value: float) -> Iterator[str]:
    low = -math.inf if wanted.minimum is None else wanted.minimum
    high = math.inf if wanted.maximum is None else wanted.maximum
    if not low <= value <= high:
        yield f"{wanted.name}={_shown(value)} is out of range; allowed: {low:g} to {high:g}."
    elif wanted.multiple_of and value % wanted.multiple_of:
        step = wanted.multiple_of
        fitting = round(value / step) * step
        yield f"{wanted.name}={_shown(value)} is no multiple of {step}; {fitting:g} is."


_WORDS = {
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean, true or false",
    "uri": "a URL or a picture",
    "uri[]": "a list of pictures",
}


def _fits(kind: str, value: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and math.isfinite(value)
    if kind == "uri[]":
        return isinstance(value, (list, tuple))
    return isinstance(value, str)


def _shown(value: Any) -> str:
    """The value as typed, cut short: an input may be a whole picture as a data URI."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def with_negative(model: str, text: str) -> dict[str, Any]:
    """The input that says what should not be in the picture.

    Raises
    ------
    InputError
        When the model is known to have none; it names models that do.
    """
    known = spec(model)
    if known is None or not known.complete or "negative_prompt" in known.inputs:
        return {"negative_prompt": text}
    able = [short_name(m.name) for m in all_models().values() if "negative_prompt" in m.inputs]
    raise InputError(
        f"{short_name(model)} takes no negative prompt",
        f"Say what should be there instead, or use {', '.join(able)}",
    )
