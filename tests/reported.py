"""The results of a run, made up: for tests of tables and pages."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gan_core.audit.check import Check, Control
from gan_core.audit.record import Audit, pairs_to_arrays, to_json
from gan_core.audit.suspicious_pair import Pair
from gan_core.classifiers.answers import Score
from gan_core.config import STANDARD
from gan_core.files import save_arrays, write_text
from gan_core.measures.measure import Figure, Measure
from gan_core.measures.tstr import Examination, TeachingSet
from gan_core.pages.run_page import render
from gan_core.provenance import Provenance
from gan_core.reports.pictures import grid, save_gif, save_png
from gan_core.reports.run_table import build_run_frame
from gan_core.worth.advice import Advice
from gan_core.worth.curve import measure_curve
from gan_core.worth.gains import measure_gains
from gan_core.worth.worth import Worth
from tasks.runs.run_folder import Run

CLASSES = ("T-shirt/top", "<b>&", "Bag")
PROVENANCE = Provenance(
    "run-0042", "5" * 64, "1e9" + "0" * 61, "ab" * 32, "cd" * 32, {"python": "3.11", "numpy": "2.4.6"}, "float32"
)


def examination(taught_by: TeachingSet, *, images: int, seeds: int = 3) -> Examination:
    random = np.random.default_rng(images)
    scores = (Score(seed, random.integers(1, 50, (3, 3)) + np.eye(3, dtype=int) * 300, 1 / 3) for seed in range(seeds))
    return Examination(taught_by, "two-conv", images, tuple(scores))


def trial(seeds: int = 3) -> tuple[list[Examination], Examination]:
    taught = [
        examination("real", images=55_000, seeds=seeds),
        examination("synthetic", images=60_000, seeds=seeds),
        examination("both", images=115_000, seeds=seeds),
    ]
    return taught, examination("real", images=54_999, seeds=seeds)


def save_pictures(folder: Path) -> list[Path]:
    """Three grids of noise and their film."""
    paths = [folder / f"{seed}.png" for seed in range(3)]
    for seed, path in enumerate(paths):
        save_png(grid(np.random.default_rng(seed).integers(0, 255, (4, 6, 6, 1), dtype=np.uint8), 2), path)
    save_gif(paths, folder / "film.gif", 100)
    return [*paths, folder / "film.gif"]


def page(pictures: list[Path], seeds: int = 3, **changes: Any) -> str:
    taught, fidelity = trial(seeds)
    first, *grids, film = pictures
    curve = np.linspace(0.4, 0.6, 5)
    networks = {f"{network}_{of}": curve for network in ("generator", "discriminator") for of in ("loss", "accuracy")}
    settings: Mapping[str, Any] = {
        "examinations": taught,
        "trts": fidelity,
        "labelled_by": None,
        "frame": build_run_frame(taught, fidelity, PROVENANCE, CLASSES),
        "history": pd.DataFrame({"epoch": range(1, 6), **networks, "seconds": 1.0, "images_per_second": 1e3}),
        "experiment": STANDARD,
        "mosaic": first,
        "grids": grids,
        "evolution": film,
        "class_names": CLASSES,
    }
    return render(**{**settings, **changes})


ACCURACY = Measure(
    name="accuracy",
    title="Accuracy",
    aspect="useful",
    meaning="Share of test images that are recognised.",
    direction="higher is better",
    chance="a third",
    source="-",
)
COVERAGE = Measure(
    name="coverage",
    title="Coverage",
    aspect="diverse",
    meaning="Share of real images that are covered.",
    direction="higher is better",
    chance="0 %",
    source="-",
)
PRECISION = Measure(
    name="manifold_precision",
    title="Precision",
    aspect="diverse",
    meaning="Share among real images.",
    direction="higher is better",
    chance="0 %",
    source="-",
)
FRECHET = Measure(
    name="frechet",
    title="Fréchet <distance>",
    aspect="diverse",
    meaning="Distance.",
    direction="lower is better",
    chance="none",
    source="-",
    highest=math.inf,
    unit="distance",
)
COPIED = Measure(
    name="copied",
    title="Copies",
    aspect="memorised",
    meaning="Share of copies.",
    direction="lower is better",
    chance="0 %",
    source="-",
)


def audited_figures(class_names: tuple[str, ...] = CLASSES) -> list[Figure]:
    """Figures of all images and of each class."""
    [_, taught, _], _ = trial()
    whole = [
        Figure(ACCURACY, "synthetic", taught.accuracy, taught.accuracy - 0.0123, taught.accuracy + 0.0123),
        Figure(COVERAGE, "synthetic", 0.812, 0.8, 0.824),
        Figure(COVERAGE, "real", 0.969, 0.96, 0.975),
        Figure(FRECHET, "synthetic", 4.25, 4.0, 4.5),
        Figure(COPIED, "synthetic", 0.002, -0.004, 0.008),
    ]
    by_class = [
        Figure(measure, "synthetic", (number % 9 + 1) / 10, group=name)
        for measure in (COVERAGE, PRECISION)
        for number, name in enumerate(class_names)
    ]
    return [*whole, *by_class, Figure(ACCURACY, "synthetic", 0.7654, seed=3)]


def audited_checks() -> list[Check]:
    """A check of each question, of which one fails and one noticed only one of the planted faults."""
    useful, coverage, _, _, copied = audited_figures()[:5]
    planted = (
        Control("fresh real images", True, False, Figure(COPIED, "fresh", 0.001)),
        Control("a tenth of the <training> images", False, True, Figure(COPIED, "tenth", 0.0987)),
        Control("a tenth, shifted", False, False, Figure(COPIED, "shifted", 0.004)),
    )
    return [
        Check("usefulness", "Usefulness", "useful", "passes", "They teach nearly as much.", (useful,)),
        Check("collapse", "Collapse", "diverse", "passes", "No class is missing.", (coverage,)),
        Check("coverage", "Gaps", "diverse", "fails", "A fifth is not covered.", (coverage,)),
        Check("copies", "Copies", "memorised", "cannot tell", "No evidence of copies.", (copied,), planted),
    ]


def suspicious_pairs(count: int = 25, *, side: int = 6, channels: int = 1) -> list[Pair]:
    """Pairs of noise, the most suspicious first."""
    images = np.random.default_rng(1).integers(0, 255, (2, count, side, side, channels), dtype=np.uint8)
    return [
        Pair(one, other, (number + 1) / 100, "shifted by 1 pixel" if number % 2 else "")
        for number, (one, other) in enumerate(zip(*images, strict=True))
    ]


def save_audit(run: Run, *, said: int = 1) -> None:
    """What an audit leaves in the folder of a run, with its sentences so many times over."""
    checks = (replace(check, sentence=" ".join([check.sentence] * said)) for check in audited_checks())
    write_text(run.audit, to_json(Audit(tuple(checks), ())))
    save_arrays(run.pairs, pairs_to_arrays(suspicious_pairs()))


def valued(subsets: int = 4) -> Worth:
    """What images are worth, with gains beside some real ones and advice."""
    random = np.random.default_rng(6)
    difficulties, sizes = random.random(500), [10 * 3**place for place in range(subsets)]
    shares = [0.5 + 0.08 * place for place in range(subsets)]
    real, synthetic = (
        np.array([difficulties + random.normal(0, 0.05, (3, 500)) < share for share in those])
        for those in (shares, [0.63])
    )
    kinds = [(0, False), (15, False), (60, False), (0, True), (15, True)]
    right = {kind: real[place % 3] for place, kind in enumerate(kinds)}
    advice = (
        Advice("classes", "The synthetic images of <b>& teach +0.40 points (+0.10 to +0.70)."),
        Advice("number", "Draw 500 images.", "synthetic-data run --dataset.per-class 50"),
    )
    gains = measure_gains(60, right, right)
    return Worth("i", "two-conv", 1_000, 3, measure_curve(sizes, real, synthetic[0], images=60_000), gains, advice)


def whole_page(pictures: list[Path], **changes: Any) -> str:
    """The page of a run after the audit, with every section."""
    epochs = np.arange(1, 6)
    measured = dict.fromkeys(
        ("coverage", "worst_class_coverage", "manifold_recall", "evenness", "repeated"), epochs / 6
    )
    networks = {
        f"{network}_{of}": epochs / 6 for network in ("generator", "discriminator") for of in ("loss", "accuracy")
    }
    [real, synthetic, both], fidelity = trial()
    refined = [examination("filtered", images=59_000), examination("soft", images=60_001)]
    audited: Mapping[str, Any] = {
        "examinations": [real, synthetic, both, *refined],
        "frame": build_run_frame([real, synthetic, both, *refined], fidelity, PROVENANCE, CLASSES),
        "history": pd.DataFrame({"epoch": epochs, **networks, **measured, "frechet": 9.0 / epochs}),
        "checks": audited_checks(),
        "figures": audited_figures(),
        "pairs": suspicious_pairs(),
        "walks": pictures[0],
        "worth": valued(),
    }
    return page(pictures, **{**audited, **changes})
