"""Starting and ending the sandbox as a process of its own.

A process, so that drawing takes nothing from the kernel, and so that client and sandbox share
no line of code.
"""

from __future__ import annotations

import atexit
import os
import re
import subprocess
import sys
from threading import Timer

from ..engine.session import Session
from ..errors import CometError

START_LIMIT = 20.0
"""Seconds within which it must listen."""

_process: subprocess.Popen[str] | None = None
_root = ""
_owner = 0


def start(session: Session) -> str:
    """Starts a sandbox unless one runs, sends this session's requests there; its root URL.

    Raises
    ------
    CometError
        When it does not start.
    """
    global _process, _root, _owner
    if _process is None or _process.poll() is not None:
        # Without the key: neither its environment nor its command line needs one.
        env = {k: v for k, v in os.environ.items() if not re.search("KEY|TOKEN|SECRET", k, re.I)}
        _process = subprocess.Popen(
            [sys.executable, "-m", "comet_jupyter.sandbox", "--port", "0", "--exit-with-parent"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # an interrupt of the kernel is none of its business
        )
        _owner = os.getpid()
        atexit.register(_end)
        _root = _first_line(_process)
    session.use_sandbox(_root)
    return _root


def stop(session: Session) -> None:
    """Ends the sandbox and goes back to the service."""
    session.use_sandbox(None)
    _end()


def _first_line(process: subprocess.Popen[str]) -> str:
    """Waits for the line that names its address."""
    if process.stdout is None:
        raise CometError("the sandbox has no output", "Run `%comet sandbox` again")
    killer = Timer(START_LIMIT, process.kill)
    killer.start()
    try:
        line = process.stdout.readline()
    finally:
        killer.cancel()
    found = re.search(r"http://\S+", line)
    if found is None:
        process.kill()
        said, _ = process.communicate()
        lines = (line + said).strip().splitlines()
        raise CometError(
            f"the sandbox did not start: {lines[-1][:200] if lines else 'it said nothing'}",
            "`python -m comet_jupyter.sandbox --port 0` in a terminal says more",
        )
    return found[0]


def _end() -> None:
    global _process
    process, _process = _process, None
    if process is None or _owner != os.getpid():  # a fork inherits it, and must not end it
        return
    atexit.unregister(_end)
    process.terminate()
    try:
        process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
