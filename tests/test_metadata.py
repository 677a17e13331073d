"""How a picture was made: written into its file without touching the pixels, and read from any."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, ImageCms, PngImagePlugin
from PIL import Image as Pillow

from comet_jupyter.errors import InputError
from comet_jupyter.images import MAX_BYTES, Metadata, read_metadata
from comet_jupyter.images.containers import jpeg_segments, png_chunks, webp_chunks
from comet_jupyter.images.exif import LONGEST, MAKER_NOTE, USER_COMMENT, with_texts
from comet_jupyter.images.provenance import parameters_text, with_provenance

SIZE = (61, 40)
SHA256 = "ab" * 32
ABOUT: dict[str, Any] = {
    "id": "abc123",
    "model": "black-forest-labs/flux-schnell",
    "input": {"prompt": "a paper boat ⛵", "num_inference_steps": 4, "seed": 7},
    "submitted_at": "2026-02-03T04:05:06+00:00",
    "total_time": 1.5,
    "cost": 0.003,
    "package_version": "1.2",
    "files": [{"sha256": SHA256, "media_type": "image/png", "size": 12}],
}
PARAMETERS = (
    "a paper boat ⛵\n"
    "Steps: 4, Seed: 7, Size: 61x40, Model: flux-schnell, Version: comet_jupyter 1.2"
)


def encoded(image: Pillow.Image, format_name: str, **options: Any) -> bytes:
    """The file that Pillow writes."""
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def gradient() -> Pillow.Image:
    """Smooth colours in every direction."""
    ramps = [Pillow.linear_gradient("L"), Pillow.radial_gradient("L")]
    channels = [*ramps, ramps[0].transpose(Pillow.Transpose.ROTATE_90)]
    return Pillow.merge("RGB", [channel.resize(SIZE) for channel in channels])


def see_through() -> Pillow.Image:
    """The same with an alpha channel."""
    image = gradient().convert("RGBA")
    image.putalpha(Pillow.radial_gradient("L").resize(SIZE))
    return image


def turned() -> Pillow.Exif:
    """Exif with an orientation, a title and a date."""
    exif = Pillow.Exif()
    exif[0x0112], exif[0x010E] = 6, "a title"
    exif.get_ifd(0x8769)[0x9003] = "2024:01:02 03:04:05"
    return exif


def texts(**named: str) -> PngImagePlugin.PngInfo:
    """Text chunks for a PNG."""
    info = PngImagePlugin.PngInfo()
    for name, text in named.items():
        info.add_text(name, text)
    return info


def segment(marker: int, content: bytes) -> bytes:
    """A JPEG segment."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG chunk with its length and check sum."""
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def without_app0(jpeg: bytes) -> bytes:
    """A JPEG that begins with its tables."""
    first = next(jpeg_segments(jpeg))
    assert first.kind == b"\xe0"
    return jpeg[: first.start] + jpeg[first.end :]


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SIXTEEN = Pillow.linear_gradient("L").convert("I").point(lambda v: v * 257).convert("I;16")
EVERYTHING: dict[str, Any] = {"exif": turned(), "icc_profile": PROFILE}
ANIMATED: dict[str, Any] = {
    "save_all": True,
    "append_images": [gradient().rotate(90), gradient().rotate(180)],
    "duration": 40,
}
FILES: dict[str, bytes] = {
    "png": encoded(gradient(), "PNG"),
    "png with alpha": encoded(see_through(), "PNG"),
    "png palette": encoded(gradient().quantize(8), "PNG", transparency=3),
    "png 16 bit": encoded(SIXTEEN, "PNG"),
    "png with everything": encoded(gradient(), "PNG", pnginfo=texts(Title="boat"), **EVERYTHING),
    "png animated": encoded(gradient(), "PNG", **ANIMATED),
    "jpeg": encoded(gradient(), "JPEG"),
    "jpeg progressive": encoded(gradient(), "JPEG", progressive=True),
    "jpeg cmyk": encoded(gradient().convert("CMYK"), "JPEG"),
    "jpeg grey": encoded(gradient().convert("L"), "JPEG"),
    "jpeg with everything": encoded(gradient(), "JPEG", comment=b"boat", **EVERYTHING),
    "jpeg without app0": without_app0(encoded(gradient(), "JPEG")),
    "jpeg without app0, with exif": without_app0(encoded(gradient(), "JPEG", exif=turned())),
    "webp": encoded(gradient(), "WEBP"),
    "webp lossless": encoded(gradient(), "WEBP", lossless=True),
    "webp with alpha": encoded(see_through(), "WEBP"),
    "webp lossless with alpha": encoded(see_through(), "WEBP", lossless=True),
    "webp with everything": encoded(see_through(), "WEBP", xmp=b"<x/>", **EVERYTHING),
    "webp with xmp": encoded(gradient(), "WEBP", xmp=b"<x/>"),
    "webp animated": encoded(gradient(), "WEBP", lossless=True, **ANIMATED),
}
each_file = pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())


