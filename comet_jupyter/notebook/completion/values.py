"""What a model's inputs and the magic's options take, as suggestions: pure.

Which of it fits what is typed is decided in ``suggest``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ... import models
from ...models import InputSpec
from ..options import Option


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text to put in, and a few words about it."""

    text: str
    about: str = ""


def options(used: Iterable[Option], every: Iterable[Option]) -> Iterator[Suggestion]:
    """The spellings of those options that can still be given."""
    gone = [option for option in used if option.settings.get("action") != "append"]
    for option in every:
        if option not in gone:
            yield from (Suggestion(name, option.help) for name in option.names)


_ABOUT = {
    "--seed": {
        "last": "the seed that was sent last",
        "+1": "one more than that",
        "random": "a new one",
    },
    "--variants": {
        "all": "every way to read the prompt",
        "random": "one way, drawn",
        "random:": "so many ways, drawn",
    },
    "--embed": {
        "preview": "a smaller copy",
        "full": "the original",
        "none": "no picture",
    },
    "--cache": {
        "auto": "an earlier result where the seed is given",
        "replay": "an earlier result, or an error",
        "refresh": "a new picture, served from then on",
        "off": "a new picture that is never served again",
    },
    "--max-cost": {"none": "no limit"},
}


def choices(option: Option) -> Iterator[Suggestion]:
    """The words in ``N|last|random[:N]`` that are typed as they stand."""
    parts = option.metavar.split("|")
    about = _ABOUT.get(option.names[-1], {})
    for part in parts if len(parts) > 1 else ():
        word, bracket, rest = part.partition("[")
        if not word.isupper():
            yield Suggestion(word, about.get(word, ""))
            if bracket and rest.startswith(":"):
                yield Suggestion(f"{word}:", about.get(f"{word}:", ""))


def model_names(aliases: Mapping[str, str]) -> Iterator[Suggestion]:
    """What names a model: the user's own aliases, the package's, then the full names."""
    known = models.all_models().values()
    for alias, model in aliases.items():
        yield Suggestion(alias, model)
    for spec in known:
        yield from (Suggestion(alias, spec.description) for alias in spec.aliases[:1])
    for spec in known:
        yield from (Suggestion(alias, spec.description) for alias in spec.aliases[1:])
    for spec in known:
        yield Suggestion(spec.name, spec.description)


def inputs(model: str) -> Iterator[Suggestion]:
    """A model's inputs as ``name=``; the prompt has a place of its own."""
    known = models.spec(model)
    for name, spec in known.inputs.items() if known else ():
        if name != "prompt":
            yield Suggestion(f"{name}=", _about(spec))


def allowed(model: str, name: str) -> Iterator[Suggestion]:
    """The values that an input can have, where they can be listed."""
    known = models.spec(model)
    spec = known.inputs.get(name) if known else None
    if spec is None:
        return
    default = str(spec.default).lower() if spec.type == "boolean" else str(spec.default)
    for value in ("true", "false") if spec.type == "boolean" else spec.allowed:
        yield Suggestion(value, "default" if value == default else "")


def ratios(model: str) -> Iterator[Suggestion]:
    """The aspect ratios of a model; those of any for one that is not known, or has sizes."""
    known = models.spec(model)
    own = known.ratios() if known else ()
    common = models.specs.data()["sizes"] if known is None or known.has_size else ()
    for ratio in own or common:
        if ":" in ratio:
            wide, high = models.size_of(ratio)
            yield Suggestion(ratio, f"{wide} × {high}")


def sizes(model: str) -> Iterator[Suggestion]:
    """The sizes that a model makes which has ratios only."""
    known = models.spec(model)
    for ratio in known.ratios() if known and not known.has_size else ():
        if ":" in ratio:
            wide, high = models.size_of(ratio)
            yield Suggestion(f"{wide}x{high}", ratio)


def _about(spec: InputSpec) -> str:
    """The type of an input, its limits and its default, in a few words."""
    if spec.allowed:
        words = ", ".join(spec.allowed[:4]) + (", …" if len(spec.allowed) > 4 else "")
    elif spec.type.startswith("uri"):
        words = "pictures" if spec.type == "uri[]" else "a picture"
    elif spec.minimum is not None and spec.maximum is not None:
        words = f"{spec.minimum:g} to {spec.maximum:g}"
    else:
        words = {"string": "text", "boolean": "true or false"}.get(spec.type, spec.type)
    if spec.default is None:
        return words
    default = str(spec.default).lower() if spec.type == "boolean" else spec.default
    return f"{words}; {default} by default"
