"""What people have in hand as an input picture: `Session.picture`, and `submit` with objects."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import os
import random
import threading
from pathlib import Path
from typing import Any

import hypothesis
import numpy
import pytest
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image
from support.png import png

import comet_jupyter
from comet_jupyter import Batch, errors, images, models
from comet_jupyter.engine import picture_names
from comet_jupyter.engine.session import Session
from comet_jupyter.images.from_objects import to_file
from comet_jupyter.store.identity import request_hash
from comet_jupyter.wire.request import PredictionRequest

SCHNELL = "black-forest-labs/flux-schnell"
KONTEXT = "black-forest-labs/flux-kontext-pro"
FLUX_2 = "black-forest-labs/flux-2-pro"
UNKNOWN = "someone/retouch"

BOAT = png(64, 40, (20, 90, 160))
TREE = png(64, 40, (20, 120, 40))
URL = "https://example.com/boat.png"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """The notebook's folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def foreign_service(foreign_service):
    """The service, which has finished a prediction when it answers the create."""
    foreign_service.questions = 0
    return foreign_service


def reference_to(data: bytes) -> str:
    """What stands for a file."""
    return f"comet:{hashlib.sha256(data).hexdigest()}"


def uri_of(data: bytes, media_type: str = "image/png") -> str:
    """The data URI that is sent."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def kept(session: Session) -> list[bytes]:
    """The files of the store."""
    return [one.read_bytes() for one in session.store.home.glob("files/**/*") if one.is_file()]


def encoded(image: Image.Image, name: str = "PNG", **options: Any) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def noise(side: int) -> Image.Image:
    """Colours that nothing compresses."""
    return Image.frombytes("RGB", (side, side), random.Random(side).randbytes(3 * side * side))


def refused(session: Session, value: object, **options: Any) -> errors.CometError:
    """The error for a value: one line with a remedy; nothing was kept."""
    before = len(kept(session))
    with pytest.raises(errors.CometError) as caught:
        session.picture(value, **options)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    assert len(kept(session)) == before
    return caught.value


def made(session: Session, prompt: str = "a boat", model: str = SCHNELL, **more: Any) -> Any:
    """A finished prediction with a seed."""
    [prediction] = session.submit(PredictionRequest(model, {"prompt": prompt, "seed": 7, **more}))
    return prediction.wait()


def sent(foreign_service: Any, prompt: str = "in winter", **options: Any) -> Any:
    """The input of the create that a submit leads to; its picture is not waited for."""
    before = len(foreign_service.creates)
    comet_jupyter.submit(prompt, **options)
    while len(foreign_service.creates) == before:
        foreign_service.wait_for_requests(len(foreign_service.requests) + 1)
    return foreign_service.creates[-1].json["input"]


# -- text: what it means ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["boat.png", "photos/boat.png", "boat", " boat.png ", "a,b [1].x"])
def test_a_path_is_read_from_the_notebooks_folder(session, folder, name):
    """The very bytes are kept, whatever the name says of them."""
    path = folder / name.strip()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(BOAT)
    assert session.picture(name) == reference_to(BOAT)
    assert session.picture(path) == reference_to(BOAT)
    assert kept(session) == [BOAT]


def test_a_path_may_begin_at_home(session, home):
    """``~`` is the home folder, in text and in path objects."""
    (Path.home() / "boat.png").write_bytes(BOAT)
    assert session.picture("~/boat.png") == reference_to(BOAT)
    assert session.picture(Path("~/boat.png")) == reference_to(BOAT)


class OtherPath:
    """A path of a library of its own, whose text is bytes."""

    def __fspath__(self) -> bytes:
        return os.fsencode("boat.png")


def test_every_path_object_is_a_path(session, folder):
    """Also one that gives bytes, and never an id or a URL."""
    (folder / "boat.png").write_bytes(BOAT)
    assert session.picture(OtherPath()) == reference_to(BOAT)
    assert "there is no folder https:" in str(refused(session, Path(URL)))


@pytest.mark.parametrize("url", [URL, "http://127.0.0.1:8000/a?b=c#d", "HTTPS://Example.com/ü.png"])
def test_a_url_stands_as_it_is(session, url):
    """It is not looked at, and nothing is kept; nor is it made smaller."""
    assert session.picture(url) == url
    assert session.picture(f" {url}\n", shrink=64) == url
    assert kept(session) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://", "is no URL"),
        ("https:boat.png", "is no URL"),
        ("https://example.com/a b.png", "is no URL"),
        ("http://[::1/boat.png", "is no URL"),
        ("https://me:word@example.com/boat.png", "would be kept, and shown"),
        ("https://me@example.com/boat.png", "would be kept, and shown"),
        ("ftp://example.com/boat.png", "a URL begins with http or https"),
        ("file:///boat.png", "a URL begins with http or https"),
    ],
)
def test_other_urls_are_refused(session, text, words):
    """Only http and https reach the service's own download; a password stays out of the record."""
    assert words in str(refused(session, text))
    assert "word@" not in str(refused(session, text))


