"""What a check says: where, what, how bad, and what to do. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROBLEM = "problem"
"""Whoever opens the notebook sees something broken, or something that should not be seen."""

NOTICE = "notice"
"""Worth knowing before it goes out; nothing is broken."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a notebook, as people count.

    Attributes
    ----------
    cell : int
        From 1, markdown cells included; 0 for what is in no cell.
    words : str
        How the cell begins, without keys and private paths.
    part : str
        ``source``, ``output 2``, ``metadata``; of no cell ``the file``, for example.
    """

    cell: int = 0
    words: str = ""
    part: str = ""

    def __str__(self) -> str:
        """One short text: ``cell 3, output 1 (%%comet --seed 7)``."""
        if not self.cell:
            return self.part
        where = f"cell {self.cell}" + (f", {self.part}" if self.part else "")
        return f"{where} ({self.words})" if self.words else where


FILE = Place(part="the file")
NOTEBOOK_METADATA = Place(part="the notebook's metadata")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Attributes
    ----------
    severity : str
        ``problem`` or ``notice``.
    code : str
        One word for the kind, ``key`` for example.
    place : Place
    cause, remedy : str
        One sentence each, without a full stop. Neither repeats a key or a private path.
    fixable : bool
        True when ``--fix`` mends it.
    """

    severity: str
    code: str
    place: Place
    cause: str
    remedy: str
    fixable: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that ``--fix`` did."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What is to be said of one notebook: what was mended, and what is left."""

    path: Path
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...] = ()

    @property
    def problems(self) -> int:
        """How many findings are problems."""
        return sum(finding.severity == PROBLEM for finding in self.findings)

    @property
    def notices(self) -> int:
        """How many findings are notices."""
        return len(self.findings) - self.problems

    @property
    def fixable(self) -> int:
        """How many findings ``--fix`` would mend."""
        return sum(finding.fixable for finding in self.findings)
