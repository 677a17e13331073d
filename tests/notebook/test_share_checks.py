"""What `share` finds in a saved notebook: each planted thing is found, its clean twin is not."""

from __future__ import annotations

import base64
import json
import urllib.parse
from pathlib import Path
from typing import NamedTuple

import pytest
from support.saved import (
    WIDGET_STATE,
    WIDGET_VIEW,
    Node,
    code,
    encoded,
    failed,
    html,
    markdown,
    notebook,
    save,
    shown,
    stream,
)

from comet_jupyter.key import Key
from comet_jupyter.notebook.share import share
from comet_jupyter.notebook.share.checks import check
from comet_jupyter.notebook.share.keys import Secrets
from comet_jupyter.notebook.share.private import Machine
from comet_jupyter.notebook.share.surroundings import Surroundings

ROOT = Path(__file__).parents[2]

SUPERUSER = "/" + "root"
OURS = "cm/own+key=Zq81xLw0TfVb29"
SK = "sk-" + "Ab3dE6gH9jK2mN5pQ8sT" + "uV1w"
R8 = "r8_" + "Zx9Cv8Bn7Ml6Kj5Hg4Fd3Sa2Qw1Er0Ty9Ui8O"
HF = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"
AKIA = "AKIA" + "Q3EGRZ7W2LMN5TKD"
PAT = "github_pat_" + "11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ012345"
AIZA = "AIza" + "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"
XOX = "xoxb-" + "283746501928-aZ9xK3mQ7w"
PEM = (
    "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4"
    "WGeKLs1Pt8Qu\n-----END RSA PRIVATE KEY-----\n"
)
TYPED = "q7Gv2LkX" + "9pTz4WmB"

PNG = encoded("PNG")
WEBP = encoded("WEBP")
DELIVERY = "https://replicate.delivery/xezq/aBc123/out-0.webp"
SIGNED = "https://bucket.s3.amazonaws.com/out.png?X-Amz-Expires=3600&X-Amz-Signature=ab12"
MODEL = "0123456789abcdef0123456789abcdef"
STATE = {
    "state": {
        MODEL: {
            "model_module": "@jupyter-widgets/controls",
            "model_module_version": "2.0.0",
            "model_name": "HTMLModel",
            "state": {"value": "a text"},
        }
    },
    "version_major": 2,
    "version_minor": 0,
}
VIEW = {"model_id": MODEL, "version_major": 2, "version_minor": 0}


def widgets(**changes: object) -> Node:
    """A notebook with one widget, its state changed; None takes a member away."""
    state = {name: value for name, value in {**STATE, **changes}.items() if value is not None}
    output = shown({WIDGET_VIEW: VIEW, "text/html": ["<p>a text</p>"]})
    return notebook(code("w", output), widgets={WIDGET_STATE: state})


class Planted(NamedTuple):
    """A notebook with one thing wrong, and the same without."""

    code: str
    severity: str
    bad: Node
    good: Node


def source(bad: str, good: str, *, kind: str = "key", severity: str = "problem") -> Planted:
    """One that differs in the source of a code cell."""
    return Planted(kind, severity, notebook(code(bad)), notebook(code(good)))


def output(bad: Node, good: Node, *, kind: str, severity: str = "problem") -> Planted:
    """One that differs in an output of a code cell."""
    return Planted(kind, severity, notebook(code("x", bad)), notebook(code("x", good)))


def text(bad: str, good: str, *, kind: str, severity: str = "problem") -> Planted:
    """One that differs in a markdown cell."""
    return Planted(kind, severity, notebook(markdown(bad)), notebook(markdown(good)))


def b64(prefix: str = "") -> str:
    """Our key in base64, in the middle of something."""
    return base64.b64encode(f"{prefix}{OURS} and more".encode()).decode()


