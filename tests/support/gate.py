"""A gate between a test and code in another process: no sleeps, no files to look for.

The code in the kernel calls ``pass_gate("name")`` and stands still there until the test opens
the gate; the test can wait until somebody stands before it.
"""

from __future__ import annotations

import socket
import threading

_CODE = """
def pass_gate(name, timeout=60):
    import socket
    with socket.create_connection(("127.0.0.1", {port}), timeout=timeout) as gate:
        gate.sendall(name.encode() + b"\\n")
        gate.recv(1)
"""


class Gate:
    """A loopback server; every connection is somebody who stands before a named gate."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._changed = threading.Condition()
        self._arrived: set[str] = set()
        self._opened: set[str] = set()
        self._closing = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def code(self) -> str:
        """Python source that defines ``pass_gate(name)`` in the other process."""
        return _CODE.format(port=self._server.getsockname()[1])

    def wait_reached(self, name: str, timeout: float = 30.0) -> None:
        """Returns as soon as somebody stands (or stood) before the gate."""
        with self._changed:
            if not self._changed.wait_for(lambda: name in self._arrived, timeout):
                raise TimeoutError(f"nobody came to the gate {name!r} in {timeout} s")

    def open(self, name: str) -> None:
        """Lets everybody pass who stands before the gate or comes later."""
        with self._changed:
            self._opened.add(name)
            self._changed.notify_all()

    def close(self) -> None:
        """Opens every gate and ends the server."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        # close() alone does not wake a thread that sits in accept().
        socket.create_connection(self._server.getsockname()).close()
        self._thread.join()
        self._server.close()

    def _accept(self) -> None:
        while True:
            connection, _ = self._server.accept()
            if self._closing:
                connection.close()
                return
            threading.Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection: socket.socket) -> None:
        with connection, connection.makefile("r", encoding="utf-8") as lines:
            name = lines.readline().rstrip("\n")
            with self._changed:
                self._arrived.add(name)
                self._changed.notify_all()
                self._changed.wait_for(lambda: name in self._opened or self._closing)
