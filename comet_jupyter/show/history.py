"""A page of the history: the sheet of small pictures, and the list that says all of it.

Which records are on a page is the store's answer; how small pictures are drawn is in
``images.overview``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import CometError
from ..images import OutputFile
from ..images.overview import Thumbnail, overview
from ..paths import readable
from ..record import FileRef, Record
from . import grid, html, words
from .caption import Bundle
from .past import reference
from .text import age, columns, count, joined, one_line

Opener = Callable[[FileRef], OutputFile]

FOLDED_FROM = 9
"""Rows from which on the list is folded below a sheet."""

_NAME = 8
_ALT_PROMPTS = 8
_STAR = "★"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was looked for.

    Attributes
    ----------
    records : tuple of Record
        Newest first.
    favourites : frozenset of str
        Keys of those among them that are favourites.
    total : int
        Predictions on all pages.
    page : int
        From 1.
    size : int
        Predictions of a full page.
    command : str
        What shows this list, without the page.
    search : str
        What was looked for; empty for everything.
    """

    records: tuple[Record, ...]
    favourites: frozenset[str]
    total: int
    page: int = 1
    size: int = 24
    command: str = "%comet history"
    search: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)

    @property
    def pictured(self) -> tuple[Record, ...]:
        """Those that have a picture."""
        return tuple(record for record in self.records if record.images)


def sheet(
    listing: Listing, open_file: Opener, now: datetime
) -> tuple[dict[str, str], dict[str, Any]] | None:
    """The pictures of a page as one plain picture; None when it has none.

    An original that is gone or damaged leaves a labelled hole.

    Parameters
    ----------
    listing : Listing
    open_file : callable
        Makes the file that a reference names.
    now : datetime
        Aware; what ages are counted to.

    Returns
    -------
    data, metadata
        Of a display message; keys and ids stand in the metadata, in order.
    """
    records = listing.pictured
    if not records:
        return None
    thumbnails = [
        _thumbnail(record, name, open_file, record.key in listing.favourites, now)
        for record, name in zip(records, short_names(records), strict=True)
    ]
    drawn = overview(thumbnails)
    alt = _alt_text(records)
    data = {drawn.media_type: b64encode(drawn.data).decode("ascii"), "text/plain": alt}
    shown = {"alt": alt, "width": drawn.display_width, "height": drawn.display_height}
    names = [{"key": one_line(record.key), "id": one_line(record.id)} for record in records]
    return data, {drawn.media_type: shown, "comet": {"history": names}}


def listed(listing: Listing, now: datetime) -> Bundle:
    """The page as a list: how much there is, each prediction in a row, how to go on.

    Parameters
    ----------
    listing : Listing
    now : datetime
        Aware; its time zone is that of the dates.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``, of which each says everything.
    """
    if not listing.records:
        return _nothing(listing)
    header = ("id", grid.date_heading(now), "model", "status", "seed", "cost", "prompt")
    rows = [_row(record, record.key in listing.favourites, now) for record in listing.records]
    cells = [_cells(record, row) for record, row in zip(listing.records, rows, strict=True)]
    table = grid.table(header, cells)
    if len(rows) >= FOLDED_FROM and listing.pictured:
        table = html.folded(f"list of these {len(rows)}", table)
    facts, following = _facts(listing), _following(listing)
    head = html.dotted(
        *facts,
        html.group(html.muted(f"page {listing.page + 1}: "), html.code(following))
        if following
        else "",
    )
    lines = (
        columns(header, rows),
        joined((*facts, f"page {listing.page + 1}: {following}" if following else "")),
    )
    return {
        "text/html": str(html.block(html.line(head, style="line-height:1.7"), table)),
        "text/plain": "\n".join(lines),
    }


def short_names(records: Sequence[Record]) -> list[str]:
    """For each the beginning of its id that no other one here has, 8 characters or more."""
    names = [reference(record) for record in records]
    return [_short(name, [other for other in names if other != name]) for name in names]