def described(data: bytes, about: dict[str, Any] = ABOUT) -> bytes:
    """The file with what is known of it."""
    return with_provenance(data, about, sha256=SHA256, size=SIZE)


def seen(data: bytes) -> list[Any]:
    """All that a viewer sees of a file: every frame, mode, profile, rotation, titles."""
    with Pillow.open(io.BytesIO(data)) as image:
        told = [image.info.get(name) for name in ("icc_profile", "xmp", "Title", "comment", "loop")]
        exif = image.getexif()
        told += [dict(exif), exif.get_ifd(0x8769).get(0x9003)]
        told[-2].pop(0x8769, None)
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            image.load()
            told += [image.mode, image.size, image.getpalette(), image.tobytes()]
            told += [image.info.get("duration"), image.info.get("transparency")]
    return told


# -- writing --------------------------------------------------------------------------


@each_file
def test_the_picture_stays_and_says_how_it_was_made(data: bytes) -> None:
    """Every frame, mode, profile, rotation and title is as before, and both texts are there."""
    made = described(data)
    assert made != data
    assert seen(made) == seen(data)
    found = read_metadata(made)
    assert found.texts["parameters"] == PARAMETERS
    assert json.loads(found.texts["comet"]) == {**ABOUT, "sha256": SHA256}


def test_a_picture_that_was_encoded_again_would_be_noticed() -> None:
    """Control: the comparison above sees a JPEG of a JPEG, and a lost rotation."""
    data = FILES["jpeg with everything"]
    with Pillow.open(io.BytesIO(data)) as image:
        again = encoded(image, "JPEG", icc_profile=PROFILE)
    assert seen(again)[4:] != seen(data)[4:]
    assert seen(again)[5] != seen(data)[5]


def carried(data: bytes) -> list[bytes]:
    """The pieces that hold the compressed picture, as they stand in the file."""
    walks: tuple[Callable[[bytes], Any], ...] = (png_chunks, jpeg_segments, webp_chunks)
    pieces = [one for walk in walks for one in walk(data)]
    found = [data[one.start : one.end] for one in pieces if one.kind in CARRIERS]
    return [*found, data[pieces[-1].start :]] if data.startswith(b"\xff\xd8") else found


CARRIERS = {
    *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"fcTL", b"fdAT"),
    *(b"\xc0", b"\xc2", b"\xc4", b"\xdb", b"\xee"),
    *(b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"),
}


@each_file
def test_what_holds_the_pixels_is_copied_byte_for_byte(data: bytes) -> None:
    """Tables, frames and scans are the same bytes in the same order."""
    assert carried(described(data)) == carried(data) != []


def test_a_simple_webp_gets_the_header_that_it_needs() -> None:
    """VP8X with the canvas and the flags of the picture, Exif behind the picture."""
    for name, flags in (("webp", 0x08), ("webp lossless with alpha", 0x18)):
        assert next(webp_chunks(FILES[name])).kind != b"VP8X"
        header, picture, exif = webp_chunks(described(FILES[name]))
        assert header.kind == b"VP8X"
        assert header.content == bytes([flags, 0, 0, 0, 60, 0, 0, 39, 0, 0])
        assert picture.content == next(webp_chunks(FILES[name])).content
        assert exif.kind == b"EXIF"


