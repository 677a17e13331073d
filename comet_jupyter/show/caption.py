"""The caption of a finished cell: what made the pictures, how long it took, what it cost.

Says nothing of why something failed beyond one line; a failure's own output is in ``failure``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..record import Record
from . import html, timing, words
from .axes import Axes
from .html import Html
from .text import count, duration, joined, one_line

Bundle = dict[str, str]
"""A mimebundle: text by media type."""

_ROWS = 64


def caption(
    records: Sequence[Record],
    paths: Mapping[str, str] | None = None,
    axes: Axes | None = None,
) -> Bundle:
    """The caption of one prediction, or of several that belong together.

    Parameters
    ----------
    records : sequence of Record
        Finished, in the order of the pictures.
    paths : mapping of str to str, optional
        For each file's sha256 where it was kept, as the reader should see it. Shown for
        files that are no pictures, whose path is all there is to show.
    axes : Axes, optional
        What varies between the predictions; without them pictures are told apart by seed.

    Returns
    -------
    dict
        ``text/html`` and ``text/plain``.
    """
    kept_at = dict(paths or {})
    return {
        "text/html": str(_html(records, kept_at, axes)),
        "text/plain": _text(records, kept_at, axes),
    }


def _html(records: Sequence[Record], paths: dict[str, str], axes: Axes | None) -> Html:
    return html.block(
        html.line(_headline(records, axes)),
        _second_line(records),
        _filled_prompt(records),
        _files(records, paths),
        *(html.notice(text) for text in _remarks(records, axes)),
        _ids(records, axes) if len(records) > 1 else "",
        style="line-height:1.6",
    )


def _headline(records: Sequence[Record], axes: Axes | None) -> Html:
    """Model, amount, seed, size, and where it came from."""
    labels = words.badges(records)
    drawn_here = bool(labels) and labels[0] == words.SANDBOX
    lead = html.badge(words.SANDBOX, html.AMBER) if drawn_here else _model(records)
    return html.dotted(
        lead,
        *_subject(records, axes),
        *(html.badge(label, html.TEAL) for label in labels[drawn_here:]),
    )


def _model(records: Sequence[Record]) -> Html:
    owner, slash, name = words.models(records).rpartition("/")
    return html.group(html.muted(owner + slash) if slash else "", html.strong(name))


def _subject(records: Sequence[Record], axes: Axes | None) -> tuple[str, ...]:
    """What there is: how many pictures, what varies, by which seeds, of which size."""
    varied = "" if axes is None else axes.names
    told = axes is not None and any(axis.name == "seed" for axis in axes.axes)
    return (_amount(records), varied, "" if told else words.seeds(records), words.sizes(records))


def _amount(records: Sequence[Record]) -> str:
    """How many pictures, where it is not simply one; what failed among several."""
    pictures = sum(len(record.images) for record in records)
    failed = sum(record.failure is not None for record in records)
    if len(records) == 1:
        others = len(records[0].files) - pictures
        return joined(
            (
                words.state(records[0]) if failed else "",
                count(pictures, "picture") if pictures > 1 else "",
                count(others, "file") if others else "",
            )
        )
    made = count(pictures, "picture") if pictures or not failed else ""
    return joined((made, f"{failed} failed" if failed else ""))


def _second_line(records: Sequence[Record]) -> Html:
    """The timing picture and its words, cost, id."""
    only = records[0] if len(records) == 1 else None
    # Beside a tall picture wrapped words stay in the middle; below a bar they use all room.
    layout = "" if only else ";display:flex;align-items:center"
    return html.line(
        timing.picture(records),
        " ",
        html.element(
            "span",
            html.dotted(
                *_times(records),
                html.unbroken(html.muted(words.cost(records))),
                html.muted(html.code(one_line(only.id, 200))) if only and only.id else "",
            ),
        ),
        style=f"{html.SMALL}{layout}",
    )


def _times(records: Sequence[Record]) -> tuple[Html, ...]:
    """Each time in words, after the colour that it has in the picture."""
    return tuple(
        html.unbroken(
            html.swatch(timing.COLOURS[phase]) if phase in timing.COLOURS else "",
            html.muted(text),
        )
        for phase, text in words.time_facts(records)
    )


def _filled_prompt(records: Sequence[Record]) -> Html:
    """The prompt as sent, where the cell only shows the template that it was made from."""
    text = _sent_prompt(records)
    style = f"{html.SMALL};{html.MUTED}"
    return html.element("div", text, dir="auto", style=style) if text else Html()


def _sent_prompt(records: Sequence[Record]) -> str:
    if len(records) != 1 or records[0].request.template is None:
        return ""
    return f"“{words.excerpt(records[0], 240)}”"


def _files(records: Sequence[Record], paths: dict[str, str]) -> Html:
    texts = [text for record in records for text in words.other_files(record, paths)]
    return html.group(*(html.line(text, style=html.SMALL) for text in texts[:_ROWS]))


def _remarks(records: Sequence[Record], axes: Axes | None) -> tuple[str, ...]:
    """The notices, and for several predictions the causes of those that failed."""
    labels: dict[str, list[str]] = {}
    for index, record in enumerate(records):
        if record.failure is not None:
            name = _label(index, record) if axes is None else one_line(axes.words(index), 120)
            labels.setdefault(words.failure(record)[0], []).append(name)
    causes = [
        f"{names[0] if len(names) == 1 else count(len(names), 'picture')}: {cause}"
        for cause, names in labels.items()
    ]
    shown = causes[:4] + ([f"and {len(causes) - 4} more"] if len(causes) > 4 else [])
    return (*shown, *words.notices(records))


def _label(index: int, record: Record) -> str:
    found, name = words.seed(record), f"picture {index + 1}"
    return name if found is None else one_line(f"{name} (seed {found})", 60)


def _ids(records: Sequence[Record], axes: Axes | None) -> Html:
    """Which picture is which prediction, folded; with the prompts where they differ."""
    prompts = [words.excerpt(record, 60) for record in records]
    differ = axes is None and len(set(prompts)) > 1
    rows = [
        html.line(
            html.dotted(
                str(index),
                _seed(record) if axes is None else one_line(axes.words(index - 1), 120),
                duration(words.total_time(record)),
                "" if record.failure is None else words.state(record),
                html.element("bdi", prompt) if differ and prompt else "",
                html.code(one_line(record.id, 200)) if record.id else "",
            )
        )
        for index, (record, prompt) in enumerate(zip(records[:_ROWS], prompts, strict=False), 1)
    ]
    if len(records) > _ROWS:
        rows.append(html.line(f"and {len(records) - _ROWS} more"))
    inner = html.element(
        "div", *rows, style=f"{html.SMALL};{html.MUTED};margin:2px 0 0 14px;line-height:1.5"
    )
    return html.folded("details", inner)


def _seed(record: Record) -> str:
    found = words.seed(record)
    return "" if found is None else one_line(f"seed {found}", 40)


def _text(records: Sequence[Record], paths: dict[str, str], axes: Axes | None) -> str:
    """Two lines for a terminal, and one for each thing that needs saying."""
    only = records[0] if len(records) == 1 else None
    labels = words.badges(records)
    drawn_here = bool(labels) and labels[0] == words.SANDBOX
    lines = [
        joined(
            (
                words.SANDBOX if drawn_here else words.models(records),
                *_subject(records, axes),
                *labels[drawn_here:],
            )
        ),
        joined(
            (
                words.times(records),
                words.cost(records),
                f"id {one_line(only.id, 200)}" if only and only.id else "",
            )
        ),
        _sent_prompt(records),
        *(text for record in records for text in words.other_files(record, paths)[:_ROWS]),
        *_remarks(records, axes),
    ]
    if not only:
        ids = [one_line(record.id, 200) for record in records[:_ROWS] if record.id]
        lines.append(f"ids {', '.join(ids)}" if ids else "")
    return "\n".join(line for line in lines if line)
