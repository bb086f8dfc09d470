"""Where an export appears, complete or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gan_core.errors import BadInput
from tasks.fetch import alone


@contextmanager
def staged(out: Path, identity: str, *, overwrite: bool) -> Iterator[Path]:
    """A hidden sibling of `out` to write in, which takes its place, without its hidden files, when the block succeeds.

    After a failure or a kill it waits there for the next export of the same identity. Raises BadInput, before
    anything is written, where `out` is a file, or a folder with something in it and `overwrite` is not given.
    """
    refuse(out, overwrite)
    staging = out.with_name(f".{out.name}.{identity[:12]}.staging")
    try:
        staging.mkdir(parents=True, exist_ok=True)
        with alone(staging):
            refuse(out, overwrite)
            yield staging
            for hidden in staging.glob(".*"):
                shutil.rmtree(hidden) if hidden.is_dir() else hidden.unlink()
            replace(staging, out)
    except OSError as error:
        raise BadInput(
            f"Expected to write to {error.filename or staging}, got “{error.strerror or error}”; "
            "make room or choose another --out, the same command goes on where it stopped."
        ) from error


def refuse(out: Path, overwrite: bool) -> None:
    """Raise BadInput unless an export may take the place of what is at `out`."""
    if out.exists() and not out.is_dir():
        raise BadInput(f"Expected a folder to write to, got the file {out}; choose another --out.")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise BadInput(
            f"Expected an empty or absent folder, got {out} with files in it; say --overwrite to replace it."
        )


def replace(staging: Path, out: Path) -> None:
    """Let `staging` take the place of `out`, which steps aside first."""
    if not out.exists():
        staging.rename(out)
        return
    aside = out.with_name(f".{out.name}.{os.getpid()}.old")
    out.rename(aside)
    staging.rename(out)
    shutil.rmtree(aside)
