"""A prediction as the service last described it: frozen, replaced whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TERMINAL = frozenset({"succeeded", "failed", "canceled", "aborted"})
"""Statuses that never change again (contract 2; ``aborted``: deadline before it started)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the last progress bar of the logs stands."""

    step: int
    total: int

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        return min(1.0, max(0.0, self.step / self.total)) if self.total > 0 else 0.0


@dataclass(frozen=True, slots=True)
class PredictionState:
    """What one answer says (contract 2). Times are aware UTC datetimes, durations seconds.

    Attributes
    ----------
    id : str
        The service's id, ``[A-Za-z0-9_-]{1,200}``.
    status : str
        ``starting``, ``processing``, ``succeeded``, ``failed``, ``canceled``, ``aborted``,
        or the service's raw word where it is none of these.
    model, version, source : str
        As answered, empty when missing. The sandbox answers ``source: "sandbox"``.
    outputs : tuple of str
        URLs and ``data:`` URIs found in the output at any depth up to 8, each once, at most 64.
    output : JSON
        The output as answered, pruned to a sane depth.
    error : str or None
        One readable text, at most 2,000 characters.
    logs : str
        Clean text, at most the last 64 kB.
    metrics : mapping
        As answered, JSON-safe.
    created_at, started_at, completed_at : datetime or None
    data_removed : bool
        The service has deleted input, output and logs.
    notice : str
        Something the reader should know (outputs left out, say), mostly empty.
    extra : mapping
        Unknown fields, kept.
    """

    id: str = ""
    status: str = "starting"
    model: str = ""
    version: str = ""
    source: str = ""
    outputs: tuple[str, ...] = ()
    output: Any = None
    error: str | None = None
    logs: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    data_removed: bool = False
    notice: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        """True when the service will say nothing new."""
        return self.status in TERMINAL

    @property
    def queue_time(self) -> float | None:
        """Seconds from created to started, never negative; None when unknown."""
        return _seconds(self.created_at, self.started_at)

    @property
    def run_time(self) -> float | None:
        """Seconds from started to completed, else the service's ``predict_time``."""
        measured = _seconds(self.started_at, self.completed_at)
        if measured is not None:
            return measured
        told = self.metrics.get("predict_time")
        if isinstance(told, (int, float)) and not isinstance(told, bool) and abs(told) < 1e9:
            return max(0.0, float(told))
        return None


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds())
