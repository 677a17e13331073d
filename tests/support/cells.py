"""Cells as text, read without a kernel."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from comet_jupyter.notebook import parsing, template
from comet_jupyter.notebook.cell_request import CellRequest, Defaults, Surroundings

SCHNELL = "black-forest-labs/flux-schnell"


def read_cell(
    line: str,
    body: str = "a boat",
    names: Mapping[str, Any] = MappingProxyType({}),
    *,
    model: str = SCHNELL,
    **around: Any,
) -> CellRequest:
    """What a cell asks for, with a few names defined.

    Parameters
    ----------
    line, body : str
        Behind ``%%comet``, and below it.
    names : mapping
        The user's variables.
    model : str
        The configured model.
    **around
        Members of `Surroundings`.
    """
    surroundings = replace(Surroundings(template.evaluator_with(names)), **around)
    return parsing.parse(line, body, surroundings, Defaults(model))


def through_ipython(text: str) -> tuple[str, str]:
    """The line and the body with which a saved and opened cell calls the magic."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text, id="a")])
    text = nbformat.reads(nbformat.writes(notebook), as_version=4).cells[0].source
    tree = ast.parse(TransformerManager().transform_cell(text), mode="eval")
    assert isinstance(tree.body, ast.Call)
    magic, line, body = map(ast.literal_eval, tree.body.args)
    assert magic == "comet"
    return line, body
