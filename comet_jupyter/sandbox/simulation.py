"""A prediction over time: its JSON state as a pure function of its creation and the clock.

No sockets, no memory, no clock of its own. Times are whole nanoseconds since 1970, because the
service writes nine fractional digits and a float has seven.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from .catalogue import MODELS, Model, image_count, step_count
from .logs import TRACEBACK, noise, timed_lines
from .media import tiny_png_uri
from .wishes import UNSEEN, Seen
from .words import words_in

__all__ = ["KEPT", "Course", "Creation", "course", "file_names", "prediction"]

SECOND = 1_000_000_000
KEPT = 3600 * SECOND
"""Inputs, outputs and logs are removed this long after a prediction has finished."""

_E005 = (
    "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
)
_UNSAFE = (
    "All generated images contained NSFW content. Try running it again with a different prompt, "
    "or disable the safety checker if appropriate."
)


@dataclass(frozen=True)
class Creation:
    """All that is known of a prediction at its creation; everything else follows from it."""

    id: str
    token: str
    """The unguessable part of the addresses of its files."""
    model: str
    input: Mapping[str, object]
    seed: int
    created: int
    speed: float = 1.0
    canceled: int | None = None
    """When it was canceled over the wire, if it was."""
    seen: Seen = UNSEEN
    """What a look at its input pictures found."""


@dataclass(frozen=True)
class Course:
    """What will become of a prediction, and when."""

    started: int | None
    """None when it ends in the queue."""
    completed: int | None
    ending: str
    error: str | None = None
    reaches: float = 1.0
    """The share of a whole run that it gets through before it ends."""
    whole_run: int = 0


def course(creation: Creation) -> Course:
    """The times and the ending of a prediction, from its creation alone."""
    model = MODELS[creation.model]
    words = words_in(creation.input.get("prompt"))
    queue = model.queue[0] * _spread(creation.id, "queue", model.queue[1])
    if _fraction(creation.id, "cold") < model.cold_boot:
        queue += 20 * _spread(creation.id, "boot", 0.25)
    run = model.run[0] * _spread(creation.id, "run", model.run[1]) * _workload(creation, model)
    queue = 15.0 if "[queue]" in words else queue
    run = 20.0 if "[slow]" in words else run
    if "[instant]" in words:
        queue = run = 0.0

    def span(seconds: float) -> int:
        return round(seconds * SECOND / creation.speed)

    started, whole = creation.created + span(queue), span(run)
    ending, error, reaches = _ending(words, creation.seen.flaw)
    if ending == "aborted":
        planned = Course(None, started, ending, error, 0.0, whole)
    elif ending == "processing":
        planned = Course(started, None, ending, None, 0.6, whole)
    else:
        planned = Course(started, started + round(whole * reaches), ending, error, reaches, whole)
    return _cut_short(planned, creation.canceled)


def _ending(words: frozenset[str], flaw: str | None) -> tuple[str, str | None, float]:
    if "[abort]" in words:
        return "aborted", "The prediction did not start before its deadline.", 0.0
    if flaw is not None:
        return "failed", flaw, 0.03
    if "[stuck]" in words:
        return "processing", None, 0.6
    if "[fail]" in words:
        return "failed", TRACEBACK.splitlines()[-1], 0.55
    if "[nsfw]" in words:
        return "failed", _E005, 0.3
    if "[unsafe]" in words:
        return "failed", _UNSAFE, 1.0
    if "[cancel]" in words:
        return "canceled", None, 0.5
    return "succeeded", None, 1.0


def _cut_short(planned: Course, canceled: int | None) -> Course:
    if canceled is None or (planned.completed is not None and planned.completed <= canceled):
        return planned
    if planned.started is None or canceled < planned.started:
        return Course(None, canceled, "canceled", None, 0.0, planned.whole_run)
    return replace(planned, completed=canceled, ending="canceled", error=None)


def prediction(creation: Creation, now: int, root: str) -> dict[str, object]:
    """The prediction's JSON at a moment, its files addressed below ``root``."""
    plan = course(creation)
    words = words_in(creation.input.get("prompt"))
    done = plan.completed is not None and now >= plan.completed
    started = plan.started is not None and now >= plan.started
    status = plan.ending if done else "processing" if started else "starting"
    since_end = now - plan.completed if done and plan.completed is not None else 0
    removed = done and (since_end >= KEPT or "[expired]" in words)
    filled = not (
        "[nothing]" in words
        or ("[empty]" in words and since_end < 2 * SECOND / creation.speed)
        or removed
    )
    answer: dict[str, object] = {
        "id": creation.id,
        "model": creation.model,
        "version": "hidden" if status == "starting" else MODELS[creation.model].version,
        "input": None if removed else dict(creation.input),
        "logs": None if removed else _logs(creation, plan, now),
        "output": _output(creation, words, root) if status == "succeeded" and filled else None,
        "data_removed": removed,
        "error": plan.error if done else None,
        "source": "sandbox",
        "status": status,
        "created_at": _timestamp(creation.created, 3),
        "urls": _urls(creation),
    }
    if plan.started is not None and started:
        answer["started_at"] = _timestamp(plan.started, 9)
    if done and plan.completed is not None:
        answer["completed_at"] = _timestamp(plan.completed, 9)
        answer["metrics"] = _metrics(creation, plan, plan.completed)
    return answer


