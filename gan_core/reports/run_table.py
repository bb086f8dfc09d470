"""The report as a frame, with one row for each classifier taught, and the few lines that sum it up."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gan_core.errors import show_count
from gan_core.measures.tstr import Examination
from gan_core.provenance import Provenance
from gan_core.reports.text_table import align_columns


@dataclass(frozen=True)
class Result:
    """One line of the headline; shares of 1."""

    name: str
    images: int  # taught with, or for label fidelity looked at
    seeds: int
    accuracy: float
    spread: float  # standard deviation over the seeds, not a number for one seed
    gap: float | None = None  # accuracy less that of the real-taught; None where there is nothing to compare
    of: str = ""  # the teaching set, empty for label fidelity

    @property
    def asked(self) -> str:
        """What stands at the rows of its confusion matrix: what the images are, or what their labels say they are."""
        return "true class" if self.of else "label"

    @property
    def percent(self) -> str:
        return f"{100 * self.accuracy:.2f}"

    @property
    def plus_minus(self) -> str:
        """The spread in points, empty for one seed."""
        return "" if math.isnan(self.spread) else f"± {100 * self.spread:.2f}"

    @property
    def points(self) -> str:
        """The signed gap in points, empty where there is none."""
        return "" if self.gap is None else f"{100 * self.gap:+.2f}".replace("-", "\N{MINUS SIGN}")

    @property
    def seeds_text(self) -> str:
        return show_count(self.seeds, "seed")


def build_run_frame(
    examinations: Sequence[Examination],
    trts: Examination,
    provenance: Provenance,
    class_names: Sequence[str],
) -> pd.DataFrame:
    """One row for each teaching set, classifier and seed.

    `trts` holds, for each seed, the real-taught classifier's score on the synthetic images.
    """
    recalls = recall_columns(class_names)
    fidelity = {("real", trts.classifier, score.seed): score.accuracy for score in trts.scores}
    rows = [
        {
            "run_id": provenance.run_id,
            "taught_by": examination.taught_by,
            "classifier": examination.classifier,
            "seed": score.seed,
            "images": examination.images,
            "accuracy": score.accuracy,
            **dict(zip(recalls, score.class_recall.tolist(), strict=True)),
            "label_fidelity": fidelity.get((examination.taught_by, examination.classifier, score.seed), np.nan),
            "seconds": float(score.seconds),
            "settings_digest": provenance.settings_digest,
            "data_digest": provenance.data_digest,
            "generator_digest": provenance.generator_digest,
            "program_digest": provenance.program_digest,
            "precision": provenance.precision,
            **{f"version_{library}": number for library, number in provenance.versions.items()},
        }
        for examination in examinations
        for score in examination.scores
    ]
    return pd.DataFrame(rows)


def recall_columns(class_names: Sequence[str]) -> list[str]:
    """A column for each class, by its name; those whose names differ in case or signs alone have their number too."""
    slugs = list(map(slug, class_names))
    distinct = [
        name if name and slugs.count(name) == 1 else f"{number}-{name}".rstrip("-") for number, name in enumerate(slugs)
    ]
    if len(set(distinct)) < len(distinct):  # a class is named as the number and name of another
        distinct = [f"{number}-{name}".rstrip("-") for number, name in enumerate(slugs)]
    return [f"recall_{name}" for name in distinct]


def slug(name: str) -> str:
    """A class name as part of a column name: `T-shirt/top` becomes `t-shirt-top`."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")


def summarise_results(examinations: Sequence[Examination], trts: Examination) -> list[Result]:
    """The lines of the headline; the classifier is named only where there are several."""
    reality = {item.classifier: item.accuracy for item in examinations if item.taught_by == "real"}
    several = len({item.classifier for item in examinations}) > 1
    lines = []
    for item in examinations:
        compared = item.taught_by != "real" and item.classifier in reality
        lines.append(
            Result(
                name=f"taught by {item.taught_by}" + f", {item.classifier}" * several,
                images=item.images,
                seeds=len(item.scores),
                accuracy=item.accuracy,
                spread=item.spread,
                gap=item.accuracy - reality[item.classifier] if compared else None,
                of=item.taught_by,
            )
        )
    seen = int(trts.scores[0].confusion.sum())
    fidelity = Result("label fidelity", seen, len(trts.scores), trts.accuracy, trts.spread)
    return [*lines, fidelity]


def summarise_frame(frame: pd.DataFrame) -> list[Result]:
    """The same lines from the tidy frame of a run, with what an older program did not write left unknown."""
    frame = frame.reindex(columns=list(dict.fromkeys([*_SUMMARISED, *frame])))
    classifiers = frame.classifier.astype("string").fillna("")
    groups = list(frame.groupby([frame.taught_by, classifiers], sort=False))
    reality = {classifier: rows.accuracy.mean() for (of, classifier), rows in groups if of == "real"}
    lines = [
        _summarise_rows(
            f"taught by {of}" + f", {classifier}" * (classifiers.nunique() > 1),
            rows.accuracy,
            rows.images.max(),
            of=str(of),
            reality=reality.get(classifier) if of != "real" else None,
        )
        for (of, classifier), rows in groups
    ]
    fidelity = frame.label_fidelity.dropna().astype(float)
    drawn = frame.images[frame.taught_by == "synthetic"].max()
    return [*lines, _summarise_rows("label fidelity", fidelity, drawn)] if len(fidelity) else lines


_SUMMARISED = ("taught_by", "classifier", "images", "accuracy", "label_fidelity")


def _summarise_rows(
    name: str, shares: pd.Series, images: float, *, of: str = "", reality: float | None = None
) -> Result:
    mean = float(shares.mean())
    return Result(
        name=name,
        images=0 if pd.isna(images) else int(images),
        seeds=len(shares),
        accuracy=mean,
        spread=float(shares.std()),
        gap=None if reality is None else mean - float(reality),
        of=of,
    )


def format_headline(examinations: Sequence[Examination], trts: Examination) -> str:
    """The results in aligned lines for a terminal."""
    lines = [
        (
            line.name,
            f"{line.percent} {line.plus_minus}".strip() + " %",
            f"{line.images:,} images",
            line.seeds_text,
            f"{line.points} points to real" if line.points else "",
        )
        for line in summarise_results(examinations, trts)
    ]
    return align_columns(lines, between="   ")
