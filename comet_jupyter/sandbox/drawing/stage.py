"""What every painter of an element is handed: canvas, light, scene and composition."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .canvas import Canvas, Point
from .chance import Chance
from .palette import Palette
from .vocabulary import Scene

__all__ = ["Stage", "smooth_noise"]


@dataclass(frozen=True)
class Stage:
    """The composition of one picture. Positions are in pixels of the canvas."""

    canvas: Canvas
    palette: Palette
    scene: Scene
    seed: int
    kind: str
    """The light: a key of the palettes."""
    horizon: float
    sun: Point
    """Where the sun or the moon stands."""
    focus: float
    """Where the subject stands, from the left."""
    has_water: bool

    @property
    def width(self) -> int:
        """Of the canvas."""
        return self.canvas.width

    @property
    def height(self) -> int:
        """Of the canvas."""
        return self.canvas.height

    @property
    def unit(self) -> float:
        """A hundredth of the picture's shorter side."""
        return min(self.width, self.height) / 100

    @property
    def is_dark(self) -> bool:
        """Whether windows and lamps are lit."""
        return self.palette.exposure < 0.6

    @property
    def is_snowy(self) -> bool:
        """Whether snow lies on the ground."""
        return "snow" in self.scene.weather

    @property
    def side(self) -> int:
        """-1 when the subject stands left of the middle, 1 when right of it."""
        return -1 if self.focus < self.width / 2 else 1

    def chance(self, name: str) -> Chance:
        """The chance of one element."""
        return Chance(self.seed, name)


def smooth_noise(
    chance: Chance, octaves: int = 3, roughness: float = 0.5
) -> Callable[[float], float]:
    """A smooth line that wanders between -1 and 1; one hill or so for each unit of its argument."""
    lattices = [[chance.between(-1, 1) for _ in range(64)] for _ in range(octaves)]
    total = sum(roughness**octave for octave in range(octaves))

    def height(x: float) -> float:
        value = 0.0
        for octave, lattice in enumerate(lattices):
            position = x * 2**octave
            index = math.floor(position)
            t = position - index
            t = t * t * (3 - 2 * t)
            low, high = lattice[index % 64], lattice[(index + 1) % 64]
            value += (low + (high - low) * t) * roughness**octave
        return value / total

    return height