KEYS = {
    "own plain in a source": source(f"x = '{OURS}'", "x = 'cm/own'"),
    "own in base64 in printed text": output(stream(b64("a")), stream("aGVsbG8="), kind="key"),
    "own percent-encoded in markup": output(
        html(f"<a>{urllib.parse.quote(OURS, safe='')}</a>"), html("<a>cm%2Fown</a>"), kind="key"
    ),
    "own escaped in JSON": output(
        stream(json.dumps({"a": OURS}).replace("/", "\\/")), stream('{"a": "b"}'), kind="key"
    ),
    "own in a cell's metadata": Planted(
        "key", "problem", notebook(code("x", note=[OURS])), notebook(code("x", note=["own"]))
    ),
    "own in the name of a member": Planted(
        "key", "problem", notebook(code("x"), **{OURS: 1}), notebook(code("x"), own=1)
    ),
    "sk- in printed text": output(stream(f"using {SK}\n"), stream("using task-1\n"), kind="key"),
    "r8_ in a coloured traceback": output(
        failed(f"\x1b[0;31m{R8}\x1b[0m"), stream("r8_ is a prefix"), kind="key"
    ),
    "hf_ in widget state": Planted(
        "key",
        "problem",
        widgets(state={MODEL: {**STATE["state"][MODEL], "state": {"value": HF}}}),
        widgets(),
    ),
    "AKIA in markdown": text(f"our id {AKIA}", "our id AKIAIOSFODNN7EXAMPLE", kind="key"),
    "a GitHub token as an attachment's name": Planted(
        "key",
        "problem",
        notebook(markdown("a", attachments={f"{PAT}.png": {"image/png": PNG}})),
        notebook(markdown("a", attachments={"github_pat.png": {"image/png": PNG}})),
    ),
    "a Google key in an address": source(
        f"u = 'https://maps.example.org?key={AIZA}'", "u = 'https://maps.example.org?key=AIza'"
    ),
    "a Slack token": source(f"post('{XOX}')", "post('xoxb-')"),
    "a header": source(
        f"h = {{'Authorization': 'Bearer {TYPED}'}}", "h = {'Authorization': f'Bearer {key}'}"
    ),
    "an assignment": source(f'api_key = "{TYPED}"', 'api_key = "YOUR_API_KEY_GOES_HERE_1"'),
    "an item of the environment": source(
        f'os.environ["MY_TOKEN"] = "{TYPED}"', 'os.environ["MY_TOKEN"] = getpass()'
    ),
    "%env": source(f"%env COMETAPI_KEY={TYPED}", "%env COMETAPI_KEY=$key"),
    "a shell's variable": source(f"!COMETAPI_KEY={TYPED} run", "!COMETAPI_KEY=$KEY run"),
    "a parameter of papermill": Planted(
        "key",
        "problem",
        notebook(code("x"), papermill={"parameters": {"api_key": TYPED}}),
        notebook(code("x"), papermill={"parameters": {"cache_key": TYPED}}),
    ),
    "an assignment in escaped markup": output(
        html(f"<pre>token=&quot;{TYPED}&quot;</pre>"), html("<pre>token=&quot;</pre>"), kind="key"
    ),
    "a private key": source(f"k = '''{PEM}'''", "k = '-----BEGIN PRIVATE KEY-----'"),
    "a password in an address": source(
        f"db = 'postgres://ada:{TYPED}@db.example.org/x'",
        "db = 'postgres://user:password@db.example.org/x'",
    ),
}

