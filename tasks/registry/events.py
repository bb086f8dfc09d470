"""The events that this program sends to Prefect, for automations to act on.

| name | resource | payload |
|---|---|---|
| `synthetic-data.challenger.promoted` | `synthetic-data.models.<version>` | version, champion, reason, figures |
| `synthetic-data.challenger.refused` | `synthetic-data.models.<version>` | version, champion, reason, figures |
| `synthetic-data.generator.collapsed` | `synthetic-data.runs.<run>` | run, reason, figures |

`champion` is the version in use before the challenger came, or null; `reason` is one sentence; `figures` are numbers
by name, shares of 1: accuracy, then champion_accuracy, gain and gain_noise (a standard error) where there was a
champion; every measure of `docs/metrics.md` that was taken of the set, with the ends of its interval, as coverage,
coverage_low and coverage_high; frechet, a distance in a sample after the last epoch, images and worst_class_images, how
many real images the shares in a sample and that of the class covered least rest on. Where the set was not audited,
coverage, manifold_recall, repeated, evenness and worst_class_coverage are in that sample too. A collapsed generator has
all but the accuracies. Prefect adds the flow run as a related resource.
"""

from collections.abc import Sequence
from dataclasses import asdict

from prefect.events import emit_event

from gan_core.audit.measures import with_figures
from gan_core.measures.diversity import Diversity
from gan_core.measures.measure import Figure
from tasks.registry.records import Record


def emit_decision(record: Record) -> None:
    """Tell that a challenger was promoted or refused."""
    emit_event(
        f"synthetic-data.challenger.{record.decision}",
        resource={"prefect.resource.id": f"synthetic-data.models.{record.version}"},
        payload=record.model_dump(include={"version", "champion", "reason", "figures"}),
    )


def emit_collapse(run_id: str, diversity: Diversity, figures: Sequence[Figure]) -> None:
    """Tell that the generator of a run has collapsed, and what else was measured of it."""
    measured = with_figures({}, figures, sampled=asdict(diversity))
    emit_event(
        "synthetic-data.generator.collapsed",
        resource={"prefect.resource.id": f"synthetic-data.runs.{run_id}"},
        payload={"run": run_id, "reason": diversity.collapse, "figures": measured},
    )
