"""Answers, and the ways in which the service refuses, word for word as it does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .catalogue import Problem

__all__ = [
    "Answer",
    "Refusal",
    "bad_envelope",
    "bad_input",
    "bad_key",
    "json_answer",
    "malformed",
    "no_money",
    "not_found",
    "slow_down",
    "unknown_model",
]


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Ends the handling of a request with an answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer, in UTF-8 and without escapes, as the service writes it."""
    # "surrogatepass" would be no UTF-8: a lone surrogate in a prompt leaves as its escape
    text = json.dumps(value, ensure_ascii=False)
    try:
        body = text.encode()
    except UnicodeEncodeError:
        body = json.dumps(value).encode()
    return Answer(status, body, "application/json", headers or {})


def bad_key(request_id: str) -> Refusal:
    """401: no key, a malformed one, or one that the service does not know."""
    return _comet(401, "Invalid token", "", request_id)


def no_money(request_id: str) -> Refusal:
    """403: the account is empty."""
    return _comet(403, "user quota is not enough", "insufficient_user_quota", request_id)


def unknown_model(name: str, request_id: str) -> Refusal:
    """503, not 404: no channel serves such a model."""
    text = f"no available channel for group default and model {name} (distributor)"
    return _comet(503, text, "model_not_found", request_id)


def malformed(text: str) -> Refusal:
    """400: the body cannot be read."""
    return Refusal(json_answer(400, {"title": "Malformed request", "detail": text, "status": 400}))


def bad_envelope() -> Refusal:
    """422: JSON, but without an ``input`` object."""
    return bad_input([Problem("required", "(root)", "input is required")])


def bad_input(problems: Sequence[Problem]) -> Refusal:
    """422: the model does not accept this input."""
    invalid = [
        {"type": problem.type, "field": problem.field, "description": problem.description}
        for problem in problems
    ]
    answer = {
        "title": "Input validation failed",
        "detail": "".join(f"- {problem.field}: {problem.description}\n" for problem in problems),
        "status": 422,
        "invalid_fields": invalid,
    }
    return Refusal(json_answer(422, answer))


def not_found() -> Refusal:
    """404: no such prediction."""
    text = "The requested resource could not be found."
    return Refusal(json_answer(404, {"detail": text, "status": 404}))


def slow_down(seconds: int | None) -> Refusal:
    """429: too many creates; without a wait, the body is empty."""
    if seconds is None:
        return Refusal(Answer(429, b"", "text/plain"))
    text = f"Request was throttled. Your rate limit resets in ~{seconds}s."
    answer = {"detail": text, "status": 429, "retry_after": seconds}
    return Refusal(json_answer(429, answer, {"Retry-After": str(seconds)}))


def _comet(status: int, text: str, code: str, request_id: str) -> Refusal:
    error = {
        "message": f"{text} (request id: {request_id})",
        "type": "comet_api_error",
        "param": "",
        "code": code,
    }
    return Refusal(json_answer(status, {"error": error}, {"X-Oneapi-Request-Id": request_id}))
