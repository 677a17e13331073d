"""What the sandbox answers to a request, without a socket."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from comet_jupyter.sandbox.memory import Memory
from comet_jupyter.sandbox.routes import Answer, Picture, Request, Rules, respond
from comet_jupyter.sandbox.simulation import KEPT, SECOND
from comet_jupyter.sandbox.words import WORDS

NOW = 1_760_000_000 * SECOND
KEY = "sk-sandbox-key"
SCHNELL = "black-forest-labs/flux-schnell"


class Service:
    """The routes with a memory, a clock that the test sets, and the words of HTTP."""

    def __init__(self, limit: int = 10_000, **rules: Any) -> None:
        self.memory = Memory(random.Random(7), limit)
        self.rules = Rules(**rules)
        self.now = NOW

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        key: str | None = KEY,
        query: str = "",
        host: str = "127.0.0.1:8765",
    ) -> Answer | Picture:
        headers = {"host": host}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        request = Request(method, path, query, headers, body)
        return respond(request, self.memory, self.rules, self.now)

    def answer(self, method: str, path: str, body: bytes = b"", **more: Any) -> Answer:
        answer = self.ask(method, path, body, **more)
        assert isinstance(answer, Answer)
        return answer

    def create(
        self,
        prompt: str = "a boat",
        model: str = SCHNELL,
        prefix: str = "/replicate/v1",
        **given: Any,
    ) -> Answer:
        body = json.dumps({"input": {"prompt": prompt, **given}}).encode()
        return self.answer("POST", f"{prefix}/models/{model}/predictions", body)

    def status(self, identity: str) -> Answer:
        return self.answer("GET", f"/replicate/v1/predictions/{identity}")

    def finish(self, prompt: str = "a boat", **given: Any) -> dict[str, Any]:
        made = read(self.create(prompt, **given))
        self.now += 300 * SECOND
        return read(self.status(made["id"]))


def read(answer: Answer) -> Any:
    """The JSON of an answer that says it is JSON."""
    assert answer.content_type == "application/json"
    return json.loads(answer.body)


@pytest.mark.parametrize("prefix", ["/replicate/v1", "/v1"])
def test_create_then_ask(prefix: str) -> None:
    """A create is answered 200; its id leads to the same prediction, below both prefixes."""
    service = Service()
    answer = service.create(prefix=prefix)
    made = read(answer)
    assert (answer.status, made["status"]) == (200, "starting")
    assert len(made["id"]) == 26
    assert made["id"].isalnum()
    assert made["id"].islower()
    service.now += 60 * SECOND
    later = read(service.answer("GET", f"{prefix}/predictions/{made['id']}"))
    assert (later["id"], later["status"]) == (made["id"], "succeeded")


def test_a_fast_queue_is_not_over_in_the_answer_to_a_create() -> None:
    """The POST answers the state at the creation; the next question finds what has become of it."""
    service = Service(speed=10**6)
    service.now += 999_999  # the creation's own time has whole milliseconds
    made = read(service.create())
    assert made["status"] == "starting"
    assert read(service.status(made["id"]))["status"] == "succeeded"


def test_input_is_echoed_and_a_seed_is_drawn() -> None:
    """The input comes back as sent; without a seed, one is drawn and stands in the logs."""
    finished = Service().finish(go_fast=True, unheard_of=[1])
    assert finished["input"] == {"prompt": "a boat", "go_fast": True, "unheard_of": [1]}
    assert "Using seed: " in finished["logs"]
    assert "Using seed: 7\n" in Service().finish(seed=7)["logs"]


def test_files_stand_under_the_root_that_was_asked() -> None:
    """Output addresses use the request's Host header, and a senseless header is not repeated."""
    service = Service()
    made = read(service.create())
    service.now += 60 * SECOND
    path = f"/v1/predictions/{made['id']}"
    for host, root in {
        "localhost:1": "http://localhost:1/", "[::1]:8765": "http://[::1]:8765/",
        'x"><script>': "http://127.0.0.1/",
    }.items():  # fmt: skip
        output = read(service.answer("GET", path, host=host))["output"]
        assert output[0].startswith(root + "sandbox/files/")