def test_a_data_uri_becomes_a_file(session):
    """However short it is, what stands for it is a reference to its bytes."""
    assert session.picture(uri_of(BOAT)) == reference_to(BOAT)
    assert kept(session) == [BOAT]


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        (uri_of(b"words", "text/plain"), "data: URI of text/plain holds no picture"),
        ("data:image/png;base64,?", "data: URI of image/png holds no picture"),
        ("data:,", "data: URI holds no picture"),
        (uri_of(BOAT[:-20]), "cannot be used: the png picture is cut short"),
        (uri_of(b"<svg/>", "image/svg+xml"), "it is an SVG drawing (image/svg+xml)"),
    ],
)
def test_a_data_uri_without_a_picture_is_refused(session, uri, words):
    """What it says it is stands in the error, and its bytes do not."""
    assert words in str(refused(session, uri))


def test_a_reference_is_completed_and_checked(session):
    """Its beginning is enough; what the store does not have is an error."""
    full = session.keep_input(BOAT)
    assert session.picture(full) == session.picture(full[:18]) == full
    assert "there is no file comet:000000000000…" in str(refused(session, "comet:" + "0" * 64))
    assert "names no file" in str(refused(session, "comet:3fa9"))


def test_a_reference_is_found_in_a_recording(foreign_service, session, folder):
    """On another machine the recording beside the notebook has the picture."""
    recording = folder / "elsewhere" / "kept"
    recording.parent.mkdir()
    reference = session.keep_input(BOAT)
    session.record_to(recording)
    made(session, model=UNKNOWN, input_image=reference).result()
    session.input_file(reference).path.unlink()
    assert "there is no file" in str(refused(session, reference))
    session.record_to(None)
    session.replay_from(recording)
    assert session.picture(reference[:18]) == reference
    assert session.input_file(reference).read() == BOAT


def test_an_id_is_the_picture_that_was_made(foreign_service, session):
    """The whole of it, or 6 characters, or our own key: the original, without a copy."""
    prediction = made(session)
    [image] = prediction.images
    before = len(kept(session))
    for name in (prediction.id, prediction.id[:6], prediction.key, f"{prediction.id}[0]"):
        assert session.picture(name) == f"comet:{image.sha256}"
    assert len(kept(session)) == before
    assert "an id has at least 6 characters" in str(refused(session, prediction.id[:5]))


def test_an_id_of_several_pictures_is_the_first_unless_numbered(sandbox, session):
    """``ID[1]`` is the second, as in `images`; a number without a picture says what there is."""
    prediction = made(session, num_outputs=2)
    first, second = prediction.images
    assert session.picture(prediction.id) == f"comet:{first.sha256}"
    assert session.picture(f"{prediction.id[:8]}[1]") == f"comet:{second.sha256}"
    error = refused(session, f"{prediction.id}[2]")
    assert f"has 2 pictures, and {prediction.id}[2] is none" in error.cause
    assert f"the last {prediction.id}[1]" in error.remedy


def test_a_beginning_of_several_ids_is_refused(foreign_service, session):
    """All that it could be are named; nothing is guessed."""
    first, second = (made(session, prompt=str(n)).id for n in range(2))
    common = first[:-1]
    assert second.startswith(common)
    error = refused(session, common)
    assert "is the beginning of several" in error.cause
    assert first in error.cause
    assert second in error.cause


