"""The palettes, designed by hand, and how the words of a prompt choose and steer one.

A palette is the light of a scene. Things have colours of their own, which it grades.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .chance import Chance
from .colour import Colour, darker, hexed, mix, recoloured, scaled

__all__ = ["PALETTES", "Palette", "choose", "towards"]


@dataclass(frozen=True)
class Palette:
    """The colours of a light. ``sky`` runs from the zenith to the horizon."""

    name: str
    sky: tuple[Colour, Colour, Colour, Colour]
    light: Colour
    """Of the sun, the moon, and what they shine upon."""
    far: Colour
    near: Colour
    grass: Colour
    accent: Colour
    exposure: float
    """1 in full daylight, less in the dark."""

    @property
    def haze(self) -> Colour:
        """What distance fades into."""
        return mix(self.sky[3], self.sky[2], 0.4)

    @property
    def water(self) -> tuple[Colour, Colour]:
        """Of open water, from the horizon to the viewer."""
        return mix(self.sky[2], self.far, 0.45), mix(
            mix(self.sky[0], self.near, 0.5), self.far, 0.2
        )

    def lit(self, colour: Colour, depth: float = 0.0) -> Colour:
        """A thing's own colour in this light, ``depth`` (0 to 1) away in the haze."""
        ambient = mix(self.sky[1], self.light, 0.35)
        dimmed = scaled(colour, 0.48 + 0.52 * self.exposure, 0.75 + 0.25 * self.exposure)
        # the darker the light, the more it swallows the colours of things
        share = 0.12 + 0.38 * (1 - self.exposure)
        toned = mix(dimmed, scaled(ambient, 0.5 + 0.5 * self.exposure), share)
        return mix(toned, self.haze, depth)

    def land(self, depth: float) -> Colour:
        """Of land from near (0) to the horizon (1)."""
        return mix(self.near, self.far, depth) if depth < 1 else self.far


def _palette(
    name: str, sky: str, light: str, far: str, near: str, grass: str, accent: str, exposure: float
) -> Palette:
    top, high, low, horizon = (hexed(part) for part in sky.split())
    return Palette(
        name,
        (top, high, low, horizon),
        hexed(light),
        hexed(far),
        hexed(near),
        hexed(grass),
        hexed(accent),
        exposure,
    )


PALETTES: dict[str, tuple[Palette, ...]] = {
    "dawn": (
        _palette("apricot", "#5f86c2 #a3b6de #f4cdbb #ffe3b8", "#fff4d0", "#a3a4cb", "#3c4a78",
                 "#6f917c", "#f2705a", 0.86),
        _palette("rose", "#4a66aa #9a97cb #eab3bf #ffdcc4", "#fff1da", "#a892bb", "#3a3c6b",
                 "#637f79", "#ff8a73", 0.8),
        _palette("mist", "#86a0d0 #b6bee4 #e2d1e8 #fbe9de", "#fffaf0", "#b2abd2", "#4c4c7c",
                 "#7d977f", "#e98a7b", 0.88),
        _palette("lemon", "#5aa0c0 #9accd2 #e6e5c0 #ffeec0", "#fffbe2", "#97b8bd", "#2f5f70",
                 "#7fa574", "#f08a4b", 0.92),
    ),
    "day": (
        _palette("azure", "#2b78cb #5fa6e6 #a8d5f2 #e4f4f4", "#fffdec", "#8fb6d6", "#2c6672",
                 "#6db36c", "#ff7152", 1.0),
        _palette("mint", "#45a3b6 #8acdcc #c8ebdd #f8f7de", "#fffdea", "#94c5c2", "#1f6766",
                 "#86c07a", "#f29a3d", 1.0),
        _palette("wheat", "#3a6cbc #749dda #bbd4ee #fcf1d4", "#fffbe6", "#9fb6d4", "#44685f",
                 "#c6b65c", "#d9553f", 1.0),
        _palette("summer", "#1a8cc4 #55bcdc #a8e2e4 #fdf4da", "#fffdf0", "#86c2cc", "#156c74",
                 "#61b070", "#ff6a5e", 1.0),
    ),
    "sunset": (
        _palette("coral", "#3a3b80 #8a5298 #ec727a #ffc682", "#fff0b8", "#9a5f90", "#2a2552",
                 "#565071", "#ffd166", 0.62),
        _palette("amber", "#51488a #ad698e #f49d6c #ffe096", "#fff6cf", "#b7768a", "#3f2a55",
                 "#756367", "#ffdf80", 0.7),
        _palette("ember", "#292a60 #693c7e #ca5270 #ff9f63", "#ffdc96", "#83446f", "#1f1b42",
                 "#453f60", "#ffb454", 0.54),
        _palette("tropic", "#22508f #6466b6 #f08ca2 #ffcda4", "#fff3d0", "#8d6fa5", "#1a315d",
                 "#3f6672", "#ffcf5c", 0.66),
    ),
    "dusk": (
        _palette("blue hour", "#1d2f68 #3f5a9c #9097cb #f4c4ad", "#fff0d4", "#66709f", "#161f49",
                 "#37506b", "#ffc56b", 0.52),
        _palette("heather", "#2b2a63 #5b5299 #a880b4 #f2b8b0", "#ffeede", "#71609c", "#1d1b45",
                 "#454d6c", "#ffc98a", 0.5),
    ),
    "night": (
        _palette("indigo", "#0a1136 #16245c #2c4684 #5f7fb0", "#fdf6de", "#2d427c", "#0a1130",
                 "#1b3a52", "#ffd27a", 0.3),
        _palette("lagoon", "#06202f #0c3c50 #1f6677 #63a89f", "#fbfae4", "#1f5868", "#051821",
                 "#194b48", "#ffd98a", 0.3),
        _palette("violet", "#130f38 #2b2064 #564194 #a981b8", "#fff4e4", "#46367e", "#0f0b2b",
                 "#33345f", "#ffcf8f", 0.3),
    ),
    "storm": (
        _palette("slate", "#2a3546 #45566b #77899b #bcc4c4", "#f3f3e6", "#66788a", "#1d2a38",
                 "#4a6259", "#f0b35a", 0.58),
        _palette("pewter", "#33384e #555d78 #8d93a6 #cfcac4", "#f7f2e4", "#767d94", "#242a3f",
                 "#58685f", "#f2a65e", 0.62),
    ),
    "winter": (
        _palette("frost", "#7fa6cc #b0cbe2 #dbe8f1 #fdf5ee", "#fffdf6", "#b3c6da", "#4a6684",
                 "#eef4fa", "#d9534a", 0.96),
        _palette("quiet", "#8f9fc4 #bcc6e0 #e3e4f0 #fdeee4", "#fff8ec", "#bfc4de", "#525e88",
                 "#f1f1f8", "#d86a58", 0.92),
    ),
    "desert": (
        _palette("sirocco", "#3d88b8 #83bccf #f1dab2 #ffecc8", "#fff9e0", "#e8b088", "#a04d30",
                 "#d99a5b", "#2f7f86", 1.0),
        _palette("ochre", "#6c7fb2 #b4a8bd #f6c9a0 #ffe2ae", "#fff6d2", "#dd9a78", "#7f3b35",
                 "#c87f4f", "#2d7a80", 0.9),
    ),
}  # fmt: skip


