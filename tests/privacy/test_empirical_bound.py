"""What an attack can prove: with the noise of the ledger it stays below epsilon, and without it goes beyond.

The attacker knows all images but one, the canary, and sees what was read of them. From many readings with and without
the canary follows a lower bound of epsilon (Jagielski, Ullman and Oprea 2020, arXiv:2006.07709, with the intervals of
Clopper and Pearson).
"""

import math

import numpy as np
import pytest
from scipy.stats import beta

from gan_core.privacy.accounting import sigma_for
from gan_core.privacy.ledger import Ledger, Reading
from gan_core.privacy.noise import Noise
from gan_core.privacy.private_teacher import Teacher, sum_gradients
from gan_core.privacy.reader import Reader

TRIALS, DELTA, CONFIDENCE = 20_000, 1e-3, 0.999


def find_least_epsilon(without: np.ndarray, beside: np.ndarray) -> float:
    """What epsilon must be at least, given what an attacker saw of both sets; [trials] each.

    The first half chooses the threshold of an alarm, the second tells how often it is false and how often true.
    """
    half = len(without) // 2
    thresholds = np.quantile(np.concatenate([without[:half], beside[:half]]), np.linspace(0.02, 0.98, 49))
    chosen = max(thresholds, key=lambda least: bound(without[:half], beside[:half], least))
    return bound(without[half:], beside[half:], chosen)


def bound(without: np.ndarray, beside: np.ndarray, least: float) -> float:
    """The same by one threshold, by the alarms or by the silences."""
    false, true, trials = int(np.sum(without > least)), int(np.sum(beside > least)), len(without)
    return max(0.0, log_ratio(false, true, trials), log_ratio(trials - true, trials - false, trials))


def log_ratio(false: int, true: int, trials: int) -> float:
    """The logarithm of (true - delta) / false, of rates that are bounded from the careful side."""
    most_false = beta.ppf(CONFIDENCE, false + 1, trials - false) if false < trials else 1.0
    least_true = beta.ppf(1 - CONFIDENCE, true, trials - true + 1) if true else 0.0
    return math.log((least_true - DELTA) / most_false) if least_true > DELTA else 0.0


def attack(sum_with: np.ndarray, sum_without: np.ndarray, sigma: float, readings: int = 1) -> float:
    """The least epsilon of so many readings of two sums, by the attacker's best look: along their difference."""
    canary = sum_with - sum_without
    seen = []
    for total in (sum_without, sum_with):
        read = total + Noise().draw((TRIALS, readings, *total.shape), sigma, reading=0)
        seen.append(np.sum(read * canary, axis=(1, 2, 3)))
    return find_least_epsilon(*seen)


@pytest.fixture
def gradients() -> tuple[np.ndarray, np.ndarray]:
    """The sums of gradients with a canary, a picture with a wrong label, and without it."""
    random = np.random.default_rng(0)
    features, labels = random.normal(size=(40, 5)), random.integers(0, 3, 40)
    weights = 3 * features[:, :3].mean(axis=0) + random.normal(size=(5, 3)) * 5
    teacher = Teacher(weights, weights, np.zeros(5))
    worst = (features[:1] @ weights).argmin(axis=1)
    beside = np.concatenate([features, features[:1] * 9]), np.concatenate([labels, worst])
    return sum_gradients(teacher, *beside, clip=1.0), sum_gradients(teacher, features, labels, clip=1.0)


@pytest.mark.parametrize(("epsilon", "readings"), [(1.0, 1), (1.0, 8), (3.0, 1)])
def test_no_attack_on_noisy_gradients_proves_more_than_epsilon(
    gradients: tuple[np.ndarray, np.ndarray], epsilon: float, readings: int
) -> None:
    sigma = sigma_for(epsilon, DELTA, readings=readings)
    proved = attack(*gradients, sigma, readings)
    assert 0.2 * epsilon < proved <= epsilon
    assert attack(*gradients, sigma / 8, readings) > epsilon  # the same attack sees what lacks noise


def test_what_an_attacker_sees_is_the_readers_own_noise(gradients: tuple[np.ndarray, np.ndarray]) -> None:
    """The noise of the attack above is that of a reading that a run takes."""
    sigma, total = sigma_for(1.0, DELTA), gradients[0]
    read = Reader(Ledger(1e9, DELTA), lambda ledger: None)
    drawn = [read(Reading("gradient", 1.0, sigma, images=41), lambda: total) - total for _ in range(300)]
    assert np.std(drawn) == pytest.approx(sigma, rel=0.1)


def test_the_bound_sees_what_differs_and_nothing_else() -> None:
    random = np.random.default_rng(0)
    assert find_least_epsilon(random.normal(size=TRIALS), random.normal(size=TRIALS)) == 0
    assert find_least_epsilon(random.normal(size=TRIALS), random.normal(3, size=TRIALS)) > 3
