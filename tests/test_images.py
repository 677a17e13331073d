"""Files by their bytes, pictures under caps, previews, and what people hold of them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageCms, ImageFile

from comet_jupyter.errors import DownloadError, InputError, StoreError
from comet_jupyter.images import (
    MAX_BYTES,
    Image,
    OutputFile,
    embed_full,
    measure,
    preview,
    read_metadata,
    sniff,
    suffix_of,
)
from comet_jupyter.images.media import without_metadata

SIZE = (60, 40)


def encoded(image: Pillow.Image, format_name: str, **options: Any) -> bytes:
    """The file that Pillow writes."""
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def gradient(size: tuple[int, int] = SIZE) -> Pillow.Image:
    """Smooth colours in every direction."""
    ramps = [Pillow.linear_gradient("L"), Pillow.radial_gradient("L")]
    channels = [*ramps, ramps[0].transpose(Pillow.Transpose.ROTATE_90)]
    return Pillow.merge("RGB", [channel.resize(size) for channel in channels])


def photograph(size: tuple[int, int]) -> Pillow.Image:
    """Something with the grain of a photograph, so that sizes in bytes are realistic."""
    grain = Pillow.merge("RGB", [Pillow.effect_noise(size, 60) for _ in range(3)])
    return Pillow.blend(gradient(size), grain, 0.2)


def half_red() -> Pillow.Image:
    """Left half red, right half blue: shows which way up it is."""
    image = Pillow.new("RGB", SIZE, "blue")
    image.paste("red", (0, 0, SIZE[0] // 2, SIZE[1]))
    return image


def chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG chunk with its length and check sum."""
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png_with(*chunks: bytes) -> bytes:
    """A sound PNG with more chunks behind its header."""
    png = encoded(gradient(), "PNG")
    return png[:33] + b"".join(chunks) + png[33:]


def png_claiming(width: int, height: int) -> bytes:
    """A small PNG whose header says another size."""
    png = encoded(gradient(), "PNG")
    header = struct.pack(">II", width, height) + png[24:29]
    return png[:8] + chunk(b"IHDR", header) + png[33:]


def gif_claiming(width: int, height: int, frames: int = 1) -> bytes:
    """A GIF of one-pixel frames on a screen of any size."""
    screen = struct.pack("<HH", width, height) + b"\x80\x00\x00" + b"\x00\x00\x00\xff\xff\xff"
    frame = b"," + struct.pack("<HHHH", 0, 0, 1, 1) + b"\x00\x02\x02\x44\x01\x00"
    return b"GIF89a" + screen + frame * frames + b";"


def with_damaged_exif(jpeg: bytes) -> bytes:
    """Orientation 6, then a tag whose text lies far beyond the block."""
    tags = struct.pack("<HHII", 0x0112, 3, 1, 6) + struct.pack("<HHII", 0x010F, 2, 5000, 99999)
    block = b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + struct.pack("<H", 2) + tags
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def rotated_exif() -> Pillow.Exif:
    """Exif that says: turn me by 90 degrees."""
    exif = Pillow.Exif()
    exif[0x0112] = 6
    return exif


def colour_at(data: bytes, x: float, y: float) -> tuple[int, ...]:
    """The colour at a place given in fractions of width and height."""
    with Pillow.open(io.BytesIO(data)) as image:
        rgb = image.convert("RGBA").convert("RGB")
    colour = rgb.getpixel((int(x * (rgb.width - 1)), int(y * (rgb.height - 1))))
    assert isinstance(colour, tuple)
    return tuple(int(value) for value in colour)


def near(colour: tuple[int, ...], wanted: tuple[int, ...], tolerance: int = 12) -> bool:
    """True for colours that look the same."""
    return all(abs(a - b) <= tolerance for a, b in zip(colour, wanted, strict=True))


