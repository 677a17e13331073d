"""Generate: the only thing in the panel that spends, once for each click that is meant.

A double click, clicks that queued while the kernel was busy, and clicks in two views of one
panel are one click.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

from ...engine.prediction import Prediction
from ...engine.session import Session
from ...errors import CometError, InputError
from .composer import Composer

GUARD = 0.8
"""Seconds after a click in which another one is the same click."""

QUIET = 0.1
"""Seconds without a change after which the form counts as typed."""

HELD_BACK = 0.35
"""The same where something was typed right before the click: a page whose text was not yet
acknowledged holds the next one back until then, and sends the click at once."""

LONGEST = 2.0
"""Seconds after which a click is carried out although the form still changes."""


class Sender:
    """Takes clicks on Generate and submits the form.

    Lives on the loop that changes widgets.

    Parameters
    ----------
    session : Session
    composer : Composer
    on_click : callable
        Called at once for a click that counts.
    on_sent : callable
        Called with the handles of what was sent.
    """

    def __init__(
        self,
        session: Session,
        composer: Composer,
        on_click: Callable[[], object],
        on_sent: Callable[[Sequence[Prediction]], object],
    ) -> None:
        self._session = session
        self._composer = composer
        self._on_click = on_click
        self._on_sent = on_sent
        self._last_click = -GUARD
        self._sending: asyncio.Task[None] | None = None

    def click(self, moment: float) -> None:
        """Takes a click of this moment, unless it belongs to the one before."""
        busy = self._sending is not None and not self._sending.done()
        if busy or moment - self._last_click < GUARD:
            return
        self._last_click = moment
        self._composer.show_sending(True)
        self._sending = asyncio.get_running_loop().create_task(self._send(moment))
        self._on_click()

    def close(self) -> None:
        """Nothing more is sent."""
        if self._sending is not None:
            self._sending.cancel()

    async def _send(self, moment: float) -> None:
        quiet = HELD_BACK if moment - self._composer.typed_at < 2 * QUIET else QUIET
        await asyncio.sleep(QUIET)
        while monotonic() < min(moment + LONGEST, self._composer.typed_at + quiet):  # noqa: ASYNC110
            await asyncio.sleep(QUIET)
        try:
            predictions = self._submit()
        except CometError as error:
            self._composer.note(f"{error.cause}. {error.remedy}")
        except Exception as error:  # noqa: BLE001 (the button must come back, and say why)
            self._composer.note(f"nothing was sent: {type(error).__name__}: {str(error)[:200]}")
        else:
            self._show(predictions)
        await asyncio.sleep(max(0.0, self._last_click + GUARD - monotonic()))
        self._composer.show_sending(False)

    def _submit(self) -> list[Prediction]:
        refuse_keys(self._session, self._composer.texts())
        form = self._composer.read()
        request = form.request()
        if not request.prompt.strip():
            raise InputError("there is no prompt", "Write what should be in the picture")
        requests = self._session.complete(request, form.count, form.fixed_seed)
        return self._session.submit(*requests)

    def _show(self, predictions: Sequence[Prediction]) -> None:
        try:
            self._composer.sent([prediction.seed for prediction in predictions])
            self._on_sent(predictions)
        except Exception as error:  # noqa: BLE001 (nobody must think that nothing was sent)
            said = f"{type(error).__name__}: {str(error)[:200]}"
            self._composer.note(f"sent; the panel failed to show it: {said}")


def refuse_keys(session: Session, texts: Sequence[str]) -> None:
    """Raises `InputError` when an API key stands among what was typed."""
    if any(map(session.is_secret, texts)):
        raise InputError(
            "an API key stands in the form; it was not sent and not kept",
            "Delete it there, and consider the key as seen",
        )
