"""Widgets in a saved notebook: views, and the state that they need to be seen again.

GitHub and nbconvert refuse a whole notebook whose widget state is incomplete; JupyterLab shows
an error in the place of a view whose model is not saved, even where other types stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .document import WIDGET_VIEW, Document, Output, text_of
from .findings import NOTEBOOK_METADATA, NOTICE, PROBLEM, Change, Finding

STATE = "application/vnd.jupyter.widget-state+json"

_REFERENCE = "IPY_MODEL_"
_OTHER_TYPES = frozenset({"text/html", "text/markdown", "image/png", "image/jpeg", "image/svg+xml"})


def find(document: Document) -> Iterator[Finding]:
    """Incomplete state, views without their model, state without a view."""
    models, broken = _saved(document)
    if broken:
        yield Finding(
            PROBLEM,
            "widgets",
            NOTEBOOK_METADATA,
            f"the widget state is half saved: {broken}; GitHub refuses the whole notebook",
            "Take metadata.widgets out, or save the widget state again",
            fixable=True,
        )
    views = list(_views(document))
    if models and not any(model in models for _, model in views):
        yield Finding(
            NOTICE,
            "widgets",
            NOTEBOOK_METADATA,
            f"the state of {len(models)} widgets is saved, and no output shows one",
            "Take metadata.widgets out",
            fixable=True,
        )
    for output, model in views:
        if model not in models:
            yield Finding(
                PROBLEM,
                "widgets",
                output.place,
                "it shows a widget whose state is not saved: an error stands in its place",
                "Show a picture or a text instead",
                fixable=True,
            )
        elif not _OTHER_TYPES & set(output.data):
            yield Finding(
                PROBLEM,
                "widgets",
                output.place,
                "it is a widget only, which GitHub does not show",
                "Show a picture or a text as well",
            )


def mend(document: Document) -> Iterator[Change]:
    """Broken or unused state goes, and so do views that have no model."""
    models, broken = _saved(document)
    views = list(_views(document))
    used = any(model in models for _, model in views)
    if broken or (models and not used):
        # Models that are there but refer to missing ones would not be seen whole either.
        del document.metadata["widgets"]
        yield Change(
            NOTEBOOK_METADATA,
            "half-saved widget state taken out" if broken else "unused widget state taken out",
        )
        models = {}
    gone = []
    for output, model in views:
        if model not in models:
            del output.data[WIDGET_VIEW]
            output.node["metadata"].pop(WIDGET_VIEW, None)
            if _is_empty(output):
                gone.append(id(output.node))
            yield Change(output.place, "a view of a widget that was not saved taken out")
    for cell in document.cells:
        if cell.is_code and gone:
            cell.node["outputs"] = [one for one in cell.node["outputs"] if id(one) not in gone]


def _views(document: Document) -> Iterator[tuple[Output, str]]:
    """Outputs that show a widget, and the id of its model."""
    for output in document.outputs:
        if WIDGET_VIEW in output.data:
            view = output.data[WIDGET_VIEW]
            model = view.get("model_id") if isinstance(view, dict) else None
            yield output, model if isinstance(model, str) else ""


def _saved(document: Document) -> tuple[dict[str, Any], str]:
    """The models by id, and what is missing; no models where something is."""
    widgets = document.metadata.get("widgets")
    if widgets is None:
        return {}, ""
    saved = widgets.get(STATE) if isinstance(widgets, dict) else None
    if not isinstance(saved, dict):
        return {}, f"{STATE} is missing"
    models = saved.get("state")
    if not isinstance(models, dict):
        return {}, "the key `state` is missing"
    if not isinstance(saved.get("version_major"), int):
        return {}, "the key `version_major` is missing"
    for model in models.values():
        named = isinstance(model, dict) and all(
            isinstance(model.get(name), str) for name in ("model_name", "model_module")
        )
        if not named or not isinstance(model.get("state"), dict):
            return {}, "a model in it has no name or no state"
        if any(one not in models for one in _references(model["state"])):
            return {}, "a model in it refers to one that is missing"
    return models, ""


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith(_REFERENCE):
            yield value.removeprefix(_REFERENCE)
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _references(one)


def _is_empty(output: Output) -> bool:
    """True when nothing is left but the widget's repr, which is no text for readers."""
    rest = set(output.data) - {"text/plain"}
    shown = text_of(output.data.get("text/plain", ""))
    return not rest and (not shown.strip() or shown.rstrip().endswith(")"))
