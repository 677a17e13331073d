"""Input pictures and wishes over the wire: what is read, what fails, what is never fetched."""

from __future__ import annotations

import base64
import io
import json
import random
import socket
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from PIL import Image

from comet_jupyter.sandbox.memory import Memory
from comet_jupyter.sandbox.routes import Answer, Picture, Reply, Request, Rules, Unseen, respond
from comet_jupyter.sandbox.server import SandboxServer
from comet_jupyter.sandbox.simulation import SECOND, Creation, prediction
from comet_jupyter.sandbox.wishes import Seen

BFL = "black-forest-labs/"
KONTEXT, DEV, SDXL = BFL + "flux-kontext-pro", BFL + "flux-dev", "stability-ai/sdxl"
HEADERS = {"authorization": "Bearer sk-sandbox-key"}
NOW = 1_760_000_000 * SECOND


def uri(width: int = 90, height: int = 60, colour: str = "teal") -> str:
    """A picture as a data: URI."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def create(memory: Memory, model: str, **given: Any) -> Reply:
    """The reply to a create, without a socket."""
    body = json.dumps({"input": {"prompt": "night", **given}}).encode()
    request = Request("POST", f"/v1/models/{model}/predictions", headers=HEADERS, body=body)
    return respond(request, memory, Rules(), NOW)


class Clock:
    """A clock that stands until the test moves it."""

    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the server."""
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[httpx.Client]:
    """A client of a server whose clock the test moves."""
    with (
        SandboxServer(clock=clock) as server,
        httpx.Client(base_url=server.url, headers=HEADERS, trust_env=False, timeout=60) as client,
    ):
        yield client


