"""What other programs write into their pictures, as a request for a model of ours."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comet_jupyter import models
from comet_jupyter.errors import InputError
from comet_jupyter.images.provenance import parameters_text
from comet_jupyter.notebook import equivalent
from comet_jupyter.notebook.checkpoints import model_of
from comet_jupyter.notebook.comfy_graph import from_graph, from_workflow
from comet_jupyter.notebook.foreign_settings import (
    ForeignSettings,
    from_parameters,
    translated,
)
from comet_jupyter.notebook.saved_record import saved_record
from comet_jupyter.notebook.untrusted import json_object

SCHNELL = "black-forest-labs/flux-schnell"

A1111 = """a paper boat, (sunrise:1.2)
in the fog
Negative prompt: blurry,
ugly
Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 965400086, \
Size: 832x1216, Model hash: 31e35c80fc, Model: sd_xl_base_1.0, Denoising strength: 0.4, \
ADetailer prompt: "a face: happy, \\"old\\"", Lora hashes: "x: 1, y: 2", Version: v1.10.1"""

FORGE = """a fox
Steps: 20, Sampler: Euler, Schedule type: Simple, CFG scale: 1, Distilled CFG Scale: 3.5, \
Seed: 7, Size: 1344x768, Model: flux1-dev-bnb-nf4-v2, Version: f2.0.1v1.10.1-previous-665"""


# -- the text of the web UIs ------------------------------------------------------------


def test_a_text_of_the_web_ui_is_taken_apart() -> None:
    """Lines of both prompts, numbers, quoted values; hashes say nothing to anybody here."""
    assert from_parameters(A1111) == ForeignSettings(
        writer="Stable Diffusion web UI v1.10.1",
        prompt="a paper boat, (sunrise:1.2)\nin the fog",
        negative="blurry,\nugly",
        model="sd_xl_base_1.0",
        seed=965400086,
        steps=28,
        cfg=7.5,
        sampler="DPM++ 2M",
        scheduler="Karras",
        width=832,
        height=1216,
        others=(("Denoising strength", "0.4"), ("ADetailer prompt", 'a face: happy, "old"')),
    )


def test_it_becomes_a_request_of_the_same_model() -> None:
    """SDXL has a place for all of it but what was done afterwards."""
    found = from_parameters(A1111)
    assert found is not None
    made = translated(found, SCHNELL)
    assert made.model_is_known
    assert made.request.model == "stability-ai/sdxl"
    assert made.request.input == {
        "prompt": "a paper boat, (sunrise:1.2)\nin the fog",
        "negative_prompt": "blurry,\nugly",
        "width": 832,
        "height": 1216,
        "num_inference_steps": 28,
        "guidance_scale": 7.5,
        "scheduler": "KarrasDPM",
        "seed": 965400086,
    }
    assert made.left_out == (
        "Denoising strength 0.4",
        'ADetailer prompt a face: happy, "old"',
    )


def test_flux_has_a_guidance_of_its_own() -> None:
    """Forge's distilled guidance is Flux's; the other one has no counterpart, the size a ratio."""
    found = from_parameters(FORGE)
    assert found is not None
    assert found.writer.startswith("Forge f2.0.1")
    made = translated(found, SCHNELL)
    assert made.request.model == "black-forest-labs/flux-dev"
    assert made.request.input == {
        "prompt": "a fox",
        "aspect_ratio": "16:9",
        "num_inference_steps": 20,
        "guidance": 3.5,
        "seed": 7,
    }
    assert made.left_out == ("CFG scale 1", "sampler Euler Simple")


def test_an_unknown_checkpoint_takes_the_default_model_and_says_what_it_loses() -> None:
    """Steps out of range, no negative prompt, no such size: each with its reason."""
    found = from_parameters(A1111.replace("sd_xl_base_1.0", "juggernautXL_v9"))
    assert found is not None
    made = translated(found, SCHNELL)
    assert not made.model_is_known
    assert made.request.model == SCHNELL
    assert set(made.request.input) == {"prompt", "aspect_ratio", "seed"}
    assert made.left_out[:5] == (
        "negative prompt: flux-schnell takes no negative prompt",
        "steps 28: flux-schnell takes 1 to 4",
        "CFG scale 7.5",
        "sampler DPM++ 2M Karras",
        "Denoising strength 0.4",
    )


@pytest.mark.parametrize(
    ("size", "model", "expected"),
    [
        ((512, 768), "flux-schnell", {"aspect_ratio": "2:3"}),
        ((1920, 1088), "flux-schnell", {"aspect_ratio": "16:9"}),
        ((1024, 1024), "flux-schnell", {"aspect_ratio": "1:1"}),
        ((1280, 800), "flux-pro", {"aspect_ratio": "custom", "width": 1280, "height": 800}),
        ((1281, 801), "flux-pro", {"aspect_ratio": "3:2"}),
        ((768, 512), "sdxl", {"width": 768, "height": 512}),
        ((768, 512), "someone/else", {"width": 768, "height": 512}),
    ],
)
def test_a_size_becomes_what_the_model_has(
    size: tuple[int, int], model: str, expected: dict[str, Any]
) -> None:
    """Pixels where it takes just these, else the ratio that is nearest."""
    found = ForeignSettings("x", prompt="a", width=size[0], height=size[1])
    made = translated(found, models.canonical(model))
    assert {k: v for k, v in made.request.input.items() if k != "prompt"} == expected


@pytest.mark.parametrize(
    ("said", "scheduler"),
    [
        ("Euler a", "K_EULER_ANCESTRAL"),
        ("euler_ancestral", "K_EULER_ANCESTRAL"),
        ("euler", "K_EULER"),
        ("Euler", "K_EULER"),
        ("DPM++ 2M", "DPMSolverMultistep"),
        ("dpmpp_2m", "DPMSolverMultistep"),
        ("DPM++ 2M Karras", "KarrasDPM"),
        ("heun", "HeunDiscrete"),
        ("DDIM", "DDIM"),
        ("K_EULER", "K_EULER"),
        ("DPM++ 2M SDE", None),
        ("euler_cfg_pp", None),
        ("uni_pc", None),
    ],
)
def test_samplers_that_are_the_same_are_known_by_both_names(
    said: str, scheduler: str | None
) -> None:
    """SDXL's schedulers by the names of the web UIs and of ComfyUI; others are left out."""
    made = translated(ForeignSettings("x", prompt="a", sampler=said), "stability-ai/sdxl")
    assert made.request.input.get("scheduler") == scheduler
    assert made.left_out == (() if scheduler else (f"sampler {said}",))


