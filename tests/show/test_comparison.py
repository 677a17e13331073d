"""Two results side by side, and the words that differ."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comet_jupyter.images import Preview
from comet_jupyter.record import Failure, FileRef, Record
from comet_jupyter.show.comparison import comparison
from comet_jupyter.show.differences import Difference, differences, result_differences
from comet_jupyter.show.word_difference import _TOKEN, Piece, _is_comparable, word_difference
from comet_jupyter.wire.request import PredictionRequest

Make = Callable[..., Record]
Read = Callable[[str], Any]

WIDE = Preview("image/png", b"\x89PNG", 1024, 768)
TALL = Preview("image/jpeg", b"\xff\xd8", 768, 1344)
PROMPT = "A paper boat floating on calm water at sunrise."

# What JupyterLab's sanitizer keeps beyond the vocabulary that `read` knows.
ALSO_KEPT = re.compile(
    r"<(del|ins)>|flex-wrap:wrap|gap:\d+px( \d+px)?|min-width:0|max-width:\d+px"
    r"|table-layout:fixed|text-decoration:(underline|line-through)"
)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</details></td></table></div><style>*{display:none}</style>",
    "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07",
    "\u202ereversed\u202c\x00\x07\ud800",
    "<&\"'> " * 20_000,
]


def lost(seen: Any) -> list[str]:
    """What a sanitizer would take away of this markup."""
    return [one for one in seen.dropped if not ALSO_KEPT.fullmatch(one)]


def asked(make: Make, *, model: str = "black-forest-labs/flux-dev", **inputs: Any) -> Record:
    """A record with exactly these inputs, prompt and seed 7 unless given."""
    given = {"prompt": PROMPT, "seed": 7, **inputs}
    return replace(make(), request=PredictionRequest(model, given))


def rows(a: Record, b: Record) -> list[tuple[str, str, str]]:
    """The differences as plain tuples."""
    return [(one.name, one.left, one.right) for one in differences(a, b)]


def test_the_same_inputs_differ_in_nothing(make: Make) -> None:
    """No difference, whatever came of them; the order of the inputs does not matter."""
    a, b = asked(make, guidance=3.5, go_fast=True), asked(make, go_fast=True, guidance=3.5)
    assert differences(a, b) == ()
    assert differences(a, replace(b, files=(), cost=None, origin="store")) == ()


def test_differences_come_in_order(make: Make) -> None:
    """Prompt, model, seed, then the inputs as they stand on the left, then the right's own."""
    a = asked(make, guidance=3.5, image="comet:" + "ab" * 32)
    b = asked(
        make,
        model="black-forest-labs/flux-schnell",
        prompt="A castle",
        seed=8,
        output_quality=95,
        image="comet:" + "cd" * 32,
        guidance=5,
    )
    assert rows(a, b) == [
        ("prompt", PROMPT, "A castle"),
        ("model", "black-forest-labs/flux-dev", "black-forest-labs/flux-schnell"),
        ("seed", "7", "8"),
        ("guidance", "3.5", "5"),
        ("image", "input picture abababab…", "input picture cdcdcdcd…"),
        ("output_quality", "default (80)", "95"),
    ]


@pytest.mark.parametrize(
    ("model", "name", "said"),
    [
        ("black-forest-labs/flux-dev", "num_inference_steps", "default (28)"),
        ("black-forest-labs/flux-dev", "image", "default"),
        ("black-forest-labs/flux-dev", "flux_capacitor", "no such input"),
        ("somebody/unknown", "num_inference_steps", "default"),
        ("black-forest-labs/flux-dev", "prompt", "none"),
    ],
)
def test_what_was_not_sent_is_the_default(make: Make, model: str, name: str, said: str) -> None:
    """The side without an input shows what holds there, as far as the model is known."""
    left = replace(make(), request=PredictionRequest(model, {}))
    right = replace(make(), request=PredictionRequest(model, {name: "x"}))
    assert rows(left, right) == [(name, said, "x")]
    assert rows(right, left) == [(name, "x", said)]


