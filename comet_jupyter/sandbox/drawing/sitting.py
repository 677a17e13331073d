"""Animals that sit with their backs to us and look at the scene."""

from __future__ import annotations

import math

from .canvas import Point, circle, closed, curve, ellipse, placed, stroke
from .colour import Colour, hexed, mix
from .stage import Stage

__all__ = ["SITTING", "paint_sitting"]


def _both(points: list[Point]) -> list[Point]:
    """A right half from top to bottom, completed by its mirror image."""
    return points + [(-x, y) for x, y in reversed(points)]


_BODY = closed(
    _both([(0.0, 0.72), (0.14, 0.7), (0.25, 0.5), (0.33, 0.24), (0.32, 0.06), (0.2, 0.0)]), 6
)
_LEAN_BODY = closed(
    _both([(0.0, 0.78), (0.13, 0.76), (0.22, 0.55), (0.3, 0.26), (0.3, 0.06), (0.18, 0.0)]), 6
)

SITTING: dict[str, tuple[str, ...]] = {
    "cat": ("#e8964a", "#4a4653", "#f0e6da", "#8a6a58", "#2f2d38"),
    "dog": ("#c98d55", "#f0dcc0", "#7d5a45", "#e0b27a"),
    "fox": ("#e0702f", "#d9622b"),
    "rabbit": ("#e9ddd0", "#b99a82", "#f6efe8", "#8f8078"),
}
"""The animals that sit, with their natural colours."""


def paint_sitting(
    stage: Stage, kind: str, x: float, foot: float, size: float, asked: Colour | None
) -> None:
    """A cat, dog, fox or rabbit, seen from behind."""
    chance, palette, canvas = stage.chance(kind), stage.palette, stage.canvas
    natural = chance.pick([hexed(colour) for colour in SITTING[kind]])
    fur = palette.lit(mix(asked, natural, 0.35) if asked else natural)
    dark, bright = mix(fur, palette.near, 0.38), mix(fur, palette.light, 0.4)
    turn = chance.sign()
    white = palette.lit(hexed("#fbf6ee"))

    def put(points: list[Point], fill: Colour | tuple[Colour, ...], alpha: float = 1.0) -> None:
        canvas.shape(placed(points, x, foot, size, turn), fill, alpha)

    put(ellipse(0, 0.0, 0.52, 0.05), palette.near, 0.35)
    body = (mix(fur, bright, 0.2), fur, dark)
    ear, inner = mix(fur, dark, 0.35), mix(fur, hexed("#f2a49a"), 0.4)
    if kind == "cat":
        tail = curve([(0.2, 0.07), (0.5, 0.04), (0.68, 0.16), (0.62, 0.36), (0.7, 0.5)], 10)
        put(stroke(tail, 0.115, 0.75), (fur, dark))
        put(circle(0.7, 0.5, 0.045), bright)
        put(_BODY, body)
        put(_both([(0.0, 1.05), (0.09, 1.06), (0.17, 1.24), (0.235, 1.02)]), ear)
        put(ellipse(0, 0.88, 0.235, 0.2), (mix(fur, bright, 0.3), fur))
        for level, half in ((0.97, 0.055), (0.93, 0.09)):
            put(
                stroke(curve([(-half, level), (0, level + 0.015), (half, level)]), 0.022), dark, 0.7
            )
        for level in (0.3, 0.42, 0.54):
            put(stroke(curve([(-0.1, level), (0, level + 0.03), (0.1, level)]), 0.03), dark, 0.6)
    elif kind == "dog":
        tail = curve([(0.24, 0.12), (0.46, 0.16), (0.58, 0.36), (0.5, 0.5)], 10)
        put(stroke(tail, 0.12, 0.45), (bright, fur))
        put(_LEAN_BODY, body)
        put(ellipse(0, 0.93, 0.2, 0.2), (mix(fur, bright, 0.3), fur))
        flap = closed(
            [(0.12, 1.08), (0.25, 1.06), (0.34, 0.88), (0.28, 0.74), (0.2, 0.82), (0.16, 0.96)]
        )
        put(flap, (ear, dark))
        put([(-px, py) for px, py in flap], (ear, dark))
        collar = closed(_both([(0.0, 0.75), (0.14, 0.77), (0.16, 0.71), (0.0, 0.68)]), 4)
        put(collar, stage.palette.lit(stage.palette.accent))
    elif kind == "fox":
        brush = closed(
            [
                (0.14, 0.03),
                (0.42, -0.02),
                (0.74, 0.1),
                (0.86, 0.34),
                (0.8, 0.56),
                (0.66, 0.42),
                (0.44, 0.3),
                (0.2, 0.22),
            ]
        )
        put(brush, (bright, fur, dark))
        put(closed([(0.86, 0.34), (0.8, 0.58), (0.66, 0.42), (0.74, 0.36)]), white)
        put(_LEAN_BODY, body)
        put(_both([(0.0, 1.06), (0.06, 1.07), (0.2, 1.34), (0.25, 1.02)]), ear)
        put(
            [(0.16, 1.26), (0.2, 1.34), (0.215, 1.24)],
            hexed("#3a2c2c"),
            0.85,
        )
        put([(-0.16, 1.26), (-0.2, 1.34), (-0.215, 1.24)], hexed("#3a2c2c"), 0.85)
        put(
            closed(_both([(0.0, 1.1), (0.14, 1.07), (0.27, 0.9), (0.14, 0.78), (0.0, 0.75)]), 6),
            (mix(fur, bright, 0.3), fur),
        )
    else:
        for side in (-1, 1):
            long = closed(
                [
                    (0.03 * side, 1.0),
                    (0.02 * side, 1.28),
                    (0.1 * side, 1.5),
                    (0.18 * side, 1.36),
                    (0.15 * side, 1.0),
                ]
            )
            put(long, (fur, ear))
            put([(px * 0.72 + 0.028 * side, py * 0.86 + 0.165) for px, py in long], inner, 0.7)
        put(_BODY, body)
        put(ellipse(0, 0.9, 0.2, 0.2), (mix(fur, bright, 0.3), fur))
        put(circle(0, 0.1, 0.11), white)
    # the edge that the light catches
    side = (1 if stage.sun[0] > x else -1) * turn
    body_edge = _LEAN_BODY if kind in {"dog", "fox"} else _BODY
    edge = [point for point in body_edge if point[0] * side > 0.1 and 0.08 < point[1] < 0.66]
    last = len(edge) - 1
    inset = [
        (px - side * 0.055 * math.sin(math.pi * at / last), py) for at, (px, py) in enumerate(edge)
    ]
    put([*edge, *reversed(inset)], bright, 0.55)