SHOWING = {
    "webp only": output(
        shown({"image/webp": WEBP}), shown({"image/webp": WEBP, "image/png": PNG}), kind="format"
    ),
    "avif only": output(shown({"image/avif": "AAAA"}), shown({"image/png": PNG}), kind="format"),
    "a film only": output(
        shown({"video/mp4": "AAAA"}), shown({"video/mp4": "AAAA", "image/png": PNG}), kind="format"
    ),
    "a widget only": Planted(
        "widgets",
        "problem",
        notebook(code("w", shown({WIDGET_VIEW: VIEW})), widgets={WIDGET_STATE: STATE}),
        widgets(),
    ),
    "an SVG with a script": output(
        shown({"image/svg+xml": ["<svg><script>alert(1)</script></svg>"]}),
        shown({"image/svg+xml": ["<svg><circle r='4'/></svg>"]}),
        kind="script",
    ),
    "markup drawn by a script": output(
        html("<div id='plot'></div><script>draw()</script>"),
        html("<div>online = 'yes'</div>"),
        kind="script",
    ),
    "a page in a frame": output(
        html("<iframe src='https://example.org/page'></iframe>"),
        html("<p>a page</p>"),
        kind="script",
    ),
    "a film in markup": output(
        html("<video controls><source src='data:video/mp4;base64,AAAA'></video>"),
        html("<table><tr><td>1</td></tr></table>"),
        kind="script",
    ),
    "javascript": output(shown({"application/javascript": ["draw()"]}), shown({}), kind="script"),
    "javascript before a picture": output(
        shown({"application/javascript": ["draw()"], "image/png": PNG}),
        shown({"image/png": PNG}),
        kind="script",
    ),
    "plotly": output(
        shown({"application/vnd.plotly.v1+json": {"data": []}}),
        shown({"application/vnd.plotly.v1+json": {"data": []}, "image/png": PNG}),
        kind="script",
    ),
    "vega, and what Colab adds to text": output(
        shown({"application/vnd.vegalite.v5+json": {"data": []}}),
        shown({"application/vnd.google.colaboratory.intrinsic+json": {"type": "string"}}),
        kind="script",
    ),
    "markup with a script beside its text": output(
        html("<table><tr><td>1</td></tr></table><script>sortable()</script>"),
        html("<table><tr><td>1</td></tr></table>"),
        kind="script",
        severity="notice",
    ),
}

LINKS = {
    "a delivered picture in markup": output(
        html(f"<img src='{DELIVERY}'>"),
        html(f"<img src='data:image/png;base64,{PNG}'>"),
        kind="link",
    ),
    "a signed link in markup": output(
        html(f'<a href="{SIGNED.replace("&", "&amp;")}">all</a>'),
        html("<a href='https://example.org/all?sort=signed'>all</a>"),
        kind="link",
    ),
    "a file of this machine in markup": output(
        html("<img src=file:///srv/pictures/a.png>"),
        html("<img src=https://example.org/a.png>"),
        kind="link",
    ),
    "an address inside a closed page": output(
        html("<img src='blob:https://lab.example.org/12-34'>"),
        html("<p>blob: none</p>"),
        kind="link",
    ),
    "a picture from the sandbox in markdown": text(
        "![boat](http://127.0.0.1:8111/files/boat.png)",
        "`![boat](http://127.0.0.1:8111/files/boat.png)`",
        kind="link",
    ),
    "a picture of the local network in markdown": text(
        "<img src='http://192.168.1.20/boat.png'>",
        "<img src='https://8.8.8.8/a.png'>",
        kind="link",
    ),
    "a link to a prediction": text(
        "[the run](https://replicate.com/p/rrakzvpshk08487yyfxf627r91)",
        "[the model](https://replicate.com/black-forest-labs/flux-schnell)",
        kind="link",
    ),
    "a delivered input picture in a source": source(
        f"%%comet --image {DELIVERY}\na boat",
        "%%comet --image https://example.org/a.png\na boat",
        kind="link",
    ),
    "a signed link in a source": source(
        f"Image(url='{SIGNED}')", "Image(url='https://example.org/out.png')", kind="link"
    ),
    "this machine in a source": source(
        "get('http://localhost:8111/')",
        "get('https://localhost.example.org/')",
        kind="link",
        severity="notice",
    ),
    "a delivery that was printed": output(
        stream(f"['{DELIVERY}']"),
        stream("['https://example.org']"),
        kind="link",
        severity="notice",
    ),
    "addresses in our record": output(
        shown({"image/png": PNG}, comet={"files": [{"sha256": "ab", "url": DELIVERY}]}),
        shown({"image/png": PNG}, comet={"files": [{"sha256": "ab"}]}),
        kind="link",
    ),
    "an attachment that is gone": Planted(
        "link",
        "problem",
        notebook(markdown("![a](attachment:a.png)")),
        notebook(markdown("![a](attachment:a.png)", attachments={"a.png": {"image/png": PNG}})),
    ),
    "a file that is not beside it": text("![a](pictures/none.png)", "![a](there.png)", kind="link"),
}

