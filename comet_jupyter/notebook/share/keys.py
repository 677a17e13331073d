"""Keys in texts: the configured one in any spelling, others by their shape.

Shapes are told from ids, hashes and names by what only keys have: a vendor's prefix, or a name
such as ``api_key`` before a value that nobody would type as a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...key import REMOVED, Key


class _Span(NamedTuple):
    start: int
    end: int
    kind: str


# A word begins here: behind anything that is no letter, a colour of a traceback, an escaped
# line end or a percent-encoded character.
_START = r"(?:(?<![A-Za-z0-9_])|(?<=\dm)|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"

_SHAPES = tuple(
    (prefixes, re.compile(_START + pattern), kind)
    for prefixes, pattern, kind in (
        # The style sheet of scikit-learn has names such as sk-toggleable__label-arrow.
        (("sk-",), r"sk-(?=[A-Za-z_-]{0,100}\d)[A-Za-z0-9_-]{20,}", "an API key (sk-…)"),
        (("r8_",), r"r8_[A-Za-z0-9]{30,}", "a Replicate token (r8_…)"),
        (("hf_",), r"hf_[A-Za-z0-9]{30,}", "a Hugging Face token (hf_…)"),
        (
            ("AKIA", "ASIA"),
            # Amazon's own name for the public half stands in every signed link.
            r"(?<!X-Amz-Credential=)(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
            "an AWS key (AKIA…)",
        ),
        (
            ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
            r"gh[pousr]_[A-Za-z0-9]{36,}",
            "a GitHub token (ghp_…)",
        ),
        (("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,}", "a GitHub token (github_pat_…)"),
        (("glpat-",), r"glpat-[A-Za-z0-9_-]{20,}", "a GitLab token (glpat-…)"),
        (("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,}", "a Slack token (xox…)"),
        (("AIza",), r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])", "a Google API key (AIza…)"),
        (("npm_",), r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])", "an npm token (npm_…)"),
        (("pypi-AgE",), r"pypi-AgE[A-Za-z0-9_-]{50,}", "a PyPI token (pypi-…)"),
        (("eyJ",), r"eyJ[\w-]{10,2000}\.eyJ[\w-]{10,8000}\.[\w-]{10,}", "a signed token (JWT)"),
    )
)
"""Beginnings, pattern and kind. Most texts hold no such beginning, and are done with quickly."""

_PRIVATE_KEY = re.compile(
    r"-----BEGIN ([A-Z0-9 ]{0,30})PRIVATE KEY((?: BLOCK)?)-----(?:[^-]|-(?!----)){20,20000}"
    r"-----END \1PRIVATE KEY\2-----"
)
_BEARER = re.compile(r"\bbearer(?:\s|%20|\+)+([A-Za-z0-9._~+/=-]{16,})", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<=://)[^\s/:@\"'<>]{1,100}:([^\s/:@\"'<>]{6,200})@")

_NAME = (
    r"(?:api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|client[_-]?secret|passphrase"
    r"|passw(?:or)?d|(?<![A-Za-z])(?:[A-Za-z0-9]*[_-])?(?:token|secret))"
)
_NAME_WORDS = ("key", "secret", "passphrase", "passw", "token")
_QUOTE = r"(?:&quot;|&\#0?39;|&\#x27;|\\{0,2}[\"'])"
_VALUE = r"[A-Za-z0-9_.~+/=:-]{16,}"
_ASSIGNED = re.compile(
    rf"{_NAME}(?:{_QUOTE}|\])*(?:\s*:\s*[A-Za-z]+)?\s*(?:=|:|:=|,)\s*{_QUOTE}({_VALUE}){_QUOTE}",
    re.IGNORECASE,
)
_ENVIRONMENT = re.compile(
    rf"(?:^\s*%(?:set_)?env\s+\w*{_NAME}(?:=|\s+)|(?<![^\s!;])[A-Z0-9_]*{_NAME}=)({_VALUE})",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED = re.compile(rf"{_NAME}$", re.IGNORECASE)

_PLACEHOLDER = re.compile(
    r"your|example|placeholder|x{4}|\*{3}|\.{3}|change.?me|dummy|insert|replace|redacted|removed"
    r"|secret|password|1234567890123|0000000",
    re.IGNORECASE,
)

# Pictures and other files in base64: random letters that now and then spell a prefix.
_SHORTEST_BLOB = 200
_BLOB = re.compile(rf"[A-Za-z0-9+/]{{{_SHORTEST_BLOB},}}={{0,2}}")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Secrets:
    """Looks for keys in texts and takes them out.

    Parameters
    ----------
    keys : sequence of Key
        Those that are configured; found in every spelling that `Key.redact` knows.
    """

    def __init__(self, keys: Sequence[Key] = ()) -> None:
        self._keys = tuple(keys)

    def found(self, text: str, name: str = "") -> list[str]:
        """What kinds of keys stand in a text, in words that never quote one.

        Parameters
        ----------
        text : str
        name : str
            The member that holds the text: a value under ``api_key`` is a key whatever its
            shape.
        """
        bare = _COLOURS.sub("", text)  # what is read of it: a colour may part a key in two
        kinds = self._kinds(text, name) + ([] if bare == text else self._kinds(bare, name))
        return list(dict.fromkeys(kinds))

    def removed(self, text: str, name: str = "") -> str:
        """The text with `REMOVED` in the place of every key, unchanged where there is none."""
        text = self._without(text, name)
        bare = _COLOURS.sub("", text)
        return self._without(bare, name) if bare != text and self._kinds(bare, name) else text

    def _kinds(self, text: str, name: str) -> list[str]:
        rest = self._without_ours(text)
        kinds = ["the configured API key"] if rest != text else []
        end = 0
        for span in sorted(_spans(rest, name)):
            if span.start >= end:  # of several names for one, the first
                kinds.append(span.kind)
                end = span.end
        return kinds

    def _without(self, text: str, name: str) -> str:
        text = self._without_ours(text)
        end = len(text)
        for span in sorted(_spans(text, name), reverse=True):
            if span.end <= end:  # of two that overlap, the one further on
                text, end = text[: span.start] + REMOVED + text[span.end :], span.start
        # What overlapped is still there, and is found now.
        return text if not any(_spans(text, name)) else self._without(text, name)

    def _without_ours(self, text: str) -> str:
        for key in self._keys:
            text = key.redact(text)
        return text


def _spans(text: str, name: str) -> Iterator[_Span]:
    if len(text) >= _SHORTEST_BLOB:
        text = _BLOB.sub(lambda match: " " * len(match[0]), text)
    for prefixes, pattern, kind in _SHAPES:
        if any(prefix in text for prefix in prefixes):
            for match in pattern.finditer(text):
                if not _PLACEHOLDER.search(match[0]):
                    yield _Span(*match.span(), kind)
    if "PRIVATE KEY" in text:
        for match in _PRIVATE_KEY.finditer(text):
            yield _Span(*match.span(), "a private key (PEM)")
    if "://" in text and "@" in text:
        for match in _ADDRESS.finditer(text):
            if _is_typed_secret(match[1], 6):
                yield _Span(*match.span(1), "a password in an address")
    lower = text.lower()
    for words, pattern, kind in (
        (("bearer",), _BEARER, "an Authorization header"),
        (_NAME_WORDS, _ASSIGNED, "a value assigned to a key's name"),
        (_NAME_WORDS, _ENVIRONMENT, "a value assigned to a key's name"),
    ):
        if any(word in lower for word in words):
            for match in pattern.finditer(text):
                if _is_typed_secret(match[1], 16):
                    yield _Span(*match.span(1), kind)
    if name and _NAMED.search(name) and re.fullmatch(_VALUE, text) and _is_typed_secret(text, 16):
        yield _Span(0, len(text), "a value under a key's name")


def _is_typed_secret(value: str, shortest: int) -> bool:
    """True for letters and digits in no order that a person would type as a placeholder."""
    return (
        len(value) >= shortest
        and any(char.isdigit() for char in value)
        and any(char.isalpha() for char in value)
        and len(set(value)) >= min(8, shortest)
        and "://" not in value
        and not value.startswith(("/", "./", "../", "~"))
        and not _PLACEHOLDER.search(value)
    )
