"""``python -m comet_jupyter.sandbox``: the sandbox as a process of its own.

When it listens, it writes one line to standard output, with its address at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Sequence

from .server import SandboxServer

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m comet_jupyter.sandbox",
        description="CometAPI's predictions, played locally: no key, no cost, drawn pictures.",
    )
    parser.add_argument("--port", type=int, default=8765, help="0 takes any free port")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--speed", type=_positive, default=1.0, metavar="X", help="divide all durations by X"
    )
    parser.add_argument(
        "--rate", type=_count, metavar="N", help="accept N creates a minute, answer 429 beyond"
    )
    parser.add_argument(
        "--status-code", type=int, default=200, metavar="N", help="status of an accepted create"
    )
    parser.add_argument(
        "--enveloped", action="store_true", help='wrap answers in {"code": "success", "data": …}'
    )
    parser.add_argument(
        "--cancel", action="store_true", help="offer the cancel route, which is undocumented"
    )
    parser.add_argument(
        "--exit-with-parent",
        action="store_true",
        help="end when standard input ends: start it with a pipe, and it ends with whoever holds"
        " the other end, however that one ended",
    )
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def _stop_at_end_of_input(server: SandboxServer) -> None:
    # os.read, not sys.stdin: a thread inside sys.stdin holds its lock at interpreter exit
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            continue
    server.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal, or until standard input ends if so asked."""
    options = _parser().parse_args(arguments)
    server = SandboxServer(
        options.port,
        options.host,
        speed=options.speed,
        status_code=options.status_code,
        enveloped=options.enveloped,
        cancel=options.cancel,
        rate=options.rate,
    )

    try:
        server.listen()
    except OSError as error:
        # the standard library appends the address, which our sentence has already
        reason = (error.strerror or str(error)).partition(" (while")[0]
        sys.stderr.write(
            f"The sandbox cannot listen on {options.host}:{options.port} ({reason}):"
            " choose another --port, or 0 for any free one.\n"
        )
        return 1
    signal.signal(signal.SIGTERM, lambda number, frame: server.stop())
    if options.exit_with_parent:
        threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    sys.stdout.write(f"comet_jupyter sandbox on {server.url}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
