"""One result at length, as the panel shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comet_jupyter.images import Preview
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.show.details import details
from comet_jupyter.show.facts import PROMPT_LIMIT, input_text
from comet_jupyter.wire.request import PredictionRequest

Make = Callable[..., Record]
Read = Callable[[str], Any]

PNG = b"\x89PNG\r\n\x1a\n"
WIDE = Preview("image/png", PNG, 1024, 768)
KEPT_PICTURE = f"comet:{'3fa9c1d2' * 8}"
NOW = datetime(2026, 3, 12, 14, 30, tzinfo=timezone.utc)

# What JupyterLab's sanitizer keeps beyond the vocabulary that `read` knows.
ALSO_KEPT = re.compile(
    r"flex-wrap:wrap|gap:\d+px( \d+px)?|min-width:0|max-width:\d+(px|%)|table-layout:fixed"
)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</details></td></table></div><style>*{display:none}</style>",
    "&lt;b&gt;&#60;script&#62;",
    "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07",
    "\u202ereversed\u202c\x00\x07\ud800",
    "<&\"'>" * 20_000,
]


def lost(seen: Any) -> list[str]:
    """What a sanitizer would take away of this markup."""
    return [one for one in seen.dropped if not ALSO_KEPT.fullmatch(one)]


def asked(record: Record, **inputs: Any) -> Record:
    """The same record with further inputs."""
    request = record.request
    return replace(
        record,
        request=PredictionRequest(request.model, {**request.input, **inputs}, request.template),
    )


def both(record: Record, read: Read, **options: Any) -> tuple[str, str]:
    """What the reader sees of the HTML, and the plain text."""
    bundle = details(record, (), **{"now": NOW, **options})
    return read(bundle["text/html"]).text, bundle["text/plain"]


def test_every_fact_stands_in_both_forms(make: Make, read: Read) -> None:
    """Model, prompt, inputs, picture, times, cost, age, id, path and metrics are there."""
    record = asked(
        make(state={"metrics": {"predict_time": 3.10721, "image_count": 1}}),
        guidance=3.5,
        go_fast=True,
        image=KEPT_PICTURE,
    )
    for text in both(record, read, path_texts=["~/comet/boat.webp"], favourite=True):
        for fact in (
            "black-forest-labs/flux-dev",
            "A paper boat floating on calm water at sunrise.",
            "3.5",
            "true",
            "input picture 3fa9c1d2…",
            "1024 × 768 · webp · 312 kB",
            "queue 0.40 s",
            "run 3.1 s",
            "download 0.35 s",
            "total 4.0 s",
            "$0.025",
            "3 h ago · 2026-03-12 11:27 UTC",
            "q4chw5rey9rmt0cww76t4h3ma4",
            "~/comet/boat.webp",
            "predict_time 3.107 · image_count 1",
            "★ favourite",
            "Total safe images: 1 out of 1",
        ):
            assert fact in text


def test_plain_text_is_aligned(make: Make) -> None:
    """Names in one column, values in the next, further lines of a value below it."""
    files = (FileRef("ab" * 32, "image/png", 10_000, 64, 64),) * 2
    text = details(asked(make(files=files), guidance=3.5), (), now=NOW)["text/plain"]
    assert text.splitlines()[2:6] == [
        "seed      7",
        "guidance  3.5",
        "pictures  64 × 64 · png · 10 kB",
        "          64 × 64 · png · 10 kB",
    ]


def test_what_is_missing_leaves_no_trace(make: Make, read: Read) -> None:
    """A prediction that has just been sent shows no empty rows and no None."""
    sent = make("starting", seed=None, prompt="", state={"id": "", "created_at": None})
    for text in both(sent, read):
        assert "None" not in text
        assert not {"cost", "time", "picture", "metrics", "log", "id"} & set(text.split())
        assert "submitted" in text


def test_the_prompt_keeps_its_lines_and_scrolls(make: Make, read: Read) -> None:
    """Line breaks and inner spaces stay, in a box of limited height."""
    prompt = "a boat\n\n  on   water"
    bundle = details(make(prompt=prompt), (), now=NOW)
    assert prompt in read(bundle["text/html"]).text
    assert prompt in bundle["text/plain"]
    (box,) = [style for style in read(bundle["text/html"]).styles if "max-height:13em" in style]
    assert "white-space:pre-wrap" in box
    assert "overflow:auto" in box


def test_an_endless_prompt_is_cut_and_counted(make: Make) -> None:
    """Of 100 kB so much stands there as anybody reads, and how much more there is."""
    text = details(make(prompt="a" * 100_000), (), now=NOW)["text/plain"]
    assert "a" * PROMPT_LIMIT + "… and 80,000 characters more" in text


@pytest.mark.parametrize(("template", "shown"), [("a {{ thing }}", 1), (None, 0), ("a cat", 0)])
def test_the_template_is_shown_where_it_differs(
    make: Make, template: str | None, shown: int
) -> None:
    """The prompt before it was filled in stands below it, never the same text twice."""
    text = details(make(prompt="a cat", template=template), (), now=NOW)["text/plain"]
    assert text.count("template: a {{ thing }}") == shown
    assert text.count("a cat") == 1


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (28, "28"),
        (3.5, "3.5"),
        (True, "true"),
        (None, "null"),
        ("", "“”"),
        ("4:3", "4:3"),
        ("two\nlines", "two lines"),
        (KEPT_PICTURE, "input picture 3fa9c1d2…"),
        ("comet:3fa9c1d23fa9", "input picture 3fa9c1d2…"),
        ("comet:3fa9", "comet:3fa9"),
        ("data:image/png;base64," + "A" * 4_000, "inline image/png, 3 kB"),
        ("DATA:,abc", "inline text/plain, 3 B"),
        ([KEPT_PICTURE, "https://a.b/c.png"], "input picture 3fa9c1d2…, https://a.b/c.png"),
        (["a"] * 12, "a, a, a, a, a, a, a, a, and 4 more"),
        ([], "[]"),
        ((1, 2), "[1, 2]"),
        ({"a": ["b", 1]}, '{"a": ["b", 1]}'),
        ({"a": "data:image/png;base64," + "A" * 9_000}, '{"a": "data:image/png;base64,… ('),
        ("x" * 1_000, "x" * 299 + "…"),
        ({"a": [{"b": "x" * 5_000}] * 900}, '{"a": [{"b": "xxx'),
    ],
)
def test_values_are_short_and_typed(value: Any, said: str) -> None:
    """As JSON writes them; files are named, long values cut."""
    text = input_text(value)
    assert text.startswith(said)
    assert len(text) <= 300
    assert "\n" not in text


def test_a_seed_that_the_service_drew_says_so(make: Make) -> None:
    """A seed from the log is not taken for one that was sent; an odd one is shown as sent."""
    drawn = details(make(seed=None), (), now=NOW)["text/plain"]
    assert "60392 (drawn by the service)" in drawn
    assert "(drawn" not in details(make(), (), now=NOW)["text/plain"]
    odd = details(asked(make(seed=None), seed="lucky"), (), now=NOW)["text/plain"]
    assert re.search(r"^seed +lucky$", odd, re.M)


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"origin": "store"}, "from store"),
        ({"origin": "replay"}, "replayed"),
        ({"origin": "sandbox"}, "sandbox · drawn locally"),
    ],
)
def test_where_it_came_from_stands_first(
    make: Make, read: Read, fields: dict[str, Any], label: str
) -> None:
    """A badge on the first line, in both forms."""
    for text in both(make(**fields), read):
        assert label in text[:80]


def test_the_sandbox_does_not_pass_for_the_model(make: Make) -> None:
    """What was drawn locally names the model only as the one that it stands in for."""
    text = details(make(origin="sandbox"), (), now=NOW)["text/plain"]
    assert text.splitlines()[0] == "succeeded · sandbox · drawn locally"
    assert text.count("flux-dev") == 1
    assert "sandbox, in place of black-forest-labs/flux-dev" in text


def test_a_failure_shows_cause_and_remedy(make: Make, read: Read) -> None:
    """Both stand above the prompt; what the service said stands in for a missing cause."""
    failed = make("failed", failure=Failure("ModerationError", "it was flagged", "Try other words"))
    for text in both(failed, read):
        assert text.index("it was flagged") < text.index("Try other words") < text.index("A paper")
    assert "out of memory" in both(make("failed", state={"error": "out of memory"}), read)[1]
    assert "no reason" not in both(make(), read)[1]


def test_notices_are_told(make: Make, read: Read) -> None:
    """What the reader should know stands in both forms."""
    for text in both(make(notices=("the picture was cut",)), read):
        assert "the picture was cut" in text


def unfolded(record: Record, read: Read) -> tuple[str, list[str]]:
    """What stands there before anything is unfolded, and the lines to click on."""
    markup = details(record, (), now=NOW)["text/html"]
    summaries = re.findall(r"<summary[^>]*>(.*?)</summary>", markup)
    visible = re.sub(r"<details.*?</details>", "", markup, flags=re.DOTALL)
    return read(visible).text, [read(one).text for one in summaries]


def test_what_came_of_it_is_folded_into_one_line(make: Make, read: Read) -> None:
    """Model, prompt, seed and inputs are seen at once; size, time, cost and age sum up the rest."""
    visible, summaries = unfolded(asked(make(), guidance=3.5), read)
    assert visible == (
        "black-forest-labs/flux-devA paper boat floating on calm water at sunrise.seed7guidance3.5"
    )
    assert summaries == ["1024 × 768 · 4.0 s · $0.025 · 3 h ago", "log"]
    style = read(details(make(), (), now=NOW)["text/html"]).styles
    assert any("cursor:pointer" in one and "opacity" in one for one in style)


def test_an_ended_failure_is_seen_without_unfolding(make: Make, read: Read) -> None:
    """State, cause and remedy stand outside of what is folded; there is no size to sum up."""
    failed = make("failed", failure=Failure("ModerationError", "it was flagged", "Try other words"))
    visible, summaries = unfolded(failed, read)
    assert visible.startswith("failed · black-forest-labs/flux-devit was flaggedTry other words")
    assert summaries[0] == "4.0 s · $0.025 · 3 h ago"


@pytest.mark.parametrize(
    ("record", "word"),
    [({"origin": "sandbox"}, 0), ({"status": "processing", "finished": False}, 1)],
)
def test_only_what_is_no_success_names_its_state(
    make: Make, read: Read, record: dict[str, Any], word: int
) -> None:
    """A picture speaks for itself; everything else says how it stands."""
    markup = details(make(**record), (), now=NOW)["text/html"]
    assert "succeeded" not in markup
    assert read(markup).text.startswith(("sandbox · drawn locally", "processing · ")[word])


def test_the_log_is_folded(make: Make, read: Read) -> None:
    """The log can be unfolded; without one there is nothing of it to unfold."""
    assert unfolded(make(), read)[1][1:] == ["log"]
    assert unfolded(make(state={"logs": ""}), read)[1][1:] == []


def test_pictures_are_large_and_in_order(make: Make, read: Read) -> None:
    """Each picture that was handed in stands there with its words, as wide as there is room."""
    other = Preview("image/jpeg", b"\xff\xd8", 512, 512)
    files = (FileRef("ab" * 32, "image/png", 10, 64, 64),) * 2
    seen = read(details(make(files=files), (WIDE, other), now=NOW)["text/html"])
    first, second = seen.images[:2]
    assert first["src"] == "data:image/png;base64,iVBORw0KGgo="
    assert second["src"].startswith("data:image/jpeg;base64,")
    assert "picture 2 of 2" in second["alt"]
    assert "max-width:100%" in first["style"]
    assert "height:auto" in first["style"]


@pytest.mark.parametrize(("shown", "said"), [(1, "and 63 more"), (4, "and 60 more"), (64, "")])
def test_pictures_that_are_not_shown_are_counted(
    make: Make, read: Read, shown: int, said: str
) -> None:
    """Of 64 pictures only so many are drawn as were handed in; the line below counts the others."""
    record = make(files=(FileRef("ab" * 32, "image/png", 10, 64, 64),) * 64)
    seen = read(details(record, (WIDE,) * shown, now=NOW)["text/html"])
    assert [text for text in seen.texts if re.fullmatch(r"and \d+ more", text)][:1] == (
        [said] if said else ["and 48 more"]  # the table of the sizes
    )


@pytest.mark.parametrize(("size", "width"), [((1024, 768), 853), ((300, 200), 300), ((1, 900), 1)])
def test_one_picture_fits_a_screen(
    make: Make, read: Read, size: tuple[int, int], width: int
) -> None:
    """It is never drawn larger than it is, nor taller than 640 pixels."""
    seen = read(details(make(), (Preview("image/png", PNG, *size),), now=NOW)["text/html"])
    assert any(style.endswith(f";max-width:{width}px") for style in seen.styles)


def test_paths_are_copied_as_they_are(make: Make, read: Read) -> None:
    """White space inside a path stays, and each path has its line."""
    paths = ["~/my  pictures/a.webp", "~/b.webp"]
    for text in both(make(), read, path_texts=paths):
        assert all(path in text for path in paths)
    many = both(make(), read, path_texts=[f"~/{n}.png" for n in range(40)])[1]
    assert "and 24 more" in many


def test_the_date_is_that_of_the_reader(make: Make) -> None:
    """The time zone is that of `now`; a clock that runs behind makes no negative age."""
    east = NOW.astimezone(timezone(timedelta(hours=2)))
    assert "3 h ago · 2026-03-12 13:27\n" in details(make(), (), now=east)["text/plain"]
    early = details(make(), (), now=NOW - timedelta(days=2))["text/plain"]
    assert "0 s ago · 2026-03-12 11:27 UTC" in early


def test_a_file_that_is_no_picture_is_named(make: Make) -> None:
    """Name, media type and size, as of a video."""
    video = FileRef("cd" * 32, "video/mp4", 3_456_789, url="https://example.com/x/clip.mp4")
    text = details(make(files=(video,)), (), now=NOW)["text/plain"]
    assert re.search(r"^files +clip.mp4 · video/mp4 · 3.5 MB$", text, re.M)
    assert "picture" not in text


def hostile(make: Make, text: str) -> Record:
    """A record with `text` in every member that comes from outside."""
    base = make(
        "failed",
        state={
            "logs": text,
            "error": text,
            "status": text,
            "notice": text,
            "id": text,
            "metrics": {text: text, "nested": {text: [text]}},
        },
        failure=Failure("PredictionFailedError", text, text, text),
        notices=(text,),
        files=(
            FileRef(text, text, 12, None, None, f"https://example.com/{text}"),
            FileRef(text, text, 12, 8, 8),
        ),
    )
    inputs = {"prompt": text, "seed": text, text: text, "list": [text], "deep": {text: [text]}}
    return replace(base, request=PredictionRequest(base.model, inputs, text + " "))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_outside_stays_text(make: Make, read: Read, text: str) -> None:
    """Nothing in any field becomes markup or style, nothing invisible gets through."""
    for record in (hostile(make, text), replace(hostile(make, text), failure=None)):
        bundle = details(record, (WIDE,), path_texts=[text], now=NOW)
        seen = read(bundle["text/html"])
        assert lost(seen) == []
        assert not {"script", "style", "b"} & set(seen.tags)
        for content in bundle.values():
            assert not set(content) & set("\x00\x07\x1b\u202e\u202c\ud800")
            assert len(content.encode("utf-8")) < 600_000


@settings(max_examples=40, deadline=None)
@given(text=st.text(alphabet=st.characters(), max_size=40) | st.text("<>&\"'/=a ;:", max_size=40))
def test_no_text_becomes_an_element(make: Make, read: Read, text: str) -> None:
    """Whatever stands in the fields, the elements are our own."""
    seen = read(details(hostile(make, f"a{text}<b>"), (), path_texts=[text], now=NOW)["text/html"])
    assert lost(seen) == []
    assert "b" not in seen.tags


@pytest.mark.parametrize(
    "markup",
    [
        "<script></script>",
        "<div style='flex-wrap:var(--x)'></div>",
        "<div style='max-width:calc(100%)'></div>",
        "<div style='user-select:all'></div>",
        "<del>",
    ],
)
def test_the_check_of_markup_sees_what_is_lost(read: Read, markup: str) -> None:
    """Control: what a sanitizer drops turns the tests above red."""
    assert lost(read(markup))


def test_escaping_happens_once(make: Make, read: Read) -> None:
    """An ampersand is escaped once in HTML and not at all in plain text."""
    bundle = details(make(prompt="salt & <pepper>"), (), now=NOW)
    assert "salt &amp; &lt;pepper&gt;" in bundle["text/html"]
    assert "salt & <pepper>" in bundle["text/plain"]
    assert "salt & <pepper>" in read(bundle["text/html"]).text


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -1.0, True, [1]])
def test_odd_numbers_break_nothing(make: Make, read: Read, odd: Any) -> None:
    """A time or price that is no number is left out, an odd metric shown as it came."""
    state = {"metrics": {"speed": odd}, "started_at": None}
    record = make(download_time=odd, total_time=odd, cost=odd, state=state)
    for text in both(asked(record, guidance=odd), read):
        assert not {"nan", "inf", "NaN", "Infinity", "None"} & set(text.split())
