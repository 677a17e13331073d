"""Text in the form in which it is compared: no case, one spelling of each character.

What is searched with it is in ``history.py``.
"""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Text without case in any alphabet, and with one spelling of what looks the same.

    "STRASSE" and "straße" are equal then; so are an accent typed as a character of its own and
    one that is part of its letter, and wide and narrow forms. Lone surrogates become "?".
    """
    plain = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode())
    return unicodedata.normalize("NFKC", plain.casefold())  # folded letters may fall apart


def search_text(prompt: str, model: str) -> str:
    """All of a prediction that the words of a search are looked for in, folded."""
    return fold(f"{prompt}\n{model}")
