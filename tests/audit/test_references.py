"""Laws of the short games: each is played once, learns from its half alone, and is found again."""

from pathlib import Path

import numpy as np
import pytest
from conftest import striped_images

from gan_core.audit.membership import toss_coins
from gan_core.config import Experiment, GanSettings
from gan_core.gan import training_loop
from gan_core.images.labelled_images import LabelledImages
from tasks.audit import references, short_game
from tasks.audit.overtrained import overtrain
from tasks.audit.references import shorten, train_references
from tasks.audit.short_game import identify_game, play_short_game

TINY = GanSettings(
    epochs=2,
    epoch_images=32,
    batch_size=16,
    generator_width=8,
    discriminator_width=8,
    latent_size=8,
    penalty_interval=2,
)
REAL = striped_images(60, seed=3)


@pytest.fixture
def shared_game(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each new game is the same one, back at its start: to compile another takes seconds."""
    game = training_loop.Game(TINY, images=len(REAL), shape=REAL.shape, classes=len(REAL.class_names), seed=1)
    start = game.state()

    def restart(*_: object, **__: object) -> training_loop.Game:
        game.restore(start)
        return game

    monkeypatch.setattr(training_loop, "Game", restart)


@pytest.mark.usefixtures("shared_game")
def test_a_game_is_played_once_and_one_that_was_stopped_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def play(folder: str) -> tuple[LabelledImages, int]:
        told: list[int] = []
        drawn = play_short_game(REAL, TINY, seed=1, draws=20, folder=tmp_path / folder, advance=told.append)
        return drawn, sum(told)

    whole, rounds = play("whole")
    assert np.array_equal(whole.labels, REAL.labels[:20]) and rounds == 2
    assert [path.name for path in (tmp_path / "whole").glob("*.npz")] == ["drawn.npz"]

    save = short_game.save_arrays

    def save_and_stop(path: Path, arrays: dict[str, np.ndarray]) -> None:
        save(path, arrays)
        raise KeyboardInterrupt

    monkeypatch.setattr(short_game, "save_arrays", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        play("stopped")
    monkeypatch.setattr(short_game, "save_arrays", save)
    stopped, rounds = play("stopped")
    assert np.array_equal(stopped.images, whole.images) and rounds == 2

    monkeypatch.setattr(training_loop, "Game", lambda *_, **__: pytest.fail("It was played before."))
    again, rounds = play("whole")
    assert np.array_equal(again.images, whole.images) and rounds == 2


def test_each_reference_learns_from_the_half_that_its_coins_say(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, validation = REAL.take(np.arange(40)), REAL.take(np.arange(40, 60))
    played: list[tuple[LabelledImages, GanSettings, int, Path]] = []

    def play(real: LabelledImages, gan: GanSettings, **own: object) -> LabelledImages:
        assert isinstance(own["seed"], int) and isinstance(own["folder"], Path)
        played.append((real, gan, own["seed"], own["folder"]))
        return real

    monkeypatch.setattr(references, "play_short_game", play)
    experiment = Experiment(gan=TINY, seed=7)
    found = train_references(train, validation, experiment, data_digest="digest", references=3, epochs=1)
    for number, (reference, (real, gan, seed, folder)) in enumerate(zip(found, played, strict=True)):
        assert np.array_equal(reference.learned, toss_coins(60, 7, number))
        assert np.array_equal(real.images, REAL.images[reference.learned])
        assert gan.epochs == 1 and seed != 7 and folder.is_relative_to(elsewhere / "cache")
    assert len({seed for _, _, seed, _ in played}) == len({folder for *_, folder in played}) == 3


def test_a_game_is_known_by_all_that_shapes_it() -> None:
    digests = {
        identify_game(gan, data, *which)
        for gan in (TINY, shorten(TINY, 1))
        for data in ("one", "other")
        for which in (("reference", 0), ("reference", 1))
    }
    assert len(digests) == 8 and shorten(TINY, 5) == TINY


def test_who_is_trained_too_long_sees_each_image_twenty_times_an_epoch() -> None:
    assert overtrain(TINY, 500).rounds(500) * TINY.round_images == pytest.approx(20 * 500, rel=0.01)
