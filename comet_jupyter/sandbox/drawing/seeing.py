"""What a picture shows, found without knowing how it was made: horizon, sky, sun, colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PIL import Image, ImageFilter

from .colour import Colour, mix
from .palette import Palette

__all__ = ["Disc", "Sky", "horizon_of", "hue_standing_out", "palette_of", "sky_of", "sun_of"]

Cell = tuple[int, int]

_FEW = 72


@dataclass(frozen=True)
class Sky:
    """Where the sky is: grey images of the picture's size, white where it is."""

    whole: Image.Image
    """All of it, with what floats in it and what fades into it."""
    upper: Image.Image
    """The same without what is near the horizon."""
    clear: Image.Image
    """Where neither clouds nor mountains stand before it."""


@dataclass(frozen=True)
class Disc:
    """A sun or a moon, in pixels."""

    x: float
    y: float
    radius: float


def horizon_of(image: Image.Image) -> float:
    """The height of the strongest horizontal edge, from 0 at the top to 1: a horizon, if any."""
    rows = 100
    small = image.convert("L").resize((24, rows), Image.Resampling.BOX).tobytes()

    def step(row: int) -> int:
        # columns that agree count more than one that jumps
        jumps = [abs(small[(row + 1) * 24 + x] - small[(row - 1) * 24 + x]) for x in range(24)]
        return sum(sorted(jumps)[4:20])

    row = max(range(42, 78), key=lambda row: (step(row), -row))
    return row / rows


def sky_of(image: Image.Image, horizon: float) -> Sky | None:
    """The sky: what is reached from the top without crossing an edge; None if hardly anything."""
    columns, rows = _FEW, max(8, round(_FEW * image.height / image.width))
    small = image.resize((columns, rows), Image.Resampling.BOX)
    colours = list(zip(*(band.tobytes() for band in small.split()), strict=True))
    last = round(rows * min(0.8, horizon + 0.03))

    def reached(step: int) -> set[Cell]:
        def alike(cell: Cell, other: Cell) -> bool:
            if not (0 <= other[0] < columns and 0 <= other[1] < last):
                return False
            one, two = (colours[y * columns + x] for x, y in (cell, other))
            return bool(sum(abs(a - b) for a, b in zip(one, two, strict=True)) < step)

        return _flooded([(x, 0) for x in range(columns)], alike)

    found = reached(34)
    # what floats in the sky belongs to it: everything above the lowest place that is reached
    lowest = [max((y for x, y in found if x == column), default=0) for column in range(columns)]
    if sum(lowest) < 0.16 * columns * rows:
        return None
    calm = reached(15)
    above = [y <= lowest[x] for y in range(rows) for x in range(columns)]
    free = [(x, y) in calm for y in range(rows) for x in range(columns)]
    soft = max(1.0, rows * 0.16)

    def mask(cells: list[bool], end: float) -> Image.Image:
        # where it ends because the land begins, not because an edge was met, it fades
        fade = [min(255, max(0, round(255 * (end - y) / soft))) for y in range(rows)]
        image_of = Image.new("L", (columns, rows))
        image_of.putdata([fade[at // columns] if is_in else 0 for at, is_in in enumerate(cells)])
        return image_of.resize(image.size, Image.Resampling.BICUBIC)

    return Sky(mask(above, last), mask(above, 0.85 * last), mask(free, 0.85 * last))


def _flooded(starts: Iterable[Cell], goes: Callable[[Cell, Cell], bool]) -> set[Cell]:
    """All cells that are reached from some, over neighbours that one goes to."""
    reached = set(starts)
    edge = list(reached)
    while edge:
        x, y = cell = edge.pop()
        for other in ((x - 1, y), (x + 1, y), (x, y + 1), (x, y - 1)):
            if other not in reached and goes(cell, other):
                reached.add(other)
                edge.append(other)
    return reached


def sun_of(image: Image.Image, sky: Sky) -> Disc | None:
    """The sun or the moon that stands in the sky: round, bright, neither small nor large."""
    columns, rows = 96, max(8, round(96 * image.height / image.width))
    grey = image.convert("L").resize((columns, rows), Image.Resampling.BOX)
    around = grey.filter(ImageFilter.BoxBlur(14)).tobytes()
    light, above = grey.tobytes(), sky.whole.resize((columns, rows)).tobytes()
    glaring = {
        (at % columns, at // columns)
        for at, value in enumerate(light)
        if value > 205 and value > around[at] + 12 and above[at] > 128
    }

    def is_glaring(_: Cell, other: Cell) -> bool:
        return other in glaring

    best: Disc | None = None
    scale = image.width / columns
    while glaring:
        blob = _flooded([next(iter(glaring))], is_glaring)
        brightest = max(light[y * columns + x] for x, y in blob)
        core = [(x, y) for x, y in blob if light[y * columns + x] > brightest - 12]
        xs, ys = [x for x, _ in core], [y for _, y in core]
        wide, tall = max(xs) - min(xs) + 1, max(ys) - min(ys) + 1
        is_round = 0.6 < wide / tall < 1.7 and len(core) > 0.62 * wide * tall
        if is_round and 3 <= max(wide, tall) <= 24:
            x, y = ((sum(places) / len(core) + 0.5) * scale for places in (xs, ys))
            disc = Disc(x, y, max(wide, tall) / 2 * scale)
            best = disc if best is None or disc.radius > best.radius else best
        glaring -= blob
    return best


def palette_of(image: Image.Image) -> Palette:
    """The palette that a picture would have been painted with."""
    small = image.resize((24, 24), Image.Resampling.BOX)
    colours = list(zip(*(band.tobytes() for band in small.split()), strict=True))

    def mean(top: int, bottom: int) -> Colour:
        part = colours[top * 24 : bottom * 24]
        r, g, b = (round(sum(band) / len(part)) for band in zip(*part, strict=True))
        return r, g, b

    by_light = sorted(colours, key=lambda colour: sum(colour))
    vivid = max(colours, key=lambda colour: (max(colour) - min(colour), sum(colour)))
    light = sum(sum(colour) for colour in colours) / (len(colours) * 3 * 255)
    sky = sorted((mean(0, 3), mean(3, 6), mean(6, 9), mean(9, 13)), key=sum)
    return Palette(
        "a picture's",
        (sky[0], sky[1], sky[2], mix(sky[3], by_light[-30], 0.35)),
        by_light[-6],
        mean(11, 16),
        by_light[24],
        mean(16, 22),
        vivid,
        min(1.0, max(0.3, 0.15 + 1.4 * light)),
    )


def hue_standing_out(image: Image.Image, sky: Sky | None) -> int:
    """The hue, 0 to 255, of what is most colourful and rare."""
    few = (120, 120)
    small = image.resize(few, Image.Resampling.BOX).convert("HSV")
    above = sky.whole.resize(few).tobytes() if sky is not None else bytes(120 * 120)
    counts, vivid = [0] * 16, [0] * 16
    bands = (band.tobytes() for band in small.split())
    for hue, colourful, light, open_sky in zip(*bands, above, strict=True):
        if colourful > 80 and light > 60 and open_sky < 128:
            counts[hue // 16] += 1
            vivid[hue // 16] += colourful * light
    total = 120 * 120

    def score(at: int) -> float:
        rare = max(0.0, 1 - 3 * counts[at] / total) ** 2
        return vivid[at] / counts[at] * (0.02 + rare) if counts[at] > total * 0.001 else 0.0

    return max(range(16), key=score) * 16 + 8
