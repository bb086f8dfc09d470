"""ZIP and TAR archives, unpacked so that nothing leaves the folder and no small file fills the disk."""

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO

from gan_core.errors import BadInput, say_error, show_name

ENDINGS = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
MOST_BYTES = 200 << 30  # that an archive may hold
ALWAYS_BYTES = 1 << 30  # that one may hold, however small it is
MOST_TIMES = 200  # larger than the archive may be what it holds; pictures hardly pack at all
PARQUET = b"PAR1"  # begins such a file
LOCKED = 0x1  # the flag of a member that a password locks
BLOCK = 1 << 20  # bytes


def is_archive(path: Path) -> bool:
    """Whether a file is called as an archive is."""
    return path.name.lower().endswith(ENDINGS)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive into a folder; BadInput for a damaged one, and for whatever would leave or burst the folder."""
    most = min(MOST_BYTES, max(ALWAYS_BYTES, MOST_TIMES * archive.stat().st_size))
    with _naming_damage(archive):
        if zipfile.is_zipfile(archive) or (archive.name.lower().endswith(".zip") and not tarfile.is_tarfile(archive)):
            _unpack_zip(archive, folder, most)
        else:
            _unpack_tar(archive, folder, most)


@contextmanager
def _naming_damage(archive: Path) -> Iterator[None]:
    try:
        yield
    except tarfile.FilterError as error:
        raise BadInput(
            f"Expected files and folders in {archive}, got {show_name(error.tarinfo.name)}, which would lie or lead "
            "elsewhere; pack it again without that."
        ) from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, LZMAError, NotImplementedError) as error:
        raise BadInput(
            f"Expected a whole ZIP or TAR archive at {archive}, got “{say_error(error)}”; fetch or pack it again."
        ) from error


def _unpack_zip(path: Path, folder: Path, most: int) -> None:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _require_room(path, sum(member.file_size for member in members), most)
        written, targets = 0, {folder / _inner(path, member): member for member in members}
        if len(targets) < len(members):
            twice = next(member for member in members if member not in targets.values())
            raise BadInput(f"Expected each file once in {path}, got {show_name(twice.filename)} twice; pack it again.")
        for target, member in targets.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as content, target.open("wb") as file:
                written = _copy(path, content, file, written, most)


def _inner(path: Path, member: zipfile.ZipInfo) -> PurePosixPath:
    """The path of a member; BadInput for one that would leave the folder, for a link, and for one that is locked."""
    name = PurePosixPath(member.filename.replace("\\", "/"))
    linked = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0] or linked:
        raise BadInput(
            f"Expected files and folders in {path}, got {show_name(member.filename)}, which would lie or lead "
            "elsewhere; pack it again without that."
        )
    if member.flag_bits & LOCKED:
        raise BadInput(
            f"Expected an archive without a password, got a locked {show_name(member.filename)} in {path}; "
            "unpack it and name the folder."
        )
    return name


def _unpack_tar(path: Path, folder: Path, most: int) -> None:
    written = 0
    with tarfile.open(path) as archive:
        for member in archive:
            written += member.size if member.isfile() else 0
            _require_room(path, written, most)
            archive.extract(member, folder, filter="data")


def _copy(path: Path, content: IO[bytes], file: IO[bytes], written: int, most: int) -> int:
    """Copy a member behind so many bytes that were `written` before; returns how many are then."""
    while block := content.read(BLOCK):
        written += len(block)
        _require_room(path, written, most)
        file.write(block)
    return written


def _require_room(path: Path, held: int, most: int) -> None:
    if held > most:
        raise BadInput(
            f"Expected at most {most / 1e9:,.0f} GB in {path}, by its size, got more; if it is sound, unpack it and "
            "name the folder."
        )


def require_kind(path: Path, name: str) -> None:
    """Raise BadInput for a file that is fetched as `name` and is nothing of that kind, as a page to log in is."""
    with path.open("rb") as file:
        start = file.read(len(PARQUET))
    if name.lower().endswith((".zip", ".npz")):
        sound = zipfile.is_zipfile(path)
    elif name.lower().endswith(".parquet"):
        sound = start == PARQUET
    else:
        sound = tarfile.is_tarfile(path) if name.lower().endswith(ENDINGS) else True
    if not sound:
        raise BadInput(f"Expected {name} to be what its name says, got bytes that begin with {start!r}; check the URL.")
