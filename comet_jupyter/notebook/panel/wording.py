"""What people call the inputs of models, and what each does, in a sentence."""

from __future__ import annotations

_WORDS = {
    "aspect_ratio": ("aspect ratio", "The shape of the picture, width to height"),
    "apply_watermark": ("watermark", "An invisible mark that says it was generated"),
    "cfg": ("guidance", "How literally the prompt is followed"),
    "disable_safety_checker": ("no safety check", "Pictures are not looked through for nudity"),
    "go_fast": ("go fast", "Quicker; the same seed may then give another picture"),
    "guidance": ("guidance", "How literally the prompt is followed"),
    "guidance_scale": ("guidance", "How literally the prompt is followed"),
    "high_noise_frac": ("refine from", "The share of the steps before the refiner takes over"),
    "image": ("input picture", "The picture to start from"),
    "image_prompt": ("input picture", "A picture that gives hints"),
    "image_prompt_strength": ("its strength", "0 ignores the input picture, 1 follows it"),
    "input_image": ("input picture", "The picture to change as the prompt says"),
    "input_images": ("input pictures", "The pictures to combine or to change"),
    "mask": ("mask", "White is drawn anew, black stays"),
    "megapixels": ("megapixels", "The size; 0.25 is quicker and half as wide"),
    "negative_prompt": ("not wanted", "What should not be in the picture"),
    "num_inference_steps": ("steps", "More is slower and cleaner"),
    "output_format": ("file format", "Of the original; the notebook shows a png or jpeg"),
    "output_quality": ("file quality", "From 0 to 100, for jpg and webp"),
    "prompt_strength": ("change", "How much is drawn anew: 1 ignores the input picture"),
    "prompt_upsampling": ("longer prompt", "The model writes more into the prompt by itself"),
    "raw": ("raw", "A more natural, less polished look"),
    "refine": ("refiner", "A second model that works on details"),
    "resolution": ("resolution", "Megapixels of the picture"),
    "safety_tolerance": ("tolerance", "What is let through: 1 is the strictest"),
    "scheduler": ("scheduler", "How the noise is taken away, step by step"),
    "steps": ("steps", "More is slower and cleaner"),
}


def label(name: str) -> str:
    """What an input is called in the form."""
    return _WORDS[name][0] if name in _WORDS else name.replace("_", " ")


def tooltip(name: str) -> str:
    """What it does, and its own name."""
    return f"{_WORDS[name][1]} ({name})" if name in _WORDS else name
