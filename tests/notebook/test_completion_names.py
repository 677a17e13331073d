"""Names of variables and attributes are found without evaluating anything."""

from __future__ import annotations

import math
import types

import pytest

from comet_jupyter.notebook.completion import names


class Loud:
    """Fails the test when anything of it is asked for by a plain attribute access."""

    colour = "red"

    def __init__(self) -> None:
        self.mood = "calm"

    def __getattr__(self, name):
        pytest.fail(f"asked for {name}")

    def __dir__(self):
        pytest.fail("asked for dir()")

    @property
    def token(self):
        pytest.fail("asked for a property")

    def paint(self):
        pytest.fail("called")


class Slotted:
    """Has no dictionary."""

    __slots__ = ("size",)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", ("", "")),
        (" cat", ("", "cat")),
        ("cat.", ("cat", "")),
        ("max(cat.metrics.pre", ("cat.metrics", "pre")),
        ("[été", ("", "été")),
        ("a.b.c.", ("a.b.c", "")),
        ("1.", None),
        ("2e", None),
        ("f().", None),
        ("x[0].y", None),
        ("'a'.up", None),
    ],
)
def test_a_source_ends_in_a_dotted_name(source, found):
    """The owner and the beginning; nothing behind a call, an index, a number or a string."""
    assert names.split(source) == found


def test_no_property_is_asked():
    """Properties, methods and instance attributes are listed by name, and none is run."""
    namespace = {"it": Loud(), "kind": Loud}
    found = names.attributes(namespace, "it")
    assert {"mood", "colour", "token", "paint"} <= set(found)
    assert found["paint"] == "function"
    assert found["token"] == "instance"
    assert {"colour", "token", "paint"} <= set(names.attributes(namespace, "kind"))
    assert names.attributes(namespace, "it.token") == {}
    assert names.attributes(namespace, "it.paint") == {}
    assert "upper" in names.attributes(namespace, "it.mood")
    assert names.variables(namespace, {}) == {"it": "instance", "kind": "class"}


def test_a_property_that_is_asked_is_seen():
    """Control: the object notices a plain look at it."""
    for look in (lambda it: it.token, dir, lambda it: it.unknown):
        with pytest.raises(pytest.fail.Exception):
            look(Loud())


def test_modules_slots_and_classes_have_names_too():
    """What a module holds, what slots name, what a class inherits."""
    namespace = {"math": math, "slotted": Slotted(), "cls": bool}
    assert names.attributes(namespace, "math")["tau"] == "instance"
    assert names.attributes(namespace, "math")["sqrt"] == "function"
    assert "size" in names.attributes(namespace, "slotted")
    assert "bit_length" in names.attributes(namespace, "cls")
    assert names.attributes(namespace, "nobody") == {}
    assert names.attributes(namespace, "math.nothing") == {}


def test_odd_namespaces_are_no_trouble():
    """Names that are no text or no identifiers are passed over, in modules too."""
    module = types.ModuleType("odd")
    vars(module).update({"two words": 1, "fine": 2})
    vars(module)[3] = "three"
    namespace = {"odd": module, "a b": 1, 7: 2, "ok": 3}
    assert names.variables(namespace, {}) == {"odd": "module", "ok": "instance"}
    assert "fine" in names.attributes(namespace, "odd")
    assert not {"two words", 3} & set(names.attributes(namespace, "odd"))