@pytest.mark.parametrize(
    ("left", "right", "differ"),
    [
        (1, True, True),
        (0, False, True),
        (1, 1.0, False),
        ("1", 1, True),
        ([1], [1], False),
        (None, "", True),
    ],
)
def test_values_are_compared_as_json(make: Make, left: Any, right: Any, differ: bool) -> None:
    """True is not 1, and 1.0 is."""
    found = rows(asked(make, odd=left), asked(make, odd=right))
    assert bool(found) is differ


def test_seeds_that_were_drawn_count(make: Make) -> None:
    """Where none was sent the logged seed is compared, and the row says who drew it."""
    drawn, sent = make(seed=None), make(seed=7)
    assert rows(drawn, sent) == [("seed", "60392 (drawn by the service)", "7")]
    assert rows(drawn, make(seed=60392)) == []
    silent = make(seed=None, state={"logs": ""})
    assert rows(silent, sent) == [("seed", "unknown", "7")]
    assert rows(silent, silent) == []


def test_the_sandbox_is_another_model(make: Make) -> None:
    """What was drawn locally differs from what a model made."""
    assert rows(make(origin="sandbox"), make()) == [
        ("model", "sandbox, in place of black-forest-labs/flux-dev", "black-forest-labs/flux-dev")
    ]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("data:image/png;base64,AAAA", "data:image/png;base64,BBBB"),
        ({"a": "x" * 900 + "1"}, {"a": "x" * 900 + "2"}),
        ("a boat", "a\u200e boat"),
    ],
)
def test_what_looks_the_same_is_told_apart(make: Make, left: Any, right: Any) -> None:
    """Values whose short texts are equal are marked as different."""
    ((_, one, other),) = rows(asked(make, image=left), asked(make, image=right))
    assert other == f"{one} (not the same)"


def test_results_are_facts_of_their_own(make: Make) -> None:
    """State, size, run time and cost are listed apart, only where they differ."""
    other = FileRef("cd" * 32, "image/png", 10, 512, 512)
    assert result_differences(make(), make()) == ()
    assert result_differences(make(), make(run=5.2, cost=0.003, files=(other,))) == (
        Difference("size", "1024 × 768", "512 × 512"),
        Difference("run time", "3.1 s", "5.2 s"),
        Difference("cost", "$0.025", "$0.003"),
    )
    assert result_differences(make(), make("failed", cost=None)) == (
        Difference("state", "succeeded", "failed"),
        Difference("size", "1024 × 768", "no picture"),
        Difference("cost", "$0.025", "unknown"),
    )


# -- words ---------------------------------------------------------------------------


def test_words_are_marked_on_their_side() -> None:
    """What both have, what only the left and what only the right has, in reading order."""
    assert word_difference("a calm lake at dawn.", "a wild lake at night.") == (
        Piece("both", "a "),
        Piece("left", "calm"),
        Piece("right", "wild"),
        Piece("both", " lake at "),
        Piece("left", "dawn"),
        Piece("right", "night"),
        Piece("both", "."),
    )


def test_neighbouring_changes_are_one() -> None:
    """Two changed words with only a space between them are one piece."""
    pieces = word_difference("boat with a blue stripe", "boat with one thin stripe")
    assert [piece.text for piece in pieces if piece.side != "both"] == ["a blue", "one thin"]


@pytest.mark.parametrize(
    ("left", "right", "marked"),
    [
        ("a boat", "a boat.", ["."]),
        ("a boat\non water", "a boat on water", ["↵ ", " "]),
        ("日本の夕日を描く", "日本の朝日を描く", ["夕", "朝"]),
        ("https://a.b/x.png", "https://a.b/y.png", ["x", "y"]),
    ],
)
def test_the_smallest_change_is_found(left: str, right: str, marked: list[str]) -> None:
    """Punctuation, line ends, letters of scripts without spaces, parts of addresses."""
    pieces = word_difference(left, right)
    assert [piece.text for piece in pieces if piece.side != "both"] == marked


