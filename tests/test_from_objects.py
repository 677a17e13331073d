"""Objects of Pillow, numpy and matplotlib as picture files, and files made smaller."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from matplotlib.figure import Figure
from PIL import Image, ImageChops
from PIL.ExifTags import Base
from support.png import png

from comet_jupyter.errors import DownloadError, InputError
from comet_jupyter.images import from_objects
from comet_jupyter.images.from_objects import is_picture, smaller, to_file

RAMP = numpy.linspace(0, 255, 48).round().astype("uint8").reshape(6, 8)
"""Levels of grey, 8 wide and 6 high."""

COLOURS = numpy.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype="uint8")


def opened(data: bytes) -> Image.Image:
    """The picture in a PNG file."""
    image = Image.open(io.BytesIO(data))
    assert image.format == "PNG"
    image.load()
    return image


def pixels(data: bytes) -> Any:
    """The numbers of a PNG file."""
    return numpy.array(opened(data))


def encoded(image: Image.Image, media_type: str = "image/png", **options: Any) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, media_type.partition("/")[2], **options)
    return file.getvalue()


def refused(value: object) -> InputError:
    """The error for an object, in one line with a remedy."""
    with pytest.raises(InputError) as caught:
        to_file(value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    return caught.value


def scene(width: int = 320, height: int = 200, mode: str = "RGB") -> Image.Image:
    """A picture without two equal corners, a little transparent where the mode can be."""
    across, down = Image.linear_gradient("L").rotate(90), Image.linear_gradient("L")
    bands = [across, down, ImageChops.add(across, down, 2), down.point(lambda n: 255 - n // 2)]
    return Image.merge("RGBA", bands).resize((width, height)).convert(mode)


# -- bytes ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_are_the_file_itself(kind):
    """Whatever holds the bytes, they come back as they are, also those of no picture."""
    for data in (png(), b"", b"no picture"):
        found = to_file(kind(data))
        assert type(found) is bytes
        assert found == data


def test_a_view_with_gaps_gives_the_bytes_it_shows():
    """A memoryview need not be one run of bytes."""
    assert to_file(memoryview(b"a-b-c-")[::2]) == b"abc"


# -- Pillow -----------------------------------------------------------------------------

MODES = "1 L LA La P PA RGB RGBA RGBa RGBX CMYK YCbCr HSV LAB I I;16 I;16L I;16B F".split()


@pytest.mark.parametrize("mode", MODES)
def test_an_image_of_any_mode_becomes_a_png(mode):
    """Every mode that Pillow makes gives 8 bits a channel, twice the same bytes."""
    image = Image.new(mode, (5, 3))
    data = to_file(image)
    assert opened(data).size == (5, 3)
    assert opened(data).mode in ("L", "RGB", "RGBA")
    assert to_file(image) == data


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_the_pixels_of_an_image_are_kept(mode):
    """What has 8 bits a channel loses nothing."""
    image = scene(mode=mode)
    found = opened(to_file(image))
    assert found.mode == mode
    assert found.tobytes() == image.tobytes()


def test_an_alpha_channel_without_use_is_left_out():
    """An opaque RGBA image is the same picture, and the same bytes, as its RGB."""
    image = scene()
    assert to_file(image.convert("RGBA")) == to_file(image)


@pytest.mark.parametrize(
    ("values", "levels"),
    [([0.0, 0.5, 1.0], [0, 127, 255]), ([0.0, 127.0, 255.0], [0, 127, 255])],
    ids=["to 1", "to 255"],
)
def test_mode_f_is_read_by_its_range(values, levels):
    """Floats of Pillow go to 255, those that came from an array to 1."""
    image = Image.new("F", (3, 1))
    image.putdata(values)
    assert pixels(to_file(image)).tolist() == [levels]
    image.putdata([0.0, 1.0, 300.0])
    assert "from 0 to 1 or to 255, and this one 0 to 300" in str(refused(image))


def test_sixteen_bits_of_an_image_are_scaled():
    """A 16-bit image does not turn white where it is brighter than 255."""
    image = Image.frombytes("I;16", (3, 1), numpy.array([0, 32896, 65535], "<u2").tobytes())
    assert pixels(to_file(image)).tolist() == [[0, 128, 255]]


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/webp", "image/tiff"])
def test_an_image_is_turned_as_its_exif_says(media_type):
    """A photo of a telephone stands upright, whatever the format it was opened from."""
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    stored = scene(320, 200)
    options = {"lossless": True} if media_type == "image/webp" else {}
    data = encoded(stored, media_type, exif=exif, quality=95, **options)
    with Image.open(io.BytesIO(data)) as image:
        found = opened(to_file(image))
    assert found.size == (200, 320)
    expected = stored.transpose(Image.Transpose.ROTATE_270)
    difference = numpy.abs(numpy.array(found).astype(int) - numpy.array(expected).astype(int))
    assert difference.mean() < 4


def test_the_image_itself_is_not_changed():
    """What was given stays as it is: its pixels, its size and what is known of it."""
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    image = Image.open(io.BytesIO(encoded(scene(), exif=exif)))
    image.load()
    before = image.size, image.mode, dict(image.info), image.tobytes()
    to_file(image)
    assert (image.size, image.mode, dict(image.info), image.tobytes()) == before


@pytest.mark.parametrize("exif", [b"garbage!", b"Exif\0\0MM\0*garb", b"", "text", None])
def test_damaged_exif_of_an_image_is_no_matter(exif):
    """Metadata that cannot be read neither fails nor warns."""
    image = scene()
    image.info["exif"] = exif
    assert to_file(image) == to_file(scene())


def test_nothing_but_the_picture_is_in_the_file():
    """Comments, Exif and profiles that an image carries stay behind."""
    image = scene()
    exif = Image.Exif()
    exif[Base.ImageDescription] = "a garden"
    image.info.update(comment="a garden", exif=exif.tobytes(), icc_profile=b"a garden", dpi=(9, 9))
    assert to_file(image) == to_file(scene())


def test_an_image_that_cannot_be_read_is_refused():
    """A file that was cut short shows when its pixels are asked for."""
    image = Image.open(io.BytesIO(encoded(scene())[:-900]))
    assert "this PIL image cannot be used: the png picture is damaged" in str(refused(image))


@pytest.mark.parametrize("size", [(0, 3), (3, 0), (8193, 8192)])
def test_images_without_end_and_without_pixels_are_refused(size):
    """Nothing is encoded that could not be read again."""
    assert f"{size[0]}×{size[1]} pixels" in str(refused(Image.new("1", size)))


# -- numpy ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (RAMP, RAMP),
        (RAMP[:, :, None], RAMP),
        (COLOURS, COLOURS),
        (COLOURS / 255, COLOURS),
        ((COLOURS / 255).astype("float32"), COLOURS),
        (COLOURS[::-1, ::2], COLOURS[::-1, ::2]),
        (numpy.asfortranarray(COLOURS), COLOURS),
        (RAMP > 127, (RAMP > 127) * 255),
        (RAMP.astype("uint16") * 257, RAMP),
        (RAMP.astype(">u2") * 257, RAMP),
        (RAMP / numpy.float32(254.9999), RAMP),
    ],
    ids="grey one-channel colours double single slices fortran bool 16-bit big-endian 1+ε".split(),
)
def test_an_array_becomes_its_picture(array, expected):
    """Height, width and channels as they stand; floats from 0 to 1, True as white."""
    data = to_file(array)
    assert (pixels(data) == expected).all()
    assert pixels(data).shape == expected.shape
    assert to_file(array.copy()) == data


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "longdouble"])
def test_floats_of_any_length_are_taken(kind):
    """0 is black, 1 is white, a half is between."""
    found = pixels(to_file(numpy.array([[0, 0.5, 1]], kind)))
    assert found.tolist() in ([[0, 127, 255]], [[0, 128, 255]])


def test_four_channels_have_an_alpha():
    """The fourth channel is opacity, as in any PNG."""
    array = numpy.dstack([COLOURS, RAMP])
    assert (pixels(to_file(array)) == array).all()


def test_an_array_and_its_image_are_one_picture():
    """The same pixels give the same bytes, whichever library holds them."""
    assert to_file(COLOURS) == to_file(Image.fromarray(COLOURS))
    assert to_file(COLOURS) != to_file(COLOURS[::-1])


@pytest.mark.parametrize("shape", [(3, 6, 8), (4, 6, 8), (1, 6, 8)])
def test_channels_first_are_refused_with_the_way_out(shape):
    """The order of tensors is named, with what turns it round; and what it gives is taken."""
    array = numpy.zeros(shape, "uint8")
    error = refused(array)
    assert f"shape {shape}" in error.cause
    assert "(height, width, channels) with 1, 3 or 4 channels" in error.cause
    assert "array.transpose(1, 2, 0)" in error.remedy
    assert opened(to_file(array.transpose(1, 2, 0))).size == (8, 6)


@pytest.mark.parametrize("shape", [(5,), (2, 6, 8, 3), (6, 8, 2), (6, 8, 5), (0, 8), (6, 0, 3)])
def test_other_shapes_are_refused(shape):
    """One line that says the shape and what is taken, or that nothing is in it."""
    error = refused(numpy.zeros(shape, "uint8"))
    assert f"shape {shape} " in error.cause or "is empty" in error.cause
    assert ("array[0]" in error.remedy) == (len(shape) == 4)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[0.0, 255.0]], "0 to 255. Write array / 255"),
        ([[-1.0, 1.0]], "-1 to 1. Scale them first"),
        ([[0.0, 1000.0]], "0 to 1000. Scale them first"),
        ([[0.0, numpy.nan]], "nan to nan"),
        ([[0.0, numpy.inf]], "0 to inf"),
    ],
)
@pytest.mark.parametrize("kind", ["float16", "float64"])
def test_floats_outside_of_0_to_1_are_refused(values, words, kind):
    """Nothing is clipped in silence: the range is said."""
    error = refused(numpy.array(values, kind))
    assert f"array of {kind} has values from 0 to 1" in str(error)
    assert words in str(error)


@pytest.mark.parametrize("kind", ["int64", "int8", "uint32", "complex64", "object", "U3", "M8[s]"])
def test_other_types_are_refused(kind):
    """Integers of other sizes have no white; the types that are taken are named."""
    error = refused(numpy.zeros((6, 8), kind))
    assert str(numpy.dtype(kind)) in error.cause
    assert "uint8, uint16, bool, and float from 0 to 1" in error.cause


class Tensor:
    """What behaves like a tensor: gives an array, or says why not."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if isinstance(self.array, Exception):
            raise self.array
        return self.array


