"""When to ask next: pure arithmetic over past run times, no clock and no socket.

A status question pays when the prediction is likely to have ended since the last one. For
run times of a known distribution, the questions that find the end soonest for a given
number of them stand ``∫ √hazard dt = constant`` apart: dense where the run is likely to
end, sparse before and in the tail. The distribution is a kernel estimate over the
logarithms of past run times, each as wide as the way to its neighbours, so that a mixture of
warm and cold starts keeps both humps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

SHORTEST = 0.1
"""Seconds between two questions about one prediction, at least."""

LONGEST = 4.0
"""Seconds between two questions about one prediction, at most."""

SPACING = 0.33
"""The integral of √hazard between two questions; smaller asks more often."""


def prior(median: float, factor: float, count: int = 9) -> list[float]:
    """Run times to begin with: quantiles of a lognormal distribution, in seconds.

    Two of three runs are expected between ``median / factor`` and ``median * factor``.
    """
    normal = NormalDist()
    quantiles = (normal.inv_cdf((index + 0.5) / count) for index in range(count))
    return [median * factor**z for z in quantiles]


def unknown_delay(elapsed: float) -> float:
    """Seconds until the next question when nothing is known of the model's run times.

    Starts at 0.25 s and grows with the time already waited, up to 3 s.
    """
    return min(3.0, max(0.25, elapsed * 0.12))


def retry_delay(troubles: int) -> float:
    """Seconds until the next try after so many failed ones in a row, from 0.5 to 8."""
    return min(8.0, 0.25 * 2.0 ** min(troubles, 5))


def next_delay(elapsed: float, durations: Sequence[float] = ()) -> float:
    """Seconds from now until the next status question.

    Parameters
    ----------
    elapsed : float
        Seconds since the service acknowledged the prediction.
    durations : sequence of float
        Past run times of this model, seconds; a prior counts as such.

    Returns
    -------
    float
        Between `SHORTEST` and `LONGEST`, but the first question may wait for longer than
        that when nothing has ever finished sooner.
    """
    known = [math.log(seconds) for seconds in durations if seconds > 0]
    if len(known) < 3:
        return unknown_delay(elapsed)
    if elapsed > 2.5 * math.exp(max(known)):  # the past says nothing about this one any more
        return unknown_delay(elapsed)
    root_hazard = _root_hazard(known)
    longest = max(LONGEST, 0.5 * math.exp(min(known)) - elapsed)
    step = max(0.01, math.exp(sum(known) / len(known)) / 100)
    total, waited = 0.0, 0.0
    while total < SPACING and waited < longest:
        total += root_hazard(elapsed + waited + step / 2) * step
        waited += step
    return min(longest, max(SHORTEST, waited))


def _root_hazard(logs: Sequence[float]) -> Callable[[float], float]:
    """√hazard at t seconds, from the logarithms of past run times."""
    count = len(logs)
    ordered = sorted(logs)
    widths = [_width(ordered, index) for index in range(count)]

    def root_hazard(t: float) -> float:
        if t <= 0:
            return 0.0
        now = math.log(t)
        z = [(now - x) / width for x, width in zip(ordered, widths, strict=True)]
        bells = sum(math.exp(-0.5 * v * v) / w for v, w in zip(z, widths, strict=True))
        density = bells / (count * t * math.sqrt(2 * math.pi))
        survival = sum(math.erfc(v / math.sqrt(2)) for v in z) / (2 * count)
        return math.sqrt(density / max(survival, 1e-6))

    return root_hazard


def _width(ordered: Sequence[float], index: int) -> float:
    """How far one past run speaks for others: to its neighbours, so that humps stay apart."""
    reach = max(2, round(math.sqrt(len(ordered))))
    first = max(0, min(index - reach // 2, len(ordered) - 1 - reach))
    last = min(len(ordered) - 1, first + reach)
    return max(0.06, (ordered[last] - ordered[first]) / 2)


def estimate(elapsed: float, durations: Sequence[float]) -> float | None:
    """Seconds that are likely left: the median of the past runs that took longer than this.

    None when fewer than three past runs are known or nearly all were over by now.
    """
    longer = sorted(seconds for seconds in durations if seconds > elapsed)
    if len(durations) < 3 or len(longer) < max(2, len(durations) // 10):
        return None
    return longer[len(longer) // 2] - elapsed


class Budget:
    """A bucket of status questions that all predictions of a session share.

    Replicate's published limit is 3,000 calls a minute; the vendor's own is not published.
    A burst is free, a long crowd is slowed to `rate`.

    Parameters
    ----------
    clock : callable
        Monotonic seconds.
    rate : float
        Questions a second in the long run.
    burst : float
        Questions that may be asked at once.
    """

    def __init__(self, clock: Callable[[], float], *, rate: float = 45.0, burst: float = 2500.0):
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._then = clock()

    def take(self) -> float:
        """Takes one question; returns the seconds to wait before asking it."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._then) * self._rate) - 1
        self._then = now
        return max(0.0, -self._left / self._rate)

    def pause(self, seconds: float) -> None:
        """Nobody asks for this long: the service said 429."""
        self._left = min(self._left, -seconds * self._rate)
        self._then = self._clock()
