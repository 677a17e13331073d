"""What the browser leaves behind for the tests after it: nothing."""

from __future__ import annotations

import asyncio


def test_no_loop_is_in_the_way_when_the_browser_is_closed():
    """A test that uses no browser may call asyncio.run after files that used one."""
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"
