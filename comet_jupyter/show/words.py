"""What is said of records: the same words for HTML, plain text and text alternatives.

Returns plain text, cleaned and short; nothing here knows markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from urllib.parse import urlsplit

from ..paths import readable
from ..record import FileRef, Record
from ..wire import logs
from . import html
from .text import byte_size, clean, count, duration, joined, money, number, one_line

SANDBOX = "sandbox · drawn locally"

PHASES = ("queue", "run", "download")

# White space inside a path belongs to it: paths are cleaned and cut, not made one line.
_PATH_LIMIT = 1_000

_COLOURS = {
    "submitting": html.GREY,
    "starting": html.GREY,
    "processing": html.BLUE,
    "downloading": html.TEAL,
    "succeeded": html.GREEN,
    "failed": html.RED,
    "refused": html.RED,
    "unknown": html.AMBER,
    "canceled": html.GREY,
    "aborted": html.GREY,
}


def state(record: Record) -> str:
    """The status as one word; the service's raw word where it is an unknown one."""
    return one_line(record.status, 40) or "unknown"


def colour(record: Record) -> str:
    """The colour of that state."""
    return _COLOURS.get(record.status, html.GREY)


def model(record: Record, *, short: bool = False) -> str:
    """``owner/name``, or the name alone; ``sandbox`` for what the sandbox drew."""
    if record.sandbox:
        return "sandbox"
    name = one_line(record.model)
    return name.rpartition("/")[2] if short else name


def models(records: Sequence[Record], *, short: bool = False) -> str:
    """The one model of all records, or how many there are."""
    names = {model(record, short=short) for record in records}
    return names.pop() if len(names) == 1 else count(len(names), "model")


def seed(record: Record) -> int | None:
    """The seed as sent, else the one that the service drew and logged."""
    if record.request.seed is not None:
        return record.request.seed
    return logs.seed(record.state.logs)


def seeds(records: Sequence[Record]) -> str:
    """``seed 7``, ``seeds 7-10`` for a run of them, ``seeds 3, 9`` else; empty if unknown."""
    given = [seed(record) for record in records]
    known = list(dict.fromkeys(value for value in given if value is not None))
    if not known or None in given:
        return ""
    if len(known) == 1:
        return one_line(f"seed {known[0]}", 40)
    if known == list(range(known[0], known[0] + len(known))):
        return one_line(f"seeds {known[0]}–{known[-1]}", 60)
    listed = f"seeds {', '.join(map(str, known))}"
    return listed if len(listed) <= 60 else f"{len(known)} seeds"


def pixels(file: FileRef) -> str:
    """``1024 × 1024``; empty for a file that is no picture."""
    width, height = number(file.width), number(file.height)
    return f"{width:.0f} × {height:.0f}" if width and height else ""


def sizes(records: Sequence[Record]) -> str:
    """The one size of all pictures, or the word for several; empty without pictures."""
    found = {pixels(file) for record in records for file in record.images} - {""}
    return found.pop() if len(found) == 1 else ("several sizes" if found else "")


def free(record: Record) -> bool:
    """True for what cost nothing: drawn by the sandbox or served from what was kept."""
    return record.sandbox or record.origin in ("store", "replay")


def cost(records: Sequence[Record]) -> str:
    """What they cost together: ``$0.003``, ``~$0.012``, ``no charge``; empty if unknown."""
    if all(map(free, records)):
        return "no charge" if records else ""
    charged = [record for record in records if not free(record)]
    known = [record for record in charged if money(record.cost)]
    if not known:
        return ""
    total = money(
        sum(record.cost or 0 for record in known),
        estimated=any(record.cost_estimated for record in known),
    )
    return total if len(known) == len(charged) else f"at least {total}"


def badges(records: Sequence[Record]) -> tuple[str, ...]:
    """Where results came from, when not from the service just now."""
    found = []
    for label, origin in (("from store", "store"), ("replayed", "replay")):
        amount = sum(record.origin == origin for record in records)
        if amount:
            found.append(label if amount == len(records) else f"{amount} {label}")
    drawn = sum(record.sandbox for record in records)
    if drawn:
        found.insert(0, SANDBOX if drawn == len(records) else f"{drawn} {SANDBOX}")
    return tuple(found)