def choose(
    kind: str, seed: int, colours: Sequence[Colour], *, neon: bool = False, snowy: bool = False
) -> Palette:
    """The palette of a light, the seed's choice among its kind, steered by colours if any.

    Parameters
    ----------
    kind
        A key of `PALETTES`.
    seed
        The picture's seed; another one also drifts the palette a little.
    colours
        Colours the prompt asks for; the first for the whole, the second for what stands out.
    neon
        Whether lamps glow in magenta and cyan.
    snowy
        Whether snow lies on the ground.
    """
    chance = Chance(seed, "palette")
    family = PALETTES[kind]
    # a share, not an index: families of different size keep their order under the same seed
    position = chance()
    palette = family[int(position * len(family))]
    neighbour = family[(int(position * len(family)) + 1) % len(family)]
    palette = _mapped(palette, neighbour, chance.between(0, 0.3))
    if snowy:
        palette = replace(palette, grass=hexed("#eef3fa"))
    if neon:
        glow = hexed("#c0408f")
        low, horizon = mix(palette.sky[2], glow, 0.3), mix(palette.sky[3], glow, 0.6)
        palette = replace(
            palette,
            sky=(palette.sky[0], palette.sky[1], low, horizon),
            accent=hexed("#ff6fc9"),
            light=hexed("#9ff4ff"),
        )
    if colours:
        palette = _steered(palette, colours[0])
        palette = replace(palette, accent=colours[-1])
    if len(colours) > 1:
        warm = mix(palette.sky[3], colours[1], 0.55)
        palette = replace(
            palette,
            sky=(*palette.sky[:2], mix(palette.sky[2], colours[1], 0.22), warm),
            light=mix(palette.light, colours[1], 0.25),
        )
    return palette


def _mapped(palette: Palette, other: Palette, share: float) -> Palette:
    top, high, low, horizon = (
        mix(mine, theirs, share) for mine, theirs in zip(palette.sky, other.sky, strict=True)
    )
    return replace(
        palette,
        sky=(top, high, low, horizon),
        far=mix(palette.far, other.far, share),
        near=mix(palette.near, other.near, share),
        grass=mix(palette.grass, other.grass, share),
    )


def towards(palette: Palette, other: Palette, share: float) -> Palette:
    """A palette between two in everything: ``palette`` at 0, ``other`` at 1."""
    return replace(
        _mapped(palette, other, share),
        light=mix(palette.light, other.light, share),
        accent=mix(palette.accent, other.accent, share),
        exposure=palette.exposure + (other.exposure - palette.exposure) * share,
    )


def _steered(palette: Palette, towards: Colour) -> Palette:
    # a dark yellow is brown: the night takes on less of a colour than the day
    strength = 0.45 + 0.55 * palette.exposure
    top, high, low, horizon = (
        recoloured(colour, towards, share * strength)
        for colour, share in zip(palette.sky, (0.9, 0.85, 0.7, 0.45), strict=True)
    )
    return replace(
        palette,
        sky=(top, high, low, horizon),
        far=recoloured(palette.far, towards, 0.85 * strength),
        near=darker(recoloured(palette.near, towards, 0.8 * strength), 0.08),
        grass=recoloured(palette.grass, towards, 0.55 * strength),
    )
