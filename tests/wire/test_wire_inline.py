"""References and data URIs in a request's input: what is one, and what takes its place."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.png import png

from comet_jupyter.errors import InputError
from comet_jupyter.wire import inline

PNG = png()
SHA256 = hashlib.sha256(PNG).hexdigest()
URI = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


@pytest.mark.parametrize("number", [12, 13, 63, 64])
def test_a_reference_has_twelve_to_sixty_four_digits(number: int) -> None:
    """The prefix of a sha256 is enough from 12 digits on."""
    assert inline.digits(f"comet:{SHA256[:number]}") == SHA256[:number]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "comet:",
        f"comet:{SHA256[:11]}",
        f"comet:{SHA256}0",
        f"comet:{SHA256.upper()}",
        f" comet:{SHA256}",
        f"comet:{SHA256}\n",
        f"a picture of comet:{SHA256}",
        SHA256,
        "comet:../../etc/passwd",
    ],
)
def test_other_text_is_no_reference(text: str) -> None:
    """Only a text that is exactly a reference is one."""
    assert inline.digits(text) is None


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_a_data_uri_holds_the_bytes(tail: bytes) -> None:
    """What is sent decodes to the same bytes, and its length is known before."""
    data = PNG + tail
    uri = inline.data_uri(data)
    assert inline.picture(uri) == data
    assert len(uri) == inline.length(data)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 20, "image/jpeg"),
        (b"who knows", "application/octet-stream"),
    ],
)
def test_the_bytes_tell_the_media_type(data: bytes, media_type: str) -> None:
    """The magic bytes make the media type, whatever a file was called."""
    assert inline.data_uri(data).startswith(f"data:{media_type};base64,")


@pytest.mark.parametrize(
    "uri",
    [
        URI,
        URI.replace("data:image/png", "DATA:Image/PNG"),
        URI.replace("image/png", "image/jpg"),
        URI.replace(";base64", ";name=a.png; base64"),
        "data:image/png;base64,\n" + base64.encodebytes(PNG).decode(),
    ],
)
def test_a_picture_is_found_in_every_spelling(uri: str) -> None:
    """Case, a wrong type, parameters and line breaks do not hide the picture."""
    assert inline.picture(uri) == PNG


@pytest.mark.parametrize(
    "text",
    [
        "",
        URI[:-7] + "!",
        URI[:-1],
        URI.replace("base64,", "base64,é"),
        URI.replace(";base64", ""),
        URI.replace("image/png", "video/mp4"),
        "data:image/png;base64,",
        f"data:image/png;base64,{base64.b64encode(b'no picture').decode()}",
        f"see {URI}",
        "https://example.com/a.png",
    ],
)
def test_anything_else_is_no_picture(text: str) -> None:
    """Damaged base64, other media, other bytes and other text are left alone."""
    assert inline.picture(text) is None


INPUT: dict[str, Any] = {
    "prompt": "old",
    "negative_prompt": ["old"],
    "image": "old",
    "input_images": ["old", "other", ("old",)],
    "control": {"prompt": "old", "layers": [{"mask": "old", "weight": 0.5}]},
    "seed": 7,
    "nothing": None,
}


def test_every_text_but_prompts_is_looked_at() -> None:
    """Lists and objects are searched at any depth, prompts nowhere."""
    assert list(inline.strings(INPUT)) == ["old", "old", "other", "old", "old"]


def test_only_those_texts_are_replaced() -> None:
    """The same places are replaced, and the given input stays as it was."""
    before = json.dumps(INPUT)
    assert inline.replaced(INPUT, {"old": "new"}) == {
        "prompt": "old",
        "negative_prompt": ["old"],
        "image": "new",
        "input_images": ["new", "other", ["new"]],
        "control": {"prompt": "old", "layers": [{"mask": "new", "weight": 0.5}]},
        "seed": 7,
        "nothing": None,
    }
    assert json.dumps(INPUT) == before


def test_an_input_that_holds_itself_is_refused() -> None:
    """A circle ends as one error in one line, also when it branches."""
    circle: list[Any] = []
    circle += [circle, circle, circle]
    with pytest.raises(InputError, match="nested") as caught:
        list(inline.strings({"image": circle}))
    assert "\n" not in str(caught.value)