class Table(Tensor):
    """What has columns."""

    columns = ("a", "b")


def test_what_gives_an_array_is_one():
    """A tensor is its array."""
    assert to_file(Tensor(COLOURS)) == to_file(COLOURS)


def test_a_tensor_that_gives_none_says_why():
    """Its own reason stands in the line, with what to call first."""
    error = refused(Tensor(TypeError("can't convert cuda:0 tensor to numpy.\nUse Tensor.cpu()")))
    assert "a Tensor cannot be read as an array: can't convert cuda:0" in error.cause
    assert ".detach().cpu().numpy()" in error.remedy


def test_a_table_is_no_picture():
    """The numbers of a data frame are not taken for pixels."""
    assert "a Table is a table, not a picture" in str(refused(Table(COLOURS)))


# -- matplotlib -------------------------------------------------------------------------


def drawing(**options: Any) -> Figure:
    """A small figure with a line in it."""
    figure = Figure(figsize=(3, 2), dpi=50, **options)
    figure.add_subplot().plot([1, 3, 2])
    return figure


def test_a_figure_is_drawn_at_its_own_dpi():
    """Inches times dpi are the pixels; the same figure gives the same bytes, without a date."""
    data = to_file(drawing())
    assert opened(data).size == (150, 100)
    assert opened(data).mode == "RGB"
    assert opened(data).info == {}
    assert pixels(data).std() > 0
    assert to_file(drawing()) == data
    figure = drawing()
    assert [to_file(figure), to_file(figure)] == [data, data]


