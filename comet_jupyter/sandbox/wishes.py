"""What an input asks of its picture beyond prompt, seed and size: no pixels, no sockets.

Guidance, steps, negative prompt and input pictures, under the names that each model gives them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_to_bytes

from .catalogue import Model, step_count

__all__ = [
    "NO_WISHES",
    "UNSEEN",
    "Role",
    "Seen",
    "Wishes",
    "picture_bytes",
    "picture_inputs",
    "wishes",
]

Role = Literal["edit", "mix", "mood"]
"""An input picture is changed by the prompt, mixed with the drawing, or lends its colours."""


@dataclass(frozen=True)
class Wishes:
    """All of them at their defaults change nothing."""

    guidance: float = 0.0
    """-1 to 1; 0 is the model's default."""
    detail: float = 0.0
    """From the number of steps: -1 to 1; 0 is the model's default."""
    negative: str = ""
    picture: str | None = None
    """A data: URI, or an address that is never fetched."""
    role: Role = "edit"
    strength: float = 1.0
    """What the prompt counts for against the picture, or the picture for the colours: 0 to 1."""


@dataclass(frozen=True)
class Seen:
    """What a look at the input pictures of a create found."""

    size: tuple[int, int] | None = None
    """Pixels of the first one, if it was in the input itself."""
    flaw: str | None = None
    """Why the model cannot use them, if it cannot."""


NO_WISHES = Wishes()
"""A drawing of prompt and seed alone."""
UNSEEN = Seen()
"""There was no input picture to look at."""

_ROLES: Mapping[str, Role] = {
    "input_image": "edit",
    "input_images": "edit",
    "image": "mix",
    "image_prompt": "mood",
}
_GUIDANCE = ("guidance", "guidance_scale", "cfg")


def wishes(model: Model, given: Mapping[str, object]) -> Wishes:
    """The wishes of an accepted input; names that the model does not know are ignored."""
    known = {name: value for name, value in given.items() if name in model.inputs}
    pictures = picture_inputs(model, given)
    field, picture = next(iter(pictures), ("", None))
    role = _ROLES.get(field.partition(".")[0], "edit")
    negative = known.get("negative_prompt")
    return Wishes(
        guidance=_lean(_first(known, _GUIDANCE), model.guidance, offset=1.0, power=1.0),
        detail=_lean(step_count(model, given), model.steps, offset=0.0, power=0.6),
        negative=negative if isinstance(negative, str) else "",
        picture=picture,
        role=role,
        strength=_strength(model, known, role) if picture is not None else 1.0,
    )


def picture_inputs(model: Model, given: Mapping[str, object]) -> list[tuple[str, str]]:
    """The pictures of an accepted input, each with the name of its field."""
    found: list[tuple[str, str]] = []
    for name in _ROLES:
        value = given.get(name) if name in model.inputs else None
        if isinstance(value, str):
            found.append((name, value))
        elif isinstance(value, list):
            found += [(f"{name}.{at}", item) for at, item in enumerate(value)]
    return found


def picture_bytes(uri: str) -> bytes | None:
    """The file in a data: URI; None for an address.

    Raises
    ------
    ValueError
        The URI does not hold what it says.
    """
    if not uri.startswith("data:"):
        return None
    head, comma, body = uri.partition(",")
    if not comma:
        raise ValueError("a data: URI without a comma")
    if not head.endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(unquote_to_bytes(body) if "%" in body else body, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("its base64 is damaged") from None


def _first(known: Mapping[str, object], names: tuple[str, ...]) -> float | None:
    values = (known.get(name) for name in names)
    return next((float(value) for value in values if isinstance(value, (int, float))), None)


def _lean(value: float | None, default: float, *, offset: float, power: float) -> float:
    """How far a value is from the default, as a ratio: -1 far below, 0 at it, 1 far above."""
    if value is None or value == default:
        return 0.0
    ratio = float(((value + offset) / (default + offset)) ** power)
    return ratio - 1 if ratio < 1 else 1 - 1 / ratio


def _strength(model: Model, known: Mapping[str, object], role: Role) -> float:
    if role == "mix":
        value = known.get("prompt_strength", model.prompt_strength)
    else:
        # ultra can be told how much a picture counts, and thinks little of it; the others cannot
        told = "image_prompt_strength" in model.inputs
        value = known.get("image_prompt_strength", 0.1 if told else 0.8)
    return float(value) if isinstance(value, (int, float)) else 1.0
