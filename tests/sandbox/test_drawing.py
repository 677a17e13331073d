"""The drawings: made of words and a seed, the same everywhere, tagged, in every size."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from hashlib import sha256

import pytest
from PIL import Image, ImageChops, ImageStat

from comet_jupyter.sandbox.drawing import draw, encode
from comet_jupyter.sandbox.drawing import vocabulary as words
from comet_jupyter.sandbox.drawing.colour import COLOUR_WORDS, hexed, mix, recoloured
from comet_jupyter.sandbox.drawing.palette import PALETTES
from comet_jupyter.sandbox.drawing.vocabulary import read

SMALL = (256, 256)


def distance(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def brightness(image: Image.Image) -> float:
    """The mean brightness, 0 to 255."""
    return ImageStat.Stat(image.convert("L")).mean[0]


@pytest.mark.parametrize("size", [(256, 144), (90, 210), (1, 1), (17, 2100), (1600, 1600)])
def test_the_size_is_the_one_asked_for(size: tuple[int, int]) -> None:
    """A picture of any size is RGB and exactly as large as asked."""
    image = draw("a cat by the sea", 1, *size)
    assert (image.size, image.mode) == (size, "RGB")


def test_the_same_words_and_seed_give_the_same_picture() -> None:
    """Two drawings of one prompt and seed are equal, byte for byte, in other processes too."""
    code = (
        "from hashlib import sha256; from comet_jupyter.sandbox.drawing import draw;"
        "print(sha256(draw('a fox in the forest, oil', 3, 128, 96).tobytes()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    elsewhere = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    here = sha256(draw("a fox in the forest, oil", 3, 128, 96).tobytes()).hexdigest()
    assert elsewhere.stdout.strip() == here


def test_another_seed_is_another_picture() -> None:
    """Eight seeds of one prompt give eight visibly different pictures."""
    pictures = [draw("mountains by a lake", seed, *SMALL) for seed in range(8)]
    apart = [distance(a, b) for at, a in enumerate(pictures) for b in pictures[:at]]
    assert min(apart) > 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a lake at sunset", "a lake at sunset with a boat"),
        ("hills at noon", "hills at noon, a balloon"),
        ("a cat at dawn", "a dog at dawn"),
    ],
)
def test_one_more_word_keeps_the_composition(before: str, after: str) -> None:
    """With the same seed, most of the picture stays as it was and something has changed."""
    for seed in range(3):
        difference = ImageChops.difference(draw(before, seed, *SMALL), draw(after, seed, *SMALL))
        changed = difference.convert("L").point([0] * 12 + [255] * 244)
        share = ImageStat.Stat(changed).mean[0] / 255
        assert 0.002 < share < 0.35


def test_time_of_day_sets_the_light() -> None:
    """Night is darker than sunset, sunset darker than noon."""
    night, sunset, noon = (
        sum(brightness(draw(f"hills at {time}", seed, *SMALL)) for seed in range(4))
        for time in ("night", "sunset", "noon")
    )
    assert night < sunset * 0.7
    assert sunset < noon * 0.9


@pytest.mark.parametrize(("word", "channel"), [("red", 0), ("green", 1), ("blue", 2)])
def test_colour_words_steer_the_palette(word: str, channel: int) -> None:
    """A colour pulls the whole picture towards it."""
    plain = ImageStat.Stat(draw("abstract hills at noon", 4, *SMALL)).mean
    steered = ImageStat.Stat(draw(f"{word} abstract hills at noon", 4, *SMALL)).mean
    assert steered[channel] / sum(steered) > plain[channel] / sum(plain)


@pytest.mark.parametrize("style", ["oil painting", "watercolor", "ink", "pixel art", "photo"])
def test_styles_change_the_finish(style: str) -> None:
    """A style word changes the picture of the same seed."""
    plain, styled = draw("a castle", 2, *SMALL), draw(f"a castle, {style}", 2, *SMALL)
    assert distance(plain, styled) > 1.5


def test_pixel_art_has_large_pixels() -> None:
    """In a pixel picture neighbouring pixels are equal in blocks, and colours are few."""
    image = draw("pixel art castle", 2, 512, 512).crop((0, 0, 256, 256))
    blocks = image.resize((64, 64), Image.Resampling.NEAREST)
    assert distance(image, blocks.resize((256, 256), Image.Resampling.NEAREST)) == 0
    assert len(image.getcolors(1 << 16) or []) <= 64


def test_every_picture_carries_the_tag() -> None:
    """The lower right corner holds light writing on a dark pill that no neighbouring corner has."""
    image = draw("hills at noon", 3, 1024, 1024)
    right = image.crop((810, 985, 1015, 1012)).convert("L")
    left = image.crop((9, 985, 214, 1012)).convert("L")
    darkest, lightest = right.getextrema()
    assert isinstance(lightest, int)
    assert isinstance(darkest, int)
    assert lightest > 215
    assert lightest - darkest > 100
    assert ImageStat.Stat(right).stddev[0] > 4 * ImageStat.Stat(left).stddev[0]


def test_every_kind_of_thing_can_be_drawn() -> None:
    """A word for each time, weather, place and thing gives a picture, no plain surface."""
    known = {
        (group, kinds[0]): word
        for group, index in words._BY_WORD.items()
        for word, kinds in index.items()
    }
    assert len(known) > 45
    for seed, word in enumerate(known.values()):
        assert ImageStat.Stat(draw(word, seed, 72, 60)).stddev[0] > 3, word


@pytest.mark.parametrize(
    "prompt", ["", "日本語だけ", "\ud800", "x" * 100_000, "[[[", "8-bit 8bit", "cat " * 5000]
)
def test_any_prompt_can_be_drawn(prompt: str) -> None:
    """Whatever the text and however large the seed, there is a picture."""
    for seed in (0, -7, 2**80):
        assert draw(prompt, seed, 64, 48).size == (64, 48)


def test_prompts_are_read_in_words() -> None:
    """Times, weather, places, things, their colours and their number are found in plain words."""
    scene = read("Two red sailboats on a calm lake at sunrise, snowy mountains, watercolor")
    assert (scene.time, scene.style) == ("dawn", "watercolor")
    assert scene.weather == {"snow"}
    assert {"lake", "mountains"} <= scene.places
    boat = scene.subject("boat")
    assert boat is not None
    assert boat.many
    assert boat.colour == COLOUR_WORDS["red"]
    assert scene.colours == ()


@pytest.mark.parametrize(
    ("prompt", "kind", "colour"),
    [
        ("a girl in a yellow coat", "person", "yellow"),
        ("a black cat", "cat", "black"),
        ("a woman in a blue dress, autumn trees", "tree", None),
        ("a red hot air balloon", "balloon", "red"),
        ("a red fox and a balloon", "balloon", None),
        ("golden hour balloon", "balloon", None),
    ],
)
def test_whose_colour_it_is(prompt: str, kind: str, colour: str | None) -> None:
    """A colour close before a thing, or before its clothes, is that thing's."""
    subject = read(prompt).subject(kind)
    assert subject is not None
    assert subject.colour == (COLOUR_WORDS[colour] if colour else None)


