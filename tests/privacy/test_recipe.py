"""A private run spends all of its budget and no more, and takes more steps where images stand out from the noise."""

from collections.abc import Callable

import pytest

from gan_core.config import PrivacySettings
from gan_core.privacy.accounting import sigma_for
from gan_core.privacy.ledger import Ledger, Reading
from gan_core.privacy.mean_embedding import MEANS
from gan_core.privacy.private_teacher import GRADIENT
from gan_core.privacy.recipe import Recipe, choose_recipe


@pytest.mark.parametrize("epsilon", [0.1, 0.2, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("images", [300, 5_000, 55_000, 1_000_000])
def test_its_readings_spend_the_budget_and_no_more(epsilon: float, images: int) -> None:
    recipe = choose_recipe(PrivacySettings(epsilon=epsilon), images)
    steps, budget = recipe.teacher.steps, (epsilon, 1e-5)
    once = sigma_for(*budget, share=recipe.release_share)
    often = sigma_for(*budget, share=1 - recipe.release_share, readings=steps)
    ledger = Ledger(*budget).charge(Reading(MEANS, 1.0, once, images=images))
    ledger = ledger.charge(Reading(GRADIENT, 1.0, often, images=images, times=steps))
    assert 0.9999 * epsilon < ledger.epsilon <= epsilon


@pytest.mark.parametrize("length", [lambda recipe: recipe.teacher.steps, lambda recipe: recipe.most_epochs])
def test_more_budget_and_more_images_are_worth_more_steps(length: Callable[[Recipe], int]) -> None:
    by_budget = [choose_recipe(PrivacySettings(epsilon=epsilon), 55_000) for epsilon in (0.1, 0.2, 1.0, 3.0, 10.0)]
    by_images = [choose_recipe(PrivacySettings(epsilon=1.0), images) for images in (300, 5_000, 55_000, 1_000_000)]
    for taken in (list(map(length, by_budget)), list(map(length, by_images))):
        assert taken == sorted(taken) and taken[0] < taken[-1]


def test_who_asks_for_no_privacy_has_no_recipe() -> None:
    with pytest.raises(ValueError, match="without an epsilon"):
        choose_recipe(PrivacySettings(), 55_000)
