"""Input pictures: read under caps, changed by words, mixed with a drawing, taken for a mood."""

from __future__ import annotations

import base64
import io
import random
import struct
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from comet_jupyter.sandbox.drawing import draw, encode, look
from comet_jupyter.sandbox.drawing.finish import without_tag
from comet_jupyter.sandbox.drawing.pictures import MAX_PIXELS, opened
from comet_jupyter.sandbox.drawing.seeing import horizon_of, palette_of, sky_of, sun_of
from comet_jupyter.sandbox.wishes import Role, Seen, Wishes

SIZE = (320, 320)
NOON = draw("a red sailboat on a calm lake at noon, mountains", 7, 640, 640)


def distance(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def mean(image: Image.Image) -> tuple[float, ...]:
    """The mean of red, green and blue."""
    return tuple(ImageStat.Stat(image).mean)


def uri(data: bytes) -> str:
    """A file as a data: URI."""
    return "data:image/png;base64," + base64.b64encode(data).decode()


def saved(image: Image.Image, format: str, **more: object) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    image.save(file, format, **more)
    return file.getvalue()


def after(
    prompt: str,
    picture: Image.Image = NOON,
    role: Role = "edit",
    strength: float = 1.0,
    seed: int = 3,
    size: tuple[int, int] = SIZE,
) -> Image.Image:
    """What becomes of a picture."""
    wish = Wishes(picture=uri(encode(picture, "png")), role=role, strength=strength)
    return draw(prompt, seed, *size, wish)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF"])
def test_formats_that_browsers_show_are_read(format: str) -> None:
    """A picture of each format comes back in its size and about its colours."""
    picture = opened(saved(NOON, format))
    assert (picture.mode, picture.size) == ("RGB", NOON.size)
    assert distance(picture, NOON) < 12


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_modes_become_colours(mode: str) -> None:
    """Grey, indexed, deep and transparent pictures are read as RGB, with white behind."""
    if mode == "I;16":
        picture = Image.frombytes("I;16", (64, 64), b"\x00\x80" * 4096)
    else:
        picture = Image.new("RGBA", (64, 64), (255, 255, 255, 0)).convert(mode)
    read = opened(saved(picture, "PNG"))
    assert (read.mode, read.size) == ("RGB", (64, 64))
    expected = 128 if mode == "I;16" else 255
    assert mean(read) == pytest.approx((expected,) * 3, abs=2)


def test_pictures_stand_upright_and_are_not_kept_larger_than_needed() -> None:
    """Exif turns a picture, and a long one is reduced."""
    exif = Image.Exif()
    exif[274] = 6
    turned = opened(saved(Image.new("RGB", (300, 100), "red"), "JPEG", exif=exif))
    assert turned.size == (100, 300)
    assert opened(saved(Image.new("RGB", (5000, 1000)), "PNG")).size == (2048, 410)


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its data does not have."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(10_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff", b"GIF89a", b"BM" + bytes(60), b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"BM",
        b"\x00\x00\x00\x20ftypavif" + bytes(40), b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"II*\x00" + bytes(40),
        bomb(60_000, 60_000), bomb(MAX_PIXELS + 1, 1), bomb(1000, 1000),
        encode(NOON, "png")[:20_000], encode(NOON, "jpg")[:9_000], encode(NOON, "webp")[:5_000],
        b"\xff\xd8\xff\xe0" + b"\xff\xda" * 500,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error_with_a_reason(data: bytes) -> None:
    """Text, bombs, halves and formats that run programs are refused in one way."""
    with pytest.raises(ValueError, match=r"\w"):
        opened(data)
    seen = look([("image", uri(data))])
    assert seen.size is None
    assert str(seen.flaw).startswith("The input picture cannot be read: input.image: ")


def test_a_jpeg_with_countless_scans_is_refused() -> None:
    """A file that would be decoded a thousand times over is not decoded once."""
    data = saved(NOON, "JPEG", progressive=True)
    assert data.count(b"\xff\xda") > 5
    assert opened(data).size == NOON.size
    with pytest.raises(ValueError, match="scans"):
        opened(data[:-2] + b"\xff\xda" * 200 + data[-2:])


@pytest.mark.parametrize("format", ["png", "jpg", "webp"])
def test_damaged_files_are_pictures_or_errors(format: str) -> None:
    """Whichever bytes of a file are changed, nothing else comes out."""
    chance = random.Random(5)
    whole, refused = encode(NOON.resize((90, 60)), format), 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            picture = opened(bytes(data))
        except ValueError:
            refused += 1
        else:
            assert picture.mode == "RGB"
    assert refused > 0


def test_a_look_finds_the_size_of_the_first_and_the_flaw_of_any() -> None:
    """Addresses have no size, and the field of a bad picture is named."""
    good = uri(encode(NOON, "webp"))
    assert look([("image", good)]) == Seen((640, 640))
    assert look([("input_images.0", "https://example.com/x.png")]) == Seen()
    seen = look([("input_images.0", good), ("input_images.1", "data:,x")])
    assert "input.input_images.1" in str(seen.flaw)


@pytest.mark.parametrize("prompt", ["make it better", "night", "winter, oil painting", "add a cat"])
def test_an_edit_belongs_to_prompt_seed_and_picture(prompt: str) -> None:
    """The same three give the same bytes; changing any of them gives others."""
    one = after(prompt)
    assert one.tobytes() == after(prompt).tobytes()
    assert one.tobytes() != after(prompt, seed=4).tobytes()
    assert one.tobytes() != after(f"{prompt}, sepia").tobytes()
    assert one.tobytes() != after(prompt, NOON.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).tobytes()


def test_an_edit_without_known_words_gives_the_picture_back() -> None:
    """What is asked for in unknown words leaves the picture as it is, but for a trifle."""
    assert distance(after("improve the composition"), NOON.resize(SIZE)) < 8


def darker(image: Image.Image) -> bool:
    """Less than half as bright as noon."""
    return sum(mean(image)) < 0.5 * sum(mean(NOON))


def redder(image: Image.Image) -> bool:
    """Clearly warmer than noon."""
    return mean(image)[0] - mean(image)[2] > mean(NOON)[0] - mean(NOON)[2] + 30


def paler(image: Image.Image) -> bool:
    """With less contrast than noon."""
    return (
        ImageStat.Stat(image.convert("L")).stddev[0] < ImageStat.Stat(NOON.convert("L")).stddev[0]
    )


def whiter(image: Image.Image) -> bool:
    """Brighter in its lower part than noon."""
    lower = (0, 220, 250, 300)
    before = NOON.resize(SIZE)
    return sum(mean(image.crop(lower))) > sum(mean(before.crop(lower)))


@pytest.mark.parametrize(
    ("prompt", "is_so"),
    [
        ("make it night", darker), ("at sunset", redder), ("in the evening", redder),
        ("thick fog", paler), ("winter, snow", whiter), ("a thunderstorm at night", darker),
        ("turn everything orange", redder), ("warmer", redder), ("darker", lambda i: not whiter(i)),
        ("sepia", redder),
    ],
)  # fmt: skip
def test_words_act_on_the_picture(prompt: str, is_so: Callable[[Image.Image], bool]) -> None:
    """Times of day, weather, colours and moods change what is measured, with every seed."""
    for seed in range(3):
        assert is_so(after(prompt, seed=seed)), seed


def test_an_edit_keeps_what_stands_in_the_picture() -> None:
    """The picture at night has the shapes of the picture at noon, not those of a new drawing."""

    def edges(image: Image.Image) -> Image.Image:
        grey = ImageOps.autocontrast(image.resize((160, 160)).convert("L"))
        return grey.filter(ImageFilter.FIND_EDGES).point([0] * 24 + [255] * 232)

    own = edges(NOON)
    kept = ImageStat.Stat(ImageChops.darker(edges(after("make it night")), own)).mean[0]
    new = ImageStat.Stat(ImageChops.darker(edges(draw("night", 3, *SIZE)), own)).mean[0]
    assert kept > 1.5 * new


def test_a_colour_of_a_thing_is_the_colour_of_what_stands_out() -> None:
    """The red boat turns blue, and little else changes."""
    boat = (180, 180, 290, 270)
    before, blue = after("the same"), after("make the boat blue")
    assert mean(blue.crop(boat))[0] < mean(before.crop(boat))[0] - 1
    assert distance(blue.crop((0, 0, 160, 160)), before.crop((0, 0, 160, 160))) < 2


@pytest.mark.parametrize("thing", ["a red balloon", "a cat", "birds", "an astronaut", "a boat"])
def test_things_are_added(thing: str) -> None:
    """After "add", a thing is painted somewhere; without it, none is."""
    added, named = after(f"add {thing}"), after(thing)
    difference = ImageChops.difference(added, after("")).convert("L").point([0] * 24 + [255] * 232)
    assert 0.001 < ImageStat.Stat(difference).mean[0] / 255 < 0.3
    assert distance(added, named) > 0.05


def test_strength_goes_from_the_picture_to_the_drawing() -> None:
    """At 0 the picture itself comes back, at 1 the drawing, between them a way without jumps."""
    upper = (0, 0, 320, 290)
    steps = [
        after("a castle at sunset", role="mix", strength=at / 10).crop(upper) for at in range(11)
    ]
    given = opened(encode(NOON, "png")).resize(SIZE, Image.Resampling.LANCZOS).crop(upper)
    whole = draw("a castle at sunset", 3, *SIZE).crop(upper)
    ways = [distance(step, given) for step in steps]
    assert ways[0] == 0
    assert ways == sorted(set(ways))
    assert max(b - a for a, b in pairwise(ways)) < 0.5 * ways[-1]
    assert distance(steps[-1], whole) < 0.3 * distance(given, whole)


def test_a_mood_lends_its_colours_and_nothing_else() -> None:
    """After a red picture the drawing is redder, the more the stronger, with its own shapes."""
    red = draw("a fox in a field of poppies at sunset", 7, 400, 300)
    plain = draw("a lighthouse by the sea at noon", 3, *SIZE)
    moods = [
        after("a lighthouse by the sea at noon", red, "mood", strength)
        for strength in (0.05, 0.3, 0.7, 1.0)
    ]
    warmth = [mean(image)[0] - mean(image)[2] for image in (plain, *moods)]
    assert warmth == sorted(set(warmth))


@pytest.mark.parametrize("size", [(512, 512), (512, 288), (300, 700)])
def test_a_picture_is_cropped_never_squeezed(size: tuple[int, int]) -> None:
    """Whatever ratio is asked for, a square in the middle stays a square."""
    picture = Image.new("RGB", (600, 400), "white")
    picture.paste("black", (250, 150, 350, 250))
    image = after("", picture, size=size)
    dark = image.convert("L").point([255] * 100 + [0] * 156).crop((0, 0, size[0], size[1] * 3 // 4))
    box = dark.getbbox()
    assert box is not None
    assert abs((box[2] - box[0]) - (box[3] - box[1])) <= 3


def test_an_address_is_stood_in_for() -> None:
    """The picture for an address is drawn from its words, differs by address, and is edited."""

    def at(address: str, prompt: str) -> Image.Image:
        return draw(prompt, 3, *SIZE, Wishes(picture=address))

    boat = at("https://example.com/red-boat-on-a-lake.png", "")
    assert boat.tobytes() == at("https://example.com/red-boat-on-a-lake.png", "").tobytes()
    assert distance(boat, at("https://example.com/other.png", "")) > 3
    night = at("https://example.com/red-boat-on-a-lake.png", "night")
    assert sum(mean(night)) < 0.8 * sum(mean(boat))
    for odd in ("http://", "https://[::1/x", "http://x/\ud800%ff%", "https://x" + "/a" * 50_000):
        assert at(odd, "").size == SIZE


@pytest.mark.parametrize("role", ["edit", "mix", "mood"])
def test_every_picture_after_a_picture_carries_the_tag(role: Role) -> None:
    """The words in the lower right corner are there whatever was given."""
    image = after("night", Image.new("RGB", (1024, 1024), "navy"), role, 0.8, size=(1024, 1024))
    corner = image.crop((810, 985, 1015, 1012)).convert("L")
    lightest = corner.getextrema()[1]
    assert isinstance(lightest, int)
    assert lightest > 200


def test_an_old_tag_does_not_shine_through() -> None:
    """Our own picture loses its tag before it is changed; a picture without one stays as it is."""
    tagged = draw("hills at noon", 3, 768, 768)
    healed = without_tag(tagged)
    changed = ImageChops.difference(tagged, healed).getbbox()
    assert changed is not None
    assert changed[0] > 500
    assert changed[1] > 700
    assert without_tag(healed).tobytes() == healed.tobytes()
    plain = Image.linear_gradient("L").resize((768, 768)).convert("RGB")
    assert without_tag(plain) is plain


def test_the_sky_is_found_above_the_horizon() -> None:
    """A landscape's sky is the upper part without what stands before it, a wall has none."""
    picture = draw("a lighthouse by the sea at noon", 5, 400, 400)
    horizon = horizon_of(picture)
    assert 0.45 < horizon < 0.75
    sky = sky_of(picture, horizon)
    assert sky is not None
    upper, lower = (sky.whole.crop((0, top, 400, top + 60)) for top in (0, 340))
    assert ImageStat.Stat(upper).mean[0] > 200
    assert ImageStat.Stat(lower).mean[0] < 5
    wall = Image.new("RGB", (200, 200), "white")
    for y in range(10, 200, 20):
        wall.paste("brown", (0, y, 200, y + 10))
    assert sky_of(wall, 0.5) is None


def test_a_palette_is_read_from_a_picture() -> None:
    """Its sky grows lighter downwards, as every palette's does, and the dark are exposed less."""
    day, night = (palette_of(draw(f"hills at {time}", 3, *SIZE)) for time in ("noon", "night"))
    for palette in (day, night):
        assert sum(palette.sky[0]) <= sum(palette.sky[1]) <= sum(palette.sky[2])
    assert night.exposure < 0.6 < day.exposure


@pytest.mark.parametrize("seed", [4, 5])
def test_the_sun_is_found(seed: int) -> None:
    """The disc of a sun is found where it stands, and none where no sun was painted."""
    found = []
    for negative in ("clouds", "clouds, sun"):
        picture = draw("the sea at noon", seed, 400, 400, Wishes(negative=negative))
        sky = sky_of(picture, horizon_of(picture))
        assert sky is not None
        found.append((picture, sun_of(picture, sky)))
    (with_sun, disc), (without_sun, none) = found
    assert disc is not None
    assert none is None
    place = (round(disc.x), round(disc.y))
    bright, dark = (picture.convert("L").getpixel(place) for picture in (with_sun, without_sun))
    assert isinstance(bright, (int, float))
    assert isinstance(dark, (int, float))
    assert bright > dark + 10
    assert 5 < disc.radius < 60
