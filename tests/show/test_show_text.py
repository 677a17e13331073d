"""Text for people: cleaned, shortened, numbers in words."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comet_jupyter.show import text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.004, "0 s"),
        (0.006, "0.01 s"),
        (0.607, "0.61 s"),
        (0.994, "0.99 s"),
        (0.996, "1.0 s"),
        (4.21, "4.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min"),
        (72, "1 min 12 s"),
        (119.7, "2 min"),
        (3599.6, "1 h"),
        (7500, "2 h 5 min"),
        (float("nan"), ""),
        (float("inf"), ""),
        (-0.1, ""),
        (10**400, ""),
        ("4", ""),
        (None, ""),
        (True, ""),
    ],
)
def test_durations_are_said_one_way(seconds: Any, said: str) -> None:
    """Seconds have two digits, then one, then minutes and hours; what is no duration is empty."""
    assert text.duration(seconds) == said


@settings(deadline=None)
@given(st.floats(min_value=0, max_value=1e9))
def test_a_longer_time_is_never_said_as_sixty(seconds: float) -> None:
    """Rounding never leaves 60 s, 60 min or 1.00 s behind."""
    said = text.duration(seconds)
    assert not {"60", "60.0", "1.00"} & set(said.split())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "about 1 s left"),
        (2.4, "about 3 s left"),
        (12, "about 15 s left"),
        (54, "about 55 s left"),
        (56, "about 1 min left"),
        (61, "about 2 min left"),
        (4000, "about 2 h left"),
        (0, ""),
        (-3, ""),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_estimates_are_coarse(seconds: Any, said: str) -> None:
    """What is left is said in whole seconds, then fives, then minutes; nothing when used up."""
    assert text.time_left(seconds) == said


@pytest.mark.parametrize(
    ("dollars", "estimated", "said"),
    [
        (0.003, False, "$0.003"),
        (0.003, True, "~$0.003"),
        (0.0005, False, "$0.0005"),
        (0.04, False, "$0.04"),
        (0.0252, False, "$0.025"),
        (0.1, False, "$0.10"),
        (1.5, False, "$1.50"),
        (1234.5, False, "$1,234.50"),
        (0, False, "$0.00"),
        (float("nan"), False, ""),
        (-1, False, ""),
        (None, True, ""),
    ],
)
def test_money_keeps_the_digits_that_matter(dollars: Any, estimated: bool, said: str) -> None:
    """Prices far below a cent keep two digits, an estimate is marked, odd ones are empty."""
    assert text.money(dollars, estimated=estimated) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (312, "312 B"), (48_300, "48 kB"), (1_234_567, "1.2 MB"), (-1, ""), (None, "")],
)
def test_sizes_are_said_in_powers_of_1000(size: Any, said: str) -> None:
    """Bytes and kilobytes are whole, larger ones have one decimal."""
    assert text.byte_size(size) == said


def test_a_running_clock_shows_whole_seconds() -> None:
    """What changes while one looks is not precise, and says nothing in the first second."""
    seconds = (0.0, 0.99, 1.0, 59.9, 60.0, 72.6, float("nan"), None)
    said = [text.elapsed(value) for value in seconds]
    assert said == ["", "", "1 s", "59 s", "1 min", "1 min 12 s", "", ""]


def test_ages_have_one_unit_and_are_never_negative() -> None:
    """An age is counted in its largest unit; a clock that went back makes it zero."""
    now = datetime(2026, 3, 12, tzinfo=timezone.utc)
    ages = [text.age(now - timedelta(seconds=s), now) for s in (-9, 12, 200, 7_300, 450_000)]
    assert ages == ["0 s", "12 s", "3 min", "2 h", "5 d"]


def test_cleaning_keeps_what_people_write() -> None:
    """Line ends are unified, controls vanish, emoji sequences and Arabic stay as they are."""
    assert text.clean("a\r\nb\rc\x00\x1b[31md\x1b[0m\u202e") == "a\nb\ncd"
    assert text.clean("👩\u200d🚀 قارب") == "👩\u200d🚀 قارب"
    assert text.clean("\ud83d") == "\ufffd"
    assert text.clean(None) == ""


def test_one_line_is_short_and_whole() -> None:
    """White space collapses, the cut is marked, and the limit holds."""
    assert text.one_line(" a \n b\t c ") == "a b c"
    cut = text.one_line("word " * 100, 20)
    assert cut == "word word word word…"
    assert len(text.one_line("x" * 10_000_000, 20)) == 20


def test_a_tail_is_short_whatever_the_log_is() -> None:
    """The last lines with something in them, each cut at its width."""
    assert text.tail("a\n\n b\nc  \n\n", 2) == " b\nc"
    long = text.tail("x" * 1_000_000, 3, 80)
    assert len(long) == 80
    assert long.endswith("…")
    assert text.tail("", 3) == ""


def test_columns_line_up() -> None:
    """Plain tables are left-aligned and have no blanks at line ends."""
    table = text.columns(("a", "b"), [("long", "x"), ("s", "")])
    assert table == "a     b\nlong  x\ns"
