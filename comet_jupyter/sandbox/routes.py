"""What the sandbox answers: a request, the memory and the clock in, an answer out.

No sockets, no threads, no drawing: a picture leaves as its description, `Picture`, which the
server draws when it is fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, unquote

from . import refusals
from .catalogue import MODELS, Model, picture_size, problems
from .media import MP4, SVG, WEB_PAGE
from .memory import Memory
from .page import bad_gateway, front_page
from .refusals import Answer, Refusal, json_answer
from .simulation import SECOND, Creation, file_names, prediction
from .wishes import NO_WISHES, UNSEEN, Seen, Wishes, picture_inputs, wishes
from .words import without_words, words_in

__all__ = ["Answer", "Picture", "Reply", "Request", "Rules", "Unseen", "respond"]


@dataclass(frozen=True)
class Rules:
    """How the whole server behaves, as given on its command line."""

    speed: float = 1.0
    status_code: int = 200
    enveloped: bool = False
    cancel: bool = False
    rate: int | None = None
    """Creates accepted in a minute; None for any number."""


@dataclass(frozen=True)
class Request:
    """One HTTP request. Header names are in lower case, the path is still percent-encoded."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Picture:
    """A file still to be drawn."""

    prompt: str
    seed: int
    width: int
    height: int
    format: str
    quality: int
    cut: bool = False
    """Only the first half of the file is sent."""
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True)
class Unseen:
    """A create with input pictures, which have to be looked at first: that takes a while."""

    pictures: tuple[tuple[str, str], ...]
    """The name of a field and what stands in it: a data: URI or an address."""
    accept: Callable[[Seen], Answer]
    """Makes the prediction, and answers the create."""


Reply = Answer | Picture | Unseen


_CREATE = re.compile(r"(?:/replicate)?/v1/models/([^/]+)/([^/]+)/predictions")
_STATUS = re.compile(r"(?:/replicate)?/v1/predictions/([^/]+)")
_CANCEL = re.compile(r"(?:/replicate)?/v1/predictions/([^/]+)/cancel")
_FILE = re.compile(r"/sandbox/files/([^/]+)/([^/]+)")
_HOST = re.compile(r"[A-Za-z0-9.\-]+(?::\d+)?|\[[0-9a-fA-F:.]+\](?::\d+)?")
_KEY = re.compile(r"Bearer ([!-~]{8,512})", re.IGNORECASE)


def respond(request: Request, memory: Memory, rules: Rules, now: int) -> Reply:
    """Answer one request.

    Parameters
    ----------
    request
        What arrived.
    memory
        What the server remembers; creating and canceling change it.
    rules
        How the server was told to behave.
    now
        Nanoseconds since 1970.
    """
    try:
        return _route(request, memory, rules, now)
    except Refusal as refusal:
        return refusal.answer
    except RecursionError:  # JSON that can just be read, and is too deep to be written again
        return refusals.malformed("The request body is nested too deeply.").answer


def _route(request: Request, memory: Memory, rules: Rules, now: int) -> Reply:
    root = _root(request)
    reads = request.method in {"GET", "HEAD"}
    if (match := _CREATE.fullmatch(request.path)) and request.method == "POST":
        _authorize(request, memory)
        name = f"{unquote(match[1])}/{unquote(match[2])}"
        return _create(request, name, memory, rules, now)
    if (match := _STATUS.fullmatch(request.path)) and reads:
        _authorize(request, memory)
        return _status(memory.find(unquote(match[1])), memory, rules, now, root)
    if (match := _CANCEL.fullmatch(request.path)) and request.method == "POST" and rules.cancel:
        _authorize(request, memory)
        return _cancel(memory.find(unquote(match[1])), memory, rules, now, root)
    if (match := _FILE.fullmatch(request.path)) and reads:
        return _file(memory.find_token(match[1]), match[2], now, root)
    if request.path == "/api/models" and reads:
        return json_answer(200, _catalogue())
    if request.path == "/flux/v1/get_result" and reads:
        _authorize(request, memory)
        identity = parse_qs(request.query).get("id", [""])[0]
        return json_answer(200, _flux_result(memory.find(identity), identity, now, root))
    return Answer(200, front_page(root), "text/html; charset=utf-8")


def _root(request: Request) -> str:
    host = request.headers.get("host", "")
    return f"http://{host if _HOST.fullmatch(host) else '127.0.0.1'}"


def _authorize(request: Request, memory: Memory) -> None:
    match = _KEY.fullmatch(request.headers.get("authorization", "").strip())
    if match is None or match[1].startswith("sk-bad-"):
        raise refusals.bad_key(memory.draw_id())
    if match[1].startswith("sk-poor-") and request.method == "POST":
        raise refusals.no_money(memory.draw_id())


def _create(request: Request, name: str, memory: Memory, rules: Rules, now: int) -> Answer | Unseen:
    given = _read_input(request.body)
    model = MODELS.get(name)
    if model is None:
        raise refusals.unknown_model(name, memory.draw_id())
    if found := problems(model, given):
        raise refusals.bad_input(found)
    words = words_in(given.get("prompt"))
    if words & {"[429]", "[busy]"} and memory.first_time(request.body):
        raise refusals.slow_down(1) if "[429]" in words else refusals.slow_down(None)
    if rules.rate is not None and (wait := memory.wait_for_turn(rules.rate, now)):
        raise refusals.slow_down(None if memory.draw_coin() else wait)
    seed = given.get("seed")
    creation = Creation(
        id=memory.draw_id(),
        token=memory.draw_token(),
        model=name,
        input=given,
        seed=seed if isinstance(seed, int) else memory.draw_seed(),
        created=now // 1_000_000 * 1_000_000,
        speed=rules.speed,
    )

    def accept(seen: Seen) -> Answer:
        made = replace(creation, seen=seen)
        memory.keep(made)
        if "[lost]" in words:
            return Answer(502, bad_gateway(), "text/html")
        # As it is created, not as it is when the answer is written: a fast queue may be over then.
        return _wrapped(made, rules, made.created, _root(request), rules.status_code)

    pictures = tuple(picture_inputs(model, given))
    return Unseen(pictures, accept) if pictures else accept(UNSEEN)


