"""The panel's style sheet: what core widgets cannot say by their layouts.

A front end that drops it shows the same buttons as words.
"""

from __future__ import annotations

# ipywidgets draws it in black, which a dark theme hides.
_ARROW = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E"
    "%3Cpath fill='none' stroke='%23bbb' stroke-width='2' d='M5 8l5 5 5-5'/%3E%3C/svg%3E"
)

LOOK = """<style>
.jupyter-widgets.jupyter-button.comet-thumb {
  width: auto; height: auto; aspect-ratio: 1; margin: 0; padding: 0 4px 3px; border-radius: 4px;
  background-color: rgba(128,128,128,0.18) !important; background-size: cover !important;
  background-position: center !important; color: #fff !important; font-size: 11px;
  line-height: 1.3; display: flex; align-items: flex-end; justify-content: center;
  text-shadow: 0 0 3px #000, 0 0 2px #000; overflow: hidden; white-space: nowrap;
}
.jupyter-widgets.jupyter-button.comet-thumb:hover { filter: brightness(1.12); }
.jupyter-widgets.jupyter-button.comet-thumb:focus-visible {
  outline: 3px solid var(--jp-ui-font-color1, #888) !important; outline-offset: 1px !important;
}
.jupyter-widgets.comet-film {
  display: flex !important; flex-wrap: nowrap; overflow: auto hidden; padding-bottom: 4px;
}
.jupyter-widgets.comet-film .comet-thumb { flex: 0 0 96px !important; height: 96px !important; }
.comet-panel .comet-icon { font-size: 0 !important; padding: 0 !important; display: flex;
  align-items: center; justify-content: center; }
.comet-panel .comet-icon i { font-size: 14px; margin: 0; }
.comet-panel .comet-upload { font-size: 0 !important; }
.comet-panel .comet-upload::after { content: "Upload"; font-size: 13px; }
.comet-panel .comet-upload i { font-size: 13px; margin-right: 5px; }
.comet-panel .comet-actions .jupyter-button { padding: 0 8px; }
.comet-panel .comet-unlabelled > .widget-label {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
.comet-panel .comet-label { justify-content: flex-end; }
.comet-panel .comet-fold { background: none !important; text-align: left; padding: 0 !important;
  box-shadow: none !important; opacity: 0.75; }
.comet-panel .comet-running .widget-html-content { min-width: 0; overflow: hidden; }
.comet-panel .comet-running .widget-html-content > div > div > div:first-child > span:first-child {
  display: block !important; width: auto !important; margin: 4px 0 2px !important;
}
.comet-panel .widget-html-content { line-height: 1.5; }
body[data-jp-theme-light=false] .comet-panel .widget-dropdown > select {
  color-scheme: dark; background-image: url("ARROW");
}
</style>""".replace("ARROW", _ARROW)

FIRST, SECOND = "#4f8ef7", "#1fa187"
"""The frames of the picture that is open, and of the one beside it."""


def picture_rule(name: str, data_uri: str) -> str:
    """A button's background: a small picture, darkened where its words stand."""
    if not data_uri:
        return ""
    shade = "linear-gradient(rgba(0,0,0,0) 64%,rgba(0,0,0,.62))"
    return f'.jupyter-widgets.{name}{{background-image:{shade},url("{data_uri}") !important}}'


def frame_rule(name: str, colour: str) -> str:
    """A frame around a button."""
    style = f"outline:3px solid {colour} !important;outline-offset:-3px !important"
    return f".jupyter-widgets.{name}{{{style}}}"
