"""Pictures that go into a prediction: a reference in all that is kept, the file in the POST."""

from __future__ import annotations

import base64
import gc
import hashlib
import io
import json
import random
import re
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.foreign_service import Fault
from support.png import png

from comet_jupyter import errors, images
from comet_jupyter.engine.session import Session
from comet_jupyter.show import remarks
from comet_jupyter.wire.client import CREATE_SOCKETS
from comet_jupyter.wire.request import PredictionRequest

MODEL = "someone/retouch"  # with no past runs it is asked soon
SANDBOX_MODEL = "black-forest-labs/flux-schnell"


@pytest.fixture
def foreign_service(foreign_service):
    """The service, which has finished a prediction when it is asked for the first time."""
    foreign_service.questions = 1
    return foreign_service


def photo(size: int = 200_000, number: int = 1) -> bytes:
    """A PNG file of this many bytes that nothing compresses, another one for each number."""
    start = png()
    return start + random.Random(number).randbytes(size - len(start))


def encoded(media_type: str, side: int = 40) -> bytes:
    """A black square in this format, `side` pixels wide."""
    file = io.BytesIO()
    Image.new("1" if side > 4096 else "RGB", (side, side)).save(file, media_type.partition("/")[2])
    return file.getvalue()


def uri_of(data: bytes, media_type: str = "image/png") -> str:
    """The data URI that people paste."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def reference_to(data: bytes) -> str:
    """What stands for a file."""
    return f"comet:{hashlib.sha256(data).hexdigest()}"


def request(**input: Any) -> PredictionRequest:
    """A complete request with a fixed seed."""
    return PredictionRequest(MODEL, {"prompt": "in winter", "seed": 7, **input})


def decoded(uri: str) -> tuple[str, bytes]:
    """Media type and bytes of a data URI."""
    head, _, body = uri.partition(",")
    return head, base64.b64decode(body, validate=True)


def on_disk(session: Session) -> bytes:
    """Every byte of the store that is no file of its own: database and journals."""
    return b"".join(path.read_bytes() for path in session.store.home.glob("*") if path.is_file())


def kept_files(session: Session) -> list[Path]:
    """The files that the store holds."""
    return [path for path in session.store.home.glob("files/**/*") if path.is_file()]


INLINE = re.compile(rb"base64,[A-Za-z0-9+/]{40}")
"""The beginning of a file inside text."""

PHOTO = photo()
PLACES = {
    "text": lambda value: {"input_image": value},
    "list": lambda value: {"input_images": ["https://example.com/a.png", value, value]},
    "nested": lambda value: {"control": {"layers": [{"mask": value, "prompt": value}]}},
}


@pytest.mark.parametrize("given", ["uri", "reference", "prefix"])
@pytest.mark.parametrize("place", PLACES)
def test_the_record_has_a_reference_and_the_post_the_file(foreign_service, session, given, place):
    """However a picture is given, and wherever it stands, only the POST holds its bytes."""
    session.keep_input(PHOTO)
    full = reference_to(PHOTO)
    value = {"uri": uri_of(PHOTO), "reference": full, "prefix": full[: len("comet:") + 12]}[given]
    expected = PLACES[place](full)
    if place == "nested":
        expected["control"]["layers"][0]["prompt"] = value
    [prediction] = session.submit(request(**PLACES[place](value)))
    prediction.result()
    assert prediction.record.request.input == {"prompt": "in winter", "seed": 7, **expected}
    [sent] = foreign_service.creates
    wanted = PLACES[place](uri_of(PHOTO))
    if place == "nested":
        wanted["control"]["layers"][0]["prompt"] = value
    assert sent.json["input"] == {"prompt": "in winter", "seed": 7, **wanted}
    assert [path.read_bytes() for path in kept_files(session)].count(PHOTO) == 1


def test_no_file_is_in_the_database_or_in_a_notebook(foreign_service, session):
    """After a submit with a picture of 200 kB, and answers that repeat it, nothing holds it."""
    [prediction] = session.submit(request(input_image=uri_of(PHOTO)))
    prediction.result()
    [sent] = foreign_service.creates
    assert decoded(sent.json["input"]["input_image"]) == ("data:image/png;base64", PHOTO)
    record = prediction.record
    for text in (
        on_disk(session),
        json.dumps(record.to_dict()).encode(),
        json.dumps(record.public()).encode(),
        repr(record).encode(),
    ):
        assert reference_to(PHOTO).encode() in text
        assert INLINE.search(text) is None


def test_a_file_in_the_database_would_be_seen(foreign_service, session):
    """Control: what is no picture stays as typed, and the same look finds it everywhere."""
    typed = uri_of(b"no picture" * 20_000)
    [prediction] = session.submit(request(input_image=typed))
    prediction.result()
    assert INLINE.search(on_disk(session))
    assert INLINE.search(json.dumps(prediction.record.public()).encode())
    assert INLINE.search(foreign_service.creates[0].body)
    assert foreign_service.creates[0].json["input"]["input_image"] == typed


def test_a_dry_run_shows_the_reference_and_keeps_nothing(session):
    """What would be recorded is known without a key, a request or a file."""
    shown = remarks.dry_run(session.as_recorded(request(input_image=uri_of(PHOTO))))
    assert reference_to(PHOTO) in shown["text/plain"]
    assert INLINE.search(json.dumps(shown).encode()) is None
    assert kept_files(session) == []


@pytest.mark.parametrize(
    "value",
    [
        uri_of(png(4, 4)),
        uri_of(PHOTO)[:-1],
        uri_of(PHOTO).replace("base64,", "base64,?"),
        uri_of(b"text " * 1_000, "image/png"),
        uri_of(PHOTO, "video/mp4"),
        f"see {uri_of(PHOTO)}",
        "https://example.com/a.png",
        "comet:3fa9",
    ],
    ids=["small", "cut", "damaged", "other bytes", "other type", "text", "link", "too short"],
)
def test_what_is_no_picture_of_ours_is_sent_as_typed(foreign_service, session, value):
    """Anything that is not exactly a larger picture, or a reference, is the service's affair."""
    [prediction] = session.submit(request(input_image=value))
    prediction.result()
    assert prediction.record.request.input["input_image"] == value
    assert foreign_service.creates[0].json["input"]["input_image"] == value


