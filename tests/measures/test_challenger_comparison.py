"""Laws of the contest: who wins by more than noise is promoted, and nobody who collapsed or copies."""

import numpy as np
import pytest

from gan_core.measures.challenger_comparison import Verdict, compare, decide

MEASURED = {"copied": 0.01, "coverage": 0.9}
SEEDS, IMAGES = 3, 5_000


def answers(accuracy: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((SEEDS, IMAGES)) < accuracy


def verdict(challenger: np.ndarray, champion: np.ndarray | None, **changed: object) -> Verdict:
    comparison = None if champion is None else compare(challenger, champion)
    options = {"faults": (), "measured": MEASURED, "standard_errors": 2.0, **changed}
    return decide(float(challenger.mean()), comparison, **options)  # type: ignore[arg-type]


def test_the_gain_is_the_difference_of_the_accuracies_and_changes_sign_with_the_roles() -> None:
    one, other = answers(0.9, 1), answers(0.8, 2)
    there, back = compare(one, other), compare(other, one)
    assert there.gain == pytest.approx(one.mean() - other.mean()) == pytest.approx(-back.gain)
    assert there.noise == back.noise


def test_the_noise_is_as_large_as_the_gain_of_equals_is_by_chance() -> None:
    contests = [compare(answers(0.9, 2 * number), answers(0.9, 2 * number + 1)) for number in range(200)]
    spread = np.std([contest.gain for contest in contests])
    typical = np.median([contest.noise for contest in contests])
    assert spread < typical < 2 * spread  # larger, for the answers of one row differ by both, seeds and images


def test_what_every_classifier_agrees_on_has_the_noise_of_the_images_alone() -> None:
    one, other = (np.repeat(answers(0.9, seed)[:1], SEEDS, axis=0) for seed in (1, 2))
    differences = one[0].astype(float) - other[0]
    assert compare(one, other).noise == pytest.approx(differences.std(ddof=1) / np.sqrt(IMAGES))


def test_one_seed_tells_nothing_from_noise() -> None:
    with pytest.raises(ValueError, match="two or more"):
        compare(answers(0.9, 1)[:1], answers(0.8, 2)[:1])


def test_equals_leave_the_champion_and_so_does_a_worse_challenger() -> None:
    champion = answers(0.9, 1)
    assert not verdict(champion, champion).promoted
    assert not verdict(answers(0.8, 2), champion).promoted


def test_a_clearly_better_challenger_is_promoted_and_a_slightly_better_one_is_not() -> None:
    champion = answers(0.85, 1)
    clearly, slightly = champion.copy(), champion.copy()
    clearly[:, :300], slightly[0, :20] = True, True
    assert verdict(clearly, champion).promoted
    won = verdict(slightly, champion)
    assert won.figures["gain"] > 0 and not won.promoted and "no more than" in won.reason
    assert verdict(slightly, champion, standard_errors=1e-6).promoted


def test_the_first_challenger_needs_nobody_to_beat() -> None:
    assert verdict(answers(0.3, 1), None).promoted


@pytest.mark.parametrize("champion", [None, answers(0.5, 1)])
def test_who_has_a_fault_is_refused_however_well_it_teaches(champion: np.ndarray | None) -> None:
    refused = verdict(answers(0.95, 2), champion, faults=("It copies.", "It has collapsed."))
    assert (refused.promoted, refused.reason) == (False, "It copies.")


def test_a_verdict_names_the_figures_it_rests_on() -> None:
    figures = verdict(answers(0.9, 1), answers(0.8, 2)).figures
    assert {"accuracy", "champion_accuracy", "gain", "gain_noise", "copied", "coverage"} <= set(figures)
