"""Two texts as one, word by word: what both have, and what only one of them has.

How it looks beside two results is in ``comparison``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from .text import clean

_CONTEXT = 40
_PIECES = 60
# Fewer words in common than this share: two texts, not one text and its change.
_ALIKE = 0.2
_TEXT_LIMIT = 200_000
# What the matcher does at most, for about a tenth of a second: it looks at every pair of equal
# words, and again in what is left on both sides of each match. A longer stretch, or one that
# repeats a few words over and over, is taken as changed from end to end.
_TOKENS_LIMIT = 1_200
_PAIRS_LIMIT = 4_000
# A letter of scripts without spaces, a mark between words, white space, else a word.
_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff][\u3099\u309a]?|[,.;:!?()\"/&=|{}]|\s+"
    r"|[^\s,.;:!?()\"/&=|{}\u3040-\u30ff\u3400-\u9fff]+"
)
_LINE_BREAKS = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: ``both`` have it, or only the ``left`` or the ``right`` one."""

    side: str
    text: str


def word_difference(left: str, right: str) -> tuple[Piece, ...]:
    """Two texts as one row of pieces, long stretches in common cut short.

    Returns
    -------
    tuple of Piece
        Empty for texts with hardly a word in common, and for texts that look the same.
    """
    old, new = (_TOKEN.findall(clean(text[:_TEXT_LIMIT])) for text in (left, right))
    raw = list(_merged(_matched(old, new)))
    shared = sum(_count_words(before) for before, after in raw if before == after)
    most = max(_count_words(old), _count_words(new))
    if old == new or not shared or shared < most * _ALIKE:
        return ()
    pieces = list(_pieces(raw))
    cut = [Piece("both", "…")] if len(pieces) > _PIECES else []
    return (*pieces[:_PIECES], *cut)


_Pair = tuple[list[str], list[str]]


def _matched(old: list[str], new: list[str]) -> Iterator[_Pair]:
    """Stretches of tokens, before and after; the same where nothing changed."""
    start, end = 0, 0
    least = min(len(old), len(new))
    while start < least and old[start] == new[start]:
        start += 1
    while end < least - start and old[-1 - end] == new[-1 - end]:
        end += 1
    yield old[:start], new[:start]
    middle, changed = old[start : len(old) - end], new[start : len(new) - end]
    if not _is_comparable(middle, changed):
        yield middle, changed
    else:
        # White space and marks only match beside words: they are everywhere. Its heuristic for
        # long texts would overlook the words that a prompt repeats.
        matcher = SequenceMatcher(_is_no_word, middle, changed, autojunk=False)
        for _, i1, i2, j1, j2 in matcher.get_opcodes():
            yield middle[i1:i2], changed[j1:j2]
    yield old[len(old) - end :], new[len(new) - end :]


def _is_comparable(old: list[str], new: list[str]) -> bool:
    if max(len(old), len(new)) > _TOKENS_LIMIT:
        return False
    before, after = (Counter(token for token in side if _is_word(token)) for side in (old, new))
    return sum(amount * after[token] for token, amount in before.items()) <= _PAIRS_LIMIT


def _merged(pairs: Iterator[_Pair]) -> Iterator[_Pair]:
    """Changed stretches as one, where they have only white space and marks between them."""
    found: list[_Pair] = []
    for before, after in pairs:
        if not before and not after:
            continue
        if len(found) > 1 and before != after:
            (between, _), (old, new) = found[-1], found[-2]
            if found[-1][0] == found[-1][1] and old != new and not _count_words(between):
                found[-2:] = [(old + between + before, new + between + after)]
                continue
        found.append((before, after))
    return iter(found)


def _count_words(tokens: Sequence[str]) -> int:
    return sum(map(_is_word, tokens))


def _is_word(token: str) -> bool:
    return any(map(str.isalnum, token))


def _is_no_word(token: str) -> bool:
    return not _is_word(token)


def _pieces(pairs: Sequence[_Pair]) -> Iterator[Piece]:
    for index, (before, after) in enumerate(pairs):
        if before == after:
            text = _LINE_BREAKS.sub(" ", "".join(before))
            yield Piece("both", _shortened(text, index > 0, index < len(pairs) - 1))
            continue
        for side, tokens in (("left", before), ("right", after)):
            text = "".join(tokens).replace("\n", "↵ ")
            if text:
                yield Piece(side, text if len(text) <= 240 else text[:239].rstrip() + "…")


def _shortened(text: str, keep_start: bool, keep_end: bool) -> str:
    """The text next to a change, cut between words."""
    if len(text) <= (keep_start + keep_end) * _CONTEXT + 8:
        return text
    head = text[:_CONTEXT].rpartition(" ")[0] or text[:_CONTEXT]
    tail = text[-_CONTEXT:].partition(" ")[2] or text[-_CONTEXT:]
    # No-break spaces: the ellipsis never begins or ends a line alone.
    before, after = f"{head}\u00a0", f"\u00a0{tail}"
    return f"{before if keep_start else ''}…{after if keep_end else ''}"