@pytest.mark.parametrize(
    ("checkpoint", "model"),
    [
        ("flux1-schnell.safetensors", "flux-schnell"),
        ("FLUX1\\flux1-dev-Q4_K_S.gguf", "flux-dev"),
        ("flux/flux_dev_fp8_scaled.safetensors", "flux-dev"),
        ("flux2_dev_fp8mixed.safetensors", "flux-2-dev"),
        ("sd3.5_medium_incl_clips_t5xxlfp8scaled.safetensors", "sd3.5-medium"),
        ("sd3.5_large.safetensors", "sd3.5-large"),
        ("sd_xl_base_1.0_0.9vae.safetensors", "sdxl"),
        ("flux-1.1-pro", "flux-1.1-pro"),
        ("stability-ai/sdxl", "sdxl"),
        ("sd3.5_large_turbo.safetensors", None),
        ("sd_xl_turbo_1.0_fp16.safetensors", None),
        ("flux1-fill-dev.safetensors", None),
        ("flux1-dev-kontext_fp8_scaled.safetensors", None),
        ("juggernautXL_v9", None),
        ("v1-5-pruned-emaonly.ckpt", None),
        ("", None),
        ("flux-dev" + "1" * 10_000, None),
    ],
)
def test_only_plain_names_are_taken_for_a_model(checkpoint: str, model: str | None) -> None:
    """How the weights are stored makes no difference; what they were trained to further does."""
    assert model_of(checkpoint) == (model and models.canonical(model))


def test_a_text_without_settings_is_a_prompt() -> None:
    """As the web UIs read it; and nothing is nothing."""
    assert from_parameters("a: b, c: d") == ForeignSettings("a web UI", prompt="a: b, c: d")
    assert from_parameters(" \n ") is None


def test_what_we_write_is_read_as_the_web_uis_read_it() -> None:
    """Our own text leads back to the same model and input, where only it survived."""
    asked = {
        "prompt": "a boat\nat dawn",
        "negative_prompt": "fog",
        "width": 1024,
        "height": 768,
        "num_inference_steps": 30,
        "guidance_scale": 6,
        "seed": 7,
    }
    about = {"model": "stability-ai/sdxl", "input": asked, "package_version": "1.2"}
    found = from_parameters(parameters_text(about, (1024, 768)))
    assert found is not None
    assert found.writer == "comet_jupyter 1.2"
    made = translated(found, SCHNELL)
    assert (made.request.model, made.request.input) == ("stability-ai/sdxl", asked)
    assert made.left_out == ()


