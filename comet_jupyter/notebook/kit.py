"""Making widgets, and closing every one of them.

ipywidgets keeps each widget, and the layout and the style of each, until it is closed: a panel
that is merely dropped stays in memory and in the page for ever. So the panel's widgets are all
made here, and share layouts and styles where they look alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Kit:
    """Makes widgets of core ipywidgets and remembers them."""

    def __init__(self) -> None:
        self._made: list[Any] = []
        self._layouts: dict[tuple[tuple[str, str], ...], Any] = {}
        self._styles: dict[tuple[str, str], Any] = {}

    def make(
        self,
        kind: str,
        *,
        layout: Mapping[str, str] | None = None,
        own: bool = False,
        label_width: str = "",
        **traits: Any,
    ) -> Any:
        """A widget of the class that ipywidgets names `kind`.

        Parameters
        ----------
        kind : str
            ``Button``, ``Text``, ...
        layout : mapping, optional
            Members of its layout; widgets with equal ones share it.
        own : bool
            The layout is its own, because it will be changed.
        label_width : str
            Width of its description, where it has one.
        **traits
            As the class takes them.
        """
        import ipywidgets

        widget_class = getattr(ipywidgets, kind)
        if "tooltip" in traits and "tooltip" not in widget_class.class_trait_names():
            traits["description_tooltip"] = traits.pop("tooltip")  # the name in ipywidgets 7
        made = widget_class(
            layout=self._layout(dict(layout or {}), own),
            **self._style(kind, label_width),
            **traits,
        )
        self._styles.setdefault((kind, label_width), getattr(made, "style", None))
        answer_while_busy(made)
        self._made.append(made)
        return made

    def icon(self, icon: str, name: str, width: str = "34px", **traits: Any) -> Any:
        """A button that shows an icon and is named for those who do not see it."""
        button = self.make(
            "Button",
            icon=icon,
            description=name,
            tooltip=traits.pop("tooltip", name),
            layout={"width": width, "flex": "none"},
            **traits,
        )
        button.add_class("comet-icon")
        return button

    def _layout(self, members: dict[str, str], own: bool) -> Any:
        import ipywidgets

        name = tuple(sorted(members.items()))
        if own:
            return ipywidgets.Layout(**members)
        if name not in self._layouts:
            self._layouts[name] = ipywidgets.Layout(**members)
        return self._layouts[name]

    def _style(self, kind: str, label_width: str) -> dict[str, Any]:
        known = self._styles.get((kind, label_width))
        if known is not None:
            return {"style": known}
        return {"style": {"description_width": label_width}} if label_width else {}

    def close(self, widgets: Iterable[Any] | None = None) -> None:
        """Closes everything, or these widgets; what others share stays open."""
        chosen = list(self._made if widgets is None else widgets)
        gone = {id(one) for one in chosen}
        self._made = [one for one in self._made if id(one) not in gone]
        kept = {id(part) for one in self._made for part in parts(one)}
        if widgets is not None:
            kept |= {id(part) for part in (*self._layouts.values(), *self._styles.values())}
        close(chosen, kept)
        if widgets is None:
            for part in (*self._layouts.values(), *self._styles.values()):
                if part is not None:
                    part.close()
            self._layouts.clear()
            self._styles.clear()


def view_of(widget: Any) -> dict[str, Any]:
    """What an output needs to show a widget."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": view}


def parts(widget: Any) -> list[Any]:
    """The models that a widget has beside itself: its layout and its style."""
    found = (getattr(widget, name, None) for name in ("layout", "style"))
    return [part for part in found if part is not None]


def close(widgets: Iterable[Any], kept: Iterable[int] = ()) -> None:
    """Closes widgets with their layouts and styles, except those whose ``id()`` is `kept`."""
    spared = set(kept)
    for widget in widgets:
        for part in parts(widget):
            if id(part) not in spared:
                part.close()
        widget.close()


def answer_while_busy(widget: Any) -> None:
    """Lets the kernel hear of a click or of a changed value while a cell runs."""
    # ipykernel 7.4 sends what comes on a comm to the shell that last published on it, which is
    # the busy one; None lets the subshell that JupyterLab made for widgets have it. All of
    # them, or a click in the subshell would overtake the text typed before it.
    comm: Any = getattr(widget, "comm", None)
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = None
