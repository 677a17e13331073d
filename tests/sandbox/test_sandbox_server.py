"""The running sandbox: real sockets, a client nobody here wrote, and a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import replicate
from PIL import Image
from support.threads import started

from comet_jupyter.sandbox.server import SandboxServer

KEY = "sk-sandbox-key"
SCHNELL = "black-forest-labs/flux-schnell"
Connect = Callable[[str], replicate.Client]
COMMAND = [sys.executable, "-m", "comet_jupyter.sandbox", "--port", "0"]


class Clock:
    """A clock that stands until the test moves it."""

    def __init__(self) -> None:
        self.now = 1_760_000_000_000_000_000

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += round(seconds * 1e9)


@pytest.fixture
def clock() -> Clock:
    """The clock of the server."""
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[SandboxServer]:
    """A server in this process, which records what it receives."""
    with SandboxServer(record=True, clock=clock) as server:
        yield server


@pytest.fixture
def client(server: SandboxServer) -> Iterator[httpx.Client]:
    """A plain HTTP client with a key."""
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def replicates_client() -> Iterator[Connect]:
    """Makes Replicate's clients, and closes their connections, which they never do."""
    with contextlib.ExitStack() as stack:

        def connect(url: str) -> replicate.Client:
            client = replicate.Client(api_token=KEY, base_url=url)
            client.poll_interval = 0.005
            stack.callback(client._client.close)
            return client

        yield connect


def create(client: httpx.Client, prompt: str = "a boat", **given: Any) -> Any:
    """The answer to a create."""
    path = f"/replicate/v1/models/{SCHNELL}/predictions"
    answer = client.post(path, json={"input": {"prompt": prompt, **given}})
    assert answer.status_code == 200
    return answer.json()


def finish(client: httpx.Client, clock: Clock, prompt: str = "a boat", **given: Any) -> Any:
    """A prediction after a minute."""
    made = create(client, prompt, **given)
    clock.move(60)
    return client.get(f"/replicate/v1/predictions/{made['id']}").json()


def test_from_prompt_to_picture(client: httpx.Client, clock: Clock) -> None:
    """A prediction is made, asked for, and its file is a picture of the right size and type."""
    finished = finish(client, clock, seed=7, megapixels="0.25", aspect_ratio="16:9")
    assert finished["status"] == "succeeded"
    answer = client.get(finished["output"][0])
    assert answer.headers["content-type"] == "image/webp"
    image = Image.open(io.BytesIO(answer.content))
    assert (image.format, image.size) == ("WEBP", (672, 384))


def test_files_need_no_key(client: httpx.Client, clock: Clock) -> None:
    """An output is fetched without credentials, twice the same bytes."""
    url = finish(client, clock, megapixels="0.25")["output"][0]
    first, second = (urllib.request.urlopen(url).read() for _ in range(2))
    assert first == second
    assert len(first) > 1000


def test_a_status_is_answered_while_pictures_are_drawn(
    client: httpx.Client, clock: Clock, server: SandboxServer
) -> None:
    """With more pictures asked for than there are threads, other questions are still answered."""
    outputs = finish(client, clock, "an oil painting of a city", num_outputs=4)["output"]
    order: list[str] = []

    def fetch(url: str) -> None:
        httpx.get(url, timeout=60, trust_env=False).raise_for_status()
        order.append("picture")

    threads = [threading.Thread(target=fetch, args=(url,)) for url in outputs]
    for thread in threads:
        thread.start()
    while sum(entry.path.startswith("/sandbox/files/") for entry in list(server.log)) < 4:
        client.get("/api/models").raise_for_status()
    client.get("/api/models").raise_for_status()
    order.append("question")
    for thread in threads:
        thread.join()
    assert order.index("question") < 4