def test_a_file_wins_over_an_id_and_an_id_over_a_folder(foreign_service, session, folder):
    """What is there by that very name is meant, if it can be a picture."""
    prediction = made(session)
    (folder / prediction.id).mkdir()
    assert session.picture(prediction.id) == f"comet:{prediction.images[0].sha256}"
    (folder / prediction.id).rmdir()
    (folder / prediction.id).write_bytes(BOAT)
    assert session.picture(prediction.id) == reference_to(BOAT)


def test_what_was_replayed_is_found_by_its_id(foreign_service, session, folder, monkeypatch):
    """On another machine an id means the picture that was served from the recording."""
    session.record_to(folder / "kept")
    prediction = made(session)
    [image] = prediction.images
    monkeypatch.setenv("COMET_JUPYTER_HOME", str(folder / "other"))
    session.record_to(None)
    session.replay_from(folder / "kept")
    made(session)
    assert session.picture(prediction.id) == f"comet:{image.sha256}"
    assert [one for one in kept(session) if reference_to(one) == f"comet:{image.sha256}"]


# -- text: what is not there ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("sunset", "there is no file sunset, and no prediction of this id", "{{ sunset }}"),
        ("boot.png", "there is no file boot.png.", "Did you mean boat.png?"),
        ("Boat", "there is no file Boat, and an id has", "mean boat.png? A variable is written"),
        ("photos/boot.png", "there is no file photos/boot.png", "mean photos/boat2.png?"),
        ("pictures/boat.png", "there is no folder pictures for pictures/boat.png", "Give a path"),
        ("no-such-id-here", "no prediction of this id", "`%comet status`"),
        ("class", "there is no file class", "Give a path"),
        ("", "no picture is named", "Give a path"),
        ("x" * 300 + ".png", f"there is no file {'x' * 79}…", "Give a path"),
        ("boat\0.png", "there is no file", "Did you mean boat.png?"),
    ],
)
def test_what_is_not_there_says_what_it_could_have_been(session, folder, text, cause, remedy):
    """File or prediction, the nearest name in that folder, and how a variable is written."""
    (folder / "photos").mkdir()
    (folder / "boat.png").write_bytes(BOAT)
    (folder / "photos" / "boat2.png").write_bytes(BOAT)
    (folder / "sunsets").mkdir()
    error = refused(session, text)
    assert cause in f"{error.cause}."
    assert remedy in error.remedy
    assert len(str(error)) < 300


ANY_TEXT = st.text(st.characters(exclude_categories=[])) | st.from_regex(
    r"(~|https?://|s3://|[a-z]+:|\.\./|/)?[^\n]{0,20}", fullmatch=True
)


@hypothesis.given(ANY_TEXT)
@hypothesis.example("~\0")
@hypothesis.example("~nobody-of-this-name/boat.png")
@hypothesis.example("\ud800")
def test_no_text_is_more_than_one_line_of_error(text):
    """Whatever is typed is found to be something, or said to be nothing, without a traceback."""
    path = picture_names.as_path(text)
    if not picture_names.is_there(path):
        for is_secret in (False, True):
            error = picture_names.not_found(text, path, is_secret=is_secret)
            assert len(str(error).splitlines()) == 1
            assert len(str(error).encode()) < 900
            assert error.remedy
    if picture_names.scheme(text) in ("http", "https"):
        with contextlib.suppress(errors.InputError):
            assert picture_names.checked_url(text) == text


def test_a_key_is_not_repeated(session):
    """What looks like a key, given in place of a picture, stands in no error."""
    key = "sk-" + "x" * 40
    assert key not in str(refused(session, key))
    assert "what was given" in str(refused(session, key))


# -- files that are no pictures ---------------------------------------------------------

MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(64)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)


