"""How far one exchange has come, whatever stopped it; knows no transport."""

from __future__ import annotations

from collections.abc import Mapping
from traceback import clear_frames
from typing import Any

from .body import Body
from .reply import Fault, Reply


class Attempt:
    """How far an exchange has come; outlives its task when that is stopped."""

    def __init__(self) -> None:
        self.sent = False
        self.is_reused = True
        self.is_done = False
        self.is_cut_off = False
        self.is_refusal = False
        self.is_too_large = False
        self.trouble = ""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body: Body | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What the transport reports of its steps: a new socket, the first byte of ours."""
        if event == "connection.connect_tcp.started":
            self.is_reused = False
        elif event == "http11.send_request_headers.started":
            # A tunnel begins with a request of its own, which is not yet ours.
            self.sent = self.sent or info["request"].method != b"CONNECT"

    def outcome(self, late: str) -> Reply | Fault:
        """The answer as far as it came, or why there is none."""
        trouble = "" if self.is_done else self.trouble or late
        if not self.status:
            return Fault(self.sent, trouble, self.is_refusal)
        body = bytes(self.body.data) if self.body is not None else b""
        return Reply(self.status, self.headers, body, trouble, self.is_too_large)


def let_go(error: BaseException) -> None:
    """Empties the frames that an error came through.

    They form circles with it, here and in the transport, and would keep the request's body until
    the next garbage collection.
    """
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            clear_frames(one.__traceback__)
            left += [one.__cause__, one.__context__]