def test_a_file_is_a_picture_of_the_prompt() -> None:
    """A finished file is described by prompt, seed, size, format and quality; it needs no key."""
    service = Service()
    output = service.finish(
        "a boat [slow]",
        seed=5,
        num_outputs=2,
        output_format="png",
        aspect_ratio="3:2",
        output_quality=50,
    )["output"]
    path = output[1].removeprefix("http://127.0.0.1:8765")
    picture = service.ask("GET", path, key=None)
    assert picture == Picture("a boat", 6, 1216, 832, "png", 50)


def test_files_cannot_be_had_early_late_or_by_guessing() -> None:
    """A file is 404 before the end, under another name or token, and after an hour."""
    service = Service()
    path = service.finish()["output"][0].removeprefix("http://127.0.0.1:8765")
    end = service.now
    assert isinstance(service.ask("GET", path), Picture)
    for wrong in (path.replace("out-0", "out-1"), path.replace("/files/", "/files/x")):
        assert service.answer("GET", wrong).status == 404
    for moment in (NOW, end + KEPT):
        service.now = moment
        assert service.answer("GET", path).status == 404


@pytest.mark.parametrize("key", [None, "short", "sk-with space", "x" * 513, "sk-bad-key-here"])
def test_bad_keys(key: str | None) -> None:
    """A missing, malformed or bad key is a 401 in the documented shape, with a request id."""
    service = Service()
    for method, path in (
        ("POST", f"/replicate/v1/models/{SCHNELL}/predictions"),
        ("GET", "/replicate/v1/predictions/x"),
        ("GET", "/flux/v1/get_result"),
    ):
        answer = service.answer(method, path, b"{}", key=key)
        error = read(answer)["error"]
        assert answer.status == 401
        assert error["type"] == "comet_api_error"
        assert f"(request id: {answer.headers['X-Oneapi-Request-Id']})" in error["message"]
    assert len(service.memory) == 0


def test_no_money() -> None:
    """A key without money cannot create, and can still ask."""
    service = Service()
    made = read(service.create())
    path = f"/replicate/v1/models/{SCHNELL}/predictions"
    refused = service.answer("POST", path, b'{"input": {"prompt": "x"}}', key="sk-poor-key")
    assert (refused.status, read(refused)["error"]["code"]) == (403, "insufficient_user_quota")
    asked = service.answer("GET", f"/v1/predictions/{made['id']}", key="sk-poor-key")
    assert asked.status == 200


def test_unknown_models() -> None:
    """An unknown model is a 503 with the documented text."""
    answer = Service().create(model="nobody/nothing")
    error = read(answer)["error"]
    assert (answer.status, error["code"]) == (503, "model_not_found")
    assert (
        "no available channel for group default and model nobody/nothing (distributor)"
        in error["message"]
    )


def test_bad_input() -> None:
    """Refused input is a 422 that names each field, and makes no prediction."""
    service = Service()
    answer = service.create(model="black-forest-labs/flux-kontext-pro", output_format="webp")
    refusal = read(answer)
    assert (answer.status, refusal["status"], refusal["title"]) == (
        422,
        422,
        "Input validation failed",
    )
    assert [field["field"] for field in refusal["invalid_fields"]] == ["input.output_format"]
    assert refusal["detail"].startswith("- input.output_format: ")
    assert len(service.memory) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"\xff", 400), (b'{"input": NaN}', 400), (b"[" * 100_000, 400),
        (b"[]", 422), (b"{}", 422), (b'{"input": "text"}', 422), (b'{"prompt": "x"}', 422),
    ],
)  # fmt: skip
def test_malformed_bodies(body: bytes, status: int) -> None:
    """What is no JSON is a 400, JSON without an input object a 422."""
    answer = Service().answer("POST", f"/v1/models/{SCHNELL}/predictions", body)
    assert answer.status == status


