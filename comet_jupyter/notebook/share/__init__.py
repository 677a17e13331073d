"""What is wrong with a saved notebook before it goes out, and mending it.

Everything works on the file's JSON, without IPython, widgets or a kernel. `command` is the
entrance; `shape` and `document` read the JSON; `keys`, `widgets`, `showing`, `links`, `private`,
`weight`, `recordings` and `running` each hold one kind of check with its mend; `report` says
it in words.
"""

from __future__ import annotations

from .command import open_notebook, share
from .findings import Change, Finding, Place, Report

__all__ = ["Change", "Finding", "Place", "Report", "open_notebook", "share"]
