"""Settings: each value and where it came from.

Explicit values beat the environment, which beats the keyring, which beats the file of the
vendor's command line tool. Nothing is read at import, nothing is sent, nothing is written
except by `save_key` and `forget_key`.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import platformdirs

from .errors import SettingsError
from .key import Key, key_or_none, malformed, text_of
from .paths import readable

T = TypeVar("T")

DEFAULT_ROOT = "https://api.cometapi.com"
DEFAULT_PREFIX = "/replicate/v1"
DEFAULT_MODEL = "black-forest-labs/flux-schnell"
KEYRING_SERVICE = "comet_jupyter"
KEYRING_USER = "api_key"

# -- the settings ----------------------------------------------------------------------


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A value and, in words for people, where it came from."""

    value: T
    origin: str


@dataclass(frozen=True)
class Settings:
    """Everything that can be set.

    Attributes
    ----------
    key : Setting of Key or None
    root : Setting of str
        Without a slash at the end; may carry a path.
    prefix : Setting of str
        Between root and route, ``/replicate/v1`` for example; may be empty.
    home : Setting of Path
        Where records and pictures are kept; absolute.
    model : Setting of str
        ``owner/name`` or an alias, as it was typed.
    notes : tuple of str
        Sources that were passed over because they could not be read; for ``%comet doctor``.
    """

    key: Setting[Key | None]
    root: Setting[str]
    prefix: Setting[str]
    home: Setting[Path]
    model: Setting[str]
    notes: tuple[str, ...] = ()


def resolve(
    explicit: Mapping[str, tuple[Any, str]] = MappingProxyType({}),
    *,
    environ: Mapping[str, str] | None = None,
    config_file: Path | None = None,
    use_keyring: bool = True,
) -> Settings:
    """The settings as they are at this moment.

    Parameters
    ----------
    explicit : mapping of str to (value, origin)
        ``key`` (text or `Key`), ``root``, ``prefix``, ``home``, ``model``; blank or None is
        missing.
    environ : mapping, optional
        ``os.environ`` when left out.
    config_file : Path, optional
        The vendor's file, ``~/.config/cometapi/config.toml`` when left out.
    use_keyring : bool
        Whether the system's keyring may be asked. It is asked once in a process, because
        asking may open a dialog.

    Raises
    ------
    SettingsError
        A value that was set is malformed; the message names where it was set.
    """
    sources = _Sources(explicit, os.environ if environ is None else environ, config_file)
    del explicit, environ  # a traceback that prints locals would print the key with them
    return Settings(
        key=_find_key(sources, use_keyring),
        root=_find_root(sources),
        prefix=_find_prefix(sources),
        home=_find_home(sources),
        model=sources.text("model", "COMET_JUPYTER_MODEL") or Setting(DEFAULT_MODEL, "default"),
        notes=tuple(sources.notes),
    )


class _Sources:
    """Where values come from. Shows nothing of itself: it holds keys not yet in a `Key`."""

    __slots__ = ("_environ", "_explicit", "_file", "file_origin", "notes")

    def __init__(
        self,
        explicit: Mapping[str, tuple[Any, str]],
        environ: Mapping[str, str],
        config_file: Path | None,
    ) -> None:
        self._explicit = explicit
        self._environ = environ
        self.notes: list[str] = []
        path = config_file or _vendor_file(environ)
        self.file_origin = f"file {readable(path)}" if path else ""
        self._file = self._read_file(path) if path else {}

    def explicit(self, name: str) -> Setting[Any] | None:
        """A value given by the caller, unless it is blank."""
        value, origin = self._explicit.get(name, (None, ""))
        if isinstance(value, str):
            value = value.strip()
        return None if value is None or value == "" else Setting(value, origin)

    def variable(self, *names: str) -> Setting[str] | None:
        """The first of these environment variables that is not blank."""
        for name in names:
            value = self._environ.get(name, "").strip()
            if value:
                return Setting(value, f"environment variable {name}")
        return None

    def file(self, field: str) -> Setting[str] | None:
        """A field of the vendor's file."""
        value = self._file.get(field, "")
        if not isinstance(value, str):
            self.notes.append(f"{self.file_origin}: {field} is not text and was ignored")
            return None
        return Setting(value.strip(), self.file_origin) if value.strip() else None

    def text(self, name: str, *variables: str) -> Setting[str] | None:
        """A text given by the caller or the environment."""
        found = self.explicit(name) or self.variable(*variables)
        return found and Setting(str(found.value), found.origin)

    def _read_file(self, path: Path) -> Mapping[str, Any]:
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
        try:
            return tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError, RecursionError) as error:
            # The parser's own message may quote the file.
            reason = "could not be read" if isinstance(error, OSError) else "is not valid TOML"
        self.notes.append(f"{self.file_origin} {reason} and was ignored")
        return {}


