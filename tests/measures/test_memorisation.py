"""Laws of copying: who hands out training images is found, who draws as smoothly as a generator is not."""

import numpy as np
import pytest
from conftest import striped_images

from gan_core.measures import memorisation
from gan_core.measures.memorisation import measure_memorisation, nearest

RANDOM = np.random.default_rng(0)
PIXELS = striped_images(2_000, seed=5).images.reshape(2_000, -1)
KNOWN, UNSEEN, OTHERS = PIXELS[:1_000], PIXELS[1_000:1_500], PIXELS[1_500:]


def noisy(pixels: np.ndarray, spread: float) -> np.ndarray:
    return np.clip(pixels + RANDOM.normal(0, spread, pixels.shape), 0, 255).astype(np.uint8)


def smoothed(pixels: np.ndarray) -> np.ndarray:
    wide = pixels.reshape(-1, 28, 28).astype(float)
    return np.mean([np.roll(wide, (down, right), (1, 2)) for down in (-1, 0, 1) for right in (-1, 0, 1)], axis=0)


def test_the_nearest_is_that_of_all_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memorisation, "BLOCK", 300)  # so that there are several, the last one shorter
    monkeypatch.setattr(memorisation, "PIXELS", 500)
    distances = np.linalg.norm(OTHERS[:50, None].astype(float) - KNOWN[None], axis=2)
    assert np.array_equal(nearest(OTHERS[:50], KNOWN), distances.argmin(axis=1))


def test_training_images_are_copies_and_so_they_are_with_a_little_noise() -> None:
    for generated in (KNOWN, noisy(KNOWN, 4)):
        seen = measure_memorisation(generated, KNOWN, UNSEEN)
        assert seen.copied == pytest.approx(1.0) and "copies: about 100%" in seen.fault


def test_validation_images_and_other_unseen_ones_do_not_copy() -> None:
    assert measure_memorisation(UNSEEN, KNOWN, UNSEEN).copied < 0
    for generated in (UNSEEN, noisy(UNSEEN, 4), OTHERS):
        assert measure_memorisation(generated, KNOWN, UNSEEN).fault == ""


def test_smooth_images_are_nearer_to_the_known_ones_than_unseen_ones_are_but_no_copies() -> None:
    smooth = smoothed(OTHERS).reshape(len(OTHERS), -1).astype(np.uint8)

    def distance(pixels: np.ndarray) -> float:
        return float(np.median(np.linalg.norm(pixels.astype(float) - KNOWN[nearest(pixels, KNOWN)], axis=1)))

    assert distance(smooth) < distance(UNSEEN)
    assert measure_memorisation(smooth, KNOWN, UNSEEN).fault == ""


def test_the_share_of_copies_among_others_is_estimated() -> None:
    shares = [0.0, 0.3, 0.6]
    mixtures = [np.concatenate([KNOWN[: int(500 * share)], OTHERS[int(500 * share) :]]) for share in shares]
    for share, mixture in zip(shares, mixtures, strict=True):
        seen = measure_memorisation(mixture, KNOWN, UNSEEN)
        assert seen.copied == pytest.approx(share, abs=3 * seen.noise)


def test_the_noise_is_that_of_other_random_cuts() -> None:
    together = np.concatenate([KNOWN, UNSEEN])
    cuts = [RANDOM.permutation(together) for _ in range(60)]
    seen = [measure_memorisation(OTHERS, cut[:1_000], cut[1_000:]) for cut in cuts]
    assert np.std([one.copied for one in seen]) == pytest.approx(seen[0].noise, rel=0.3)
    assert np.mean([one.copied for one in seen]) == pytest.approx(0, abs=3 * seen[0].noise / np.sqrt(60))