def test_long_stretches_in_common_are_cut() -> None:
    """Only the neighbourhood of a change is repeated, with an ellipsis for the rest."""
    same = "many words that do not matter here " * 40
    first, *_, last = word_difference(f"{same}old {same}", f"{same}new {same}")
    assert len(first.text) < 60
    assert first.text.startswith("…")
    assert first.text.endswith("matter here ")
    assert last.text.startswith(" many words")
    assert last.text.endswith("…")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a castle", "two dogs, running"),
        ("", "a cat"),
        ("same", "same"),
        ("a\x00b", "ab"),
        ("", ""),
    ],
)
def test_texts_that_share_no_words_are_not_marked(left: str, right: str) -> None:
    """Two different texts are not one text with everything struck through."""
    assert word_difference(left, right) == ()


WORDS = st.lists(
    st.sampled_from(["a", "boat", "lake,", "red", "at", "dawn.", "Б", "水"]), max_size=30
)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a a a b " * 150, "a b b a " * 150),
        ("a b c " * 100, "a c b " * 100),
        ("boat " * 300, "boat boat ship " * 100),
        (" ".join(map(str, range(2_000))), " ".join(map(str, range(0, 4_000, 2)))),
    ],
)
def test_what_would_take_long_to_compare_counts_as_changed(left: str, right: str) -> None:
    """A few words over and over, or thousands of them, are not given to the matcher."""
    assert not _is_comparable(_TOKEN.findall(left), _TOKEN.findall(right))
    pieces = word_difference(f"the same boat {left}", f"the same boat {right}")
    assert sum(piece.side == "both" for piece in pieces) <= 2


def test_a_long_prompt_is_compared_word_by_word() -> None:
    """Control: 380 words with commas between them, every tenth another, are not too many."""
    words = [f"w{number % 200}," for number in range(380)]
    changed = [f"new{n}" if n % 10 == 0 else word for n, word in enumerate(words)]
    assert _is_comparable(_TOKEN.findall(" ".join(words)), _TOKEN.findall(" ".join(changed)))
    pieces = word_difference(" ".join(words), " ".join(changed))
    assert sum(piece.side == "right" for piece in pieces) > 15


@settings(deadline=None)
@given(left=WORDS, right=WORDS)
def test_each_side_can_be_read_from_the_pieces(left: list[str], right: list[str]) -> None:
    """Common pieces and those of one side are that side's text, but for what is cut out."""
    old, new = " ".join(left), " ".join(right)
    pieces = word_difference(old, new)
    for side, text in (("left", old), ("right", new)):
        parts = [piece.text for piece in pieces if piece.side in ("both", side)]
        shown = "".join(parts).replace("\u00a0", " ").split("…")
        assert not pieces or text.startswith(shown[0])
        assert not pieces or text.endswith(shown[-1])
        assert all(part.strip() in text for part in shown)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a b " * 25_000, "b a " * 25_000),
        ("word " * 20_000 + "end", "word " * 20_000 + "end."),
        ("x" * 100_000, "x" * 100_001),
        ("," * 100_000, ";" * 100_000),
    ],
)
def test_endless_texts_stay_short(make: Make, left: str, right: str) -> None:
    """100 kB on each side end as a few lines."""
    ((name, *sides),) = rows(asked(make, prompt=left), asked(make, prompt=right))
    assert name == "prompt"
    assert all(0 < len(side) < 700 for side in sides)


# -- how it looks --------------------------------------------------------------------


def test_pictures_stand_side_by_side_in_equal_widths(make: Make, read: Read) -> None:
    """Both columns have the same style, and both pictures fill theirs."""
    seen = read(comparison(make(), make(), WIDE, TALL)["text/html"])
    first, second = seen.images
    assert first["src"].startswith("data:image/png;base64,")
    assert second["src"].startswith("data:image/jpeg;base64,")
    assert first["style"] == second["style"]
    assert "width:100%;height:auto" in first["style"]
    columns = [style for style in seen.styles if style.startswith("flex:1 1 200px")]
    assert columns == ["flex:1 1 200px;min-width:0;max-width:343px"] * 2


