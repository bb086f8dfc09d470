"""Laws of calibration: who is as often right as sure has no error, and boasting costs what it claims too much."""

import numpy as np
import pytest

from gan_core.measures.calibration import calibration_error, measure_calibration


def honest(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Confidences float32 [N], and answers that are right as often."""
    random = np.random.default_rng(seed)
    confidences = random.uniform(0.1, 1, count).astype(np.float32)
    return confidences, random.random(count) < confidences


def test_it_is_what_the_paper_defines_bin_by_bin() -> None:
    confidences, right = honest(500)
    gaps = []
    for low in np.arange(15) / 15:
        inside = (confidences >= low) & (confidences < low + 1 / 15)
        if inside.any():
            gaps.append(inside.mean() * abs(right[inside].mean() - confidences[inside].mean()))
    assert calibration_error(confidences, right) == pytest.approx(sum(gaps), rel=1e-5)


def test_the_honest_err_little_and_boasters_by_what_they_claim_too_much() -> None:
    confidences, right = honest(100_000)
    assert calibration_error(confidences, right) < 0.01
    assert calibration_error(np.ones(1_000), np.arange(1_000) < 600) == pytest.approx(0.4)
    assert calibration_error(np.full(1_000, 0.5), np.arange(1_000) < 600) == pytest.approx(0.1)
    assert calibration_error(np.ones(5), np.ones(5, bool)) == 0


def test_more_boasting_never_improves_it() -> None:
    confidences, right = honest(20_000)
    errors = [calibration_error(confidences ** (1 / strength), right) for strength in (1, 1.5, 2, 4)]
    assert errors == sorted(errors)


def test_its_interval_holds_the_truth_where_something_is_wrong_and_reaches_to_zero_where_nothing_is() -> None:
    held = []
    for seed in range(40):
        confidences, right = honest(1_000, seed)
        value, low, high = measure_calibration((0.5 + confidences / 2)[:, None], right[:, None], seed)
        assert low < value < high
        held.append(low <= 0.225 <= high)  # the mean of (1 - c) / 2
    assert np.mean(held) > 0.85
    confidences, right = honest(1_000)
    assert measure_calibration(confidences[:, None], right[:, None])[1] < 0.01


def test_the_same_answers_give_the_same_digits() -> None:
    confidences, right = (np.stack(each, axis=1) for each in zip(honest(300, 1), honest(300, 2), strict=True))
    assert measure_calibration(confidences, right, 3) == measure_calibration(confidences, right, 3)
