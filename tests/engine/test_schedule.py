"""When to ask next: pure arithmetic."""

from __future__ import annotations

import math
import random
from statistics import mean, median

import pytest

from comet_jupyter.engine import schedule


def follow(run_time: float, past: list[float]) -> tuple[float, int]:
    """Seconds until the end is seen, and the questions asked, without a round trip."""
    elapsed, questions = 0.0, 0
    while elapsed < run_time:
        elapsed += schedule.next_delay(elapsed, past)
        questions += 1
    return elapsed - run_time, questions


def lognormal(count: int, seed: int) -> list[float]:
    """Run times around 4.5 s."""
    draw = random.Random(seed)
    return [4.5 * math.exp(draw.gauss(0, 0.3)) for _ in range(count)]


def test_knowing_past_runs_halves_the_questions() -> None:
    """Thirty past runs find the end about as soon as the fall-back, with half its questions."""
    past, runs = lognormal(30, seed=1), lognormal(200, seed=2)
    learned = [follow(run, past) for run in runs]
    naive = [follow(run, []) for run in runs]
    assert mean(late for late, _ in learned) < 1.2 * mean(late for late, _ in naive)
    assert mean(asked for _, asked in learned) < 0.5 * mean(asked for _, asked in naive)


def test_the_first_question_waits_for_the_quickest_past_run() -> None:
    """Nothing is asked while a run has never ended so soon."""
    assert schedule.next_delay(0.0, [10.0, 10.5, 11.0, 11.5]) > 4.0


@pytest.mark.parametrize("past", [[], [1.0, 1.1, 0.9], [5.0] * 40, [0.5, 60.0, 0.6, 58.0]])
@pytest.mark.parametrize("elapsed", [0.0, 0.01, 1.0, 30.0, 1e4])
def test_delays_are_always_sane(past: list[float], elapsed: float) -> None:
    """Never zero, never for ever, whatever the past looks like."""
    delay = schedule.next_delay(elapsed, past)
    assert 0.1 <= delay <= 31.0


def test_a_mixture_of_warm_and_cold_starts_keeps_both_humps() -> None:
    """Between the humps it asks seldom, inside them often."""
    past = [1.0 + 0.02 * i for i in range(15)] + [40.0 + 0.3 * i for i in range(15)]
    inside_first = schedule.next_delay(1.1, past)
    between = schedule.next_delay(15.0, past)
    assert inside_first < 0.6
    assert between > 2.0


def test_the_prior_has_its_median_and_spread() -> None:
    """Half below the median, a third outside the factor."""
    values = schedule.prior(4.0, 1.5, 99)
    assert median(values) == pytest.approx(4.0)
    inside = sum(4.0 / 1.5 <= value <= 4.0 * 1.5 for value in values)
    assert inside == pytest.approx(68, abs=2)


def test_the_estimate_is_the_rest_of_those_that_took_longer() -> None:
    """After two seconds only the runs longer than that count; alone in the tail there is none."""
    past = [1.0, 3.0, 4.0, 5.0]
    assert schedule.estimate(2.0, past) == pytest.approx(2.0)
    assert schedule.estimate(4.5, past) is None
    assert schedule.estimate(0.0, [1.0]) is None


def test_the_budget_lets_a_burst_through_and_slows_a_crowd() -> None:
    """The burst is free, what comes after waits for the rate; time gives the budget back."""
    now = [0.0]
    budget = schedule.Budget(lambda: now[0], rate=10.0, burst=5.0)
    assert [budget.take() for _ in range(5)] == [0.0] * 5
    assert budget.take() == pytest.approx(0.1)
    assert budget.take() == pytest.approx(0.2)
    now[0] = 60.0
    assert budget.take() == 0.0
    budget.pause(3.0)
    assert budget.take() == pytest.approx(3.1)
