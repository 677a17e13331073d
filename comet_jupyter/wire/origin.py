"""Where a connection goes: scheme, host and port, and the proxy before it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from . import addresses


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (ASCII, lower case) and port."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of a URL.

        Raises
        ------
        ValueError
            For another scheme than http and https, credentials before the host, or a
            malformed one. The text never quotes the URL.
        """
        scheme, host, port, has_credentials = _split(url)
        if scheme not in ("http", "https"):
            raise ValueError("its scheme is not https")
        if has_credentials:
            raise ValueError("it carries credentials")
        if not re.fullmatch(r"[a-z0-9._:-]+", host) or port == 0:
            raise ValueError("its host or port is malformed")
        return cls(scheme, host, port or _default_port(scheme))

    @property
    def authority(self) -> str:
        """Host and port as a Host header gives them."""
        return self._bracketed if self.port == _default_port(self.scheme) else self.full_authority

    @property
    def full_authority(self) -> str:
        """Host and port, whichever the port is."""
        return f"{self._bracketed}:{self.port}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def proxy_for(origin: Origin) -> str:
    """The URL of the proxy that environment or system name for an https origin; empty for none.

    Plain http is for this machine alone, and never takes a proxy. The URL may hold
    credentials: it is not for reading.

    Raises
    ------
    ValueError
        When it is no HTTP proxy, a SOCKS one for example. The text does not quote it.
    """
    if origin.scheme != "https" or addresses.is_loopback(origin.host):
        return ""
    named = getproxies()
    url = named.get("https") or named.get("all")
    if not url or proxy_bypass(origin.full_authority):
        return ""
    url = url if "://" in url else f"http://{url}"
    scheme, host, _, _ = _split(url)
    if scheme != "http" or not host:
        raise ValueError("the proxy set in HTTPS_PROXY or ALL_PROXY is no http:// proxy")
    return url


def _split(url: str) -> tuple[str, str, int | None, bool]:
    """Scheme, host, port and whether credentials stand before them; blank if malformed."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        has_credentials = "@" in parts.netloc
        return parts.scheme.lower(), host, parts.port, has_credentials
    except ValueError:
        return url.partition(":")[0].lower(), "", None, False


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