# -- ComfyUI ----------------------------------------------------------------------------


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    """A node as it ran."""
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": kind}}


SDXL_GRAPH = {
    "3": node(
        "KSampler",
        seed=156680208700286,
        steps=20,
        cfg=8.0,
        sampler_name="euler",
        scheduler="normal",
        denoise=1.0,
        model=["4", 0],
        positive=["6", 0],
        negative=["7", 0],
        latent_image=["5", 0],
    ),
    "4": node("CheckpointLoaderSimple", ckpt_name="sd_xl_base_1.0.safetensors"),
    "5": node("EmptyLatentImage", width=1024, height=768, batch_size=1),
    "6": node("CLIPTextEncode", text="a fox in the fog", clip=["4", 1]),
    "7": node("CLIPTextEncode", text="text, watermark", clip=["4", 1]),
    "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
    "9": node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
}
SDXL = ForeignSettings(
    writer="ComfyUI",
    prompt="a fox in the fog",
    negative="text, watermark",
    model="sd_xl_base_1.0.safetensors",
    seed=156680208700286,
    steps=20,
    cfg=8.0,
    sampler="euler",
    scheduler="normal",
    width=1024,
    height=768,
)
FLUX_GRAPH = {
    "6": node("CLIPTextEncode", text=["50", 0], clip=["11", 0]),
    "8": node("VAEDecode", samples=["13", 0], vae=["10", 0]),
    "9": node("SaveImage", images=["8", 0]),
    "10": node("VAELoader", vae_name="ae.safetensors"),
    "11": node("DualCLIPLoader", clip_name1="t5xxl_fp16.safetensors", type="flux"),
    "12": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
    "13": node(
        "SamplerCustomAdvanced",
        noise=["25", 0],
        guider=["22", 0],
        sampler=["16", 0],
        sigmas=["17", 0],
        latent_image=["27", 0],
    ),
    "16": node("KSamplerSelect", sampler_name="euler"),
    "17": node("BasicScheduler", scheduler="simple", steps=["51", 0], denoise=1.0),
    "22": node("BasicGuider", model=["30", 0], conditioning=["26", 0]),
    "25": node("RandomNoise", noise_seed=219670278747233),
    "26": node("FluxGuidance", guidance=3.5, conditioning=["6", 0]),
    "27": node("EmptySD3LatentImage", width=["52", 0], height=768, batch_size=4),
    "30": node("LoraLoaderModelOnly", lora_name="style.safetensors", model=["12", 0]),
    "50": node("StringConcatenate", string_a="a boat", string_b=["53", 0], delimiter=", "),
    "51": node("PrimitiveInt", value=25),
    "52": node("PrimitiveInt", value=1344),
    "53": node("PrimitiveStringMultiline", value="at dawn"),
}


def test_a_graph_is_read_from_its_sampler_backwards() -> None:
    """Both prompts, the checkpoint, size and numbers of the workflow that everybody starts with."""
    assert from_graph(SDXL_GRAPH) == SDXL
    made = translated(SDXL, SCHNELL)
    assert made.request.input == {
        "prompt": "a fox in the fog",
        "negative_prompt": "text, watermark",
        "width": 1024,
        "height": 768,
        "num_inference_steps": 20,
        "guidance_scale": 8,
        "scheduler": "K_EULER",
        "seed": 156680208700286,
    }
    assert made.left_out == ()


def test_a_flux_graph_is_read_through_its_many_nodes() -> None:
    """Noise, guider, sigmas, guidance; texts and numbers that stand in nodes of their own."""
    assert from_graph(FLUX_GRAPH) == ForeignSettings(
        writer="ComfyUI",
        prompt="a boat, at dawn",
        model="flux1-dev.safetensors",
        seed=219670278747233,
        steps=25,
        guidance=3.5,
        sampler="euler",
        scheduler="simple",
        width=1344,
        height=768,
        others=(("LoRA", "style.safetensors"), ("batch size", "4")),
    )


def test_of_several_samplers_the_first_pass_counts() -> None:
    """A second pass works on what the first one made; size and seed are those of the first."""
    second = node(
        "KSampler",
        seed=99,
        steps=9,
        cfg=2.0,
        denoise=0.5,
        model=["4", 0],
        positive=["60", 0],
        negative=["7", 0],
        latent_image=["61", 0],
    )
    graph = {
        **SDXL_GRAPH,
        "60": node("ControlNetApply", conditioning=["6", 0], image=["62", 0]),
        "61": node("LatentUpscale", width=2048, height=1536, samples=["3", 0]),
        "62": node("LoadImage", image="pose.png"),
        "63": second,
        "8": node("VAEDecode", samples=["63", 0], vae=["4", 2]),
    }
    assert from_graph(graph) == SDXL


