"""What falls and flashes before the scene: rain, snow, fog, lightning, fireflies."""

from __future__ import annotations

from .canvas import Point, circle, stroke
from .colour import hexed, lighter, mix
from .land import paint_mist
from .stage import Stage

__all__ = ["paint_fireflies", "paint_lightning", "paint_weather"]


def paint_weather(stage: Stage) -> None:
    """Paint the weather in front of everything."""
    weather = stage.scene.weather
    if "fog" in weather:
        _fog(stage)
    if "rain" in weather or "storm" in weather:
        _rain(stage)
    if "snow" in weather:
        _snow(stage)


def _fog(stage: Stage) -> None:
    chance, unit = stage.chance("fog"), stage.unit
    pale = mix(stage.palette.haze, stage.palette.light, 0.25)
    for at in range(5):
        share = at / 4
        y = stage.horizon + (stage.height - stage.horizon) * (share * 0.62 - 0.14)
        y += unit * chance.between(-2, 2)
        paint_mist(stage, y, unit * chance.between(5, 8), 0.6 - 0.38 * share, pale)


def _rain(stage: Stage) -> None:
    chance, unit = stage.chance("rain"), stage.unit
    drops: tuple[list[list[Point]], list[list[Point]]] = ([], [])
    slant = chance.between(-0.28, 0.28)
    for _ in range(round(230 * stage.width * stage.height / (unit * 100) ** 2)):
        x, y, near = chance() * stage.width, chance() * stage.height, chance.happens(0.3)
        length = unit * (chance.between(4, 7) if near else chance.between(1.5, 3.5))
        thick = unit * (0.2 if near else 0.11)
        drops[near].append(stroke([(x, y), (x + slant * length, y + length)], thick, 0.4))
    pale = lighter(stage.palette.sky[3], 0.35)
    stage.canvas.shapes(drops[0], pale, 0.34)
    stage.canvas.shapes(drops[1], pale, 0.42)


def _snow(stage: Stage) -> None:
    chance, unit = stage.chance("snow"), stage.unit
    flakes: list[list[Point]] = []
    for _ in range(round(260 * stage.width * stage.height / (unit * 100) ** 2)):
        size = unit * (0.14 + 0.42 * chance() ** 3)
        flakes.append(circle(chance() * stage.width, chance() * stage.height, size))
    stage.canvas.shapes(flakes, hexed("#ffffff"), 0.85)
    for _ in range(9):
        x, y = chance() * stage.width, chance() * stage.height
        stage.canvas.glow(x, y, unit * chance.between(1.2, 2.6), hexed("#ffffff"), 0.7, 1.2)


def paint_lightning(stage: Stage) -> None:
    """A bolt from the clouds to the horizon."""
    chance, unit = stage.chance("lightning"), stage.unit
    x = stage.width - stage.focus + unit * chance.between(-8, 8)
    top = stage.horizon * 0.22
    path: list[Point] = [(x, top)]
    steps = 11
    for at in range(1, steps + 1):
        x += unit * chance.between(-3.6, 3.6)
        path.append((x, top + (stage.horizon - top) * at / steps))
    white = hexed("#fffbe6")
    middle = path[len(path) // 2]
    stage.canvas.glow(middle[0], middle[1], unit * 42, hexed("#d9e2ff"), 0.6)
    stage.canvas.shape(stroke(path, unit * 1.8, 0.5), hexed("#dfe6ff"), 0.5, soft=unit * 1.2)
    stage.canvas.shape(stroke(path, unit * 0.62, 0.25), white)
    for at in (3, 6):
        branch = [path[at]]
        side = chance.sign()
        for _ in range(4):
            px, py = branch[-1]
            branch.append(
                (px + side * unit * chance.between(0.8, 3), py + unit * chance.between(1.5, 3.2))
            )
        stage.canvas.shape(stroke(branch, unit * 0.34, 0.15), white, 0.9)


def paint_fireflies(stage: Stage) -> None:
    """A few warm points of light over the near ground at night."""
    chance, unit = stage.chance("fireflies"), stage.unit
    for _ in range(16):
        x = chance() * stage.width
        y = stage.height * chance.between(0.68, 0.97)
        warm = hexed("#ffe08a")
        stage.canvas.glow(x, y, unit * chance.between(1.0, 2.2), warm, 0.75, 1.5)
        stage.canvas.shape(circle(x, y, unit * 0.2), lighter(warm, 0.5))
