"""A recording goes to strangers: no key, no header, no address and no private folder is in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.recorded import everything, picture, success

from comet_jupyter.errors import InputError
from comet_jupyter.key import Key
from comet_jupyter.record import Record
from comet_jupyter.store import Files
from comet_jupyter.store.identity import request_hash
from comet_jupyter.store.recording import Recording
from comet_jupyter.store.recording.scrub import scrubber

KEY = "canary-key-of-no-known-shape-93"
SHAPED = "sk-" + "canary0123456789abcdefghijkl"
HOST = "gateway.canary-corp.example"
ROOT = f"https://{HOST}:8443/replicate/v1"
DELIVERY = "https://canary-delivery.example/xezq/out-0.webp?token=canary-token"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """The files of an empty store outside of any home."""
    return Files(tmp_path / "canary-store")


def spelled(home: Path) -> Iterator[str]:
    """Each secret in the ways that logs and errors write it."""
    yield from (KEY, SHAPED, f"Authorization: Bearer {KEY}", f"authorization={SHAPED}")
    yield from (base64.b64encode(f"x:{KEY}".encode()).decode(), KEY.encode().hex())
    yield from ("Cookie: session=canary-cookie", '"x-api-key": "canary-header"')
    yield from (ROOT, f"{HOST}:8443", HOST.upper(), f"cdn.{HOST}/canary-path", f"({HOST})")
    yield from (DELIVERY, DELIVERY.replace("/", "\\/"), "canary-delivery.example/canary-path")
    yield from ("s3://canary-bucket/x", "https%3A%2F%2Fcanary.example%2Fx", "ws://canary.local/")
    yield from (f"{home}/x.png", f"file://{home}/canary-folder", f"{home}")
    yield from ("/home/canary/x.png", "/Users/canary", "C:\\Users\\canary\\x", "c:/users/canary/x")
    yield json.dumps("C:\\Users\\canary\\x")


def talkative(files: Files, home: Path, tmp_path: Path, **values: Any) -> Record:
    """A result whose every text holds every secret, once a line and once in one line."""
    secrets = [*spelled(home), str(files.home), str(tmp_path / "recording")]
    lines = "\n".join(f"see {secret} there" for secret in secrets)
    texts = {f"n {secret}": f"v {secret}" for secret in secrets}
    return success(
        files,
        root=ROOT,
        outputs=(DELIVERY,),
        output=DELIVERY,
        logs=f"begin\n{lines}\nUsing seed: 7",
        notices=tuple(f"a notice of {secret}" for secret in secrets[:20]),
        metrics={"predict_time": 2.5, **texts},
        version=f"v {KEY}",
        template=lines,
        notice=lines,
        extra=texts,
        model=values.pop("model", "a/b"),
        **values,
    )


def tells(data: bytes, home: Path, tmp_path: Path) -> set[str]:
    """The secrets that somebody who looks for them finds."""
    text = data.decode("utf-8", "replace").lower()
    wanted = {"canary", HOST, str(home), home.name, str(tmp_path), "bearer", "token", "8443"}
    wanted |= {base64.b64encode(f"x:{KEY}".encode()).decode(), KEY.encode().hex(), "://"}
    return {one for one in wanted if one.lower() in text}


def test_nothing_private_is_in_a_recording(files: Files, home: Path, tmp_path: Path) -> None:
    """Whatever the service said and wherever it was said, in any file of the folder."""
    recording = Recording.made(tmp_path / "recording")
    record = talkative(files, home, tmp_path)
    recording.write(record, files, redact=Key(KEY).redact)
    written = everything(recording.folder)
    assert len(written) == 5
    assert tells(b"\n".join(written.values()), home, tmp_path) == set()
    found = recording.find(request_hash(record.request), 1)
    assert found is not None
    assert found.state.logs.startswith("begin\nsee [key removed] there\nsee [key removed] there\n")
    assert found.state.logs.endswith("Using seed: 7")
    assert found.root == found.files[0].url == ""
    assert found.state.metrics["predict_time"] == 2.5


def test_the_same_search_finds_them_in_the_record_itself(
    files: Files, home: Path, tmp_path: Path
) -> None:
    """The control: all of them are in the record, and most in its public form, too."""
    record = talkative(files, home, tmp_path)
    assert len(tells(json.dumps(record.to_dict()).encode(), home, tmp_path)) == 11
    assert len(tells(json.dumps(record.public()).encode(), home, tmp_path)) >= 10


def test_file_names_tell_nothing(files: Files, home: Path, tmp_path: Path) -> None:
    """They are made of hashes alone."""
    recording = Recording.made(tmp_path / "recording")
    recording.write(talkative(files, home, tmp_path), files)
    assert tells("\n".join(everything(recording.folder)).encode(), home, tmp_path) == set()


@pytest.mark.parametrize("secret", [SHAPED, KEY])
def test_a_request_that_holds_a_key_is_not_recorded(
    files: Files, tmp_path: Path, secret: str
) -> None:
    """Its input can only be written as it was typed; the message does not repeat it."""
    recording = Recording.made(tmp_path / "recording")
    record = success(files, input={"prompt": f"a boat {secret}"})
    with pytest.raises(InputError, match="holds an API key") as caught:
        recording.write(record, files, redact=Key(KEY).redact)
    assert secret not in str(caught.value)
    assert recording.requests() == []


def test_the_input_stands_as_it_was_typed(files: Files, home: Path, tmp_path: Path) -> None:
    """It is what the result is found by: the author's words, with the links they typed."""
    words = f"a poster that says {home}/x and https://example.com/?q=1, a bearer of bad news"
    recording = Recording.made(tmp_path / "recording")
    record = success(files, picture(), input={"prompt": words})
    recording.write(record, files)
    found = recording.find(request_hash(record.request), 1)
    assert found is not None
    assert found.request.prompt == words