def test_what_belongs_to_a_figure_is_the_whole_of_it():
    """Axes, those of a part of a figure, and lines, as the calls of plotting return them."""
    figure = drawing()
    assert to_file(figure.axes[0]) == to_file(figure)
    assert to_file(figure.axes[0].lines[0]) == to_file(figure)
    parted = Figure(figsize=(3, 2), dpi=50)
    left, _ = parted.subfigures(1, 2)
    axes = left.add_subplot()
    axes.plot([1, 3, 2])
    assert to_file(axes) == to_file(left) == to_file(parted)


def test_a_transparent_figure_stays_transparent():
    """Its background has no colour that was never chosen."""
    assert opened(to_file(drawing(facecolor="none"))).mode == "RGBA"


def test_a_figure_that_cannot_be_drawn_says_why():
    """What matplotlib has to say stands in the line."""
    figure = drawing()
    figure.suptitle(r"$\frac{$")
    assert "this figure cannot be drawn:" in str(refused(figure))


def test_axes_without_a_figure_are_none():
    """What was taken out of its figure shows nothing."""
    axes = drawing().axes[0]
    axes.remove()
    assert "is no picture" in str(refused(axes))


# -- other objects ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None is no picture"),
        (7, "an int is no picture"),
        ({}, "a dict is no picture"),
        (numpy.float64(0.5), "a float64 is no picture"),
        (Image.Image, "a type is no picture"),
        ([RAMP, RAMP], "a list is not one picture. Give its pictures one by one"),
        (io.BytesIO(), "a BytesIO is an open file, not a picture. Give its .read()"),
        (object(), "an object is no picture. Give a path, a URL, bytes, a PIL image"),
    ],
)
def test_what_is_no_picture_is_said(value, words):
    """The kind of object, and what to give instead."""
    assert not is_picture(value)
    assert words in str(refused(value))


