"""What a command shows: our own messages, in any locale, on any stream, even one that is closed, full or unread."""

import codecs
import io
import logging
import os
import sys
import unicodedata
import warnings
from contextlib import suppress
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import cast

from pydantic import ValidationError

from gan_core.errors import BadInput
from tasks.places import cache_home

PLAIN = {  # for encodings that lack them
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "±": "+/-",
    "“": '"',
    "”": '"',
    "—": "-",
    "…": "...",
}
LARGEST_LOG = 10_000_000  # bytes; a longer one is begun anew


class ForgivingFile(io.FileIO):
    """A stream that drops what it cannot write: the disk is full, or nobody reads any more."""

    def write(self, content: bytes) -> int:  # type: ignore[override]
        try:
            return super().write(content) or 0
        except OSError:
            return len(content)


def forgive_output() -> None:
    """Let nothing that this process prints end it: no locale, no closed, full or unread stream."""
    codecs.register_error("plain", _plain)
    _open_missing()
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        encoding = getattr(getattr(sys, name), "encoding", None) or "utf-8"
        setattr(sys, name, _stream(descriptor, encoding))


def forgive_warnings() -> None:
    """Let no warning of a library end this process or its children, whatever PYTHONWARNINGS makes of warnings."""
    os.environ.pop("PYTHONWARNINGS", None)
    warnings.resetwarnings()
    for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", kind)


def hide_library_messages() -> None:
    """Keep what C++ libraries, warnings and others' loggers say in a log file; our own messages go to the screen.

    A log that is full, or may not grow, says nothing more.
    """
    logging.raiseExceptions = False
    encoding = sys.stderr.encoding
    screen, log = os.dup(2), log_file()
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    sys.stderr = _stream(screen, encoding)
    import_prefect()  # which sets up logging, which the next line replaces
    logging.basicConfig(
        filename=log, encoding="utf-8", level=logging.INFO, format="%(asctime)s %(name)s %(message)s", force=True
    )
    logging.captureWarnings(True)
    logging.getLogger("synthetic_data").addHandler(Screen())


def import_prefect() -> None:
    """Import Prefect; BadInput for settings of its own that it does not take, wherever they were made."""
    warnings.filterwarnings("ignore", "Failed to create the Prefect home", UserWarning)  # which we tell in one line
    try:
        import prefect.context  # noqa: F401
    except (ValidationError, TOMLDecodeError) as error:
        told = _told(error) if isinstance(error, ValidationError) else str(error)
        raise BadInput(
            f"Expected sound settings of Prefect, got “{told}”; correct its variables (PREFECT_…), its profiles.toml "
            "or the prefect.toml, pyproject.toml or .env here."
        ) from None


def _told(error: ValidationError) -> str:
    problem = error.errors()[0]
    return f"{error.title}.{problem['loc'][0]}: {problem['msg']}"


def log_file() -> Path:
    """The file for all messages of others, in the cache, or nowhere if that cannot be written to."""
    log = cache_home() / "log.txt"
    with suppress(OSError):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            if file.tell() > LARGEST_LOG:
                file.truncate(0)
        return log
    return Path(os.devnull)


class Screen(logging.Handler):
    """Prints messages above a progress bar that may be on the terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        from tasks.progress import CONSOLE

        CONSOLE.print(self.format(record), soft_wrap=True, markup=False)


def _open_missing() -> None:
    """Open what was closed before this process began, or the next file would be opened in its place."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _stream(descriptor: int, encoding: str) -> io.TextIOWrapper:
    file = cast(io.FileIO, ForgivingFile(descriptor, "w", closefd=False))
    return io.TextIOWrapper(io.BufferedWriter(file), encoding, errors="plain", line_buffering=True)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that the encoding lacks: their plain form, or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(PLAIN.get(sign) or _ascii(sign) for sign in missing), error.end


def _ascii(sign: str) -> str:
    return unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?"
