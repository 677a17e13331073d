"""A model's inputs as people give them: text to a typed value, and warnings.

Warnings never stop a request: schemas drift, and the service has the last word.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
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
    if "custom" in model.ratios():
        sides = [side for side in ("width", "height") if values.get(side) is not None]
        is_custom = values.get("aspect_ratio") == "custom"
        if sides and not is_custom:
            yield "'width' and 'height' count only with aspect_ratio=custom."
        elif is_custom and len(sides) < 2:
            yield "aspect_ratio=custom needs 'width' and 'height': --size 1024x768 gives all three."


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
        meant = f': "{value}"' if str(value) in wanted.allowed else ""
        yield f"{name}={_shown(value)} should be {_WORDS[wanted.type]}{meant}."
    elif wanted.allowed and value not in wanted.allowed:
        yield f"{name}={_shown(value)} is not allowed; {_instead(value, wanted.allowed)}"
    elif wanted.type in ("uri", "uri[]"):
        yield from _about_pictures(wanted, value if wanted.type == "uri[]" else [value])
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _about_number(wanted, value)


def _instead(value: str, allowed: tuple[str, ...]) -> str:
    """The allowed value that is nearest: a word by its letters, a ratio or a number by its size."""
    if any(letter.isalpha() for letter in value):
        near = nearest(value, allowed)
        return f"did you mean {near!r}?" if near else f"allowed: {', '.join(allowed)}."
    size = _size(value)
    sizes = {one: found for one in allowed if (found := _size(one))}
    near = min(sizes, key=lambda one: abs(math.log(sizes[one] / size))) if size and sizes else None
    return f"{f'{near} is nearest; ' if near else ''}allowed: {', '.join(allowed)}."


def _size(text: str) -> float | None:
    """How much ``16:9`` or ``0.25`` is, None for what is neither."""
    first, colon, second = text.partition(":")
    try:
        size = float(first) / (float(second) if colon else 1.0)
    except (ValueError, ZeroDivisionError):
        return None
    return size if 0 < size < math.inf else None


def _about_pictures(wanted: InputSpec, pictures: Sequence[Any]) -> Iterator[str]:
    if wanted.maximum is not None and len(pictures) > wanted.maximum:
        yield f"{wanted.name} takes at most {wanted.maximum:g} pictures, not {len(pictures)}."
    for picture in pictures:
        if not str(picture).startswith(_PICTURES):
            yield f"{wanted.name}={_shown(picture)} is no URL; --image takes a file."
            return


def _about_number(wanted: InputSpec, value: float) -> Iterator[str]:
    low = -math.inf if wanted.minimum is None else wanted.minimum
    high = math.inf if wanted.maximum is None else wanted.maximum
    if not low <= value <= high:
        yield f"{wanted.name}={_shown(value)} is out of range; allowed: {low:g} to {high:g}."
    elif wanted.multiple_of and value % wanted.multiple_of:
        step = wanted.multiple_of
        fitting = round(value / step) * step
        yield f"{wanted.name}={_shown(value)} is no multiple of {step}; {fitting:g} is."


_PICTURES = ("https://", "http://", "data:", "comet:")
"""How a picture in a request begins: an address, the file itself, or a reference to one."""

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
        f"Say what should be there instead, or use {', '.join(able)} "
        "(-p negative_prompt=TEXT sends it all the same)",
    )


def with_pictures(model: str, pictures: Sequence[str]) -> dict[str, Any]:
    """The input that takes pictures.

    Parameters
    ----------
    model : str
        ``owner/name`` or an alias.
    pictures : sequence of str
        URLs or references, in order.

    Returns
    -------
    dict
        The model's own field name with one picture, or with a list where the model takes
        several; ``image`` for a model that is not known. Empty when there are no pictures.

    Raises
    ------
    InputError
        When the model is known to take none, which names models that do; or not so many.
    """
    if not pictures:
        return {}
    known, given = spec(model), len(pictures)
    most = _most_pictures(known) if known else 1
    if given <= most:
        name = known.image_field or "image" if known else "image"
        is_list = known is not None and known.inputs[name].type == "uri[]"
        return {name: list(pictures) if is_list else pictures[0]}
    if known is None:
        raise InputError(
            f"{model} is not known here, nor the input that takes {given} pictures",
            'Name it: -p input_images=\'["URL", "URL"]\'',
        )
    able = [short_name(m.name) for m in all_models().values() if _most_pictures(m) >= given]
    only = f"at most {most:g} picture{'s' * (most > 1)}, and {given} were given"
    raise InputError(
        f"{short_name(model)} takes {only if most else 'no picture'}",
        f"Models that do: {', '.join(able)}" if able else "Give fewer",
    )


def _most_pictures(model: ModelSpec) -> float:
    """How many pictures a model takes, as far as is known."""
    if model.image_field is None:
        return 0
    wanted = model.inputs[model.image_field]
    return 1 if wanted.type == "uri" else wanted.maximum or math.inf
