"""What it will cost, in words."""

from __future__ import annotations

from typing import Any

import pytest

from comet_jupyter.show.price import price


@pytest.mark.parametrize(
    ("amount", "count", "estimated", "said"),
    [
        (0.003, 1, True, "~$0.003"),
        (0.003, 1, False, "$0.003"),
        (0.003, 3, True, "3 × ~$0.003 = ~$0.009"),
        (0.04, 1200, False, "1,200 × $0.04 = $48.00"),
        (0.0, 1, False, "no charge"),
        (0.0, 9, False, "no charge"),
        (0.0, 1, True, "~$0.00"),
        (None, 1, True, ""),
        (None, 3, False, ""),
        (0.003, 0, True, ""),
        (0.003, -1, True, ""),
        (-1.0, 1, False, ""),
        (float("nan"), 2, True, ""),
        (1e308, 100, False, ""),
    ],
)
def test_a_price_is_said_for_one_and_for_many(
    amount: Any, count: int, estimated: bool, said: str
) -> None:
    """One price, or the sum with its parts; free is said, and what is unknown or odd is not."""
    assert price(amount, count, estimated) == said
