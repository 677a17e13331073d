"""When two requests are the same: whatever the spelling, and never when something differs."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from comet_jupyter.store.identity import nearest, request_hash
from comet_jupyter.wire.request import PredictionRequest

MODEL = "black-forest-labs/flux-schnell"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TEXT = st.text(st.characters() | st.sampled_from("aA é\u0301\ud800\ude00😀\x00\n"), max_size=12)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
INPUTS = st.dictionaries(NAMES, VALUES, max_size=5)
# Few different ones, and all that are easily taken for each other.
FEW: list[Any] = [
    *(None, False, True, 0, 1, -1, 0.0, -0.0, 1.0, 0.5, 2**53, 2.0**53, 2**53 + 1),
    *(1e300, 10**300, "", "null", "1", "1.0", "true", "[]", [], [[]], [None], [1], [True]),
    *({}, {"a": None}, {"1": 1}),
]


def of(given_input: Any, model: str = MODEL, *, drawn: bool = False) -> str:
    """The hash of a request with this input."""
    return request_hash(PredictionRequest(model, given_input, seed_drawn=drawn))


def reordered(value: Any, chance: random.Random) -> Any:
    """The same value with the names of every object in another order."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: reordered(value[name], chance) for name in names}
    return [reordered(one, chance) for one in value] if isinstance(value, list) else value


