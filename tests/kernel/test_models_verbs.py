"""``%comet models``, ``schema`` and ``alias`` in a real kernel."""

from __future__ import annotations

import json
import threading

import pytest
from support.foreign_service import Fault

LOAD = "%load_ext comet_jupyter"
SCHNELL, DEV = "black-forest-labs/flux-schnell", "black-forest-labs/flux-dev"
ROUTE = "/replicate/v1/models/{}/predictions"
LISTED = [
    {
        "id": model,
        "name": model.partition("/")[2],
        "provider": model.partition("/")[0],
        "model_type": "image",
        "features": ["text-to-image"],
        "description": "lettering" if "imagen" in model else "",
        "pricing": {"currency": "USD", "per_request": 0.003},
        "endpoints": json.dumps({"replicate": {"path": ROUTE.format(model)}}),
    }
    for model in (SCHNELL, "google/imagen-4", "luma/photon")
] + [{"id": "chat-5", "name": "Chat 5", "model_type": "text", "pricing": None}]


@pytest.fixture
def service(foreign_service):
    """A service with a few more models than are known here."""
    body = json.dumps({"success": True, "data": LISTED}).encode()
    foreign_service.catalogue = (200, "application/json", body)
    return foreign_service


@pytest.fixture
def loaded(service, kernel):
    """A kernel with the extension."""
    assert kernel.run(LOAD).ok
    return kernel


def shown(cell):
    """The text of what a cell shows, one text for each output."""
    assert cell.ok, cell.error
    return [output.data["text/plain"] for output in cell.outputs]


def refuses(kernel, lines):
    """Each of these lines ends with one line that says so much."""
    for line, said in lines.items():
        cell = kernel.run(f"%comet {line}")
        assert not cell.ok
        assert said in cell.error
        assert len(cell.error.splitlines()) == 1


def questions(service):
    """How often the catalogue was asked for."""
    return sum(one.path == "/api/models" for one in service.requests)


# -- models -------------------------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
def test_the_models_are_a_table(loaded, service, live):
    """Names, price, and where the list comes from; in one output with markup and plain text."""
    [output] = loaded.run("%comet models", live=live).outputs
    assert sorted(output.data) == ["text/html", "text/plain"]
    lines = output.data["text/plain"].splitlines()
    [schnell] = [line for line in lines if SCHNELL in line]
    assert schnell.startswith("flux-schnell, schnell")
    assert "~$0.003" in schnell
    [dev] = [line for line in lines if DEV in line]
    assert "not listed" in dev
    assert any("google/imagen-4" in line for line in lines)
    assert "from the service's catalogue, of just now" in lines
    assert lines[-1].endswith("no cell can ask for them: 1 text")
    assert SCHNELL.partition("/")[2] in output.data["text/html"]


def test_words_choose_among_them(loaded):
    """Every word has to occur; what is not there is said, with the nearest name."""
    [text] = shown(loaded.run("%comet models google LETTERING"))
    assert text.splitlines()[1].split()[0] == "google/imagen-4"
    assert "luma" not in text
    [text] = shown(loaded.run("%comet models flux-shnell"))
    assert text.splitlines()[0] == "did you mean `%comet models flux-schnell`?"


def test_a_second_kernel_asks_nobody(loaded, service, start_kernel):
    """The list of this hour is on disk."""
    shown(loaded.run("%comet models"))
    second = start_kernel()
    assert second.run(LOAD).ok
    [text] = shown(second.run("%comet models"))
    assert "~$0.003" in text
    assert "from the service's catalogue" in text
    assert questions(service) == 1


def test_without_network_and_key_it_is_the_list_of_the_package(kernel, monkeypatch, start_kernel):
    """It says so and why; nothing is raised."""
    alone = start_kernel(COMETAPI_BASE_URL="http://127.0.0.1:1")
    assert alone.run(LOAD).ok
    [text] = shown(alone.run("%comet models"))
    assert SCHNELL in text
    assert "the list of the package; the service could not be asked: no connection to" in text
    assert "$" not in text
    [text] = shown(alone.run("%comet schema schnell"))
    assert "num_inference_steps" in text


def test_in_the_sandbox_it_is_its_own(kernel, sandbox):
    """Labelled, and without a price."""
    assert kernel.run(LOAD).ok
    assert kernel.run("%comet sandbox").ok
    [text] = shown(kernel.run("%comet models"))
    assert text.startswith("sandbox · drawn locally\n")
    assert "the sandbox's own list" in text
    assert "$" not in text
    [text] = shown(kernel.run("%comet schema flux-dev"))
    assert "no charge · sandbox · drawn locally" in text
    assert kernel.run("%comet sandbox stop").ok


def test_an_interrupt_ends_the_wait_for_the_list(loaded, service):
    """One line, soon; later the list is there."""
    hold = threading.Event()
    service.break_next("MODELS", Fault(hold=hold))
    cell = loaded.start_cell("%comet models")
    service.wait_for_requests(1)
    loaded.interrupt()
    loaded.wait_for(lambda: cell.ended)
    hold.set()
    assert not cell.ok
    assert "stopped waiting for the service's list" in cell.error
    assert "from the service's catalogue" in shown(loaded.run("%comet models"))[0]


def test_where_a_recording_is_replayed_nobody_is_asked(loaded, service):
    """No network for a list either; control: afterwards the service is asked."""
    assert loaded.run("%comet record demo").ok
    assert loaded.run("%%comet --seed 7 --wait\na boat").ok
    assert loaded.run("%comet replay demo").ok
    [text] = shown(loaded.run("%comet models"))
    assert "the list of the package; nobody was asked" in text
    assert "num_inference_steps" in shown(loaded.run("%comet schema schnell"))[0]
    assert questions(service) == 0
    assert loaded.run("%comet replay off").ok
    assert "from the service's catalogue" in shown(loaded.run("%comet models"))[0]


