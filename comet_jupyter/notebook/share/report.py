"""A report in words: lines for a terminal, a table for a notebook."""

from __future__ import annotations

from collections.abc import Iterator

from ...paths import readable
from ...show import tables
from ...show.text import count, joined, one_line
from .findings import Report

ROWS = 150
"""Findings of a table; the rest is counted."""


def lines(report: Report, name: str = "") -> Iterator[str]:
    """One line for each thing that was done or found, and one that sums up.

    Parameters
    ----------
    report : Report
    name : str
        What the lines begin with; the notebook's path when left out.
    """
    name = one_line(name or readable(report.path), 200)
    for change in report.changes:
        yield f"{name}: fixed: {change.place}: {change.text}"
    for one in report.findings:
        mark = " [--fix]" if one.fixable else ""
        yield f"{name}: {one.severity}: {one.code}: {one.place}: {one.cause}. {one.remedy}.{mark}"
    yield f"{name}: {summary(report)}"


def summary(report: Report) -> str:
    """How many of each kind, and what ``--fix`` would do."""
    done = f"{count(len(report.changes), 'thing')} mended" if report.changes else ""
    if not report.findings:
        return joined((done, "nothing wrong"), ", ")
    found = (
        count(report.problems, "problem") if report.problems else "",
        count(report.notices, "notice") if report.notices else "",
        f"--fix mends {report.fixable}" if report.fixable else "",
    )
    return joined((done, *found), ", ")


def bundle(report: Report) -> dict[str, str]:
    """The report as an output: a table, and the lines as text."""
    rows = [("fixed", f"{one.place}: {one.text}", "") for one in report.changes]
    rows += [
        (
            f"{one.severity} · {one.code}",
            f"{one.place}: {one.cause}",
            one.remedy + (" (or --fix)" if one.fixable else ""),
        )
        for one in report.findings
    ]
    more = [("…", f"and {len(rows) - ROWS:,} more", "")] if len(rows) > ROWS else []
    total = [("in all", summary(report), "of the notebook as it is saved on disk")]
    table = tables.key_value_table(
        [*rows[:ROWS], *more, *total], ("found", f"in {report.path.name}", "what to do")
    )
    return {**table, "text/plain": "\n".join(lines(report, report.path.name))}
