"""Whether JSON is a notebook: as far as the checks rely on it, and no further."""

from __future__ import annotations

from typing import Any

from .document import is_text

DEEPEST = 200
"""Levels of nesting; widget state, the deepest there is, has about twenty."""

_OUTPUT_TYPES = frozenset({"stream", "display_data", "execute_result", "error"})


def malformed(data: Any) -> str:
    """What keeps this JSON from being a notebook of nbformat 4; empty when nothing does."""
    if not isinstance(data, dict) or "nbformat" not in data:
        return "it is JSON, but no notebook"
    version = data["nbformat"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        return "its nbformat is no number"
    if version > 4:
        return f"its nbformat {version} is newer than the 4 that is known here"
    if version < 4:
        return f"its nbformat {version} is an old one"
    if not isinstance(data.get("nbformat_minor", 0), int):
        return "its nbformat_minor is no number"
    if not isinstance(data.get("metadata"), dict):
        return "its metadata is no object"
    if not isinstance(data.get("cells"), list):
        return "it has no list of cells"
    if _too_deep(data):
        return f"it is nested more than {DEEPEST} levels deep"
    wrong = (
        (number, what)
        for number, cell in enumerate(data["cells"], 1)
        if (what := _malformed_cell(cell))
    )
    return next((f"cell {number} {what}" for number, what in wrong), "")


def _malformed_cell(cell: Any) -> str:
    if not isinstance(cell, dict):
        return "is no object"
    if not isinstance(cell.get("cell_type"), str):
        return "has no cell_type"
    if not is_text(cell.get("source")):
        return "has no source"
    if not isinstance(cell.get("metadata"), dict):
        return "has no metadata"
    attachments = cell.get("attachments", {})
    if not isinstance(attachments, dict) or not all(
        isinstance(one, dict) for one in attachments.values()
    ):
        return "has attachments that are none"
    if cell["cell_type"] != "code":
        return ""
    if not isinstance(cell.get("execution_count"), (int, type(None))):
        return "has an execution_count that is no number"
    if not isinstance(cell.get("outputs"), list):
        return "has no list of outputs"
    wrong = (number for number, one in enumerate(cell["outputs"], 1) if _malformed_output(one))
    return next((f"has a malformed output, number {number}" for number in wrong), "")


def _malformed_output(output: Any) -> bool:
    if not isinstance(output, dict):
        return True
    kind = output.get("output_type")
    if not isinstance(kind, str) or kind not in _OUTPUT_TYPES:
        return True
    if kind == "stream":
        return not is_text(output.get("text"))
    if kind == "error":
        lines = output.get("traceback")
        named = isinstance(output.get("ename"), str) and isinstance(output.get("evalue"), str)
        return not (named and isinstance(lines, list) and is_text(lines))
    return not (isinstance(output.get("data"), dict) and isinstance(output.get("metadata"), dict))


def _too_deep(data: Any) -> bool:
    level = [data]
    for _ in range(DEEPEST):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
