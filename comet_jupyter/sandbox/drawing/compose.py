"""The composition: which elements a scene has, where they stand, and in which order they are painted."""

from __future__ import annotations

from .canvas import Canvas
from .chance import Chance
from .flora import paint_flowers, paint_framing_trees, paint_grass, paint_woods
from .land import paint_dunes, paint_far_ridges, paint_foreground, paint_hills, paint_mountains
from .palette import choose
from .sky import paint_sky
from .stage import Stage
from .vocabulary import Scene
from .water import paint_river, paint_water
from .weather import paint_lightning, paint_weather

__all__ = ["paint"]


def _kind_of_light(scene: Scene, seed: int) -> str:
    if "desert" in scene.places and scene.time in {None, "day"}:
        return "desert"
    if "storm" in scene.weather or ("rain" in scene.weather and scene.time in {None, "day"}):
        return "storm"
    if "snow" in scene.weather and scene.time in {None, "day"}:
        return "winter"
    if scene.neon:
        return "night"
    lights = ["dawn", "day", "day", "sunset", "dusk", "sunset"]
    return scene.time or Chance(seed, "time").pick(lights)

def paint(canvas: Canvas, scene: Scene, seed: int) -> Stage:
    chance = Chance(seed, "composition")
    kind = _kind_of_light(scene, seed)
    w, h = canvas.width, canvas.height
    unit = min(w, h) / 100
    side = chance.sign()
    focus = w * (0.5 + side * chance.between(0.12, 0.22))
    horizon = h * chance.between(0.54, 0.66)
    sun_x = w * (0.5 - side * chance.between(0.1, 0.3))
    up = chance()
    sun_y = horizon * (0.2 + 0.2 * up)
    if kind in ("dawn", "sunset", "dusk"):
        sun_y = horizon - unit * (2 + 16 * up)
    places = scene.places
    water = bool({"sea", "lake"} & places)
    stage = Stage(canvas, choose(kind, seed, scene.colours, neon=scene.neon), scene, seed, kind, horizon, (sun_x, sun_y), focus, water)
    paint_sky(stage)
    if "storm" in scene.weather: paint_lightning(stage)
    if "mountains" in places: paint_mountains(stage)
    elif "sea" not in places: paint_far_ridges(stage)
    if "forest" in places: paint_woods(stage)
    if water:
        paint_water(stage, "lake" in places)
    elif "desert" in places:
        paint_dunes(stage)
    else:
        g = paint_hills(stage, horizon, h*0.85)
        if "river" in places: paint_river(stage, horizon + unit*2)
    g = paint_foreground(stage)
    if "meadow" in places:
        paint_flowers(stage, g, [(230,80,90),(250,200,90),(240,160,200)])
    if "forest" in places: paint_framing_trees(stage, g)
    paint_weather(stage)
    return stage