# ------------------------------------------------------------------------------ sniff


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00", "image/avif"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "image/avif"),
        (b"\x00\x00\x00\x20ftypheic\x00\x00\x00\x00", "image/heic"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2", "video/mp4"),
        (b"II*\x00\x08\x00", "image/tiff"),
        (b"MM\x00*\x00\x00", "image/tiff"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x --><SVG/>", "image/svg+xml"),
        ("<?xml version='1.0'?><svg/>".encode("utf-16"), "image/svg+xml"),
        (b"\n <!DOCTYPE html><title>x", "text/html"),
        (b"<?xml version='1.0'?><note/>", None),
        (b"MZ\x90\x00", None),
        (b"\x7fELF", None),
        (b"BM is no bitmap, only text", None),
        (b"RIFF", None),
        (b"hello", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_type(data: bytes, media_type: str | None) -> None:
    """The media type comes from magic bytes, for pictures and for what must not be shown as one."""
    assert sniff(data) == media_type


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF"])
def test_every_picture_format_is_known_and_measured(name: str) -> None:
    """What Pillow writes is named, gets a suffix, and measures as it was drawn."""
    data = encoded(gradient(), name)
    media_type, width, height = measure(data)
    assert media_type == sniff(data)
    assert suffix_of(media_type) != ".bin"
    assert (width, height) == SIZE


# ---------------------------------------------------------------------------- measure


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_exif_rotation_is_applied(name: str) -> None:
    """A picture that Exif turns by 90 degrees is measured and shown as displayed."""
    data = encoded(half_red(), name, exif=rotated_exif(), quality=95)
    assert measure(data)[1:] == (SIZE[1], SIZE[0])
    shown = preview(data)
    assert (shown.width, shown.height) == (SIZE[1], SIZE[0])
    assert near(colour_at(shown.data, 0.5, 0.1), (255, 0, 0), 30)
    assert near(colour_at(shown.data, 0.5, 0.9), (0, 0, 255), 30)


def cut(name: str, missing: int, **options: Any) -> bytes:
    """A file without its last bytes."""
    return encoded(photograph(SIZE), name, **options)[:-missing]


DAMAGED: dict[str, Callable[[], bytes]] = {
    "jpeg without its last quarter": lambda: cut("JPEG", 400),
    "jpeg without its end mark": lambda: cut("JPEG", 2),
    "progressive jpeg": lambda: cut("JPEG", 300, progressive=True),
    "progressive jpeg with an end mark": lambda: cut("JPEG", 900, progressive=True) + b"\xff\xd9",
    "png": lambda: cut("PNG", 100),
    "png without its end mark": lambda: cut("PNG", 12),
    "webp": lambda: cut("WEBP", 50),
    "gif": lambda: cut("GIF", 300),
    "bmp": lambda: cut("BMP", 50),
    "tiff": lambda: cut("TIFF", 50, compression="tiff_lzw"),
    "avif": lambda: cut("AVIF", 50),
    "png whose header lies": lambda: png_claiming(2000, 2000),
    "png of no width": lambda: png_claiming(0, 40),
    "png with a broken check sum": lambda: png_with()[:45] + b"\x00" + png_with()[46:],
    "jpeg that is only a header": lambda: b"\xff\xd8\xff\xe0" + bytes(200) + b"\xff\xd9",
    "webp that is only a header": lambda: b"RIFF\x00\x00\x00\x00WEBPVP8 ",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
@pytest.mark.parametrize("question", [measure, preview, embed_full])
def test_damaged_pictures_are_refused(
    data: Callable[[], bytes], question: Callable[[bytes], object]
) -> None:
    """Truncated and damaged files are found by decoding them, and the error says what to do."""
    with pytest.raises(DownloadError, match=r"cut short|damaged") as caught:
        question(data())
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("frame", [1, 10_000])
def test_only_the_first_frame_counts(frame: int) -> None:
    """An animation of 10,000 frames is measured by its first one, like a still picture."""
    assert measure(gif_claiming(1, 1, frames=frame)) == ("image/gif", 1, 1)


@pytest.mark.parametrize(
    "data",
    [
        png_claiming(100_000, 100_000),
        png_claiming(8192, 8193),
        gif_claiming(65_535, 65_535),
    ],
    ids=["10 gigapixels", "one row too many", "gif"],
)
def test_pixel_bombs_are_refused_by_their_header(data: bytes) -> None:
    """More than 64 megapixels are refused before a pixel is decoded."""
    with pytest.raises(DownloadError, match=r"claims .* pixels"):
        measure(data)


def test_the_caps_let_their_own_value_pass() -> None:
    """8192×8192 is within the cap: the refusal is then about missing data, not about size."""
    with pytest.raises(DownloadError, match="damaged"):
        measure(png_claiming(8192, 8192))


def test_files_over_the_byte_cap_are_refused() -> None:
    """A file over 64 MiB is not even looked at."""
    with pytest.raises(DownloadError, match="more than the 64"):
        measure(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<!doctype html><script>alert(1)</script>", "text/html"),
        (b"<svg onload='alert(1)'/>", "image/svg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"MZ\x90\x00", "unknown type"),
        (b"", "empty"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(data: bytes, said: str) -> None:
    """HTML named png, SVG with a script, documents and programs are never taken for pictures."""
    with pytest.raises(DownloadError, match=said):
        measure(data)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"tEXt"])
def test_bombs_in_text_chunks_stay_packed(kind: bytes) -> None:
    """80 MB of packed text beside a small picture neither harm nor hide it."""
    content = b"x\x00\x00" + zlib.compress(bytes(80_000_000))
    assert measure(png_with(chunk(kind, content)))[1:] == SIZE


def test_a_bomb_in_the_colour_profile_is_refused() -> None:
    """A profile that unpacks to 80 MB ends in an error, not in memory."""
    with pytest.raises(DownloadError):
        measure(png_with(chunk(b"iCCP", b"x\x00\x00" + zlib.compress(bytes(80_000_000)))))


def test_the_session_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow's limits are the user's: ours hold whatever they are, and no warning comes."""
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", 1500)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    filters = list(warnings.filters)
    assert measure(encoded(gradient(), "PNG"))[1:] == SIZE
    assert measure(with_damaged_exif(encoded(gradient(), "JPEG")))[1:] == (SIZE[1], SIZE[0])
    with pytest.raises(DownloadError):
        measure(cut("JPEG", 400))
    with pytest.raises(DownloadError):
        measure(cut("PNG", 100))
    assert Pillow.MAX_IMAGE_PIXELS == 1500
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True
    assert list(warnings.filters) == filters


def test_pillow_itself_would_warn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: the plain way to open and turn the same pictures does warn."""
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", 1500)
    with pytest.warns(Pillow.DecompressionBombWarning):
        Pillow.open(io.BytesIO(encoded(gradient(), "PNG")))
    monkeypatch.undo()
    with (
        pytest.warns(UserWarning, match=r"EXIF|Tag data|Truncated"),
        Pillow.open(io.BytesIO(with_damaged_exif(encoded(gradient(), "JPEG")))) as image,
    ):
        image.getexif()


def test_importing_is_cheap() -> None:
    """Pillow is imported with the first picture, not with the module; control: then it is."""
    program = (
        "import sys, comet_jupyter.images as images\n"
        "before = 'PIL' in sys.modules\n"
        f"images.measure({encoded(gradient(), 'PNG')!r})\n"
        "print(before, 'PIL' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.split() == ["False", "True"], run.stderr


# ---------------------------------------------------------------------------- preview


@pytest.mark.parametrize("name", ["PNG", "JPEG"])
def test_a_small_png_or_jpeg_passes_untouched(name: str) -> None:
    """What every front end shows, and is small, goes in byte for byte."""
    data = encoded(gradient(), name)
    assert preview(data).data is data


@pytest.mark.parametrize(
    ("name", "options"),
    [("WEBP", {}), ("AVIF", {}), ("WEBP", {"lossless": True}), ("GIF", {}), ("TIFF", {})],
)
def test_other_formats_become_png_or_jpeg(name: str, options: dict[str, Any]) -> None:
    """Formats that only some front ends show are converted, and still look alike."""
    data = encoded(half_red(), name, **options)
    shown = preview(data)
    assert shown.media_type == sniff(shown.data)
    assert shown.media_type in ("image/png", "image/jpeg")
    assert (shown.width, shown.height) == SIZE
    assert near(colour_at(shown.data, 0.1, 0.5), (255, 0, 0), 20)


def test_photographs_become_jpeg_and_drawings_png() -> None:
    """The kind of picture decides: grain makes jpeg, a few flat colours make png."""
    assert preview(encoded(photograph((300, 200)), "WEBP")).media_type == "image/jpeg"
    assert preview(encoded(half_red(), "WEBP", lossless=True)).media_type == "image/png"


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(2000, 1000), (1000, 2000), (1024, 1024)])
def test_previews_keep_to_their_budget(name: str, size: tuple[int, int]) -> None:
    """Longer side and bytes stay within the limits, and the ratio is kept."""
    shown = preview(encoded(photograph(size), name, quality=98), max_side=1024, max_bytes=200_000)
    assert max(shown.width, shown.height) <= 1024
    assert len(shown.data) <= 200_000
    assert shown.width / shown.height == pytest.approx(size[0] / size[1], rel=0.01)
    assert measure(shown.data)[1:] == (shown.width, shown.height)


def test_four_previews_fit_in_two_megabytes() -> None:
    """With the defaults, four pictures in base64 leave room for their records in 2 MB."""
    worst = preview(encoded(Pillow.effect_noise((1500, 1500), 100).convert("RGB"), "WEBP"))
    assert 4 * len(base64.b64encode(worst.data)) < 1_950_000
    assert max(worst.width, worst.height) > 500


def test_transparency_is_kept_and_budgeted() -> None:
    """A picture with a see-through part becomes png with alpha, made smaller when it must."""
    image = photograph((600, 600)).convert("RGBA")
    image.putalpha(Pillow.radial_gradient("L").resize((600, 600)))
    shown = preview(encoded(image, "WEBP"), max_bytes=100_000)
    assert shown.media_type == "image/png"
    assert len(shown.data) <= 100_000
    with Pillow.open(io.BytesIO(shown.data)) as png:
        assert png.mode == "RGBA"


def test_alpha_that_hides_nothing_is_dropped() -> None:
    """A fully opaque alpha channel does not force a photograph into png."""
    image = photograph((300, 200)).convert("RGBA")
    assert preview(encoded(image, "WEBP")).media_type == "image/jpeg"


PALETTE = half_red().quantize(4)
HELD_COLOURS: dict[str, bytes] = {
    "palette": encoded(PALETTE, "PNG"),
    "palette gif": encoded(PALETTE, "GIF"),
    "palette with alpha": encoded(PALETTE, "PNG", transparency=bytes([255, 255, 128, 128])),
    "cmyk jpeg": encoded(half_red().convert("CMYK"), "JPEG", quality=98),
    "cmyk tiff": encoded(half_red().convert("CMYK"), "TIFF"),
    "animated png": encoded(half_red(), "PNG", save_all=True, append_images=[gradient()]),
    "animated webp": encoded(
        half_red(), "WEBP", save_all=True, append_images=[gradient()], lossless=True
    ),
}


@pytest.mark.parametrize("data", HELD_COLOURS.values(), ids=HELD_COLOURS.keys())
@pytest.mark.parametrize("convert", [preview, embed_full])
def test_colours_survive_every_mode(data: bytes, convert: Callable[[bytes], Any]) -> None:
    """Palettes, CMYK and first frames look as they should, on every way into the notebook."""
    shown = convert(data)
    assert near(colour_at(shown.data, 0.1, 0.5), (255, 0, 0), 30)
    assert near(colour_at(shown.data, 0.9, 0.5), (0, 0, 255), 30)
    with Pillow.open(io.BytesIO(shown.data)) as image:
        assert image.mode != "CMYK"


def test_sixteen_bits_become_eight_without_clipping() -> None:
    """A 16-bit ramp keeps its middle grey instead of turning white."""
    ramp = Pillow.linear_gradient("L").convert("I").point(lambda value: value * 257)
    shown = preview(encoded(ramp.convert("I;16"), "PNG"))
    with Pillow.open(io.BytesIO(shown.data)) as image:
        assert image.mode == "L"
    assert near(colour_at(shown.data, 0.5, 0.5), (128, 128, 128))


def swapped_profile() -> bytes:
    """An RGB profile whose red and green are swapped, so that its use can be seen."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile = bytearray(
        bytes(profile).replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))
    )
    entries = {
        bytes(profile[at : at + 4]): at + 4
        for at in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12)
    }
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red : red + 8], profile[green : green + 8] = (
        profile[green : green + 8],
        profile[red : red + 8],
    )
    return bytes(profile)


def test_embedded_profiles_are_honoured() -> None:
    """Colours are turned to sRGB by the profile that came along, which is then left out."""
    data = encoded(half_red(), "WEBP", lossless=True, icc_profile=swapped_profile())
    shown = preview(data)
    assert near(colour_at(shown.data, 0.1, 0.5), (0, 255, 0), 30)
    assert b"ICC" not in shown.data


@pytest.mark.parametrize(
    "profile",
    [b"junk" * 50, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()],
    ids=["junk", "of another colour space"],
)
def test_a_broken_profile_does_not_cost_the_picture(profile: bytes) -> None:
    """A profile that cannot be used is as good as none."""
    shown = preview(encoded(half_red(), "WEBP", lossless=True, icc_profile=profile))
    assert near(colour_at(shown.data, 0.1, 0.5), (255, 0, 0))


MARKUP = b"<script>alert(1)</script>"


def test_metadata_stays_out_of_the_notebook() -> None:
    """Text chunks, comments, Exif and XMP are taken away; the pixels are not touched."""
    png = png_with(
        chunk(b"tEXt", b"Comment\x00" + MARKUP), chunk(b"eXIf", rotated_exif().tobytes()[6:])
    )
    jpeg = encoded(gradient(), "JPEG", comment=MARKUP, xmp=MARKUP)
    for data in (png_with(chunk(b"tEXt", b"Comment\x00" + MARKUP)), jpeg):
        assert MARKUP in data
        bare = preview(data).data
        assert MARKUP not in bare
        with Pillow.open(io.BytesIO(data)) as before, Pillow.open(io.BytesIO(bare)) as after:
            assert before.tobytes() == after.tobytes()
    assert MARKUP not in preview(png).data
    assert MARKUP not in preview(encoded(half_red(), "GIF", comment=MARKUP)).data


def test_profiles_stay_where_pixels_pass_untouched() -> None:
    """A png or jpeg that passes keeps its colour profile: without it, it would look wrong."""
    for name in ("PNG", "JPEG"):
        data = encoded(gradient(), name, icc_profile=swapped_profile())
        assert preview(data).data is data


def test_only_png_and_jpeg_are_taken_apart() -> None:
    """Other formats come back as they are from the removal of metadata."""
    data = encoded(gradient(), "WEBP")
    assert without_metadata(data, "image/webp").data is data


def test_full_embedding_keeps_originals_and_sizes() -> None:
    """`full` passes png and jpeg as they are, whatever their size, and scales nothing."""
    for name in ("PNG", "JPEG"):
        data = encoded(photograph((1500, 100)), name)
        assert embed_full(data).data is data
    shown = embed_full(encoded(photograph((1500, 100)), "WEBP"))
    assert (shown.media_type, shown.width) == ("image/jpeg", 1500)
    assert embed_full(encoded(photograph((150, 100)), "TIFF")).media_type == "image/png"


# ---------------------------------------------------------------- what people hold


def held(data: bytes, path: Path | None = None, **changes: Any) -> Image:
    """The object that people hold of a picture."""
    media_type, width, height = measure(data)
    facts: dict[str, Any] = {
        "media_type": media_type,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "width": width,
        "height": height,
        "path": path,
        "load": lambda: data,
    }
    return Image(**{**facts, **changes})


WEBP = encoded(half_red(), "WEBP", lossless=True)


def test_a_picture_shows_itself_with_a_text_alternative() -> None:
    """The bundle holds a base64 png or jpeg, a line of text, a width, and no HTML."""
    data, metadata = held(WEBP)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert sniff(base64.b64decode(data["image/png"], validate=True)) == "image/png"
    assert data["text/plain"].startswith("Image 60×40 webp")
    assert metadata["image/png"] == {"width": 60, "alt": data["text/plain"]}


def test_ipython_takes_the_bundle_as_it_is() -> None:
    """IPython's own formatter gives the same types from the object."""
    from IPython.core.formatters import DisplayFormatter

    data, metadata = DisplayFormatter().format(held(WEBP))
    assert set(data) == {"image/png", "text/plain"}
    assert metadata["image/png"]["width"] == 60


def missing() -> bytes:
    """A loader whose file is gone."""
    raise StoreError("the file is gone", "Try again")


def broken() -> bytes:
    """A loader with a bug."""
    raise RuntimeError("boom")


@pytest.mark.parametrize(
    ("load", "said"),
    [(missing, "gone"), (broken, "boom"), (lambda: b"<html>", "text/html"), (lambda: b"", "empty")],
)
def test_a_repr_never_raises(load: Callable[[], bytes], said: str) -> None:
    """Trouble while showing becomes plain text that says it."""
    data, metadata = held(WEBP, load=load)._repr_mimebundle_()
    assert list(data) == ["text/plain"]
    assert said in data["text/plain"]
    assert metadata == {}


def test_the_repr_is_one_cheap_line() -> None:
    """`repr` names kind and place, reads nothing, and shows the home folder as ~."""
    image = held(WEBP, Path.home() / "pictures" / "a\x1b[31m.webp", load=broken)
    assert repr(image) == "<Image 60×40 webp · file: ~/pictures/a�[31m.webp>"
    assert repr(held(WEBP)) == "<Image 60×40 webp · 1 kB · not stored>"
    assert repr(OutputFile(media_type="application/pdf", sha256="0" * 64, size=2_500_000)) == (
        "<File application/pdf · 2.5 MB · not stored>"
    )


def test_what_is_held_is_frozen_and_equal_by_content() -> None:
    """Two handles of the same file are equal, and none can be changed."""
    assert held(WEBP) == held(WEBP)
    with pytest.raises(AttributeError):
        held(WEBP).width = 1  # type: ignore[misc]


def test_reading_falls_back_to_the_path(tmp_path: Path) -> None:
    """Without a loader the bytes come from disk, and a missing file is a clear error."""
    path = tmp_path / "a.webp"
    path.write_bytes(WEBP)
    assert held(WEBP, path, load=None).read() == WEBP
    path.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        held(WEBP, path, load=None).read()
    with pytest.raises(StoreError, match="not stored"):
        held(WEBP, load=None).read()


def test_to_pil_is_loaded_and_upright() -> None:
    """The Pillow image is decoded and turned the right way up."""
    image = held(encoded(half_red(), "JPEG", exif=rotated_exif())).to_pil()
    assert image.size == (SIZE[1], SIZE[0])
    assert image.convert("RGB").getpixel((20, 2))[0] > 200  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "written"),
    [("boat", "boat.webp"), ("flux-1.1", "flux-1.1.webp"), ("a.WEBP", "a.WEBP")],
)
def test_saving_adds_the_right_suffix(tmp_path: Path, name: str, written: str) -> None:
    """The original is written byte for byte, with its suffix where the name has none."""
    path = held(WEBP).save(tmp_path / name)
    assert path == tmp_path / written
    assert path.read_bytes() == WEBP


def test_saving_into_a_folder_names_by_content(tmp_path: Path) -> None:
    """A folder as target gives a name of our own, made from the content."""
    path = held(WEBP).save(tmp_path)
    assert path.name == f"comet-{hashlib.sha256(WEBP).hexdigest()[:12]}.webp"


def test_saving_never_overwrites_unasked(tmp_path: Path) -> None:
    """An existing file is kept and named in the error, unless overwriting was asked for."""
    path = tmp_path / "boat.webp"
    path.write_bytes(b"precious")
    with pytest.raises(InputError, match="is there already"):
        held(WEBP).save(path)
    assert path.read_bytes() == b"precious"
    assert held(WEBP).save(path, overwrite=True).read_bytes() == WEBP


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg"])
def test_another_picture_suffix_converts(tmp_path: Path, suffix: str) -> None:
    """`save("boat.png")` writes a real png of a webp, not webp under a false name."""
    path = held(WEBP).save(tmp_path / f"boat{suffix}")
    media_type, width, height = measure(path.read_bytes())
    assert suffix_of(media_type)[1:3] == suffix[1:3]
    assert (width, height) == SIZE


ABOUT = {"model": "owner/boats", "input": {"prompt": "a boat"}, "package_version": "1.2"}


@pytest.mark.parametrize("name", ["boat", "boat.webp", "boat.png", "boat.jpg"])
def test_a_saved_picture_says_how_it_was_made(tmp_path: Path, name: str) -> None:
    """Original or converted, it carries its record; the original's pixels are the same."""
    path = held(WEBP, about=ABOUT).save(tmp_path / name)
    told = read_metadata(path.read_bytes()).texts
    assert json.loads(told["comet"]) == {**ABOUT, "sha256": hashlib.sha256(WEBP).hexdigest()}
    assert told["parameters"].startswith("a boat\nSize: 60x40, Model: boats")
    with Pillow.open(path) as saved, Pillow.open(io.BytesIO(WEBP)) as original:
        assert path.suffix == ".jpg" or saved.tobytes() == original.tobytes()


def test_metadata_can_be_left_out(tmp_path: Path) -> None:
    """Then, and where nothing is known, the very bytes of the original are written."""
    asked = held(WEBP, about=ABOUT).save(tmp_path / "asked", metadata=False)
    unknown = held(WEBP).save(tmp_path / "unknown")
    assert asked.read_bytes() == unknown.read_bytes() == WEBP
    png = held(WEBP, about=ABOUT).save(tmp_path / "boat.png", metadata=False)
    assert read_metadata(png.read_bytes()).texts == {}


def test_files_that_are_no_pictures_are_saved_as_they_are(tmp_path: Path) -> None:
    """A record goes into pictures only."""
    file = OutputFile(
        media_type="application/pdf", sha256="0" * 64, size=4, load=lambda: b"%PDF", about=ABOUT
    )
    assert file.save(tmp_path / "paper").read_bytes() == b"%PDF"


@pytest.mark.parametrize(
    ("name", "said"),
    [("boat.pdf", "is image/webp, not .pdf"), ("none/boat.webp", "there is no folder")],
)
def test_saving_says_why_it_cannot(tmp_path: Path, name: str, said: str) -> None:
    """A wrong suffix and a missing folder are errors that name the way out."""
    with pytest.raises(InputError, match=said):
        held(WEBP).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["~nobody-of-this-name/boat", "a\0b", "\ud800", "x" * 300, "x" * 252, "x" * 300 + "/y"]
)
def test_an_impossible_name_is_one_line(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown homes, a NUL and endless names end as an error of ours, and write nothing."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises((InputError, StoreError)) as caught:
        held(WEBP).save(name)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    assert list(tmp_path.iterdir()) == []
