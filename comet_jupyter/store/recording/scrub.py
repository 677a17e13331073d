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
    r"|eyJ[\w-]{10,200}\.eyJ[\w-]{10,2000}\.[\w-]*)"
)
# Not every bearer and cookie in a picture's prompt is one of these.
_HEADER = re.compile(
    r"\b(?:authorization|(?:x-)?api[-_]key|set-cookie)\b[\"']?\s{0,9}[:=][^\n]*"
    r"|\bcookie[\"']?\s{0,9}[:=]\s{0,9}[^\s=]{1,99}=[^\n]*"
    r"|\bbearer\s{1,9}[A-Za-z0-9._~+/=-]{16,}",
    re.IGNORECASE,
)
# The home of whoever it is: of this account, of the one that shared the store, of a container.
_SEPARATOR = r"(?:\\\\|\\?/|\\|%2f|%5c)"
_HOME = re.compile(
    r"(?<![\w.~-])(?:/(?:home|Users|var/home)/|[A-Za-z]:(?:\\\\|[\\/])[Uu]sers(?:\\\\|[\\/]))"
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
        text = _HEADER.sub(REMOVED, _TOKEN.sub(REMOVED, redact(text)))
        text = _LINK.sub(ADDRESS, text)
        if hosts is not None:
            text = hosts.sub(ADDRESS, text)
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
        rf"[\w.-]{{0,80}}{re.escape(host)}"
        if "." in host or ":" in host
        else rf"\b{re.escape(host)}\b"
        for host in ordered
    )
    return re.compile(rf"\[?(?:{'|'.join(names)})\]?(?:[:/]{_REST})?", re.IGNORECASE)


def _paths(folders: Iterable[str]) -> re.Pattern[str] | None:
    """Finds these folders, and what is in them, however the path is spelled."""
    found: dict[str, int] = {}
    for folder in folders:
        path = folder.rstrip("/\\")
        parts = [part for part in re.split(r"[/\\]", path) if part and not part.endswith(":")]
        if parts:
            found[path] = len(parts)
    if not found:
        return None
    spelled = []
    for path, depth in sorted(found.items(), key=lambda one: -len(one[0])):
        names = (re.escape(name) for name in re.split(r"[/\\]", path))
        # A short one, such as /root, is also the end of others.
        start = r"(?<![\w.~-])" if depth == 1 else ""
        spelled.append(start + _SEPARATOR.join(names))
    return re.compile(rf"(?:{'|'.join(spelled)})(?![\w-])", re.IGNORECASE)