def test_flags_of_a_webp_stay_and_exif_stands_before_xmp() -> None:
    """Alpha, profile, animation and XMP are still announced; one flag is added."""
    for name in ("webp animated", "webp with alpha", "webp with xmp", "webp with everything"):
        before, after = (next(webp_chunks(one)) for one in (FILES[name], described(FILES[name])))
        assert after.content == bytes([before.content[0] | 0x08]) + before.content[1:]
    kinds = [one.kind for one in webp_chunks(described(FILES["webp with xmp"]))]
    assert kinds[-2:] == [b"EXIF", b"XMP "]


def test_exif_follows_jfif_or_begins() -> None:
    """Readers of JFIF want it first; without it, Exif is the first segment."""
    assert [one.kind for one in jpeg_segments(described(FILES["jpeg"]))][:2] == [b"\xe0", b"\xe1"]
    without = [one.kind for one in jpeg_segments(described(FILES["jpeg without app0"]))]
    assert without[:2] == [b"\xe1", b"\xdb"]


def motorola_block() -> bytes:
    """A big-endian block: orientation, a maker's note that points into itself, a thumbnail."""
    note = b"CAMERA" + struct.pack(">I", 62)
    main = struct.pack(">H", 2) + struct.pack(">HHIHH", 0x0112, 3, 1, 3, 0)
    main += struct.pack(">HHII", 0x8769, 4, 1, 38) + struct.pack(">I", 66)
    inner = struct.pack(">H", 1) + struct.pack(">HHII", MAKER_NOTE, 7, len(note), 56) + bytes(4)
    block = b"MM\x00*" + struct.pack(">I", 8) + main + inner + note
    return block + struct.pack(">H", 1) + struct.pack(">HHIHH", 0x0103, 3, 1, 6, 0) + bytes(4)


def test_a_makers_note_and_a_thumbnail_stay_where_they_are() -> None:
    """What is there keeps its place, so that offsets inside stay right; tags that exist win."""
    block = motorola_block()
    made = with_texts(block, {MAKER_NOTE: b"comet:{}", USER_COMMENT: b"ASCII\0\0\0hello"})
    assert made is not None
    assert made[:30] + made[34 : len(block)] == block[:30] + block[34:]
    exif = Pillow.Exif()
    exif.load(b"Exif\x00\x00" + made)
    assert exif[0x0112] == 3
    assert exif.get_ifd(0x8769)[MAKER_NOTE] == b"CAMERA\x00\x00\x00\x3e"
    assert exif.get_ifd(0x8769)[USER_COMMENT] == b"ASCII\0\0\0hello"
    assert exif.get_ifd(ExifTags.IFD.IFD1)[0x0103] == 6


def test_a_text_that_is_there_already_stays_the_only_one() -> None:
    """The service's own `parameters` are nearer to the source than ours."""
    data = encoded(gradient(), "PNG", pnginfo=texts(parameters="theirs"))
    made = described(data)
    assert made.count(b"parameters\x00") == 1
    assert read_metadata(made).texts["parameters"] == "theirs"
    assert "comet" in read_metadata(made).texts


C2PA = {
    "png": FILES["png"][:33] + chunk(b"caBX", b"signed") + FILES["png"][33:],
    "jpeg": FILES["jpeg"][:2] + segment(0xEB, b"JP\x00\x01signed") + FILES["jpeg"][2:],
    "webp": FILES["webp"][:4]
    + struct.pack("<I", len(FILES["webp"]) - 8 + 14)
    + FILES["webp"][8:]
    + b"C2PA\x06\x00\x00\x00signed",
}
FULL = Pillow.Exif()
FULL[0x010E] = "x" * 65_000
ODD: dict[str, bytes] = {
    **{f"signed {name}": data for name, data in C2PA.items()},
    "cut png": FILES["png"][:-20],
    "cut jpeg": FILES["jpeg"][:100],
    "cut webp": FILES["webp"][:-20],
    "webp of one header": b"RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + bytes(10),
    "jpeg of several pictures": FILES["jpeg"][:2] + segment(0xE2, b"MPF\x00") + FILES["jpeg"][2:],
    "jpeg with damaged exif": FILES["jpeg"][:2]
    + segment(0xE1, b"Exif\x00\x00II*\x00\xff\xff\x00\x00")
    + FILES["jpeg"][2:],
    "jpeg without room": encoded(gradient(), "JPEG", exif=FULL),
    "gif": encoded(gradient(), "GIF"),
    "avif": encoded(gradient(), "AVIF"),
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "nothing": b"",
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD.keys())
def test_what_cannot_be_written_into_is_copied_as_it_is(data: bytes) -> None:
    """Signed, damaged, full or of another format: the very bytes, and no complaint."""
    assert described(data) == data


