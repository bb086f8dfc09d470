"""Where this program keeps things on this machine, besides runs and models."""

import os
from pathlib import Path


def cache_home() -> Path:
    """What can be fetched or computed again, and the logs; a relative $XDG_CACHE_HOME counts as none, as XDG has it."""
    named = Path(os.environ.get("XDG_CACHE_HOME", "")).expanduser()
    return (named if named.is_absolute() else Path("~/.cache").expanduser()) / "synthetic-data"
