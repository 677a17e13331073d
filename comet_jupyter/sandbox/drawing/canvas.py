"""Shapes with smooth edges, gradients and glows on a Pillow image: nothing that knows a scene.

Pillow draws polygons without anti-aliasing. So each shape is drawn some times larger into a mask
of its own bounding box, reduced, and its colour is pasted through it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw, ImageFilter

from .colour import Colour, ramp

__all__ = [
    "Canvas",
    "Fill",
    "Point",
    "Polygon",
    "box",
    "circle",
    "closed",
    "curve",
    "ellipse",
    "placed",
    "stroke",
]

Point = tuple[float, float]
Polygon = Sequence[Point]
"""An outline, or a line, by its points."""
Fill = Colour | tuple[Colour, ...]
"""One colour, or several from top to bottom of the shape."""

_RADIAL_SIZE = 256
Box = tuple[int, int, int, int]


class Canvas:
    """An RGB picture being painted; positions and lengths are in pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width, height))

    def gradient(
        self, stops: Sequence[Colour], top: float = 0, bottom: float | None = None
    ) -> None:
        """Fill all rows between two heights with a gradient."""
        first, last = round(top), round(self.height if bottom is None else bottom)
        if last > first:
            band = _column(tuple(stops), (self.width, last - first))
            self.image.paste(band, (0, first))

    def shape(self, polygon: Polygon, fill: Fill, alpha: float = 1.0, soft: float = 0.0) -> None:
        """Paint a polygon; ``alpha`` is 0 to 1, ``soft`` the blur of its edge."""
        self.shapes([polygon], fill, alpha, soft)

    def shapes(
        self, polygons: Iterable[Polygon], fill: Fill, alpha: float = 1.0, soft: float = 0.0
    ) -> None:
        """Paint several polygons as one shape: where they overlap, nothing shows."""
        drawn = [polygon for polygon in polygons if len(polygon) > 2]
        box = self._box(drawn, soft * 3)
        if box is None:
            return
        mask = _mask(drawn, box, soft)
        if alpha < 1:
            mask = mask.point([round(value * alpha) for value in range(256)])
        self.paste(fill, mask, box)

    def paste(self, fill: Fill, mask: Image.Image, box: Box) -> None:
        """Paint a box through a mask of its size."""
        if isinstance(fill[0], tuple):
            stops = tuple(stop for stop in fill if isinstance(stop, tuple))
            self.image.paste(_column(stops, mask.size), box, mask)
        else:
            self.image.paste(fill, box, mask)

    def line(
        self, points: Polygon, thickness: float, fill: Fill, alpha: float = 1.0, end: float = 1.0
    ) -> None:
        """Paint a line, which tapers to ``end`` times its thickness."""
        self.shape(stroke(points, thickness, end), fill, alpha)

    def glow(
        self, x: float, y: float, radius: float, colour: Colour, strength: float, power: float = 2.0
    ) -> None:
        """Let a point shine: strongest in its middle, gone at the radius."""
        size = max(2, round(radius * 2))
        # the gradient grows from 0 in the middle to 255 at the middle of each side
        table = [
            round(255 * strength * (1 - min(1.0, value / 180)) ** power) for value in range(256)
        ]
        radial = Image.radial_gradient("L").point(table)
        left, top = round(x - size / 2), round(y - size / 2)
        box = (
            max(0, left),
            max(0, top),
            min(self.width, left + size),
            min(self.height, top + size),
        )
        if box[0] >= box[2] or box[1] >= box[3]:
            return
        scale = _RADIAL_SIZE / size
        part = ((box[0] - left) * scale, (box[1] - top) * scale,
                (box[2] - left) * scale, (box[3] - top) * scale)  # fmt: skip
        shown = (box[2] - box[0], box[3] - box[1])
        mask = radial.resize(shown, Image.Resampling.BILINEAR, box=part)
        self.image.paste(colour, box, mask)

    def _box(self, polygons: Sequence[Polygon], margin: float) -> Box | None:
        if not polygons:
            return None
        xs = [point[0] for polygon in polygons for point in polygon]
        ys = [point[1] for polygon in polygons for point in polygon]
        left, top = math.floor(min(xs) - margin), math.floor(min(ys) - margin)
        right, bottom = math.ceil(max(xs) + margin), math.ceil(max(ys) + margin)
        box = (max(0, left), max(0, top), min(self.width, right), min(self.height, bottom))
        return box if box[0] < box[2] and box[1] < box[3] else None


