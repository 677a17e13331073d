"""Noise that belongs to a seed, and what it makes of a surface: grain, clouding, strokes, paper.

Grey images only, middle grey where nothing happens; the media put them to use.
"""

from __future__ import annotations

import math
from hashlib import shake_256

from PIL import Image, ImageChops, ImageFilter

__all__ = ["clouding", "grain", "inside", "levels", "streaks", "textured", "wavering"]

Size = tuple[int, int]


def grain(size: Size, seed: int, name: str) -> Image.Image:
    """A pixel of noise for every pixel, from 0 to 255."""
    # a hash is the same everywhere, and much faster than a draw for every pixel
    data = shake_256(f"{seed}/{name}".encode()).digest(size[0] * size[1])
    return Image.frombytes("L", size, data)


def clouding(size: Size, cells: float, seed: int, name: str) -> Image.Image:
    """Soft noise with so many patches along the shorter side."""
    patch = min(size) / cells
    few = (max(2, math.ceil(size[0] / patch)), max(2, math.ceil(size[1] / patch)))
    return grain(few, seed, name).resize(size, Image.Resampling.BICUBIC)


def streaks(
    size: Size, length: float, thickness: float, angle: float, seed: int, name: str
) -> Image.Image:
    """Noise drawn out into strokes; lengths in pixels, ``angle`` in radians."""
    across = math.hypot(*size)
    few = (math.ceil(across / length) + 2, math.ceil(across / thickness) + 2)
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = size[0] / 2, size[1] / 2
    turned = (
        cos / length, sin / length, few[0] / 2 - (x * cos + y * sin) / length,
        -sin / thickness, cos / thickness, few[1] / 2 - (y * cos - x * sin) / thickness,
    )  # fmt: skip
    noise = grain(few, seed, name)
    return noise.transform(size, Image.Transform.AFFINE, turned, Image.Resampling.BILINEAR)


def inside(size: Size, cells: int) -> Image.Image:
    """Black along the border and white inside; the border is two cells of the shorter side wide."""
    few = (max(5, round(size[0] * cells / min(size))), max(5, round(size[1] * cells / min(size))))
    ramp = Image.new("L", few)
    ramp.paste(255, (2, 2, few[0] - 2, few[1] - 2))
    return ramp.filter(ImageFilter.BoxBlur(1.5)).resize(size, Image.Resampling.BICUBIC)


def levels(image: Image.Image, low: float, high: float) -> Image.Image:
    """A grey image with 0 and 255 moved to other values, and all between them in proportion."""
    return image.point(
        [min(255, max(0, round(low + (high - low) * value / 255))) for value in range(256)]
    )


def textured(image: Image.Image, texture: Image.Image, strength: float) -> Image.Image:
    """The picture made lighter and darker by a texture, ``strength`` levels at most."""
    shift = levels(texture, 128 - strength, 128 + strength)
    if image.mode == "RGB":
        shift = Image.merge("RGB", (shift, shift, shift))
    return ImageChops.add(image, shift, 1, -128)


def wavering(image: Image.Image, reach: float, seed: int, cells: int) -> Image.Image:
    """The picture with its outlines moved by up to ``reach`` pixels, smoothly, here and there."""
    width, height = image.size
    patch = max(2.0, min(image.size) / cells / 3)
    columns, rows = max(1, round(width / patch)), max(1, round(height / patch))
    # a third as many draws as corners: the way between two of them is a curve
    few = (columns // 3 + 2, rows // 3 + 2)
    grid = (columns + 1, rows + 1)
    across, down = (
        grain(few, seed, name).resize(grid, Image.Resampling.BICUBIC).tobytes()
        for name in ("across", "down")
    )

    def corner(column: int, row: int) -> tuple[float, float]:
        at = row * (columns + 1) + column
        x, y = column * width / columns, row * height / rows
        if 0 < column < columns:
            x += (across[at] / 127.5 - 1) * reach
        if 0 < row < rows:
            y += (down[at] / 127.5 - 1) * reach
        return x, y

    mesh = []
    for row in range(rows):
        for column in range(columns):
            left, right = (round((column + step) * width / columns) for step in (0, 1))
            top, bottom = (round((row + step) * height / rows) for step in (0, 1))
            quad = (
                *corner(column, row),
                *corner(column, row + 1),
                *corner(column + 1, row + 1),
                *corner(column + 1, row),
            )
            mesh.append(((left, top, right, bottom), quad))
    return image.transform(image.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
