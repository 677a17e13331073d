"""What Tab offers, decided from text and cursor alone; the cursor is the ``|`` in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comet_jupyter import models
from comet_jupyter.notebook.completion import cell, reading
from comet_jupyter.notebook.completion.offer import FOLDERS, NOTEBOOKS, PICTURES
from comet_jupyter.notebook.completion.suggest import suggest
from comet_jupyter.notebook.completion.values import Suggestion
from comet_jupyter.notebook.options import CACHE, EMBED, OPTIONS
from comet_jupyter.notebook.verbs import VERBS

KINDS = {"ID", "UNFINISHED", "RUNNING", "MODEL", "VERB", "PICTURE", "NOTEBOOK", "FOLDER", "CELL"}
FILES = {PICTURES: ["a boat.png", "lake.jpg"], NOTEBOOKS: ["story.ipynb"], FOLDERS: []}
RESULTS = {"RUNNING": ["brisk7"], "UNFINISHED": ["brisk7", "idle8"]}
ALL_RESULTS = ["zebra1", "mellow9", "apple2"]
RATIOS = ["1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21"]


@dataclass
class Known:
    """What the session of a test knows."""

    namespace: Mapping[str, Any] = field(default_factory=dict)
    hidden: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    default: str = "flux-dev"
    verbs: Mapping[str, Any] = field(default_factory=lambda: VERBS)

    def model(self) -> str:
        return self.default

    def aliases(self) -> Mapping[str, str]:
        return self.own

    def model_of(self, ref: str) -> str:
        return "stability-ai/sdxl" if ref == "mellow9" else ""

    def results(self, kind: str, beginning: str) -> Iterable[Suggestion]:
        known = RESULTS.get(kind, ALL_RESULTS)
        return [Suggestion(ref, kind) for ref in known if ref.startswith(beginning)]

    def files(self, beginning: str, suffixes: frozenset[str]) -> Iterable[Suggestion]:
        names = [*FILES[suffixes], "drafts/"]
        return [Suggestion(name, "file") for name in names if name.startswith(beginning)]


KNOWN = Known({"cat": "a cat", "style": "oil", "_kept": 1})


def offered(marked: str, known: Known = KNOWN) -> tuple[str, list[str]] | None:
    """What is replaced, and what is offered for it."""
    cursor = marked.index("|")
    text = marked[:cursor] + marked[cursor + 1 :]
    found = suggest(text, cursor, known)
    return found and (text[found.start : cursor], [item.text for item in found.items])


def words(marked: str, known: Known = KNOWN) -> list[str]:
    """What is offered where the text is ours."""
    found = offered(marked, known)
    assert found is not None
    return found[1]


# -- whose text it is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("|", "import o|", "%%comet|", "%%com|", "%comet|", "%%comets --se|", "%cometx |"),
        *("x = 1\n%%comet --se|", " %%co|met --seed", "%%comet|\na boat", "%%bash\necho |"),
    ],
)
def test_other_texts_are_none_of_ours(text):
    """Python, other magics and the magic's own name are left to IPython."""
    assert offered(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("%%comet\na boat|", "%%comet\n|", "%%comet --seed 4\nos.pa|", "%%comet\n{{ cat }} ca|"),
        *("%%comet\n{single c|", "%%comet\n%comet sh|", "%%comet\n--se|", "%%comet x\n\n|"),
    ],
)
def test_a_prompt_gets_nothing(text):
    """Outside of expressions the body is ours, and nothing is offered in it."""
    assert offered(text) == ("", [])


@pytest.mark.parametrize("before", ["", "\n\n", "\n  \n\t", "  ", "%%time\n", "%%capture out\n\n"])
def test_what_stands_before_the_magic_does_not_matter(before):
    """Blank lines, indentation and magics that run the rest as a cell may come first."""
    assert offered(f"{before}%%comet --see|\na boat") == ("--see", ["--seed"])


def test_the_cursor_counts_code_points():
    """What is replaced is right behind accents and characters outside of the basic plane."""
    for text in ("%%comet --no '😀🎨é' --see|", "x = '🎨'\n%comet run --no 🎨 --see|"):
        assert offered(text) == ("--see", ["--seed"])
    assert offered("%%comet\n🎨 {{ ca|t }} 🎨") == ("ca", ["cat"])


# -- options -------------------------------------------------------------------------------


def test_an_option_brings_its_help():
    """Beside every option stands what the help says of it."""
    found = suggest("%%comet --see", 13, KNOWN)
    option = next(option for option in OPTIONS if "--seed" in option.names)
    assert found is not None
    assert found.items == (Suggestion("--seed", option.help),)


def test_a_dash_offers_every_option():
    """All spellings of all of them, in the order of the help."""
    assert offered("%%comet -|") == ("-", [name for option in OPTIONS for name in option.names])


