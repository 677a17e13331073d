"""The notebook's file: read as it is formatted, written whole, and never over a newer one."""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...paths import readable
from ...store.disk import reason
from .document import Node
from .shape import malformed

LARGEST = 400_000_000
"""Bytes of a notebook that is looked at; GitHub takes a quarter of it."""

_BOM = "\ufeff"
_SAVE_ANEW = "Open it in JupyterLab, save it, and try again"


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written, so that a mended one differs in what was mended only."""

    indent: str | None = " "
    separators: tuple[str, str] = (",", ": ")
    ascii_only: bool = False
    bom: bool = False
    line_end: str = "\n"
    ending: str = "\n"

    @classmethod
    def of(cls, text: str) -> Format:
        """The format that a text is in, as far as JSON leaves a choice."""
        bare = text.removeprefix(_BOM)
        indent = re.match(r"\s*\{\r?\n([ \t]+)\"", bare)
        escaped = re.search(r"\\u(?!00[01])[0-9a-fA-F]{4}", bare) is not None
        return cls(
            indent=indent[1] if indent else None,
            separators=(",", ": ") if indent else _separators(bare),
            ascii_only=escaped and bare.isascii(),
            bom=bare != text,
            line_end="\r\n" if "\r\n" in bare else "\n",
            ending=bare[len(bare.rstrip()) :].replace("\r\n", "\n"),
        )

    def text(self, notebook: Node) -> str:
        """A notebook in this format."""
        text = json.dumps(
            notebook,
            ensure_ascii=self.ascii_only,
            indent=self.indent,
            separators=self.separators,
            allow_nan=False,
        )
        # Half a character has no UTF-8; JSON can say it all the same.
        text = re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)
        return (_BOM if self.bom else "") + (text + self.ending).replace("\n", self.line_end)


def _separators(text: str) -> tuple[str, str]:
    spaced = re.match(r"\s*\{\"[a-z_]+\": ", text) is not None
    return (", ", ": ") if spaced else (",", ":")


@dataclass(frozen=True, slots=True)
class NotebookFile:
    """A notebook as it was read."""

    path: Path
    data: bytes = field(repr=False)
    notebook: Node = field(repr=False)
    format: Format

    def write(self, notebook: Node) -> NotebookFile:
        """Puts a mended notebook in its place: all of it, or nothing.

        Raises
        ------
        InputError
            When the file is no longer what was read, or cannot be written.
        """
        data = self.format.text(notebook).encode("utf-8")
        # A link stays one: what it leads to is replaced.
        target = Path(os.path.realpath(self.path))
        part = target.with_name(f".{target.name[:100]}-{secrets.token_hex(6)}.part")
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(target, part)
            if target.read_bytes() == self.data:
                part.replace(target)
                return NotebookFile(self.path, data, notebook, self.format)
            cause = f"{readable(self.path)} was changed meanwhile; nothing was written"
            remedy = "Save it and try again"
        except OSError as error:
            cause = f"{readable(self.path)} could not be written: {reason(error)}"
            remedy = "Allow writing there, or mend a copy"
        finally:
            part.unlink(missing_ok=True)
        raise InputError(cause, remedy)


def read(path: Path) -> NotebookFile:
    """A saved notebook.

    Raises
    ------
    InputError
        When it cannot be read, or is no notebook that is known here; never anything else.
    """
    name = readable(path)
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{name} has over {LARGEST / 1e6:.0f} MB", "Clear its outputs")
        data = path.read_bytes()
    except FileNotFoundError:
        cause, remedy = f"there is no {name}", "Give the path of a saved notebook"
    except IsADirectoryError:
        cause, remedy = f"{name} is a folder", "Give the path of a notebook in it"
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else "this is no path"
        cause, remedy = f"{name} could not be read: {why}", "Give the path of a saved notebook"
    else:
        notebook, wrong = _parsed(data)
        if not wrong:
            return NotebookFile(path, data, notebook, Format.of(data.decode("utf-8")))
        cause, remedy = f"{name} cannot be checked: {wrong}", _SAVE_ANEW
    raise InputError(cause, remedy)


def _parsed(data: bytes) -> tuple[Any, str]:
    """The JSON, and what keeps it from being a notebook."""
    if not data.strip():
        return None, "it is empty"
    try:
        notebook = json.loads(
            data.decode("utf-8").removeprefix(_BOM), parse_constant=_refuse, parse_float=_finite
        )
    except UnicodeDecodeError:
        return None, "it is not UTF-8"
    except RecursionError:
        return None, "it is nested too deeply"
    except ValueError as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        return None, f"it is no valid JSON{where}"
    return notebook, malformed(notebook)


def _refuse(name: str) -> None:
    raise ValueError(name)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(digits)
    return value