WIDGETS = {
    "no state": Planted("widgets", "problem", widgets(state=None), widgets()),
    "no version": Planted("widgets", "problem", widgets(version_major=None), widgets()),
    "state of another form": Planted(
        "widgets", "problem", notebook(code("x"), widgets={MODEL: {}}), notebook(code("x"))
    ),
    "a model without a name": Planted(
        "widgets", "problem", widgets(state={MODEL: {"state": {}}}), widgets()
    ),
    "a model that refers to a missing one": Planted(
        "widgets",
        "problem",
        widgets(state={MODEL: {**STATE["state"][MODEL], "state": {"layout": "IPY_MODEL_gone"}}}),
        widgets(),
    ),
    "a view without its model": output(
        shown({WIDGET_VIEW: VIEW, "text/html": ["<p>a text</p>"]}),
        html("<p>a text</p>"),
        kind="widgets",
    ),
    "state that no output shows": Planted(
        "widgets",
        "notice",
        notebook(code("x"), widgets={WIDGET_STATE: STATE}),
        notebook(code("x")),
    ),
}

WEIGHT = {
    "a file over 10 MB": Planted(
        "size",
        "problem",
        notebook(*(code("x", stream("x" * 63_000)) for _ in range(170))),
        notebook(*(code("x", stream("x" * 63_000)) for _ in range(100))),
    ),
    "a cell over 2 MB": output(
        shown({"image/png": "A" * 2_000_000}),
        shown({"image/png": "A" * 1_900_000}),
        kind="size",
        severity="notice",
    ),
    "a log over 64 kB": output(
        stream("line\n" * 13_000), stream("line\n" * 12_000), kind="log", severity="notice"
    ),
    "a value over 64 kB as text": output(
        shown({"text/plain": ["1, " * 22_000]}),
        shown({"text/plain": ["1, " * 20_000]}),
        kind="log",
        severity="notice",
    ),
}

PRIVATE = {
    "a home in printed text": output(
        stream("saved /home/ada/boat.png"), stream("saved ~/boat.png"), kind="path"
    ),
    "a home in a coloured traceback": output(
        failed("\x1b[0;32m/Users/ada/work/x.py\x1b[0m"), stream("/Users/Shared/x"), kind="path"
    ),
    "a home on Windows": output(
        stream(r"C:\Users\ada\boat.png"), stream(r"C:\Program Files\x"), kind="path"
    ),
    "a home on Windows in JSON": output(
        shown({"application/json": {"path": "C:\\\\Users\\\\ada\\\\a"}}), shown({}), kind="path"
    ),
    "the home of this machine": output(
        stream("/srv/people/ada/boat.png"), stream("/srv/pictures/boat.png"), kind="path"
    ),
    "papermill's paths": Planted(
        "path",
        "problem",
        notebook(code("x"), papermill={"input_path": "/home/ada/in.ipynb"}),
        notebook(code("x"), papermill={"input_path": "in.ipynb"}),
    ),
    "a home in a source": source(
        "open('/home/ada/a.txt')",
        "open('https://example.org/home/ada/a')",
        kind="path",
        severity="notice",
    ),
    "the home of root": output(
        stream(f"{SUPERUSER}/.cache/x"), stream("/rooting/for"), kind="path", severity="notice"
    ),
    "a temporary folder": output(
        stream("/tmp/ipykernel_7/1.py:1: Warning"),
        stream("see foo/tmp/x"),
        kind="path",
        severity="notice",
    ),
    "the account's name": output(
        stream("/data/adalovelace/a.png adalovelace@lab:~$"),
        stream("Ada Lovelace"),
        kind="path",
        severity="notice",
    ),
    "a kernel of its own": Planted(
        "kernel",
        "notice",
        notebook(code("x"), kernelspec={"name": "client-venv", "display_name": "client"}),
        notebook(code("x")),
    ),
}

