"""What a saved picture says of itself: the record's public form, and the web UIs' one text.

From plain values alone, the JSON form of a record: what a record is, is not known here. Where
in a file it goes is in ``embedded.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..key import looks_like_key
from .embedded import embedded
from .media import sniff

_KEPT_TO_OURSELVES = ("logs", "notices", "error", "failure", "prompt_template")
"""Free text from the service, notices that may name folders of this machine, and notebook code."""

_SHORT = 1_000
"""Characters of an input, in JSON, that stays where room is scarce; the prompt stays always."""

_LONGEST = 900_000
"""Characters: what is read back has to be less than a million bytes."""

_FIELDS = (
    ("Steps", ("num_inference_steps", "steps")),
    ("Sampler", ("scheduler",)),
    ("CFG scale", ("guidance_scale", "cfg")),
    ("Distilled CFG Scale", ("guidance",)),
    ("Seed", ("seed",)),
)
"""Names in the web UIs' line, Forge's for Flux included, and the inputs that mean the same."""


def with_provenance(
    data: bytes, about: Mapping[str, Any], *, sha256: str, size: tuple[int, int]
) -> bytes:
    """The picture with what is known of it; the same bytes where nothing can be added.

    Parameters
    ----------
    data : bytes
        A PNG, JPEG or WebP file; any other comes back as it is.
    about : mapping
        The public JSON form of the record that made it.
    sha256 : str
        Of the original file, 64 hex digits.
    size : tuple of int
        Width and height as displayed, in pixels.
    """
    media_type = sniff(data) or ""
    try:
        for told, parameters in _shapes({**about, "sha256": sha256}, parameters_text(about, size)):
            note = json.dumps(told, allow_nan=False)
            fits = len(note) <= _LONGEST and not looks_like_key(note)
            made = embedded(data, media_type, note, parameters) if fits else None
            if made is not None:
                return made
    # A picture is worth more than what is said of it.
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return data
    return data


def parameters_text(about: Mapping[str, Any], size: tuple[int, int]) -> str:
    r"""Prompt, negative prompt and one line of settings, as the web UIs write and read them.

    A line is taken for settings where it has three of them; size, model and version always
    are there.

    Examples
    --------
    >>> about = {"model": "stability-ai/sdxl", "input": {"prompt": "a boat", "seed": 7}}
    >>> parameters_text(about, (1024, 768))
    'a boat\nSeed: 7, Size: 1024x768, Model: sdxl, Version: comet_jupyter'
    """
    given = about.get("input", {})
    drawn = about.get("origin") == "sandbox"
    values: dict[str, Any] = {}
    for name, inputs in _FIELDS:
        found = [given[one] for one in inputs if isinstance(given.get(one), (int, float, str))]
        values.update({name: found[0]} if found else {})
    values["Size"] = f"{size[0]}x{size[1]}"
    values["Model"] = "sandbox" if drawn else str(about.get("model", "")).rpartition("/")[2]
    values["Version"] = f"comet_jupyter {about.get('package_version', '')}".strip()
    line = ", ".join(f"{name}: {_quoted(str(value))}" for name, value in values.items())
    prompt, negative = (_harmless(given.get(name)) for name in ("prompt", "negative_prompt"))
    negative_line = f"Negative prompt: {negative}" if negative else ""
    return "\n".join(part for part in (prompt, negative_line, line) if part)


def _shapes(about: dict[str, Any], parameters: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Both texts, then less and less of them; ``shortened`` names what is not whole."""
    whole = {name: value for name, value in about.items() if name not in _KEPT_TO_OURSELVES}
    given = dict(whole.get("input", {}))
    linked = {name: _without_query(value) for name, value in given.items() if name != "prompt"}
    cut = [f"input.{name}" for name, value in linked.items() if value != given[name]]
    whole["input"] = {**given, **linked}
    yield _marked(whole, cut), parameters
    yield _marked(whole, cut), ""
    short = {
        name: value
        for name, value in whole["input"].items()
        if name == "prompt" or len(json.dumps(value)) <= _SHORT
    }
    cut += [f"input.{name}" for name in given if name not in short]
    yield _marked({**whole, "input": short}, cut), ""


def _marked(about: dict[str, Any], shortened: list[str]) -> dict[str, Any]:
    return {**about, "shortened": list(dict.fromkeys(shortened))} if shortened else dict(about)


def _without_query(value: Any) -> Any:
    """A link without what may be a signature: whoever has it, has the file."""
    if isinstance(value, list):
        return [_without_query(one) for one in value]
    if isinstance(value, str) and re.match(r"https?://\S+\Z", value):
        return re.sub(r"//[^/@]*@", "//", re.sub(r"[?#].*", "", value), count=1)
    return value


def _harmless(text: Any) -> str:
    """A text without what a file cannot hold: NUL, halves of characters, other line ends."""
    if not isinstance(text, str):
        return ""
    plain = re.sub(r"\r\n?", "\n", text).replace("\x00", " ")
    return plain.encode("utf-8", "replace").decode().strip("\n")


def _quoted(value: str) -> str:
    text = _harmless(value)
    return json.dumps(text, ensure_ascii=False) if re.search(r"[,:\n\"]", text) else text
