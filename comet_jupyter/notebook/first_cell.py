"""How a model's inputs are given in a cell, and a cell to begin with. Pure.

What the options do is in ``parsing``; this words it for one model.
"""

from __future__ import annotations

from typing import Any

from ..models import InputSpec, ModelSpec

_TELLING = ("guidance", "guidance_scale", "cfg", "raw", "output_format")
"""Inputs worth trying first; a model's first one of these stands in its example."""

_PLACE = {"integer": "NUMBER", "number": "NUMBER", "uri": "URL", "uri[]": "URL"}
"""What stands for a value of an input without default."""

_PROMPT = "a paper boat on a calm lake at sunrise"
_CHANGE = "make it a rainy evening, with lanterns along the shore"


def option(spec: ModelSpec, wanted: InputSpec) -> str:
    """What is typed in a cell for an input; backticks around it."""
    name = wanted.name
    if name == "prompt":
        return "the text below `%%comet`"
    if name == "seed":
        return "`--seed 7`"
    if name == "aspect_ratio":
        return "`--ar 16:9`"
    if name in ("width", "height") and spec.has_size:
        return "`--size 1344x768`"
    if name == "negative_prompt":
        return '`--no "fog, text"`'
    if name == spec.image_field:
        return "`--image boat.png`" + (", repeatable" if wanted.type == "uri[]" else "")
    return f"`{_param(wanted, wanted.default)}`"


def remarks(spec: ModelSpec) -> list[str]:
    """What else the options of a cell mean for a model."""
    said = ["`-n 4` asks four times: every picture has a seed of its own"]
    if spec.count_field:
        said[0] += f"; `-p {spec.count_field}=4` asks once for four"
    said += filter(None, (_sizes(spec), _numbers_as_text(spec), _not_taken(spec)))
    if not spec.complete:
        said.append("not all of its inputs are documented: others are sent as they are")
    said.append("what does not fit is warned of before it is sent; the service decides")
    return said


def _sizes(spec: ModelSpec) -> str:
    ratios = spec.ratios()
    if spec.has_size and not ratios:
        return "`--ar 16:9` sets width and height: 1344 × 768"
    if spec.has_size:
        return "`--size` and other ratios set aspect_ratio=custom, width and height"
    if ratios:
        return "`--size` takes the size of a ratio at one megapixel: 1344x768 is 16:9"
    return ""


def _numbers_as_text(spec: ModelSpec) -> str:
    for wanted in spec.inputs.values():
        number = next((value for value in wanted.allowed if value.isdecimal()), None)
        if wanted.type == "string" and number is not None:
            return f'`-p {wanted.name}={number}` is sent as the text "{number}", as it must be'
    return ""


def _not_taken(spec: ModelSpec) -> str:
    missing = []
    if spec.image_field is None:
        missing.append("no picture (`--image`)")
    if spec.complete and "negative_prompt" not in spec.inputs:
        missing.append("no negative prompt (`--no`)")
    return f"it takes {' and '.join(missing)}" if missing else ""


def cell(spec: ModelSpec, name: str) -> str:
    """A cell that works as it is, with an option or two that are worth changing.

    Parameters
    ----------
    spec : ModelSpec
    name : str
        What to call the model.
    """
    words = ["%%comet", name]
    ratio = spec.inputs.get("aspect_ratio")
    changes = ratio is not None and ratio.default == "match_input_image"
    if changes:
        words.append("--image boat.png")
    elif ratio is not None:
        words.append("--ar 16:9")
    elif spec.has_size:
        words.append("--size 1344x768")
    telling = next((spec.inputs[one] for one in _TELLING if one in spec.inputs), None)
    if telling is not None:
        words.append(_param(telling, _another(telling)))
    return f"{' '.join(words)}\n{_CHANGE if changes else _PROMPT}"


def plain_cell(model: str) -> str:
    """A cell for a model of which nothing is known."""
    return f"%%comet {model}\n{_PROMPT}"


def _param(wanted: InputSpec, value: Any) -> str:
    """``-p NAME=VALUE``, in quotation marks where it has a blank."""
    if value is None:
        value = _PLACE.get(wanted.type, "TEXT")
    elif isinstance(value, bool):
        value = str(value).lower()
    text = f"{wanted.name}={value}"
    return f'-p "{text}"' if " " in text else f"-p {text}"


def _another(wanted: InputSpec) -> Any:
    """A value that is allowed and, where that is easily found, not the default."""
    if wanted.type == "boolean":
        return not wanted.default
    return next((one for one in reversed(wanted.allowed) if one != wanted.default), wanted.default)
