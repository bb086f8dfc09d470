"""Locks between processes. A lock dies with its process, so a crash leaves none behind."""

import errno
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

LACKING = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}  # what file systems answer that know no locks

logger = logging.getLogger("synthetic_data.locks")


@contextmanager
def locked(file: Path, *, while_waiting: str = "") -> Iterator[None]:
    """Hold the lock of this name while the block runs; wait for another process that has it, and say so."""
    with ExitStack() as held:
        if not _acquire(file, held, patience=0):
            if while_waiting:
                logger.info(while_waiting)
            _acquire(file, held, patience=-1)
        yield


@contextmanager
def try_locked(file: Path) -> Iterator[bool]:
    """Hold the lock of this name while the block runs, if no other process has it; yields whether it is ours."""
    with ExitStack() as held:
        yield _acquire(file, held, patience=0)


def _acquire(file: Path, held: ExitStack, *, patience: float) -> bool:
    """Whether the lock could be had within `patience` seconds, where -1 has no end; `held` gives it back."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        held.enter_context(_lock(FileLock, file).acquire(patience))
    except Timeout:
        return False
    except OSError as error:
        if error.errno not in LACKING:
            raise
        return _acquire_by_presence(file, held, patience)
    return True


def _acquire_by_presence(file: Path, held: ExitStack, patience: float) -> bool:
    """The same where nothing can be locked: a file that is there while the lock is held, with its process's number."""
    _say_once(file.parent)
    try:
        held.enter_context(_lock(SoftFileLock, file.with_name(f"{file.name}.held")).acquire(patience))
    except Timeout:
        return False
    return True


def _lock(kind: type[BaseFileLock], file: Path) -> BaseFileLock:
    return kind(file, thread_local=False, fallback_to_soft=False)


@cache
def _say_once(folder: Path) -> None:
    logger.warning("The file system of %s has no locks; files that are there while one is held stand for them", folder)