def _read_input(body: bytes) -> dict[str, object]:
    try:
        read = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise refusals.malformed("The request body is not valid JSON.") from None
    given = read.get("input") if isinstance(read, dict) else None
    if not isinstance(given, dict):
        raise refusals.bad_envelope()
    return given


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _status(creation: Creation | None, memory: Memory, rules: Rules, now: int, root: str) -> Answer:
    if creation is None:
        raise refusals.not_found()
    words = words_in(creation.input.get("prompt"))
    if "[flaky]" in words and memory.count_status(creation.id) % 2 == 0:
        return Answer(502, bad_gateway(), "text/html")
    if "[404]" in words and now - creation.created < SECOND / creation.speed:
        raise refusals.not_found()
    return _wrapped(creation, rules, now, root, 200)


def _cancel(creation: Creation | None, memory: Memory, rules: Rules, now: int, root: str) -> Answer:
    if creation is None:
        raise refusals.not_found()
    if creation.canceled is None:
        creation = replace(creation, canceled=now)
        memory.keep(creation)
    return _wrapped(creation, rules, now, root, 200)


def _wrapped(creation: Creation, rules: Rules, now: int, root: str, status: int) -> Answer:
    answer = prediction(creation, now, root)
    if rules.enveloped or "[enveloped]" in words_in(creation.input.get("prompt")):
        answer = {
            "code": "success",
            "message": "",
            "data": {
                "task_id": creation.id,
                "status": _ENVELOPE_STATUS[str(answer["status"])],
                "fail_reason": answer["error"] or "",
                "data": answer,
            },
        }
    return json_answer(status, answer)


_ENVELOPE_STATUS = {
    "starting": "QUEUED",
    "processing": "IN_PROGRESS",
    "succeeded": "SUCCESS",
    "failed": "FAILURE",
    "canceled": "FAILURE",
    "aborted": "FAILURE",
}


def _file(creation: Creation | None, name: str, now: int, root: str) -> Answer | Picture:
    if creation is None or name not in file_names(creation):
        return Answer(404, b"Not Found", "text/plain")
    state = prediction(creation, now, root)
    words = words_in(creation.input.get("prompt"))
    if state["status"] != "succeeded" or state["data_removed"] or "[gone]" in words:
        return Answer(404, b"Not Found", "text/plain")
    if "[video]" in words:
        return Answer(200, MP4, "video/mp4")
    if "[svg]" in words:
        return Answer(200, SVG, "image/svg+xml")
    if "[notanimage]" in words:
        return Answer(200, WEB_PAGE, "text/html")
    return _picture(creation, MODELS[creation.model], name, cut="[truncated]" in words)


def _picture(creation: Creation, model: Model, name: str, *, cut: bool) -> Picture:
    width, height = picture_size(model, creation.input, creation.seen.size)
    quality = creation.input.get("output_quality", 80)
    stem, _, suffix = name.partition(".")
    return Picture(
        prompt=without_words(str(creation.input.get("prompt"))),
        seed=creation.seed + int(stem.removeprefix("out-")),
        width=width,
        height=height,
        format=suffix,
        quality=quality if isinstance(quality, int) else 80,
        cut=cut,
        wishes=wishes(model, creation.input),
    )


def _catalogue() -> dict[str, object]:
    entries: list[dict[str, object]] = []
    for at, model in enumerate(MODELS.values()):
        provider, _, name = model.name.partition("/")
        endpoints = {
            "replicate": {
                "path": f"/replicate/v1/models/{model.name}/predictions",
                "method": "POST",
            }
        }
        entries.append(
            {
                "id": model.name,
                "code": model.name,
                "provider": provider,
                "name": name,
                "model_type": "image",
                "features": ["text-to-image"],
                "pricing": {"currency": "USD", "per_request": model.price},
                # the service gives an object for some models and its JSON text for others
                "endpoints": json.dumps(endpoints) if at % 2 else endpoints,
                "api_doc_url": "https://apidoc.cometapi.com/",
                "upcoming": False,
            }
        )
    return {"success": True, "total": len(entries), "data": entries}


def _flux_result(
    creation: Creation | None, identity: str, now: int, root: str
) -> dict[str, object]:
    if creation is None:
        return {"id": identity, "status": "Task not found", "result": None}
    state = prediction(creation, now, root)
    if state["status"] in {"starting", "processing"}:
        return {"id": identity, "status": "Pending", "result": None}
    if state["status"] != "succeeded":
        moderated = "flagged" in str(state["error"]) or "NSFW" in str(state["error"])
        status = "Content Moderated" if moderated else "Error"
        return {"id": identity, "status": status, "result": None}
    output, metrics = state["output"], state["metrics"]
    sample = output[0] if isinstance(output, list) else output
    duration = metrics.get("predict_time") if isinstance(metrics, dict) else None
    result = {
        "sample": sample,
        "prompt": creation.input.get("prompt"),
        "seed": creation.seed,
        "duration": duration,
    }
    return {"id": identity, "status": "Ready", "result": result}
