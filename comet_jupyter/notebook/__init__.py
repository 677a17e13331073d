"""Where people touch it: the magics, and what a cell shows. IPython and ipywidgets live here."""
