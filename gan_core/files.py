"""Files that are complete or absent, here or in an object store, and their digests."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, TypeVar, Union

from gan_core.errors import BadInput, say_error, show_name, unreadable
from gan_core.installed_package import install_command

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from typing_extensions import TypeIs
    from upath import UPath

Place = Union[Path, "UPath"]  # a folder or file of this machine, or what stands for an fsspec URL
AnyPlace = TypeVar("AnyPlace", bound=Place)

READ_ONLY = 0o444
BLOCK = 1 << 18  # bytes
REFUSALS = (
    *(errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.EPERM, errno.EROFS),
    *(errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR),
)
LIMITS = {  # of a process, which no other place mends, and what does
    errno.EFBIG: "raise the limit on the size of a file (ulimit -f).",
    errno.EMFILE: "raise the limit on open files (ulimit -n).",
    errno.ENFILE: "end other programs, which have too many files open.",
}
DAMAGE = (  # what libraries raise over a file that is cut short or has other bytes
    *(EOFError, LookupError, NotImplementedError, OSError, TypeError, ValueError),
    *(struct.error, zipfile.BadZipFile, zlib.error),
)
LACKING = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM)  # of file systems that have no such thing

logger = logging.getLogger("synthetic_data.files")


def located(place: str | Path) -> Place:
    """The absolute path of a folder or file, or where an fsspec URL such as s3://bucket/name points.

    A `~` at the beginning stands for a home, as in a shell. Raises BadInput for an empty name, a home that is not
    known, half a URL, and a URL of a kind that is not known, whose library is not installed, or whose host that
    library asks at once, in vain.
    """
    if not str(place):
        raise BadInput("Expected the name of a folder or file, got an empty one; name one.")
    if "\0" in str(place):
        raise BadInput(f"Expected the name of a folder or file, got {show_name(str(place))}; no name has a zero byte.")
    if "://" not in str(place):
        _require_no_half_url(str(place))
        return (_expanded(Path(place)) if str(place).startswith("~") else Path(place)).absolute()
    from upath import UPath

    try:
        found = UPath(place)
        found.fs  # noqa: B018  imports what speaks the protocol
    except ImportError as error:
        raise BadInput(
            f"Expected the library for {without_password(place)}, got “{error}”; "
            f"{install_command('s3')} brings that for s3://, fsspec's documentation names the others."
        ) from error
    except ValueError as error:
        raise BadInput(
            f"Expected a URL that fsspec knows, got {without_password(place)} and “{error}”; correct it."
        ) from error
    except Exception as error:  # each of fsspec's libraries has errors of its own, which have nothing in common
        raise _unreachable(place, error) from error
    return Path(found.path) if found.protocol in ("file", "local") else found


def _require_no_half_url(place: str) -> None:
    """Raise BadInput for what begins as a URL but lacks its slashes: a folder of that name is not meant."""
    begun = re.match("([A-Za-z][A-Za-z0-9+.-]+):", place)
    if begun is None:
        return
    from upath.registry import available_implementations

    if begun[1].lower() in available_implementations():
        meant = without_password(f"{begun[1].lower()}://{place[begun.end() :].lstrip('/')}")
        raise BadInput(
            f"Expected two slashes after {begun[0]}, as in {meant}, got one or none; write both, or begin with ./ for "
            "a folder of that name."
        )


def require_reachable(place: AnyPlace) -> AnyPlace:
    """The place itself, which may be absent; BadInput where it is at a URL whose host or store does not let us look."""
    if is_local(place):
        return place
    try:
        refreshed(place).fs.info(place.path)
    except FileNotFoundError:
        pass
    except Exception as error:  # as above
        raise _unreachable(place, error) from error
    return refreshed(place)


def _unreachable(place: str | Place, error: Exception) -> BadInput:
    return BadInput(
        f"Expected to look at {show_name(without_password(place))}, got “{say_error(error)}”; "
        "check the address and the login, or name another place."
    )


def without_password(place: str | Place) -> str:
    """The place or URL as what others may read names it."""
    return re.sub("://[^/@]*@", "://", str(place))


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:  # neither $HOME nor the system's list of users has it
        raise BadInput(f"Expected a home for {path.parts[0]} in {path}, got none; write the path out.") from error


def require_working_folder() -> None:
    """Raise BadInput where the folder in which this process works is gone, from which places would be named."""
    try:
        Path.cwd()
    except OSError as error:
        raise BadInput(
            f"Expected a working folder that is there, got “{error.strerror or error}”; cd to another one."
        ) from error


def is_local(place: Place) -> TypeIs[Path]:
    """Whether the file system is the machine's own, which can lock, sync and rename."""
    return isinstance(place, Path)


