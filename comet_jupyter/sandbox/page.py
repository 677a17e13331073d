"""The page a person sees at the sandbox's address, and at every path it does not know."""

from __future__ import annotations

from html import escape

from .catalogue import MODELS
from .words import WORDS

__all__ = ["bad_gateway", "front_page"]

_STYLE = """
body { font: 16px/1.55 system-ui, sans-serif; color: #22303c; background: #faf7f2;
       max-width: 46rem; margin: 3rem auto; padding: 0 1.2rem }
h1 { font-weight: 650; letter-spacing: -0.02em } h2 { margin-top: 2.2rem; font-size: 1.1rem }
code, pre { font: 14px/1.5 ui-monospace, monospace; background: #efe8dc; border-radius: 4px }
code { padding: 0.1em 0.35em } pre { padding: 0.8rem 1rem; overflow-x: auto }
td { padding: 0.2rem 1rem 0.2rem 0; vertical-align: top }
"""


def front_page(root: str) -> bytes:
    """HTML that says what this server is, how to reach it and what can be asked of it."""
    words = "".join(
        f"<tr><td><code>{escape(word)}</code></td><td>{escape(text)}</td></tr>"
        for word, text in WORDS.items()
    )
    models = "".join(f"<li><code>{escape(name)}</code></li>" for name in MODELS)
    url = escape(root)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sandbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{_STYLE}</style></head><body>
<h1>The sandbox</h1>
<p>This server plays CometAPI's Replicate-style predictions on your own machine. It draws simple
pictures from the words and the seed of a prompt; guidance, steps, negative prompts and input
pictures (as data: URIs; addresses are not fetched) change them too. No model runs, nothing is sent
anywhere, nothing costs money, and any well-formed key will do.</p>
<pre>COMETAPI_BASE_URL={url}
COMETAPI_KEY=sk-sandbox</pre>
<p>Replicate's own client reaches it too: <code>replicate.Client(api_token="sk-sandbox",
base_url="{url}")</code>.</p>
<h2>Words that make it misbehave</h2>
<p>Write one of these into a prompt:</p>
<table>{words}</table>
<p>A key that starts with <code>sk-bad-</code> is refused, one that starts with
<code>sk-poor-</code> has no money.</p>
<h2>Models</h2>
<ul>{models}</ul>
</body></html>
""".encode()


def bad_gateway() -> bytes:
    """HTML as a proxy answers when what stands behind it does not."""
    return (
        b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
        b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
        b"</body>\r\n</html>\r\n"
    )
