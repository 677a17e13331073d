"""``{a|b}`` in a prompt, and nothing else, is read in more ways than one."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comet_jupyter.notebook import template, variants


def draws(seed: int) -> Callable[[int], int]:
    """Random numbers that are the same each time."""
    return random.Random(seed).randrange


# -- any prompt -----------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """What a test knows of a group: its alternatives, each a sequence of texts and groups."""

    alternatives: tuple[tuple[str | Group, ...], ...]


def written(parts: tuple[str | Group, ...], *, inside: bool = False) -> str:
    """The prompt that somebody would type."""
    texts = []
    for part in parts:
        if isinstance(part, Group):
            texts.append(
                "{" + "|".join(written(one, inside=True) for one in part.alternatives) + "}"
            )
        else:
            texts.append("".join(f"\\{c}" if inside and c in "{}|" else c for c in part))
    return "".join(texts)


def meant(parts: tuple[str | Group, ...]) -> list[str]:
    """All its texts, by the definition."""
    choices = [
        list(itertools.chain.from_iterable(map(meant, part.alternatives)))
        if isinstance(part, Group)
        else [part]
        for part in parts
    ]
    return list(dict.fromkeys(map("".join, itertools.product(*choices))))


PLAIN = st.text(alphabet=st.sampled_from("ab, $é\n%-"), max_size=4)
INSIDE = st.text(alphabet=st.sampled_from("ab {}|"), max_size=3)


def sequences(texts: st.SearchStrategy[str], groups: st.SearchStrategy[Group]):
    """Some texts and groups, one behind the other."""
    return st.lists(st.one_of(texts, groups), max_size=2).map(tuple)


def grouped(inner: st.SearchStrategy[tuple[str | Group, ...]]) -> st.SearchStrategy[Group]:
    """Groups of two or three of these."""
    return st.lists(inner, min_size=2, max_size=3).map(tuple).map(Group)


LEAVES = grouped(st.lists(INSIDE, max_size=1).map(tuple))
GROUPS = st.recursive(LEAVES, lambda inner: grouped(sequences(INSIDE, inner)), max_leaves=4)
PROMPTS = sequences(PLAIN, GROUPS)


@given(PROMPTS)
@settings(deadline=None)
def test_every_combination_comes_once_and_in_order(parts: tuple[str | Group, ...]) -> None:
    """Nested or not, the first alternatives come first and the last group changes fastest."""
    text = written(parts)
    assert variants.expand(text) == meant(parts)
    assert variants.amount(text) >= len(meant(parts))
    assert variants.has_variants(text) is any(isinstance(part, Group) for part in parts)


@given(PROMPTS, st.integers(0, 12), st.integers())
@settings(deadline=None)
def test_a_choice_is_different_texts_in_the_order_of_all(
    parts: tuple[str | Group, ...], count: int, seed: int
) -> None:
    """As many as asked for, or all that there are."""
    everything = meant(parts)
    chosen = variants.choose(written(parts), count, draws(seed))
    assert len(chosen) == min(count, len(everything)) == len(set(chosen))
    assert set(chosen) <= set(everything)
    if len(chosen) == len(everything):
        assert chosen == everything


@given(st.text().filter(lambda text: not ("{" in text and "|" in text)))
@settings(deadline=None)
def test_a_text_without_groups_is_itself(text: str) -> None:
    """Whatever the characters are, nothing is taken away."""
    assert variants.expand(text) == [text]
    assert variants.choose(text, 3, draws(1)) == [text]
    assert (variants.has_variants(text), variants.amount(text)) == (False, 1)
    assert variants.doubts(text) == []


@given(st.text(alphabet=st.sampled_from("{}|\\a'\"")))
@example("{}}")
@example("{a|b}}")
@example("{{}")
@settings(deadline=None)
def test_any_braces_are_read_without_an_error(text: str) -> None:
    """Whatever closes or does not, there is at least one way to read it."""
    assert variants.amount(text) >= 1
    assert variants.choose(text, 1, draws(1))
    assert bool(variants.doubts(text)) is variants.has_variants(text)


# -- what is a group, and what is not ------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("a {red|blue} boat", ["a red boat", "a blue boat"]),
        ("{a|}{b|c}", ["ab", "ac", "b", "c"]),
        ("{|}", [""]),
        ("{a|{b|c} d}", ["a", "b d", "c d"]),
        ("{{red|blue} boat|{big|small} hut}", ["red boat", "blue boat", "big hut", "small hut"]),
        ("{{{a|b} c|d} e|f}", ["a c e", "b c e", "d e", "f"]),
        ("{red|red|blue}", ["red", "blue"]),
        (r"{a\|b|\{c\}}", ["a|b", "{c}"]),
        (r"{a\b|c\\d}", [r"a\b", r"c\\d"]),
        ("{a {single} b|c}", ["a {single} b", "c"]),
        ("{ open {a|b}", ["{ open a", "{ open b"]),
        ("{a|b} } c", ["a } c", "b } c"]),
        ("{ein Boot|eine Hütte|🏔️}", ["ein Boot", "eine Hütte", "🏔️"]),
    ],
)
def test_a_group_has_a_bar_of_its_own(text: str, expanded: list[str]) -> None:
    """Braces with a bar at their own level are a group; a backslash makes its signs text."""
    assert variants.expand(text) == expanded


@pytest.mark.parametrize(
    "text",
    [
        '{single} {"json": 1} {}',
        "a|b",
        "an open {a|b",
        "a closed a|b}",
        r"\{a|b\}",
        r"outside \| and \} stay",
        "{{ a|b }}",
        "{{a | b}}",
        '{{ {"a": 1}["a"] | 2 }}',
        "{{ {1 | 2} | {3} }}",
        "{{ '}|{' if a|b else '{' }}",
        "{ {{ a|b }} }",
    ],
)
def test_everything_else_stays_as_typed(text: str) -> None:
    """JSON, what does not close, and expressions, whose bars are Python's."""
    assert not variants.has_variants(text)
    assert variants.expand(text) == [text]


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("{{ a|b }} {x|y}", ["{{ a|b }} x", "{{ a|b }} y"]),
        ("{x {{ f(a|b) }}|y}", ["x {{ f(a|b) }}", "y"]),
        ("{x {{ '|' }}|y {{ '}}' }}}", ["x {{ '|' }}", "y {{ '}}' }}"]),
        ("{{ '{{' }}{x|y}{{ '}}' }}", ["{{ '{{' }}x{{ '}}' }}", "{{ '{{' }}y{{ '}}' }}"]),
    ],
)
def test_an_expression_is_kept_whole(text: str, expanded: list[str]) -> None:
    """Between groups and inside of them, with braces in its quotes or without."""
    assert variants.expand(text) == expanded
    assert all(template.find(one) or one == "y" for one in expanded)


