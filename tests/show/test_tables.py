"""Lists of predictions and of settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from comet_jupyter.record import Record
from comet_jupyter.show import key_value_table, status_table

Make = Callable[..., Record]
Read = Callable[[str], Any]


def test_a_status_table_names_what_one_looks_for(make: Make, read: Read, start: datetime) -> None:
    """State, model, prompt, seed, age and id, in plain columns and in a table."""
    bundle = status_table([make(), make("processing", seed=None)], start + timedelta(seconds=75))
    head, first, second = bundle["text/plain"].splitlines()
    assert head.split() == ["state", "model", "prompt", "seed", "age", "id"]
    assert first.split()[:2] == ["succeeded", "flux-dev"]
    assert "A paper boat floating" in first
    assert first.endswith("7      1 min  q4chw5rey9rmt0cww76t4h3ma4")
    assert "60392" in second
    seen = read(bundle["text/html"])
    assert seen.tags.count("tr") == 3
    assert "A paper boat floating" in seen.text


def test_a_prompt_takes_one_line(make: Make, start: datetime) -> None:
    """Prompts of several lines or any length stay on their row."""
    bundle = status_table([make(prompt="a\nb " * 500)], start)
    assert len(bundle["text/plain"].splitlines()) == 2
    assert "…" in bundle["text/plain"]


def test_prompts_find_their_own_direction(make: Make, start: datetime) -> None:
    """Right-to-left prompts are laid out as such, without turning the table around."""
    assert 'dir="auto">قارب' in status_table([make(prompt="قارب ورقي")], start)["text/html"]


def test_long_lists_are_cut_and_counted(make: Make, start: datetime) -> None:
    """Two hundred rows are shown of ten thousand, the rest is a number."""
    bundle = status_table([make()] * 10_000, start)
    assert bundle["text/plain"].endswith("and 9,800 more")
    assert len(bundle["text/plain"].splitlines()) == 202


def test_an_empty_list_says_so(start: datetime) -> None:
    """No rows, no empty table."""
    bundle = status_table([], start)
    assert bundle["text/plain"] == "no predictions yet"
    assert "<table" not in bundle["text/html"]


def test_settings_show_value_and_origin(read: Read) -> None:
    """Each setting has its row, its value and where the value came from."""
    rows = [("model", "flux-dev", "default"), ("key", "configured", "COMETAPI_KEY")]
    bundle = key_value_table(rows)
    assert bundle["text/plain"].splitlines() == [
        "setting  value       origin",
        "model    flux-dev    default",
        "key      configured  COMETAPI_KEY",
    ]
    assert "COMETAPI_KEY" in read(bundle["text/html"]).text
    assert key_value_table([], ("check", "result", "remedy"))["text/plain"] == "nothing to show"
