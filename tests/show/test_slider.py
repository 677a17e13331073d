"""One picture over the other, and what ``%comet compare`` shows of two results."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from support.png import png

from comet_jupyter.errors import DownloadError, StoreError
from comet_jupyter.images import OutputFile, Preview
from comet_jupyter.images.fitted import fitted
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.show import compared
from comet_jupyter.show.slider import slider
from comet_jupyter.wire.request import PredictionRequest

Make = Callable[..., Record]
Read = Callable[[str], Any]

RED, BLUE = (200, 40, 30), (30, 60, 200)
PROMPT = "a paper boat on a lake at sunrise"

# Measured in JupyterLab 4 and Notebook 7: their sanitizer keeps these in a notebook that is not
# trusted, beyond what `read` knows; and the page still lets the line be dragged.
ALSO_KEPT = re.compile(
    r"<(del|ins)>|div\[hidden\]|position:(absolute|relative)|(left|right):-?\d+(px)?"
    r"|top:(\d+(px)?|50%)|(max-|min-)width:(\d+(px|%)?|none)|z-index:1|resize:horizontal"
    r"|box-shadow:0 0 4px rgba\(0,0,0,0\.6\)|text-overflow:ellipsis|(color|background):#\w{6}"
    r"|margin:-\d+px 0 0 0|flex-wrap:wrap|gap:\d+(px)? \d+px|table-layout:fixed"
    r"|text-decoration:(underline|line-through)"
)


def lost(seen: Any) -> list[str]:
    """What a sanitizer would take away of this markup."""
    return [one for one in seen.dropped if not ALSO_KEPT.fullmatch(one)]


def shown(width: int = 896, height: int = 672) -> Preview:
    """A picture of this size, as far as markup is concerned."""
    return Preview("image/jpeg", b"\xff\xd8", width, height)


# -- the markup ------------------------------------------------------------------------


def test_every_style_survives_a_sanitizer(read: Read) -> None:
    """Plain elements and inline styles, nothing that an untrusted notebook loses."""
    seen = read(slider(("A · seed 7", "B · seed 8"), (shown(), shown()), ("one", "other")))
    assert lost(seen) == []
    assert set(seen.tags) == {"div", "img"}
    assert [image["alt"] for image in seen.images] == ["one", "other"]


@pytest.mark.parametrize(
    "style", ["position:sticky", "width:calc(50% - 8px)", "top:calc(50% - 8px)"]
)
def test_the_check_of_styles_sees_what_is_lost(read: Read, style: str) -> None:
    """Control: styles that JupyterLab drops turn the test above red."""
    assert lost(read(f'<div style="{style}"></div>')) == [style]


def test_without_styles_two_named_pictures_stay(read: Read) -> None:
    """GitHub drops styles: name, picture, name, picture; words about dragging are hidden."""
    markup = slider(("A · seed 7", "B · seed 8"), (shown(), shown()), ("one", "other"))
    plain = re.sub(
        r' style="[^"]*"', "", re.sub(r"<div hidden[^>]*>|<div[^>]* hidden[^>]*>", "<i>", markup)
    )
    order = re.findall(r"<i>|A · seed 7|B · seed 8|<img|drag", plain)
    assert order == ["A · seed 7", "<img", "<i>", "B · seed 8", "<img", "<i>", "drag"]
    assert all(image["width"] == "560" for image in read(markup).images)


def test_names_stay_text(read: Read) -> None:
    """Markup in a name or an alternative is no markup."""
    odd = "<script>alert(1)</script>\"'><b>"
    seen = read(slider((odd, odd), (shown(), shown()), (odd, odd)))
    assert set(seen.tags) == {"div", "img"}
    assert lost(seen) == []
    assert odd in seen.text


@pytest.mark.parametrize(
    ("size", "width"), [((896, 896), 560), ((504, 896), 315), ((300, 200), 300)]
)
def test_it_is_as_wide_as_a_picture_of_a_cell(
    read: Read, size: tuple[int, int], width: int
) -> None:
    """Its longer side is 560 CSS pixels at most; narrow surroundings make it smaller."""
    seen = read(slider(("A", "B"), (shown(*size), shown(*size)), ("", "")))
    assert f";width:{width}px;max-width:100%" in seen.styles[0]


# -- one frame for both ----------------------------------------------------------------


def decoded(preview: Preview) -> Image.Image:
    """Its pixels."""
    return Image.open(io.BytesIO(preview.data)).convert("RGB")


def is_near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    """True for this colour, but for what jpeg makes of it."""
    return all(abs(one - other) < 12 for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize(
    ("first", "second", "frame"),
    [
        ((64, 48), (64, 48), (64, 48)),
        ((640, 480), (320, 240), (640, 480)),
        ((2048, 1024), (1024, 512), (896, 448)),
        ((100, 100), (160, 90), (160, 160)),
        ((90, 160), (160, 90), (160, 160)),
        ((1000, 10), (10, 1000), (896, 896)),
        ((1, 1), (3, 1), (3, 3)),
    ],
)
def test_both_fit_one_frame_in_their_own_shape(
    first: tuple[int, int], second: tuple[int, int], frame: tuple[int, int]
) -> None:
    """The frame is one size; each picture is whole, in the middle, with bars beside it."""
    one, other = fitted(png(*first, RED), png(*second, BLUE))
    for preview, size, colour in ((one, first, RED), (other, second, BLUE)):
        image = decoded(preview)
        assert image.size == (preview.width, preview.height) == frame
        assert preview.media_type == "image/jpeg"
        middle = image.getpixel((frame[0] // 2, frame[1] // 2))
        assert is_near(middle, colour) or min(frame) < 10 or min(size) <= 10
        wide = size[0] / size[1] - frame[0] / frame[1]
        corner = image.getpixel((0, 0))
        if abs(wide) > 0.3 and min(frame) > 10:
            assert is_near(corner, (128, 128, 126))
        elif min(size) > 10:
            assert is_near(corner, colour)


def test_what_is_transparent_hides_the_other_picture() -> None:
    """The upper picture is opaque: white stands where it has nothing."""
    file = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(file, "PNG")
    one, _ = fitted(file.getvalue(), png(64, 64, BLUE))
    assert is_near(decoded(one).getpixel((32, 32)), (255, 255, 255))


def test_a_slider_stays_small() -> None:
    """Noise, which compresses badly, is kept near the limit by its quality."""
    noise = Image.effect_noise((1024, 1024), 80).convert("RGB")
    file = io.BytesIO()
    noise.save(file, "PNG")
    one, other = fitted(file.getvalue(), png(64, 64))
    assert len(one.data) < 480_000
    assert len(other.data) < 20_000


def test_a_damaged_picture_is_refused() -> None:
    """As everywhere where files are decoded."""
    with pytest.raises(DownloadError):
        fitted(png()[:60], png())


# -- what the verb shows ---------------------------------------------------------------


FILES: dict[str, bytes] = {
    "aa": png(96, 64, RED),
    "bb": png(96, 64, BLUE),
    "cc": png(64, 96, BLUE),
    "dd": b"no picture",
}


def ref(name: str) -> FileRef:
    """One of `FILES`, or one that is gone."""
    width, height = (64, 96) if name == "cc" else (96, 64)
    return FileRef(name * 32, "image/png", 10, width, height)


def opened(file: FileRef) -> OutputFile:
    """The file as the store opens it."""
    name = file.sha256[:2]

    def load() -> bytes:
        if name not in FILES:
            raise StoreError(f"the file {name} is gone from disk", "Make it again")
        return FILES[name]

    return OutputFile(media_type="image/png", sha256=file.sha256, size=10, load=load)


@pytest.fixture
def result(make: Make) -> Callable[..., Record]:
    """A result with these pictures and inputs: ``result("aa", seed=7)``."""
    keys = iter("0123456789abcdef")

    def build(
        *names: str, status: str = "succeeded", failure: Failure | None = None, **inputs: Any
    ) -> Record:
        base = make(status, key=next(keys) * 32, failure=failure)
        request = PredictionRequest(base.model, {"prompt": PROMPT, "seed": 7, **inputs})
        return replace(base, request=request, files=tuple(map(ref, names)))

    return build


def texts(outputs: list[Any]) -> str:
    """All plain text."""
    return "\n".join(data["text/plain"] for data, _ in outputs)


def test_first_a_plain_picture_then_words(result: Callable[..., Record], read: Read) -> None:
    """The picture has no HTML beside it, its record goes with it; the HTML has no plain picture."""
    outputs = compared.outputs(result("aa"), result("bb", guidance=5), opened)
    (picture, about), (words, _) = outputs
    assert set(picture) == {"image/jpeg", "text/plain"}
    assert set(words) == {"text/html", "text/plain"}
    sheet = Image.open(io.BytesIO(b64decode(picture["image/jpeg"])))
    assert is_near(sheet.getpixel((sheet.width // 4, sheet.height // 3)), RED)
    assert is_near(sheet.getpixel((3 * sheet.width // 4, sheet.height // 3)), BLUE)
    assert about["image/jpeg"]["alt"].startswith("A: a paper boat")
    assert [note["key"][0] for note in about["comet"]["predictions"]] == ["0", "1"]
    assert lost(read(words["text/html"])) == []
    assert words["text/plain"].splitlines()[:2] == ["A: seed 7 · flux-dev", "B: seed 7 · flux-dev"]
    assert re.search(r"^guidance +default \(3\) +5$", words["text/plain"], re.MULTILINE)
    assert re.search(r"^id +\w+", words["text/plain"], re.MULTILINE)


def test_the_slider_is_open_where_it_says_something(result: Callable[..., Record]) -> None:
    """One seed and one shape: open. Other seeds or shapes are other pictures: folded."""
    for other, is_open in (
        (result("bb", guidance=5), True),
        (result("bb", prompt="a castle"), True),
        (result("bb", seed=8), False),
        (result("cc"), False),
    ):
        markup = compared.outputs(result("aa"), other, opened)[-1][0]["text/html"]
        assert markup.count("resize:horizontal") == 1
        assert ("<details" in markup) is not is_open
        assert "<details open" not in markup


@pytest.mark.parametrize(
    ("left", "right", "labels"),
    [
        ({}, {"guidance": 5}, ("A · guidance 3", "B · guidance 5")),
        ({"seed": 8}, {"num": 9}, ("A · seed 8 · no num", "B · seed 7 · num 9")),
        ({}, {"aspect_ratio": "16:9"}, ("A · aspect_ratio 1:1", "B · aspect_ratio 16:9")),
        ({}, {"prompt": PROMPT.replace("sunrise", "night")}, ("A · sunrise", "B · night")),
        ({}, {"prompt": PROMPT + ", stars"}, ("A", "B · stars")),
        ({}, {"prompt": "two castles"}, ("A · seed 7", "B · seed 7")),
        ({}, {"odd": "a very long value that fits no label"}, ("A · seed 7", "B · seed 7")),
        ({"a": 1, "b": 2, "c": 3}, {"a": 2, "b": 3, "c": 4}, ("A · a 1 · b 2", "B · a 2 · b 3")),
    ],
)  # fmt: skip
def test_labels_say_what_sets_them_apart(
    result: Callable[..., Record], left: Any, right: Any, labels: tuple[str, str]
) -> None:
    """A few words of what differs, else the seed."""
    assert compared.labels(result("aa", **left), result("bb", **right)) == labels


def test_one_without_a_picture_leaves_a_hole_that_says_why(result: Callable[..., Record]) -> None:
    """Failed, in flight, gone from disk, damaged: no slider, and all else is there."""
    failed = result(status="failed", failure=Failure("ModerationError", "it was flagged", "Go on"))
    for other in (failed, result(status="processing"), result("xx"), result("dd")):
        (picture, _), (words, _) = compared.outputs(result("aa"), other, opened)
        assert "image/jpeg" in picture
        assert "resize:" not in words["text/html"]
        assert "id " in words["text/plain"]


def test_two_without_pictures_are_words_alone(result: Callable[..., Record]) -> None:
    """One output, with both states and the cause."""
    failed = result(status="failed", failure=Failure("ModerationError", "it was flagged", "Go on"))
    outputs = compared.outputs(failed, result(status="processing"), opened)
    assert len(outputs) == 1
    assert "text/html" in outputs[0][0]
    assert re.search(r"^state +failed +processing", texts(outputs), re.MULTILINE)
    assert "it was flagged" in outputs[0][0]["text/html"]


def test_both_gone_from_disk_are_two_holes(result: Callable[..., Record]) -> None:
    """A picture that says so twice, and what differs."""
    outputs = compared.outputs(result("xx"), result("yy", seed=8), opened)
    assert set(outputs[0][0]) == {"image/png", "text/plain"}
    assert "seed" in texts(outputs)


def test_the_same_picture_is_not_laid_over_itself(result: Callable[..., Record]) -> None:
    """A line says that they are the same byte for byte; there is no slider."""
    outputs = compared.outputs(result("aa"), result("aa", seed=8), opened)
    assert "the same picture, byte for byte" in texts(outputs)
    assert "resize:" not in outputs[-1][0]["text/html"]


def test_several_pictures_stand_in_rows(result: Callable[..., Record]) -> None:
    """Pairs below each other, at most four; where one side has fewer, that is said there."""
    one = compared.outputs(result("aa"), result("bb"), opened)[0][0]["image/jpeg"]
    more = compared.outputs(result("aa", "bb", "cc"), result("bb"), opened)[0][0]["image/jpeg"]
    many = compared.outputs(result(*["aa"] * 9), result("bb"), opened)[0][0]["image/jpeg"]
    heights = [Image.open(io.BytesIO(b64decode(data))).height for data in (one, more, many)]
    assert heights[0] * 2 < heights[1] < heights[2] * 1.5
    assert heights[2] < heights[0] * 7


def test_all_of_it_is_small(result: Callable[..., Record], monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that compress badly, and a log: under 2 MB in the notebook file."""
    rows = io.BytesIO()
    Image.effect_noise((1024, 1024), 60).convert("RGB").save(rows, "PNG")
    monkeypatch.setitem(FILES, "ee", rows.getvalue())
    outputs = compared.outputs(result("ee"), result("ee", "bb", guidance=5), opened)
    assert len(json.dumps(outputs)) < 2_000_000
