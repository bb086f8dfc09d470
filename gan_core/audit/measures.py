"""All measures, in one list: tables, pages and `docs/metrics.md` iterate over it.

A new measure is a `Measure` beside the function that computes it, and a line here.
"""

import pandas as pd

from gan_core.audit import canaries, copies, membership, published_scores, ruler
from gan_core.measures import diversity, frechet_distance, inception, manifold, tstr
from gan_core.measures.calibration import CALIBRATION_ERROR
from gan_core.measures.measure import Figure, Measure
from gan_core.worth.curve import EQUIVALENT_REAL_IMAGES

MEASURES: tuple[Measure, ...] = (
    *(tstr.ACCURACY, tstr.CLASS_RECALL, CALIBRATION_ERROR, tstr.LABEL_FIDELITY, EQUIVALENT_REAL_IMAGES),
    *(manifold.COVERAGE, manifold.MANIFOLD_RECALL, manifold.MANIFOLD_PRECISION, manifold.DENSITY),
    *(frechet_distance.FRECHET_DISTANCE, inception.INCEPTION_FID, inception.INCEPTION_KID),
    *(diversity.WORST_CLASS, diversity.REPEATED, diversity.EVENNESS),
    *(*copies.MEASURES, *membership.MEASURES, canaries.EPSILON, *published_scores.MEASURES),
    *ruler.MEASURES,
)


def by_name(name: str) -> Measure:
    """The measure of this name; KeyError if there is none."""
    return {measure.name: measure for measure in MEASURES}[name]


def figures_in(frame: pd.DataFrame) -> list[Figure]:
    """The figures of a frame that `build_measures_frame` made, but for measures that this program does not know."""
    known = {measure.name: measure for measure in MEASURES}
    return [
        Figure(
            known[row["measure"]],
            row["of"],
            row["value"],
            row["low"],
            row["high"],
            row["class"],
            None if pd.isna(row["seed"]) else int(row["seed"]),
            row["images"],
        )
        for row in frame.to_dict("records")
        if row["measure"] in known
    ]