def test_both_outputs_of_a_control_net_are_told_apart() -> None:
    """It hands on the positive conditioning at its first output, the negative at its second."""
    graph = {
        **SDXL_GRAPH,
        "3": node(
            "KSampler",
            **{**SDXL_GRAPH["3"]["inputs"], "positive": ["70", 0], "negative": ["70", 1]},
        ),
        "70": node("ControlNetApplyAdvanced", positive=["6", 0], negative=["7", 0], strength=1.0),
    }
    assert from_graph(graph) == SDXL
    zeroed = {**SDXL_GRAPH, "7": node("ConditioningZeroOut", conditioning=["6", 0])}
    assert from_graph(zeroed) == replace(SDXL, negative="")


def test_a_picture_as_input_is_named_as_left_out() -> None:
    """What was redrawn is not in the file; the request says nothing of it."""
    graph = {
        **SDXL_GRAPH,
        "5": node("VAEEncode", pixels=["71", 0], vae=["4", 2]),
        "71": node("LoadImage", image="boat.png"),
        "3": node("KSampler", **{**SDXL_GRAPH["3"]["inputs"], "denoise": 0.6}),
    }
    found = from_graph(graph)
    assert found is not None
    assert found.others == (("input picture", "boat.png"), ("denoise", "0.6"))
    assert (found.width, found.height) == (None, None)


def on_screen(graph: dict[str, Any], widgets: dict[str, list[Any]]) -> dict[str, Any]:
    """The same graph in the form that ComfyUI shows: links by number, values by position."""
    nodes, links = [], []
    for name, one in graph.items():
        inputs = []
        for key, value in one["inputs"].items():
            if isinstance(value, list):
                links.append([len(links) + 1, int(value[0]), value[1], int(name), 0, "*"])
                inputs.append({"name": key, "type": "*", "link": len(links)})
        values = widgets.get(name, [])
        nodes.append({"id": int(name), "type": one["class_type"], "mode": 0, "inputs": inputs})
        nodes[-1]["widgets_values"] = values
    return {"nodes": nodes, "links": links, "version": 0.4}


def test_the_graph_on_screen_is_read_where_there_is_nothing_else() -> None:
    """Values by their position in the nodes that everybody uses; muted nodes are not there."""
    widgets = {
        "3": [156680208700286, "randomize", 20, 8.0, "euler", "normal", 1.0],
        "4": ["sd_xl_base_1.0.safetensors"],
        "5": [1024, 768, 1],
        "6": ["a fox in the fog"],
        "7": ["text, watermark"],
    }
    workflow = on_screen(SDXL_GRAPH, widgets)
    assert from_workflow(workflow) == SDXL
    workflow["nodes"][0]["mode"] = 2
    assert from_workflow(workflow) is None


@pytest.mark.parametrize(
    "graph",
    [
        {},
        {"1": 7, "2": {"inputs": []}, "3": {"class_type": "KSampler"}},
        {"1": node("KSampler", latent_image=["1", 0], positive=["1", 0], model=["1", 0])},
        {str(i): node("X", positive=[str(i + 1), 0], latent_image=["0", 0]) for i in range(3_000)},
        {str(i): node("X", text=[str(i + 1), 0]) for i in range(3_000)}
        | {"s": node("KSampler", latent_image=["0", 0], positive=["0", 0])},
        {str(i): node("KSampler") for i in range(6_000)},
    ],
    ids=["empty", "odd", "circle", "long", "long text", "large"],
)
def test_odd_graphs_end(graph: dict[str, Any]) -> None:
    """Circles, endless chains and what is no node: something or nothing, never an exception."""
    found = from_graph(graph)
    assert found is None or translated(found, SCHNELL).request.input.get("prompt") is None
    assert from_workflow({"nodes": [graph], "links": [graph, [1], [{}, 2, 3]]}) is None
    assert from_workflow(graph) is None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.lists(st.sampled_from(["1", "2", "3", 1, 0]), min_size=2, max_size=2),
    lambda children: st.lists(children, max_size=2),
    max_leaves=3,
)
NAMES = st.sampled_from(
    "latent_image positive negative conditioning guider noise sigmas sampler model text value seed"
    " noise_seed steps cfg width height guidance ckpt_name lora_name image denoise batch_size"
    " string_a string_b delimiter sampler_name scheduler".split()
)
GRAPHS = st.dictionaries(
    st.sampled_from(["1", "2", "3"]),
    st.fixed_dictionaries(
        {
            "class_type": st.sampled_from(["KSampler", "SaveImage", "CLIPTextEncode", 7]),
            "inputs": st.dictionaries(NAMES, VALUES, max_size=8),
        }
    ),
)


