"""What a session knows of its service before anything is sent: run times, models and prices."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timezone

from ..errors import CometError, SettingsError, WaitInterrupted
from ..record import Record
from ..wire.catalogue import Entry
from . import schedule
from .catalogue import Catalogue, keep, packaged, recall
from .choices import SANDBOX, Explicit
from .naming import Naming
from .prediction import Prediction
from .prices import NO_CHARGE, Known, Price
from .runner import THREAD


class Estimates(Naming):
    """How long a prediction will take, what it will cost, and which models there are."""

    def __init__(self, explicit: Explicit) -> None:
        super().__init__(explicit)
        self._prices.recall = self._recall

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

    # -- prices ----------------------------------------------------------------------------

    def price(self, model: str) -> Price | None:
        """What one request to a model (``owner/name``) costs, by what is known here already.

        At once, without a question to anybody; None when unknown (see `learn_prices`).

        Raises
        ------
        SettingsError
            When the service's address is malformed.
        """
        return NO_CHARGE if self._is_sandbox else self._prices.of(self._service, model)

    def known_price(self, model: str, timeout: float = 3.0) -> Price | None:
        """What one request to a model costs; waits a little for a catalogue that may tell.

        Parameters
        ----------
        model : str
            ``owner/name`` or an alias.
        timeout : float
            Seconds to wait when the price is not known yet; 0 asks nobody.

        Returns
        -------
        Price or None
            None when it is unknown still. `NO_CHARGE` at once for the sandbox.

        Raises
        ------
        UnknownNameError
            For a name without slash that is no alias.
        SettingsError
            When the service's address is malformed.
        WaitInterrupted
            On Ctrl-C or the interrupt button.
        """
        return self.known_prices([model], timeout)[0]

    def known_prices(self, models: Sequence[str], timeout: float = 3.0) -> list[Price | None]:
        """`known_price` of several models, with one wait for all."""
        names = [self.resolve_model(model) for model in models]
        if timeout > 0 and names and not self._is_sandbox:
            self.learn_prices()
            if any(self.price(name) is None for name in names):
                self._await_catalogue(timeout)
        return [self.price(name) for name in names]

    def learn_prices(self, done: Callable[[], object] | None = None) -> None:
        """Asks the service's public catalogue in the background, without the key.

        Nothing is asked while a question is under way, within an hour of an answer (which an
        earlier session may have had) or five minutes of a failure, and never of the sandbox. A
        failure is silent: prices stay as they were. An answer is told to those who `listen`.

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
        if not self._is_sandbox:
            with suppress(CometError):  # the thread has ended, which the next submit reports
                self._ask(self._tell, done)

    # -- the catalogue ---------------------------------------------------------------------

    def catalogue(self, timeout: float = 5.0) -> Catalogue:
        """The models that there are: what the service lists, as far as it can be learned.

        One answer is good for an hour, for all kernels on this store. Where there is none, an
        older one is given, else the list of the package, with the reason. Asked without the key.

        Parameters
        ----------
        timeout : float
            Seconds to wait for an answer; 0 asks nobody.

        Raises
        ------
        SettingsError
            When the service's address is malformed.
        WaitInterrupted
            On Ctrl-C or the interrupt button.
        """
        service, trouble = self._service, ""
        if timeout > 0:
            try:
                self._ask(self._tell, insist=True)
                if not self._await_catalogue(timeout):
                    trouble = f"no answer within {timeout:g} s"
            except CometError as error:  # the session, or its thread, has ended
                trouble = error.cause
        known, failed = self._prices.known(service)
        if known is None:
            return packaged(trouble or failed)
        origin = "sandbox" if self._is_sandbox else "service"
        return Catalogue(origin, known.taken_at, trouble or failed, tuple(known.entries))

    def _ask(self, *done: Callable[[], object] | None, insist: bool = False) -> None:
        """Begins a question where one is due."""
        now, service, is_sandbox = self.settings, self._service, self._is_sandbox
        if not self._prices.begin(service, *done, insist=insist):
            return

        def keep_copy(entries: Sequence[Entry]) -> None:
            if not is_sandbox:
                keep(now.home.value, service, entries, datetime.now(timezone.utc))

        key = self._choices.key_of(now.root.value)
        try:
            self.background.learn_prices(now.root.value, now.prefix.value, key, keep_copy)
        except CometError:
            self._prices.release(service)
            raise

    def _await_catalogue(self, timeout: float) -> bool:
        """True when no question is under way any more, after so many seconds at most."""
        question = self._prices.question(self._service)
        if question is None or threading.current_thread().name == THREAD:
            return question is None
        try:
            return question.wait(timeout)
        except KeyboardInterrupt:
            pass
        raise WaitInterrupted("stopped waiting for the service's list of models and prices")

    def _recall(self, service: str) -> Known | None:
        try:
            home = self.settings.home.value
        except SettingsError:  # typed wrong just now, which ends nothing that is under way
            return None
        copy = recall(home, service, datetime.now(timezone.utc))
        return None if copy is None else Known(copy[1], copy[0])

    @property
    def _service(self) -> str:
        now = self.settings
        return now.root.value + now.prefix.value

    @property
    def _is_sandbox(self) -> bool:
        return self.settings.root.origin == SANDBOX
