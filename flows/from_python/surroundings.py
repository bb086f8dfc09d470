"""What a call does to the process of its caller: nothing that lasts, and it says nothing that was not asked for."""

import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import copy
from functools import cache
from typing import TextIO

from gan_core.errors import BadInput, Unsound

LOGGERS = "synthetic_data", "prefect"
NO_PLUGINS = {"PREFECT_PLUGINS_ENABLED": "false"}  # ours is for the command `prefect`, and fails in a running loop


class Visit:
    """What is changed in a process while calls are at work in it: the first changes it, the last takes that back."""

    def __init__(self) -> None:
        self._lock, self._calls, self._changed = threading.Lock(), 0, ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._calls:
                self._changed.enter_context(changed_process())
            self._calls += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._calls -= 1
            if not self._calls:
                self._changed.close()


VISIT = Visit()


@contextmanager
def calling() -> Iterator[None]:
    """Raise BadInput, with the sentence of the command, for what a user can mend, and KeyboardInterrupt for Ctrl-C."""
    from pydantic import ValidationError

    from flows.commands.entry import was_interrupted
    from flows.commands.refusals import describe_lack, describe_refusal
    from gan_core.files import require_working_folder

    try:
        require_working_folder()
        with VISIT:
            yield
    except (BadInput, Unsound, ValidationError) as error:
        told = copy(error) if (said := describe_refusal(error)) == str(error) else BadInput(said)
        raise told.with_traceback(None) from told.__cause__  # a new one, without the lines of Prefect and pydantic
    except Exception as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from error
        if lack := describe_lack(error):
            raise BadInput(lack) from error
        raise


@contextmanager
def running(*, verbose: bool) -> Iterator[None]:
    """A server of Prefect with our settings; with `verbose` our own messages are shown as the command shows them."""
    from prefect.settings import temporary_settings

    from flows.commands.local_server import server
    from flows.commands.prefect_settings import PREFECT

    settings = {name: value for name, value in os.environ.items() if name in PREFECT}
    with temporary_settings(settings), telling(verbose), server():
        yield


@contextmanager
def changed_process() -> Iterator[None]:
    """Our settings of Prefect, and silence: no warnings, and nothing of what C++ libraries print."""
    from flows.commands.prefect_settings import build_variables

    with warnings.catch_warnings(), variables(build_variables(os.environ) | NO_PLUGINS):
        warnings.simplefilter("ignore")
        import_quietly()
        with diverted(), unhandled_ignored(), advice_dropped():
            yield


@contextmanager
def variables(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables while the block runs."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def diverted() -> Iterator[None]:
    """Send what C++ libraries print to the log while the block runs; what Python prints stays on the screen."""
    from flows.commands.screen import log_file

    with ExitStack() as undone:
        try:
            screen = os.dup(2)
        except OSError:  # there is none
            yield
            return
        undone.callback(os.close, screen)
        if is_on_screen(sys.stderr):
            undone.callback(replace_stderr, sys.stderr)
            replace_stderr(open_screen(sys.stderr.encoding))
        undone.callback(os.dup2, screen, 2)
        with log_file().open("ab") as log:
            os.dup2(log.fileno(), 2)
        yield


@cache
def open_screen(encoding: str) -> TextIO:
    """What Python prints errors to meanwhile; it stays open, as libraries keep what they find at their import."""
    return open(os.dup(2), "w", encoding=encoding, errors="backslashreplace", buffering=1, closefd=False)


def is_on_screen(stream: TextIO | None) -> bool:
    """Whether what is printed to a stream goes straight to the screen, as it does in no notebook."""
    try:
        return stream is not None and stream.fileno() == 2
    except (OSError, ValueError):
        return False


def replace_stderr(stream: TextIO) -> None:
    """Let Python print errors to another stream, and so the loggers of the caller that did so."""
    before, sys.stderr = sys.stderr, stream
    before.flush()
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is before:
            handler.setStream(stream)


@contextmanager
def unhandled_ignored() -> Iterator[None]:
    """Print no message that no handler of the caller's takes while the block runs, as Python does with warnings."""
    before, logging.lastResort = logging.lastResort, logging.NullHandler()
    try:
        yield
    finally:
        logging.lastResort = before


@contextmanager
def advice_dropped() -> Iterator[None]:
    """Print none of the advice that TensorFlow's own logger has for programmers while the block runs."""
    theirs = logging.getLogger("tensorflow")
    theirs.addFilter(_is_error)
    try:
        yield
    finally:
        theirs.removeFilter(_is_error)


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def import_quietly() -> None:
    """Import Prefect, but for the handler on the screen that it would give to all loggers of the process."""
    from flows.commands.screen import import_prefect

    root, known = logging.getLogger(), "prefect.main" in sys.modules
    handlers, level = root.handlers[:], root.level
    import_prefect()
    if not known:
        import prefect.main  # noqa: F401  sets up logging

        root.handlers[:], root.level = handlers, level


class Forwarding(logging.Handler):
    """Hands a message to the caller's own handlers, if there are any and they were to be given such."""

    def emit(self, record: logging.LogRecord) -> None:
        root = logging.getLogger()
        if root.handlers and root.isEnabledFor(record.levelno):
            root.handle(record)


@contextmanager
def telling(verbose: bool) -> Iterator[None]:
    """Show our own messages and bars of progress while the block runs, or leave messages to the caller's logging."""
    from flows.commands.screen import Screen
    from tasks.progress import CONSOLE

    ours, theirs = map(logging.getLogger, LOGGERS)
    with ExitStack() as undone:
        undone.callback(setattr, CONSOLE, "quiet", CONSOLE.quiet)
        CONSOLE.quiet = not verbose
        for logger, handler in ((ours, Screen() if verbose else Forwarding()), (theirs, Forwarding())):
            undone.callback(setattr, logger, "propagate", logger.propagate)
            undone.callback(logger.removeHandler, handler)
            logger.addHandler(handler)
            logger.propagate = False
        yield
