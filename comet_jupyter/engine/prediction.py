"""The handle people hold: `Prediction`, in the words of `concurrent.futures`.

A handle shows the newest whole `Record` and waits for the last one. It never talks to the
service: the runner hands it new records and a callable that cancels.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from typing import Any

from ..errors import CometError, PredictionCanceledError, StillRunningError, WaitInterrupted
from ..images import Image, OutputFile
from ..record import FileRef, Record
from ..show import result
from ..wire import logs as wire_logs
from ..wire.state import Progress
from .runner import THREAD

Opener = Callable[[FileRef], OutputFile]
"""Makes the file that a reference names; it reads its bytes when it is asked for them."""


class Prediction:
    """One picture on its way, or there.

    Returned at once by `comet_jupyter.submit` and bound by ``%%comet -o NAME``. Everything
    but `wait`, `result`, `exception`, `images` and `files` answers immediately.

    Examples
    --------
    >>> prediction = comet_jupyter.submit("a paper boat at sunrise")
    >>> prediction.status
    'processing'
    >>> prediction.images[0].save("boat")  # waits
    """

    def __init__(
        self,
        record: Record,
        *,
        open_file: Opener,
        cancel: Callable[[Prediction], None] = lambda prediction: None,
        ending: Callable[[Record], Record] = lambda record: record,
    ) -> None:
        self._record = record
        self.open_file = open_file
        self._cancel = cancel
        self._ending = ending
        self._future: Future[Record] = Future()
        self._listeners: list[Callable[[Prediction], None]] = []
        self._files: tuple[OutputFile, ...] | None = None
        self._process = os.getpid()
        if record.finished:
            self._future.set_result(record)

    # -- what is known now ---------------------------------------------------------------

    @property
    def record(self) -> Record:
        """Everything that is known now, frozen (see `Record`)."""
        return self._record

    @property
    def key(self) -> str:
        """Our own name for it, there before the service gives an `id`."""
        return self._record.key

    @property
    def id(self) -> str:
        """The service's id, empty until it answers."""
        return self._record.id

    @property
    def model(self) -> str:
        """``owner/name``."""
        return self._record.model

    @property
    def input(self) -> Mapping[str, Any]:
        """Every model parameter as sent."""
        return dict(self._record.request.input)

    @property
    def prompt(self) -> str:
        """The prompt as sent."""
        return self._record.request.prompt

    @property
    def status(self) -> str:
        """One word, see `Record.status`."""
        return self._record.status

    @property
    def progress(self) -> float | None:
        """From 0 to 1 by the last progress bar in the logs; None when they have none."""
        progress = self.steps
        return None if progress is None else progress.fraction

    @property
    def steps(self) -> Progress | None:
        """Step and total of the last progress bar in the logs."""
        return wire_logs.progress(self.logs)

    @property
    def logs(self) -> str:
        """What the model has written so far, at most the last 64 kB."""
        return self._record.state.logs

    @property
    def metrics(self) -> dict[str, Any]:
        """Our seconds where known, and whatever the service measured.

        Ours are ``queue_time``, ``run_time``, ``download_time`` and ``total_time``; the
        service's ``predict_time``, ``image_count`` and whatever else.
        """
        record = self._record
        ours = {
            "queue_time": record.state.queue_time,
            "run_time": record.state.run_time,
            "download_time": record.download_time,
            "total_time": record.total_time,
        }
        known = {name: value for name, value in ours.items() if value is not None}
        return {**record.state.metrics, **known}

    @property
    def seed(self) -> int | None:
        """The seed as sent, else as the logs tell it."""
        sent = self._record.request.seed
        return sent if sent is not None else wire_logs.seed(self.logs)

    @property
    def cost(self) -> float | None:
        """US dollars, None when unknown."""
        return self._record.cost

    @property
    def output(self) -> Any:
        """The output as the service gave it; its links live about an hour."""
        return self._record.state.output

    # -- the words of concurrent.futures -------------------------------------------------

    def done(self) -> bool:
        """True when nothing more will happen: pictures are in hand, or it failed."""
        return self._future.done()

    def running(self) -> bool:
        """True until `done`."""
        return not self._future.done()

    def cancelled(self) -> bool:
        """True when it ended canceled or aborted."""
        failure = self._record.failure
        return self.done() and failure is not None and failure.kind == "PredictionCanceledError"

    def cancel(self) -> bool:
        """Stops waiting for it here and asks the service once to stop, too.

        The service documents no way to cancel: the remote run may go on and be charged.

        Returns
        -------
        bool
            False when it was done already.
        """
        if self.done():
            return False
        self._cancel(self)
        return True

    def wait(self, timeout: float | None = None) -> Prediction:
        """Waits until it is done, failed or not, and returns itself.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Raises
        ------
        StillRunningError
            After `timeout` seconds. The prediction goes on.
        WaitInterrupted
            On Ctrl-C or the interrupt button. The prediction goes on.
        """
        if not self.done() and threading.current_thread().name == THREAD:
            raise CometError(
                "a callback cannot wait: it runs on the thread that does the work",
                "Use what the callback is handed, and wait elsewhere",
            )
        if not self.done() and os.getpid() != self._process:
            raise StillRunningError(
                "this prediction is followed by the process that submitted it, not by its fork",
                f"comet_jupyter.get({self.key[:12]!r}) follows it here",
            )
        try:
            self._future.result(timeout)
            return self
        except FutureTimeoutError:
            late = True
        except KeyboardInterrupt:
            late = False
        name = self.id or self.key[:12]
        if late:
            raise StillRunningError(
                f"{name} is still {self.status} after {timeout:g} s",
                f"It goes on: `%comet wait {name}`, or .wait() again",
            )
        raise WaitInterrupted(
            f"stopped waiting; {name} goes on", f"`%comet show {name}` or `%comet cancel {name}`"
        )

    def result(self, timeout: float | None = None) -> tuple[Image, ...]:
        """Waits, and returns its pictures.

        Raises
        ------
        CometError
            What went wrong, when it failed.
        StillRunningError, WaitInterrupted
            As `wait`.
        """
        error = self.exception(timeout)
        if error is not None:
            raise error
        return tuple(file for file in self._opened() if isinstance(file, Image))

    def exception(self, timeout: float | None = None) -> CometError | None:
        """Waits, and returns what went wrong, None when nothing did."""
        failure = self.wait(timeout)._record.failure
        return None if failure is None else failure.error()

    @property
    def images(self) -> tuple[Image, ...]:
        """Its pictures; waits, and raises what went wrong."""
        return self.result()

    @property
    def files(self) -> tuple[OutputFile, ...]:
        """All its output files, those that are no pictures too; waits."""
        error = self.exception()
        if error is not None:
            raise error
        return self._opened()

    def add_done_callback(self, callback: Callable[[Prediction], object]) -> None:
        """Calls ``callback(prediction)`` when it is done, at once when it is already.

        The call comes from the background thread: keep it short, and print nothing there.
        """
        self._future.add_done_callback(lambda future: callback(self))

    def __await__(self) -> Generator[Any, None, tuple[Image, ...]]:
        """``await prediction`` gives its pictures, on any asyncio loop."""
        yield from self.ended().__await__()
        return self.result()

    async def ended(self) -> None:
        """Returns when it is done, failed or not, on any asyncio loop."""
        # The shield keeps a canceled cell from canceling the future that others wait on.
        await asyncio.shield(asyncio.wrap_future(self._future))

    # -- the runner's side -----------------------------------------------------------------

    def listen(self, listener: Callable[[Prediction], None]) -> None:
        """Calls ``listener(prediction)`` after every change, on the background thread."""
        self._listeners.append(listener)

    def advance(self, record: Record) -> None:
        """Takes a newer record; the one that is `finished` is the last."""
        if self._future.done():
            return
        self._record = self._ending(record) if record.finished else record
        if record.finished:
            self._future.set_result(self._record)
            listeners, self._listeners = self._listeners, []
        else:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(self)

    def _opened(self) -> tuple[OutputFile, ...]:
        if self._files is None:
            about = self._record.public()
            opened = (self.open_file(file) for file in self._record.files)
            self._files = tuple(replace(file, about=about) for file in opened)
        return self._files

    # -- how it looks ------------------------------------------------------------------------

    def __repr__(self) -> str:
        name = self.id or self.key[:12]
        return f"<Prediction {name} {self.status}: {self.model}>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return result.representation((self._record,), self.open_file)


def canceled_error(record: Record) -> PredictionCanceledError:
    """What a cancel leaves behind that was not confirmed, in honest words."""
    name = record.id[:8] or record.key[:8]
    if record.sandbox:
        cause = f"stopped waiting for {name}; the sandbox may still finish it"
    else:
        cause = (
            f"stopped waiting for {name}; the service has no cancel, so it may still finish and "
            "be charged"
        )
    return PredictionCanceledError(cause, f"`%comet resume {name}` looks for its result later")