# -- large ones ---------------------------------------------------------------------------


def test_a_prompt_with_a_trillion_variants_is_counted_and_drawn_from() -> None:
    """Only those that are chosen are built."""
    text = " ".join("{" + "|".join("abcdefghij") + "}" for _ in range(12))
    assert variants.amount(text) == 10**12
    chosen = variants.choose(text, 50, draws(1))
    assert len(set(chosen)) == 50
    assert chosen == sorted(chosen)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{{{n}|" for n in range(12_000)) + "b" + "}" * 12_000,
        "{" * 12_000 + "a" + "".join(f"|{n}}}" for n in range(12_000)),
        "{" * 100_000,
        "{|" * 50_000,
        "{ " * 25_000 + " }" * 25_000,
        "{{" * 25_000 + "}}" * 25_000,
        "{{'" * 20_000 + "}}" * 20_000,
        "{a|b}" * 20_000,
        "{" + "|".join(map(str, range(15_000))) + "}",
    ],
    ids=lambda text: text[:8],
)
def test_a_hundred_thousand_characters_of_braces_are_read(text: str) -> None:
    """However deep they are nested, and whether they close or not."""
    count = variants.amount(text)
    assert variants.has_variants(text) is (count > 1)
    assert len(variants.choose(text, 2, draws(1))) == min(count, 2)


def test_texts_that_come_out_the_same_do_not_keep_it_drawing() -> None:
    """Of 2**40 ways only 41 differ: fewer come back, and soon."""
    asked: list[int] = []

    def draw(below: int) -> int:
        asked.append(below)
        return random.Random(len(asked)).randrange(below)

    chosen = variants.choose("{|a}" * 40, 60, draw)
    assert 1 < len(chosen) == len(set(chosen)) <= 41
    assert len(asked) < 1_000


def test_each_text_is_as_likely_as_another() -> None:
    """Also where the groups are of different sizes: `{a|{b|c|d}}` has four."""
    draw = draws(7)
    seen = Counter(variants.choose("{a|{b|c|d}}", 1, draw)[0] for _ in range(4_000))
    assert set(seen) == set("abcd")
    assert all(850 < number < 1_150 for number in seen.values())


def test_the_same_draws_choose_the_same() -> None:
    """What chooses is handed in, so a choice can be repeated."""
    text = "{a|b|c} {d|e|f}"
    assert variants.choose(text, 4, draws(3)) == variants.choose(text, 4, draws(3))


# -- the hint -------------------------------------------------------------------------------


def test_variants_that_nobody_asked_for_are_doubted() -> None:
    """One line for all of them, with what to type."""
    assert variants.doubts("a {oil|ink} {boat|hut}") == [
        "`{oil|ink}` is sent as typed; `--variants all` makes one picture for each"
    ]
    assert variants.doubts("a {single} {{ a|b }} boat") == []


def test_the_hint_is_one_short_line() -> None:
    """Whatever the group is."""
    (hint,) = variants.doubts("{" + "very\nlong " * 50 + "|b}")
    assert "\n" not in hint
    assert len(hint) < 120