@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_prompts_are_text(foreign_service, session, name):
    """A prompt that looks like a reference or a picture is sent as typed."""
    session.keep_input(PHOTO)
    for text in (reference_to(PHOTO), "comet:" + "0" * 64, uri_of(PHOTO)):
        [prediction] = session.submit(request(**{name: text}))
        prediction.result()
        assert prediction.record.request.input[name] == text
        assert foreign_service.creates[-1].json["input"][name] == text


def test_an_output_can_be_the_next_input(foreign_service, session):
    """Pictures that were made are in the same store, and go in again by their sha256."""
    [first] = session.submit(request())
    [image] = first.images
    [second] = session.submit(request(input_image=f"comet:{image.sha256[:12]}"))
    second.result()
    assert second.record.request.input["input_image"] == f"comet:{image.sha256}"
    assert decoded(foreign_service.creates[1].json["input"]["input_image"])[1] == image.read()


# -- refused before anything is sent ------------------------------------------------------------


def refused(session: Session, *requests: PredictionRequest) -> errors.CometError:
    """The error of a submit, which is one line with a remedy; no record was written."""
    with pytest.raises(errors.CometError) as caught:
        session.submit(*requests)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    assert session.unfinished() == []
    assert session.store.recent(10) == []
    return caught.value


@pytest.mark.parametrize("number", [12, 64])
def test_an_unknown_file_is_refused(foreign_service, session, number):
    """A reference to what the store does not hold is an error, and nothing is sent."""
    session.keep_input(PHOTO)
    unknown = "comet:" + ("3fa9c0ffee12" * 6)[:number]
    error = refused(session, request(), request(input_image=unknown))
    assert isinstance(error, errors.InputError)
    assert "there is no file comet:3fa9c0ffee12… in the store" in str(error)
    assert "Choose the picture again" in error.remedy
    assert foreign_service.requests == []


