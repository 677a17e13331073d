"""Paths and names that belong to a machine and not into a notebook for others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .document import METADATA, NAME, SOURCE, Document, Text
from .findings import NOTEBOOK_METADATA, NOTICE, PROBLEM, Change, Finding

# A path begins here: not inside of another one or of an address; behind a traceback's colour.
_START = r"(?:(?<![\w.~/\\:-])|(?<=\dm)|(?<=file://)|(?<=\\[nrt])|(?<=[\s\"'(=\[;,][A-Za-z]:))"
_REST = r"(?![\w.-])"

_HOME = re.compile(
    rf"{_START}(?:/(?:home|Users)/(?P<unix>[\w.-]+)|/root{_REST}(?=/)"
    r"|[A-Za-z]:(?P<slash>\\{1,4}|/)Users(?P=slash)(?P<windows>[\w.-]+(?: [A-Z][\w.-]*)?))"
)
_TEMPORARY = re.compile(
    rf"{_START}(?:/tmp/[\w.-]|/(?:private/)?var/folders/\w|/dev/shm/\w"
    r"|[A-Za-z]:(?:\\{1,4}|/)(?:Windows(?:\\{1,4}|/))?Temp(?:\\{1,4}|/)\w)"
)
_NOBODY = frozenset(
    "codespace default jovyan me name public runner runneradmin sagemaker-user shared someone"
    " user username vscode vsts you yourname".split()
)
"""Homes of containers, of CI and of documentation: they tell nothing about anybody."""

_ORDINARY_KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)"}


@dataclass(frozen=True, slots=True)
class Machine:
    """Where this runs: what may not stand in a notebook beside the usual home folders.

    Attributes
    ----------
    home : str
        The home folder, empty when unknown or nothing special.
    user : str
        The account's name.
    """

    home: str = ""
    user: str = ""
    _own: re.Pattern[str] | None = field(init=False, repr=False, compare=False)
    _name: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        own = name = None
        if len(self.home) > 3 and not _HOME.fullmatch(self.home):
            parts = re.split(r"[\\/]", self.home)
            own = re.compile(_START + r"(?:\\{1,4}|/)".join(map(re.escape, parts)) + _REST)
        if len(self.user) > 2 and self.user.lower() not in {*_NOBODY, "root"}:
            user = re.escape(self.user)
            name = re.compile(rf"(?<=[\w~][\\/]){user}(?=[\\/])|(?<![\w.+-]){user}@[\w-]+(?=[:~])")
        object.__setattr__(self, "_own", own)
        object.__setattr__(self, "_name", name)

    def shortened(self, text: str) -> str:
        """The text with ``~`` in the place of every home folder."""
        if self._own is not None:
            text = self._own.sub("~", text)
        return _HOME.sub(lambda match: match[0] if _is_nobodys(match) else "~", text)

    def named(self, text: str) -> bool:
        """True when the account's own name stands in a path or in front of a host."""
        return self._name is not None and self._name.search(text) is not None


def find(document: Document, machine: Machine) -> Iterator[Finding]:
    """Home folders, temporary folders and names, and kernels that only exist here."""
    for text in document.texts():
        yield from _in_text(text, machine)
    if _private_kernel(document):
        yield Finding(
            NOTICE,
            "kernel",
            NOTEBOOK_METADATA,
            "it asks for a kernel that has a name of its own, which readers do not have",
            "Choose an ordinary Python 3 kernel and save",
            fixable=True,
        )


def mend(document: Document, machine: Machine) -> Iterator[Change]:
    """Homes become ``~`` outside of sources; papermill's paths and the kernel's name go."""
    papermill = document.metadata.get("papermill")
    if isinstance(papermill, dict):
        private = [
            name
            for name in ("input_path", "output_path")
            if isinstance(papermill.get(name), str) and _is_private(papermill[name], machine)
        ]
        for name in private:
            del papermill[name]
        if private:
            yield Change(NOTEBOOK_METADATA, f"papermill's {' and '.join(private)} taken out")
    for text in document.texts():
        if text.part == SOURCE:
            continue
        shorter = machine.shortened(text.text)
        if shorter != text.text:
            text.replace(shorter)
            yield Change(text.place, "a home folder written as ~")
    if _private_kernel(document):
        document.metadata["kernelspec"].update(_ORDINARY_KERNEL)
        yield Change(NOTEBOOK_METADATA, "the kernel's name replaced by python3")


def _in_text(text: Text, machine: Machine) -> Iterator[Finding]:
    papermill = text.part == METADATA and text.name in ("input_path", "output_path")
    if machine.shortened(text.text) != text.text:
        in_source = text.part == SOURCE
        yield Finding(
            NOTICE if in_source or _only_root(text.text, machine) else PROBLEM,
            "path",
            text.place,
            "a home folder is named" + (" in a member's name" if text.part == NAME else ""),
            "Write a path relative to the notebook" if in_source else "Write it as ~",
            fixable=not in_source,
        )
    elif machine.named(text.text):
        yield Finding(
            NOTICE,
            "path",
            text.place,
            "the name of this machine's account stands in it",
            "Clear the output, or run the cell where the path says nothing",
        )
    if _TEMPORARY.search(text.text):
        yield Finding(
            NOTICE,
            "path",
            text.place,
            "a temporary folder is named, which readers do not have",
            "Take it out by hand, or run the cell in a folder of its own",
            fixable=papermill,
        )


def _is_private(text: str, machine: Machine) -> bool:
    return machine.shortened(text) != text or _TEMPORARY.search(text) is not None


def _is_nobodys(match: re.Match[str]) -> bool:
    name = match["unix"] or match["windows"]
    # "/home/..." is an example; root's home has no name in it.
    return name is not None and (name.rstrip(".").lower() in _NOBODY or not name.strip(".-"))


def _only_root(text: str, machine: Machine) -> bool:
    """True when all that is named is root's home, which tells nothing about anybody."""
    bare = re.sub(r"/root(?=/)", "", text)
    return bare != text and machine.shortened(bare) == bare


def _private_kernel(document: Document) -> bool:
    spec = document.metadata.get("kernelspec")
    if not isinstance(spec, dict) or spec.get("language", "python") != "python":
        return False
    name, shown = spec.get("name"), spec.get("display_name")
    if not isinstance(name, str) or not isinstance(shown, str):
        return False
    usual = ("python3", "python", "xpython")
    return name not in usual or not shown.startswith(("Python", "xpython", "Pyodide"))
