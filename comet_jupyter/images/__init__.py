"""Pictures: what a file is, how it looks in a notebook, and what people hold of it.

The only user of Pillow on this side of the wire, and it imports it when the first picture is
touched. `media` names files by their bytes, `picture` decodes under caps, `previews` encodes
for the notebook; `sheet`, `arrangement`, `headings`, `tile` and `lettering` draw contact
sheets; `output_file` has the classes that people hold. How a picture was made is said by
`provenance`, put into a file by `embedded` (with `containers` and `exif`), and found in any
file by `metadata`. What else people have (Pillow's, arrays, figures) becomes a file in
`from_objects`.
"""

from __future__ import annotations

from .arrangement import best_columns
from .headings import Headings
from .media import sniff, suffix_of
from .metadata import Metadata, read_metadata
from .output_file import Image, OutputFile
from .picture import MAX_BYTES, MAX_PIXELS
from .previews import Preview, embed_full, measure, preview
from .sheet import MOST_TILES, ContactSheet, contact_sheet, stacked
from .tile import Tile

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "MOST_TILES",
    "ContactSheet",
    "Headings",
    "Image",
    "Metadata",
    "OutputFile",
    "Preview",
    "Tile",
    "best_columns",
    "contact_sheet",
    "embed_full",
    "measure",
    "preview",
    "read_metadata",
    "sniff",
    "stacked",
    "suffix_of",
]
