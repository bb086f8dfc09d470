"""Work on large arrays block by block, by a thread for each core."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TypeVar

from threadpoolctl import ThreadpoolController, threadpool_limits

T = TypeVar("T")
THREADS = 8  # at most, since each holds a block


def map_blocks(work: Callable[[slice], T], count: int, rows: int) -> Iterator[T]:
    """Yield what `work` makes of each block of at most `rows` of `count` rows, in their order.

    Each thread multiplies matrices alone. So the cores share what surrounds the products too, a machine that others
    use loses no time with threads that wait for each other, and the digits do not depend on the number of cores.
    """
    blocks = [slice(start, min(start + rows, count)) for start in range(0, count, rows)]
    with _products_alone(), ThreadPoolExecutor(min(os.cpu_count() or 1, THREADS)) as pool:
        yield from pool.map(work, blocks)


class _Users:
    """How many need products by one thread now, and what puts an end to it; the last one to leave does."""

    lock, count = Lock(), 0
    limit: threadpool_limits


@cache
def _libraries() -> ThreadpoolController:
    """Those that multiply matrices; to find them takes longer than many a product."""
    return ThreadpoolController()


@contextmanager
def _products_alone() -> Iterator[None]:
    """Let a thread multiply matrices alone until all that asked for it are done."""
    with _Users.lock:
        if not _Users.count:
            _Users.limit = _libraries().limit(limits=1, user_api="blas")
        _Users.count += 1
    try:
        yield
    finally:
        with _Users.lock:
            _Users.count -= 1
            if not _Users.count:
                _Users.limit.restore_original_limits()