@pytest.mark.parametrize("depth", range(100, 1500, 100))
def test_deep_bodies(depth: int) -> None:
    """However deep the input nests, the answer is an answer."""
    nested = b"[" * depth + b"]" * depth
    body = b'{"input": {"prompt": "x", "deep": ' + nested + b"}}"
    assert Service().answer("POST", f"/v1/models/{SCHNELL}/predictions", body).status in {200, 400}


def test_any_text_is_a_prompt() -> None:
    """Emoji, control characters and lone surrogates come back as they were sent."""
    for prompt in ("🦊 שלום", "\x00\x1b", "\ud800", "</script>{}$%%"):
        assert Service().finish(prompt)["input"]["prompt"] == prompt


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("GET", "/replicate/v2/x"), ("POST", "/v1/images/generations"),
        ("DELETE", "/v1/predictions/x"), ("GET", "/v1/predictions/x/y/z"),
        ("POST", "/replicate/v1/predictions/x/cancel"),
    ],
)  # fmt: skip
def test_unknown_paths_show_the_page(method: str, path: str) -> None:
    """An unknown path is answered 200 with HTML, as at the service, cancel included."""
    answer = Service().answer(method, path)
    assert (answer.status, answer.content_type) == (200, "text/html; charset=utf-8")


def test_the_page_explains_every_word() -> None:
    """The front page lists every word, every model and its own address."""
    page = Service().answer("GET", "/", host="here:1").body.decode()
    assert all(word in page for word in WORDS)
    assert SCHNELL in page
    assert "http://here:1" in page


def test_unknown_ids() -> None:
    """An unknown id is a JSON 404."""
    answer = Service().status("x" * 26)
    assert (answer.status, read(answer)["status"]) == (404, 404)


def test_cancel_on_request() -> None:
    """With its switch, the cancel route ends a prediction for good."""
    service = Service(cancel=True)
    made = read(service.create("[slow]"))
    service.now += 2 * SECOND
    path = f"/replicate/v1/predictions/{made['id']}/cancel"
    assert read(service.answer("POST", path))["status"] == "canceled"
    service.now += 100 * SECOND
    assert read(service.answer("POST", path))["status"] == "canceled"
    assert read(service.status(made["id"]))["status"] == "canceled"
    assert service.answer("POST", path.replace(made["id"], "x")).status == 404


def test_rate_limit() -> None:
    """Above its rate the server answers 429, with a wait or with nothing, until time passes."""
    service = Service(rate=3)
    answers = [service.create() for _ in range(23)]
    assert [answer.status for answer in answers] == [200] * 3 + [429] * 20
    silent = [answer for answer in answers[3:] if not answer.body]
    told = [answer for answer in answers[3:] if answer.body]
    assert silent
    assert told
    assert all("Retry-After" not in answer.headers for answer in silent)
    assert {answer.headers["Retry-After"] for answer in told} == {"60"}
    assert read(told[0])["retry_after"] == 60
    service.now += 60 * SECOND
    assert service.create().status == 200


def test_words_that_refuse_once() -> None:
    """A create is refused with 429 once, then the same body is accepted."""
    service = Service()
    first, second = service.create("[429]"), service.create("[429]")
    assert (first.status, first.headers["Retry-After"], second.status) == (429, "1", 200)
    first, second = service.create("[busy]"), service.create("[busy]")
    assert (first.status, first.body, second.status) == (429, b"", 200)
    assert len(service.memory) == 2


def test_a_lost_answer() -> None:
    """The create is answered by a proxy's page, although the prediction was made."""
    service = Service()
    answer = service.create("[lost]")
    assert (answer.status, answer.content_type) == (502, "text/html")
    assert len(service.memory) == 1


