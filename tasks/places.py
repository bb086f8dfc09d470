"""Places on this machine: the cache, and folders that can be written to."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from gan_core.errors import BadInput
from gan_core.files import Place, is_local


def cache_home() -> Path:
    """What can be fetched or computed again, and the logs; a relative $XDG_CACHE_HOME counts as none, as XDG has it."""
    named = Path(os.environ.get("XDG_CACHE_HOME", "")).expanduser()
    return (named if named.is_absolute() else Path("~/.cache").expanduser()) / "synthetic-data"


def classifier_cache() -> Path:
    """Taught classifiers, by the digest of all that shaped them."""
    return cache_home() / "classifiers"


def check_folder(folder: Place, remedy: str) -> None:
    """Raise BadInput, with what to do, for a folder of this machine that cannot be made or written to."""
    if is_local(folder):
        try_writing(require_folder(Path(os.path.realpath(folder)), remedy), remedy)


def require_folder(out: Path, remedy: str) -> Path:
    """The place itself, or the next one above it that is there; BadInput if that is a file."""
    above = standing(out)
    if not above.is_dir() or above.is_symlink():
        raise BadInput(f"Expected a folder to write to, got the file {above}; {remedy}")
    return above


def try_writing(folder: Path, remedy: str) -> None:
    """Make a folder in a folder and remove it again; BadInput where none can be made."""
    try:
        with TemporaryDirectory(dir=folder, prefix=".synthetic-data-"):
            pass
    except OSError as error:
        raise BadInput(
            f"Expected a folder to write to, got {folder} and “{error.strerror or error}”; {remedy}"
        ) from error


def standing(out: Path) -> Path:
    """The place itself, or the next one above it that is there."""
    return next(place for place in (out, *out.parents) if os.path.lexists(place))
