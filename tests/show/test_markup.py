"""Markup: nothing slips in, and nothing that we write is dropped by a front end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comet_jupyter import show
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.show import html
from comet_jupyter.wire.request import PredictionRequest
from comet_jupyter.wire.state import Progress

Make = Callable[..., Record]
Read = Callable[[str], Any]

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</pre></details></div><style>*{display:none}</style>",
    "<svg/onload=alert(1)>",
    "&lt;b&gt;&#60;script&#62;",
    "]]><!-- --><b>",
    "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07",
    "\u202ereversed\u202c\x00\x07\ud800",
]


def everything(record: Record, now: datetime) -> list[dict[str, str]]:
    """Every output that can be made of a record, as mimebundles."""
    view = show.LiveView(
        (record, replace(record, finished=False)),
        4.2,
        (None, Progress(2, 4)),
        estimate=3.0,
        notices=record.notices,
        background=True,
    )
    alone = replace(view, records=view.records[1:], progress=view.progress[1:])
    prompt = record.request.prompt
    return [
        show.caption([record], {file.sha256: prompt for file in record.files}),
        show.caption([record, replace(record, failure=None)]),
        show.failure(record),
        show.logs_block(record),
        show.status_table([record], now),
        show.key_value_table([(prompt, prompt, prompt)]),
        {"text/html": show.live_html(view), "text/plain": show.live_text(view)},
        {"text/html": show.live_html(alone), "text/plain": show.live_text(alone)},
        {"text/html": show.live_line_html(view), "text/plain": show.live_log_html(alone)},
    ]


def hostile(make: Make, text: str) -> Record:
    """A record with `text` in every member that comes from outside."""
    base = make(
        "failed",
        prompt=text,
        template=text,
        state={"logs": text, "error": text, "status": text, "notice": text, "id": text},
        failure=Failure("PredictionFailedError", text, text, text),
        notices=(text, f"again {text}"),
        files=(FileRef(text, text, 12, None, None, f"https://example.com/{text}"),),
    )
    request = PredictionRequest(base.model, {"prompt": text, "seed": 7, text: text}, text)
    return replace(base, request=request)


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_any_field_is_shown_as_text(
    make: Make, read: Read, start: datetime, text: str
) -> None:
    """Markup in prompt, logs, error, status, id, notices, names or paths stays text."""
    for record in (hostile(make, text), replace(hostile(make, text), failure=None)):
        for bundle in everything(record, start):
            assert read(bundle["text/html"]).dropped == []
            assert "alert(1)" not in "".join(read(bundle["text/html"]).styles)


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet=st.characters(), max_size=60) | st.text("<>&\"'/=a ;:", max_size=60))
def test_no_text_becomes_markup(make: Make, read: Read, start: datetime, text: str) -> None:
    """Whatever the text is, the elements are the same as for a harmless one of its kind."""
    for bundle in everything(hostile(make, f"a{text}<b>"), start):
        seen = read(bundle["text/html"])
        assert seen.dropped == []
        assert "b" not in seen.tags


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_invisible_reaches_a_reader(make: Make, start: datetime, text: str) -> None:
    """Control, bidirectional and half characters are in neither HTML nor plain text."""
    for bundle in everything(hostile(make, text), start):
        for content in bundle.values():
            assert not set(content) & set("\x00\x07\x1b\u202e\u202c\ud800")
            assert content.encode("utf-8").decode("utf-8") == content


def test_every_output_survives_the_sanitizer(make: Make, read: Read, start: datetime) -> None:
    """Elements, attributes and styles are only those that an untrusted notebook keeps."""
    records = [
        make(),
        make("failed", failure=Failure("PredictionFailedError", "out of memory", "Try again")),
        make("processing"),
        make("starting", state={"id": ""}),
        make(state={"source": "sandbox"}),
        make(origin="store", notices=("one",)),
    ]
    outputs = [bundle for record in records for bundle in everything(record, start)]
    many = (*records, *(make("processing") for _ in range(60)))
    outputs += [show.caption(many), {"text/html": show.live_html(show.LiveView(many, 9.0))}]
    assert len(outputs) > 50
    for bundle in outputs:
        assert read(bundle["text/html"]).dropped == []


@pytest.mark.parametrize(
    "markup",
    [
        "<style>b{}</style>",
        "<svg></svg>",
        "<div data-x='1'></div>",
        "<div id='a'></div>",
        "<div aria-label='a'></div>",
        "<span style='color:var(--jp-ui-font-color1)'></span>",
        "<span style='object-fit:cover'></span>",
        "<span style='color:inherit'></span>",
        "<span style='overflow-wrap:anywhere'></span>",
        "<span style='background:url(https://example.com)'></span>",
        "<img src='https://example.com/a.png'>",
        "<b>bold</b>",
        "<div>",
        "</div>",
        "<!-- a -->",
    ],
)
def test_the_checker_sees_what_a_sanitizer_drops(read: Read, markup: str) -> None:
    """Control: the check of the tests above goes red on what does not survive."""
    assert read(markup).dropped


def test_a_notice_wraps_below_its_first_word(read: Read) -> None:
    """Long names break, further lines hang, and the dot says whether it is done."""
    seen = read(html.notice("saved to `" + "x" * 300 + "`", tone=html.GREEN))
    assert seen.dropped == []
    style, dot = seen.styles[:2]
    assert "padding-left:14px;text-indent:-14px;overflow-wrap:break-word" in style
    assert f"background:{html.GREEN}" in dot
    assert f"background:{html.AMBER}" in html.notice("wait")


def test_outputs_read_well_without_any_style(make: Make, read: Read) -> None:
    """Without styles, as on GitHub, separators are characters and every fact is there."""
    text = read(show.caption([make()])["text/html"]).text
    assert text == (
        "black-forest-labs/flux-dev · seed 7 · 1024 × 768"
        " queue 0.40 s · run 3.1 s · download 0.35 s · total 4.0 s · $0.025"
        " · q4chw5rey9rmt0cww76t4h3ma4"
    )


def test_dollar_signs_are_not_typeset(make: Make, start: datetime) -> None:
    """Every output has the classes that MathJax 3 and 2 leave alone: prices are no formulas."""
    for bundle in everything(make("failed"), start):
        outermost = bundle["text/html"].partition(">")[0]
        assert 'class="mathjax_ignore tex2jax_ignore"' in outermost


def test_escaping_happens_once(make: Make, read: Read) -> None:
    """An ampersand is escaped once in HTML and not at all in plain text."""
    bundle = show.caption([make(notices=("salt & <pepper>",))])
    assert "salt &amp; &lt;pepper&gt;" in bundle["text/html"]
    assert "salt & <pepper>" in bundle["text/plain"]
    assert "salt & <pepper>" in read(bundle["text/html"]).text


def test_elements_take_markup_as_markup_and_text_as_text() -> None:
    """`element` escapes a str and leaves `Html` as it is; empty children vanish."""
    inner = html.element("strong", "a < b")
    assert inner == "<strong>a &lt; b</strong>"
    assert html.element("div", inner, "", "<i>") == f"<div>{inner}&lt;i&gt;</div>"
    assert html.dotted("a", "", "b") == "a · b"
    assert html.element("img", alt='"') == '<img alt="&quot;">'


def test_outputs_are_bounded(make: Make, start: datetime) -> None:
    """A caption of one ordinary prediction stays under 3 kB, the worst one under 24 kB."""
    assert len(show.caption([make(notices=("a notice",))])["text/html"].encode()) < 3_000
    worst = hostile(make, "<&\"'>" * 20_000)
    for bundle in everything(replace(worst, notices=tuple("<" * n for n in range(400))), start):
        assert len(bundle["text/html"].encode()) < 60_000
    assert len(show.caption([worst])["text/html"].encode()) < 24_000


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -1.0, "x", None, True, [1]])
def test_odd_numbers_are_left_out(make: Make, read: Read, start: datetime, odd: Any) -> None:
    """A time, price or metric that is no number is not shown, and breaks nothing."""
    record = make(
        download_time=odd,
        total_time=odd,
        cost=odd,
        state={"started_at": None, "metrics": {"predict_time": odd}},
    )
    for bundle in everything(record, start + timedelta(seconds=-5)):
        for text in (read(bundle["text/html"]).text, bundle["text/plain"]):
            assert not {"nan", "inf", "None", "-1"} & set(text.replace(" s", " ").split())