def test_truncated_files_do_not_decode(client: httpx.Client, clock: Clock) -> None:
    """The truncated file is half of a picture, which Pillow refuses; the whole one it reads."""
    given = {"megapixels": "0.25", "output_format": "png", "seed": 3}
    whole, cut = (
        client.get(finish(client, clock, prompt, **given)["output"][0]).content
        for prompt in ("a boat", "a boat [truncated]")
    )
    assert cut == whole[: len(whole) // 2]
    Image.open(io.BytesIO(whole)).load()
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(cut)).load()


@pytest.mark.parametrize("base", ["", "/replicate"])
def test_replicates_own_client(base: str, replicates_client: Connect) -> None:
    """Replicate's Python client creates, waits, runs and reads errors, below both roots."""
    with SandboxServer(speed=100) as server:
        client = replicates_client(server.url + base)
        made = client.models.predictions.create(SCHNELL, input={"prompt": "a boat", "seed": 3})
        assert made.status == "starting"
        made.wait()
        assert (made.status, made.model) == ("succeeded", SCHNELL)
        assert made.progress is not None
        assert made.progress.percentage == 1.0
        assert client.predictions.get(made.id).output == made.output
        single = client.run("black-forest-labs/flux-1.1-pro", input={"prompt": "a boat"})
        assert str(single).startswith(server.url)
        with pytest.raises(replicate.exceptions.ModelError, match="E005"):
            client.run(SCHNELL, input={"prompt": "a boat [nsfw]"})
        with pytest.raises(replicate.exceptions.ReplicateError, match="Input validation failed"):
            client.run(SCHNELL, input={"prompt": "a boat", "num_outputs": 9})


def test_replicates_client_cancels(replicates_client: Connect) -> None:
    """With its switch the cancel route serves Replicate's client."""
    with SandboxServer(cancel=True) as server:
        client = replicates_client(server.url)
        made = client.models.predictions.create(SCHNELL, input={"prompt": "[stuck]"})
        made.cancel()
        assert made.status == "canceled"


def test_requests_are_recorded_on_request(client: httpx.Client, server: SandboxServer) -> None:
    """A recording server keeps method, path, headers and body as they came; another keeps none."""
    create(client, "a boat")
    entry = server.log[-1]
    assert (entry.method, entry.path) == ("POST", f"/replicate/v1/models/{SCHNELL}/predictions")
    assert entry.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(entry.body)["input"] == {"prompt": "a boat"}
    with SandboxServer() as silent:
        httpx.get(silent.url, trust_env=False).raise_for_status()
        assert not silent.log


def test_paths_arrive_as_they_were_sent(client: httpx.Client, server: SandboxServer) -> None:
    """Escapes, double slashes and odd methods reach the routes, and get the page."""
    for path in ("/a%2Fb", "//x", "/v1/predictions/..%2f..", "/favicon.ico"):
        answer = client.request("PATCH", server.url + path)
        assert answer.status_code == 200
        assert "<h1>The sandbox</h1>" in answer.text
        assert server.log[-1].path == path
    assert client.head("/").content == b""


def test_huge_bodies_are_refused(client: httpx.Client) -> None:
    """A body above 16 MB ends that connection only; one of 10 MB is read."""
    path = f"/replicate/v1/models/{SCHNELL}/predictions"
    try:
        refused = client.post(path, content=b"x" * (17 << 20)).status_code
    except httpx.TransportError:
        refused = 400
    assert refused == 400
    image = "data:image/png;base64," + "A" * 10_000_000
    path = path.replace("schnell", "dev")
    answer = client.post(path, json={"input": {"prompt": "a boat", "image": image}})
    assert answer.status_code == 200


def test_a_silent_client_holds_nobody_up(client: httpx.Client, server: SandboxServer) -> None:
    """While a connection dribbles, others are served."""
    address = urlsplit(server.url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as idle:
        idle.sendall(
            b"POST /v1/models/a/b/predictions HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
        )
        assert create(client)["status"] == "starting"


def test_two_servers_have_two_ports_and_two_memories() -> None:
    """Servers in one process share nothing."""
    with SandboxServer() as one, SandboxServer() as two:
        assert one.url != two.url
        with httpx.Client(base_url=one.url, headers={"Authorization": f"Bearer {KEY}"}) as client:
            create(client)
        assert (len(one.memory), len(two.memory)) == (1, 0)


def test_a_server_leaves_nothing_behind() -> None:
    """After its block the port is closed and its threads are gone; within it they are there."""
    before = set(threading.enumerate())
    with SandboxServer(speed=1000) as server:
        assert set(threading.enumerate()) - before
        assert httpx.get(server.url, trust_env=False).status_code == 200
    assert set(threading.enumerate()) == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url, trust_env=False)


