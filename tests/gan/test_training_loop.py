"""Laws of the adversarial game: its losses, who moves when, and that a stop leaves no trace."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import striped_images

from gan_core.compute.adam import Adam
from gan_core.compute.normalisation import BatchNormalisation
from gan_core.compute.weights import values
from gan_core.config import GanSettings
from gan_core.gan.losses import ADVERSARIAL, Losses, class_loss, gradient_penalty
from gan_core.gan.networks import UpConvolution
from gan_core.gan.resumable_game import Diverged
from gan_core.gan.training_loop import Game, class_shares, draw_by_class
from gan_core.images.labelled_images import LabelledImages

Loss = Callable[[tf.Tensor, tf.Tensor], Losses]
TINY = GanSettings(
    epochs=3,
    epoch_images=96,
    batch_size=16,
    generator_width=8,
    discriminator_width=8,
    latent_size=8,
    penalty_interval=2,
)
UNCONDITIONAL = TINY.model_copy(
    update={"conditional": False, "loss": "cross-entropy", "class_head_weight": 0.0, "shift": 2}
)
VIEWS = TINY.model_copy(update={"shift": 2, "flip": True, "tint": 0.5, "cutout": 0.25})
REAL = striped_images(96, seed=3)


def new_game(settings: GanSettings = TINY, seed: int = 0) -> Game:
    return Game(settings, images=len(REAL), shape=REAL.shape, classes=len(REAL.class_names), seed=seed)


@cache
def shared_game(settings: GanSettings, seed: int) -> tuple[Game, dict[str, np.ndarray]]:
    game = new_game(settings, seed)
    return game, game.state()


def game_at_start(settings: GanSettings = TINY, seed: int = 0) -> Game:
    """The one game of these settings and seed that tests share, back at its start: to compile another takes seconds."""
    game, start = shared_game(settings, seed)
    game.restore(start)
    return game


def assert_same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert np.array_equal(value, second[name]), name


def weights(model: keras.Model) -> dict[str, np.ndarray]:
    return {str(number): value for number, value in enumerate(model.get_weights())}


@pytest.mark.parametrize("loss", ADVERSARIAL.values())
def test_equal_logits_cost_log_two(loss: Loss) -> None:
    losses = loss(tf.zeros([5]), tf.zeros([5]))
    assert losses.generator.numpy() == pytest.approx(math.log(2))
    assert losses.discriminator.numpy() == pytest.approx(math.log(2))


@pytest.mark.parametrize("loss", ADVERSARIAL.values())
def test_what_pleases_one_player_costs_the_other(loss: Loss) -> None:
    level, fooled = loss(tf.zeros([5]), tf.zeros([5])), loss(tf.zeros([5]), tf.ones([5]))
    assert fooled.generator < level.generator
    assert fooled.discriminator > level.discriminator


def test_the_relativistic_players_swap_roles_when_real_and_fake_do() -> None:
    real, fake = tf.random.stateless_normal([7], [1, 2]), tf.random.stateless_normal([7], [3, 4])
    one_way, other_way = ADVERSARIAL["relativistic"](real, fake), ADVERSARIAL["relativistic"](fake, real)
    assert one_way.generator == other_way.discriminator


def test_uniform_class_logits_cost_log_of_the_classes() -> None:
    assert class_loss(tf.zeros([4, 10]), tf.one_hot([0, 3, 5, 9], 10)).numpy() == pytest.approx(math.log(10))


def test_the_penalty_of_a_linear_critic_is_its_squared_weight_norm() -> None:
    weight = tf.random.stateless_normal([28, 28, 1], [5, 6])
    images = tf.random.stateless_normal([3, 28, 28, 1], [7, 8])
    penalty = gradient_penalty(lambda batch: tf.reduce_sum(weight * batch, axis=[1, 2]), images)
    assert penalty.numpy() == pytest.approx(tf.reduce_sum(weight**2).numpy(), rel=1e-5)


def test_batch_normalisation_agrees_with_that_of_keras() -> None:
    ours, keras_layer = BatchNormalisation(), keras.layers.BatchNormalization()
    maps = tf.random.stateless_normal([16, 7, 7, 4], [1, 1], mean=2.0, stddev=3.0)
    assert np.allclose(ours(maps, training=True), keras_layer(maps, training=True), atol=1e-5)
    assert np.allclose(ours.mean, keras_layer.moving_mean)
    assert np.allclose(ours.variance, keras_layer.moving_variance, rtol=2e-3)  # ours corrects for the sample's size
    assert np.allclose(ours(maps), keras_layer(maps), atol=2e-2)


def test_the_up_convolution_is_that_of_keras_after_upsampling() -> None:
    ours = UpConvolution(5, keras.initializers.GlorotUniform(seed=1), "float32")
    upsampling, convolution = keras.layers.UpSampling2D(), keras.layers.Conv2D(5, 3, padding="same", use_bias=False)
    maps = tf.random.stateless_normal([2, 7, 8, 3], [1, 1])
    ours(maps), convolution(maps)
    convolution.kernel.assign(ours.kernel)
    assert np.allclose(ours(maps), convolution(upsampling(maps)), atol=1e-6)


@pytest.mark.parametrize("beta_1", [0.0, 0.5])
def test_adam_moves_as_that_of_keras_does(beta_1: float) -> None:
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 5)
    optimizers = [one(schedule, beta_1, 0.9) for one in (Adam, keras.optimizers.Adam)]
    ours, theirs = ([tf.Variable([1.0, -2.0]), tf.Variable([[3.0]])] for _ in optimizers)
    random = np.random.default_rng(0)
    for _ in range(5):
        gradients = [tf.constant(random.normal(size=weight.shape), tf.float32) for weight in ours]
        for optimizer, weights in zip(optimizers, (ours, theirs), strict=True):
            optimizer.apply(gradients, weights)
    for our, their in zip(ours, theirs, strict=True):
        assert np.allclose(our, their, rtol=1e-5)


def test_both_players_move_and_every_weight_with_them() -> None:
    game = new_game(TINY.model_copy(update={"loss": "cross-entropy"}))  # in pairs, the bias of realness cancels out
    generator, discriminator = weights(game.generator), weights(game.discriminator)
    next(game.play(REAL))
    for before, player in ((generator, game.generator), (discriminator, game.discriminator)):
        assert all(not np.array_equal(value, before[name]) for name, value in weights(player).items())


@pytest.mark.parametrize(("mover", "sitter"), [("generator", "discriminator"), ("discriminator", "generator")])
def test_a_move_of_one_player_leaves_the_other_untouched(mover: str, sitter: str) -> None:
    game = new_game(TINY.model_copy(update={"loss": "cross-entropy"}))
    resting = keras.optimizers.SGD(0.0)  # its own moves have no length
    resting.build(getattr(game, sitter).trainable_variables)
    setattr(game, f"{sitter}_optimizer", resting)
    before = [value.numpy() for value in getattr(game, sitter).trainable_variables]
    moving = [value.numpy() for value in getattr(game, mover).trainable_variables]
    next(game.play(REAL))
    after = [value.numpy() for value in getattr(game, sitter).trainable_variables]
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))
    moved = [value.numpy() for value in getattr(game, mover).trainable_variables]
    assert not any(np.array_equal(*pair) for pair in zip(moving, moved, strict=True))


@pytest.mark.parametrize("settings", [TINY, UNCONDITIONAL])
def test_a_restored_game_ends_with_the_bits_of_an_uninterrupted_one(
    settings: GanSettings, capfd: pytest.CaptureFixture[str]
) -> None:
    first = game_at_start(settings)
    epochs, uninterrupted = list(first.play(REAL)), first.state()
    first = game_at_start(settings)
    next(first.play(REAL))
    second = new_game(settings)
    second.restore(first.state())
    rest = list(second.play(REAL))
    assert_same(second.state(), uninterrupted)
    assert [epoch.generator_loss for epoch in rest] == [epoch.generator_loss for epoch in epochs[1:]]
    assert "remapper failed" not in capfd.readouterr().err  # where it does differs, and so do the bits


def test_a_game_may_begin_with_the_players_of_another_at_its_own_start() -> None:
    played, fresh = game_at_start(), new_game(seed=1)
    list(played.play(REAL))
    fresh.begin_from(played.state())
    for player in ("generator", "averaged", "discriminator"):
        assert_same(weights(getattr(fresh, player)), weights(getattr(played, player)))
    assert fresh.epoch == 0
    assert not any(np.any(moment) for moment in values(fresh.discriminator_optimizer.variables[2:]).values())


@pytest.mark.parametrize("settings", [TINY, UNCONDITIONAL, VIEWS])
def test_gradients_meet_in_pairs(settings: GanSettings) -> None:
    """A sum of three begins with whichever is free first, so that equal seeds would end with other bits."""
    game = game_at_start(settings)
    arguments = *next(game._rounds(REAL)), tf.constant(0)
    play: Any = game._play_round
    graph = play.get_concrete_function(*arguments).graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    assert {node.attr["N"].i for node in nodes if node.op == "AddN"} == {2}


def test_games_of_full_width_with_one_seed_end_with_the_same_bits() -> None:
    settings = GanSettings(
        epochs=3, epoch_images=512, batch_size=64, penalty_interval=8, precision="float32"
    )  # lower precision would hide what rounds differently
    random = np.random.default_rng(4)
    images = settings.batch_size * settings.penalty_interval
    noise = random.integers(0, 256, (images, 28, 28, 1)).astype(np.uint8)
    real = LabelledImages(noise, random.integers(0, 10, images).astype(np.uint8), REAL.class_names)
    one, other = (Game(settings, images=len(real), shape=REAL.shape, classes=10, seed=0) for _ in range(2))
    list(one.play(real)), list(other.play(real))
    assert_same(one.state(), other.state())


def test_another_seed_is_another_game() -> None:
    one, other = (next(game_at_start(seed=seed).play(REAL)) for seed in (0, 1))
    assert one.generator_loss != other.generator_loss


def test_without_averaging_the_average_is_the_generator() -> None:
    game = new_game(TINY.model_copy(update={"ema_decay": 0.0}))
    next(game.play(REAL))
    assert_same(weights(game.averaged), weights(game.generator))


def test_an_unconditional_game_does_not_look_at_the_labels() -> None:
    relabelled = striped_images(96, seed=3)
    object.__setattr__(relabelled, "labels", np.zeros(96, np.uint8))
    ends = []
    for real in (REAL, relabelled):
        game = game_at_start(UNCONDITIONAL)
        next(game.play(real))
        ends.append(game.state())
    assert_same(*ends)


def test_an_epoch_of_more_images_than_there_are_shows_each_as_often() -> None:
    game = new_game(TINY.model_copy(update={"epoch_images": 3 * len(REAL)}))
    assert np.bincount(game._orders(REAL.labels).ravel()).tolist() == [3] * len(REAL)


def test_a_rare_class_is_shown_more_often_by_the_root_of_its_share_and_even_ones_are_left_alone() -> None:
    counts = np.array([400, 100, 0, 4])
    by_root, even = class_shares(counts, 0.5), class_shares(counts, 1.0)
    assert by_root is not None and np.allclose(by_root, np.array([20, 10, 0, 2]) / 32)
    assert even is not None and np.allclose(even, np.array([1, 1, 0, 1]) / 3)
    assert class_shares(counts, 0.0) is None and class_shares(np.array([149, 0, 100]), 1.0) is None


def test_images_are_drawn_by_the_shares_of_their_classes_and_each_about_as_often_as_others_of_its_own() -> None:
    labels = np.array([0] * 190 + [1] * 10)
    drawn = draw_by_class(labels, np.array([0.5, 0.5]), 2_000, np.random.default_rng(0))
    seen = np.bincount(drawn, minlength=200)
    assert len(drawn) == 2_000 and abs(seen[:190].sum() - 1_000) < 100
    assert np.ptp(seen[:190]) <= 1 and np.ptp(seen[190:]) <= 1


def test_a_game_of_uneven_classes_shows_the_rare_one_in_most_batches() -> None:
    labels = np.array([0] * 92 + [1] * 4, np.uint8)
    settings = TINY.model_copy(update={"epoch_images": 960, "balance": 0.5})
    rare = (labels[new_game(settings)._orders(labels)] == 1).any(axis=-1).mean()
    plain = (labels[new_game(settings.model_copy(update={"balance": 0.0}))._orders(labels)] == 1).any(axis=-1).mean()
    assert rare > 0.85 > plain


def test_a_small_set_has_epochs_of_many_steps_and_a_large_one_of_its_own_images() -> None:
    shown = GanSettings().images_per_epoch
    assert [shown(images) for images in (200, 20_000, 55_000)] == [20_000, 20_000, 55_000]
    assert TINY.images_per_epoch(55_000) == 96


def test_steps_that_are_too_large_end_the_game_before_the_epoch_is_reported() -> None:
    game, epochs = new_game(TINY.model_copy(update={"learning_rate": 1e30})), []

    def play() -> None:
        for epoch in game.play(REAL):
            assert all(np.isfinite(value).all() for value in game.state().values())
            epochs.append(epoch)

    with pytest.raises(Diverged, match=r"in epoch \d; lower --gan\.learning-rate, which is 1e\+30"):
        play()
    assert game.epoch == len(epochs) < TINY.epochs


def test_a_checkpoint_of_a_lost_game_is_refused() -> None:
    game = game_at_start()
    state = game.state()
    lost = state | {"variable_0": np.full_like(state["variable_0"], np.nan)}
    for take in (game.begin_from, game.restore):
        with pytest.raises(Diverged, match="from scratch"):
            take(lost)
    assert_same(game.state(), state)


def test_every_epoch_reports_and_every_round_calls() -> None:
    game, rounds = game_at_start(), []
    epochs = list(game.play(REAL, lambda: rounds.append(1)))
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3]
    assert len(rounds) == TINY.epochs * game.rounds
    for epoch in epochs:
        assert 0 <= epoch.generator_accuracy <= 1
        assert epoch.generator_accuracy + epoch.discriminator_accuracy == pytest.approx(1)
