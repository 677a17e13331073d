"""Tab completion of ``%%comet`` cells and ``%comet`` lines: offline, and nothing else beside it.

`reading` says where the cursor stands; `suggest` decides what to offer there, and `cell` does so
among the options of a cell, out of `values` (what options and inputs take), `names` (Python
names, without evaluating anything) and `sources` (what session and disk know). `matcher` is
IPython's side, and all that is imported before somebody presses Tab.
"""

from .matcher import register, unregister

__all__ = ["register", "unregister"]
