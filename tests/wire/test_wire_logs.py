"""Logs made readable and bounded; the bar and the seed in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comet_jupyter.wire.logs import LIMIT, clean, progress, seed, tail
from comet_jupyter.wire.state import Progress

BAR = "50%|█████     | 2/4 [00:00<00:00, 18.90it/s]"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (None, ""),
        ("", ""),
        ("a\nb\n", "a\nb"),
        ("a\r\nb\r\n", "a\nb"),
        ("  0%|\r 50%|\r100%|\ndone", "100%|\ndone"),
        ("50%|x|\r", "50%|x|"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07x\x1b[A", "red x"),
        ("\x9b31mred\x1b(B", "red"),
        ("a\x00b\x08\x7f\x85c", "abc"),
        ("\ud83d lone", "\ufffd lone"),
        ("user\u202egnp.exe\u2066\u200f", "usergnp.exe"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\u2028b", "a\nb"),
        ("a\tb", "a\tb"),
        (["a", "b"], "a\nb"),
        ({"a": 1}, '{"a": 1}'),
        (7, "7"),
        ("👩‍🎨 ok", "👩‍🎨 ok"),
    ],
)
def test_logs_become_readable_text(raw: Any, text: str) -> None:
    """Colours, controls and bidi marks go, a redrawn line keeps its last state (P7)."""
    assert clean(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        f"{BAR}\n" * 1_000_000,
        "x" * 1_000_000,
        "█" * 100_000,
        f"{BAR}\r" * 100_000,
        "\x1b[" * 500_000,
        "\n" * 1_000_000,
    ],
)
def test_logs_are_bounded(raw: str) -> None:
    """Megabytes in any form become at most 64,000 bytes (P7)."""
    assert len(clean(raw).encode()) <= LIMIT


def test_a_cut_says_so_and_keeps_the_seed() -> None:
    """What was left out is said, and a seed at the beginning is not lost with it."""
    raw = "Using seed: 60392\n" + "line of text\n" * 200_000 + "the end"
    text = clean(raw)
    assert text.startswith("[earlier logs left out]\nUsing seed: 60392\nline of text\n")
    assert text.endswith("the end")
    assert seed(text) == 60392
    assert clean("Using seed: 60392\n" + "é" * 40_000).splitlines()[1] == "Using seed: 60392"


def test_a_secret_at_the_edge_of_the_cut_leaves_no_half() -> None:
    """Wherever the cut falls in a repeated secret, no part of it stays."""
    secret = "sk-ABCDEFGH12345678"
    for extra in range(len(secret)):
        text = clean("y" * extra + secret * 30_000, lambda text: text.replace(secret, "*"))
        assert "ABCD" not in text
        assert "5678" not in text


def test_a_secret_hidden_by_colours_is_found() -> None:
    """Colours are taken out before secrets are looked for."""
    assert clean("s\x1b[1mecre\x00t", lambda text: text.replace("secret", "*")) == "*"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        (BAR, Progress(2, 4)),
        (" 0%| | 0/4 [00:00<?, ?it/s]", Progress(0, 4)),
        (f"base: {BAR}\nrefiner: 20%|x| 1/5 [", Progress(1, 5)),
        ("25%|a| 1/4 [\r50%|b| 2/4 [", Progress(2, 4)),
        ("25%|a| 1/4 [ 75%|b| 3/4 [", Progress(3, 4)),
        ("3it [00:00, 13.7it/s]", None),
        ("0%| | 0/0 [", None),
        ("done 100% of it", None),
        ("50%|x|\n2/4", None),
        (f"{BAR}\nTotal safe images: 1 out of 1", Progress(2, 4)),
    ],
)
def test_the_last_bar_is_the_progress(text: str, found: Progress | None) -> None:
    """The last bar with a total wins, wherever it stands in its line."""
    assert progress(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Using seed: 60392", 60392),
        ("Using seed: 1\nUsing seed: 2\n", 2),
        ("using random seed 7", 7),
        ("Using seed=18446744073709551615", 18446744073709551615),
        ("Using seed: " + "9" * 30, None),
        ("prompt: a seed: 5", None),
        ("", None),
    ],
)
def test_the_last_seed_wins(text: str, found: int | None) -> None:
    """The seed is the last one that the model says it uses."""
    assert seed(text) == found


def test_the_tail_is_the_last_full_lines() -> None:
    """Blank lines do not count."""
    assert tail("a\n\nb\n \nc\n", 2) == "b\nc"
    assert tail("a\nb", 0) == ""
    assert tail("a", 5) == "a"


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=300) | st.text("0123456789%|/ \r\n[█\x1b;m", max_size=300))
def test_any_text_is_cleaned_and_searched(raw: str) -> None:
    """No text makes cleaning or searching fail, and clean text stays as it is."""
    text = clean(raw)
    assert text.encode("utf-8") is not None
    assert not any(ord(char) < 32 and char not in "\n\t" for char in text)
    assert clean(text) == text
    found = progress(text)
    assert found is None or 0.0 <= found.fraction <= 1.0
    assert seed(text) is None or isinstance(seed(text), int)
