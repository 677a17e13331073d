"""The API key in an opaque holder: it can be sent and taken out of texts, and is not seen.

Where a key comes from is the affair of ``settings``.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import weakref
from collections.abc import Callable, Iterator
from typing import NoReturn

from .errors import SettingsError

REMOVED = "[key removed]"


class _Handle:
    """Stands for one key in `_SECRETS`; holds nothing itself."""

    __slots__ = ("__weakref__",)


class _Secret:
    """The text of a key, and what removes it from other texts."""

    __slots__ = ("substitutions", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        # Bound methods, not patterns: the repr of a pattern would spell the key out.
        self.substitutions: tuple[Callable[[str, str], str], ...] | None = None


# Outside the object, so that no attribute, completion or `vars()` leads to the text.
_SECRETS: weakref.WeakKeyDictionary[_Handle, _Secret] = weakref.WeakKeyDictionary()


class Key:
    """An API key that shows itself to nobody: `header` sends it, `redact` removes it.

    Parameters
    ----------
    text : str
        8 to 512 printable ASCII characters; white space around them is stripped.

    Raises
    ------
    SettingsError
        For anything else. The message never repeats the text.
    """

    __slots__ = ("__weakref__", "_handle")

    def __init__(self, text: str) -> None:
        text = text.strip() if isinstance(text, str) else ""
        # A malformed header value ends up, whole, in the HTTP library's own error.
        if not re.fullmatch(r"[!-~]{8,512}", text):
            del text  # a traceback that prints locals shows this frame
            raise malformed("this is no API key")
        self._handle = _Handle()
        _SECRETS[self._handle] = _Secret(text)

    def header(self) -> str:
        """The value of the ``Authorization`` header."""
        return "Bearer " + _SECRETS[self._handle].text

    def redact(self, text: str) -> str:
        """The text without this key.

        It is found plain, percent-encoded, escaped for JSON or HTML, in hex, in base64 (both
        alphabets, at any offset), reversed, and masked as services do (``sk-ab***yz``). Redact
        before cutting a text: a key cut in two is not found.
        """
        secret = _SECRETS[self._handle]
        if secret.substitutions is None:
            secret.substitutions = tuple(_substitutions(secret.text))
        for substitute in secret.substitutions:
            text = substitute(REMOVED, text)
        return text

    def __repr__(self) -> str:
        return "Key(configured)"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Key):
            return NotImplemented
        return hmac.compare_digest(_SECRETS[self._handle].text, _SECRETS[other._handle].text)

    def __hash__(self) -> int:
        return hash(_SECRETS[self._handle].text)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Key is neither pickled nor copied")


def malformed(what: str) -> SettingsError:
    """The error about something that is no key; `what` names it, and never quotes it."""
    return SettingsError(
        f"{what}: a key has 8 to 512 characters, without spaces or accents",
        "Copy it again from the service's console, whole and by itself",
    )


def key_or_none(value: object) -> Key | None:
    """The value as a key, None when it cannot be one."""
    if isinstance(value, Key):
        return value
    try:
        return Key(value)  # type: ignore[arg-type]  # refuses what is no text
    except SettingsError:
        return None


def text_of(key: Key) -> str:
    """The key itself: for the keyring that keeps it, and for nobody else."""
    return _SECRETS[key._handle].text


def looks_like_key(text: str) -> bool:
    """True when something in the text has the shape of an API key.

    ``sk-`` and 20 or more key characters, at the beginning of a word.
    """
    return re.search(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20}", text) is not None


def _substitutions(key: str) -> Iterator[Callable[[str, str], str]]:
    """One search for each way of writing the key."""
    escaped = json.dumps(key)[1:-1]
    slashed = escaped.replace("/", r"\/")
    for literal in dict.fromkeys((json.dumps(escaped)[1:-1], slashed, escaped, key[::-1])):
        yield re.compile(re.escape(literal)).sub
    yield re.compile("".join(map(_spellings, key)), re.IGNORECASE).sub
    yield re.compile("[ :]?".join(f"{ord(char):02x}" for char in key), re.IGNORECASE).sub
    for offset in range(3):
        yield re.compile(_base64_core(key, offset)).sub
    head, tail, word = re.escape(key[:4]), re.escape(key[-4:]), "[A-Za-z0-9_-]"
    mask = r"(?<![*.•])(?:\*{2,}|•{2,}|\.{3,}|…)"
    yield re.compile(f"{head}{word}{{0,16}}?{mask}{word}{{0,16}}|{mask}{word}{{0,8}}?{tail}").sub


def _spellings(char: str) -> str:
    """A pattern for one character: itself, or encoded for a URL, JSON or HTML."""
    code = ord(char)
    named = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}.get(char, f"#{code}")
    hexed = f"{code:02x}"
    return (
        rf"(?:{re.escape(char)}|%(?:25){{0,3}}{hexed}|\\{{1,4}}(?:u00|x){hexed}"
        rf"|&(?:{named}|#0{{0,4}}{code}|#x0{{0,4}}{hexed});)"
    )


def _base64_core(key: str, offset: int) -> str:
    """A pattern for those base64 characters that depend on the key alone.

    `offset` counts the bytes before the key, modulo 3. The characters at both edges mix the
    key's bits with their neighbours'; they are left, and hold less than one byte of it.
    """
    encoded = base64.b64encode(b"\0" * offset + key.encode()).decode()
    first = -(-offset * 8 // 6)
    end = (offset + len(key)) * 8 // 6
    either = {"+": "(?:[-+]|%2[Bb])", "/": r"(?:[_/]|%2[Ff]|\\/)"}
    # Base64 in mails and PEM files is broken into lines.
    return "[\r\n]{0,2}".join(either.get(char, char) for char in encoded[first:end])
