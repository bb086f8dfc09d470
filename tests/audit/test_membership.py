"""Laws of the two attacks: agreement with scikit-learn, exact chances, and who replays what it learned is found."""

from functools import cache

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve
from textures import textured_images

from gan_core.audit.canaries import check_canaries
from gan_core.audit.check import Control, Verdict
from gan_core.audit.copies import ALARM
from gan_core.audit.membership import (
    AUC,
    Reference,
    Scores,
    check_membership,
    find_intervals,
    judge,
    score_membership,
    toss_coins,
)
from gan_core.audit.planted import mix
from gan_core.images.labelled_images import LabelledImages, concatenate
from gan_core.measures.measure import Figure

RANDOM = np.random.default_rng(0)
KNOWN, UNSEEN = textured_images(900, seed=1), textured_images(300, seed=2)
REAL = concatenate([KNOWN, UNSEEN])


@cache
def references(replayed: float) -> tuple[Reference, ...]:
    """Four sets drawn by who knows nothing, in which a share is replayed of what the coins say was learned."""
    made = []
    for number in range(4):
        learned, drawn = toss_coins(len(REAL), 0, number), textured_images(600, seed=10 + number)
        if replayed:
            drawn = mix(drawn, REAL.take(np.flatnonzero(learned)), replayed, seed=number)
        made.append(Reference(drawn, learned))
    return tuple(made)


def draw_scores(better: float) -> Scores:
    return Scores(RANDOM.normal(better, size=400), RANDOM.normal(size=500))


def test_both_figures_are_those_of_scikit_learn() -> None:
    scores = draw_scores(0.7)
    truth, values = np.repeat([1, 0], [400, 500]), np.concatenate([scores.members, scores.others])
    assert scores.auc == pytest.approx(roc_auc_score(truth, values))
    false, true, _ = roc_curve(truth, values, drop_intermediate=False)
    assert scores.true_positives == pytest.approx(true[false <= 0.01].max())


def test_the_probability_of_chance_is_kept() -> None:
    chances = np.array([draw_scores(0).chance for _ in range(400)])
    for level in (0.05, 0.2, 0.5):
        assert 0.5 * level < np.mean(chances <= level) < level + 3 * np.sqrt(level * (1 - level) / 400)
    assert draw_scores(0.5).chance < 0.001


def test_few_members_that_stand_out_are_found_though_the_area_is_small() -> None:
    scores = draw_scores(0)
    members = scores.members.copy()
    members[:25] = 9
    assert Scores(members, scores.others).true_positives == pytest.approx(25 / 400, abs=0.02)
    assert Scores(members, scores.others).chance < 0.001


def test_only_references_that_did_not_learn_an_image_calibrate_it() -> None:
    target, distances = np.array([1.0, 1, 1]), np.array([[2.0, 3, 4], [5, 6, 7]])
    learned = np.array([[False, True, True], [False, False, True]])
    scores = score_membership(target, distances, learned)
    assert scores[:2].tolist() == [2.5, 5] and np.isnan(scores[2])


def test_the_coins_are_fair_and_those_of_references_do_not_hang_together() -> None:
    coins = np.stack([toss_coins(10_000, 0, number) for number in range(3)])
    assert np.abs(coins.mean(axis=1) - 0.5).max() < 0.02
    assert np.abs(np.corrcoef(coins)[np.triu_indices(3, 1)]).max() < 0.04
    assert np.array_equal(coins[1], toss_coins(10_000, 0, 1))


def test_who_knows_nothing_passes_and_each_replay_is_told() -> None:
    check = check_membership(textured_images(600, seed=20), KNOWN, UNSEEN, references(0.0), seed=0)
    assert check.verdict == "passes" and "would have been noticed" in check.sentence
    told = {control.name: control.told for control in check.controls}
    assert told["a generator of halves of both"] and told["nothing but copies"]
    auc = check.figures[0]
    assert auc.low < 0.5 < auc.high


def test_who_replays_training_images_fails() -> None:
    replayed = mix(textured_images(600, seed=20), KNOWN, 0.5, 0)
    check = check_membership(replayed, KNOWN, UNSEEN, references(0.0), seed=0)
    assert check.verdict == "fails" and check.figures[1].low > 0.1
    assert "Who has the set can name images" in check.sentence
    assert [control.name for control in check.controls] == ["nothing but copies", "a generator of halves of both"]
    assert check.unplanted


def judge_scores(scores: Scores, *controls: Control) -> tuple[Verdict, str]:
    return judge(find_intervals(scores, seed=0), controls, references=4, leaks=scores.chance < ALARM)


def draw_many(better: float, found: float = 0) -> Scores:
    """Those of three thousand members, all better by a little or a share of them by much, and as many others."""
    random = np.random.default_rng(1)
    members = random.normal(better, size=3_000)
    members[: int(found * len(members))] += 9
    return Scores(members, random.normal(size=3_000))


@pytest.mark.parametrize("scores", [draw_many(0.15), draw_many(0, found=0.05)], ids=["area", "true positives"])
def test_a_slight_leak_that_is_no_chance_passes_and_is_told(scores: Scores) -> None:
    verdict, sentence = judge_scores(scores)
    assert scores.chance < ALARM and verdict == "passes"
    assert sentence.startswith("It leaks a little") and "No evidence" not in sentence


@pytest.mark.parametrize("scores", [draw_many(0.5), draw_many(0, found=0.15)], ids=["area", "true positives"])
def test_a_gross_leak_in_either_figure_fails(scores: Scores) -> None:
    assert judge_scores(scores)[0] == "fails"


@pytest.mark.parametrize("scores", [draw_many(0.36), draw_many(0, found=0.09)], ids=["area", "true positives"])
def test_a_leak_about_as_large_as_the_threshold_is_not_judged(scores: Scores) -> None:
    verdict, sentence = judge_scores(scores)
    assert verdict == "cannot tell" and "Training images can be told from others" in sentence


def test_no_leak_is_judged_where_an_honest_generator_is_accused_too() -> None:
    honest = Control("honest", True, True, Figure(AUC, "honest", 0.9))
    assert judge_scores(draw_many(0.5), honest)[0] == "cannot tell"


def test_a_reference_alone_cannot_be_the_honest_control() -> None:
    check = check_membership(LabelledImages(*vars(UNSEEN).values()), KNOWN, UNSEEN, references(0.0)[:1], seed=0)
    assert not any(control.honest for control in check.controls)


def test_coins_of_references_that_know_nothing_are_not_guessed() -> None:
    check = check_canaries(KNOWN, UNSEEN, references(0.0), seed=0)
    assert check.verdict == "passes" and check.figures[0].value == 0
    assert all(control.told for control in check.controls if control.honest or control.name == "nothing but copies")


@pytest.mark.parametrize("count", [1, 4])
def test_references_that_replay_give_their_coins_away(count: int) -> None:
    check = check_canaries(KNOWN, UNSEEN, references(0.5)[:count], seed=0)
    assert check.verdict == "fails" and check.figures[0].value > 1
    assert [figure.seed for figure in check.figures[1:]] == [*range(count)]