def refreshed(folder: AnyPlace) -> AnyPlace:
    """The folder, in an object store without what is remembered of it: other processes may have written there."""
    if not is_local(folder):
        folder.fs.invalidate_cache()
    return folder


def list_folder(folder: Place) -> list[Place]:
    """What lies in a folder, by name."""
    return sorted([*folder.iterdir()], key=lambda place: place.name)


def find_below(folder: Place, pattern: str) -> list[Place]:
    """What lies below a folder under names of the pattern, in their order."""
    return sorted([*folder.glob(pattern)], key=str)


def name_below(folder: Place, place: Place) -> str:
    """The name of what is in a folder or below it, from the folder on, with slashes."""
    return place.as_posix().removeprefix(f"{folder.as_posix().rstrip('/')}/")


def is_vital(folder: Place) -> bool:
    """Whether the folder is a root, a home or the working folder, or has one of these in it."""
    if not is_local(folder):
        return folder == folder.parent
    return any(place.resolve().is_relative_to(folder.resolve()) for place in (Path.cwd(), Path.home()))


def remove_tree(folder: Place) -> None:
    """Remove a folder, if it is there, and all that is in it; BadInput for one that no program may remove."""
    if is_vital(folder):
        raise BadInput(f"Expected a folder that may be removed, got {folder}, in which people live; name another one.")
    if is_local(folder):
        shutil.rmtree(folder, ignore_errors=True)
    elif refreshed(folder).exists():
        folder.fs.rm(folder.path, recursive=True)


@contextmanager
def atomic_write(path: Place) -> Iterator[BinaryIO]:
    """Open a temporary sibling of `path` for writing; sync it and rename it to `path` when the block succeeds.

    An object store shows an object once all of it has come: it is written here first and sent at the end.
    """
    if not is_local(path):
        with naming(Path(tempfile.gettempdir())), tempfile.TemporaryFile() as waiting:
            yield waiting
            waiting.seek(0)
            with path.open("wb") as sent:
                shutil.copyfileobj(waiting, sent)
        return
    with local_file(path) as temporary, temporary.open("wb") as file:
        yield file
        file.flush()
        _sync(file.fileno(), path.parent)


