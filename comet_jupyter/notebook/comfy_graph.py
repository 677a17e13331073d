"""ComfyUI's graphs: from the sampler back to prompt, model, size and numbers.

Files carry the graph that ran (``prompt``: nodes by id, each input a value or a link) and the
one on screen (``workflow``). Both come from anybody: links may go in circles, nodes may be
anything, so every walk visits a node once. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .foreign_settings import ForeignSettings

_MOST_NODES = 5_000
_DEEPEST = 40
_MOST_OTHERS = 20

_CONDITIONINGS = ("positive", "conditioning")
_TEXTS = ("text", "t5xxl", "text_g", "clip_g", "prompt", "clip_l", "text_l", "text_positive")
_STRINGS = (*_TEXTS, "value", "string", "String", "populated_text", "wildcard_text")
_NUMBERS = ("value", "seed", "noise_seed", "int", "INT", "number", "float", "Number")
_CHECKPOINTS = ("ckpt_name", "unet_name", "model_name", "base_ckpt_name", "gguf_name")
_NO_TEXT = frozenset(
    {
        "clip",
        "model",
        "vae",
        "control_net",
        "image",
        "clip_vision",
        "style_model",
        "latent",
        "pixels",
    }
)
"""Links of a conditioning that lead elsewhere, to other samplers at times."""

_WIDGETS = {
    "KSampler": "seed - steps cfg sampler_name scheduler denoise",
    "KSamplerAdvanced": "- noise_seed - steps cfg sampler_name scheduler",
    "SamplerCustom": "- noise_seed - cfg",
    "RandomNoise": "noise_seed",
    "KSamplerSelect": "sampler_name",
    "BasicScheduler": "scheduler steps denoise",
    "CFGGuider": "cfg",
    "FluxGuidance": "guidance",
    "CLIPTextEncode": "text",
    "CLIPTextEncodeFlux": "clip_l t5xxl guidance",
    "EmptyLatentImage": "width height batch_size",
    "EmptySD3LatentImage": "width height batch_size",
    "CheckpointLoaderSimple": "ckpt_name",
    "UNETLoader": "unet_name",
    "LoraLoader": "lora_name",
    "LoraLoaderModelOnly": "lora_name",
    "LoadImage": "image",
    "PrimitiveNode": "value",
    "PrimitiveInt": "value",
    "PrimitiveString": "value",
    "PrimitiveStringMultiline": "value",
}
"""What the values of a node on screen are called, in their order; a dash for those passed over."""


def from_graph(prompt: Mapping[str, Any]) -> ForeignSettings | None:
    """The settings of the first sampler on the way to the picture; None without a sampler."""
    if len(prompt) > _MOST_NODES:
        return None
    graph = _Graph(prompt)
    sampler = graph.sampler()
    return None if sampler is None else _settings(graph, sampler)


def from_workflow(workflow: Mapping[str, Any]) -> ForeignSettings | None:
    """The same of the graph on screen, for files that hold nothing else."""
    nodes, links = workflow.get("nodes"), workflow.get("links")
    if not isinstance(nodes, list) or not isinstance(links, list) or len(nodes) > _MOST_NODES:
        return None
    sources: dict[Any, list[Any]] = {}
    for link in links:
        if isinstance(link, list) and len(link) >= 3 and isinstance(link[0], int):
            sources[link[0]] = [str(link[1]), link[2]]
    prompt: dict[str, Any] = {}
    for node in nodes:
        if isinstance(node, dict) and node.get("mode", 0) not in (2, 4):  # muted, bypassed
            inputs = {**_widgets(node), **_linked(node, sources)}
            prompt[str(node.get("id"))] = {"class_type": node.get("type"), "inputs": inputs}
    return from_graph(prompt)


def _widgets(node: Mapping[str, Any]) -> dict[str, Any]:
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return dict(values)
    names = _WIDGETS.get(str(node.get("type")), "").split()
    pairs = zip(names, values if isinstance(values, list) else (), strict=False)
    return {name: value for name, value in pairs if name != "-"}


def _linked(node: Mapping[str, Any], sources: Mapping[Any, list[Any]]) -> dict[str, Any]:
    inputs = node.get("inputs")
    return {
        str(one.get("name")): sources[one["link"]]
        for one in (inputs if isinstance(inputs, list) else ())
        if isinstance(one, dict) and isinstance(one.get("link"), int) and one["link"] in sources
    }


class _Graph:
    """Nodes by id; an input is a value, or a link: the id of a node and one of its outputs."""

    def __init__(self, prompt: Mapping[str, Any]) -> None:
        self.inputs: dict[str, Mapping[str, Any]] = {}
        self.types: dict[str, str] = {}
        for name, node in prompt.items():
            if isinstance(node, dict) and isinstance(node.get("inputs"), dict):
                self.inputs[name] = node["inputs"]
                self.types[name] = str(node.get("class_type", ""))

    def link(self, value: Any) -> tuple[str, int] | None:
        """What a value links to, None when it is no link."""
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
            name = str(value[0]) if isinstance(value[0], (str, int)) else ""
            return (name, value[1]) if name in self.inputs else None
        return None

    def upstream(self, *values: Any) -> Iterator[str]:
        """The nodes that these links lead to, and all behind them, the nearest first."""
        found = [link[0] for link in map(self.link, values) if link]
        waiting = list(dict.fromkeys(found))
        seen = set(waiting)
        for name in waiting:
            yield name
            for link in map(self.link, self.inputs[name].values()):
                if link and link[0] not in seen:
                    seen.add(link[0])
                    waiting.append(link[0])

    def sampler(self) -> str | None:
        """The sampler that begins: none is behind it on the way to what is saved."""
        ends = [n for n, kind in self.types.items() if kind.startswith(("Save", "Preview"))]
        reached = [*self.upstream(*([name, 0] for name in ends))] or [*self.inputs]
        samplers = [name for name in reached if self._is_sampler(name)]
        return samplers[-1] if samplers else None

    def _is_sampler(self, name: str) -> bool:
        inputs = self.inputs[name]
        asks = ("guider", *_CONDITIONINGS)
        return "latent_image" in inputs and any(self.link(inputs.get(one)) for one in asks)

    def first(self, names: Sequence[str], kind: type | tuple[type, ...], *values: Any) -> Any:
        """The nearest value of one of these names behind the links, None when there is none."""
        for node in self.upstream(*values):
            for name in names:
                value = self.inputs[node].get(name)
                if isinstance(value, kind) and not isinstance(value, bool):
                    return value
        return None

    def number(self, name: str, *places: Any) -> Any:
        """A number of this name in the first of the places that has it, links followed."""
        for inputs in places:
            value = inputs.get(name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return value
            if self.link(value):
                return self.first((name, *_NUMBERS), (int, float), value)
        return None

    def node(self, value: Any) -> Mapping[str, Any]:
        """The inputs of the node that a value links to; empty when it is no link."""
        link = self.link(value)
        return self.inputs[link[0]] if link else {}

    def texts(self, value: Any, seen: set[str], depth: int = 0) -> list[str]:
        """The prompts behind a conditioning, in order."""
        link = self.link(value)
        if link is None or link[0] in seen or depth > _DEEPEST:
            return []
        name, slot = link
        seen.add(name)
        inputs = self.inputs[name]
        if self.types[name] == "ConditioningZeroOut":
            return []
        here = [self.string(inputs[one], set()) for one in _TEXTS if one in inputs]
        if here:
            return list(dict.fromkeys(text for text in here if text))
        if {"positive", "negative"} <= inputs.keys():  # hands both on, one by each output
            return self.texts(inputs["negative" if slot == 1 else "positive"], seen, depth + 1)
        found = [
            text
            for key, one in inputs.items()
            if key not in _NO_TEXT
            for text in self.texts(one, seen, depth + 1)
        ]
        return list(dict.fromkeys(found))

    def string(self, value: Any, seen: set[str], depth: int = 0) -> str:
        """A text, or the one behind a link."""
        if isinstance(value, str):
            return value
        link = self.link(value)
        if link is None or link[0] in seen or depth > _DEEPEST:
            return ""
        seen.add(link[0])
        inputs = self.inputs[link[0]]
        if {"string_a", "string_b"} <= inputs.keys():
            parts = [self.string(inputs[one], seen, depth + 1) for one in ("string_a", "string_b")]
            return str(inputs.get("delimiter", "")).join(part for part in parts if part)
        named = [inputs[one] for one in _STRINGS if one in inputs]
        linked = [one for one in inputs.values() if self.link(one)]
        texts = (self.string(one, seen, depth + 1) for one in (*named, *linked))
        return next((text for text in texts if text), "")


def _settings(graph: _Graph, name: str) -> ForeignSettings:
    sampler = graph.inputs[name]
    guider, sigmas = graph.node(sampler.get("guider")), graph.node(sampler.get("sigmas"))
    noise, chosen = graph.node(sampler.get("noise")), graph.node(sampler.get("sampler"))
    asked = guider or sampler
    positive = asked.get("positive", asked.get("conditioning"))
    negative = asked.get("negative", asked.get("neg_conditioning"))
    model, latent = asked.get("model") or sampler.get("model"), sampler.get("latent_image")
    seed = graph.number("seed", sampler, noise)
    if seed is None:
        seed = graph.number("noise_seed", sampler, noise)
    size = _size(graph, latent)
    return ForeignSettings(
        writer="ComfyUI",
        prompt="\n".join(graph.texts(positive, set())),
        negative="\n".join(graph.texts(negative, set())),
        model=graph.first(_CHECKPOINTS, str, model) or "",
        seed=_whole(seed),
        steps=_whole(graph.number("steps", sampler, sigmas)),
        cfg=_positive(graph.number("cfg", sampler, guider)),
        guidance=_positive(graph.first(("guidance",), (int, float), positive)),
        sampler=_word(sampler.get("sampler_name"), chosen.get("sampler_name")),
        scheduler=_word(sampler.get("scheduler"), sigmas.get("scheduler")),
        width=size[0],
        height=size[1],
        others=tuple(_others(graph, sampler, sigmas, model, latent))[:_MOST_OTHERS],
    )


def _size(graph: _Graph, latent: Any) -> tuple[int | None, int | None]:
    for node in graph.upstream(latent):
        inputs = graph.inputs[node]
        width, height = (_whole(graph.number(side, inputs)) for side in ("width", "height"))
        if width and height and max(width, height) < 100_000:
            return width, height
    return None, None


def _others(
    graph: _Graph, sampler: Mapping[str, Any], sigmas: Mapping[str, Any], model: Any, latent: Any
) -> Iterator[tuple[str, str]]:
    """What a request of ours has no place for."""
    for node in graph.upstream(model):
        lora = graph.inputs[node].get("lora_name")
        if isinstance(lora, str):
            yield "LoRA", lora
    for node in graph.upstream(latent):
        picture = graph.inputs[node].get("image")
        if isinstance(picture, str):
            yield "input picture", picture
    denoise = graph.number("denoise", sampler, sigmas)
    if denoise is not None and denoise < 1:
        yield "denoise", f"{denoise:g}"
    batch = graph.first(("batch_size",), int, latent)
    if batch is not None and batch > 1:
        yield "batch size", str(batch)


def _word(*values: Any) -> str:
    return next((value for value in values if isinstance(value, str)), "")


def _whole(value: Any) -> int | None:
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return int(value) if is_whole and 0 <= value < 2**64 else None


def _positive(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 1e6 else None
