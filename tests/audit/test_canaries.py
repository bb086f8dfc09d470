"""Laws of the bound on epsilon: the theorem word by word, its known special case, and mechanisms that are known."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import beta

from gan_core.audit.canaries import Guesses, bound_epsilon, guess, refute

RANDOM = np.random.default_rng(0)


def refute_slowly(guessed: Guesses, likelihood: Fraction, delta: Fraction) -> Fraction:
    """Theorem 5.2 of Steinke et al. 2023 with whole numbers alone; the likelihood is e^epsilon / (1 + e^epsilon)."""
    count, right = guessed.guesses, guessed.right
    chances = [math.comb(count, k) * likelihood**k * (1 - likelihood) ** (count - k) for k in range(count + 1)]
    enough = sum(chances[right:], Fraction(0))
    steps = [(sum(chances[right - i :], Fraction(0)) - enough) / i for i in range(1, right + 1)]
    return min(Fraction(1), enough + 2 * guessed.canaries * delta * max(steps, default=Fraction(0)))


@pytest.mark.parametrize(
    "guessed", [Guesses(100, 20, 17), Guesses(1_000, 40, 40), Guesses(50, 9, 0), Guesses(30, 8, 5)]
)
@pytest.mark.parametrize("delta", [Fraction(0), Fraction(1, 10**5), Fraction(1, 10**3)])
def test_the_bound_is_that_of_the_theorem(guessed: Guesses, delta: Fraction) -> None:
    for likelihood in (Fraction(1, 2), Fraction(2, 3), Fraction(9, 10)):
        epsilon = math.log(likelihood / (1 - likelihood))
        slowly = float(refute_slowly(guessed, likelihood, delta))
        assert refute(guessed, epsilon, float(delta)) == pytest.approx(slowly, rel=1e-9)


@pytest.mark.parametrize(("guesses", "right"), [(100, 90), (30, 30), (200, 130)])
def test_without_delta_it_is_that_of_clopper_and_pearson(guesses: int, right: int) -> None:
    likelihood = beta.ppf(0.05, right, guesses - right + 1)
    expected = math.log(likelihood / (1 - likelihood))
    assert bound_epsilon(Guesses(1_000, guesses, right), delta=0) == pytest.approx(expected, abs=1e-6)


def test_the_digits_of_another_implementation_are_met() -> None:
    """Those of `jax_privacy.auditing._epsilon_one_run` (2.0.0) for significance 0.05."""
    cases = ((1_000, 100, 90, 1e-5, 1.626144), (10_000, 200, 180, 1e-5, 1.771614), (500, 20, 20, 1e-3, 0))
    for canaries, guesses, right, delta, expected in cases:
        assert bound_epsilon(Guesses(canaries, guesses, right), delta=delta) == pytest.approx(expected, abs=1e-5)


def test_coins_that_decided_nothing_refute_nothing_in_nineteen_of_twenty_cases() -> None:
    bounds = [bound_epsilon(guess(RANDOM.normal(size=1_000), RANDOM.random(1_000) < 0.5)) for _ in range(200)]
    assert np.mean(np.array(bounds) > 0) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_randomised_response_is_seldom_said_to_give_away_more_than_it_does() -> None:
    epsilon, bounds = 1.5, []
    for _ in range(200):
        was_in = RANDOM.random(1_000) < 0.5
        answers = np.where(RANDOM.random(1_000) < 1 / (1 + math.exp(-epsilon)), was_in, ~was_in)
        bounds.append(bound_epsilon(guess(answers + RANDOM.random(1_000) / 2, was_in)))
    assert np.mean(np.array(bounds) > epsilon) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean(bounds) > 0.2


def test_more_right_guesses_and_a_smaller_delta_never_lower_the_bound() -> None:
    bounds = [bound_epsilon(Guesses(500, 50, right)) for right in range(51)]
    assert bounds == sorted(bounds) and bounds[25] == 0 < bounds[50]
    deltas = [bound_epsilon(Guesses(500, 50, 45), delta=delta) for delta in (1e-2, 1e-4, 0)]
    assert deltas == sorted(deltas)


def test_a_canary_without_a_score_is_not_guessed() -> None:
    scores = np.where(np.arange(1_000) < 10, np.arange(1_000), np.nan)
    assert guess(scores, np.arange(1_000) % 2 == 0) == Guesses(1_000, 10, 5)
