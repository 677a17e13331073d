"""Which style a prompt names: its medium (oil, ink, ...) and its tone (sepia, grey).

Words only. What a style looks like is the business of `brushes`, `pens`, `prints` and `camera`.
A word that is a thing as well counts as a style only where people write one: "oil" by itself
between commas, "in oil", "oil on canvas", but no oil lamp and no jar of ink.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["MEDIA", "TONES", "named_style", "styles_in"]

# these name a medium wherever they stand
_PHRASES = {
    "oil": r"oil (?:painting|paint|pastel|style)s?|oils? on (?:canvas|wood|panel|board|linen|paper)"
    r"|(?:post-)?impressionis(?:m|t|tic)|van gogh|monet|impasto|brush ?strokes?"
    r"|acrylics?(?: painting| on canvas)?|paintings? (?:of|by)",
    "watercolor": r"water[- ]?colou?rs?(?: paintings?| wash)?|aquarelle|gouache",
    "ink": r"(?:pen (?:and|&) )?ink (?:wash|drawing|painting|sketch|illustration|style|art)"
    r"|ink on (?:rice )?paper|ink (?:and|&) wash|pen (?:and|&) ink|sumi(?:-?e)?"
    r"|line ?art|line drawings?",
    "pencil": r"(?:colou?red )?pencil (?:drawing|sketch|art|illustration|shading|style)s?"
    r"|pencil on paper|graphite|charcoal|(?:sketch|drawing)(?:es|s)? of|sketched|hand[- ]drawn",
    "pixel": r"pixel[- ]?art|pixel(?:at)?ed|(?:8|16|32)[- ]?bit|voxel(?: art)?|retro game",
    "photo": r"(?:photo|photograph|picture taken)s? (?:of|by)|photo(?:graphy|graphic|realis\w+)"
    r"|portrait photo|35 ?mm|polaroid|kodachrome|film (?:still|grain|photo)|dslr|bokeh"
    r"|cinematic|realistic",
    "poster": r"(?:travel|vintage|retro|art deco|minimalist|movie|railway) posters?"
    r"|poster (?:art|style|design|of)|screen[- ]?print(?:ed)?|silk[- ]?screen(?:ed)?"
    r"|riso(?:graph)?(?: print)?|flat (?:design|illustration|colou?rs?)"
    r"|vector (?:art|illustration|graphics?)|pop art",
    "woodcut": r"wood[- ]?(?:cut|block)s?(?: prints?)?|lino[- ]?(?:cut|print)s?(?: print)?"
    r"|block print|ukiyo-?e|hokusai|hiroshige|engraving|etching",
}
# these are things as well
_BY_ITSELF = {
    "oil": "oils? paint painting",
    "ink": "inks?",
    "pencil": "pencils? crayons? chalk sketch drawing",
    "pixel": "pixels?",
    "photo": "photos? photographs? film",
    "poster": "posters? vector flat",
    "woodcut": "lino",
}
_LAST = {
    "oil": "oils?",
    "ink": "inks?",
    "pencil": "pencils? crayons? chalk sketch",
    "photo": "photos? photographs?",
    "poster": "posters?",
}
_TONES = {
    "sepia": r"sepia(?:[- ]toned?)?|daguerreotype",
    "grey": r"b ?& ?w|monochrom(?:e|atic)|gr[ae]y ?scale|(?:film )?noir|black[- ](?:and|&)[- ]white"
    # a black and white cat is coloured so, and the picture is not
    r"(?=\s*(?:$|[^\w\s])| (?:photo|film|picture|image|portrait|drawing|art|style|ink|of)\w*)",
}

MEDIA = tuple(_PHRASES)
"""Every medium that can be named."""
TONES = tuple(_TONES)
"""Every tone that can be named."""

_START = r"(?:^|(?<=[,;:.|()\n]))\s*"
_END = r"\s*(?=$|[,;:.|()\n])"
_FILLERS = (
    r"(?:(?:in|as|an?|the|of|style|made|painted|drawn|done|using|rendered|fine|rough|simple|loose"
    r"|soft|classic|modern|dark|light|colou?rful|detailed|beautiful|old|vintage)\s+)*"
)
_TAILS = r"(?:\s+(?:style|art|look|version|effect|illustration|artwork|print|picture|image))*"
# before these, what comes last is a thing: a jar of ink, olive oil, a squid squirting ink
_OF_A_THING = frozenset(
    "of the a an with some and or no any his her my olive crude engine motor cooking coconut"
    " essential lamp squid octopus hot boiling spilled burning printer tattoo fish whale".split()
)


_Rules = dict[str, re.Pattern[str]]
_Place = tuple[int, int, str]
"""Where in the prompt a style is named, and its name."""


def _rules(table: dict[str, str], before: str, after: str) -> _Rules:
    return {name: re.compile(f"{before}(?P<named>{words}){after}") for name, words in table.items()}


def _either(table: dict[str, str]) -> dict[str, str]:
    return {name: "|".join(words.split()) for name, words in table.items()}


_ANYWHERE = _rules(_PHRASES, r"(?<![\w-])", r"(?![\w-])")
_BETWEEN_COMMAS = _rules(_either(_BY_ITSELF), _START + _FILLERS, _TAILS + _END)
_AT_THE_END = _rules(_either(_LAST), r"(?<![\w'-])(?P<before>[a-z][\w'-]*)\s+", _END)
_TONE = _rules(_TONES, r"(?<![\w-])", r"(?![\w-])")


def named_style(
    prompt: str, avoided: frozenset[str] = frozenset()
) -> tuple[str | None, str | None, str]:
    """The medium and the tone that a prompt names first, and what else it says.

    Parameters
    ----------
    prompt
        As typed; upper and lower case are the same.
    avoided
        Names that are not taken.

    Returns
    -------
    A name of `MEDIA` or None, a name of `TONES` or None, and the prompt without the words that
    name a style.
    """
    text = prompt.lower()
    media, tones = _media(text), sorted(_places(_TONE, text))
    rest = list(text if media or tones else prompt)
    for start, end, _ in (*media, *tones):
        rest[start:end] = " " * (end - start)
    return _first(media, avoided), _first(tones, avoided), "".join(rest)


def _first(places: list[_Place], avoided: frozenset[str]) -> str | None:
    return next((name for *_, name in places if name not in avoided), None)


def styles_in(text: str) -> set[str]:
    """All media and tones that a text names."""
    text = text.lower()
    return {name for *_, name in (*_media(text), *_places(_TONE, text))}


def _media(text: str) -> list[_Place]:
    rules = (_ANYWHERE, _BETWEEN_COMMAS, _AT_THE_END)
    return sorted(place for group in rules for place in _places(group, text))


def _places(rules: _Rules, text: str) -> Iterator[_Place]:
    for name, rule in rules.items():
        for match in rule.finditer(text):
            before = match.groupdict().get("before") or ""
            if before not in _OF_A_THING and not before.endswith("ing"):
                yield *match.span("named"), name