@pytest.mark.parametrize(
    "about",
    [
        {"model": "a/b", "input": 7},
        {"model": "a/b", "input": {"prompt": {1, 2}}},
        {"model": "a/b", "input": {"guidance": float("nan")}},
        {"model": "a/b", "input": {"prompt": "say sk-" + "0123456789abcdefghijklmnop"}},
    ],
)
def test_an_odd_record_costs_no_picture(about: dict[str, Any]) -> None:
    """What has no JSON form, or holds a key, is not written; the picture is."""
    assert described(FILES["png"], about) == FILES["png"]


def test_nothing_private_is_written() -> None:
    """No log, notice, failure or template, and of a link in the input no login and no query."""
    link = "https://me:hidden@host.example/in.png?signature=hidden#hidden"
    private = {
        **ABOUT,
        "input": {"prompt": "see https://host.example/?q=1", "image": link, "images": [link]},
        "logs": "hidden",
        "notices": ["hidden"],
        "failure": {"cause": "hidden"},
        "error": "hidden",
        "prompt_template": "{{ hidden }}",
    }
    for name in ("png", "jpeg", "webp"):
        made = described(FILES[name], private)
        assert b"hidden" not in made
        told = json.loads(read_metadata(made).texts["comet"])
        assert told["input"]["image"] == "https://host.example/in.png"
        assert told["input"]["images"] == ["https://host.example/in.png"]
        assert told["input"]["prompt"] == private["input"]["prompt"]
        assert told["shortened"] == ["input.image", "input.images"]


def test_what_is_too_long_for_a_jpeg_is_named() -> None:
    """A segment has 64 kB: the parameters go first, then long inputs; a PNG has room for all."""
    long = {**ABOUT, "input": {"prompt": "boat " * 6_000, "mask": "m" * 9_000, "seed": 7}}
    told = read_metadata(described(FILES["jpeg"], long)).texts
    assert list(told) == ["comet"]
    assert json.loads(told["comet"])["input"] == long["input"]
    longer = {**ABOUT, "input": {"prompt": "a boat", "mask": "m" * 90_000, "seed": 7}}
    told = read_metadata(described(FILES["jpeg"], longer)).texts
    assert json.loads(told["comet"])["input"] == {"prompt": "a boat", "seed": 7}
    assert json.loads(told["comet"])["shortened"] == ["input.mask"]
    too_long = {**ABOUT, "input": {"prompt": "boat " * 20_000}}
    assert described(FILES["jpeg"], too_long) == FILES["jpeg"]
    for about in (long, longer, too_long):
        told = read_metadata(described(FILES["png"], about)).texts
        assert json.loads(told["comet"])["input"] == about["input"]
        assert set(told) == {"comet", "parameters"}


@pytest.mark.parametrize(
    "prompt",
    ["Ã©tÃ©", "été", "一" * 400, "\u0100" * 400, "\u3a00\u2000", "\ufeffboat", "\ufffeboat"],
)
def test_prompts_that_look_like_other_encodings_come_back(prompt: str) -> None:
    """Latin-1 that is UTF-8 as well, letters that are Latin in the other byte order, its mark."""
    about = {**ABOUT, "input": {"prompt": prompt}}
    for name in ("png", "jpeg", "webp"):
        found = read_metadata(described(FILES[name], about)).texts
        assert found["parameters"] == parameters_text(about, SIZE)
        with Pillow.open(io.BytesIO(described(FILES[name], about))) as image:
            assert image.info.get("parameters", found["parameters"]) == found["parameters"]


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(codec=None), max_size=300), st.sampled_from(["png", "jpeg", "webp"]))
def test_any_prompt_comes_back_exactly(prompt: str, name: str) -> None:
    """Emoji, quotes, line ends, NUL and halves of characters survive, in a sound picture."""
    about = {**ABOUT, "input": {"prompt": prompt, "negative_prompt": prompt[::-1]}}
    made = described(FILES[name], about)
    found = read_metadata(made).texts
    assert json.loads(found["comet"])["input"] == about["input"]
    assert found["parameters"] == parameters_text(about, SIZE)
    assert seen(made) == seen(FILES[name])
    with Pillow.open(io.BytesIO(made)) as image:
        assert image.info.get("parameters", found["parameters"]) == found["parameters"]


