"""The noise is what the ledger says, and new each time; clipped vectors are as short as they must be."""

import logging

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from gan_core.privacy.ledger import Ledger, Reading
from gan_core.privacy.reader import Reader, clip

SEED = 11
NUMBERS = 50_000


def draw(reading: Reading, seed: int | None = SEED, before: int = 0) -> np.ndarray:
    """What is read of a sum of nothing, after so many other readings."""
    reader = Reader(Ledger(20.0, 1e-5, noise_seed=seed), lambda ledger: None)
    for _ in range(before):
        reader(Reading("other", 1.0, 100.0, images=1), lambda: np.zeros(1))
    return reader(reading, lambda: np.zeros(NUMBERS))


@pytest.mark.parametrize(("sensitivity", "sigma"), [(1.0, 1.0), (0.5, 22.2), (3.0, 4.0)])
def test_the_noise_is_normal_with_the_variance_that_the_ledger_says(sensitivity: float, sigma: float) -> None:
    drawn = draw(Reading("sum", sensitivity, sigma, images=1)) / (sensitivity * sigma)
    assert 0.001 < chi2.cdf(np.sum(drawn**2), NUMBERS) < 0.999
    assert kstest(drawn, "norm").pvalue > 0.001
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 4 / np.sqrt(NUMBERS)


def test_the_noise_is_added_to_the_sum() -> None:
    total = np.arange(6.0).reshape(2, 3)
    read = Reader(Ledger(20.0, 1e-5), lambda ledger: None)(Reading("sum", 1e-9, 1.0, images=1), lambda: total)
    assert read.dtype == np.float64
    assert np.allclose(read, total, atol=1e-7) and (read != total).all()


def test_the_noise_is_new_in_each_run_and_each_reading(caplog: pytest.LogCaptureFixture) -> None:
    reading = Reading("sum", 1.0, 1.0, images=1)
    runs = draw(reading, seed=None), draw(reading, seed=None), draw(reading, seed=None, before=1)
    assert not caplog.records
    for one, other in [(0, 1), (0, 2), (1, 2)]:
        assert abs(np.corrcoef(runs[one], runs[other])[0, 1]) < 5 / np.sqrt(NUMBERS)


def test_a_seed_gives_the_same_noise_after_the_same_readings_and_voids_the_guarantee_loudly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reading = Reading("sum", 1.0, 1.0, images=1)
    with caplog.at_level(logging.WARNING, "synthetic_data.privacy"):
        first, again, later = draw(reading), draw(reading), draw(reading, before=1)
    assert np.array_equal(first, again)
    assert abs(np.corrcoef(first, later)[0, 1]) < 5 / np.sqrt(NUMBERS)
    assert [("NOTHING HERE IS PRIVATE" in record.message) for record in caplog.records] == [True] * 3


def test_clipped_vectors_keep_their_direction_and_are_no_longer_than_allowed() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32) * np.logspace(-30, 30, 50)[:, None]
    vectors[0] = 0
    clipped = clip(vectors.astype(np.float32), 0.5)
    lengths = np.linalg.norm(vectors, axis=1)
    assert (np.linalg.norm(clipped, axis=1) <= 0.5 * (1 + 1e-14)).all()
    assert np.allclose(clipped[lengths <= 0.5], vectors[lengths <= 0.5])
    assert np.allclose(clipped[lengths > 0.5], (0.5 * vectors / lengths[:, None].clip(1e-30))[lengths > 0.5])