def kept(record: Record) -> bool:
    """True when the record's times are those of an earlier run."""
    return record.origin in ("store", "replay")


def total_time(record: Record) -> float | None:
    """Seconds from submit to finish, else the sum of the phases that are known."""
    measured = number(record.total_time)
    if measured is not None:
        return measured
    known = [seconds for _, seconds in phases(record)]
    return sum(known) if known else None


def phases(record: Record) -> tuple[tuple[str, float], ...]:
    """Queue, run and download in seconds, those that are known."""
    told = (record.state.queue_time, record.state.run_time, record.download_time)
    known = zip(PHASES, map(number, told), strict=True)
    return tuple((name, seconds) for name, seconds in known if seconds is not None)


def time_facts(records: Sequence[Record]) -> tuple[tuple[str, str], ...]:
    """Phase and text: ``queue 0.01 s``, ``run 3.0–3.8 s``, ..., ``total 4.0 s``.

    Of records that were all kept from earlier only ``made in 4.0 s``: those are not the
    times of this cell.
    """
    totals = [total_time(record) for record in records]
    if records and all(map(kept, records)):
        made_in = span(totals)
        return (("total", f"made in {made_in}"),) if made_in else ()
    found = []
    for phase in PHASES:
        text = span([dict(phases(record)).get(phase) for record in records])
        if text:
            found.append((phase, f"{phase} {text}"))
    if any(number(record.total_time) is not None for record in records):
        found.append(("total", f"total {span(totals)}"))
    return tuple(found)


def times(records: Sequence[Record]) -> str:
    """`time_facts` as one text."""
    return joined(text for _, text in time_facts(records))


def span(seconds: Sequence[float | None]) -> str:
    """One duration, or from the shortest to the longest; empty when none is known."""
    known = sorted(value for value in seconds if value is not None)
    if not known:
        return ""
    low, high = duration(known[0]), duration(known[-1])
    if low == high:
        return low
    both_in_seconds = low.endswith(" s") and high.endswith(" s") and "min" not in low + high
    return f"{low[:-2]}–{high}" if both_in_seconds else f"{low} to {high}"


def other_files(record: Record, paths: dict[str, str]) -> tuple[str, ...]:
    """One text for each file that is no picture: name, media type, size, path."""
    return tuple(
        joined(
            (
                _file_name(file),
                one_line(file.media_type, 60),
                byte_size(file.size),
                clean(paths.get(file.sha256, ""))[:_PATH_LIMIT],
            )
        )
        for file in record.files
        if not file.is_image
    )


def path(location: PathLike[str]) -> str:
    """A path for the reader: relative, or with the home folder as ``~``."""
    return clean(readable(location))


def _file_name(file: FileRef) -> str:
    try:
        path = urlsplit(file.url).path
    except (ValueError, AttributeError):
        path = ""
    return one_line(path.rpartition("/")[2], 80) or one_line(file.sha256, 12)


def notices(records: Sequence[Record]) -> tuple[str, ...]:
    """Everything the reader should know, each text once, at most eight."""
    told = [text for record in records for text in (*record.notices, record.state.notice) if text]
    unique = list(dict.fromkeys(one_line(text, 300) for text in told))
    if len(unique) > 8:
        return (*unique[:7], f"and {len(unique) - 7} more notices")
    return tuple(unique)


def excerpt(record: Record, limit: int = 80) -> str:
    """The beginning of the prompt."""
    return one_line(record.request.prompt, limit)


def failure(record: Record) -> tuple[str, str]:
    """Cause and remedy in one short text each."""
    if record.failure is None:
        return one_line(record.state.error, 600) or "no reason was given", ""
    # Model, id and state stand beside it already, or in the caption.
    said = record.failure.cause
    cause = said.removeprefix(f"{record.model} ({record.id})")
    if cause != said:
        cause = cause.removeprefix(" failed").lstrip(": ")
    return one_line(cause, 600), one_line(record.failure.remedy, 400)