PROGRESS = "processing · flux-schnell · step 2 of 4 · 3 s"

RUNNING = {
    "one cell not run": Planted(
        "not-run",
        "notice",
        notebook(code("x"), code("y", count=None)),
        notebook(code("x"), code("", count=None), code("%comet share", count=None)),
    ),
    "no cell run": Planted(
        "not-run",
        "notice",
        notebook(code("x", count=None), code("y", count=None)),
        notebook(markdown("nothing to run")),
    ),
    "a cell failed": Planted(
        "failed",
        "notice",
        notebook(code("x", failed())),
        notebook(code("x", failed(), tags=["raises-exception"])),
    ),
    "out of order": Planted(
        "order",
        "notice",
        notebook(code("x", count=4), code("y", count=2)),
        notebook(code("x", count=4), code("y", count=9)),
    ),
    "saved while it ran": Planted(
        "unfinished",
        "problem",
        notebook(code("%%comet\na boat", shown({"text/plain": [PROGRESS]}))),
        notebook(code("print(1)", shown({"text/plain": [PROGRESS]}))),
    ),
    "saved while some of several ran": Planted(
        "unfinished",
        "problem",
        notebook(code("%%comet -n 4\na boat", shown({"text/plain": ["1 of 4 done · flux-dev"]}))),
        notebook(code("%%comet -n 4\na boat", shown({"text/plain": ["4 pictures · flux-dev"]}))),
    ),
}

