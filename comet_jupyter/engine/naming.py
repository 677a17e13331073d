"""What the models are called in a session: the package's short names and the user's own."""

from __future__ import annotations

from collections.abc import Mapping

from .. import aliases, models
from ..aliases import Change
from ..errors import StoreError
from .resources import Resources


class Naming(Resources):
    """The names of models; the user's own are read anew each time, for kernels share them."""

    @property
    def aliases(self) -> Mapping[str, str]:
        """The user's own aliases: name to ``owner/name``; none while their file is damaged."""
        try:
            return aliases.read(self.settings.home.value)
        except StoreError:
            return {}

    @property
    def alias_trouble(self) -> str:
        """Why the user's aliases are not there, in one line; empty when they are."""
        try:
            aliases.read(self.settings.home.value)
        except StoreError as error:
            return str(error)
        return ""

    def resolve_model(self, name: str) -> str:
        """The full name behind an alias or a full name; the user's own aliases win.

        Raises
        ------
        UnknownNameError
            For a name without slash that is no alias; it names the nearest one.
        """
        return models.canonical(name, self.aliases)

    def set_alias(self, name: str, model: str) -> Change:
        """Makes an alias for a model, which may be given by an alias, too.

        Raises
        ------
        InputError
            When one of the two is no name, or the model unknown.
        StoreError
            When it could not be written: then nothing changed.
        """
        return aliases.put(self.settings.home.value, name, self.resolve_model(model))

    def delete_alias(self, name: str) -> str:
        """Deletes an alias; returns what it stood for.

        Raises
        ------
        UnknownNameError
            When there is none of this name; it names the nearest.
        StoreError
            When the file is damaged, or could not be written: then nothing changed.
        """
        return aliases.delete(self.settings.home.value, name)
