"""How much one training gives away of whether an image was in it: a bound on epsilon from below, by tossed coins."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from gan_core.audit.check import Check, Control, Verdict
from gan_core.audit.copies import ALARM, PLANTED, name_copies
from gan_core.audit.membership import DRAWN, SCORED, Reference, measure_distances, score_membership
from gan_core.audit.planted import mix, plant_copies
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.mapped import join, pick
from gan_core.measures.measure import Figure, Measure

CANARIES = 2 * SCORED  # images at most, of which each was in or out by the toss of a coin
GUESSES, LEAST_GUESSES = 0.02, 20  # the share of the canaries that are guessed to have been in, chosen beforehand
DELTA = 1e-5
CONFIDENCE = 0.95
STEPS = 40  # of the bisection
HIGHEST = 20.0  # no number of guesses here gives more
EPSILON = Measure(
    name="epsilon_at_least",
    title="Epsilon, at least",
    aspect="memorised",
    meaning="Differential privacy with a smaller epsilon (and a delta of 1e-5) is refuted for trainings of this kind, "
    "with a confidence of 95 %. What is true may be far more; 0 says nothing.",
    direction="lower is better",
    chance="0",
    source="Steinke, Nasr and Jagielski 2023, arXiv:2305.08846, theorem 5.2",
    highest=np.inf,
    unit="factor",
)
MEASURES = (EPSILON,)


@dataclass(frozen=True)
class Guesses:
    """How many of the canaries were guessed, and how many of these rightly."""

    canaries: int
    guesses: int
    right: int


def bound_epsilon(guessed: Guesses, *, delta: float = DELTA, confidence: float = CONFIDENCE) -> float:
    """The largest epsilon that so many right guesses refute, 0 where they refute none.

    Each canary was in or out by the toss of a fair coin of its own, and the number of guesses was chosen beforehand.
    """
    low, high = 0.0, HIGHEST
    if refute(guessed, 0.0, delta) > 1 - confidence:
        return 0.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if refute(guessed, middle, delta) <= 1 - confidence else (low, middle)
    return low


def refute(guessed: Guesses, epsilon: float, delta: float) -> float:
    """The greatest probability of so many right guesses under (epsilon, delta)-differential privacy.

    Steinke et al. 2023, theorem 5.2: with B binomial for the guesses, each right with e^epsilon / (1 + e^epsilon), it
    is P[B >= right] + 2 m delta max_i P[right - i <= B < right] / i for m canaries.
    """
    right, chance = guessed.right, 1 / (1 + np.exp(-epsilon))
    steps = np.arange(1, right + 1)
    enough = binom.sf(right - 1, guessed.guesses, chance)
    nearly = np.cumsum(binom.pmf(right - steps, guessed.guesses, chance)) / steps
    return float(min(1.0, enough + 2 * guessed.canaries * delta * nearly.max(initial=0.0)))


def guess(scores: np.ndarray, was_in: np.ndarray) -> Guesses:
    """Guess that the canaries with the highest scores [m] were in, and count how many were, by `was_in` bool [m].

    A canary without a score is not guessed.
    """
    count = min(int(np.isfinite(scores).sum()), max(LEAST_GUESSES, round(GUESSES * len(scores))))
    chosen = np.argsort(-np.where(np.isfinite(scores), scores, -np.inf), kind="stable")[:count]
    return Guesses(len(scores), count, int(was_in[chosen].sum()))


def is_accused(guessed: Sequence[Guesses]) -> bool:
    """Whether the luck of fair coins explains so many right guesses worse than once in 1 / `ALARM` times."""
    refuted = float(np.median([refute(each, 0.0, 0.0) for each in guessed]))
    return refuted * (1 if len(guessed) == 1 else 2) < ALARM


def check_canaries(
    known: LabelledImages, unseen: LabelledImages, references: Sequence[Reference], *, seed: int
) -> Check:
    """What one training gives away, by the references: the coins of each decide which images were in it.

    Each reference is attacked with the help of the others, as in `gan_core.audit.membership`. Planted is a training
    that replays what it learned; the honest control is a reference with the coins of another one.
    """
    real = join([known.images, unseen.images])
    chosen = np.random.default_rng(seed).permutation(len(real))[:CANARIES]
    canaries = pick(real, chosen)
    learned = np.stack([reference.learned[chosen] for reference in references])
    distances = measure_distances(canaries, (reference.drawn for reference in references))
    guessed = [_attack(number, distances, learned) for number in range(len(references))]
    bounds = [bound_epsilon(each, confidence=_confidence(len(references))) for each in guessed]
    controls = _try_replays(real, canaries, references, distances, learned, seed)
    epsilon = float(np.median(bounds))
    verdict, sentence = _judge(epsilon, controls, guessed)
    figures = [_figure("synthetic", epsilon, len(chosen))]
    figures += [
        Figure(EPSILON, "references", bound, seed=number, images=len(chosen)) for number, bound in enumerate(bounds)
    ]
    title = "What one training gives away"
    return Check("canaries", title, "memorised", verdict, sentence, tuple(figures), controls)


def _confidence(references: int) -> float:
    """That of each bound, so that their median has `CONFIDENCE`: twice the median of several p-values is one.

    Meinshausen et al. 2009, arXiv:0811.2177, theorem 3.1.
    """
    return CONFIDENCE if references == 1 else 1 - (1 - CONFIDENCE) / 2


def _attack(number: int, distances: np.ndarray, learned: np.ndarray, coins: np.ndarray | None = None) -> Guesses:
    """The guesses on a reference, with its own coins unless others are given."""
    others = np.arange(len(distances)) != number
    alone = not others.any()
    scores = (
        -distances[number].astype(np.float64)
        if alone
        else score_membership(distances[number], distances[others], learned[others])
    )
    return guess(scores, learned[number] if coins is None else coins)


def _try_replays(
    real: np.ndarray,
    canaries: np.ndarray,
    references: Sequence[Reference],
    distances: np.ndarray,
    learned: np.ndarray,
    seed: int,
) -> tuple[Control, ...]:
    first = references[0]
    drawn = first.drawn.take(np.arange(min(DRAWN, len(first.drawn))))
    names = drawn.class_names
    memory = LabelledImages(pick(real, first.learned), np.zeros(int(first.learned.sum()), np.uint8), names)
    planted, controls = plant_copies(memory, len(drawn), "as they are", seed), []
    for share in PLANTED:
        replayed = measure_distances(canaries, [mix(drawn, planted, share, seed)])
        name = name_copies(share)
        controls.append(_control(name, False, _attack(0, np.concatenate([replayed, distances[1:]]), learned)))
    tossed = np.random.default_rng([seed, len(references)]).random(len(canaries)) < 0.5
    return (*controls, _control("coins that decided nothing", True, _attack(0, distances, learned, tossed)))


def _control(name: str, honest: bool, guessed: Guesses) -> Control:
    epsilon = bound_epsilon(guessed)
    return Control(name, honest, is_accused([guessed]), _figure(name, epsilon, guessed.canaries))


def _figure(of: str, epsilon: float, images: int) -> Figure:
    return Figure(EPSILON, of, epsilon, images=images)


def _judge(epsilon: float, controls: Sequence[Control], guessed: Sequence[Guesses]) -> tuple[Verdict, str]:
    right, guesses = sum(each.right for each in guessed), sum(each.guesses for each in guessed)
    counted = f"{right:,} of {guesses:,} guesses are right"
    if any(control.honest and control.accused for control in controls):
        return "cannot tell", f"Coins that decided nothing are guessed too; {counted}."
    if is_accused(guessed):
        return (
            "fails",
            f"Trainings of this kind give away what was in them: epsilon is {epsilon:.2f} or more; {counted}.",
        )
    noticed = [control for control in controls if control.accused and not control.honest]
    if not noticed:
        return "cannot tell", f"No evidence, but nothing but copies would not have been noticed either: {counted}."
    least = f"{noticed[0].name} would show an epsilon of {noticed[0].figure.value:.2f} or more"
    return "passes", f"No evidence that trainings of this kind give away what was in them; {least}: {counted}."
