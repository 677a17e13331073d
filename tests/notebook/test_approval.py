"""Before money is spent: limits that hold, and a question that is answered with yes."""

from __future__ import annotations

import pytest

from comet_jupyter.engine.occurrences import NOWHERE
from comet_jupyter.errors import CostLimitError, KeyMissingError
from comet_jupyter.notebook import approval
from comet_jupyter.notebook.approval import Estimate
from comet_jupyter.wire.request import PredictionRequest

SCHNELL = "black-forest-labs/flux-schnell"
TWENTY = Estimate(served=0, made=20, total=0.06, is_estimated=True, words="20 × ~$0.003 = ~$0.06")
FREE = Estimate(served=0, made=20)
UNKNOWN = Estimate(served=0, made=20, unpriced=("flux-dev",))
THERE = Estimate(served=20, made=0)


@pytest.mark.parametrize("found", [TWENTY, FREE, THERE])
@pytest.mark.parametrize("limit", [None, float("inf"), 0.06])
def test_what_is_within_the_limit_passes(found: Estimate, limit: float | None) -> None:
    """Also exactly at it, and what costs nothing whatever the limit."""
    approval.within(limit, "--max-cost", found)


def test_no_limit_needs_no_price() -> None:
    """Nobody asked for one."""
    approval.within(None, "--max-cost", UNKNOWN)
    approval.within(float("inf"), "--max-cost", UNKNOWN)


def test_a_limit_of_exactly_the_estimate_holds_it() -> None:
    """Twelve times 0.003 is 0.036, whatever binary fractions make of it."""
    twelve = Estimate(0, 12, total=0.003 * 12, is_estimated=True, words="12 × ~$0.003 = ~$0.036")
    assert twelve.total > 0.036
    approval.within(0.036, "--max-cost", twelve)
    with pytest.raises(CostLimitError):
        approval.within(0.035, "--max-cost", twelve)


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_a_limit_that_is_no_sum_allows_nothing(limit: float) -> None:
    """A configured one may be any number."""
    with pytest.raises(CostLimitError, match="nothing was sent"):
        approval.within(limit, "CometMagics.max_cost_per_cell", TWENTY)
    approval.within(limit, "CometMagics.max_cost_per_cell", FREE)


def test_what_is_above_the_limit_is_refused_with_the_option_that_allows_it() -> None:
    """The estimate, the limit and who set it, and a sum that would do."""
    with pytest.raises(CostLimitError) as caught:
        approval.within(0.05, "CometMagics.max_cost_per_cell", TWENTY)
    assert str(caught.value).startswith(
        "20 × ~$0.003 = ~$0.06 is more than CometMagics.max_cost_per_cell = $0.05; nothing was sent"
    )
    assert caught.value.remedy.endswith("--max-cost 0.06")


def test_a_limit_that_cannot_be_checked_is_no_limit_kept() -> None:
    """Without a price nothing is sent, and the way out is named."""
    with pytest.raises(CostLimitError, match="nobody knows what flux-dev costs") as caught:
        approval.within(1.0, "--max-cost", UNKNOWN)
    assert caught.value.remedy.endswith("--max-cost none")


@pytest.mark.parametrize(("found", "most"), [(TWENTY, 20), (FREE, 0), (THERE, 0), (UNKNOWN, 64)])
def test_few_or_free_pictures_need_no_question(found: Estimate, most: int) -> None:
    """Nobody is asked, so nobody has to be there."""
    approval.confirmed(found, most, None)


@pytest.mark.parametrize("answer", ["y", "Y", " yes "])
def test_yes_is_yes(answer: str) -> None:
    """The question tells number and price."""
    asked: list[str] = []
    approval.confirmed(TWENTY, 16, lambda text: asked.append(text) or answer)  # type: ignore[func-returns-value]
    assert asked == ["Make 20 pictures, 20 × ~$0.003 = ~$0.06? [y/N] "]


@pytest.mark.parametrize("answer", ["", "n", "yeah no", "ye"])
def test_anything_else_is_no(answer: str) -> None:
    """Enter alone, too."""
    with pytest.raises(CostLimitError, match="nothing was sent"):
        approval.confirmed(TWENTY, 16, lambda text: answer)


@pytest.mark.parametrize("error", [EOFError(), RuntimeError("no input here")])
def test_a_question_that_cannot_be_put_is_answered_with_no(error: Exception) -> None:
    """The end of the input, or a front end that has none after all."""

    def ask(text: str) -> str:
        raise error

    with pytest.raises(CostLimitError, match="nothing was sent"):
        approval.confirmed(TWENTY, 16, ask)


def test_an_interrupted_question_is_an_interrupted_cell() -> None:
    """It passes on, and nothing is approved."""

    def ask(text: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        approval.confirmed(TWENTY, 16, ask)


def test_where_nobody_can_answer_it_is_refused() -> None:
    """With the option that says yes beforehand."""
    with pytest.raises(CostLimitError, match="nobody is here to ask") as caught:
        approval.confirmed(UNKNOWN, 16, None)
    assert "--yes" in caught.value.remedy


def test_an_estimate_asks_the_catalogue_and_leaves_out_what_is_there(foreign_service, session):
    """By the service's list; results that would be served are free."""
    wanted = [PredictionRequest(SCHNELL, {"prompt": "a boat", "seed": n}) for n in range(3)]
    found = approval.estimate(session, wanted, cache="auto", place=NOWHERE)
    assert (found.served, found.made, found.words) == (0, 3, "3 × ~$0.003 = ~$0.009")
    session.submit(wanted[0])[0].result()
    found = approval.estimate(session, wanted, cache="auto", place=NOWHERE)
    assert (found.served, found.made, found.words) == (1, 2, "2 × ~$0.003 = ~$0.006")
    assert foreign_service.creates[1:] == []


def test_nobody_is_asked_for_what_cannot_be_sent(session):
    """Without a key the answer would be for nothing; who only looks needs none."""
    wanted = [PredictionRequest(SCHNELL, {"prompt": "a boat", "seed": 1})]
    with pytest.raises(KeyMissingError):
        approval.estimate(session, wanted, cache="auto", place=NOWHERE)
    found = approval.estimate(session, wanted, cache="auto", place=NOWHERE, only_looking=True)
    assert found.made == 1


def test_an_estimate_of_two_models_is_a_sum(foreign_service, session):
    """And a lower bound when one of them has no price."""
    other = PredictionRequest("somebody/else", {"prompt": "a boat"})
    known = PredictionRequest(SCHNELL, {"prompt": "a boat"})
    found = approval.estimate(session, [known, other], cache="auto", place=NOWHERE)
    assert found.words == "at least ~$0.003"
    assert found.unpriced == ("somebody/else",)
    assert not found.is_free