@pytest.mark.parametrize(
    "value",
    [b"", Image.new("L", (1, 1)), RAMP, numpy.zeros((5,)), Tensor(RAMP), drawing()],
    ids="bytes image array numbers tensor figure".split(),
)
def test_what_may_be_a_picture_is_known_without_a_try(value):
    """Arrays that are none count as well: an error is better than a request without them."""
    assert is_picture(value)


def test_numpy_and_matplotlib_are_never_imported():
    """The module knows them by their objects; Pillow comes with the first picture."""
    code = """
        import sys
        from comet_jupyter.images import from_objects
        assert "PIL.Image" not in sys.modules
        import PIL.Image
        assert from_objects.to_file(PIL.Image.new("RGB", (2, 2)))
        assert not from_objects.is_picture(object())
        print(sorted({"numpy", "matplotlib"} & set(sys.modules)))
        import numpy
        print(sorted({"numpy", "matplotlib"} & set(sys.modules)))
    """
    lines = [line.strip() for line in code.splitlines()]
    found = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert found.stdout.split("\n")[:2] == ["[]", "['numpy']"]


# -- made smaller -----------------------------------------------------------------------

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "PNG",
    "image/bmp": "PNG",
    "image/tiff": "PNG",
    "image/avif": "WEBP",
}


