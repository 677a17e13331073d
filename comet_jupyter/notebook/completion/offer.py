"""What an offer is, where its words may come from, and which of them continue what was typed.

What is offered where is decided in ``suggest`` and ``cell``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..verbs.verb import Verb
from .reading import Word
from .values import Suggestion

PICTURES = frozenset(".png .jpg .jpeg .webp .gif .avif .bmp .tif .tiff".split())
NOTEBOOKS = frozenset({".ipynb"})
FOLDERS = frozenset[str]()
"""Suffixes of files; none for folders alone."""


class Sources(Protocol):
    """Where suggestions come from that are no part of the package."""

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """Every verb by name."""

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The user's names."""

    @property
    def hidden(self) -> Mapping[str, Any]:
        """Those of them that the shell brought in."""

    def model(self) -> str:
        """The model of a cell that names none."""

    def aliases(self) -> Mapping[str, str]:
        """The user's own names of models."""

    def model_of(self, ref: str) -> str:
        """The model of an earlier prediction, empty when there is none."""

    def results(self, kind: str, beginning: str) -> Iterable[Suggestion]:
        """Earlier predictions, newest first: ``ID``, ``PICTURE``, ``UNFINISHED``, ``RUNNING``."""

    def files(self, beginning: str, suffixes: frozenset[str]) -> Iterable[Suggestion]:
        """Files of these kinds, and folders, that begin so."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What to put in place of so many characters before the cursor."""

    length: int = 0
    items: Iterable[Suggestion] = ()


NOTHING = Offer()


def matching(word: Word, skipped: int, items: Iterable[Suggestion]) -> Offer:
    """Those items that continue a word from `skipped` on; in quotes where they have to be."""
    rest = word.raw[skipped:]
    length = len(rest.lstrip("\"'")) if word.is_quoted else len(rest)
    return Offer(length, continuing(word.text_from(skipped), items, in_quotes=word.is_quoted))


def continuing(typed: str, items: Iterable[Suggestion], *, in_quotes: bool) -> Iterator[Suggestion]:
    """Those items that begin as typed, each once; quotes around those with a space in them."""
    seen = set()
    for item in items:
        if item.text.casefold().startswith(typed.casefold()) and item.text not in seen:
            seen.add(item.text)
            needs_quotes = not in_quotes and re.search(r"\s", item.text) is not None
            yield Suggestion(f'"{item.text}"', item.about) if needs_quotes else item
