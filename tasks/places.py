"""Where this program keeps things on this machine, besides runs and models."""

import os
from pathlib import Path


def cache_home() -> Path:
    """What can be fetched or computed again, and the logs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "synthetic-data"


def classifier_cache() -> Path:
    """Taught classifiers, by the digest of all that shaped them."""
    return cache_home() / "classifiers"