def test_an_option_is_offered_again_only_where_it_may_be_repeated():
    """Whether it stands before or behind the cursor, by whatever spelling."""
    for line in ("--seed 4 -n 2 -p go_fast=true --|", "--| --seed=4 -n2 --param go_fast=true"):
        names = words(f"%%comet {line}")
        assert not {"--seed", "--num"} & set(names)
        assert {"--param", "--sweep", "--cache"} <= set(names)


@pytest.mark.parametrize(
    ("line", "replaced", "names"),
    [
        ("--cache |", "", [*CACHE]),
        ("--cache=|", "", [*CACHE]),
        ("--cache re|", "re", ["replay", "refresh"]),
        ("--cache=re|", "re", ["replay", "refresh"]),
        ('--cache "re|"', "re", ["replay", "refresh"]),
        ("--cache re|play --quiet", "re", ["replay", "refresh"]),
        ("--embed |", "", [*EMBED]),
        ("--seed |", "", ["last", "+1", "random"]),
        ("--seed=+|", "+", ["+1"]),
        ("--variants |", "", ["all", "random", "random:"]),
        ("--ar |", "", RATIOS),
        ("--ar 16|", "16", ["16:9"]),
        ("--size 134|", "134", ["1344x768"]),
        ("sdxl --ar 16|", "16", ["16:9"]),
        ("--from |", "", ALL_RESULTS),
        ("--from=me|", "me", ["mellow9"]),
        ("--image |", "", [*ALL_RESULTS, '"a boat.png"', "lake.jpg", "drafts/"]),
        ("--image a|", "a", ["apple2", '"a boat.png"']),
        ('--image "a b|', "a b", ["a boat.png"]),
        ("--save |", "", ["drafts/"]),
        ("--timeout |", "", []),
        ("-o |", "", []),
        ("--no |", "", []),
    ],
)
def test_the_values_of_an_option_follow_it(line, replaced, names):
    """Behind a space or an equals sign, in quotes or not; results as they come, newest first."""
    assert offered(f"%%comet {line}") == (replaced, names)


def test_every_choice_says_what_it_means():
    """The few words that options name in their help have words of their own beside them."""
    for line in ("--cache ", "--embed ", "--seed ", "--variants ", "--max-cost "):
        found = suggest(f"%%comet {line}", len(f"%%comet {line}"), KNOWN)
        assert found is not None
        assert found.items
        assert all(item.about for item in found.items)


# -- models and their inputs ---------------------------------------------------------------


def test_a_model_is_offered_by_alias_and_by_its_full_name():
    """The user's own aliases come first; hyphens and slashes are parts of a name."""
    known = Known(own={"mine": "black-forest-labs/flux-2-pro"})
    names = words("%%comet |", known)
    full = list(models.all_models())
    aliases = [alias for spec in models.all_models().values() for alias in spec.aliases]
    assert names[0] == "mine"
    assert {*full, *aliases} <= set(names)
    assert offered("%%comet black-forest-labs/flux-sch|") == (
        "black-forest-labs/flux-sch",
        ["black-forest-labs/flux-schnell"],
    )
    assert "sdxl" in words("%%comet --model |")
    assert words("%%comet MI|", known) == ["mine"]


@pytest.mark.parametrize("line", ["sdxl |", "--model sdxl |", "| sdxl", "--seed 4 sdxl |"])
def test_one_model_is_enough(line):
    """Where one is named, before or behind the cursor, only options are offered."""
    names = words(f"%%comet {line}")
    assert names
    assert all(name.startswith("--") for name in names)


@pytest.mark.parametrize(
    ("line", "replaced", "names"),
    [
        ("-p gui|", "gui", ["guidance="]),
        ("-p gui|dance=3", "gui", ["guidance="]),
        ("--param=gui|", "gui", ["guidance="]),
        ("sdxl -p gui|", "gui", ["guidance_scale="]),
        ("-p gui| sdxl", "gui", ["guidance_scale="]),
        ("--model sdxl -p gui|", "gui", ["guidance_scale="]),
        ("--from mellow9 -p gui|", "gui", ["guidance_scale="]),
        ("mine -p res|", "res", ["resolution="]),
        ("-p prom|", "prom", ["prompt_strength="]),
        ("-p guidance=3 -p gui|", "gui", []),
        ("-p guidance=|", "", []),
        ("-p aspect_ratio=|", "", RATIOS),
        ("--param aspect_ratio=16|", "16", ["16:9"]),
        ("-p go_fast=|", "", ["true", "false"]),
        ("schnell -p megapixels=|", "", ["1", "0.25"]),
        (
            "mine -p resolution=|",
            "",
            ["match_input_image", *(f'"{n} MP"' for n in ("0.5", 1, 2, 4))],
        ),
        ('mine -p "resolution=1 |"', "1 ", ["1 MP"]),
        ('mine -p resolution="1|', "1", ["1 MP"]),
        ("someone/else -p |", "", []),
        ("nonsense -p |", "", []),
    ],
)
def test_inputs_and_their_values_are_those_of_the_model(line, replaced, names):
    """The one on the line, else that of the earlier prediction, else the configured one."""
    known = Known(own={"mine": "black-forest-labs/flux-2-pro"})
    assert offered(f"%%comet {line}", known) == (replaced, names)