def _short(name: str, others: Sequence[str]) -> str:
    for length in range(_NAME, len(name)):
        if not any(other.startswith(name[:length]) for other in others):
            return name[:length]
    return name


def _thumbnail(
    record: Record, name: str, open_file: Opener, favourite: bool, now: datetime
) -> Thumbnail:
    labels = ["sandbox" if text == words.SANDBOX else text for text in words.badges([record])]
    if len(record.images) > 1:
        labels.append(f"1 of {len(record.images)}")
    data, reason = _content(record.images[0], open_file)
    return Thumbnail(
        name,
        data,
        remark=age(record.submitted_at, now),
        text=_title(record, 60),
        badges=tuple(labels),
        starred=favourite,
        reason=reason,
    )


def _content(reference: FileRef, open_file: Opener) -> tuple[bytes | None, str]:
    """The bytes of a file, else why there are none."""
    try:
        file = open_file(reference)
    except CometError as error:
        return None, error.cause
    try:
        return file.read(), ""
    except CometError as error:
        # The place of the file is long, and the same folder for all.
        place = "" if file.path is None else readable(file.path)
        return None, error.cause.replace(place, "the original") if place else error.cause


def _title(record: Record, limit: int) -> str:
    return words.excerpt(record, limit) or one_line(record.model, limit)


def _alt_text(records: Sequence[Record]) -> str:
    titles = list(dict.fromkeys(_title(record, 60) for record in records))
    more = len(titles) - _ALT_PROMPTS
    about = [*titles[:_ALT_PROMPTS], *([f"and {more} more"] if more > 0 else [])]
    amount = f"Overview of {count(len(records), 'earlier picture')}, newest first"
    return joined((amount, joined(about, "; "), joined(words.badges(records))), " — ")


def _row(record: Record, favourite: bool, now: datetime) -> tuple[str, ...]:
    seed = words.seed(record)
    return (
        reference(record),
        grid.date(record.submitted_at, now),
        words.model(record, short=True),
        words.state(record),
        "" if seed is None else one_line(seed, 24),
        words.cost([record]),
        joined((_STAR if favourite else "", words.excerpt(record, 56)), " "),
    )


def _cells(record: Record, row: Sequence[str]) -> tuple[str, ...]:
    name, when, model, state, seed, cost, prompt = row
    return (
        html.unbroken(html.code(name)),
        html.unbroken(when),
        html.unbroken(model),
        html.unbroken(html.dot(words.colour(record)), state),
        seed,
        html.unbroken(cost),
        prompt,
    )


def _facts(listing: Listing) -> tuple[str, ...]:
    """Which ones these are, of how many; what is special among them."""
    first = (listing.page - 1) * listing.size + 1
    last = first + len(listing.records) - 1
    bare = len(listing.records) - len(listing.pictured)
    starred = len(listing.favourites)
    return (
        f"{first:,}–{last:,} of {listing.total:,}, newest first",
        f"{_STAR} {count(starred, 'favourite')}" if starred else "",
        f"{bare:,} without a picture" if bare else "",
    )


def _following(listing: Listing) -> str:
    """What shows the next page; empty on the last one."""
    if listing.page >= listing.pages:
        return ""
    return one_line(f"{listing.command} --page {listing.page + 1}", 400)


def _nothing(listing: Listing) -> Bundle:
    if listing.total:
        amount = count(listing.total, "prediction")
        pages = count(listing.pages, "page")
        text, command = f"{amount} on {pages}: page {listing.page} has none", ""
    elif listing.search:
        text, command = "nothing in the history matches", one_line(listing.search, 200)
    else:
        text, command = "the history is empty: what you make is kept here", ""
    markup = html.group(html.muted(text), html.code(command) if command else "", separator=" ")
    return {
        "text/html": str(html.block(html.line(markup))),
        "text/plain": joined((text, command), " "),
    }
