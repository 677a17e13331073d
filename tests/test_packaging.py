"""What is shipped: the wheel and the sdist, the dependencies and their bounds, Binder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
TOOLS = "dev"
"""The extra that users never install: pinned tools instead of lower bounds."""


def run(*command: object, cwd: Path = ROOT) -> str:
    """What a command wrote; a failure shows it."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


# -- wheel and sdist ----------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the wheel and the sdist, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    """The wheel, open."""
    [path] = built.glob("*.whl")
    with zipfile.ZipFile(path) as file:
        yield file


@pytest.fixture(scope="module")
def metadata(wheel):
    """The METADATA of the wheel."""
    [name] = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_the_whole_package(wheel):
    """Every module and data file of the package is in the wheel, and nothing else is."""
    package = ROOT / "comet_jupyter"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == expected
    assert {"comet_jupyter/py.typed", "comet_jupyter/models/models.toml"} <= inside


def test_the_wheel_carries_the_license(wheel, metadata):
    """The license's text is in the wheel and its name in the metadata."""
    [name] = [n for n in wheel.namelist() if n.endswith(".dist-info/licenses/LICENSE")]
    assert wheel.read(name) == (ROOT / "LICENSE").read_bytes()
    assert metadata["License-Expression"] == "MIT"


def test_the_wheel_says_what_the_package_says(wheel, metadata, tmp_path):
    """The wheel alone imports, and its version is that of its metadata."""
    wheel.extractall(tmp_path)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import comet_jupyter\n"
        "assert comet_jupyter.__file__.startswith(sys.argv[1]), comet_jupyter.__file__\n"
        "missing = [n for n in comet_jupyter.__all__ if not hasattr(comet_jupyter, n)]\n"
        "assert not missing, missing\n"
        "sys.stdout.write(comet_jupyter.__version__)"
    )
    assert run(sys.executable, "-c", code, tmp_path, cwd=tmp_path) == metadata["Version"]


def test_the_sdist_can_be_tested(built):
    """The sdist holds the tests with all they need, and no caches."""
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "tests/conftest.py"} <= names
    assert {"tests/support/kernel.py", "tests/lowest.txt", "binder/requirements.txt"} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_sdist_holds_the_recording(built):
    """Byte for byte, hidden files too: no ignore rule takes a part of it away."""
    [path] = built.glob("*.tar.gz")
    folder = "notebooks/reproducible-recording/"
    with tarfile.open(path) as file:
        members = {m.name.partition("/")[2]: m for m in file if m.isfile()}
        inside = {
            name: file.extractfile(member).read()
            for name, member in members.items()
            if name.startswith(folder)
        }
    expected = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert inside == expected
    assert {folder + ".gitattributes", folder + "comet-recording.json"} <= set(inside)


# -- dependencies --------------------------------------------------------------------


def requirements(*, tools: bool = False) -> list[Requirement]:
    """Every requirement of the project, without those that only name one of its extras."""
    extras = PROJECT["optional-dependencies"]
    texts = [
        *PROJECT["dependencies"],
        *(text for name, texts in extras.items() if tools or name != TOOLS for text in texts),
    ]
    return [r for r in map(Requirement, texts) if r.name != PROJECT["name"]]


def without_reason(pyproject: str, names: list[str]) -> list[str]:
    """The names whose line has no comment, and no comment line right above it either."""
    found = []
    lines = pyproject.splitlines()
    for name in names:
        numbers = [
            n for n, line in enumerate(lines) if re.search(rf'"{re.escape(name)}[>=<~]', line)
        ]
        explained = [n for n in numbers if "  # " in lines[n] or lines[n - 1].startswith("# ")]
        if not explained:
            found.append(name)
    return found


def lowest(text: str) -> dict[str, Version]:
    """The versions that a constraints file pins, by name in lower case."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)$", text, re.MULTILINE)
    return {name.lower(): Version(version) for name, version in pins}


def lower_bound(requirement: Requirement) -> Version | None:
    """The version after ``>=``."""
    return next((Version(s.version) for s in requirement.specifier if s.operator == ">="), None)


def test_every_dependency_has_its_reason():
    """Beside or above each dependency stands in a comment what it is for."""
    assert without_reason(PYPROJECT, [r.name for r in requirements(tools=True)]) == []


def test_a_dependency_without_a_reason_is_seen():
    """Control: a line without a comment is reported, with one beside or above it is not."""
    text = '# above\na = ["one>=1"]\n  "two>=2",  # beside\n  "three>=3",\n'
    assert without_reason(text, ["one", "two", "three"]) == ["three"]


def test_every_lower_bound_is_tested():
    """Each lower bound is the version that tests/lowest.txt installs, and nothing else is there."""
    pinned = lowest((ROOT / "tests/lowest.txt").read_text("utf-8"))
    assert pinned == {r.name.lower(): lower_bound(r) for r in requirements()}


def test_lint_tools_have_an_upper_bound():
    """A new formatter does not turn the gate red by itself."""
    tools = [Requirement(text) for text in PROJECT["optional-dependencies"][TOOLS]]
    operators = {t.name: {s.operator for s in t.specifier} for t in tools if t.specifier}
    assert all(found & {"~=", "<", "=="} for found in operators.values()), operators


# -- Binder --------------------------------------------------------------------------


def test_binder_installs_this_package_with_its_notebook():
    """repo2docker's Dockerfile installs the local package with JupyterLab, on Python 3.12."""
    program = "from repo2docker.__main__ import main; main()"
    dockerfile = run(sys.executable, "-c", program, "--no-build", "--debug", ROOT)
    copied = dockerfile.index("COPY --chown")
    install = dockerfile.index('/bin/pip install --no-cache-dir -r "binder/requirements.txt"')
    # A local path is found only after the repository has been copied into the image.
    assert dockerfile.rindex("src/ ${REPO_DIR}/", copied, install) < install
    lines = (ROOT / "binder/requirements.txt").read_text("utf-8").split()
    assert lines == [".[lab]"]
    assert (ROOT / "binder/runtime.txt").read_text("utf-8") == "python-3.12\n"


@pytest.mark.parametrize("name", ["iterate", "panel", "quickstart", "reproducible"])
def test_binder_can_start_every_notebook(name):
    """Each is there, asks for the kernel that JupyterLab brings, and finds its recording."""
    notebook = json.loads((ROOT / f"notebooks/{name}.ipynb").read_text("utf-8"))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    source = "\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")
    folders = re.findall(r"^%comet (?:record|replay) (\S+)$", source, re.MULTILINE)
    assert bool(folders) is (name == "reproducible")
    for folder in folders:
        assert (ROOT / "notebooks" / folder / "comet-recording.json").is_file()
