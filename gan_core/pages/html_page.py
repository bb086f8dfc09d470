"""What all pages share: the templates, the one script and its hash, and pictures and tables as data URIs."""

import hashlib
import io
from base64 import b64encode
from importlib.resources import files

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image, ImageSequence

from gan_core.files import Place
from gan_core.reports.pictures import encode_gif

MOST_PICTURE, MOST_FILM = 500_000, 1_500_000  # bytes, of which base64 makes a third more: a page stays below 5 MB
MILLISECONDS = 400  # of a frame in a film that was cut to every second frame or fewer

SCRIPT = Markup(files("gan_core.pages").joinpath("sort_tables.js").read_text("utf-8"))
SCRIPT_HASH = "sha256-" + b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()

TEMPLATES = Environment(
    loader=PackageLoader("gan_core.pages", ""),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
TEMPLATES.filters["sentence"] = lambda text: text[:1].upper() + text[1:].rstrip(".") + "."
TEMPLATES.globals.update(script=SCRIPT, script_hash=SCRIPT_HASH)


def csv_uri(frame: pd.DataFrame) -> str:
    """A frame as a data URI of CSV."""
    return _uri("text/csv", frame.to_csv(index=False, lineterminator="\n").encode())


def embed_picture(path: Place) -> str:
    """A picture file as a data URI; one that is too large for a page is pressed, and if need be made smaller."""
    return embed_png(path.read_bytes())


def embed_png(content: bytes, most: int = MOST_PICTURE) -> str:
    """The bytes of a PNG file as a data URI, pressed as above if there are more than `most`."""
    if len(content) <= most:
        return _uri("image/png", content)
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    while len(pressed := _encode_jpeg(picture)) > most:
        picture = picture.resize((max(1, picture.width * 2 // 3), max(1, picture.height * 2 // 3)))
    return _uri("image/jpeg", pressed)


def embed_film(path: Place) -> str | None:
    """A GIF as a data URI, with every second frame or fewer if it is too large; None if two frames are too large."""
    content = path.read_bytes()
    if len(content) <= MOST_FILM:
        return _uri("image/gif", content)
    with Image.open(io.BytesIO(content)) as film:
        frames = [frame.copy() for frame in ImageSequence.Iterator(film)]
    step = 1
    while len(content) > MOST_FILM and step < len(frames):
        step *= 2
        content = encode_gif([*frames[:-1:step], frames[-1]], MILLISECONDS)
    return _uri("image/gif", content) if len(content) <= MOST_FILM else None


def _encode_jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
