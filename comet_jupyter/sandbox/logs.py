"""What a model logs while it runs: lines with the moment at which each appears.

Text only; which model logs in which way stands in `catalogue`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .catalogue import Model, image_count, step_count

__all__ = ["TRACEBACK", "noise", "timed_lines"]

Line = tuple[float, str]
"""A moment (0 at the start of the run, 1 at its end) and the text of a line."""

TRACEBACK = """Traceback (most recent call last):
  File "/src/predict.py", line 214, in predict
    images = self.pipeline(prompt=prompt, generator=generator).images
  File "/src/pipeline.py", line 88, in __call__
    latents = self.scheduler.step(noise, t, latents).prev_sample
RuntimeError: The size of tensor a (64) must match the size of tensor b (77)"""


def timed_lines(
    model: Model, given: Mapping[str, object], seed: int, seconds: float
) -> Iterator[Line]:
    """Everything the model logs in a whole, successful run of so many seconds."""
    if model.logs == "nothing":
        return
    yield 0.0, f"Using seed: {seed}"
    images = image_count(given)
    if model.logs == "bar without total":
        yield from _open_bar(seconds)
        yield 0.9, f"Generated image in {seconds * 0.86:.1f}sec"
        yield 0.91, "Downloading 1 images"
        yield 0.97, f"Downloaded image in {seconds * 0.06:.2f}sec"
        return
    steps = step_count(model, given)
    if model.logs == "two bars":
        share = given.get("high_noise_frac", 0.8)
        base = max(1, round(steps * share)) if isinstance(share, (int, float)) else steps
        yield 0.01, f"Prompt: {given.get('prompt')}"
        yield 0.02, "txt2img mode"
        yield from _bar(base, 0.05, 0.72, seconds)
        yield from _bar(steps - base + 1, 0.76, 0.93, seconds)
        return
    yield 0.02, "running quantized prediction"
    yield 0.04, f"Using seed: {seed}"
    yield from _bar(steps, 0.08, 0.86, seconds)
    yield 0.96, f"Total safe images: {images} out of {images}"


def noise(lines: int = 2000) -> Iterator[Line]:
    """A flood of lines that a careless display would trip over."""
    for at in range(lines):
        colour = 31 + at % 6
        yield (
            at / lines,
            f"\x1b[{colour}mline {at}\x1b[0m <b>not bold</b>\r</script>&amp; {at}/{lines}",
        )


def _bar(total: int, start: float, end: float, seconds: float) -> Iterator[Line]:
    stride = max(1, total // 25)
    shown = [*range(0, total, stride), total, total]
    for step in shown:
        fraction = step / total
        elapsed = fraction * (end - start) * seconds
        yield start + fraction * (end - start), _tqdm(step, total, elapsed)


def _open_bar(seconds: float) -> Iterator[Line]:
    count = max(4, round(seconds * 4))
    yield 0.02, "0it [00:00, ?it/s]"
    for step in range(1, count + 1):
        at = 0.02 + 0.86 * step / count
        elapsed = at * seconds
        yield at, f"{step}it [{_clock(elapsed)}, {_rate(step, elapsed)}]"


def _tqdm(step: int, total: int, elapsed: float) -> str:
    percent = f"{step * 100 // total:3d}%"
    blocks = "█" * (10 * step // total)
    if step == 0:
        return f"{percent}|{blocks:<10}| 0/{total} [00:00<?, ?it/s]"
    left = elapsed * (total - step) / step
    times = f"{_clock(elapsed)}<{_clock(left)}, {_rate(step, elapsed)}"
    return f"{percent}|{blocks:<10}| {step}/{total} [{times}]"


def _rate(steps: int, elapsed: float) -> str:
    rate = steps / max(elapsed, 1e-6)
    return f"{rate:5.2f}it/s" if rate >= 1 else f"{1 / rate:5.2f}s/it"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
