"""Laws of the choice of settings by a time: it never takes more, more time never buys less, what was given stays."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gan_core.clock.choice import Choice, Situation, choose
from gan_core.clock.duration import Images, Taught, estimate
from gan_core.clock.minutes import LEAST_MINUTES, MOST_MINUTES, read_minutes
from gan_core.clock.pace import Pace
from gan_core.clock.stages import read_rows, read_stages
from gan_core.clock.training_length import count_epochs, count_rounds
from gan_core.config import CLASSIC, FULL, SMOKE, STANDARD, Experiment
from gan_core.errors import BadInput
from gan_core.reports.choice_text import describe_choice
from gan_core.settings_grid import by_name, replace_settings

FASHION = Images(train=55_000, validation=5_000, test=10_000, classes=10)
PHOTOS = Images(train=900, validation=100, test=200, classes=3)
TWO_CORES = Pace(  # Fashion-MNIST, 64 channels, the two-conv classifier
    begin_training=9.0,
    round=0.55,
    look=1.5,
    image=6e-5,
    begin_teaching=2.0,
    step=0.035,
    answer=7e-5,
    catalogue=2.0,
    compared=1.2e-3,
    rounds=6,
)
NOTHING = Taught()
MINUTES = [3, 3.5, 4, 5, 7, 8, 10, 15, 20, 25, 30, 40, 45, 60, 90, 120, 180, 240, 300, 360, 480, 600]


def pace_of(experiment: Experiment, times: float = 1.0) -> Pace:
    """That of a machine `times` as slow: twice as wide networks take 1.9 times as long, four convolutions 2.5 times."""
    widths = (experiment.gan.generator_width + experiment.gan.discriminator_width) / 128
    wider, longer = times * widths**0.9, times * (2.5 if experiment.classifier.name == "four-conv" else 1.0)
    return replace(
        TWO_CORES,
        round=wider * TWO_CORES.round,
        look=wider * TWO_CORES.look,
        image=wider * TWO_CORES.image,
        step=longer * TWO_CORES.step,
        answer=longer * TWO_CORES.answer,
    )


def situation(images: Images = FASHION, times: float = 1.0, taught: Taught = NOTHING) -> Situation:
    return Situation(images, lambda experiment: pace_of(experiment, times), lambda experiment: taught)


def chosen(minutes: float, *kept: str, experiment: Experiment = STANDARD, within: Situation | None = None) -> Choice:
    return choose(experiment, set(kept), within or situation(), lambda: 60 * minutes)


def amount(choice: Choice, images: Images) -> tuple[int, int, int]:
    """What grows with the time: the stage first, then the training, then the classifiers' steps."""
    made = choice.experiment
    return read_stages().index(choice.stage), count_rounds(made, images), made.classifier.steps


@pytest.mark.parametrize("images", [FASHION, PHOTOS])
@pytest.mark.parametrize("times", [0.3, 1.0, 1.4])
@pytest.mark.parametrize("kept", [{}, {"gan.epochs": 3}, {"gan.epoch_images": 30_000}, {"classifier.steps": 200}])
def test_no_time_is_exceeded_and_more_of_it_buys_no_less(images: Images, times: float, kept: dict[str, int]) -> None:
    experiment, within = replace_settings(STANDARD, kept), situation(images, times)
    found = [choose(experiment, set(kept), within, lambda each=each: 60 * each) for each in MINUTES]  # type: ignore[misc]

    for minutes, choice in zip(MINUTES, found, strict=True):
        made = choice.experiment
        assert estimate(made, pace_of(made, times), images).seconds <= 60 * minutes * (1 + 1e-9)
        assert Experiment.model_validate(made.model_dump()) == made
        assert kept.items() <= by_name(made.model_dump()).items()
    assert all(amount(less, images) <= amount(more, images) for less, more in pairwise(found))


@pytest.mark.parametrize("minutes", MINUTES)
def test_a_tenth_of_the_time_is_left_at_most_on_two_cores(minutes: float) -> None:
    assert chosen(minutes).forecast.seconds >= 0.9 * 60 * minutes


@pytest.mark.parametrize("taught", [Taught(), Taught(real=3), Taught(real=3, subsets=18)])
def test_what_was_taught_before_leaves_time_that_is_filled(taught: Taught) -> None:
    choice = chosen(45, within=situation(taught=taught))
    assert 0.9 * 45 <= choice.forecast.minutes <= 45


def test_a_time_that_is_too_short_for_the_machine_gets_a_sentence_and_the_least_that_is_enough() -> None:
    with pytest.raises(BadInput, match=r"^Expected at least [\d.]+ minutes .+, got 3\.0; .+\.$") as refused:
        chosen(3, within=situation(times=8))
    least = float(str(refused.value).split()[3])
    assert chosen(least + 0.1, within=situation(times=8)).forecast.minutes <= least + 0.1


@pytest.mark.parametrize(
    ("times", "widths", "names"),
    [(1.0, {64}, {"two-conv"}), (2.5, {32, 64}, {"two-conv"}), (0.05, {64, 128}, {"two-conv", "four-conv"})],
    ids=["usual", "slow", "fast"],
)
def test_only_what_may_fit_is_measured(times: float, widths: set[int], names: set[str]) -> None:
    measured = []

    def measure(experiment: Experiment) -> Pace:
        measured.append((experiment.gan.generator_width, experiment.classifier.name))
        return pace_of(experiment, times)

    choose(STANDARD, set(), Situation(FASHION, measure, lambda experiment: Taught()), lambda: 270.0)

    assert {width for width, _ in measured} == widths and {name for _, name in measured} == names


