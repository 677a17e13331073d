"""``{{ expression }}`` and nothing else is replaced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comet_jupyter.errors import InputError, UnknownNameError
from comet_jupyter.notebook import template

EVALUATE = template.evaluator({"place": "autumn", "n": 3, "d": {"a": {"b": 1}}, "size": [1, 2]})


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("a {{ place }} forest", "a autumn forest"),
        ("{{place}}{{ n }}", "autumn3"),
        ('{{ d["a"]["b"] + 1 }}', "2"),
        ('{{ {"x": {"y": 7}}["x"]["y"] }} boats', "7 boats"),
        ("{{ '}}' }} and {{ '{{' }}", "}} and {{"),
        ('{"single": "braces"} $HOME %%time --seed {a|b} {} # "q"', None),
        ("an open {{ brace", None),
        ("a closed }} brace", None),
        ("cost=$5 and {place}", None),
        ("", None),
    ],
)
def test_only_double_braces_are_replaced(text: str, filled: str | None) -> None:
    """Single braces, dollars, percent signs and dashes stay as typed."""
    assert template.fill(text, EVALUATE) == (text if filled is None else filled)


@given(st.text().filter(lambda text: "{{" not in text))
def test_any_text_without_double_braces_stays_the_same(text: str) -> None:
    """Whatever the characters are."""
    assert template.fill(text, EVALUATE) == text


def test_an_opening_without_an_end_is_doubted() -> None:
    """It is sent as typed, and said, for it may be a typo that costs money."""
    assert len(template.doubts("a {{ boat")) == 1
    assert len(template.doubts("{{ place }} and {{ boat")) == 1
    assert template.doubts("a {{ place }} boat, {single} }}") == []


def test_a_whole_expression_keeps_its_type() -> None:
    """``--params {{ a_dict }}`` is the dictionary, not its text."""
    assert template.value("{{ d }}", EVALUATE) == {"a": {"b": 1}}
    assert template.value("{{ n }} ", EVALUATE) == "3 "


def test_an_undefined_name_names_the_nearest() -> None:
    """The typo is found before anything is sent."""
    with pytest.raises(UnknownNameError, match=r"plase is not defined\. Did you mean place"):
        template.fill("{{ plase }}", EVALUATE)


@pytest.mark.parametrize("text", ["{{ 1 / 0 }}", "{{ place.nothing }}"])
def test_a_failing_expression_says_what_it_raised(text: str) -> None:
    """One line with expression and cause, and no chain to the user's exception."""
    with pytest.raises(InputError, match="raised") as caught:
        template.fill(text, EVALUATE)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("text", ["{{ a boat }}", "{{ }}", "{{ a b }} {{ n }}"])
def test_what_is_no_expression_is_an_error(text: str) -> None:
    """It looks like one, so it is not silently sent."""
    with pytest.raises(InputError, match="no Python expression"):
        template.fill(text, EVALUATE)


def test_the_namespace_is_not_changed() -> None:
    """Evaluation sees a copy."""
    namespace: dict[str, object] = {"n": 1}
    template.evaluator(namespace)("[m := 5, n][0]")
    assert namespace == {"n": 1}