def finish(client: httpx.Client, clock: Clock, model: str, **given: Any) -> Any:
    """A prediction after five minutes."""
    answer = client.post(
        f"/v1/models/{model}/predictions", json={"input": {"prompt": "x", **given}}
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "starting"
    clock.now += 300 * SECOND
    return client.get(f"/v1/predictions/{answer.json()['id']}").json()


def image(client: httpx.Client, state: Any) -> Image.Image:
    """The first picture of a prediction."""
    output = state["output"]
    data = client.get(output if isinstance(output, str) else output[0]).content
    return Image.open(io.BytesIO(data))


def test_a_create_with_a_picture_waits_for_a_look() -> None:
    """Before the look nothing is made; what it finds is remembered with the prediction."""
    memory = Memory(random.Random(7))
    reply = create(memory, KONTEXT, input_image=uri())
    assert isinstance(reply, Unseen)
    assert reply.pictures == (("input_image", uri()),)
    assert len(memory) == 0
    answer = reply.accept(Seen((90, 60)))
    made = memory.find(json.loads(answer.body)["id"])
    assert made is not None
    assert made.seen.size == (90, 60)


@pytest.mark.parametrize("given", [{}, {"mask": uri()}, {"input_image": uri()}])
def test_a_create_without_one_does_not_wait(given: dict[str, object]) -> None:
    """Without an input picture of its own, a model's create is answered at once."""
    assert isinstance(create(Memory(), SDXL, **given), Answer)


def test_wishes_travel_with_the_file() -> None:
    """The description of a file holds what the input asked for, and nothing by default."""
    plain = Picture("a boat", 7, 1024, 1024, "webp", 80)
    for given, negative, strong in (({}, "", 0), ({"guidance_scale": 12}, "", 1),
                                    ({"negative_prompt": "birds"}, "birds", 0)):  # fmt: skip
        memory = Memory(random.Random(7))
        reply = create(memory, SDXL, seed=7, **given)
        assert isinstance(reply, Answer)
        made = memory.find(json.loads(reply.body)["id"])
        assert made is not None
        path = f"/sandbox/files/{made.token}/out-0.png"
        file = respond(Request("GET", path), memory, Rules(), NOW + 300 * SECOND)
        assert isinstance(file, Picture)
        assert (file.wishes.negative, file.wishes.guidance > 0) == (negative, bool(strong))
        assert (file.wishes == plain.wishes) == (not given)


@pytest.mark.parametrize("model", [KONTEXT, DEV, SDXL])
def test_a_flaw_fails_the_prediction(model: str) -> None:
    """With a picture that cannot be read it starts, then fails with the reason and no output."""
    made = Creation("a" * 26, "t" * 44, model, {"prompt": "x"}, 1, NOW)
    flawed = replace(made, seen=Seen(flaw="The input picture cannot be read: why"))
    states = [prediction(flawed, NOW + at * SECOND, "http://x") for at in (0, 300)]
    assert states[0]["status"] == "starting"
    assert (states[1]["status"], states[1]["output"]) == ("failed", None)
    assert states[1]["error"] == "The input picture cannot be read: why"
    assert "100%" not in str(states[1]["logs"])


def test_a_picture_is_edited_in_its_own_ratio(client: httpx.Client, clock: Clock) -> None:
    """Kontext gives back the input's ratio, and the night is darker than the picture was."""
    state = finish(client, clock, KONTEXT, prompt="night", input_image=uri(90, 60), seed=1)
    picture = image(client, state)
    assert picture.size == (1248, 832)
    assert sum(picture.convert("RGB").resize((1, 1)).tobytes()) < sum(b"\x00\x80\x80") * 0.75


def test_the_same_picture_gives_the_same_file(client: httpx.Client, clock: Clock) -> None:
    """Prompt, seed, inputs and bytes decide; other bytes or another guidance are another file."""

    def file(**given: Any) -> bytes:
        wanted = {"prompt": "a boat", "seed": 3, "megapixels": "0.25", "image": uri(), **given}
        state = finish(client, clock, DEV, **wanted)
        return client.get(state["output"][0]).content

    assert file() == file() == file(guidance=3, num_inference_steps=28, prompt_strength=0.8)
    files = [file(), file(image=uri(colour="plum")), file(guidance=4), file(num_inference_steps=10),
             file(prompt_strength=0.5), file(seed=4)]  # fmt: skip
    assert len(set(files)) == len(files)


@pytest.mark.parametrize(
    "picture",
    [
        "data:image/png;base64,AAAA",
        "data:,",
        "data:image/png;base64,%%%",
        "data:image/svg+xml,<svg/>",
        uri()[:200],
    ],
)
def test_a_bad_picture_fails_and_the_next_one_does_not(
    client: httpx.Client, clock: Clock, picture: str
) -> None:
    """The error names the field, the sandbox goes on."""
    failed = finish(client, clock, KONTEXT, input_image=picture)
    assert failed["status"] == "failed"
    assert "input.input_image" in failed["error"]
    assert finish(client, clock, KONTEXT, input_image=uri())["status"] == "succeeded"


def test_an_address_is_never_fetched(client: httpx.Client, clock: Clock) -> None:
    """A picture by address is stood in for: nobody knocks at the address, as a fetch would."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"http://127.0.0.1:{door.getsockname()[1]}/a-red-boat.png"
        state = finish(client, clock, KONTEXT, input_image=address, seed=1)
        assert image(client, state).size == (1024, 1024)
        door.settimeout(0)
        with pytest.raises(BlockingIOError):
            door.accept()
        # the control: a fetch is noticed
        door.settimeout(30)
        fetch = threading.Thread(target=_try, args=(address,))
        fetch.start()
        visitor, _ = door.accept()
        visitor.close()
        fetch.join()


def _try(address: str) -> None:
    try:
        urllib.request.urlopen(address, timeout=30)
    except OSError:
        return


def test_a_memory_of_pictures_is_bounded_by_their_weight() -> None:
    """Large inputs push the oldest predictions out, small ones do not; the newest stays."""
    memory = Memory(weight_limit=1000)

    def made(number: int, length: int) -> Creation:
        given = {"prompt": "x", "input_images": ["d" * length]}
        return Creation(f"id{number}", f"token{number}", BFL + "flux-2-pro", given, 1, NOW)

    for number in range(9):
        memory.keep(made(number, 10))
    assert len(memory) == 9
    for number in range(10, 14):
        memory.keep(made(number, 400))
    assert memory.find("id0") is None
    assert [memory.find(f"id{number}") is not None for number in (12, 13)] == [True, True]
    assert memory.find_token("token0") is None
    memory.keep(made(20, 5000))
    assert len(memory) == 1
    memory.keep(replace(made(20, 5000), canceled=NOW))
    memory.keep(made(21, 10))
    assert memory.find("id21") is not None