@pytest.mark.parametrize(
    ("line", "replaced", "names"),
    [
        ("--sweep gui|", "gui", ["guidance="]),
        ('--sweep "gui|"', "gui", ["guidance="]),
        ("--sweep guidance=1..4 --sweep gui|", "gui", []),
        ("--sweep guidance=|", "", []),
        ("--sweep aspect_ratio=1|", "1", ["1:1", "16:9"]),
        ("--sweep aspect_ratio=16:9,1|", "1", ["1:1"]),
        ('--sweep "aspect_ratio=16:9, 1|"', "1", ["1:1"]),
        ("--sweep=go_fast=|", "", ["true", "false"]),
        ("--sweep go_fast=true,|", "", ["false"]),
        ("--sweep ar=16|", "16", ["16:9"]),
        ("--sweep model=sdxl,sch|", "sch", ["schnell"]),
        ("--sweep mod|", "mod", ["model="]),
        ("--sweep image=|", "", [*ALL_RESULTS, '"a boat.png"', "lake.jpg", "drafts/"]),
        ("--sweep seed=|", "", []),
    ],
)
def test_a_sweep_takes_inputs_and_lists_of_values(line, replaced, names):
    """Names with an equals sign, then values, each once; also behind a comma and in quotes."""
    assert offered(f"%%comet {line}") == (replaced, names)


def test_the_words_of_a_prompt_can_be_swept():
    """A name that stands in an expression of the body comes first."""
    names = words("%%comet --sweep |\na {{ mood }} boat in {{ light }}, {{ mood }}")
    assert names[:3] == ["mood=", "light=", "seed="]


# -- expressions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "replaced", "names"),
    [
        ("%%comet\n{{ |", "", ["cat", "style"]),
        ("%%comet\n{{|", "", ["cat", "style"]),
        ("%%comet\n{{ ca| }} on a boat", "ca", ["cat"]),
        ("%%comet\n{{ cat }} and {{ s|", "s", ["style"]),
        ("%%comet\n{{ cat\n + s|", "s", ["style"]),
        ("%%comet\n{{ _|", "_", ["_kept"]),
        ("%%comet\n{{ CA|", "CA", []),
        ("%%comet\n{{ {'a': {'b': 1}}[ca|", "ca", ["cat"]),
        ('%%comet\n{{ "}}" + ca|', "ca", ["cat"]),
        ("%%comet\n{{ it's }} {{ ca|", "ca", ["cat"]),
        ("%%comet\n{{ 'ca|", "", []),
        ("%%comet\n{{ cat }} isn't {{ ca|", "ca", ["cat"]),
        ("%%comet\n{{ cat.upp|", "upp", ["upper"]),
        ("%%comet\n{{ cat[0].upp|", "", []),
        ("%%comet\n{{ f(cat).upp|", "", []),
        ("%%comet\n{{ nobody.upp|", "upp", []),
        ("%%comet\n{{ 1.re|", "", []),
        ("%%comet --params {{ ca|", "ca", ["cat"]),
        ("%%comet -p guidance={{ ca|", "ca", ["cat"]),
        ("%comet run a {{ ca|", "ca", ["cat"]),
        ('%%comet --sweep "mood=calm,wild"\n{{ |', "", ["mood", "cat", "style"]),
    ],
)
def test_expressions_take_python_names(text, replaced, names):
    """Variables and attributes, in the body and in lines; the axes of the cell come first."""
    assert offered(text) == (replaced, names)


def test_what_the_shell_brought_in_is_not_the_users():
    """Its own names are left out, unless the user gave them another value."""
    quit_ = object()
    known = Known({"exit": quit_, "out": 1, "In": []}, {"exit": quit_, "In": ["other"]})
    assert words("%%comet\n{{ |", known) == ["In", "out"]


# -- verbs -----------------------------------------------------------------------------------


def test_verbs_are_offered_in_the_order_of_the_help():
    """All of them behind the magic's name, those that fit behind a letter, with a summary."""
    assert offered("%comet |") == ("", list(VERBS))
    assert offered("for n in range(3):\n    %comet sh|") == ("sh", ["show", "share"])
    found = suggest("%comet sho", 10, KNOWN)
    assert found is not None
    assert found.items[0].about == VERBS["show"].summary


