"""Server processes that end with pytest, also when pytest is killed."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

# Run in between, then replaced by the command itself, so the process id stays the same.
# A preexec_fn would do the same, but Python 3.12 warns about it in a process with threads.
_TIE = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[1]):
    sys.exit("pytest is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


def tied_to_us(command: Sequence[str]) -> list[str]:
    """The command, ended by the kernel when this process ends; unchanged outside of Linux."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-c", _TIE, str(os.getpid()), *command]


class ServerProcess:
    """A process of its own session whose output is kept and can be waited for."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None
    ) -> None:
        self.lines: list[str] = []
        self._fresh: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            tied_to_us(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        # Reads to the end: a full pipe would stop the server.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        """Everything the process has written so far."""
        return "\n".join(self.lines)

    def wait_for_line(self, text: str, timeout: float = 60.0) -> str:
        """The first unread line that holds `text`; fails with the log after `timeout` seconds."""
        while True:
            try:
                line = self._fresh.get(timeout=timeout)
            except queue.Empty:
                line = None
            if line is None:
                raise RuntimeError(f"the server never wrote {text!r}:\n{self.log}")
            if text in line:
                return line

    def stop(self, timeout: float = 20.0) -> None:
        """Asks the process to end, then makes it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self._reader.join(timeout)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._fresh.put(self.lines[-1])
        self._fresh.put(None)
