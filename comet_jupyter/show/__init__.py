"""How it looks: records as HTML, plain text and mimebundles, by pure functions.

``text`` cleans and words, ``html`` escapes and styles, ``words`` says things of records;
``live``, ``caption``, ``failure``, ``tables``, ``timing`` and ``bundle`` put them together.
``axes`` is what varies in a cell, ``swept`` says it. No clock, no IPython, no Pillow: elapsed
seconds, paths and pictures are handed in; only ``result``, which puts a whole cell together,
and its ``sheets`` ask for a file when they draw it.
"""

from __future__ import annotations

from .bundle import alt_text, image_bundle, notebook_record, sheet_alt_text, sheet_bundle
from .caption import Bundle, caption
from .failure import failure, logs_block
from .html import escape
from .live import LiveView, live_html, live_line_html, live_log_html, live_text
from .tables import key_value_table, status_table
from .text import duration

__all__ = [
    "Bundle",
    "LiveView",
    "alt_text",
    "caption",
    "duration",
    "escape",
    "failure",
    "image_bundle",
    "key_value_table",
    "live_html",
    "live_line_html",
    "live_log_html",
    "live_text",
    "logs_block",
    "notebook_record",
    "sheet_alt_text",
    "sheet_bundle",
    "status_table",
]
