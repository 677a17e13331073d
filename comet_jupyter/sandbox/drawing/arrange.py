"""The composition: the light, the lines and the places of a picture, before anything is painted."""

from __future__ import annotations

from dataclasses import replace

from .canvas import Canvas
from .chance import Chance
from .palette import choose
from .stage import Stage
from .vocabulary import Scene

__all__ = ["ON_WATER", "arranged"]

ON_WATER = frozenset({"boat", "whale", "fish"})
"""The subjects that need water."""

_HOMES = {
    "boat": {"sea"}, "whale": {"sea"}, "fish": {"sea"}, "lighthouse": {"sea"}, "bridge": {"lake"},
    "palm": {"sea"}, "cactus": {"desert"}, "house": {"hills", "mountains"},
    "windmill": {"hills", "meadow"}, "castle": {"hills", "mountains"}, "horse": {"hills"},
    "deer": {"forest"}, "fox": {"forest"}, "rabbit": {"meadow", "hills"}, "tree": {"hills"},
    "umbrella": {"city"}, "robot": {"city"},
}  # fmt: skip
_DEFAULTS = (
    {"mountains", "lake"},
    {"hills", "mountains"},
    {"sea"},
    {"lake", "forest"},
    {"hills"},
    {"mountains", "forest", "river"},
    {"lake"},
)


def arranged(canvas: Canvas, scene: Scene, seed: int) -> Stage:
    """Settle light, horizon, sun and focus, and fill in what the prompt leaves open."""
    chance = Chance(seed, "composition")
    side = chance.sign()
    focus = canvas.width * (0.5 + side * chance.between(0.08, 0.24))
    horizon = canvas.height * chance.between(0.52, 0.68)
    sun_x = canvas.width * (0.5 - side * chance.between(0.04, 0.34))
    rise, drawn = chance(), chance()
    kind = _light(scene, drawn)
    if kind in {"dawn", "sunset", "dusk"}:
        unit = min(canvas.width, canvas.height) / 100
        sun_y = horizon - unit * (1 + 17 * rise)
    else:
        sun_y = horizon * (0.2 + 0.18 * rise)
    scene = replace(scene, places=_places(scene, chance()))
    palette = choose(kind, seed, scene.colours, neon=scene.neon, snowy="snow" in scene.weather)
    has_water = bool({"sea", "lake"} & scene.places)
    return Stage(canvas, palette, scene, seed, kind, horizon, (sun_x, sun_y), focus, has_water)


def _light(scene: Scene, drawn: float) -> str:
    if scene.neon:
        return "night"
    day = scene.time in {None, "day"}
    if day and ("storm" in scene.weather or "rain" in scene.weather):
        return "storm"
    if day and "snow" in scene.weather:
        return "winter"
    if day and "desert" in scene.places:
        return "desert"
    if scene.time is not None:
        return scene.time
    if "rainbow" in scene.weather:
        return "day"
    lights = ("dawn", "day", "sunset", "day", "dusk", "sunset", "dawn")
    return lights[int(drawn * len(lights))]


def _places(scene: Scene, drawn: float) -> frozenset[str]:
    places = set(scene.places)
    if not places - {"space"}:
        for subject in scene.subjects:
            places |= _HOMES.get(subject.kind, set())
    if not places - {"space"}:
        places |= _DEFAULTS[int(drawn * len(_DEFAULTS))]
    kinds = {subject.kind for subject in scene.subjects}
    if kinds & {*ON_WATER, "bridge"} and not places & {"sea", "lake"}:
        places.add("lake")
    return frozenset(places)
