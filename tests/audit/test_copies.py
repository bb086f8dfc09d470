"""Laws of the check for copies: who copies is accused, who does not is not, and it says what it would have noticed."""

import re

import numpy as np
import pytest
from textures import textured_images

from gan_core.audit.copies import (
    COPIED,
    EQUAL,
    NEAR,
    CopyFindings,
    check_copies,
    count_comparisons,
    is_accused,
    knows_held_out,
)
from gan_core.audit.holdout import ALL, RARE, estimate_share, estimate_shares
from gan_core.audit.nearest import Matches
from gan_core.audit.planted import COPYING, mix, plant_copies
from gan_core.images.labelled_images import LabelledImages

PICTURES = textured_images(1_500, seed=5)
KNOWN, UNSEEN = PICTURES.take(np.arange(1_000)), PICTURES.take(np.arange(1_000, 1_500))
FRESH = textured_images(300, seed=6)
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def honest() -> CopyFindings:
    return check_copies(FRESH, KNOWN, UNSEEN, seed=0)


def draw_matches(images: int, real: int) -> Matches:
    """Those of images that know none of the real ones better, some of which are hubs."""
    weights = RANDOM.exponential(size=real) ** 2
    nearest = RANDOM.choice(real, images, p=weights / weights.sum())
    ones = np.ones(images, np.float32)
    return Matches(nearest, RANDOM.uniform(size=images).astype(np.float32), ones, np.zeros(images, np.int64))


def test_fresh_pictures_pass_and_each_planted_copy_is_noticed(honest: CopyFindings) -> None:
    check = honest.check
    assert check.verdict == "passes" and len(check.controls) == 3 * len(COPYING) + 1
    assert all(control.told for control in check.controls) and not check.unplanted
    assert check.sentence.startswith("No evidence of copies among 300 images; ")
    assert " of copies would have been noticed" in check.sentence and "It passes where" in check.passes_where


def test_a_few_copies_are_not_counted_for_many() -> None:
    few = mix(FRESH, KNOWN, 0.1, seed=1)
    told = re.match(r"It copies: about (\d+) %", check_copies(few, KNOWN, UNSEEN, seed=0).check.sentence)
    assert told and 5 <= int(told[1]) <= 16


def test_no_sentence_promises_more_than_was_seen(honest: CopyFindings) -> None:
    copied = check_copies(mix(FRESH, KNOWN, 0.5, 0), KNOWN, UNSEEN, seed=0)
    for sentence in (honest.check.sentence, copied.check.sentence):
        assert not {"private", "safe", "anonymous"} & set(sentence.lower().split())


@pytest.mark.parametrize("kind", COPYING)
def test_a_fifth_of_copies_is_accused_and_counted(kind: str) -> None:
    copies = mix(FRESH, plant_copies(KNOWN, 60, kind, seed=1), 0.2, seed=1)
    findings = check_copies(copies, KNOWN, UNSEEN, seed=0)
    assert findings.check.verdict == "fails" and findings.check.sentence.startswith("It copies: about ")
    share = findings.check.figures[0]
    assert share.measure == COPIED and share.low < 0.2 < share.high
    names = {control.name for control in findings.check.controls}
    assert names == {"fresh real images", *(f"nothing but copies, {each}" for each in COPYING)}
    assert findings.check.unplanted and all(control.told for control in findings.check.controls)
    assert np.mean([pair.place >= 240 for pair in findings.pairs]) > 0.9  # the copies are the last sixty


def test_the_pairs_say_what_was_done_to_which_training_image() -> None:
    place, number = 7, 123
    moved = np.roll(KNOWN.images[number, :, ::-1], (1, -2), (0, 1))
    images = FRESH.images.copy()
    images[place] = moved
    pair = check_copies(LabelledImages(images, FRESH.labels, FRESH.class_names), KNOWN, UNSEEN, seed=0).pairs[0]
    assert (pair.place, pair.known, pair.transformation) == (place, number, "mirrored, 1 down, 2 left")
    assert pair.ratio < 0.01
    assert np.array_equal(pair.generated, moved) and np.array_equal(pair.training, KNOWN.images[number])


