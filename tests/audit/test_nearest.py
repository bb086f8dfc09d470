"""Laws of the search: it finds what all comparisons would find, and an original whatever was done to its copy."""

import numpy as np
import pytest
from textures import textured_images

from gan_core.audit.nearest import Catalogue, catalogue, describe_spectra, find_nearest, name_transformation
from gan_core.audit.planted import COPYING, plant_copies

REAL = textured_images(1_200, seed=1)
OTHERS = textured_images(60, seed=2)


@pytest.fixture(scope="module")
def known() -> Catalogue:
    return catalogue(REAL.images, seed=0)


def correlations(generated: np.ndarray, real: np.ndarray) -> list[tuple[float, str]]:
    """That of the middle of a real picture, mirrored or not, with each window of a generated one, word by word."""
    found = []
    for mirrored, original in (("mirrored", real[:, ::-1]), ("", real)):
        for down in range(-2, 3):
            for right in range(-2, 3):
                window = generated[2 + down : 22 + down, 2 + right : 22 + right]
                vertical = f"{abs(down)} {'down' if down > 0 else 'up'}" if down else ""
                sideways = f"{abs(right)} {'right' if right > 0 else 'left'}" if right else ""
                name = ", ".join(filter(None, (mirrored, vertical, sideways))) or "as it is"
                correlation = np.corrcoef(window.reshape(-1), original[2:22, 2:22].reshape(-1))[0, 1]
                found.append((float(correlation), name))
    return found


def test_of_few_pictures_the_nearest_is_that_of_all_comparisons() -> None:
    real = REAL.images[:12]  # no more than candidates
    found = find_nearest(OTHERS.images[:6], catalogue(real, seed=0))
    for number, generated in enumerate(OTHERS.images[:6]):
        best = [max(correlations(generated, original)) for original in real]
        distances = np.sqrt(2 - 2 * np.array([correlation for correlation, _ in best]))
        nearest = int(distances.argmin())
        assert found.real[number] == nearest
        assert found.distance[number] == pytest.approx(distances.min(), abs=1e-4)
        assert found.usual[number] == pytest.approx(np.delete(distances, nearest).mean(), abs=1e-4)
        assert name_transformation(found.transformation[number]) == best[nearest][1]


@pytest.mark.parametrize("kind", COPYING)
def test_the_original_of_a_copy_is_found(known: Catalogue, kind: str) -> None:
    copies = plant_copies(REAL, 60, kind, seed=3)
    found = find_nearest(copies.images, known)
    originals = np.random.default_rng(3).permutation(len(REAL))[:60]
    assert np.mean(found.real == originals) > 0.9
    assert np.quantile(found.ratio, 0.9) < find_nearest(OTHERS.images, known).ratio.min()


def test_spectra_are_the_same_for_mirrored_and_nearly_for_moved_pictures() -> None:
    spectra = describe_spectra(OTHERS.images)
    assert np.allclose(spectra, describe_spectra(OTHERS.images[:, :, ::-1]), atol=2e-3)  # roots of nearly nothing
    moved = describe_spectra(plant_copies(OTHERS, len(OTHERS), "moved", seed=0).images)
    order = np.random.default_rng(0).permutation(len(OTHERS))
    assert np.mean(np.sum(spectra[order] * moved, axis=1)) > np.mean(spectra @ spectra.T)


def test_neither_the_order_of_the_real_pictures_nor_the_number_of_the_others_matters(known: Catalogue) -> None:
    whole, part = find_nearest(OTHERS.images, known), find_nearest(OTHERS.images[:7], known)
    assert np.array_equal(whole.real[:7], part.real)
    again = find_nearest(OTHERS.images, catalogue(REAL.images[::-1], seed=0))
    assert np.mean(len(REAL) - 1 - again.real == whole.real) > 0.9  # others may be proposed, as the parts are others


def test_what_is_left_out_is_not_found(known: Catalogue) -> None:
    found = find_nearest(REAL.images[:40], known.leave_out(np.arange(40)))
    assert found.real.min() >= 40 and found.ratio.min() > 0.1


def test_blank_pictures_are_near_to_nothing(known: Catalogue) -> None:
    found = find_nearest(np.full((2, 24, 24, 3), 128, np.uint8), known)
    assert found.ratio == pytest.approx(1, abs=0.01)