def file_names(creation: Creation) -> list[str]:
    """The names of a prediction's output files: ``out-0.webp`` and so on."""
    model = MODELS[creation.model]
    words = words_in(creation.input.get("prompt"))
    suffix = str(creation.input.get("output_format", model.output_format))
    suffix = "mp4" if "[video]" in words else "svg" if "[svg]" in words else suffix
    return [f"out-{at}.{suffix}" for at in range(image_count(creation.input))]


def _output(creation: Creation, words: frozenset[str], root: str) -> object:
    files = [f"{root}/sandbox/files/{creation.token}/{name}" for name in file_names(creation)]
    if "[object]" in words:
        return {"images": [{"url": file} for file in files], "seed": creation.seed}
    if "[text]" in words:
        return "A calm landscape, described in words."
    if "[datauri]" in words:
        files = [tiny_png_uri(creation.seed)]
    return files if MODELS[creation.model].returns_list else files[0]


def _logs(creation: Creation, plan: Course, now: int) -> str:
    if plan.started is None or now < plan.started:
        return ""
    model = MODELS[creation.model]
    words = words_in(creation.input.get("prompt"))
    until = now if plan.completed is None else min(now, plan.completed)
    share = (until - plan.started) / plan.whole_run if plan.whole_run else plan.reaches
    reached = min(share, plan.reaches)
    seconds = plan.whole_run / SECOND
    lines = list(timed_lines(model, creation.input, creation.seed, seconds))
    if "[noisy]" in words:
        lines = sorted([*lines, *noise()], key=lambda line: line[0])
    text = "".join(f"{line}\n" for at, line in lines if at <= reached)
    failed = plan.completed is not None and now >= plan.completed and "[fail]" in words
    return text + f"{TRACEBACK}\n" if failed else text


def _metrics(creation: Creation, plan: Course, completed: int) -> dict[str, object]:
    metrics: dict[str, object] = {}
    if plan.ending == "succeeded":
        metrics["image_count"] = image_count(creation.input)
    if plan.started is not None:
        metrics["predict_time"] = (completed - plan.started) / SECOND
    if MODELS[creation.model].tells_total_time:
        metrics["total_time"] = (completed - creation.created) / SECOND
    return metrics


def _workload(creation: Creation, model: Model) -> float:
    """How much longer than usual this input takes."""
    share = step_count(model, creation.input) / model.steps
    quarter = creation.input.get("megapixels") == "0.25"
    return (
        float(share**0.8) * (0.45 if quarter else 1.0) * (0.4 + 0.6 * image_count(creation.input))
    )


def _urls(creation: Creation) -> dict[str, str]:
    # where the service really points: a client that followed them would carry its key away
    api = f"https://api.replicate.com/v1/predictions/{creation.id}"
    return {
        "cancel": f"{api}/cancel",
        "get": api,
        "stream": f"https://stream.replicate.com/v1/files/sandbox-{creation.id}",
        "web": f"https://replicate.com/p/{creation.id}",
    }


def _timestamp(nanoseconds: int, digits: int) -> str:
    seconds, rest = divmod(nanoseconds, SECOND)
    day = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{day}.{rest:09d}"[: len(day) + 1 + digits] + "Z"


def _fraction(identity: str, name: str) -> float:
    """A number between 0 and 1 that belongs to an id and a name."""
    digest = hashlib.sha256(f"{identity}/{name}".encode()).digest()
    return (int.from_bytes(digest[:7], "big") + 0.5) / 2**56


def _spread(identity: str, name: str, sigma: float) -> float:
    """A lognormal factor around 1 that belongs to an id and a name."""
    radius = math.sqrt(-2 * math.log(_fraction(identity, name)))
    normal = radius * math.cos(math.tau * _fraction(identity, name + "'"))
    return math.exp(sigma * normal)
