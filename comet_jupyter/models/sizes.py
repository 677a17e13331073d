"""Aspect ratios and sizes, in the model's own field names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from ..errors import InputError
from .specs import ModelSpec, data, short_name, spec

_MEGAPIXEL = 1024 * 1024
_STEP = 16
"""Pixels: latent models take multiples of 8 or 16 where they document none."""
_RATIO = re.compile(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*")
_SIZE = re.compile(r"\s*(\d{1,5})\s*[xX×]\s*(\d{1,5})\s*")


def size_of(ratio: str, *, step: int = _STEP) -> tuple[int, int]:
    """Width and height in pixels at about 1 megapixel.

    Parameters
    ----------
    ratio : str
        ``W:H``. The usual ones have the sizes that models are trained on; others get the
        exact ratio where multiples of `step` allow it, else the nearest.
    step : int
        Pixels; both sides are multiples of it.

    Raises
    ------
    InputError
        When `ratio` is not two whole numbers, or is beyond 16:1.
    """
    known = _named(ratio, data()["sizes"])
    if known:
        width, height = data()["sizes"][known]
        return width, height
    return _computed(ratio, step, math.inf, math.inf)


def with_ratio(model: str, ratio: str) -> dict[str, Any]:
    """The inputs that give the aspect ratio `ratio`.

    Parameters
    ----------
    model : str
        ``owner/name`` or an alias.
    ratio : str
        ``W:H``, or a word the model allows, ``match_input_image`` for example.

    Returns
    -------
    dict
        ``aspect_ratio``, or ``width`` and ``height``, or all three, as the model has them.

    Raises
    ------
    InputError
        When the model cannot; it lists what is allowed.
    """
    known = spec(model)
    ratio = ratio.strip()
    allowed = known.ratios() if known else ()
    if ratio in allowed and ratio != "custom":
        return {"aspect_ratio": ratio}
    width, height = _parse_ratio(ratio, allowed)
    if known is None or not (allowed or known.has_size):
        return {"aspect_ratio": f"{width}:{height}"}
    same = _named(ratio, allowed)
    if same:
        return {"aspect_ratio": same}
    if known.has_size and (not allowed or "custom" in allowed):
        return _sized(known, *_fitted(known, ratio))
    return {"aspect_ratio": f"{width}:{height}"}  # `check` warns, and the service decides


def with_size(model: str, size: str) -> dict[str, Any]:
    """The inputs that give a picture of `size`.

    Parameters
    ----------
    model : str
        ``owner/name`` or an alias.
    size : str
        ``WxH`` in pixels.

    Returns
    -------
    dict
        ``width`` and ``height`` as given; for a model that has ratios only, the ratio that
        makes exactly this size.

    Raises
    ------
    InputError
        When `size` is not ``WxH``, or the model cannot make it; it says what is possible.
    """
    found = _SIZE.fullmatch(size)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not width or not height:
        raise InputError(f"{size[:40]!r} is not a size", "Write WxH in pixels, such as 1344x768")
    known = spec(model)
    if known is None or known.has_size:
        return _sized(known, width, height)
    allowed = known.ratios()
    if not allowed:
        return {"width": width, "height": height}
    sizes = {ratio: size_of(ratio) for ratio in allowed if ":" in ratio}
    for ratio, possible in sizes.items():
        if possible == (width, height):
            return {"aspect_ratio": ratio}
    shown = ", ".join(f"{w}x{h} ({ratio})" for ratio, (w, h) in sizes.items())
    raise InputError(f"{short_name(model)} cannot make {width}x{height}", f"Possible: {shown}")


def _sized(model: ModelSpec | None, width: int, height: int) -> dict[str, Any]:
    custom = model is not None and "custom" in model.ratios()
    return {**({"aspect_ratio": "custom"} if custom else {}), "width": width, "height": height}


def _parse_ratio(ratio: str, allowed: tuple[str, ...] = ()) -> tuple[int, int]:
    found = _RATIO.fullmatch(ratio)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if width and height:
        return width, height
    words = [word for word in allowed if word != "custom"]
    raise InputError(
        f"{ratio[:40]!r} is not an aspect ratio",
        f"Allowed: {', '.join(words)}" if words else "Write W:H, for example 16:9",
    )


def _named(ratio: str, names: Iterable[str]) -> str | None:
    """The one of `names` that is the same ratio: 42:18 and 7:3 are 21:9."""
    width, height = _parse_ratio(ratio)
    for name in names:
        found = _RATIO.fullmatch(name)
        if found and int(found[1]) * height == int(found[2]) * width:
            return name
    return None


def _computed(ratio: str, step: int, max_width: float, max_height: float) -> tuple[int, int]:
    """About 1 megapixel within the limits, in multiples of `step`."""
    width, height = _parse_ratio(ratio)
    if max(width, height) > 16 * min(width, height):
        raise InputError(f"the aspect ratio {ratio} is too extreme", "Stay within 16:1 and 1:16")
    unit = min(math.sqrt(_MEGAPIXEL / (width * height)), max_width / width, max_height / height)
    divisor = math.gcd(width, height)
    exact = step * round(unit * divisor / step)
    across, down = exact * width // divisor, exact * height // divisor
    wanted = unit * unit * width * height
    if 0.8 * wanted < across * down < 1.25 * wanted and across <= max_width and down <= max_height:
        return across, down
    return _snap(width * unit, step), _snap(height * unit, step)


def _fitted(model: ModelSpec, ratio: str) -> tuple[int, int]:
    """The size of `ratio` within the model's limits for width and height."""
    width, height = model.inputs["width"], model.inputs["height"]
    step = width.multiple_of or _STEP
    most_wide = math.inf if width.maximum is None else width.maximum
    most_high = math.inf if height.maximum is None else height.maximum
    wide, high = size_of(ratio, step=step)
    if wide > most_wide or high > most_high:
        wide, high = _computed(ratio, step, most_wide, most_high)
    if wide < (width.minimum or 0) or high < (height.minimum or 0):
        raise InputError(
            f"{short_name(model.name)} cannot make a picture of {ratio}",
            f"Its sides go from {width.minimum:g} to {most_wide:g} pixels",
        )
    return wide, high


def _snap(pixels: float, step: int) -> int:
    return max(step, step * round(pixels / step))