PLANTED = {
    f"{group}: {name}": planted
    for group, several in (
        ("key", KEYS),
        ("showing", SHOWING),
        ("link", LINKS),
        ("widgets", WIDGETS),
        ("weight", WEIGHT),
        ("private", PRIVATE),
        ("running", RUNNING),
    )
    for name, planted in several.items()
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a picture in it, on a machine whose home is at an odd place."""
    (tmp_path / "there.png").write_bytes(base64.b64decode(PNG))
    monkeypatch.setenv("COMETAPI_KEY", OURS)
    monkeypatch.setenv("HOME", "/srv/people/ada")
    monkeypatch.setenv("USERPROFILE", "/srv/people/ada")
    monkeypatch.setenv("LOGNAME", "adalovelace")
    return tmp_path


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(folder, name):
    """One finding of the right kind and severity, and no other problem."""
    planted = PLANTED[name]
    found = share(save(folder / "demo.ipynb", planted.bad)).findings
    codes = [(one.code, one.severity) for one in found]
    assert (planted.code, planted.severity) in codes
    others = {one.code for one in found if one.severity == "problem"} - {planted.code}
    assert others == set()


@pytest.mark.parametrize("name", PLANTED)
def test_its_clean_twin_is_not(folder, name):
    """The same notebook without the planted thing gives no finding at all."""
    found = share(save(folder / "demo.ipynb", PLANTED[name].good)).findings
    assert found == ()


def test_the_shipped_notebooks_are_clean():
    """Neither a problem nor a notice in what the repository shows."""
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert len(paths) >= 2
    assert [one for path in paths for one in share(path).findings] == []


def test_a_file_over_100_MB_is_refused_by_github():
    """The larger limit is named, not the smaller one."""
    around = Surroundings(size=100_000_001)
    (finding,) = check(notebook(code("x")), around)
    assert "no file over 100 MB" in finding.cause


def test_places_count_as_people_do(folder):
    """The first cell is 1, markdown cells count, and so do outputs; the words are the cell's."""
    cells = (markdown("# Title"), code("\nboat = 1", stream("a\n"), stream(f"{SK}\n")))
    (finding,) = share(save(folder / "demo.ipynb", notebook(*cells))).findings
    assert str(finding.place) == "cell 2, output 2 (boat = 1)"


def test_equal_findings_of_one_place_are_one(folder):
    """Thirty paths in one traceback are one line, which says how many."""
    lines = [f"File /home/ada/x.py:{number}" for number in range(30)]
    found = share(save(folder / "demo.ipynb", notebook(code("x", failed(*lines))))).findings
    paths = [one for one in found if one.code == "path"]
    assert len(paths) == 1
    assert "30 times" in paths[0].cause


@pytest.mark.parametrize(
    "text",
    [
        "a 40 digit commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256 d5c92165e2599a1de300b65cdd81e2448a9dea5a295675f2b2a62c969adf7c4b",
        "id rrakzvpshk08487yyfxf627r91, key 8e22f7a40c1b4cd49b62882ae397b121",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
        "a risk-averse disk-0123456789abcdefghijklm, task-0123456789abcdefghijklm",
        "class='sk-toggleable__label-arrow sk-estimator-doc-link-fitted-now'",
        "from huggingface_hub import hf_hub_download as hf_hub_download_to_a_folder_of_mine",
        "api_key = os.environ['COMETAPI_KEY'] or getpass.getpass('CometAPI key: ')",
        'api_key="sk-' + "x" * 24 + '1"',
        "token = tokenizer.encode('a boat'); max_tokens = 4096; pad_token = '[PAD]'",
        "Authorization: Bearer <your key>; the bearer of responsibilities",
        "a bearer of a lantern, password-protected gate, secret: garden of 1001 roses",
        "https://example.org/a?token=none, file:~/.local/share/comet_jupyter/files/d5/d5c92165e2",
        "data:image/png;base64," + "AIza" + "B" * 300,
        "/" + "AIzaSyD" * 60,
        "AKIA, ASIA, AIza, ghp_, r8_, hf_, sk-, xoxb-",
    ],
)
def test_what_only_looks_a_little_like_a_key_is_none(text):
    """Hashes, ids, class names, placeholders, prompts and pictures raise no alarm."""
    assert Secrets([Key(OURS)]).found(text) == []


@pytest.mark.parametrize("lead", ["", "'", "=", "\n", "\\n", "%20", "\x1b[0;31m", ">", "/"])
@pytest.mark.parametrize("key", [SK, R8, HF, AKIA, PAT, AIZA, XOX])
def test_a_key_is_found_wherever_a_word_begins(lead, key):
    """Behind quotation marks, escapes, colours and markup."""
    text = f"x{lead}{key} " if lead else key
    assert len(Secrets().found(text)) == 1
    assert key not in Secrets().removed(text)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("/home/ada/a.png", "~/a.png"),
        ("'/Users/ada'", "'~'"),
        (r"C:\Users\ada\a.png", r"~\a.png"),
        (r"c:\\Users\\ada lovelace\\a", r"~ lovelace\\a"),
        ("c:/Users/ada/a", "~/a"),
        ("file:///home/ada/a", "file://~/a"),
        (f"{SUPERUSER}/a", "~/a"),
        ("/srv/people/ada/a and /srv/people/adam", "~/a and /srv/people/adam"),
        ("/home/jovyan/a, /home/runner/a", "/home/jovyan/a, /home/runner/a"),
        ("/home/... or /home/<name>", "/home/... or /home/<name>"),
        ("https://example.org/home/ada/a", "https://example.org/home/ada/a"),
        ("s3://b/Users/ada", "s3://b/Users/ada"),
        ("~/home/ada", "~/home/ada"),
        ("a photo of /homeland/ada", "a photo of /homeland/ada"),
    ],
)
def test_homes_become_a_tilde_and_nothing_else_changes(text, short):
    """Paths of people, of this machine and of root; not addresses, nor homes of containers."""
    assert Machine("/srv/people/ada").shortened(text) == short