def test_a_file_that_changed_on_disk_is_refused(foreign_service, session):
    """Other bytes under the same name are not sent in place of the picture."""
    reference = session.keep_input(PHOTO)
    session.input_file(reference).path.write_bytes(photo(number=2))
    error = refused(session, request(input_image=reference))
    assert isinstance(error, errors.StoreError)
    assert "changed on disk" in str(error)
    assert foreign_service.requests == []


def test_too_much_at_once_is_refused(foreign_service, session):
    """More than 10,000,000 bytes inline: the error names size and cap; nothing is written."""
    pictures = [photo(3_800_000, 1), photo(3_800_000, 2)]
    uris = [uri_of(picture) for picture in pictures]
    error = refused(session, request(), request(input_images=uris))
    assert isinstance(error, errors.InputError)
    assert f"{len(uris[0]) + len(uris[1]):,} bytes" in str(error)
    assert "10.1 MB in base64, and the service accepts 10.0 MB" in str(error)
    assert "10,000,000" in str(error)
    assert "--shrink 1024" in error.remedy
    assert "public URL" in error.remedy
    assert kept_files(session) == []
    assert foreign_service.requests == []
    references = [session.keep_input(picture) for picture in pictures]
    assert str(refused(session, request(input_images=references))) == str(error)
    damaged = [uri[:-1] for uri in uris]
    assert "10,000,000" in str(refused(session, request(input_images=damaged)))


def test_each_request_has_the_cap_for_itself(foreign_service, session):
    """Control: the same two pictures in two requests are sent."""
    uris = [uri_of(photo(3_800_000, number)) for number in (1, 2)]
    for prediction in session.submit(*(request(input_image=uri) for uri in uris)):
        prediction.result()
    sent = {create.json["input"]["input_image"] for create in foreign_service.creates}
    assert sent == set(uris)


def test_a_disk_that_refuses_the_picture_sends_nothing(foreign_service, session):
    """A record must not refer to a file that is not there: the error says why."""
    session.store.home.mkdir(parents=True)
    (session.store.home / "files").write_text("in the way")
    error = refused(session, request(input_image=uri_of(PHOTO)))
    assert isinstance(error, errors.StoreError)
    assert "nothing was sent" in str(error)
    assert "input picture" in str(error)
    assert foreign_service.requests == []


# -- in flight ---------------------------------------------------------------------------------


def test_the_same_picture_in_flight_is_one_create(foreign_service, session):
    """A data URI, a reference and its beginning are the same request; another picture is not."""
    hold = threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold), Fault(hold=hold))
    reference = reference_to(PHOTO)
    [first] = session.submit(request(input_image=uri_of(PHOTO)))
    for value in (reference, reference[:18], uri_of(PHOTO)):
        assert session.submit(request(input_image=value)) == [first]
    [other] = session.submit(request(input_image=uri_of(photo(number=2))))
    assert other is not first
    hold.set()
    first.result()
    other.result()
    assert len(foreign_service.creates) == 2


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_a_file_lost_before_its_turn_is_not_sent(foreign_service, session, change):
    """The file is read just before the POST: what is no longer there ends as refused."""
    hold = threading.Event()
    foreign_service.break_next("POST", *[Fault(hold=hold)] * CREATE_SOCKETS)
    before = session.submit(*(request(seed=number) for number in range(CREATE_SOCKETS)))
    foreign_service.wait_for_requests(CREATE_SOCKETS)
    [waiting] = session.submit(request(input_image=uri_of(PHOTO)))
    change(session.input_file(reference_to(PHOTO)).path)
    hold.set()
    for prediction in before:
        prediction.result()
    with pytest.raises(errors.CometError, match=r"no file comet:|changed on disk"):
        waiting.result()
    assert waiting.status == "refused"
    assert len(foreign_service.creates) == CREATE_SOCKETS