@settings(deadline=None, max_examples=100)
@given(GRAPHS, st.sampled_from([SCHNELL, "stability-ai/sdxl", "google/imagen-4", "some/one"]))
def test_whatever_a_graph_holds_becomes_a_cell_or_nothing(
    graph: dict[str, Any], default: str
) -> None:
    """Any values in any places: what is found is a request whose cell says the same."""
    found = from_graph(graph)
    if found is not None:
        assert_cell(found, default)


def assert_cell(found: ForeignSettings, default: str) -> None:
    """The request of foreign settings can be written as a cell."""
    request = translated(found, default).request
    try:
        cell = equivalent.cell(request)
    except InputError:
        assert not request.prompt.isascii() or "sk-" in request.prompt
    else:
        assert cell.startswith("%%comet ")


@settings(deadline=None, max_examples=100)
@given(
    st.text(st.characters(codec=None), max_size=200),
    st.lists(
        st.tuples(
            st.sampled_from(["Steps", "Seed", "Size", "CFG scale", "Model", "Version", "Sampler"]),
            st.sampled_from(["7", "1x1", "99999x1", '"', '"a', "9" * 30, "1e9", "-1", "", "nan"])
            | st.text(max_size=12),
        ),
        max_size=9,
    ),
    st.sampled_from([SCHNELL, "stability-ai/sdxl", "some/one"]),
)
def test_whatever_a_text_holds_becomes_a_cell_or_nothing(
    prompt: str, pairs: list[tuple[str, str]], default: str
) -> None:
    """Prompts of any characters and values of any kind."""
    found = from_parameters(f"{prompt}\n{', '.join(f'{name}: {value}' for name, value in pairs)}")
    if found is not None:
        assert_cell(found, default)


# -- JSON of anybody ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("", "7", "[1]", "{", '{"a": ' + "9" * 5_000 + "}", "[" * 100_000, "{}" + " " * 1_000_000),
        *('{"a":' * 70 + "1" + "}" * 70, '{"a":' * 3_000 + "1" + "}" * 3_000),
    ],
    ids=["none", "number", "list", "cut", "long number", "deep", "long", "nested", "very nested"],
)
def test_json_beyond_bounds_is_nothing(text: str) -> None:
    """Too long, too deep, or no object; control: what is within bounds is read."""
    assert json_object(text) is None
    assert json_object('{"a": {"b": [NaN, 1]}}') is not None


def test_our_own_record_is_believed_value_by_value() -> None:
    """A value that is not what it should be is as good as none; without a model it is no record."""
    good = saved_record(
        {
            "model": "owner/boats",
            "input": {"prompt": "a boat", "seed": 7},
            "seed_drawn": True,
            "id": "abc",
            "submitted_at": "2026-02-03T04:05:06+00:00",
            "cost": 0.01,
            "total_time": 2,
            "sha256": "ab" * 32,
            "shortened": ["input.mask", 7, "<b>"],
        }
    )
    assert good is not None
    assert good.request.input == {"prompt": "a boat", "seed": 7}
    assert good.request.seed_drawn
    assert good.made is not None
    assert f"{good.made:%Y-%m-%d %H:%M}" == "2026-02-03 04:05"
    assert (good.cost, good.total_time, good.shortened) == (0.01, 2.0, ("input.mask",))
    odd = {name: {"a": 1} for name in ("id", "submitted_at", "cost", "total_time", "sha256")}
    bare = saved_record({"model": "owner/boats", "shortened": {}, **odd})
    assert bare == saved_record({"model": "owner/boats"})
    for wrong in ({}, {"model": 7}, {"model": "../x"}, {"model": "a/b", "input": [1]}):
        assert saved_record(wrong) is None
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-03"):
        found = saved_record({"model": "a/b", "submitted_at": moment})
        assert found is not None
        assert found.made is None


def test_the_record_survives_its_way_through_json() -> None:
    """What a picture says is read back to the same request."""
    data = {"model": "owner/boats", "input": {"prompt": "a \ud800 boat\x00", "n": [1, {"a": None}]}}
    text = json_object(json.dumps(data))
    assert text is not None
    back = saved_record(text)
    assert back is not None
    assert back.request.input == data["input"]
