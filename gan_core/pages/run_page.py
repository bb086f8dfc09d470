"""The report of a run as one self-contained HTML page: no request, and equal inputs give equal bytes."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gan_core.audit.check import Check
from gan_core.audit.suspicious_pair import Pair
from gan_core.config import Experiment
from gan_core.files import Place
from gan_core.measures.diversity import Diversity
from gan_core.measures.measure import Figure
from gan_core.measures.tstr import Examination
from gan_core.pages.charts import Bar, Chart, chart_accuracies, chart_training
from gan_core.pages.html_page import TEMPLATES, csv_uri, embed_film, embed_picture, embed_png
from gan_core.pages.questions import QUESTIONS, Answer, answer_questions
from gan_core.pages.tables import (
    classifier_table,
    confusion_table,
    figure_columns,
    mean_recall,
    measure_tables,
    recall_column,
    recall_columns_by_classifier,
    settings_rows,
)
from gan_core.pages.worth_section import chart_worth, gain_tables
from gan_core.reports.classifier_table import of_deciding
from gan_core.reports.command_line import command_line
from gan_core.reports.pictures import encode_png, grid
from gan_core.reports.run_table import Result, summarise_results
from gan_core.worth.worth import Worth

MOST_PAIRS = 20
MOST_PAIR = 15_000  # bytes of the picture of a pair
TRAINED = ("gan", "dataset")  # sections of the settings that say how a set was made
SAME = 1e-9  # two shares that are one and the same


def render(
    *,
    examinations: Sequence[Examination],
    trts: Examination,
    labelled_by: str | None,
    frame: pd.DataFrame,
    history: pd.DataFrame,
    experiment: Experiment,
    mosaic: Place,
    grids: Sequence[Place],
    evolution: Place | None,
    class_names: Sequence[str],
    notes: Sequence[str] = (),
    diversity: Diversity | None = None,
    checks: Sequence[Check] = (),
    figures: Sequence[Figure] = (),
    pairs: Sequence[Pair] = (),
    walks: Place | None = None,
    audited: str = "",
    made_here: bool = True,
    worth: Worth | None = None,
    command: str = "",
) -> str:
    """The page; `frame` is the tidy report, `labelled_by` completes "its images were labelled by ...".

    The examinations are those of the classifier that decides; `figures` may have those of others too. `checks` and
    `figures` are those of the audit, `pairs` its most suspicious pairs with the worst first, `walks` is the picture of
    walks between latents, `worth` what the images are worth; where they are left out, the page says what was not
    measured. `audited` is the name of the set, if the page is that of an audit; one that was not `made_here` has no
    settings of a training. `command` is what makes the page again, if not a run.
    """
    lines, whole = summarise_results(examinations, trts), of_deciding(figures)
    taught = [*examinations, trts]
    tested = examinations[0].scores[0].confusion.sum(axis=1)
    answers = answer_questions(
        lines, chance=tested.max() / tested.sum(), diversity=diversity, checks=checks, figures=whole
    )
    if worth:
        answers = [_add_worth(answer, worth) for answer in answers]
    return TEMPLATES.get_template("run_page.html.jinja").render(
        experiment=experiment,
        audited=audited,
        **describe_provenance(frame),
        questions=[(answer.question, [("", answer)]) for answer in answers],
        lines=lines,
        intervals=[find_interval(line, whole) for line in lines],
        accuracies=_chart_lines(lines, examinations, whole),
        classifiers=list(dict.fromkeys(examination.classifier for examination in examinations)),
        test_images=int(tested.sum()),
        tested=tested.tolist(),
        diversity=diversity.summary if diversity else "",
        labelled_by=labelled_by,
        notes=[note for note in notes if not any(note in answer.sentences for answer in answers)],
        mosaic=embed_picture(mosaic),
        walks=embed_picture(walks) if walks else None,
        worth=worth,
        worth_curve=chart_worth(worth.curve) if worth else None,
        gains=gain_tables(worth.gains) if worth else [],
        evolution=embed_film(evolution) if evolution else None,
        last_grid=embed_picture(grids[-1]) if grids else None,
        charts=chart_training(history) if len(history) else [],
        class_names=class_names,
        columns=[
            *(
                recall_column(line.name, mean_recall(item), line.percent)
                for line, item in zip(lines, taught, strict=True)
            ),
            *figure_columns(whole, class_names),
        ],
        opinions=classifier_table(figures),
        recalls=recall_columns_by_classifier(figures, class_names),
        measures=measure_tables(whole),
        pairs=embed_pairs(pairs[:MOST_PAIRS]),
        planted=[[("", check)] for check in checks if check.controls],
        confusions=[
            (confusion_table(line.name, line.asked, item.confusion, class_names), class_names)
            for line, item in zip(lines, taught, strict=True)
        ],
        settings=settings_rows(experiment, without=() if made_here else TRAINED),
        command=command or command_line(experiment),
        csv=csv_uri(frame),
    )


def describe_provenance(frame: pd.DataFrame) -> dict[str, Any]:
    """What the report was made from: the run, digests, arithmetic and libraries, a dash for what is not known."""
    known = {str(column): value for column, value in frame.iloc[0].items()}
    return {
        "run_id": known["run_id"],
        "digests": {key: known.get(f"{key}_digest", "—") for key in ("settings", "data", "generator", "program")},
        "precision": known.get("precision", "—"),
        "versions": {key.removeprefix("version_"): text for key, text in known.items() if key.startswith("version_")},
    }


def find_interval(line: Result, figures: Sequence[Figure]) -> str:
    """The interval of the figure that has this accuracy of this set, empty where there is none."""
    found = find_figure(line, figures)
    return f"{100 * found.low:.2f} to {100 * found.high:.2f}" if found else ""


def find_figure(line: Result, figures: Sequence[Figure]) -> Figure | None:
    """The figure that says the same of the same set, and has an interval; label fidelity is of the synthetic one."""
    return next(
        (
            each
            for each in figures
            if each.of == (line.of or "synthetic") and not each.group and each.seed is None and not math.isnan(each.low)
            if math.isclose(each.value, line.accuracy, abs_tol=SAME)
        ),
        None,
    )


def _add_worth(answer: Answer, worth: Worth) -> Answer:
    """The same, where it says whether the set is useful with what it is worth in real images."""
    useful = answer.question == QUESTIONS["useful"]
    return replace(answer, sentences=(*answer.sentences, worth.sentence)) if useful else answer


def _chart_lines(lines: Sequence[Result], examinations: Sequence[Examination], figures: Sequence[Figure]) -> Chart:
    """The accuracies of the classifiers by what taught them, with those of each seed."""
    bars = []
    for line, item in zip(lines, examinations, strict=False):
        found = find_figure(line, figures)
        low, high = (found.low, found.high) if found else (math.nan, math.nan)
        bars.append(Bar(line.name, line.accuracy, low, high, [score.accuracy for score in item.scores]))
    return chart_accuracies("Accuracy on real test images", bars)


def embed_pairs(pairs: Sequence[Pair]) -> list[tuple[str, Pair]]:
    """Each pair with its picture as a data URI."""
    return [(embed_png(_picture(pair), MOST_PAIR), pair) for pair in pairs]


def _picture(pair: Pair) -> bytes:
    """The generated image and the training image beside it, as a PNG file."""
    return encode_png(grid(np.stack([pair.generated, pair.training]), 2))