def test_nothing_more_is_measured_when_the_time_is_over() -> None:
    left, measured = [200.0], []

    def measure(experiment: Experiment) -> Pace:
        left[0] = 0.0
        measured.append(experiment.gan.generator_width)
        return pace_of(experiment)

    with pytest.raises(BadInput, match=r"got 0\.0; "):
        choose(STANDARD, set(), Situation(FASHION, measure, lambda experiment: Taught()), lambda: left[0])
    assert set(measured) == {64}


def test_the_time_that_a_measurement_took_is_not_spent_again() -> None:
    left = iter(np.linspace(600, 400, 1_000))  # it runs down whenever it is looked at
    last = [600.0]

    def seconds() -> float:
        last.append(float(next(left)))
        return last[-1]

    assert choose(STANDARD, set(), situation(), seconds).forecast.seconds <= last[-1]


@pytest.mark.parametrize("experiment", [CLASSIC, FULL])
def test_what_the_table_does_not_name_stays_that_of_the_experiment(experiment: Experiment) -> None:
    made = by_name(chosen(10, experiment=experiment).experiment.model_dump())
    names = {*read_stages()[0].settings, "gan.epochs", "gan.epoch_images"}
    before = by_name(experiment.model_dump())
    assert {name: made[name] for name in made.keys() - names} == {name: before[name] for name in made.keys() - names}


def test_an_accuracy_is_told_only_of_settings_that_were_measured() -> None:
    plain, other = chosen(20), chosen(20, experiment=CLASSIC)
    assert plain.accuracy is not None and other.accuracy is None
    assert min(plain.stage.accuracies) <= plain.accuracy <= max(plain.stage.accuracies)
    wider = replace_settings(STANDARD, {"gan.generator_width": 96})
    assert chosen(20, "gan.generator_width", experiment=wider).accuracy is None


def test_the_lines_say_what_was_chosen_what_to_expect_and_the_command_without_the_clock() -> None:
    choice = chosen(5)
    text = "\n".join(describe_choice(choice, seconds=300))
    gan = choice.experiment.gan
    assert f"{gan.generator_width} channels, {gan.epochs} epoch" in text
    assert "Expect 5 min from here on" in text and f"{choice.accuracy:.1f} %" in text
    assert f"--gan.epochs {gan.epochs}" in text.splitlines()[-1] and "end early" not in text
    kept = chosen(60, "gan.epochs", "classifier.steps")
    assert "end early" in "\n".join(describe_choice(kept, seconds=3_600))


@pytest.mark.parametrize(
    "more",
    [
        {"gan.epochs": 17},
        {"dataset.per_class": 6_100},
        {"classifier.steps": 1_001},
        {"worth": 7},
        {"dataset.refinements": "soft"},
        {"classifier.seeds": "0-3"},
    ],
    ids=str,
)
def test_more_of_anything_takes_longer(more: dict[str, int | str]) -> None:
    longer = replace_settings(STANDARD, more)
    assert estimate(longer, TWO_CORES, FASHION).seconds > estimate(STANDARD, TWO_CORES, FASHION).seconds


@pytest.mark.parametrize(
    ("experiment", "epoch", "step", "taken"),
    [(SMOKE, 37.9, 0.0395, 152), (STANDARD.model_copy(update={"worth": 0}), 40.1, 0.0415, 1_092)],
    ids=["smoke", "standard"],
)
def test_runs_that_were_made_took_what_is_told(experiment: Experiment, epoch: float, step: float, taken: float) -> None:
    """By the seconds of an epoch and of a step in two runs of November 2026, from their start to the report."""
    pace = replace(TWO_CORES, round=epoch / 53, look=1.2, step=step, compared=1.1e-3)
    assert estimate(experiment, pace, FASHION).seconds == pytest.approx(taken, rel=0.1)


def test_the_table_rises_and_says_what_the_benchmarks_found() -> None:
    rows, stages = read_rows(), read_stages()
    assert all(list(stage.epochs) == sorted(stage.epochs) for stage in stages)
    accuracies = [float(row["accuracy"]) for row in rows]
    assert accuracies == sorted(accuracies)
    for row in rows:
        results = Path(__file__).parents[2] / "benchmarks" / "results" / f"{row['source']}.csv"
        values = pd.read_csv(results)["value"]
        assert any(math.isclose(value, float(row["accuracy"]), abs_tol=0.006) for value in values)


def test_an_accuracy_between_two_that_were_measured_lies_between_them() -> None:
    [stage] = [each for each in read_stages() if each.epochs == (5, 16)]
    assert stage.accuracy(5) == stage.accuracies[0] and stage.accuracy(16) == stage.accuracies[1]
    assert stage.accuracies[0] < stage.accuracy(9) < stage.accuracies[1] == stage.accuracy(40)
    assert count_epochs(STANDARD, FASHION) == 16


@pytest.mark.parametrize("typed", ["2.9", "601", "-5", "nan", "inf", "five", ""])
def test_other_times_are_refused(typed: str) -> None:
    with pytest.raises(BadInput, match=r"^Expected 3 to 600 minutes, got .*; .+\.$"):
        read_minutes(typed)
    assert read_minutes(f"{LEAST_MINUTES}") == LEAST_MINUTES and read_minutes("6e2") == MOST_MINUTES
