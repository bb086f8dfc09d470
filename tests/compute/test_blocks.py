"""Laws of blocks: each row is worked on once, in order, and a thread multiplies matrices alone."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from gan_core.compute.blocks import map_blocks


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_every_row_is_in_one_block_and_blocks_come_in_order(rows: int) -> None:
    blocks = list(map_blocks(lambda block: np.arange(20)[block], 20, rows))
    assert np.concatenate(blocks).tolist() == list(range(20)) and max(map(len, blocks)) == min(rows, 20)


def test_no_rows_are_no_blocks() -> None:
    assert list(map_blocks(lambda block: block, 0, 5)) == []


def threads() -> list[int]:
    """How many multiply a matrix, for each library that does."""
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_matrices_are_multiplied_by_one_thread_meanwhile_and_by_as_many_as_before_afterwards() -> None:
    before = threads()
    meanwhile = list(map_blocks(lambda _: threads(), 3, 1))
    assert before and all(set(each) == {1} for each in meanwhile) and threads() == before


def test_two_works_at_once_leave_the_threads_as_they_were_whichever_ends_first() -> None:
    before = threads()
    one, other = (map_blocks(lambda _: threads(), 3, 1) for _ in range(2))
    assert set(next(one) + next(other)) == {1}
    list(one)
    assert set(next(other)) == {1}
    list(other)
    assert threads() == before


def test_what_goes_wrong_in_a_block_is_raised_and_leaves_the_threads_as_they_were() -> None:
    before = threads()
    with pytest.raises(ZeroDivisionError):
        list(map_blocks(lambda block: 1 // block.start, 3, 1))
    assert threads() == before
