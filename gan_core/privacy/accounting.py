"""What Gaussian readings of a set cost together, exactly.

A reading is a sum over all images of vectors no longer than the sensitivity, with Gaussian noise of a standard
deviation of sigma times the sensitivity. Two sets are neighbours if one has one image more. Such a reading is
mu-Gaussian differentially private with mu = 1 / sigma; of several, each chosen in the light of those before, the
squares of mu add up (Dong, Roth and Su 2019, arXiv:1905.02383). What mu means as
(epsilon, delta) is exact too (Balle and Wang 2018, arXiv:1805.06530, theorem 8). No bound is loose, so none is needed
that is tighter, such as Renyi's or one of privacy loss distributions.
"""

import math
from collections.abc import Iterable

from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtri

EXACT = 1e-13  # relative error of the roots
ASIDE = 1e-10  # by which an epsilon is stated too large, relatively
FURTHER_ASIDE = 1e-9  # by which a mu is chosen too small: its epsilon, stated too large, is not beyond what was asked


def compose(mus: Iterable[float]) -> float:
    """The mu of all readings together."""
    return math.sqrt(math.fsum(mu**2 for mu in mus))


def log_delta(mu: float, epsilon: float) -> float:
    """The logarithm of the least delta at which readings of this mu are (epsilon, delta)-differentially private.

    Balle and Wang 2018, theorem 8: delta = Phi(mu/2 - epsilon/mu) - e^epsilon Phi(-mu/2 - epsilon/mu).
    """
    greater = log_ndtr(mu / 2 - epsilon / mu)
    smaller = epsilon + log_ndtr(-mu / 2 - epsilon / mu)
    return float(greater + math.log(-math.expm1(smaller - greater))) if smaller < greater else -math.inf


def find_epsilon(mu: float, delta: float) -> float:
    """The least epsilon at which readings of this mu are (epsilon, delta)-differentially private, rounded up."""
    if not mu or log_delta(mu, 0.0) <= math.log(delta):
        return 0.0
    most = mu**2 / 2 - mu * ndtri(delta)  # where the first of both terms of delta is as large as delta alone
    root = brentq(lambda epsilon: log_delta(mu, epsilon) - math.log(delta), 0.0, most, xtol=1e-300, rtol=EXACT)
    return float(root * (1 + ASIDE))


def find_mu(epsilon: float, delta: float) -> float:
    """The largest mu of readings that are (epsilon, delta)-differentially private, rounded down."""
    least = math.sqrt(ndtri(delta) ** 2 + 2 * epsilon) + ndtri(delta)  # `most` above, the other way round
    most = 2 * least
    while log_delta(most, epsilon) < math.log(delta):
        most *= 2
    root = brentq(lambda mu: log_delta(mu, epsilon) - math.log(delta), least, most, xtol=1e-300, rtol=EXACT)
    return float(root * (1 - FURTHER_ASIDE))


def sigma_for(epsilon: float, delta: float, *, share: float = 1.0, readings: int = 1) -> float:
    """The sigma of each of so many equal readings that together take a share of the budget, that is of its mu squared.

    Parts whose shares add up to one take the budget and no more.
    """
    return math.sqrt(readings / share) / find_mu(epsilon, delta)