@contextmanager
def local_file(path: Place) -> Iterator[Path]:
    """A file to write by its name, which stands at `path`, whole or not at all, when the block succeeds.

    It is a hidden sibling of `path`, or for an object store a file in this machine's temporary folder.
    """
    if not is_local(path):
        with naming(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
            yield Path(folder, path.name)
            copy(Path(folder, path.name), path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with naming(path):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def naming(place: Place) -> Iterator[None]:
    """Let an error of the system's name `place` if it names none: a full disk does not say where."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(place)
        raise


@contextmanager
def writing_to(place: Place, remedy: str) -> Iterator[None]:
    """Raise BadInput, with what to do, for a full disk, a folder that is read-only, a bucket that is none or a limit.

    It names the place that is in the way, which may be this machine's temporary folder.
    """
    try:
        yield
    except OSError as error:
        if is_local(place) and error.errno not in (*REFUSALS, *LIMITS):
            raise
        found = str(error.filename or place)
        if found.startswith(tempfile.gettempdir()) and not str(place).startswith(tempfile.gettempdir()):
            remedy = "make room there, or let TMPDIR name another folder."
        remedy = LIMITS.get(error.errno or 0, remedy)
        raise BadInput(f"Expected to write to {found}, got “{error.strerror or error}”; {remedy}") from error


def copy(source: Place, target: Place) -> None:
    """Copy a file from one place to another, whole or not at all; either may be in an object store."""
    with source.open("rb") as read, atomic_write(target) as written:
        shutil.copyfileobj(read, written)


def sync(place: Path) -> None:
    """Let a file, or what was made, renamed or removed in a folder, outlast a loss of power."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        _sync(descriptor, place)
    finally:
        os.close(descriptor)


def make_read_only(path: Path) -> None:
    """Let nobody write to the file by mistake, where the file system knows permissions."""
    try:
        path.chmod(READ_ONLY)
    except OSError as error:
        _go_without("permissions", path.parent, error)


def link(path: Path, target: str) -> None:
    """Let `path` stand for its sibling `target`: a symbolic link, or a text with its name where there are no links."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(target)
    except OSError as error:
        _go_without("links", path.parent, error)
        return write_text(path, target)
    temporary.replace(path)


def _sync(descriptor: int, place: Path) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        _go_without("a way to outlast a loss of power", place, error)


def _go_without(feature: str, place: Path, error: OSError) -> None:
    """Go on, and say once, where the error says that the file system lacks the feature; raise it where it does not."""
    if error.errno not in LACKING:
        raise error
    _say_once(feature, place)


@cache
def _say_once(feature: str, place: Path) -> None:
    logger.warning("The file system of %s lacks %s; going on without", place, feature)


def read_text(path: Place) -> str:
    """The text of a file that this program wrote."""
    return path.read_text("utf-8")


def read_bytes(path: Place) -> bytes:
    """What is in a file; BadInput if it may not be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(error, path) from error


def write_text(path: Place, text: str) -> None:
    """Write `text` to `path` in UTF-8, whole or not at all."""
    with atomic_write(path) as file:
        file.write(text.encode())


def sha256(path: Place) -> str:
    """The SHA-256 digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return stream_digest(file)


def stream_digest(file: IO[bytes]) -> str:
    """The SHA-256 digest of what is left to read in an open file, in hexadecimal."""
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def save_arrays(path: Place, arrays: dict[str, np.ndarray]) -> None:
    """Write an NPZ file, whole or not at all; equal arrays give equal bytes."""
    import numpy as np

    with atomic_write(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def is_whole(path: Place) -> bool:
    """Whether the file is there and, if it holds arrays or a frame, every byte of it can be read and is as written."""
    try:
        if path.suffix == ".npz":
            with path.open("rb") as file, zipfile.ZipFile(file) as archive:
                return archive.testzip() is None
        if path.suffix == ".parquet":
            read_frame(path)
    except (BadInput, *DAMAGE):
        return False
    return path.is_file()


@contextmanager
def undamaged(path: Place, remedy: str = "remove it, and what made it makes it again") -> Iterator[None]:
    """Raise BadInput, which names the file, where what this program wrote can be read but not understood."""
    try:
        yield
    except DAMAGE as error:
        if isinstance(error, OSError) and (error.errno or not is_local(path)):  # it is not there, or may not be read
            raise
        raise BadInput(f"Expected {path} as this program wrote it, got another or a damaged one; {remedy}.") from error


def read_frame(path: Place) -> pd.DataFrame:
    """The pandas frame in a Parquet file, here or in an object store; BadInput for a damaged one."""
    import pandas as pd

    with path.open("rb") as file, undamaged(path):
        return pd.read_parquet(file)


def write_frame(frame: pd.DataFrame, path: Place) -> None:
    """Write a Parquet file, whole or not at all."""
    with atomic_write(path) as file:
        frame.to_parquet(file, index=False)


def write_csv(frame: pd.DataFrame, path: Place) -> None:
    """Write a CSV file, whole or not at all."""
    with atomic_write(path) as file:
        frame.to_csv(file, index=False, lineterminator="\n")


def load_arrays(path: Place) -> dict[str, np.ndarray]:
    """Read what `save_arrays` wrote; nothing in the file is executed. BadInput for a damaged one."""
    import numpy as np

    with path.open("rb") as file, undamaged(path), np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)
