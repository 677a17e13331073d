"""Kernels are started, and killed at random moments: in a process without threads, to fork from.

``python -m support.kills.rounds PLAN`` carries a `Plan` out, and prints as JSON what the killed
ones had said. What that means is judged in ``judgement.py``.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import select
import signal
import sys
import time
import traceback
from dataclasses import asdict, dataclass, field
from typing import Any

from . import kernel
from .kernel import Work

HEAVY = (
    "PIL.PngImagePlugin",
    "anyio._backends._asyncio",
    "certifi",
    "comet_jupyter.engine.background",
    "httpcore",
    "tomllib" if sys.version_info >= (3, 11) else "tomli",
)
"""Imported late by the package; here before the forks, which then have it."""

PREDICTIONS = 8
"""In each round."""

LINES = 10
"""What a kernel says until all is submitted; then three or four for each prediction."""

DELAY = 0.06
"""Seconds, at most, from a line to the kill that follows it."""

PATIENCE = 30.0
"""Seconds after which a kernel is killed in any case."""


@dataclass(frozen=True)
class Plan:
    """Which kernels are killed.

    Attributes
    ----------
    rounds : int
        Kernels that submit predictions.
    fresh : int
        How many of them are interpreters of their own; the others are forks.
    taking_up : int
        Further kernels, killed while they take up what others left.
    seed : int
        Of the moments.
    fault : str
        See `kernel.FAULTS`.
    at_once : int
        Kernels that live at the same time, all on one store.
    """

    rounds: int
    fresh: int
    taking_up: int
    seed: int
    fault: str = ""
    at_once: int = 4


@dataclass
class Round:
    """A kernel that is killed.

    Attributes
    ----------
    kind : str
        ``fork``, ``fresh`` or ``taking up``.
    lines : int
        It is killed after this one of its lines, or when all its predictions have ended.
    delay : float
        Seconds from that line to the kill.
    killed : float
        Seconds of the machine's monotonic clock; 0 while it lives.
    said : list
        What it said, in order.
    """

    number: int
    kind: str
    lines: int
    delay: float
    killed: float = 0.0
    said: list[dict[str, Any]] = field(default_factory=list)

    @property
    def prompts(self) -> tuple[str, ...]:
        """What it submits."""
        pictures = 0 if self.kind == "taking up" else PREDICTIONS
        return tuple(f"round {self.number}, picture {n + 1}" for n in range(pictures))

    @property
    def due(self) -> float | None:
        """When it is to be killed, by the machine's clock; None while that is not known."""
        ended = sum(line.get("finished", False) for line in self.said)
        if len(self.said) >= self.lines:
            return float(self.said[self.lines - 1]["at"]) + self.delay
        if any(line.get("handles") == ended for line in self.said):
            return float(self.said[-1]["at"]) + self.delay
        return None


def rounds_of(plan: Plan) -> list[Round]:
    """The rounds in the order in which they begin.

    A part dies before anything is submitted, and one line after the other is the last of some:
    on a slow machine as on a quick one, no part of a kernel's life is left out.
    """
    draw = random.Random(plan.seed)
    rounds = plan.rounds - plan.fresh
    kinds = ["fork"] * rounds + ["fresh"] * plan.fresh + ["taking up"] * plan.taking_up
    last = LINES + 3 * PREDICTIONS
    lines = [
        1 if n % 8 == 0 else LINES + n * (last - LINES + 1) // plan.rounds
        for n in range(plan.rounds)
    ]
    draw.shuffle(lines)
    lines += [1 + n % (LINES + PREDICTIONS) for n in range(plan.taking_up)]
    delays = [DELAY * draw.random() ** 2 for _ in kinds]
    drawn = list(zip(kinds, lines, delays, strict=True))
    draw.shuffle(drawn)
    return [Round(number, *one) for number, one in enumerate(drawn)]


class Kernel:
    """A process that carries a round out, until it is killed."""

    def __init__(self, round: Round, fault: str, lifeline: int, hold: int) -> None:
        self.round = round
        self._started = time.monotonic()
        self._heard = b""
        self.pipe, out = os.pipe()
        work = Work(round.prompts, 0 if round.prompts else PREDICTIONS, fault=fault)
        if round.kind == "fresh":
            command = [sys.executable, "-m", kernel.__name__, work.dump(), str(out), str(lifeline)]
            os.set_inheritable(out, True)
            self._process = os.posix_spawn(sys.executable, command, os.environ)
        else:
            self._process = os.fork()
            if self._process == 0:
                _live(work, out, lifeline, hold)
        os.close(out)  # or a kernel that is started later would keep this pipe open

    def hear(self) -> None:
        """Takes in what it says; called when there is something."""
        piece = os.read(self.pipe, 65536)
        if not piece:
            raise RuntimeError(f"{self.round.kind} {self.round.number} ended by itself")
        *lines, self._heard = (self._heard + piece).split(b"\n")
        self.round.said += map(json.loads, lines)

    @property
    def time_left(self) -> float:
        """Seconds until it is to be killed."""
        due = self.round.due or self._started + PATIENCE
        return max(0.0, due - time.monotonic())

    def kill(self) -> None:
        """Kills it, and takes in what nobody had heard."""
        self.round.killed = time.monotonic()
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        while piece := os.read(self.pipe, 65536):
            self._heard += piece
        self.round.said += map(json.loads, self._heard.split(b"\n")[:-1])
        os.close(self.pipe)


def _live(work: Work, out: int, lifeline: int, hold: int) -> None:
    try:
        os.close(hold)
        kernel.live(work, out, lifeline)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def carry_out(plan: Plan) -> list[Round]:
    """Starts every kernel of a plan, and kills it."""
    for name in HEAVY:
        importlib.import_module(name)
    lifeline, hold = os.pipe()
    os.set_inheritable(lifeline, True)
    rounds = rounds_of(plan)
    waiting = list(reversed(rounds))
    alive: list[Kernel] = []
    while waiting or alive:
        while waiting and len(alive) < plan.at_once:
            alive.append(Kernel(waiting.pop(), plan.fault, lifeline, hold))
        left = min(one.time_left for one in alive)
        ready, _, _ = select.select([one.pipe for one in alive], [], [], left)
        for one in tuple(alive):
            if one.pipe in ready:
                one.hear()
            if not one.time_left:
                one.kill()
                alive.remove(one)
    return rounds


if __name__ == "__main__":
    print(json.dumps([asdict(one) for one in carry_out(Plan(**json.loads(sys.argv[1])))]))
