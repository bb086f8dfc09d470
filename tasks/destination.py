"""Where an export appears: complete or not at all in a folder, with its manifest written last in an object store."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gan_core.errors import BadInput
from gan_core.files import is_local, read_text, refreshed, remove_tree, writing_to
from tasks.locks import locked

OWNER = ".identity"  # in an object store: the export that is being written there


@contextmanager
def staged(out: Path, identity: str, *, overwrite: bool) -> Iterator[Path]:
    """Where to write an export, which stands at `out`, without its hidden files, when the block succeeds.

    After a failure or a kill what was written waits for the next export of the same identity. Raises BadInput, before
    anything is written, where `out` is a file, or has something in it and `overwrite` is not given, and for a full
    disk, a folder that is read-only or a bucket that is not there.
    """
    staging = staged_here if is_local(out) else staged_in_place
    remedy = "make room or choose another --out, the same command goes on where it stopped."
    with writing_to(out, remedy), staging(out, identity, overwrite=overwrite) as folder:
        yield folder


@contextmanager
def staged_here(out: Path, identity: str, *, overwrite: bool) -> Iterator[Path]:
    """A hidden sibling of `out`, which takes its place."""
    refuse(out, overwrite)
    staging = out.with_name(f".{out.name}.{identity[:12]}.staging")
    staging.mkdir(parents=True, exist_ok=True)
    with locked(staging / ".lock"):
        refuse(out, overwrite)
        yield staging
        remove_hidden(staging)
        replace(staging, out)


@contextmanager
def staged_in_place(out: Path, identity: str, *, overwrite: bool) -> Iterator[Path]:
    """`out` itself, as an object store cannot rename; what is overwritten is gone first."""
    owner = out / OWNER
    if not owns(owner, identity):
        refuse(out, overwrite)
        if overwrite:
            remove_tree(out)
        claim(owner, identity)
    yield out
    if not owns(owner, identity):
        raise BadInput(f"Expected to be alone in {out}, got overwritten by another export; choose another --out.")
    remove_hidden(out, but=OWNER)
    owner.unlink()


def owns(owner: Path, identity: str) -> bool:
    """Whether the export of this identity is the one that is being written beside the object `owner`."""
    return refreshed(owner).exists() and read_text(owner) == identity


def claim(owner: Path, identity: str) -> None:
    """Make the object `owner`; BadInput if another export made it first, as one of two does that look at once."""
    try:
        with owner.open("xb") as file:  # to S3: a PUT with If-None-Match
            file.write(identity.encode())
    except FileExistsError as error:
        if not owns(owner, identity):  # an attempt whose answer was lost may have made it
            raise BadInput(
                f"Expected to be alone in {owner.parent}, got another export that has just begun there; "
                "choose another --out."
            ) from error


def refuse(out: Path, overwrite: bool) -> None:
    """Raise BadInput unless an export may take the place of what is at `out`."""
    if out.is_file():
        raise BadInput(f"Expected a folder to write to, got the file {out}; choose another --out.")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise BadInput(
            f"Expected an empty or absent folder, got {out} with files in it; say --overwrite to replace it."
        )


def remove_hidden(folder: Path, *, but: str = "") -> None:
    """Remove what an export needed on its way."""
    for hidden in [path for path in refreshed(folder).iterdir() if path.name.startswith(".") and path.name != but]:
        remove_tree(hidden) if hidden.is_dir() else hidden.unlink()


def replace(staging: Path, out: Path) -> None:
    """Let `staging` take the place of `out`, which steps aside first."""
    if not out.exists():
        staging.rename(out)
        return
    aside = out.with_name(f".{out.name}.{os.getpid()}.old")
    out.rename(aside)
    staging.rename(out)
    shutil.rmtree(aside)
