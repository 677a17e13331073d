"""Runs a command where there is no network: ``python no_network.py COMMAND ...``.

In a network namespace of its own with nothing in it but a loopback interface, over which a
notebook's client talks to its kernel: no route leads anywhere, and no server of another
process can be reached. Where the system grants no namespace (other systems than Linux, some
containers) every connection that Python code opens is refused instead; kernels and their
clients connect below Python, in ZeroMQ.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
import tempfile
from pathlib import Path

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1

_REFUSE = """
import socket

def refuse(self, *address):
    raise ConnectionRefusedError("there is no network here")

socket.socket.connect = socket.socket.connect_ex = refuse
"""


def enter_namespace() -> bool:
    """Leaves every network; False where the system does not allow it."""
    if sys.platform != "linux":
        return False
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) != 0:
        if libc.unshare(_NEW_USER | _NEW_NETWORK) != 0:
            return False
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    return _raise_loopback()


def _raise_loopback() -> bool:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            asked = struct.pack("16sh14x", b"lo", 0)
            answer = fcntl.ioctl(any_socket, _GET_FLAGS, asked)
            (flags,) = struct.unpack("16xh14x", answer)
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))
        except OSError:
            return False
    return True


def refuse_in_python() -> None:
    """Has every Python started from here refuse to connect."""
    folder = Path(tempfile.mkdtemp())
    (folder / "sitecustomize.py").write_text(_REFUSE)
    path = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), path)))


if __name__ == "__main__":
    if not enter_namespace():
        refuse_in_python()
    os.execvp(sys.argv[1], sys.argv[1:])
