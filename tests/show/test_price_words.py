"""What it will cost, in words."""

from __future__ import annotations

from typing import Any

import pytest

from comet_jupyter.show.price import price, spent


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


@pytest.mark.parametrize(
    ("cost", "counts", "said"),
    [
        (0.0, {"pictures": 0, "charged": 0}, ""),
        (0.0, {"pictures": 3, "charged": 0}, "no charge"),
        (0.012, {"pictures": 4, "charged": 4, "estimated": True}, "~$0.012"),
        (0.012, {"pictures": 5, "charged": 4}, "$0.012"),
        (0.012, {"pictures": 4, "charged": 4, "unknown": 1, "estimated": True}, "at least ~$0.012"),
        (0.0, {"pictures": 4, "charged": 4, "unknown": 4}, ""),
        (0.0, {"pictures": 1, "charged": 1, "estimated": True}, "~$0.00"),
        (float("nan"), {"pictures": 1, "charged": 2, "unknown": 1}, ""),
    ],
)
def test_what_was_spent_is_said_as_far_as_it_is_known(
    cost: float, counts: dict[str, Any], said: str
) -> None:
    """Known costs as a sum, a least sum when some are unknown, nothing when all are."""
    assert spent(cost, **counts) == said