def respelled(value: Any) -> Any:
    """The same value with every number of the other kind, where that is the same number."""
    if isinstance(value, dict):
        return {name: respelled(one) for name, one in value.items()}
    if isinstance(value, list):
        return tuple(respelled(one) for one in value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**300:
        return float(value) if int(float(value)) == value else value
    return value


def alike(left: Any, right: Any) -> bool:
    """True when JSON has no difference between two values, but for the spelling of numbers."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, str) and isinstance(right, str):
        return joined(left) == joined(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if type(left) is type(right) or {type(left), type(right)} == {int, float}:
        return bool(left == right)
    return False


def joined(text: str) -> str:
    """The text with two halves of a character as the one that they are to every reader."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


# -- the same ------------------------------------------------------------------------------


@given(INPUTS, st.randoms(use_true_random=False))
def test_the_order_of_names_makes_no_difference(value: Any, chance: random.Random) -> None:
    """At no depth."""
    assert of(reordered(value, chance)) == of(value)


@given(INPUTS)
@example({"a": 2**53 + 2, "b": [1e300, -0.0, 7], "c": {"d": 10**20}})
def test_the_spelling_of_numbers_makes_no_difference(value: Any) -> None:
    """7 and 7.0 are the same number, so are 10**20 and 1e20; a tuple is a list."""
    assert of(respelled(value)) == of(value)


@given(INPUTS, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_a_way_through_json_makes_no_difference(value: Any, ascii_only: bool, indent: Any) -> None:
    """Written down and read again it is the same request, however it is written."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert of(json.loads(text)) == of(value)


@given(INPUTS)
def test_a_reader_that_knows_only_floats_makes_no_difference(value: Any) -> None:
    """JavaScript and its kind read every number as a float; up to 2**53 that loses nothing."""
    read = json.loads(json.dumps(value), parse_int=lambda digits: exact(int(digits)))
    assert of(read) == of(value)


def exact(number: int) -> float:
    """The number as a float, when there is one."""
    return float(number) if abs(number) <= 2**53 else number


@given(st.dictionaries(st.none() | st.booleans() | NUMBERS | NAMES, st.integers(), max_size=4))
@example({None: 1})
@example({True: 1, False: 0, 2: 3, 0.5: 4})
def test_names_that_are_no_text_are_what_json_makes_of_them(value: Any) -> None:
    """A dictionary by numbers is the same as the object that is sent for it."""
    read = json.loads(json.dumps(value))
    assume(len(read) == len(value))
    assert of({"table": read}) == of({"table": value})


def test_two_names_that_json_cannot_tell_apart_are_refused() -> None:
    """Else one of two values would not count."""
    with pytest.raises(ValueError, match="the same in JSON"):
        of({"table": {1: "a", "1": "b"}})


# -- not the same ----------------------------------------------------------------------------


@given(st.sampled_from(FEW) | VALUES, st.sampled_from(FEW) | VALUES)
def test_two_values_have_one_hash_only_when_they_are_alike(left: Any, right: Any) -> None:
    """Alike by a definition of its own, over values that are easily confused."""
    assert (of({"x": left}) == of({"x": right})) is alike(left, right)


def test_values_that_are_easily_confused_differ() -> None:
    """Every pair of a list of such, so that none depends on chance."""
    for left in FEW:
        for right in FEW:
            assert (of({"x": left}) == of({"x": right})) is alike(left, right)


@given(INPUTS, NAMES, VALUES)
def test_one_more_input_is_another_request(value: Any, name: str, more: Any) -> None:
    """Even when it is null."""
    assume(name not in value)
    assert of({**value, name: more}) != of(value)


@given(TEXT, TEXT)
@example("a boat", "a boat ")
@example("é", "e\u0301")
@example("a\nb", "a\r\nb")
def test_a_prompt_counts_to_the_last_blank(left: str, right: str) -> None:
    """Neither blanks nor letters with an accent are made alike."""
    assert (of({"prompt": left}) == of({"prompt": right})) is (joined(left) == joined(right))


def test_model_and_input_cannot_be_mixed_up() -> None:
    """The same words in another place are another request."""
    hashes = [
        of({}, "a/b"),
        of({}, "a/c"),
        of({"model": "a/b"}, "a/c"),
        of({"input": {}}, "a/b"),
        of({"model": "a/b", "input": {}}, "a/b"),
    ]
    assert len(set(hashes)) == len(hashes)


# -- seeds -----------------------------------------------------------------------------------


@given(INPUTS, st.integers(0, 2**64), st.integers(0, 2**64))
def test_a_seed_that_was_drawn_does_not_count(value: Any, one: int, other: int) -> None:
    """The same words with whatever seed is drawn, or before it is."""
    value.pop("seed", None)
    assert of({**value, "seed": one}, drawn=True) == of({**value, "seed": other}, drawn=True)
    assert of({**value, "seed": one}, drawn=True) == of(value)


@given(INPUTS, st.integers(0, 2**64), st.integers(0, 2**64))
def test_a_seed_that_was_asked_for_counts(value: Any, one: int, other: int) -> None:
    """Another seed is another request, and so is none, or a drawn one of the same number."""
    value.pop("seed", None)
    asked = of({**value, "seed": one})
    assert (asked == of({**value, "seed": other})) is (one == other)
    assert asked != of(value)
    assert asked != of({**value, "seed": one}, drawn=True)


def test_the_prompt_before_it_was_filled_in_does_not_count() -> None:
    """What was sent is what counts, not how it came about."""
    filled = PredictionRequest(MODEL, {"prompt": "a red boat"}, "a {{ colour }} boat")
    assert request_hash(filled) == of({"prompt": "a red boat"})


# -- for all time ----------------------------------------------------------------------------

GOLDEN = {
    "7b9aac83d9bb51d6aec2ab26464cb56ba89a636a9cc3f5ed0a988eacde49b7ef": {"prompt": "a boat"},
    "c3b1c1a207bd557b9b39f20a77c5f5038093dd1a78dcce3813d209d52a6f5ade": {
        "prompt": 'Grüße 🦊\n"quoted" \u2028 \x00',
        "seed": 7.0,
        "guidance": 3.5,
        "big": 2**63,
        "small": 1e-7,
        "list": [None, True, -0.0, {"b": 1, "a": [1e20]}],
        "image": f"comet:{'0' * 64}",
    },
}


@pytest.mark.parametrize("digits", GOLDEN)
def test_no_version_and_no_platform_changes_a_hash(digits: str) -> None:
    """Recordings and stores of years ago are found by these very digits."""
    assert of(GOLDEN[digits]) == digits


def test_a_hash_can_be_had_with_other_tools() -> None:
    """It is the sha256 of JSON in ASCII with sorted names: nothing of ours is needed for it."""
    text = '{"input": {"prompt": "\\u00fc", "seed": 7}, "model": "' + MODEL + '"}'
    assert of({"seed": 7.0, "prompt": "ü"}) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 10**5000], ids=["nan", "inf", "long"]
)
def test_numbers_without_a_form_in_json_are_refused(value: Any) -> None:
    """A ValueError; no hash is made of what cannot be sent."""
    with pytest.raises(ValueError):  # noqa: PT011 (of Python's own JSON)
        of({"x": value})


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), {(1, 2): 3}])
def test_values_without_a_form_in_json_are_refused(value: Any) -> None:
    """A TypeError, at any depth."""
    with pytest.raises(TypeError):
        of({"x": [value]})


def test_an_input_that_holds_itself_is_refused() -> None:
    """A RecursionError, which is Python's word for it."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(RecursionError):
        of({"x": endless})


# -- the nearest -----------------------------------------------------------------------------


def asked(prompt: str, model: str = MODEL, **more: Any) -> PredictionRequest:
    """A request for a prompt."""
    return PredictionRequest(model, {"prompt": prompt, **more})


WANTED = asked("a red boat on a lake at dawn", seed=7, steps=4)


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (asked("mountains", seed=1), asked(WANTED.prompt, "other/model", seed=7, steps=4)),
        (asked("a blue boat on a lake at dawn"), asked("a red car", seed=7, steps=4)),
        (asked("A RED boat, on a lake: at dawn"), asked("a red boat on a lake")),
        (asked(WANTED.prompt, seed=8, steps=4), asked(WANTED.prompt, seed=8, steps=5)),
        (asked(WANTED.prompt, seed=7, steps=4), asked(WANTED.prompt, seed=7, steps=4, more=None)),
    ],
    ids=["model first", "then words", "words without marks", "then inputs", "equal inputs"],
)
def test_the_nearest_request_is_found(near: PredictionRequest, far: PredictionRequest) -> None:
    """Of two the nearer one, whichever comes first."""
    assert nearest(WANTED, [near, far]) is near
    assert nearest(WANTED, [far, near]) is near


def test_words_of_languages_without_blanks_are_compared() -> None:
    """Letter by letter, so that one other sign does not make another prompt of it."""
    near, far = asked("湖の上の赤い船"), asked("山の家")
    assert nearest(asked("湖の上の青い船"), [far, near]) is near


def test_of_equally_near_ones_the_first_is_taken() -> None:
    """And of none none."""
    first, second = asked("a boat", seed=1), asked("a boat", seed=2)
    assert nearest(asked("a boat", seed=3), [first, second]) is first
    assert nearest(WANTED, []) is None


def test_a_sweep_of_one_prompt_is_told_apart_by_its_inputs() -> None:
    """The right one of a thousand with the same words."""
    many = [asked("a boat", seed=seed, steps=4) for seed in range(1000)]
    assert nearest(asked("a boat", seed=877, steps=4, more=1), many) is many[877]


@given(st.lists(st.builds(PredictionRequest, st.just(MODEL), INPUTS), min_size=1, max_size=5))
def test_a_request_is_nearest_to_itself(requests: list[PredictionRequest]) -> None:
    """Whatever is in them; prompts that are no text, too."""
    wanted = requests[-1]
    found = nearest(wanted, requests)
    assert found is not None
    assert nearest(wanted, [found, wanted]) in (found, wanted)
