"""Placeholder, replaced by the public face."""
from ._version import __version__ as __version__
