"""What came of one HTTP request, as plain data: an answer, or the fault that kept it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, at least its status line.

    Headers and body are kept out of the repr: a service may echo the key in them.

    Attributes
    ----------
    status : int
    headers : mapping
        Names in lower case.
    body : bytes
        Decompressed, and what had arrived when it broke off.
    trouble : str
        Why the body is not whole, in words; empty when it is.
    is_too_large : bool
        It was stopped at the limit; asking again changes nothing.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    trouble: str = ""
    is_too_large: bool = False

    @property
    def is_page(self) -> bool:
        """True for HTML, by its declared type or its first character."""
        if "html" in self.headers.get("content-type", "").lower():
            return True
        return self.body[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


@dataclass(frozen=True, slots=True)
class Fault:
    """No answer.

    Attributes
    ----------
    sent : bool
        Some byte of the request may have left; False only when that is certain.
    trouble : str
        What happened, in a few words: ``connection refused``.
    is_refusal : bool
        We refused to connect there; trying again changes nothing.
    """

    sent: bool
    trouble: str
    is_refusal: bool = False
