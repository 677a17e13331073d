"""What to offer among the options of a cell: on its first line, or behind a verb like ``run``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

from ... import models
from ...errors import CometError
from ..options import OPTIONS, Option
from . import reading, values
from .offer import FOLDERS, NOTHING, PICTURES, Offer, Sources, matching
from .reading import Given, Word
from .values import Suggestion

MOST_RESULTS = 20
"""Earlier predictions that are offered beside files."""


def offered(
    before: str,
    after: str,
    sources: Sources,
    *,
    body: str = "",
    prompt_follows: bool = False,
    base: str = "",
) -> Offer:
    """What to offer among options.

    Parameters
    ----------
    before, after : str
        The line up to the cursor, and from there on.
    sources : Sources
    body : str
        The prompt below the line.
    prompt_follows : bool
        True where the first word that is no option begins the prompt, as in ``%comet run``.
    base : str
        The id of an earlier prediction whose inputs are taken.
    """
    earlier, word = reading.at_cursor(before)
    given = reading.given(earlier)
    if prompt_follows and given.positional:
        return NOTHING
    later = reading.given([] if prompt_follows else reading.beyond_cursor(after))
    every = Given([*given.options, *later.options], [*given.positional, *later.positional])
    line = _Line(every, sources, body, base)
    name, equals, _ = word.text.partition("=")
    if given.pending is not None:
        return line.value(given.pending, word, 0)
    if equals and name.startswith("--") and name in reading.BY_NAME:
        return line.value(reading.BY_NAME[name], word, len(name) + 1)
    is_option = word.raw.startswith("-")
    items: list[Suggestion] = []
    if not is_option and not prompt_follows and not every.names_a_model:
        items += values.model_names(sources.aliases())
    if not word.raw or is_option:
        items += values.options((option for option, _ in every.options), OPTIONS)
    if not word.raw:  # the long spellings say what they are
        items = [one for one in items if not re.fullmatch("-[a-z]", one.text)]
    return matching(word, 0, items)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of options, and what can be known of its values."""

    every: Given
    sources: Sources
    body: str
    base: str

    @property
    def aliases(self) -> Mapping[str, str]:
        return self.sources.aliases()

    @property
    def model(self) -> str:
        """The full name of the model that the line is about; empty when it is none."""
        named = [*self.every.values("--model"), *self.every.positional]
        refs = [] if named else [*self.every.values("--from"), self.base]
        earlier = (self.sources.model_of(ref) for ref in refs if ref)
        name = next((one for one in (*named[:1], *earlier) if one), "") or self.sources.model()
        try:
            return models.canonical(name, self.aliases)
        except CometError:
            return ""

    def value(self, option: Option, word: Word, skipped: int) -> Offer:
        """What an option takes; its value begins `skipped` characters into the word."""
        name = option.names[-1]
        if name in ("--param", "--sweep"):
            return self._pair(name, word, skipped)
        makers = self._makers(word.text_from(skipped))
        return matching(word, skipped, makers.get(name, partial(values.choices, option))())

    def _makers(self, typed: str) -> Mapping[str, Callable[[], Iterable[Suggestion]]]:
        """What makes the values of those options that have no fixed ones."""
        return {
            "--ar": lambda: values.ratios(self.model),
            "--size": lambda: values.sizes(self.model),
            "--model": lambda: values.model_names(self.aliases),
            "--from": lambda: self.sources.results("ID", typed),
            "--image": lambda: [
                *islice(self.sources.results("PICTURE", typed), MOST_RESULTS),
                *self.sources.files(typed, PICTURES),
            ],
            "--save": lambda: self.sources.files(typed, FOLDERS),
        }

    def _pair(self, option: str, word: Word, skipped: int) -> Offer:
        """``NAME=VALUE`` of an input, or ``NAME=VALUE,VALUE`` of a sweep."""
        equals = word.raw.find("=", skipped)
        if equals < 0:
            return matching(word, skipped, self._names(option))
        name = Word(word.start, word.raw[:equals]).text_from(skipped).strip()
        if option == "--param":
            return matching(word, equals + 1, values.allowed(self.model, name))
        *others, last = word.raw[equals + 1 :].split(",")
        listed = {one.strip(" \"'") for one in others}
        makers = self._makers(last.strip(" \"'"))
        own = f"--{name}" in makers and f"{name}=" in _SWEPT
        items = makers[f"--{name}"]() if own else values.allowed(self.model, name)
        start = len(word.raw) - len(last.lstrip())
        return matching(word, start, (one for one in items if one.text not in listed))

    def _names(self, option: str) -> Iterable[Suggestion]:
        gone = {f"{pair.partition('=')[0].strip()}=" for pair in self.every.values(option)}
        items = [*values.inputs(self.model)]
        if option == "--sweep":
            used = re.findall(r"\{\{\s*([^\W\d]\w*)\s*\}\}", self.body)
            words = [Suggestion(f"{name}=", "a word of the prompt") for name in used]
            items = [*words, *items, *(Suggestion(*one) for one in _SWEPT.items())]
        return [one for one in items if one.text not in gone]


_SWEPT = {
    "model=": "several models",
    "ar=": "several aspect ratios",
    "size=": "several sizes",
    "image=": "several input pictures",
}
"""What can be swept beside the inputs of a model and the words of a prompt."""