def test_every_try_of_a_create_has_the_file(foreign_service, session):
    """After a rate limit the same body is made again."""
    foreign_service.break_next("POST", Fault(429, {"Retry-After": "1"}, b"{}"))
    [prediction] = session.submit(request(input_image=uri_of(PHOTO)))
    prediction.result()
    first, second = foreign_service.creates
    assert first.body == second.body
    assert decoded(second.json["input"]["input_image"])[1] == PHOTO


def held() -> int:
    """Bytes that the package has allocated, and that something still holds."""
    gc.collect()
    ours = tracemalloc.Filter(True, "*/comet_jupyter/*", all_frames=True)
    taken = tracemalloc.take_snapshot().filter_traces((ours,))
    return sum(trace.size for trace in taken.traces)


def test_nothing_of_the_file_is_held_after_the_post(foreign_service, session):
    """Control and claim: megabytes while the POST is under way, next to nothing while it runs."""
    reference = session.keep_input(photo(4_000_000))
    hold_post, hold_get = threading.Event(), threading.Event()
    foreign_service.break_next("POST", Fault(hold=hold_post))
    foreign_service.break_next("GET", Fault(hold=hold_get, after_effect=False))
    tracemalloc.start(20)
    try:
        [prediction] = session.submit(request(input_image=reference))
        foreign_service.wait_for_requests(1)
        meanwhile = held()
        hold_post.set()
        foreign_service.wait_for_requests(2)
        afterwards = held()
    finally:
        tracemalloc.stop()
        hold_post.set()
        hold_get.set()
    prediction.result()
    assert meanwhile > 5_000_000
    assert afterwards < 2_000_000


# -- pictures of the caller ------------------------------------------------------------------------


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp"])
def test_a_kept_picture_can_be_shown(session, media_type):
    """Its bytes are kept as they are, and come back as a picture with its measures."""
    data = encoded(media_type)
    reference = session.keep_input(data)
    assert reference == reference_to(data)
    for name in (reference, reference[:18]):
        image = session.input_file(name)
        assert isinstance(image, images.Image)
        assert (image.width, image.height, image.media_type) == (40, 40, media_type)
        assert (image.size, image.sha256) == (len(data), reference[6:])
        assert image.read() == image.path.read_bytes() == data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<!doctype html><p>Sign in", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg"),
        (png()[:-20], "cut short"),
        (png().replace(b"IDAT", b"IDAX"), "damaged"),
        (encoded("image/png", 8200), "pixels"),
        (photo(7_600_000), "10,000,000"),
    ],
    ids=["empty", "page", "svg", "cut", "damaged", "bomb", "large"],
)
def test_what_cannot_go_in_is_not_kept(session, data, words):
    """No picture, a damaged one, one too large: one line with a remedy, and no file."""
    with pytest.raises(errors.InputError) as caught:
        session.keep_input(data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    assert kept_files(session) == []


@pytest.mark.parametrize("text", ["", "comet:", "comet:3fa9", "comet:" + "0" * 64, "../x"])
def test_what_names_no_file_is_an_error(session, text):
    """A malformed or unknown reference is one line."""
    with pytest.raises(errors.InputError) as caught:
        session.input_file(text)
    assert "\n" not in str(caught.value)


def test_an_output_that_is_no_picture_is_described(sandbox, session):
    """Text that a model made has a reference, too; it is a file without measures."""
    [prediction] = session.submit(PredictionRequest(SANDBOX_MODEL, {"prompt": "[text] a"}))
    [file] = prediction.files
    found = session.input_file(f"comet:{file.sha256}")
    assert not isinstance(found, images.Image)
    assert found.read() == file.read()