def _vendor_file(environ: Mapping[str, str]) -> Path | None:
    """Where the vendor's command line tool keeps its file; None for an account without home."""
    home = environ.get("HOME") or os.path.expanduser("~")
    # A relative path would let the folder of a foreign notebook say where the key is sent. The
    # XDG specification, too, has relative ones ignored.
    for base in (Path(environ.get("XDG_CONFIG_HOME", "")), Path(home, ".config")):
        if base.is_absolute():
            return base / "cometapi" / "config.toml"
    return None


def _find_key(sources: _Sources, use_keyring: bool) -> Setting[Key | None]:
    for found in (sources.explicit("key"), sources.variable("COMETAPI_KEY", "COMETAPI_API_KEY")):
        if found is not None:
            key, origin = key_or_none(found.value), found.origin
            del found
            if key is None:
                raise malformed(f"the API key from {origin} is malformed")
            return Setting(key, origin)
    if use_keyring:
        key, note = _ask_keyring()
        if note:
            sources.notes.append(note)
        if key is not None:
            return Setting(key, "keyring")
    found = sources.file("api_key")
    if found is not None:
        key, origin = key_or_none(found.value), found.origin
        del found
        # Another tool's file: a placeholder in it must not stand in the way of the sandbox.
        if key is not None:
            return Setting(key, origin)
        sources.notes.append(f"{origin}: api_key is malformed and was ignored")
    return Setting(None, "default")


def _find_root(sources: _Sources) -> Setting[str]:
    found = sources.text("root", "COMETAPI_BASE_URL") or sources.file("base_url")
    if found is None:
        return Setting(DEFAULT_ROOT, "default")
    problem, origin = _root_problem(found.value), found.origin
    if problem:
        del found  # nor does the message repeat it: addresses carry passwords and keys
        raise SettingsError(
            f"the root address from {origin} {problem}", f"Give one like {DEFAULT_ROOT}"
        )
    return Setting(_normal_root(found.value), origin)


def _find_prefix(sources: _Sources) -> Setting[str]:
    found = sources.text("prefix", "COMET_JUPYTER_API_PREFIX")
    if found is None:
        return Setting(DEFAULT_PREFIX, "default")
    path = found.value.strip("/")
    if path and not _is_plain_path(path):
        raise SettingsError(
            f"the API prefix from {found.origin} is no path",
            f"Give a path such as {DEFAULT_PREFIX}, or / for none",
        )
    return Setting(f"/{path}" if path else "", found.origin)


def _find_home(sources: _Sources) -> Setting[Path]:
    found = sources.text("home", "COMET_JUPYTER_HOME")
    remedy = "Set COMET_JUPYTER_HOME to a folder of your own"
    if found is None:
        try:
            path = Path(platformdirs.user_data_dir("comet_jupyter"))
        except RuntimeError:  # an account without a home; older platformdirs leave "~" in it
            path = Path("~")
        if path.is_absolute():
            return Setting(path, "default")
        raise SettingsError("this account has no home folder to keep pictures in", remedy)
    if "\0" in found.value:
        raise SettingsError(f"the folder from {found.origin} is no path", remedy)
    return Setting(Path(os.path.abspath(os.path.expanduser(found.value))), found.origin)


# -- the root address ------------------------------------------------------------------