@pytest.mark.parametrize("home_folder", ["/", "", "C:\\", "//"])
def test_an_account_without_a_home_of_its_own_changes_no_text(home_folder: str) -> None:
    """Every path begins with the root of the disk."""
    text = "and/or 1/2 C:\\x /usr/lib/python3 a//b"
    assert scrubber(homes=[home_folder], folders=[home_folder])(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "a fortune cookie: crisp, golden",
        "the standard bearer walks ahead of the column",
        "an api key visual; a task-master of sk-etches",
        "Loading weights from /src/weights/model.safetensors",
        'File "/usr/local/lib/python3.11/site-packages/diffusers/x.py", line 3',
        "100%|██████████| 28/28 [00:02<00:00, 11.2it/s]",
        "at home/office, /homepage, ~/x, 127.0.0.1x, main gatewayx gateways",
        "ratio 16:9, guidance: 3.5, c: d, see (a)//(b)",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    """What only looks a little like a secret stays in logs and templates."""
    scrub = scrubber(addresses=["https://gateway/x"], homes=["/home/me"], folders=["/srv/mine"])
    assert scrub(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("from gateway now", "from [address removed] now"),
        ("http://gateway:80/x?y.", "[address removed]"),
        ("Gateway:8080/x failed", "[address removed] failed"),
        ("[::1]:99 and ::1", "[address removed] and [address removed]"),
        ("127.0.0.1:5000/v1 refused", "[address removed] refused"),
        ("/home/me/x /home/me /home/me2/x", "~/x ~ ~/x"),
        ("/private/home/me/x", "/private~/x"),
        ("%2Fhome%2Fme%2Fx", "~%2Fx"),
        ("/srv/mine/x /srv/mine2/x", "…/x /srv/mine2/x"),
        ("D:\\\\data\\\\mine\\\\x d:/data/mine", "…\\\\x …"),
        ("hf_" + "abcdefghijklmnopqrstuvwxyz", "[key removed]"),
        ("AKIA" + "ABCDEFGHIJKLMNOP.", "[key removed]."),
    ],
)
def test_private_things_are_taken_out_in_each_spelling(text: str, kept: str) -> None:
    """And the rest of the text stays."""
    scrub = scrubber(
        addresses=["https://gateway/x", "http://[::1]:99", "http://127.0.0.1:5000", "no address"],
        homes=["/home/me"],
        folders=["/srv/mine", "D:\\data\\mine\\"],
    )
    assert scrub(text) == kept


PIECES = st.sampled_from(
    "sk- eyJ . :// a [ ] : / \\ \\\\ - _ Authorization bearer cookie = %2f /home/me host.x".split()
)


@settings(deadline=None)
@given(
    pieces=st.lists(PIECES | st.text(max_size=3), max_size=12), times=st.sampled_from([1, 2_000])
)
def test_no_text_hides_an_address_or_takes_for_ever(pieces: list[str], times: int) -> None:
    """Whatever stands around it, and however often."""
    scrub = scrubber(addresses=["http://host.x"], homes=["/home/me"], folders=["/data/x"])
    text = "".join(pieces) * times
    assert "host.x" not in scrub(text)


def test_a_record_from_the_store_is_as_clean(files: Files, home: Path, tmp_path: Path) -> None:
    """Where it comes from makes no difference."""
    recording = Recording.made(tmp_path / "recording")
    record = replace(talkative(files, home, tmp_path), origin="store")
    recording.write(record, files, redact=Key(KEY).redact)
    assert tells(b"\n".join(everything(recording.folder).values()), home, tmp_path) == set()
