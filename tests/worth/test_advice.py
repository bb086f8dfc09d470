"""Laws of gains and advice: what is more than noise is told with its figure, what is not is told to be none."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from gan_core.worth.advice import NOISE, Advice, advise_classes, advise_epoch, advise_number, advise_size
from gan_core.worth.curve import measure_curve
from gan_core.worth.difference import difference
from gan_core.worth.gains import describe_gains, measure_gains
from gan_core.worth.worth import Worth

SEEDS, IMAGES = 3, 2_000
NAMES = ("Shirt", "Coat", "Bag")


def right(share: float, seed: int) -> np.ndarray:
    """Right answers bool [S, N], of images that all classifiers find about as difficult."""
    difficulties = np.random.default_rng(0).random(IMAGES)
    return difficulties + np.random.default_rng(seed).normal(0, 0.02, (SEEDS, IMAGES)) < share


def command(changes: Mapping[str, Any]) -> str:
    return f"synthetic-data run {changes}"


def test_a_difference_of_nothing_is_noise_and_a_large_one_is_not() -> None:
    nothing = [difference(right(0.8, seed), right(0.8, 100 + seed)) for seed in range(40)]
    assert sum(each.is_told for each in nothing) <= 5
    assert all(each.low < each.value < each.high for each in nothing)
    less = difference(right(0.7, 1), right(0.8, 2))
    assert less.is_told and less.low < -0.1 < less.high and less.text.startswith("\N{MINUS SIGN}")
    more = difference(right(0.8, 2), right(0.7, 1))
    assert more.value == -less.value and more.is_told


def test_many_comparisons_widen_each_interval() -> None:
    one, ten = (difference(right(0.8, 1), right(0.79, 2), comparisons=count) for count in (1, 10))
    assert ten.low < one.low < one.high < ten.high


def test_the_fewest_images_are_advised_that_teach_as_well_as_all() -> None:
    enough = {500: right(0.7, 1), 1_000: right(0.8, 2), 2_000: right(0.8, 3), 4_000: right(0.8, 4)}
    said = advise_number(enough, classes=10, command=command)
    assert said.sentence.startswith("Draw 1,000 images") and NOISE in said.sentence
    assert "500 teach less" in said.sentence and "'per_class': 100" in said.command
    more = advise_number({2_000: right(0.7, 1), 4_000: right(0.8, 2)}, classes=10, command=command)
    assert more.sentence.startswith("Draw more images: 2,000 teach \N{MINUS SIGN}") and "800" in more.command
    assert not advise_number({7: right(0.7, 1)}, classes=1, command=command).command


def test_classes_that_gain_and_lose_are_named_and_the_others_are_noise() -> None:
    whole = right(0.8, 1)
    said = advise_classes(whole, {0: right(0.75, 2), 1: right(0.84, 3), 2: right(0.8, 4)}, NAMES, command=command)
    assert "Shirt +" in said.sentence and "Coat \N{MINUS SIGN}" in said.sentence and "Bag" not in said.sentence
    assert NOISE in said.sentence and "'counts': {'1': 0}" in said.command
    none = advise_classes(whole, {0: right(0.8, 5), 2: right(0.8, 6)}, NAMES, command=command)
    assert NOISE in none.sentence and not none.command and "points (" in none.sentence


@pytest.mark.parametrize(("verdict", "said"), [("fails", "too few"), ("passes", NOISE), ("cannot tell", NOISE)])
def test_the_real_set_is_too_small_only_where_its_images_are_copied(verdict: Any, said: str) -> None:
    advice = advise_size(verdict, "2.0 % (1.0 to 3.0 %)", images=550, command="audit")
    assert said in advice.sentence and "550" in advice.sentence and "2.0 % (1.0 to 3.0 %)" in advice.sentence
    assert (NOISE in advice.sentence) == (verdict != "fails") and bool(advice.command) == (verdict != "passes")


def advise(right: Mapping[int, np.ndarray], own: int) -> Advice:
    return advise_epoch(right, own, command="run --gan.epochs {}".format, sweep="sweep --gan.epochs 8,16,32")


@pytest.mark.parametrize("known", [{}, {16: right(0.8, 1)}])
def test_what_is_not_known_of_the_epochs_is_said_with_what_it_takes(known: Mapping[int, np.ndarray]) -> None:
    advice = advise(known, 16)
    assert "not known" in advice.sentence and "16" in advice.sentence and "sweep" in advice.command
    assert not advice.answered


def test_the_epochs_that_taught_best_are_told_beside_the_others() -> None:
    shorter, equal, longer = right(0.7, 1), right(0.8, 2), right(0.9, 3)
    better = advise({8: shorter, 32: longer, 16: equal}, 16)
    assert "that of 32 taught best: 8 teach \N{MINUS SIGN}" in better.sentence and "; 16 teach" in better.sentence
    assert NOISE not in better.sentence and better.command == "run --gan.epochs 32" and better.answered
    longest = advise({8: shorter, 16: equal}, 16)
    assert "A longer one was not tried" in longest.sentence and longest.command.startswith("sweep")
    assert advise({8: shorter, 16: longer, 32: equal}, 16).command == ""


def test_epochs_that_teach_alike_cannot_be_told_from_noise_and_ask_for_nothing() -> None:
    for seed in range(5):
        advice = advise({each: right(0.8, 10 * seed + each) for each in (8, 16, 32)}, 16)
        assert advice.sentence.count(NOISE) == 2 and advice.command == ""


def test_an_answer_is_not_replaced_by_none() -> None:
    curve = measure_curve([10, 20], np.stack([right(0.6, 1), right(0.8, 2)]), right(0.7, 3), images=20)
    nothing, answer = advise({}, 16), advise({8: right(0.7, 1), 16: right(0.8, 2)}, 16)
    unknown, known = (Worth("i", "mlp", 9, 1, curve, advice=(each,)) for each in (nothing, answer))
    assert known.with_advice((nothing,)) == known == unknown.with_advice((answer,))
    assert known.with_advice((advise_size("passes", "0 %", images=5, command=""),)).advice[0] == answer


def test_the_ratio_is_chosen_by_validation_images_and_judged_by_test_images() -> None:
    kinds = [(0, False), (100, False), (400, False), (0, True), (100, True)]
    test = dict(zip(kinds, (right(share, 1) for share in (0.6, 0.7, 0.9, 0.65, 0.7)), strict=True))
    validation = dict(zip(kinds, (right(share, 2) for share in (0.6, 0.9, 0.7, 0.65, 0.8)), strict=True))
    gains = measure_gains(100, test, validation)
    [best] = [each for each in gains if each.best]
    assert (best.synthetic, best.varied, best.ratio) == (100, False, 1.0)
    assert best.gain.low < 0.1 < best.gain.high and best.over_rival.low < 0.05 < best.over_rival.high
    alone, *_ = gains
    assert (alone.taught_by, alone.gain.value, alone.gain.is_told) == ("real", 0, False)
    said = describe_gains(gains)
    assert "1 of them to a real one" in said and best.gain.text in said and "100 real images" in said
