"""What was chosen to fill a time, in sentences."""

from collections.abc import Iterator

from gan_core.clock.choice import Choice
from gan_core.config import Experiment
from gan_core.errors import show_count
from gan_core.inspection.forecast import Forecast
from gan_core.reports.command_line import command_line
from gan_core.reports.inspection_table import format_minutes

EARLY = 0.9  # of the time: a run that takes less is told to end early


def describe_choice(found: Choice, *, seconds: float) -> Iterator[str]:
    """What was chosen for so many seconds, what to expect, and the command that makes the same run without a clock."""
    yield f"Chosen: {describe_settings(found.experiment)}"
    yield describe_times(found.forecast)
    if found.forecast.seconds < EARLY * seconds:
        yield "The run will end early: with what is to stay as it is, the table of settings has nothing longer"
    if found.accuracy is not None:
        by = "soft labels" if found.stage.taught_by == "soft" else "labels"
        yield f"Expect what such settings led to before: Fashion-MNIST taught about {found.accuracy:.1f} % by its {by}"
    else:
        yield "Nothing was measured by which to expect an accuracy of such settings"
    yield f"The same run without the clock, or on after an interruption: {command_line(found.experiment)}"


def describe_settings(experiment: Experiment) -> str:
    """The settings that were chosen."""
    gan, dataset, classifier = experiment.gan, experiment.dataset, experiment.classifier
    widths = " and ".join(map(str, dict.fromkeys((gan.generator_width, gan.discriminator_width))))
    shown = f" of {gan.epoch_images:,} images" if gan.epoch_images else ""
    refined = f", the same refined ({', '.join(dataset.refinements)})" if dataset.refinements else ""
    worth = f"the worth by {show_count(experiment.worth, 'subset')}" if experiment.worth else "no worth"
    return (
        f"{widths} channels, {show_count(gan.epochs, 'epoch')}{shown}, {show_count(dataset.per_class, 'image')} of "
        f"each class{refined}, {classifier.name} classifiers of {show_count(classifier.steps, 'step')}, {worth}"
    )


def describe_times(told: Forecast) -> str:
    """How long the rest of the run should take, and when it takes longer."""
    parts = (told.training, told.teaching, told.drawing, told.examining)
    names = ("training", "teaching classifiers", "drawing", "all else")
    each = ", ".join(f"{name} {format_minutes(seconds)}" for name, seconds in zip(names, parts, strict=True))
    return (
        f"Expect {format_minutes(told.seconds)} from here on: {each}; more if the machine gets busier than it was "
        "while it was measured, as nothing is left out later"
    )
