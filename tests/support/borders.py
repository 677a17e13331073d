"""What a module imports, and which of it crosses a border of the package.

Read from the source, so that imports inside functions and for type checking count too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "comet_jupyter"

LAYERS: tuple[frozenset[str], ...] = tuple(
    map(
        frozenset,
        (
            {"_version"},
            {"errors"},
            {"key", "paths"},
            {"settings", "models", "images"},
            {"wire"},
            {"record"},
            {"store", "show"},
            {"aliases"},
            {"engine"},
            {"notebook", "face"},
            {PACKAGE, "__main__"},
        ),
    )
)
"""From the ground up: a room may import itself and rooms of lower layers."""

ISLANDS = frozenset({"sandbox"})
"""Rooms that import no other and that no other imports: one mistake must not cancel out."""

HOMES: dict[str, frozenset[str]] = {
    "httpx": frozenset({"wire.exchange", "wire.network"}),
    "sqlite3": frozenset({"store"}),
    "PIL": frozenset({"images", "sandbox.drawing"}),
    "IPython": frozenset({"notebook"}),
    "ipykernel": frozenset({"notebook"}),
    "ipywidgets": frozenset({"notebook"}),
    "traitlets": frozenset({"notebook"}),
    "nest_asyncio": frozenset({"notebook.nesting"}),
    "nest_asyncio2": frozenset({"notebook.nesting"}),
    "tornado": frozenset({"sandbox.server"}),
    "keyring": frozenset({"settings"}),
    "platformdirs": frozenset({"settings"}),
    "tomllib": frozenset({"settings", "models"}),
    "tomli": frozenset({"settings", "models"}),
}
"""Where a library that has a border may be imported: a module, or a whole room."""


def modules(root: Path) -> Iterator[tuple[str, str]]:
    """Dotted name below the package and source of every module; ``""`` for the package."""
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path.read_text("utf-8")


def imports(module: str, source: str, *, is_package: bool) -> Iterator[tuple[str, int]]:
    """Every import of a module as an absolute dotted name, with its line.

    ``from a.b import c`` gives ``a.b.c``: c may be a module, and is then the one that counts.
    """
    inside = [PACKAGE, *module.split(".")] if module else [PACKAGE]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is the package that holds the module, which for a package is itself.
            base = inside[: len(inside) - node.level + is_package] if node.level else []
            prefix = [*base, *([node.module] if node.module else [])]
            yield from ((".".join([*prefix, alias.name]), node.lineno) for alias in node.names)


def crossings(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """The forbidden imports of a module, each as a line of text; empty when it keeps to order."""
    room = module.split(".")[0] or PACKAGE
    found = []
    for name, line in imports(module, source, is_package=is_package):
        top, *rest = name.split(".")
        if top == PACKAGE:
            other = rest[0] if rest and is_room(rest[0]) else PACKAGE
            if not _may_import(room, other):
                found.append(f"{module or '__init__'}:{line} ({room}) imports {name}")
        elif top in HOMES and not _at_home(module, HOMES[top]):
            found.append(f"{module or '__init__'}:{line} imports {name}")
    return found


def is_room(name: str) -> bool:
    """True for a name that the order knows."""
    return name in ISLANDS or any(name in layer for layer in LAYERS)


def prints(source: str) -> list[int]:
    """Lines on which a module calls print."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]


def _may_import(room: str, other: str) -> bool:
    if room == other:
        return True
    if room in ISLANDS or other in ISLANDS:
        return False
    return _layer(other) < _layer(room)


def _layer(room: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if room in layer)


def _at_home(module: str, homes: frozenset[str]) -> bool:
    return any(module == home or module.startswith(f"{home}.") for home in homes)