@pytest.mark.parametrize(
    ("line", "replaced", "names"),
    [
        ("show |", "", ALL_RESULTS),
        ("show me|", "me", ["mellow9"]),
        ("forget zebra1 |", "", ["mellow9", "apple2"]),
        ("wait |", "", ["brisk7", "idle8"]),
        ("resume i|", "i", ["idle8"]),
        ("cancel |", "", ["brisk7", "all"]),
        ("info |", "", ["a boat.png", "lake.jpg", "drafts/", *ALL_RESULTS]),
        ("info a b|", "a b", ["a boat.png"]),
        ('info "a b|', "a b", ["a boat.png"]),
        ("record |", "", ["drafts/", "off"]),
        ("replay dr|", "dr", ["drafts/"]),
        ("share |", "", ["story.ipynb", "drafts/", "--fix"]),
        ("share --fix st|", "st", ["story.ipynb"]),
        ("share --|", "--", ["--fix"]),
        ("help can|", "can", ["cancel"]),
        ("help cancel |", "", []),
        ("sandbox |", "", ["--if-no-key", "stop"]),
        ("panel |", "", ["close"]),
        ("doctor --|", "--", ["--online"]),
        ("history --status f|", "f", ["failed"]),
        ("history --fav|", "--fav", ["--favourites"]),
        ("history --model sdx|", "sdx", ["sdxl"]),
        ("history boat --since |", "", ["today", "yesterday", "24h", "7d", "30d"]),
        ("status |", "", []),
        ("nonsense |", "", []),
        ("remix me|", "me", ["mellow9"]),
        ("remix mellow9 --see|", "--see", ["--seed"]),
        ("remix mellow9 -p gui|", "gui", ["guidance_scale="]),
        ("compare zebra1 |", "", ["mellow9", "apple2"]),
        ("schema sdx|", "sdx", ["sdxl"]),
        ("alias boats sdx|", "sdx", ["sdxl"]),
        ("run --see|", "--see", ["--seed"]),
        ("run --model sdxl -p gui|", "gui", ["guidance_scale="]),
        ("run --seed 4 a boat --qu|", "", []),
        ("run a|", "a", []),
    ],
)
def test_words_behind_a_verb_are_its_own(line, replaced, names):
    """Ids, files, folders, options: what each verb says that it takes, each once."""
    assert offered(f"%comet {line}") == (replaced, names)


def test_no_model_is_offered_where_the_prompt_begins():
    """A word behind `%comet run` that is no option would be the prompt."""
    assert all(name.startswith("--") for name in words("%comet run |"))


def test_verbs_take_only_what_is_known():
    """Each kind in capitals is one that completion understands."""
    kinds = {kind for verb in VERBS.values() for kind in verb.takes if kind.isupper()}
    assert kinds <= KINDS
    assert {"ID", "VERB", "CELL"} <= kinds


# -- whatever is typed ---------------------------------------------------------------------


def test_nothing_that_looks_like_a_key_is_offered():
    """Neither as a text nor in the words beside it."""
    key = "sk-" + "x" * 24
    known = Known(own={"mine": key, key: "someone/else", "other": "someone/else"})
    assert words("%%comet --model m|", known) == []
    assert key not in words("%%comet --model |", known)
    assert words("%%comet --model oth|", known) == ["other"]


def test_trouble_is_no_completion():
    """When something cannot be read, the place stays ours, and empty."""

    class Broken(Known):
        def aliases(self):
            raise OSError("no")

    assert offered("%%comet |", Broken()) == ("", [])
    assert words("%%comet --see|", Broken()) == ["--seed"]


LINES = st.text(alphabet="-pn=,\"'{} \tabc:/.sweedimgo|0", max_size=60)


@given(LINES, LINES)
def test_no_line_is_too_odd(before, after):
    """Whatever stands on a line, an offer replaces a part of it, and raises nothing."""
    offer = cell.offered(before, after, KNOWN, body=after)
    assert 0 <= offer.length <= len(before)
    assert all(item.text for item in offer.items)


@given(LINES, st.integers(0, 200))
def test_no_text_is_too_odd(text, cursor):
    """What is replaced ends at the cursor and lies within one line."""
    for cell_text in (f"%%comet {text}\n{text}", f"{text}\n%comet {text}"):
        place = min(cursor, len(cell_text))
        found = suggest(cell_text, place, KNOWN)
        if found is not None:
            assert 0 <= found.start <= place
            assert "\n" not in cell_text[found.start : place]


def test_a_long_cell_is_no_burden():
    """A body of a megabyte, and a word of a megabyte in an expression, are read once."""
    body = "word " * 200_000
    assert offered(f"%%comet\n{body}{{{{ ca|") == ("ca", ["cat"])
    assert offered(f"%%comet\n{{{{ {'a' * 1_000_000} ca|") == ("ca", ["cat"])
    assert reading.open_expression("{{ a }}" * 100_000) is None
