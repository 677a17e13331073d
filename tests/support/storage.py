"""What pages leave in a browser's profile, taken away between tests."""

from __future__ import annotations

from typing import Any

_STORED = "local_storage,indexeddb,service_workers,cache_storage"


def forget(context: Any) -> None:
    """Closes the pages of a persistent context but its first, and empties what they have stored.

    Cookies, permissions and storage of every origin go; the HTTP cache stays, for which the
    profile is kept.
    """
    first, *others = context.pages
    for page in others:
        page.close()
    context.clear_cookies()
    context.clear_permissions()
    session = context.new_cdp_session(first)
    session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": _STORED})
    session.detach()