def _column(stops: tuple[Colour, ...], size: tuple[int, int]) -> Image.Image:
    count = min(size[1], 96)
    strip = Image.new("RGB", (1, count))
    strip.putdata(ramp(stops, count))
    return strip.resize(size, Image.Resampling.BILINEAR)


def _mask(polygons: Sequence[Polygon], box: Box, soft: float) -> Image.Image:
    width, height = box[2] - box[0], box[3] - box[1]
    if soft > 3:
        # a blurred edge hides the pixels: draw it small, which is also the faster blur
        step = max(1, int(soft / 2))
        size = (max(1, width // step), max(1, height // step))
        scale = (size[0] / width, size[1] / height)
        small = _filled(polygons, box, size, scale)
        blurred = small.filter(ImageFilter.GaussianBlur(soft / step))
        return blurred.resize((width, height), Image.Resampling.BICUBIC)
    over = 4 if width * height < 120_000 else 3 if width * height < 260_000 else 2
    large = _filled(polygons, box, (width * over, height * over), (over, over))
    mask = large.reduce(over)
    return mask.filter(ImageFilter.GaussianBlur(soft)) if soft else mask


def _filled(
    polygons: Sequence[Polygon], box: Box, size: tuple[int, int], scale: tuple[float, float]
) -> Image.Image:
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    across, down = scale
    left, top = box[0], box[1]
    for polygon in polygons:
        draw.polygon([((x - left) * across, (y - top) * down) for x, y in polygon], fill=255)
    return mask


def ellipse(x: float, y: float, across: float, down: float, turn: float = 0.0) -> list[Point]:
    """A closed ellipse by its half axes, turned clockwise by ``turn`` radians."""
    count = max(16, min(90, int(max(across, down) * 1.2)))
    cos, sin = math.cos(turn), math.sin(turn)
    points = []
    for at in range(count):
        angle = math.tau * at / count
        px, py = across * math.cos(angle), down * math.sin(angle)
        points.append((x + px * cos - py * sin, y + px * sin + py * cos))
    return points


def box(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """An upright rectangle by its edges."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def circle(x: float, y: float, radius: float) -> list[Point]:
    """A closed circle."""
    return ellipse(x, y, radius, radius)


def curve(points: Polygon, detail: int = 8) -> list[Point]:
    """A smooth open line through points (Catmull-Rom)."""
    return [*_spline([points[0], *points, points[-1]], detail), points[-1]]


def closed(points: Polygon, detail: int = 8) -> list[Point]:
    """A smooth closed outline through points (Catmull-Rom)."""
    return _spline([points[-1], *points, points[0], points[1]], detail)


def _spline(points: Polygon, detail: int) -> list[Point]:
    result = []
    for (ax, ay), (bx, by), (cx, cy), (dx, dy) in zip(
        points, points[1:], points[2:], points[3:], strict=False
    ):
        for step in range(detail):
            t = step / detail
            a, b = -0.5 * t**3 + t**2 - 0.5 * t, 1.5 * t**3 - 2.5 * t**2 + 1
            c, d = -1.5 * t**3 + 2 * t**2 + 0.5 * t, 0.5 * t**3 - 0.5 * t**2
            result.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
    return result


def stroke(points: Polygon, thickness: float, end: float = 1.0) -> list[Point]:
    """The outline of a line with a thickness, tapering to ``end`` times of it."""
    left, right = [], []
    last = len(points) - 1
    for at, (x, y) in enumerate(points):
        before, after = points[max(0, at - 1)], points[min(last, at + 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        length = math.hypot(dx, dy) or 1.0
        half = thickness / 2 * (1 + (end - 1) * at / max(1, last))
        left.append((x - dy / length * half, y + dx / length * half))
        right.append((x + dy / length * half, y - dx / length * half))
    return left + right[::-1]


def placed(points: Polygon, x: float, y: float, scale: float, mirror: int = 1) -> list[Point]:
    """A drawing with y upwards and its foot at (0, 0), put on the canvas."""
    return [(x + px * scale * mirror, y - py * scale) for px, py in points]
