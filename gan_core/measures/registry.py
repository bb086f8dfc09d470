"""All measures, in one list: tables, pages and `docs/metrics.md` iterate over it.

A new measure is a `Measure` beside the function that computes it, and a line here.
"""

from gan_core.measures.measure import Measure

MEASURES: tuple[Measure, ...] = ()


def by_name(name: str) -> Measure:
    """The measure of this name; KeyError if there is none."""
    return {measure.name: measure for measure in MEASURES}[name]