def test_the_parameters_name_what_is_known() -> None:
    """The names of the web UIs; odd values are quoted, and a drawing of the sandbox says so."""
    given_input = {
        "prompt": "a\r\nboat\x00",
        "negative_prompt": "fog",
        "guidance_scale": 7.5,
        "scheduler": "a, b",
    }
    about = {"model": "stability-ai/sdxl", "input": given_input, "origin": "sandbox"}
    assert parameters_text(about, (10, 20)) == (
        "a\nboat \nNegative prompt: fog\n"
        'Sampler: "a, b", CFG scale: 7.5, Size: 10x20, Model: sandbox, Version: comet_jupyter'
    )
    flux = {"model": "a/flux-dev", "input": {"guidance": 3, "steps": 20}}
    assert parameters_text(flux, (1, 1)).startswith("Steps: 20, Distilled CFG Scale: 3, Size: 1x1")


# -- reading --------------------------------------------------------------------------

INFOTEXT = "a 猫\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, Seed: 5, Size: 512x512"


def with_comment(value: bytes, format_name: str, order: str = "<") -> bytes:
    """A file whose UserComment has this value."""
    empty = b"II*\x00\x08\x00\x00\x00" + bytes(6) if order == "<" else b""
    block = with_texts(empty, {USER_COMMENT: value})
    assert block is not None
    return encoded(gradient(), format_name, exif=b"Exif\x00\x00" + block)


COMMENTS = {
    "big": b"UNICODE\x00" + INFOTEXT.encode("utf-16-be"),
    "little": b"UNICODE\x00" + INFOTEXT.encode("utf-16-le"),
    "marked": b"UNICODE\x00" + INFOTEXT.encode("utf-16"),
    "ascii": b"ASCII\x00\x00\x00" + INFOTEXT.encode(),
    "unnamed": bytes(8) + INFOTEXT.encode(),
    "bare": INFOTEXT.encode(),
}