def reopened(data: bytes) -> Image.Image:
    """The picture of any format in a file."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("media_type", FORMATS)
def test_a_smaller_picture_keeps_its_kind(media_type):
    """Its longer side has so many pixels; a photo stays one, and a drawing stays lossless."""
    data = encoded(scene(320, 200), media_type)
    found = reopened(smaller(data, 100))
    assert found.format == FORMATS[media_type]
    assert found.size == (100, 62)
    expected = scene(320, 200).resize((100, 62), Image.Resampling.LANCZOS)
    difference = numpy.abs(
        numpy.array(found.convert("RGB")).astype(int) - numpy.array(expected).astype(int)
    )
    assert difference.mean() < 8
    assert smaller(data, 100) == smaller(data, 100)


@pytest.mark.parametrize("media_type", FORMATS)
@pytest.mark.parametrize("longest", [320, 4000])
def test_what_is_small_enough_keeps_its_very_bytes(media_type, longest):
    """Nothing is enlarged, and nothing is encoded again for nothing."""
    data = encoded(scene(320, 200), media_type)
    assert smaller(data, longest) is data


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/webp"])
def test_the_smaller_picture_stands_upright(media_type):
    """Exif's turn is in the pixels, and nowhere else any more; width and height are as shown."""
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    exif[Base.ImageDescription] = "a garden"
    found = smaller(encoded(scene(320, 200), media_type, exif=exif), 100)
    assert reopened(found).size == (62, 100)
    assert dict(reopened(found).getexif()) == {}
    assert b"a garden" not in found
    upright = encoded(scene(320, 200), media_type, exif=exif)
    assert smaller(upright, 320) is upright


@pytest.mark.parametrize(("lossless", "chunk"), [(True, b"VP8L"), (False, b"VP8 ")])
def test_a_webp_stays_lossless_or_not(lossless, chunk):
    """A drawing that was kept exactly gets no traces of compression, a photo gets no weight."""
    data = encoded(scene(), "image/webp", lossless=lossless)
    assert smaller(data, 100)[12:16] == chunk


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16"])
def test_a_png_of_any_mode_can_be_smaller(mode):
    """Palettes and depths that cannot be filtered are turned into ones that can."""
    image = Image.new(mode, (64, 32)) if mode == "I;16" else scene(64, 32, "L").convert(mode)
    assert opened(smaller(encoded(image), 16)).size == (16, 8)


def test_transparency_survives():
    """What one sees through stays so."""
    assert reopened(smaller(encoded(scene(mode="RGBA")), 100)).mode == "RGBA"
    assert reopened(smaller(encoded(scene(mode="RGBA"), "image/webp"), 100)).mode == "RGBA"


@pytest.mark.parametrize(("size", "expected"), [((400, 2), (10, 1)), ((2, 400), (1, 10))])
def test_no_side_vanishes(size, expected):
    """A very long picture keeps one pixel of its shorter side."""
    assert reopened(smaller(encoded(Image.new("L", size)), 10)).size == expected


def test_large_photos_are_filtered_not_picked():
    """A fine pattern turns grey, as it does to the eye, and not into stripes."""
    fine = Image.fromarray(numpy.indices((1600, 1600)).sum(0).astype("uint8") % 2 * 255)
    found = numpy.array(reopened(smaller(encoded(fine, "image/jpeg", quality=100), 100)))
    assert abs(found.astype(int).mean() - 127) < 4
    assert found.std() < 4


@pytest.mark.parametrize(
    "damaged",
    [
        lambda: b"",
        lambda: b"no picture",
        lambda: encoded(scene())[:-900],
        lambda: encoded(Image.new("1", (8200, 8200))),
    ],
    ids=["empty", "text", "cut", "bomb"],
)
def test_what_cannot_be_read_cannot_be_smaller(damaged: Callable[[], bytes]):
    """The same errors as everywhere where a file is decoded."""
    with pytest.raises(DownloadError):
        smaller(damaged(), 100)


def test_a_smaller_jpeg_has_the_quality_that_is_documented():
    """The tables in the file are those of Pillow's quality."""
    found = reopened(smaller(encoded(scene(), "image/jpeg"), 100))
    same = reopened(encoded(scene(100, 62), "image/jpeg", quality=from_objects.QUALITY))
    assert found.quantization == same.quantization
