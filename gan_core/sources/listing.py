"""What lies in a place: its files without what systems leave there, and links that lead out of it or nowhere."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path

from gan_core.errors import BadInput, unreadable
from gan_core.files import Place, is_local, refreshed

LITTER = (  # what systems and readers leave where they have been
    *(".DS_Store", "._*", ".AppleDouble", ".Spotlight-V100", ".Trashes", ".fseventsd", "__MACOSX"),
    *("Thumbs.db", "desktop.ini", "$RECYCLE.BIN", "System Volume Information"),
    *("lost+found", ".Trash-*", ".directory", ".nfs*", ".fuse_hidden*", "@eaDir"),
    *(".ipynb_checkpoints", ".cache", "keras.json"),
)
PICTURES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".avif"),
)
IS_LITTER = re.compile("|".join(map(translate, LITTER)))


@dataclass(frozen=True)
class Listing:
    """The files and folders in a place, by their names from it on, in the order of their names."""

    root: Place
    names: tuple[str, ...]
    folders: tuple[str, ...] = ()  # that hold files or nothing, as far as the place knows of folders
    leading_out: tuple[str, ...] = ()  # links to what is elsewhere or nowhere, and pipes and devices
    alone: bool = False  # whether the one file was named

    def with_suffix(self, *suffixes: str) -> tuple[str, ...]:
        """The names that end so, in whatever case."""
        return tuple(name for name in self.names if name.lower().endswith(suffixes))

    def beside(self, *wanted: str) -> Place | None:
        """The file of the first of these names, in whatever case and with .txt twice or at all, highest in the tree."""
        bases = {name: name.rpartition("/")[2].lower() for name in self.names}
        for each in wanted:
            found = [name for name in self.names if bases[name] in (each.lower(), f"{each.lower()}.txt")]
            if found:
                return self.root / min(found, key=lambda name: (name.count("/"), bases[name], name))
        return None


def list_place(place: Place) -> Listing:
    """The files of a folder and below it, or the one file; BadInput for what is not there or must not be read."""
    if not is_local(place):
        return _list_remote(place)
    root = Path(os.path.realpath(place))
    if root.is_file():
        return Listing(root.parent, (root.name,), alone=True)
    if root.exists() and not root.is_dir():
        raise BadInput(f"Expected a folder, a file or a URL as source, got the pipe or device {place}; name another.")
    names, folders, leading_out = list[str](), list[str](), list[str]()
    for folder, below, files in os.walk(root, onerror=_refuse):
        below[:] = [name for name in below if not is_hidden(name)]
        prefix = "" if folder == str(root) else f"{os.path.relpath(folder, root)}/"
        folders.append(prefix.removesuffix("/"))
        for name in filter(lambda name: not is_hidden(name), files):
            (names if _is_plain(os.path.join(folder, name), root) else leading_out).append(prefix + name)
        leading_out += [prefix + name for name in below if _leads_out(os.path.join(folder, name), root)]
    return Listing(root, tuple(sorted(names)), tuple(sorted(folders)), tuple(sorted(leading_out)))


def _is_plain(path: str, root: Path) -> bool:
    """Whether it is a file, or a link to one below the root: who opens a pipe waits for ever."""
    return os.path.isfile(path) and not _leads_out(path, root)


def _leads_out(path: str, root: Path) -> bool:
    inside = os.path.exists(path) and Path(os.path.realpath(path)).is_relative_to(root)
    return os.path.islink(path) and not inside


def _list_remote(place: Place) -> Listing:
    return Listing(place, tuple(sorted(name for name in files_in(place) if not is_hidden(name))))


def _refuse(error: OSError) -> None:
    raise unreadable(error, error.filename) from error


def is_hidden(name: str) -> bool:
    """Whether people do not see a file of this name, from its root on, or did not put it there."""
    return any(part.startswith(".") for part in name.split("/")) or is_litter(name)


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name, from its root on, is what a system or a reader left."""
    return any(map(IS_LITTER.match, name.split("/")))


def files_in(folder: Place) -> Iterator[str]:
    """The names of all files below a folder, from it on; a link counts as a file."""
    if not is_local(folder):
        top = refreshed(folder).path.rstrip("/")
        yield from (name.removeprefix(f"{top}/") for name in folder.fs.find(top))
        return
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name).relative_to(folder).as_posix() for name in (*files, *links))
