"""``--sweep NAME=VALUES``: ranges, lists and expressions become values with labels."""

from __future__ import annotations

import itertools
import json
import pathlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from comet_jupyter.errors import InputError
from comet_jupyter.notebook import line, sweep, template


def read(typed: str, **names: Any) -> sweep.Values:
    """The values of one sweep, as it stands on a cell's first line."""
    words = line.read(f"--sweep {typed}", template.evaluator(names))
    (text,) = words.values["sweep"]
    return sweep.read(text, words.objects, words.text)


# -- ranges ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("1..4", [1, 2, 3, 4]),
        ("1..10:3", [1, 4, 7, 10]),
        ("1..9:3", [1, 4, 7]),
        ("4..1", [4, 3, 2, 1]),
        ("4..1:-2", [4, 2]),
        ("-1..1", [-1, 0, 1]),
        ("7..7", [7]),
        ("0..1:0.25", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("0..0.3:0.1", [0.0, 0.1, 0.2, 0.3]),
        ("1..0.7:-0.1", [1.0, 0.9, 0.8, 0.7]),
        ("1e-3..3e-3:1e-3", [0.001, 0.002, 0.003]),
        ("0.5..2.5", [0.5, 1.5, 2.5]),
        ("9007199254740993..9007199254740994", [9007199254740993, 9007199254740994]),
    ],
)
def test_a_range_has_both_ends_and_is_exact(typed: str, values: list[float]) -> None:
    """Whole numbers are ints, and a step of 0.1 gives 0.3."""
    found = read(f"k={typed}")
    assert list(found.values) == values
    assert [type(one) for one in found.values] == [type(one) for one in values]


@given(st.decimals(-1000, 1000, places=3), st.integers(1, 200), st.integers(0, 63), st.booleans())
@settings(deadline=None)
def test_the_numbers_of_a_range_are_those_one_would_type(
    start: Decimal, thousandths: int, steps: int, is_downwards: bool
) -> None:
    """Each is the float of its decimal digits, whatever the step."""
    step = Decimal(thousandths) / 1000 * (-1 if is_downwards else 1)
    expected = [start + number * step for number in range(steps + 1)]
    found = read(f"k={start}..{expected[-1]}:{step}")
    assert list(found.values) == [float(one) for one in expected]
    assert [float(label) for label in found.labels] == list(found.values)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("1..", "no range with two ends"),
        ("..4", "no range with two ends"),
        ("1...4", "no range with two ends"),
        ("1..4:", "no range with two ends"),
        ("1..x", "no range with two ends"),
        ("1..4:0", "the step is 0"),
        ("1..4:0.0", "the step is 0"),
        ("1..4:-1", "leads away from the end"),
        ("4..1:1", "leads away from the end"),
        ("0..64", "more than 64 values"),
        ("0..1:0.0001", "more than 64 values"),
        ("1..99999999999999999999", "more than 64 values"),
        ("0..1e99:1e-99", "more than 64 values"),
    ],
)
def test_a_range_that_cannot_be_right_is_one_line(typed: str, problem: str) -> None:
    """What is wrong, then what to write."""
    with pytest.raises(InputError, match=problem) as caught:
        read(f"k={typed}")
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


