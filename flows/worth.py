"""What the images of a finished run are worth: as how many real ones, beside how many, and what to do about it."""

from prefect import flow

from gan_core.config import Experiment
from gan_core.files import located
from gan_core.reports.worth_table import format_worth
from gan_core.worth.gains import RATIOS
from tasks.data.real_images import real_images
from tasks.reports.publish_worth import publish_worth
from tasks.runs.run_folder import Run
from tasks.worth.give_advice import advise_by_run, give_advice
from tasks.worth.measure_curve import measure_curve
from tasks.worth.measure_gains import measure_gains


@flow(name="worth", persist_result=True, result_serializer="json")
def worth(
    folder: str,
    experiment: Experiment,
    gains: tuple[int, ...] = (),
    advice: bool = False,
    ratios: tuple[float, ...] = RATIOS,
) -> str:
    """Find how many real images teach what the synthetic ones of a run teach; a table.

    `gains` are numbers of real images beside which synthetic ones are tried, with a generator of these alone, and
    `ratios` how many synthetic ones to a real one. With `advice`, classifiers say on validation images which classes
    gain, how many images to draw, and which epoch taught best.
    """
    run, real = Run(located(folder)), real_images(experiment)
    found = publish_worth(measure_curve(real, experiment, run), real, experiment, run)
    for images in gains:
        beside = measure_gains(images, real, experiment, run, ratios=ratios)
        found = publish_worth(found.with_gains(beside), real, experiment, run)
    said = give_advice(real, experiment, run) if advice else advise_by_run(real, run)
    return format_worth(publish_worth(found.with_advice(said), real, experiment, run))