@pytest.mark.parametrize("name", ["JPEG", "WEBP", "PNG", "AVIF"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("value", COMMENTS.values(), ids=COMMENTS.keys())
def test_the_web_uis_comment_is_read_in_every_encoding(value: bytes, order: str, name: str) -> None:
    """UTF-16 in both orders, whatever the order of the block; and the forms of other writers."""
    assert read_metadata(with_comment(value, name, order)).texts["parameters"] == INFOTEXT


@pytest.mark.parametrize(
    "piece",
    [
        chunk(b"tEXt", b"parameters\x00" + INFOTEXT.encode()),
        chunk(b"zTXt", b"parameters\x00\x00" + zlib.compress(INFOTEXT.encode())),
        chunk(b"iTXt", b"parameters\x00\x00\x00\x00\x00" + INFOTEXT.encode()),
        chunk(b"iTXt", b"parameters\x00\x01\x00de\x00x\x00" + zlib.compress(INFOTEXT.encode())),
    ],
)
def test_every_text_chunk_is_read(piece: bytes) -> None:
    """Plain, compressed and international, before the pixels and behind them."""
    for at in (33, len(FILES["png"]) - 12):
        data = FILES["png"][:at] + piece + FILES["png"][at:]
        assert read_metadata(data).texts == {"parameters": INFOTEXT}


def test_comfyuis_places_are_read() -> None:
    """PNG texts, the camera's make and model in WebP and JPEG, and the chunk of its animations."""
    graph, shown = json.dumps({"1": {}}), json.dumps({"nodes": []})
    both = {"prompt": graph, "workflow": shown}
    assert read_metadata(encoded(gradient(), "PNG", pnginfo=texts(**both))).texts == both
    exif = Pillow.Exif()
    exif[0x0110], exif[0x010F] = f"prompt:{graph}", f"workflow:{shown}"
    for name in ("WEBP", "JPEG"):
        assert read_metadata(encoded(gradient(), name, exif=exif)).texts == both
    exif = Pillow.Exif()
    exif[0x010E], exif[0x010F] = f"Workflow: {shown}", f"Prompt: {graph}"
    assert read_metadata(encoded(gradient(), "WEBP", exif=exif)).texts == both
    animation = chunk(b"comf", b"prompt\x00" + graph.encode())
    data = FILES["png animated"][:-12] + animation + FILES["png animated"][-12:]
    assert read_metadata(data).texts == {"prompt": graph}


def test_the_facts_of_the_file_are_told() -> None:
    """Type, bytes and pixels as displayed; a damaged picture keeps its texts."""
    assert read_metadata(FILES["jpeg"]) == Metadata("image/jpeg", len(FILES["jpeg"]), *SIZE)
    assert read_metadata(FILES["jpeg with everything"]).width == SIZE[1]
    cut = described(FILES["png"])[:-30]
    found = read_metadata(cut)
    assert (found.width, set(found.texts)) == (None, {"comet", "parameters"})


@pytest.mark.parametrize("kind", ["zTXt", "iTXt"])
def test_a_bomb_stays_packed(kind: str) -> None:
    """A text of 300 MB is left unread; control: one of the longest that is allowed is read."""
    head = b"parameters\x00\x00" if kind == "zTXt" else b"parameters\x00\x01\x00\x00\x00"
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(b"a" * 1_000_000) for _ in range(300)) + packer.flush()
    for packed, length in ((bomb, 0), (zlib.compress(b"a" * LONGEST), LONGEST)):
        data = FILES["png"][:33] + chunk(kind.encode(), head + packed) + FILES["png"][33:]
        found = read_metadata(data)
        assert len(found.texts.get("parameters", "")) == length
        assert found.too_large is (length == 0)


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"%PDF-1.7", b"<html>", b"PK\x03\x04", bytes(MAX_BYTES + 1)],
    ids=["empty", "text", "pdf", "html", "zip", "large"],
)
def test_what_is_no_picture_is_one_clear_error(data: bytes) -> None:
    """Cause and remedy in one line."""
    with pytest.raises(InputError) as caught:
        read_metadata(data)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_damaged_files_never_break_anything(name: str, data: st.DataObject) -> None:
    """Bytes changed, lost or added anywhere: it is read as far as it goes, and written or not."""
    damaged = bytearray(described(FILES[name])[:4_000])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        length = data.draw(st.integers(0, 9))
        damaged[at : at + length] = data.draw(st.binary(max_size=9))
        damaged = damaged or bytearray(b"\x00")
    try:
        found = read_metadata(bytes(damaged))
    except InputError:
        found = None
    assert found is None or set(found.texts) <= {"comet", "parameters", "software", "prompt"}
    again = described(bytes(damaged))
    assert len(again) >= len(damaged)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=400), st.sampled_from([b"II*\x00", b"MM\x00*", b""]))
def test_exif_of_any_bytes_is_read_and_extended_without_an_exception(
    rest: bytes, start: bytes
) -> None:
    """Directories that point anywhere, also into themselves, end; what is added can be read."""
    block = start + rest
    made = with_texts(block, {MAKER_NOTE: b"comet:{}"})
    data = FILES["jpeg"][:20] + segment(0xE1, b"Exif\x00\x00" + block) + FILES["jpeg"][20:]
    read_metadata(data)
    if made is not None and b"\x92\x7c" not in block and b"\x7c\x92" not in block:
        data = FILES["jpeg"][:20] + segment(0xE1, b"Exif\x00\x00" + made) + FILES["jpeg"][20:]
        assert read_metadata(data).texts["comet"] == "{}"
