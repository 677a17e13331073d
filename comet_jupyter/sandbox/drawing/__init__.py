"""temporary."""
from __future__ import annotations
import io
from PIL import Image
from .canvas import Canvas
from .compose import paint
from .vocabulary import read
def draw(prompt: str, seed: int, width: int, height: int) -> Image.Image:
    c = Canvas(width, height); paint(c, read(prompt), seed); return c.image
def encode(image: Image.Image, format: str, quality: int = 80) -> bytes:
    out = io.BytesIO(); image.save(out, {"jpg":"JPEG"}.get(format, format.upper())); return out.getvalue()