@pytest.mark.parametrize(
    ("data", "words", "remedy"),
    [
        (MP4, "it is a video (video/mp4), not a picture", "one of its frames"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing (image/svg+xml)", "as PNG"),
        ("a boat, façade ✓\n".encode() * 400, "it is text, not a picture", "PNG, JPEG or WebP"),
        (b"<!doctype html><p>Sign in", "it is a web page (text/html)", "URL of the picture"),
        (b"%PDF-1.7", "it is a PDF document (application/pdf)", "as PNG"),
        (b"PK\x03\x04", "it is a file (application/zip)", "PNG"),
        (b"ID3", "it is sound (audio/mpeg)", "PNG"),
        (HEIC, "it is a HEIC picture (image/heic), which cannot be read", "PNG, JPEG"),
        (b"\xff\x0a", "it is a JPEG XL picture (image/jxl)", "PNG, JPEG"),
        (bytes(range(256)), "it is of an unknown type, not a picture", "PNG"),
        (b"", "the file is empty", "PNG"),
        (BOAT[:-20], "the png picture is cut short", "PNG"),
        (BOAT.replace(b"IDAT", b"IDAX"), "the png picture is damaged", "PNG"),
        (encoded(Image.new("1", (8200, 8200))), "8200×8200 pixels", "PNG"),
    ],
    ids="video svg text page pdf zip sound heic jxl unknown empty cut damaged bomb".split(),
)
def test_what_is_no_picture_is_said(foreign_service, session, folder, data, words, remedy):
    """As a file, as bytes and as an input: one line that says what it is; nothing is sent."""
    (folder / "boat.png").write_bytes(data)
    for value in ("boat.png", folder / "boat.png", data):
        error = refused(session, value)
        assert words in error.cause
        assert remedy in error.remedy
        name = "this picture" if value is data else "boat.png"
        assert f"{name} cannot be used: " in error.cause
    with pytest.raises(errors.InputError, match="cannot be used"):
        comet_jupyter.submit("in winter", model=KONTEXT, input_image="boat.png")
    assert foreign_service.requests == []


def test_a_folder_and_a_device_are_refused(session, folder):
    """Neither is opened."""
    (folder / "photos").mkdir()
    assert "photos is a folder, not a picture" in str(refused(session, "photos"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.png")
        assert "pipe.png is no regular file" in str(refused(session, "pipe.png"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be read")
def test_a_file_that_may_not_be_read_says_so(session, folder):
    """The system's own reason, not a word of an id."""
    (folder / "boat.png").write_bytes(BOAT)
    (folder / "boat.png").chmod(0)
    assert "boat.png cannot be read: Permission denied" in str(refused(session, "boat.png"))


@pytest.mark.parametrize(("head", "words"), [(BOAT, "100.0 MB, more than"), (MP4, "a video")])
def test_a_file_without_end_is_not_read(session, folder, head, words):
    """Of a video of gigabytes the beginning tells enough; of a picture its size."""
    with (folder / "boat.png").open("wb") as file:
        file.write(head)
        file.truncate(100_000_000)
    assert words in str(refused(session, "boat.png"))


# -- objects ----------------------------------------------------------------------------


def test_objects_are_kept_as_the_files_that_they_make(session):
    """Bytes as they are; images, arrays, figures and their axes as PNG, each time the same."""
    array = numpy.arange(48, dtype="uint8").reshape(4, 4, 3)
    figure = Figure(figsize=(1, 1), dpi=40)
    axes = figure.add_subplot()
    for value in (BOAT, bytearray(BOAT), memoryview(BOAT)):
        assert session.picture(value) == reference_to(BOAT)
    for value in (array, array / 255, Image.fromarray(array)):
        assert session.picture(value) == reference_to(to_file(array))
    for value in (figure, axes):
        assert session.picture(value) == reference_to(to_file(figure))
    assert set(kept(session)) == {BOAT, to_file(array), to_file(figure)}


@pytest.mark.parametrize("value", [None, 7, object(), [BOAT], numpy.zeros((3, 8, 8), "uint8")])
def test_other_objects_are_refused(session, value):
    """One line of input error; the texts are those of `to_file`."""
    assert isinstance(refused(session, value), errors.InputError)


def test_a_result_goes_in_without_a_copy(foreign_service, session):
    """An `Image`, a `Prediction` and a `Batch` of one are the original, by its sha256."""
    prediction = made(session)
    [image] = prediction.images
    before = sorted(session.store.home.glob("files/**/*"))
    for value in (image, prediction, Batch([prediction])):
        assert session.picture(value) == f"comet:{image.sha256}"
    assert sorted(session.store.home.glob("files/**/*")) == before


def test_a_picture_of_another_store_is_kept(session, folder):
    """An `Image` that is not in this store is read where it is."""
    (folder / "boat.png").write_bytes(BOAT)
    sha256 = hashlib.sha256(BOAT).hexdigest()
    known = {"media_type": "image/png", "sha256": sha256, "size": len(BOAT)}
    path = folder / "boat.png"
    image = images.Image(**known, path=path, width=64, height=40)
    assert session.picture(image) == f"comet:{sha256}"
    assert session.picture(images.OutputFile(**known, path=path)) == f"comet:{sha256}"
    assert kept(session) == [BOAT]


def test_a_prediction_that_runs_is_waited_for(held, session):
    """The value is there when its picture is."""
    [prediction] = session.submit(PredictionRequest(SCHNELL, {"prompt": "a boat", "seed": 7}))
    found: list[str] = []
    waiting = threading.Thread(target=lambda: found.append(session.picture(prediction)))
    waiting.start()
    assert found == []
    held.set()
    waiting.join(30)
    assert found == [f"comet:{prediction.images[0].sha256}"]


def test_a_prediction_that_failed_raises_its_own_error(foreign_service, session):
    """Given itself, in a batch, or by its id: what went wrong, with its remedy."""
    foreign_service.failure = "the model is tired"
    prediction = made(session)
    own = str(prediction.exception())
    for value in (prediction, Batch([prediction]), prediction.id):
        assert str(refused(session, value)) == own
    assert "the model is tired" in own


@pytest.mark.parametrize(("word", "kind"), [("video", "video/mp4"), ("svg", "image/svg+xml")])
def test_a_result_that_is_no_picture_is_said(sandbox, session, word, kind):
    """A prediction may have made something else: a file, and what is in it."""
    prediction = made(session, prompt=f"[{word}] a boat")
    assert kind in str(refused(session, prediction))
    assert "made no picture" in str(refused(session, prediction.id))
    [file] = prediction.files
    assert "this picture cannot be used: it is a" in str(refused(session, file))
    assert "this picture cannot be used: it is a" in str(refused(session, f"comet:{file.sha256}"))


@pytest.mark.parametrize("number", [0, 2])
def test_a_batch_of_several_is_refused(foreign_service, session, number):
    """Which one is meant is not guessed; the line says how to name it."""
    batch = Batch([made(session, prompt=str(n)) for n in range(number)])
    error = refused(session, batch)
    assert f"has {number} pictures" in error.cause
    assert "batch[0]" in error.remedy


# -- made smaller -----------------------------------------------------------------------


def test_a_picture_is_made_smaller_only_on_request(session, folder):
    """With `shrink` its longer side has so many pixels, whatever it was given as."""
    data = encoded(noise(64).resize((64, 32)))
    (folder / "boat.png").write_bytes(data)
    full = session.keep_input(data)
    array = numpy.array(Image.open(io.BytesIO(data)))
    small = {
        session.picture(value, shrink=16) for value in ("boat.png", data, full, uri_of(data), array)
    }
    assert len(small) == 1
    found = session.input_file(small.pop())
    assert (found.width, found.height, found.media_type) == (16, 8, "image/png")
    assert session.picture("boat.png") == full
    assert session.picture("boat.png", shrink=64) == full


def test_a_result_is_made_smaller_too(foreign_service, session):
    """The original stays, and the smaller one is a file of its own."""
    prediction = made(session)
    [image] = prediction.images
    small = session.input_file(session.picture(prediction, shrink=8))
    assert max(small.width, small.height) == 8
    assert session.picture(prediction, shrink=5000) == f"comet:{image.sha256}"


@pytest.mark.parametrize("shrink", [0, -1, 1.5, "64", True])
def test_shrink_is_a_number_of_pixels(session, shrink):
    """Anything else is refused before the picture is looked at."""
    assert "no number of pixels" in str(refused(session, BOAT, shrink=shrink))


def test_what_is_too_large_says_both_ways_out(foreign_service, session):
    """Size and cap in words and exact; made smaller, the same picture goes in."""
    data = encoded(noise(1_800))
    error = refused(session, data)
    size = len(uri_of(data))
    assert f"take {size / 1e6:.1f} MB in base64" in error.cause
    assert "the service accepts 10.0 MB" in error.cause
    assert f"({size:,} bytes of 10,000,000)" in error.cause
    assert "--shrink 1024" in error.remedy
    assert "public URL" in error.remedy
    reference = session.picture(data, shrink=1024)
    assert session.input_file(reference).width == 1024
    found = sent(foreign_service, model=KONTEXT, input_image=reference)
    assert found["input_image"].startswith("data:image/png;base64,")


def test_all_pictures_of_a_request_count_together(foreign_service, session):
    """Each fits, and both do not: refused before anything is sent."""
    pair = [noise(1_200), noise(1_201)]
    assert all(session.picture(one).startswith("comet:") for one in pair)
    with pytest.raises(errors.InputError, match=r"--shrink 1024.*public URL") as caught:
        comet_jupyter.submit("in winter", model=FLUX_2, input_images=pair)
    assert "of 10,000,000" in str(caught.value)
    assert foreign_service.requests == []


# -- in the record and in the cache key -------------------------------------------------


def asked(session: Session, value: object) -> str:
    """The hash of a request with this picture."""
    named = None if value is None else session.picture(value)
    request = PredictionRequest(KONTEXT, {"prompt": "more light", "seed": 7, "input_image": named})
    [recorded] = session.as_recorded(request)
    return request_hash(recorded)


def test_the_same_picture_is_the_same_request(foreign_service, session, folder):
    """By path, bytes, URI, reference, array or result, of the same bytes: one cache key."""
    prediction = made(session)
    [image] = prediction.images
    data = image.read()
    (folder / "boat.png").write_bytes(data)
    ways = [data, bytearray(data), "boat.png", folder / "boat.png", image, prediction]
    ways += [Batch([prediction]), uri_of(data), f"comet:{image.sha256[:12]}", prediction.id]
    assert len({asked(session, value) for value in ways}) == 1
    drawn = Image.open(io.BytesIO(TREE))
    ways = [drawn, drawn.copy(), drawn.convert("RGBA"), numpy.array(drawn), to_file(drawn)]
    assert len({asked(session, value) for value in ways}) == 1


def test_another_picture_is_another_request(session):
    """A pixel more or less, a URL, another URL, none: all are told apart."""
    values = [BOAT, TREE, BOAT + b"\0", URL, f"{URL}?", None]
    assert len({asked(session, value) for value in values}) == len(values)


def test_a_repeated_request_with_an_object_is_served(foreign_service, session):
    """The same array again is no second create; another one is."""
    array = numpy.arange(48, dtype="uint8").reshape(4, 4, 3)
    options = {"model": UNKNOWN, "seed": 7}
    first = comet_jupyter.submit("in winter", input_image=array, **options).wait()
    again = comet_jupyter.submit("in winter", input_image=array.copy(), **options).wait()
    assert again.id == first.id
    other = comet_jupyter.submit("in winter", input_image=array + 1, **options).wait()
    assert other.id != first.id
    assert len(foreign_service.creates) == 2
    assert first.input["input_image"] == reference_to(to_file(array))
    assert first.record.request.input["input_image"] == reference_to(to_file(array))


# -- submit, with objects as inputs -----------------------------------------------------


def test_submit_takes_whatever_is_a_picture(foreign_service, session, folder):
    """The POST has the very bytes in a data URI, whatever they were given as."""
    (folder / "boat.png").write_bytes(BOAT)
    earlier = made(session)
    image = Image.open(io.BytesIO(TREE))
    for value, data in (
        ("boat.png", BOAT),
        (folder / "boat.png", BOAT),
        (BOAT, BOAT),
        (image, to_file(image)),
        (numpy.array(image), to_file(image)),
        (earlier, earlier.images[0].read()),
        (earlier.images[0], earlier.images[0].read()),
        (earlier.id, earlier.images[0].read()),
    ):
        found = sent(foreign_service, model="kontext", input_image=value)
        assert found["input_image"] == uri_of(data)


def test_submit_takes_lists_of_them(foreign_service, session, folder):
    """Where the model takes several, each may be given in its own way; one alone is a list."""
    (folder / "boat.png").write_bytes(BOAT)
    batch = Batch([made(session, prompt=str(n)) for n in range(2)])
    boat, tree = uri_of(BOAT), uri_of(TREE)
    for value, expected in (
        (["boat.png", TREE, URL], [boat, tree, URL]),
        ("boat.png", [boat]),
        (TREE, [tree]),
        (URL, [URL]),
        (batch.images, [uri_of(one.read()) for one in batch.images]),
        (None, None),
    ):
        found = sent(foreign_service, model="flux-2-pro", input_images=value)
        assert found["input_images"] == expected


def test_submit_takes_objects_for_inputs_that_nobody_declared(foreign_service, session, folder):
    """Of an unknown model objects are pictures, also in lists, and text stays text."""
    (folder / "boat.png").write_bytes(BOAT)
    given = {
        "mask": TREE,
        "photo": folder / "boat.png",
        "layers": [TREE, "boat.png", 3],
        "style": "boat.png",
        "numbers": (1, 2),
    }
    assert sent(foreign_service, "boat.png", model=UNKNOWN, seed=7, **given) == {
        "prompt": "boat.png",
        "seed": 7,
        "mask": uri_of(TREE),
        "photo": uri_of(BOAT),
        "layers": [uri_of(TREE), "boat.png", 3],
        "style": "boat.png",
        "numbers": [1, 2],
    }
    found = sent(foreign_service, model="kontext", mask=TREE, input_image=None)
    assert found["mask"] == uri_of(TREE)
    assert found["input_image"] is None


@pytest.mark.parametrize("value", [URL, "data:text/plain,a", "comet:3fa9", "s3://a/b.png", "", 5])
def test_what_is_no_path_is_sent_as_typed(foreign_service, session, value):
    """URLs of any kind, URIs and what only the service can judge stay what they are."""
    assert sent(foreign_service, model="kontext", input_image=value)["input_image"] == value


@pytest.mark.parametrize("value", ["no-such.png", object(), numpy.zeros((3, 8, 8)), {"a", "b"}])
def test_what_is_no_picture_is_not_sent(foreign_service, session, value):
    """In an input that takes pictures the error says why, and there is no create."""
    with pytest.raises(errors.InputError, match=r"no file|no picture"):
        comet_jupyter.submit("in winter", model="kontext", input_image=value)
    assert foreign_service.requests == []
    assert session.store.recent(10) == []


def test_objects_in_other_inputs_are_refused_as_ever(foreign_service, session):
    """A number is declared as a number: an array is no picture there, and has no JSON form."""
    with pytest.raises(errors.InputError, match="cannot be written as JSON"):
        comet_jupyter.submit("a boat", model="flux-dev", guidance=numpy.zeros((4, 4)))
    assert foreign_service.requests == []


# -- the model's own field --------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("flux-dev", {"image": URL}),
        ("sdxl", {"image": URL}),
        ("flux-1.1-pro-ultra", {"image_prompt": URL}),
        (KONTEXT, {"input_image": URL}),
        ("flux-2-pro", {"input_images": [URL]}),
        ("flux-2-dev", {"input_images": [URL]}),
        (UNKNOWN, {"image": URL}),
    ],
)
def test_each_model_has_its_own_field(model, expected):
    """One picture stands where the model wants it, in a list where it takes several."""
    assert models.with_pictures(model, [URL]) == expected
    assert models.with_pictures(model, []) == {}


def test_every_known_model_takes_its_pictures_or_says_so():
    """No schema in the table is forgotten; what fits raises no warning."""
    for model in models.all_models().values():
        if model.image_field is None:
            with pytest.raises(errors.InputError, match=r"takes no picture.*kontext"):
                models.with_pictures(model.name, [URL])
        else:
            found = models.with_pictures(model.name, [URL])
            assert models.check(model.name, {"prompt": "a", **found}) == []


@pytest.mark.parametrize(
    ("model", "number", "words"),
    [
        ("kontext", 2, "takes at most 1 picture, and 2 were given. Models that do: flux-2-pro"),
        ("flux-2-pro", 9, "takes at most 8 pictures, and 9 were given. Models that do: flux-2-fl"),
        ("flux-schnell", 1, "flux-schnell takes no picture. Models that do: flux-dev"),
        (UNKNOWN, 2, "someone/retouch is not known here, nor the input that takes 2 pictures"),
    ],
)
def test_more_pictures_than_fit_are_refused(model, number, words):
    """How many there may be, and which models take more."""
    with pytest.raises(errors.InputError) as caught:
        models.with_pictures(model, [URL] * number)
    assert words in str(caught.value)
    assert caught.value.remedy


def test_as_many_as_fit_are_taken():
    """The maximum of the schema is allowed."""
    assert models.with_pictures("flux-2-pro", [URL] * 8) == {"input_images": [URL] * 8}
    assert len(models.with_pictures("flux-2-dev", [URL] * 20)["input_images"]) == 20