# -- schema -------------------------------------------------------------------------------------


def test_a_schema_ends_with_a_cell_that_runs(loaded, service):
    """Inputs in a table; the example makes a picture as it stands."""
    [text] = shown(loaded.run("%comet schema schnell"))
    assert text.splitlines()[0].startswith(f"flux-schnell · {SCHNELL} · also schnell")
    assert "~$0.003" in text.splitlines()[0]
    example = text.partition("copy it into a cell\n\n")[2]
    cell = loaded.run(example, live=False)
    assert cell.ok, cell.error
    assert len(cell.pictures) == 1
    sent = service.creates[0].json["input"]
    assert (sent["aspect_ratio"], sent["output_format"]) == ("16:9", "png")


def test_without_a_name_it_is_the_model_of_cells(loaded):
    """The configured one."""
    assert loaded.run('%config CometMagics.model = "sdxl"').ok
    [text] = shown(loaded.run("%comet schema"))
    assert text.startswith("sdxl · stability-ai/sdxl")


def test_a_model_that_only_the_catalogue_knows_says_so(loaded):
    """With or without its owner: what is told of it, and that everything is sent as given."""
    [text] = shown(loaded.run("%comet schema google/imagen-4"))
    assert text.splitlines()[0] == "google/imagen-4 · google · text-to-image · ~$0.003"
    assert "everything is sent as it is given" in text
    assert text.endswith("%%comet google/imagen-4\na paper boat on a calm lake at sunrise")
    assert shown(loaded.run("%comet schema imagen-4")) == [text]


def test_an_unknown_model_is_one_line(loaded):
    """With the nearest names, and no traceback."""
    refuses(
        loaded,
        {
            "schema flux-shnell": "Did you mean flux-schnell?",
            "schema google/imagen-5": "Did you mean google/imagen-4?",
            "schema zzzz/yyyy": "`%comet models` lists those that there are",
            "schema flux-dev sdxl": "%comet schema takes one model",
            "schema --all": "there is no option --all",
            "models --all": "there is no option --all",
        },
    )


# -- alias --------------------------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False], ids=["live", "headless"])
def test_a_cell_defines_the_name_that_the_next_one_uses(loaded, service, live):
    """In a live front end and in a headless run; it is said what the name stands for."""
    assert shown(loaded.run("%comet alias quick schnell", live=live)) == [
        f"quick stands for {SCHNELL}"
    ]
    cell = loaded.run("%%comet quick --wait --seed 7\na boat", live=live)
    assert cell.ok, cell.error
    assert f"/models/{SCHNELL}/" in service.creates[0].path


def test_aliases_are_listed_and_deleted(loaded):
    """What was replaced, and what is hidden, is said."""
    assert "you have no aliases yet" in shown(loaded.run("%comet alias"))[0]
    loaded.run("%comet alias boat flux-dev")
    assert shown(loaded.run("%comet alias boat me/boats")) == [
        f"boat stands for me/boats now, no longer for {DEV}"
    ]
    assert shown(loaded.run("%comet alias boat me/boats")) == [
        "boat stands for me/boats, as before"
    ]
    first, second = shown(loaded.run("%comet alias sdxl flux-dev"))
    assert first == f"sdxl stands for {DEV}"
    assert second.endswith("for you it is no longer stability-ai/sdxl")
    [text] = shown(loaded.run("%comet alias"))
    assert [line.split()[:2] for line in text.splitlines()] == [
        ["alias", "model"],
        ["boat", "me/boats"],
        ["sdxl", DEV],
    ]
    assert "hides the package's name for stability-ai/sdxl" in text
    [text] = shown(loaded.run("%comet alias --delete sdxl"))
    assert text.endswith("and stands for stability-ai/sdxl again")
    [text] = shown(loaded.run("%comet alias --delete boat"))
    assert text == "boat is no alias any more; it stood for me/boats"
    assert "you have no aliases yet" in shown(loaded.run("%comet alias"))[0]


def test_what_can_be_no_alias_is_one_line(loaded, home):
    """Nothing is written, and no traceback is shown."""
    refuses(
        loaded,
        {
            "alias models flux-dev": "'models' is a verb of %comet",
            "alias a/b flux-dev": "'a/b' can be no alias",
            "alias boat flux-shnell": "Did you mean flux-schnell?",
            "alias boat": "%comet alias takes a name and a model",
            "alias a b c": "%comet alias takes a name and a model",
            "alias --delete": "%comet alias takes a name and a model",
            "alias --delete boat": "you have no alias 'boat'",
            "alias --remove boat": "there is no option --remove",
            "alias boat sk-" + "x" * 24: "an API key stands in this line",
        },
    )
    assert not (home / "comet" / "aliases.json").exists()


def test_a_damaged_file_is_told_and_set_aside(loaded, home):
    """The list says what is wrong; a new alias says where the damaged file is now."""
    folder = home / "comet"
    folder.mkdir(exist_ok=True)
    (folder / "aliases.json").write_text("{")
    [text] = shown(loaded.run("%comet alias"))
    assert "is damaged. Mend it by hand" in text
    _, second = shown(loaded.run("%comet alias boat flux-dev"))
    [aside] = folder.glob("aliases.damaged-*")
    assert aside.name in second
    assert aside.read_text() == "{"