def test_headings_name_seed_and_model(make: Make, read: Read) -> None:
    """A and B, each with seed, model and where it came from, without age."""
    bundle = comparison(make(), make(seed=8, origin="store"), WIDE, WIDE)
    text = bundle["text/plain"].splitlines()
    assert text[:2] == ["A: seed 7 · flux-dev", "B: seed 8 · flux-dev · from store"]
    shown = read(bundle["text/html"]).text
    assert "A · seed 7 · flux-dev" in shown
    assert "B · seed 8 · flux-dev · from store" in shown
    drawn = comparison(make(origin="sandbox"), make(origin="sandbox"), WIDE, WIDE)
    assert drawn["text/plain"].startswith("A: seed 7 · sandbox · drawn locally\n")


def test_a_missing_picture_leaves_a_labelled_hole(make: Make, read: Read) -> None:
    """A failure says its cause in the picture's place; a lost picture says so too."""
    failed = make("failed", failure=Failure("ModerationError", "it was flagged", "Try again"))
    seen = read(comparison(make(), failed, WIDE, None)["text/html"])
    assert len(seen.images) == 1
    assert "it was flagged" in seen.text
    assert "no picture to show" in read(comparison(make(), make(), WIDE, None)["text/html"]).text
    running = make("processing")
    assert "processing" in read(comparison(make(), running, WIDE, None)["text/html"]).text


def test_plain_text_says_all_of_it_in_columns(make: Make) -> None:
    """Headings, differences and facts, long values wrapped inside their column."""
    a = asked(make, prompt="a paper boat on a lake", guidance=3.5)
    b = replace(
        asked(make, prompt="a paper boat on a frozen lake " + "far away " * 5, guidance=5),
        files=(FileRef("cd" * 32, "image/webp", 9, 1024, 768),),
        cost=0.003,
    )
    assert comparison(a, b, None, None)["text/plain"].splitlines() == [
        "A: seed 7 · flux-dev",
        "B: seed 7 · flux-dev",
        "differs   A                       B",
        "prompt    a paper boat on a lake  a paper boat on a frozen lake far away far away",
        "                                  far away far away far away",
        "guidance  3.5                     5",
        "cost      $0.025                  $0.003",
    ]


def test_both_forms_say_the_same(make: Make, read: Read) -> None:
    """Every cell of the plain text stands in the HTML."""
    a, b = asked(make, guidance=3.5), replace(asked(make, seed=8, go_fast=True), cost=1.0)
    bundle = comparison(a, b, WIDE, WIDE)
    shown = read(bundle["text/html"]).text
    for line in bundle["text/plain"].splitlines()[2:]:
        for cell in re.split(r"  +", line):
            assert cell in shown


def test_only_what_changed_is_marked(make: Make, read: Read) -> None:
    """Words are struck through on the left and underlined on the right, not only coloured."""
    a, b = asked(make), asked(make, prompt=PROMPT.replace("sunrise", "night"))
    markup = comparison(a, b, WIDE, WIDE)["text/html"]
    assert re.findall(r"<(?:del|ins)[^>]*>([^<]*)", markup) == ["sunrise", "night"]
    assert "text-decoration:line-through" in markup
    assert "text-decoration:underline" in markup
    assert "calm water at " in read(markup).text


@pytest.mark.parametrize(
    ("right", "said"),
    [
        ({}, "the inputs are the same, and so is the picture, byte for byte"),
        (
            {"files": (FileRef("cd" * 32, "image/webp", 9, 1024, 768),)},
            "the inputs are the same, the pictures are not",
        ),
        ({"files": ()}, "the inputs are the same"),
    ],
)
def test_sameness_is_said(make: Make, read: Read, right: dict[str, Any], said: str) -> None:
    """Without a difference in the inputs a line says so, and whether the pictures agree."""
    bundle = comparison(make(), make(**right), WIDE, WIDE)
    assert said in bundle["text/plain"].splitlines()
    assert said in read(bundle["text/html"]).text
    assert "the inputs" not in comparison(make(), make(seed=8), WIDE, WIDE)["text/plain"]


