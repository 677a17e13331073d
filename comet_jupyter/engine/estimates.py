"""What a session knows of its service before anything is sent: run times and prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import CometError
from ..record import Record
from . import schedule
from .choices import SANDBOX
from .prediction import Prediction
from .prices import NO_CHARGE, Price
from .resources import Resources


class Estimates(Resources):
    """How long a prediction will take, and what it will cost."""

    def durations(self, record: Record) -> Sequence[float]:
        """Past run times of its model in seconds, a prior while there are few."""
        return self._run_times.of(record)

    def time_left(self, prediction: Prediction, elapsed: float) -> float | None:
        """Seconds that a running prediction will probably take still, by past runs."""
        return schedule.estimate(elapsed, self.durations(prediction.record))

    def reach(self) -> str:
        """Asks the service's public catalogue, without the key; says what answered.

        Raises
        ------
        ServiceError
            When it cannot be reached.
        """
        now = self.settings
        key = self._choices.key_of(now.root.value)
        return self.background.reach(now.root.value, now.prefix.value, key)

    def price(self, model: str) -> Price | None:
        """What one request to a model (``owner/name``) costs, by what is known here already.

        At once, without a question to anybody; None when unknown (see `learn_prices`).

        Raises
        ------
        SettingsError
            When the service's address is malformed.
        """
        now = self.settings
        if now.root.origin == SANDBOX:
            return NO_CHARGE
        return self._prices.of(now.root.value + now.prefix.value, model)

    def learn_prices(self, done: Callable[[], object] | None = None) -> None:
        """Asks the service's public catalogue in the background, without the key.

        Nothing is asked while a question is under way, within an hour of an answer or five
        minutes of a failure, and never of the sandbox. A failure is silent: prices stay as
        they were. An answer is told to those who `listen`.

        Parameters
        ----------
        done : callable, optional
            Called on the background thread, too, once when the question that is under way after
            this call has brought an answer; not when there is none, or it fails. So call this
            first, then `price`.

        Raises
        ------
        SettingsError
            When the service's address is malformed.
        """
        now = self.settings
        service = now.root.value + now.prefix.value
        if now.root.origin == SANDBOX or not self._prices.begin(service, self._tell, done):
            return
        key = self._choices.key_of(now.root.value)
        try:
            self.background.learn_prices(now.root.value, now.prefix.value, key)
        except CometError:  # the thread has ended, which the next submit reports
            self._prices.release(service)
