"""What readings cost is what two independent computations say, and never less than that."""

import itertools
import math

import pytest
from dp_accounting.pld import privacy_loss_distribution
from dp_accounting.pld.privacy_loss_mechanism import GaussianPrivacyLoss
from mpmath import exp, mp, mpf, ncdf

from gan_core.privacy.accounting import compose, find_epsilon, find_mu, log_delta, sigma_for

EPSILONS = (0.05, 0.2, 1.0, 3.0, 10.0, 20.0)
DELTAS = (1e-12, 1e-8, 1e-5, 1e-2)
GRID = list(itertools.product(EPSILONS, DELTAS))


def exact_delta(mu: float, epsilon: float) -> float:
    """Theorem 8 of Balle and Wang as it stands there, with sixty digits."""
    with mp.workdps(60):
        m, e = mpf(mu), mpf(epsilon)
        return float(ncdf(m / 2 - e / m) - exp(e) * ncdf(-m / 2 - e / m))


@pytest.mark.parametrize(("epsilon", "delta"), GRID)
def test_epsilon_and_mu_are_those_of_the_theorem_rounded_to_the_safe_side(epsilon: float, delta: float) -> None:
    mu = find_mu(epsilon, delta)
    assert exact_delta(mu, epsilon) <= delta
    assert exact_delta(mu * (1 + 1e-8), epsilon) > delta
    found = find_epsilon(mu, delta)
    assert epsilon * (1 - 1e-7) < found <= epsilon
    assert exact_delta(mu, found) <= delta


@pytest.mark.parametrize(("epsilon", "delta"), GRID)
def test_delta_is_that_of_googles_library(epsilon: float, delta: float) -> None:
    mu = find_mu(epsilon, delta)
    assert math.exp(log_delta(mu, epsilon)) == pytest.approx(
        GaussianPrivacyLoss(1 / mu).get_delta_for_epsilon(epsilon), rel=1e-6
    )


@pytest.mark.parametrize(("sigma", "readings"), [(22.2, 30), (5.0, 7), (1.5, 2)])
def test_many_readings_cost_what_googles_library_adds_up(sigma: float, readings: int) -> None:
    single = privacy_loss_distribution.from_gaussian_mechanism(sigma, value_discretization_interval=1e-4)
    theirs = single.self_compose(readings).get_epsilon_for_delta(1e-5)
    assert find_epsilon(compose([1 / sigma] * readings), 1e-5) == pytest.approx(theirs, rel=2e-3)


def test_many_readings_cost_what_one_with_less_noise_does() -> None:
    assert compose([1 / 22.2] * 30) == pytest.approx(math.sqrt(30) / 22.2, rel=1e-14)
    assert compose([]) == 0 and find_epsilon(0.0, 1e-5) == 0


def test_more_readings_cost_more_and_a_larger_delta_less() -> None:
    mus = [0.01 * 1.3**power for power in range(25)]
    for delta in DELTAS:
        costs = [find_epsilon(mu, delta) for mu in mus]
        assert costs == sorted(costs)
        assert all(find_epsilon(mu, delta / 2) >= cost for mu, cost in zip(mus, costs, strict=True))


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_parts_whose_shares_are_one_take_the_budget(epsilon: float) -> None:
    parts = [(0.25, 1), (0.7, 30), (0.05, 4)]
    sigmas = [sigma_for(epsilon, 1e-5, share=share, readings=readings) for share, readings in parts]
    spent = compose(1 / sigma for sigma, (_, readings) in zip(sigmas, parts, strict=True) for _ in range(readings))
    assert epsilon * (1 - 1e-7) < find_epsilon(spent, 1e-5) <= epsilon