def test_a_taken_port_is_an_error_at_once(server: SandboxServer) -> None:
    """Entering a second server on the same port raises, and leaves no thread."""
    second = SandboxServer(urlsplit(server.url).port or 0)
    before = threading.enumerate()
    with pytest.raises(OSError, match="in use"), second:
        pass
    assert started(before) == []


# -- the process -------------------------------------------------------------------


def start(*options: str) -> subprocess.Popen[str]:
    """The sandbox as a process."""
    return subprocess.Popen(
        [*COMMAND, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def address(process: subprocess.Popen[str]) -> str:
    """The address a process says it listens on."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"comet_jupyter sandbox on (http://127\.0\.0\.1:\d+)\n", line)
    assert found, line
    return found[1]


def test_the_process_says_one_line_and_serves() -> None:
    """Started by itself it prints its address, serves, and ends cleanly on a signal."""
    process = start("--speed", "100", "--status-code", "201")
    root = address(process)
    path = f"{root}/v1/models/{SCHNELL}/predictions"
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = httpx.post(path, headers=headers, json={"input": {"prompt": "x"}}, trust_env=False)
    assert answer.status_code == 201
    process.terminate()
    rest, errors = process.communicate(timeout=30)
    assert (rest, errors) == ("", "")
    assert sys.platform == "win32" or process.returncode == 0


def test_the_process_ends_with_its_input_if_asked() -> None:
    """With the option, the end of standard input ends the server; without it, it goes on."""
    tied, free = start("--exit-with-parent"), start()
    addresses = [address(process) for process in (tied, free)]
    for process in (tied, free):
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    assert tied.wait(timeout=30) == 0
    assert httpx.get(addresses[1], trust_env=False).status_code == 200
    free.terminate()
    assert [process.communicate(timeout=30) for process in (tied, free)] == [("", "")] * 2


def test_a_taken_port_is_one_clear_line(server: SandboxServer) -> None:
    """The process says which port is taken and what to do, without a traceback."""
    port = str(urlsplit(server.url).port)
    process = subprocess.run(
        [*COMMAND[:-1], port], capture_output=True, text=True, check=False, timeout=30
    )
    assert (process.returncode, process.stdout) == (1, "")
    assert f"127.0.0.1:{port}" in process.stderr
    assert "choose another --port" in process.stderr
    assert process.stderr.count("\n") == 1


@pytest.mark.parametrize("option", [["--speed", "0"], ["--speed", "nan"], ["--rate", "0"]])
def test_senseless_options_are_refused(option: list[str]) -> None:
    """A speed or a rate that means nothing is an error of the command line."""
    process = subprocess.run(
        [*COMMAND, *option], capture_output=True, text=True, check=False, timeout=30
    )
    assert process.returncode == 2
    assert option[0] in process.stderr


def test_nothing_heavy_is_loaded_to_listen() -> None:
    """The server's module loads neither Pillow nor httpx nor the rest of the package."""
    code = (
        "import sys, comet_jupyter; face = set(sys.modules); import comet_jupyter.sandbox.__main__;"
        "print(sorted(n for n in sys.modules if n in {'PIL', 'httpx', 'IPython', 'ipywidgets'}"
        " or n.startswith('comet_jupyter.') and n not in face and 'sandbox' not in n));"
        "from comet_jupyter.sandbox.server import _draw; import comet_jupyter.sandbox.drawing;"
        "print('PIL' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split("\n")[:2] == ["[]", "True"]