def test_other_inputs_may_give_the_same_picture(make: Make) -> None:
    """Equal bytes are told where the inputs differ too."""
    text = comparison(make(), make(seed=8), WIDE, WIDE)["text/plain"]
    assert "the same picture, byte for byte" in text.splitlines()


def test_a_shared_prompt_stands_there_once(make: Make) -> None:
    """The prompt that both have is quoted, and is no row of the table."""
    text = comparison(make(), make(seed=8), WIDE, WIDE)["text/plain"]
    assert f"“{PROMPT}”" in text.splitlines()
    assert "\nprompt " not in text


def hostile(make: Make, text: str) -> Record:
    """A record with `text` in every member that comes from outside."""
    base = make(
        "failed",
        state={"logs": text, "error": text, "status": text, "id": text},
        failure=Failure("PredictionFailedError", text, text, text),
        files=(FileRef(text, text, 12, 8, 8, f"https://example.com/{text}"),),
    )
    inputs = {"prompt": text, "seed": text, text: text, "list": [text], "deep": {text: [text]}}
    return replace(base, request=PredictionRequest(base.model, inputs))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_outside_stays_text(make: Make, read: Read, text: str) -> None:
    """Nothing in any field becomes markup or style, nothing invisible gets through."""
    odd = hostile(make, text)
    for a, b in ((odd, make()), (make(), odd), (odd, hostile(make, f"{text} more words"))):
        bundle = comparison(a, b, WIDE, None)
        seen = read(bundle["text/html"])
        assert lost(seen) == []
        assert not {"script", "style", "b"} & set(seen.tags)
        for content in bundle.values():
            assert not set(content) & set("\x00\x07\x1b\u202e\u202c\ud800")
            assert len(content.encode("utf-8")) < 60_000


@settings(max_examples=40, deadline=None)
@given(
    text=st.text(alphabet=st.characters(), max_size=40) | st.text("<>&\"'/=a ;:", max_size=40),
    other=st.text("<>&\"'/=a ;:", max_size=40),
)
def test_no_text_becomes_an_element(make: Make, read: Read, text: str, other: str) -> None:
    """Whatever stands in the fields, the elements are our own."""
    a, b = hostile(make, f"words {text}<b>"), hostile(make, f"words {other}<b>")
    seen = read(comparison(a, b, WIDE, None)["text/html"])
    assert lost(seen) == []
    assert "b" not in seen.tags


@pytest.mark.parametrize(
    "markup",
    [
        "<script></script>",
        "<del>never closed",
        "<ins onclick='x'></ins>",
        "<span style='text-decoration:var(--x)'></span>",
        "<div style='max-width:calc(100%)'></div>",
    ],
)
def test_the_check_of_markup_sees_what_is_lost(read: Read, markup: str) -> None:
    """Control: what a sanitizer drops turns the tests above red."""
    assert lost(read(markup))


def test_escaping_happens_once(make: Make, read: Read) -> None:
    """An ampersand is escaped once in HTML, inside a mark too, and not in plain text."""
    a, b = asked(make, prompt="salt & pepper"), asked(make, prompt="salt & <chili>")
    bundle = comparison(a, b, None, None)
    assert "salt &amp; " in bundle["text/html"]
    assert ">&lt;chili&gt;</ins>" in bundle["text/html"]
    assert "salt & <chili>" in bundle["text/plain"]
    assert "salt & <chili>" in read(bundle["text/html"]).text


def test_many_differences_are_counted(make: Make) -> None:
    """A table of a thousand rows is cut, and says so."""
    many = asked(make, **{f"input_{n}": n for n in range(1_000)})
    assert len(differences(asked(make), many)) == 1_000
    assert "and 936 more" in comparison(asked(make), many, None, None)["text/plain"]
