"""The page `docs/metrics.md`: every measure, what it means, which way is better, and where it comes from.

`python -m gan_core.reports.metrics_page` writes it anew.
"""

import math
from pathlib import Path

from gan_core.audit import measures
from gan_core.files import write_text
from gan_core.measures.measure import Aspect, Measure

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
QUESTIONS: dict[Aspect, str] = {
    "useful": "Is it useful?",
    "diverse": "Is it diverse and faithful?",
    "memorised": "Did it memorise?",
    "trusted": "Can the ruler be trusted?",
}
HEAD = """# Metrics

Every figure that a report, a table or an event holds, by its name in `measures.parquet`. This page is written from the
list in `gan_core/audit/measures.py` by `python -m gan_core.reports.metrics_page`.

Intervals are of 95 per cent. Real images that took part in no training (the validation images) stand for "unseen".
"""


def render_metrics() -> str:
    """The text of the page."""
    parts = [HEAD]
    for aspect, question in QUESTIONS.items():
        parts.append(f"## {question}\n")
        parts += [_describe(measure) for measure in measures.MEASURES if measure.aspect == aspect]
    return "\n".join(parts)


def _describe(measure: Measure) -> str:
    return (
        f"### {measure.title} (`{measure.name}`)\n\n{measure.meaning}\n\n"
        f"- Range: {_bound(measure.lowest)} to {_bound(measure.highest)}; {measure.direction}.\n"
        f"- By chance: {measure.chance}.\n- Source: {measure.source}.\n"
    )


def _bound(value: float) -> str:
    return "any" if math.isinf(value) else f"{value:g}"


if __name__ == "__main__":
    write_text(PAGE, render_metrics())