def test_equal_and_nearly_equal_pictures_are_counted_beside_held_out_ones() -> None:
    copies = mix(FRESH, KNOWN, 0.2, seed=1)
    noisy = mix(copies, plant_copies(UNSEEN, 30, "mirrored", seed=0), 0.1, seed=2)
    figures = {(each.measure, each.of): each.value for each in check_copies(noisy, KNOWN, UNSEEN, seed=0).check.figures}
    assert figures[EQUAL, "training images"] == pytest.approx(0.18, abs=0.04)
    assert figures[EQUAL, "held-out images"] == 0
    assert figures[NEAR, "training images"] == pytest.approx(figures[EQUAL, "training images"], abs=0.01)
    assert figures[NEAR, "held-out images"] == pytest.approx(0.2, abs=0.02)  # as there are half as many of them


def test_copies_within_one_class_are_accused() -> None:
    own = np.flatnonzero(FRESH.labels == 1)[:80]
    images = FRESH.images.copy()
    images[own] = KNOWN.images[KNOWN.labels == 1][:80]
    found = check_copies(LabelledImages(images, FRESH.labels, FRESH.class_names), KNOWN, UNSEEN, seed=0)
    shares = {each.group: each.value for each in found.check.figures if each.measure == COPIED}
    assert found.check.verdict == "fails" and max(shares, key=lambda group: shares[group]) == FRESH.class_names[1]


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_set_that_knows_the_held_out_pictures_is_told(share: float) -> None:
    found = check_copies(mix(FRESH, UNSEEN, share, seed=1), KNOWN, UNSEEN, seed=0).check
    assert found.verdict == "fails" and found.sentence.startswith("It knows the ")
    measured = [each for each in found.figures if not np.isnan(each.value)]
    assert all(each.measure.lowest <= each.value <= each.measure.highest for each in measured)


def test_with_too_few_held_out_pictures_nothing_can_be_told() -> None:
    few = check_copies(FRESH.take(np.arange(60)), KNOWN, UNSEEN.take(np.arange(8)), seed=0).check
    assert few.verdict == "cannot tell" and "only 60 of them and 8 held-out real images" in few.sentence


def test_the_same_seed_gives_the_same_digits_and_each_comparison_is_told() -> None:
    told: list[int] = []
    first, second = (check_copies(FRESH, KNOWN, UNSEEN, seed=0, on_images=told.append) for _ in range(2))
    assert [each.text for each in first.check.figures] == [each.text for each in second.check.figures]
    assert sum(told) == 2 * count_comparisons(len(FRESH), len(UNSEEN))


def test_the_probability_of_chance_is_that_of_honest_sets() -> None:
    chances = []
    for _ in range(300):
        unseen = RANDOM.permutation(np.arange(600) < 200)
        share = estimate_share(draw_matches(400, 600).real, unseen)
        assert share
        chances.append(share.chance)
    for level in (0.05, 0.2, 0.5):
        error = 3 * np.sqrt(level * (1 - level) / 300)
        assert level - 0.1 - error < np.mean(np.array(chances) <= level) < level + error  # counts are whole numbers


def test_honest_sets_are_accused_no_more_often_than_the_threshold_says() -> None:
    labels, names, accused = np.arange(400) % 3, ("a", "b", "c"), []
    for _ in range(200):
        unseen, rare = (RANDOM.permutation(np.arange(600) < count) for count in (200, 60))
        shares = estimate_shares(draw_matches(400, 600), labels, unseen=unseen, rare=rare, names=names)
        assert len(shares) == 7
        accused.append((is_accused(shares, alarm=0.2), knows_held_out(shares, alarm=0.2)))
    assert np.all(np.mean(accused, axis=0) > 0.02) and np.all(np.mean(accused, axis=0) < 0.2 + 3 * np.sqrt(0.16 / 200))


def test_copies_of_rare_images_alone_are_seen_in_their_group() -> None:
    rare, unseen = np.arange(600) < 60, np.arange(600) % 3 == 0
    matches = draw_matches(400, 600)
    nearest = matches.real.copy()
    nearest[:60] = RANDOM.choice(np.flatnonzero(rare & ~unseen), 60)  # forty of these
    shares = estimate_shares(
        Matches(nearest, matches.distance, matches.usual, matches.transformation),
        np.zeros(400, int),
        unseen=unseen,
        rare=rare,
        names=("a",),
    )
    assert shares[RARE].copied > shares[ALL].copied and shares[RARE].chance < 0.001


def test_nothing_is_estimated_from_nothing() -> None:
    assert estimate_share(np.zeros(0, np.int64), np.arange(9) < 3) is None
    assert estimate_share(np.zeros(5, np.int64), np.zeros(9, bool)) is None