# -- lists ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("style=oil,ink,photo", ["oil", "ink", "photo"]),
        ('"style= oil , ink "', ["oil", "ink"]),
        ('"style=oil on wood,ink"', ["oil on wood", "ink"]),
        ("ar=16:9,1:1", ["16:9", "1:1"]),
        ("guidance=2,3.5,5", ["2", "3.5", "5"]),
        ("k=1..4,8", [1, 2, 3, 4, "8"]),
        ("k=8,1..3", ["8", 1, 2, 3]),
        ("k=1..3,2..5", [1, 2, 3, 4, 5]),
        ("k=a,b,a,a", ["a", "b"]),
        ("k=1..3,2", [1, 2, 3]),
        ("k=...fog,wait..", ["...fog", "wait.."]),
        ("k=a=b", ["a=b"]),
        ("k=one", ["one"]),
    ],
)
def test_values_stand_between_commas(typed: str, values: list[Any]) -> None:
    """Texts as typed without white space around them, ranges among them, each value once."""
    assert list(read(typed).values) == values


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("""'style=["oil, on wood", "ink"]'""", ["oil, on wood", "ink"]),
        ("""'style="oil, on wood",ink'""", ["oil, on wood", "ink"]),
        ('''"style='oil, on wood', ink"''', ["oil, on wood", "ink"]),
        ("""'k=["", "1..3", 2, 2.5, true, null]'""", ["", "1..3", 2, 2.5, True, None]),
        ("""'k="1..3",x'""", ["1..3", "x"]),
    ],
)
def test_a_text_with_a_comma_stands_in_quotes_or_in_json(typed: str, values: list[Any]) -> None:
    """In the other kind of quotation marks than those around it all."""
    assert list(read(typed).values) == values


@given(
    st.lists(st.text(min_size=1).filter(lambda text: "\x00" not in text), min_size=1, max_size=9)
)
@settings(deadline=None)
def test_a_json_list_gives_its_texts(texts: list[str]) -> None:
    """Whatever the texts are: commas, quotes, dots, brackets."""
    found = sweep.read(f"style={json.dumps(texts)}", {}, str)
    assert list(found.values) == list(dict.fromkeys(texts))


@pytest.mark.parametrize(
    "typed", ["k=", "k=a,,b", "k=a,", "k=,", "'k=[]'", "'k=[oil]'", "'k=[1,]'"]
)
def test_a_list_that_is_not_complete_is_one_line(typed: str) -> None:
    """A comma too many may be a typo for a value that is missing."""
    with pytest.raises(InputError, match=r"Write|Delete"):
        read(typed)


@pytest.mark.parametrize("typed", ["oil", "=oil", '"a b=1"', "{x}=1", "{{ 3 }}=1"])
def test_a_sweep_names_what_varies(typed: str) -> None:
    """Anything else is told with an example."""
    with pytest.raises(InputError, match="names nothing to vary"):
        read(typed)


# -- expressions ------------------------------------------------------------------------


class Number:
    """A number of an array library: a scalar that has no JSON form."""

    ndim = 0

    def __init__(self, number: float) -> None:
        self.number = number

    def item(self) -> float:
        """The Python number."""
        return self.number


class Array:
    """An array of numbers."""

    ndim = 1

    def __iter__(self) -> Iterator[Number]:
        return map(Number, (1, 2.5))


class Broken:
    """Something that fails while it is looked at."""

    def __iter__(self) -> Iterator[int]:
        yield 1
        raise RuntimeError("no more\npaper")


@pytest.mark.parametrize(
    ("value", "values"),
    [
        (["oil", 2, 2.5, None], ["oil", 2, 2.5, None]),
        (("a, b", "c"), ["a, b", "c"]),
        (range(3), [0, 1, 2]),
        ((one * 2 for one in "ab"), ["aa", "bb"]),
        ({"oil": 1, "ink": 2}.keys(), ["oil", "ink"]),
        (Array(), [1, 2.5]),
        ("oil,ink", ["oil,ink"]),
        ("1..4", ["1..4"]),
        ({"a": 1}, [{"a": 1}]),
        (7, [7]),
        ([[1, 2], [3, 4], [1, 2]], [[1, 2], [3, 4]]),
        ([1, 1.0, 2], [1, 2]),
    ],
)
def test_an_expression_gives_values_of_their_own_types(value: Any, values: list[Any]) -> None:
    """A list gives several; a text is one and is not taken apart."""
    found = list(read("k={{ value }}", value=value).values)
    assert found == values
    assert [type(one) for one in found] == [type(one) for one in values]


