"""What a request may hold, and the bytes it becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from wire.speaker import MODEL

from comet_jupyter.errors import InputError
from comet_jupyter.wire.request import PredictionRequest


def deep(levels: int) -> list[Any]:
    """A list in a list in a list."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def test_the_body_is_what_was_typed() -> None:
    """Text of every script arrives as UTF-8, unescaped."""
    body = PredictionRequest(MODEL, {"prompt": "ein Boot, 船, 🛶"}).body()
    assert "🛶" in body.decode()
    assert json.loads(body) == {"input": {"prompt": "ein Boot, 船, 🛶"}}


@pytest.mark.parametrize(
    "value",
    [float("nan"), b"bytes", {1, 2}, "\ud800", deep(100_000), {1: 2, "1": 3}, [{(1, 2): 3}]],
    ids=type,
)
def test_what_has_no_json_form_is_refused(value: Any) -> None:
    """Every value that JSON cannot hold is one error in one line, however it fails."""
    with pytest.raises(InputError) as caught:
        PredictionRequest(MODEL, {"prompt": value}).body()
    assert "cannot be written as JSON" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_that_are_no_text_are_written_as_json_does() -> None:
    """A table by numbers is an object by their digits."""
    body = PredictionRequest(MODEL, {"table": {True: "a", 2: "b", None: [{0.5: 1}]}}).body()
    assert json.loads(body)["input"]["table"] == {"true": "a", "2": "b", "null": [{"0.5": 1}]}