def _normal_root(text: str) -> str:
    """A checked address without a slash at the end and without the API's own paths.

    People have ``COMETAPI_BASE_URL`` set for other clients, where it ends in ``/v1``.
    """
    parts = urlsplit(text)
    path = re.sub(r"/(?:v1beta|v1|replicate(?:/v1)?)$", "", parts.path.rstrip("/"))
    return f"{parts.scheme.lower()}://{parts.netloc.lower().rstrip(':')}{path.rstrip('/')}"


def _root_problem(text: str) -> str:
    """What is wrong with a root address, empty when nothing is."""
    if not re.fullmatch(r"[!-~]+", text):
        # urlsplit drops tabs and line breaks; a host in another alphabet has two spellings.
        return "holds a space or a character that is not ASCII (write the host as xn--...)"
    if not re.match(r"https?://", text, re.IGNORECASE):
        return "does not begin with https://"
    if "@" in text.split("://", 1)[1].split("/", 1)[0]:
        return "holds a user name or a password"
    if "?" in text or "#" in text:
        return "holds a query or a fragment"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is no valid address"
    path = parts.path.rstrip("/").removeprefix("/")
    if port == 0 or not _is_host(host) or (path and not _is_plain_path(path)):
        return "is no valid address"
    if parts.scheme.lower() == "http" and not _is_loopback(host):
        return "is plain http, which would show the key to everyone on the way; use https"
    return ""


def _is_host(host: str) -> bool:
    """True for a name or an address in its canonical spelling."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.split(".")
        # 127.1, 2130706433 and 0x7f000001 are addresses to some resolvers and names to others.
        if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1], re.IGNORECASE):
            return False
        label = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
        return len(host) < 254 and all(label.fullmatch(part) for part in labels)
    return "%" not in host


def _is_loopback(host: str) -> bool:
    if host in ("localhost", "::1"):
        return True
    try:
        return ipaddress.IPv4Address(host) in ipaddress.IPv4Network("127.0.0.0/8")
    except ValueError:
        return False


def _is_plain_path(path: str) -> bool:
    """True when every segment is literal: nothing empty, encoded or climbing."""
    segments = path.split("/")
    return all(re.fullmatch(r"(?!\.\.?$)[A-Za-z0-9._~-]+", segment) for segment in segments)


# -- the keyring -----------------------------------------------------------------------


def save_key(text: str) -> str | None:
    """Keeps a key in the system's keyring.

    Returns
    -------
    str or None
        Where it was kept; None when there is no keyring that works, so that the caller
        has it for this session only.

    Raises
    ------
    SettingsError
        When the text is no API key.
    """
    key = key_or_none(text)
    del text
    if key is None:
        raise malformed("this is no API key")
    _ask_keyring.cache_clear()
    try:
        import keyring

        keyring.set_password(KEYRING_SERVICE, KEYRING_USER, text_of(key))
    except Exception:  # noqa: BLE001 (backends are plug-ins and raise what they like)
        return None
    # Some backends accept everything and keep nothing.
    kept, _ = _ask_keyring()
    return f"keyring ({keyring.get_keyring().name})" if kept == key else None


def forget_key() -> str | None:
    """Removes the key from the system's keyring; returns from where, None if it held none."""
    _ask_keyring.cache_clear()
    try:
        import keyring

        keyring.delete_password(KEYRING_SERVICE, KEYRING_USER)
        return f"keyring ({keyring.get_keyring().name})"
    except Exception:  # noqa: BLE001 (as above; "no such password" is an error, too)
        return None


@cache
def _ask_keyring() -> tuple[Key | None, str]:
    """The key in the keyring, and a note when the keyring is in trouble."""
    try:
        import keyring
    except ImportError:
        return None, ""
    try:
        # Never a variable here: a traceback that prints locals would show it.
        return Key(keyring.get_password(KEYRING_SERVICE, KEYRING_USER) or ""), ""
    except SettingsError:
        return None, ""
    except Exception as error:  # noqa: BLE001 (as above)
        return None, f"the keyring could not be read ({type(error).__name__}) and was ignored"