def test_expressions_stand_among_other_values() -> None:
    """As whole values, as parts of a text, as the ends of a range."""
    assert read("k={{ some }},x,{{ n }}", some=["a", "b"], n=3).values == ("a", "b", "x", 3)
    assert read('"k=oil {{ on }},ink"', on="on wood, thick").values == ("oil on wood, thick", "ink")
    assert read("k=1..{{ n }}", n=3).values == (1, 2, 3)
    assert read("""'k=["{{ a }}", {{ n }}]'""", a='"], ["', n=3).values == ('"], ["', 3)


def test_pictures_are_values_that_are_never_compared() -> None:
    """The same object is one value; a picture is not taken apart into its rows."""
    first, second = Pillow.new("RGB", (2, 2)), Pillow.new("RGB", (2, 2), "white")
    found = read("image={{ pictures }}", pictures=[first, second, first])
    assert [id(one) for one in found.values] == [id(first), id(second)]
    assert found.labels == ("picture 1", "picture 2")
    assert read("image={{ one }}", one=first).values == (first,)


def test_values_without_an_end_are_refused() -> None:
    """Also when they repeat, so that no more than 64 differ."""
    for values in (itertools.count(), itertools.repeat(1)):
        with pytest.raises(InputError, match="more than 64 values"):
            read("k={{ values }}", values=values)
    assert len(read("k={{ values }}", values=range(64)).values) == 64


def test_an_expression_that_fails_while_it_is_read_is_one_line() -> None:
    """With what it raised."""
    with pytest.raises(InputError, match="raised RuntimeError") as caught:
        read("k={{ broken }}", broken=Broken())
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None


def test_errors_do_not_repeat_what_an_expression_gave() -> None:
    """It may be anything, a key too."""
    for typed in (
        "k=1..{{ hidden }}",
        "k={{ hidden }},,",
        "k=[{{ hidden }}]",
        "k=1..4:{{ hidden }}",
    ):
        with pytest.raises(InputError) as caught:
            read(typed, hidden="secret words")
        assert "secret" not in str(caught.value)
    with pytest.raises(InputError, match="paint"):  # control: what was typed is repeated
        read("k=paint,,{{ hidden }}", hidden="secret words")


# -- labels -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("oil\n on wood", "oil on wood"),
        ("w" * 41, "w" * 39 + "…"),
        ("", "empty"),
        (3.0, "3"),
        (0.1, "0.1"),
        (True, "true"),
        (None, "null"),
        ([1, 2], "[1, 2]"),
        (pathlib.PurePosixPath("some/where/boat.png"), "boat.png"),
        (b"\x89PNG", "picture 1"),
        ("data:image/png;base64,AAAA", "picture 1"),
        (object(), "picture 1"),
        (float("nan"), "picture 1"),
        ({1: object()}, "picture 1"),
        ("\x1b[31mred", "�[31mred"),
    ],
)
def test_a_label_is_one_short_line(value: Any, label: str) -> None:
    """Whatever the value is."""
    assert read("k={{ values }}", values=[value]).labels == (label,)


@given(st.lists(st.one_of(st.text(), st.integers(), st.floats(), st.binary()), min_size=1))
@settings(deadline=None)
def test_labels_tell_values_apart(values: list[Any]) -> None:
    """There is one for each value, printable, at most 40 characters, no two alike."""
    found = read("k={{ values }}", values=values[:64])
    assert len(found.labels) == len(found.values) == len(set(found.labels))
    assert all(0 < len(label) <= 40 and label.isprintable() for label in found.labels)


def test_long_texts_with_the_same_beginning_are_told_apart() -> None:
    """By a number behind what is shown of them."""
    found = read("k={{ values }}", values=["a very " * 9 + end for end in "abc"])
    assert len(set(found.labels)) == 3
    assert [label[-1] for label in found.labels] == ["…", "2", "3"]