def test_a_flaky_status() -> None:
    """Every second status answer is a proxy's page."""
    service = Service()
    made = read(service.create("[flaky]"))
    assert [service.status(made["id"]).status for _ in range(4)] == [200, 502, 200, 502]


def test_a_status_that_comes_late() -> None:
    """A new prediction is unknown for a second."""
    service = Service()
    made = read(service.create("[404]"))
    assert service.status(made["id"]).status == 404
    service.now += SECOND
    assert service.status(made["id"]).status == 200


@pytest.mark.parametrize(("prompt", "enveloped"), [("a boat", True), ("[enveloped]", False)])
def test_envelopes(prompt: str, enveloped: bool) -> None:
    """By switch or by word, a prediction comes wrapped twice, with a status of its own."""
    service = Service(enveloped=enveloped)
    made = read(service.create(prompt))
    assert (made["code"], made["data"]["status"]) == ("success", "QUEUED")
    service.now += 60 * SECOND
    answer = read(service.status(made["data"]["data"]["id"]))["data"]
    assert (answer["status"], answer["data"]["status"]) == ("SUCCESS", "succeeded")


def test_the_status_code_of_a_create() -> None:
    """A create is answered with the code the server was given, a question with 200."""
    service = Service(status_code=201)
    answer = service.create()
    assert answer.status == 201
    assert service.status(read(answer)["id"]).status == 200


@pytest.mark.parametrize(
    ("word", "status", "media_type"),
    [
        ("[video]", 200, "video/mp4"), ("[svg]", 200, "image/svg+xml"),
        ("[notanimage]", 200, "text/html"), ("[gone]", 404, "text/plain"),
    ],
)  # fmt: skip
def test_files_that_are_no_pictures(word: str, status: int, media_type: str) -> None:
    """Words give files of other kinds, or none."""
    service = Service()
    path = service.finish(word)["output"][0].removeprefix("http://127.0.0.1:8765")
    answer = service.answer("GET", path)
    assert (answer.status, answer.content_type) == (status, media_type)


def test_a_truncated_file() -> None:
    """A word marks the picture to be cut."""
    service = Service()
    path = service.finish("[truncated]")["output"][0].removeprefix("http://127.0.0.1:8765")
    picture = service.ask("GET", path)
    assert isinstance(picture, Picture)
    assert picture.cut


def test_the_catalogue() -> None:
    """The catalogue needs no key; endpoints come as object and as JSON text, prices as numbers."""
    catalogue = read(Service().answer("GET", "/api/models", key=None))
    entries = {entry["id"]: entry for entry in catalogue["data"]}
    assert catalogue["success"]
    assert catalogue["total"] == len(entries) > 10
    assert {type(entry["endpoints"]) for entry in entries.values()} == {str, dict}
    assert entries[SCHNELL]["pricing"] == {"currency": "USD", "per_request": 0.003}


def test_the_second_way_to_a_state() -> None:
    """The flux route knows the same ids, in its own words."""
    service = Service()

    def ask(identity: str) -> Any:
        return read(service.answer("GET", "/flux/v1/get_result", query=f"id={identity}"))

    made, refused = read(service.create(seed=3))["id"], read(service.create("[nsfw]"))["id"]
    assert ask(made) == {"id": made, "status": "Pending", "result": None}
    service.now += 60 * SECOND
    ready = ask(made)
    assert (ready["status"], ready["result"]["seed"]) == ("Ready", 3)
    assert ready["result"]["sample"].endswith("/out-0.webp")
    assert ask(refused)["status"] == "Content Moderated"
    assert ask("unheard-of")["status"] == "Task not found"


def test_memory_is_bounded() -> None:
    """The oldest predictions are forgotten, the newest are kept."""
    service = Service(limit=5)
    made = [read(service.create())["id"] for _ in range(9)]
    assert len(service.memory) == 5
    assert [service.status(identity).status for identity in made] == [404] * 4 + [200] * 5
