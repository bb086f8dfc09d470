"""Where an export appears: complete or not at all in a folder, with its manifest written last in an object store."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from upath import UPath

from gan_core.errors import BadInput
from gan_core.files import Place, is_local, is_vital, read_text, refreshed, remove_tree, writing_to
from tasks.export.contents import ALL_FORMATS, CARD, CROISSANT, SUMS, is_litter, is_staging, strangers
from tasks.export.on_hub import staged_for_hub
from tasks.hub import is_on_hub
from tasks.locks import locked, try_locked
from tasks.places import MANIFEST, require_apart, require_folder, try_sending, try_writing

OWNER = ".identity"  # in an object store: the export that is being written there
LOCK = ".lock"
OLD, PLACING = ".old", ".placing"  # in a staging folder: what steps aside, and that the new files go to their place
LONGEST = 255 - len("..0123456789ab.staging")  # bytes of a name that a staging folder can have beside it


@contextmanager
def staged(out: Place, identity: str, *, overwrite: bool) -> Iterator[Place]:
    """Where to write an export, which stands at `out`, without its hidden files, when the block succeeds.

    After a failure or a kill what was written waits for the next export of the same identity. Raises BadInput, before
    anything is written, where `out` is a file, has something in it and `overwrite` is not given, or has something in
    it that no export of ours brought, and for a full disk, a folder that is read-only or a bucket that is not there.
    """
    remedy = "make room or choose another --out, the same command goes on where it stopped."
    stage: Callable[[Any, str, bool], AbstractContextManager[Place]] = staged_in_place
    if is_local(out):
        stage = staged_here
    elif is_on_hub(out):
        stage = staged_for_hub
    staging = stage(out, identity, overwrite)
    with writing_to(out, remedy), staging as folder:
        yield folder


@contextmanager
def staged_here(out: Path, identity: str, overwrite: bool) -> Iterator[Path]:
    """A hidden folder, whose files take their place in `out` if that is there; if it is not, a sibling becomes it.

    A folder that is there stays the same one, as it may be a volume, the end of a link or where somebody works.
    """
    out = Path(os.path.realpath(out))
    staging = staging_of(out, identity)
    refuse(out, overwrite, staging)
    staging.mkdir(parents=True, exist_ok=True)
    with locked(staging / LOCK):
        if out.exists():
            take_back(staging, out)
        refuse(out, overwrite, staging)
        yield staging
        refuse(out, overwrite, staging)
        if out.exists():
            place(staging, out)
        else:
            remove_hidden(staging)
            staging.rename(out)


@contextmanager
def staged_in_place(out: UPath, identity: str, overwrite: bool) -> Iterator[UPath]:
    """`out` itself, as an object store cannot rename; what is overwritten is gone first."""
    owner = out / OWNER
    if not owns(owner, identity):
        refuse(out, overwrite)
        if overwrite and not is_vital(out):
            remove_tree(out)
        claim(owner, identity)
    yield out
    if not owns(owner, identity):
        raise BadInput(f"Expected to be alone in {out}, got overwritten by another export; choose another --out.")
    remove_hidden(out, but=OWNER)
    owner.unlink()


def staging_of(out: Path, identity: str) -> Path:
    """The hidden folder of an export: within `out` where there is one, else beside it."""
    name = f"{identity[:12]}.staging"
    return out / f".{name}" if out.is_dir() else out.with_name(f".{out.name}.{name}")


def is_busy(staging: Path) -> bool:
    """Whether an export is at work in the staging folder."""
    if not (staging / LOCK).exists():
        return False
    with try_locked(staging / LOCK) as ours:
        return not ours


def owns(owner: Place, identity: str) -> bool:
    """Whether the export of this identity is the one that is being written beside the object `owner`."""
    return refreshed(owner).exists() and read_text(owner) == identity


def claim(owner: Place, identity: str) -> None:
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


def check_place(out: Place, overwrite: bool) -> None:
    """Raise BadInput for a place where no export can appear, as far as can be told before it is known which one."""
    remedy = "choose another --out."
    with writing_to(out, remedy):
        if not is_local(out):
            try_sending(out, remedy)
            require_apart(out.parents, remedy)
            return None if unfinished(out) else refuse(out, overwrite)
        out = Path(os.path.realpath(out))
        require_apart(out.parents, remedy)
        above = require_folder(out, remedy)
        if long := [name for name in out.relative_to(above).parts if len(os.fsencode(name)) > LONGEST]:
            raise BadInput(f"Expected names of at most {LONGEST} bytes in --out, got {long[0]}; {remedy}")
        if above == out and not stagings(out):
            refuse(out, overwrite)
        try_writing(above, remedy)


def refuse(out: Place, overwrite: bool, staging: Path | None = None) -> None:
    """Raise BadInput unless an export, which may have a staging folder, may take the place of what is at `out`."""
    if refreshed(out).is_file() or out.is_symlink():
        raise BadInput(f"Expected a folder to write to, got the file {out}; choose another --out.")
    found = [path for path in out.iterdir() if path != staging and not is_litter(path.name)] if out.is_dir() else []
    if not found or (staging and (staging / PLACING).exists()):
        return
    if not overwrite:
        raise BadInput(
            f"Expected an empty or absent folder, got {out} with {found[0].name} in it; "
            "say --overwrite to replace a dataset that was exported there, or choose another --out."
        )
    if is_vital(out):
        raise BadInput(
            f"Expected a folder of its own to overwrite, got {out}, which is a root, a home or the working folder, or "
            "has one of them in it; choose another --out."
        )
    if any(is_local(path) and is_staging(path.name) and is_busy(path) for path in found):
        raise BadInput(f"Expected to be alone in {out}, got another export that is at work; choose another --out.")
    if foreign := next(foreign_to(out), None):
        raise BadInput(
            f"Expected nothing but an exported dataset to overwrite in {out}, got {foreign}; "
            "move that away or choose another --out."
        )


def foreign_to(out: Place) -> Iterator[str]:
    """The files at `out` that no export of ours brought, be it complete or killed while its files took their place."""
    known = {*ALL_FORMATS, CARD, CROISSANT, SUMS, ".done", ".finished", OWNER} if half_placed(out) else set()
    return (name for name in strangers(out) if name.split("/")[0] not in known)


def unfinished(out: Place) -> bool:
    """Whether an export has begun at `out`, which the same command goes on with."""
    return (refreshed(out) / OWNER).exists() or bool(stagings(out))


def half_placed(out: Place) -> bool:
    """Whether files of an export stand at `out` without its manifest."""
    begun = (out / OWNER).exists() or any((staging / OLD).exists() for staging in stagings(out))
    return begun and not (out / MANIFEST).exists()


def stagings(out: Place) -> list[Place]:
    """The staging folders within a folder."""
    return [path for path in out.iterdir() if is_staging(path.name)] if out.is_dir() else []


def remove_hidden(folder: Place, *, but: str = "") -> None:
    """Remove what an export needed on its way."""
    for hidden in [path for path in refreshed(folder).iterdir() if path.name.startswith(".") and path.name != but]:
        remove_tree(hidden) if hidden.is_dir() else hidden.unlink()


def place(staging: Path, out: Path) -> None:
    """Move the new files into `out`, the manifest last, after what is there has stepped aside, the manifest first."""
    old = [path for path in out.iterdir() if path != staging and not is_litter(path.name)]
    move(sorted(old, key=lambda path: path.name != MANIFEST), staging / OLD)
    (staging / PLACING).touch()
    new = [path for path in staging.iterdir() if not path.name.startswith(".")]
    move(sorted(new, key=lambda path: path.name == MANIFEST), out)
    remove_tree(staging)


def take_back(staging: Path, out: Path) -> None:
    """Undo what a killed export had placed in `out`, so that what stepped aside is there again."""
    if (staging / PLACING).exists():
        move([path for path in out.iterdir() if path != staging and not is_litter(path.name)], staging)
        (staging / PLACING).unlink()
    if (staging / OLD).exists():
        move(list((staging / OLD).iterdir()), out)


def move(paths: list[Path], to: Path) -> None:
    """Rename files and folders into the folder `to`."""
    to.mkdir(exist_ok=True)
    for path in paths:
        path.rename(to / path.name)