def test_palms_are_no_round_trees() -> None:
    """Palm trees and pine trees are their own kinds."""
    assert read("palm trees").subject("tree") is None
    assert read("pine trees").subject("tree") is None
    assert read("an oak tree").subject("tree") is not None


def test_there_are_many_palettes() -> None:
    """At least a dozen palettes, each from a sky that grows lighter towards the horizon."""
    palettes = [palette for family in PALETTES.values() for palette in family]
    assert len(palettes) >= 12
    assert len({palette.name for palette in palettes}) == len(palettes)
    for palette in palettes:
        zenith, horizon = (sum(palette.sky[at]) for at in (0, 3))
        assert zenith < horizon, palette.name


def test_colours_mix_evenly() -> None:
    """Mixing gives the ends at 0 and 1, and a grey stays grey when recoloured by half."""
    red, blue = hexed("#d8403a"), hexed("#3b74c9")
    assert (mix(red, blue, 0), mix(red, blue, 1)) == (red, blue)
    assert mix(red, blue, 0.5) not in {red, blue}
    pale = recoloured(red, hexed("#8a9099"), 1.0)
    assert max(pale) - min(pale) < 40


@pytest.mark.parametrize(("name", "pillow"), [("webp", "WEBP"), ("png", "PNG"), ("jpg", "JPEG")])
def test_files_are_of_the_format_asked_for(name: str, pillow: str) -> None:
    """Each format gives a whole file that decodes to the picture."""
    image = draw("a boat", 1, *SMALL)
    decoded = Image.open(io.BytesIO(encode(image, name, 90)))
    decoded.load()
    assert (decoded.format, decoded.size) == (pillow, SMALL)
    assert distance(image, decoded.convert("RGB")) < 3


@pytest.mark.parametrize("name", ["webp", "jpg"])
def test_quality_counts(name: str) -> None:
    """A lower quality gives a smaller file, down to 0."""
    image = draw("a meadow", 1, *SMALL)
    assert len(encode(image, name, 0)) < len(encode(image, name, 95))
