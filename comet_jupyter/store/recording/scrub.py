"""What is taken out of a text before it goes into a folder that others will read. Pure.

What a recording holds is in ``texts.py``; the key of a session has its own way of being
taken out (``key.py``), which is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from ...key import REMOVED
from ...wire.text import Redact

ADDRESS = "[address removed]"
"""What stands for an address that was taken out."""

FOLDER = "…"
"""What stands for a folder that was taken out; for a home it is ``~``."""

_REST = r"[^\s\"'<>]*"
_LINK = re.compile(rf"\b[a-z][a-z0-9+.-]{{1,20}}(?:://|:\\/\\/|%3a%2f%2f){_REST}", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{20,}|(?:hf|r8)_[A-Za-z0-9]{20,}|gh[oprsu]_[A-Za-z0-9]{30,}"
    r"|github_pat_\w{30,}|AKIA[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*)"
)
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization|(?:x-)?api[-_]key|(?:set-)?cookie|bearer)\b"
    r"([\"']?\s*[:=]|(?<=bearer)\s)[^\n]*",
    re.IGNORECASE,
)
# The home of whoever it is: of this account, of the one that shared the store, of a container.
_HOME = re.compile(
    r"(?<![\w.~-])(?:/(?:home|Users|var/home)/|[A-Za-z]:(?:\\\\|[\\/])Users(?:\\\\|[\\/]))"
    r"[^\s/\\:\"'<>|]+"
)


def scrubber(
    *,
    addresses: Iterable[str] = (),
    homes: Iterable[str] = (),
    folders: Iterable[str] = (),
    redact: Redact = str,
) -> Redact:
    r"""Takes out of a text what is nobody's business, or dead before anybody reads it.

    These are: the key that `redact` knows, whatever has the shape of a key, and the rest of
    the line after ``Authorization:`` and its like; every link (``https://…``, ``file://…``),
    and the hosts of `addresses` where they stand without one; `homes`, and every path that
    looks like somebody's home (``/home/anna``, ``C:\Users\anna``), as ``~``; other
    `folders`, as ``…``.

    Parameters
    ----------
    addresses : iterable of str
        URLs whose host, with its port, is taken out.
    homes, folders : iterable of str
        Absolute paths; the root of a disk is left, for every path begins with it.
    redact : callable
        Takes a key out of a text.
    """
    hosts = _hosts(addresses)
    own = _paths(homes)
    others = _paths(folders)

    def scrub(text: str) -> str:
        text = _HEADER.sub(rf"\1: {REMOVED}", _TOKEN.sub(REMOVED, redact(text)))
        text = _LINK.sub(ADDRESS, text)
        if hosts is not None:
            text = hosts.sub(ADDRESS, text)
        # A folder below a home is named by its home.
        if own is not None:
            text = own.sub("~", text)
        text = _HOME.sub("~", text)
        return text if others is None else others.sub(FOLDER, text)

    return scrub


def _hosts(addresses: Iterable[str]) -> re.Pattern[str] | None:
    found: set[str] = set()
    for address in addresses:
        try:
            host = urlsplit(address).hostname
        except ValueError:
            continue
        if host:
            found.add(host)
    if not found:
        return None
    ordered = sorted(found, key=lambda host: (-len(host), host))
    # A name of one word is only taken for a host when it stands by itself.
    names = (
        rf"[\w.-]*{re.escape(host)}" if "." in host or ":" in host else rf"\b{re.escape(host)}\b"
        for host in ordered
    )
    return re.compile(rf"\[?(?:{'|'.join(names)})\]?(?:[:/]{_REST})?", re.IGNORECASE)


def _paths(folders: Iterable[str]) -> re.Pattern[str] | None:
    found: set[str] = set()
    for folder in folders:
        path = folder.rstrip("/\\")
        parts = [part for part in re.split(r"[\\/]", path) if part and not part.endswith(":")]
        if parts:
            found.add(path)
    if not found:
        return None
    separator = r"(?:\\\\|[\\/])"  # as Windows, JSON and everybody else write it
    spelled = (
        separator.join(re.escape(part) for part in re.split(r"[\\/]", path))
        for path in sorted(found, key=lambda path: (-len(path), path))
    )
    return re.compile(rf"(?<![\w.~-])(?:{'|'.join(spelled)})(?![\w-])")
