"""The four questions of the first screen, and how checks and figures answer them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from gan_core.audit.check import Check, Verdict
from gan_core.measures.diversity import NEIGHBOURS, Diversity
from gan_core.measures.measure import Aspect, Figure
from gan_core.pages.tables import format_interval
from gan_core.reports.run_table import Result

AUDIT = "synthetic-data audit runs/latest"  # measures what a run alone does not
QUESTIONS: dict[Aspect, str] = {
    "useful": "Is it useful?",
    "diverse": "Is it diverse?",
    "memorised": "Did it memorise?",
    "trusted": "Can these rulers be trusted?",
}
MARKS = {"passes": "✓", "fails": "✗", "cannot tell": "?"}
PERFECT = 100 * (1 - 0.5**NEIGHBOURS)  # per cent: Naeem et al. 2020, arXiv:2002.09797, equation 11, for equal numbers
WORST_FIRST: tuple[Verdict, ...] = ("fails", "cannot tell", "passes")


@dataclass(frozen=True)
class Answer:
    """What is known of one question; texts, empty where there is nothing to say."""

    question: str
    verdict: str = "not measured"  # in words
    figure: str = ""
    interval: str = ""
    title: str = ""  # what the figure is
    sentences: tuple[str, ...] = ()
    good: str = ""  # what would be good
    others: tuple[tuple[str, str], ...] = ()  # the other checks and their verdicts
    command: str = ""  # that measures it

    @property
    def mark(self) -> str:
        """A sign that does not rest on colour."""
        return MARKS.get(self.verdict, "·")


def answer_questions(
    results: Sequence[Result],
    *,
    chance: float | None,
    diversity: Diversity | None,
    checks: Sequence[Check],
    figures: Sequence[Figure],
) -> list[Answer]:
    """An answer to each question: by its checks, else by a figure, else by what every run measures.

    `chance` is the accuracy of who knows nothing but the largest class, if it is known.
    """
    return [_answer(aspect, results, chance, diversity, checks, figures) for aspect in get_args(Aspect)]


def _answer(
    aspect: Aspect,
    results: Sequence[Result],
    chance: float | None,
    diversity: Diversity | None,
    checks: Sequence[Check],
    figures: Sequence[Figure],
) -> Answer:
    asked = [check for check in checks if check.aspect == aspect]
    if asked:
        return _answer_by_checks(aspect, asked)
    if aspect == "useful":
        return _answer_by_results(results, chance)
    if aspect == "trusted" and any(check.controls for check in checks):
        return _answer_by_controls(checks)
    if found := [each for each in figures if each.measure.aspect == aspect and not each.group and each.seed is None]:
        return _answer_by_figure(aspect, found[0], "no verdict")
    if aspect == "diverse" and diversity:
        return _answer_by_diversity(diversity)
    return Answer(QUESTIONS[aspect], command=AUDIT)


def _answer_by_checks(aspect: Aspect, asked: Sequence[Check]) -> Answer:
    """The worst verdict with its figure; the other checks are named."""
    first, *others = sorted(asked, key=lambda check: WORST_FIRST.index(check.verdict))
    answer = Answer(QUESTIONS[aspect], first.verdict, title=first.title)
    if first.figures:
        answer = _answer_by_figure(aspect, first.figures[0], first.verdict)
    good = " ".join(filter(None, (first.passes_where, answer.good)))
    others_told = tuple((each.title, each.verdict) for each in others)
    return replace(answer, sentences=(first.sentence,), others=others_told, good=good)


def _answer_by_figure(aspect: Aspect, figure: Figure, verdict: str) -> Answer:
    measure = figure.measure
    return Answer(
        QUESTIONS[aspect],
        verdict,
        measure.format(figure.value),
        (interval := format_interval(figure)) and f"95 % interval {interval}",
        f"{measure.title}, {figure.of}",
        good=f"{measure.meaning.rstrip('.')}. {measure.direction.capitalize()}; by chance: {measure.chance}.",
    )


def _answer_by_results(results: Sequence[Result], chance: float | None) -> Answer:
    """The accuracy that the synthetic images teach, beside that of the real ones."""
    taught = next((line for line in results if line.of == "synthetic"), results[0])
    real = next((line for line in results if line.of == "real"), taught)
    return Answer(
        QUESTIONS["useful"],
        "no verdict",
        f"{taught.percent} %",
        f"{taught.plus_minus} over {taught.seeds_text}" if taught.plus_minus else taught.seeds_text,
        "accuracy on real test images of a classifier taught by synthetic images",
        (f"{taught.points} points to real.",) if taught.points else (),
        f"Higher is better. The real images teach {real.percent} %"
        + ("." if chance is None else f"; always to name the largest class is right in {100 * chance:.1f} %."),
        command=AUDIT,
    )


def _answer_by_diversity(diversity: Diversity) -> Answer:
    """The coverage that was measured after the last epoch, and whether the generator has collapsed."""
    shares, counted = f"{100 * diversity.coverage:.1f} %", diversity.worst_class_images
    worst = f"The class covered least: {100 * diversity.worst_class_coverage:.1f} %"
    return Answer(
        QUESTIONS["diverse"],
        "fails" if diversity.collapse else "no collapse",
        shares,
        f"of {diversity.images:,} real images" if diversity.images else "",
        "coverage in a sample after the last epoch",
        (*filter(None, [diversity.collapse]), f"{worst} of {counted:,} images." if counted else f"{worst}."),
        "Covered is a real image that the generator did not learn from and that has a generated one nearer than its "
        f"{NEIGHBOURS}th real neighbour. Higher is better; as many fresh real images cover about {PERFECT:.0f} %.",
    )


def _answer_by_controls(checks: Sequence[Check]) -> Answer:
    """How many of the sets that the audit planted were told rightly."""
    planted = [control for check in checks for control in check.controls]
    told = sum(control.told for control in planted)
    wrong = [control.name for control in planted if not control.told]
    return Answer(
        QUESTIONS["trusted"],
        "fails" if wrong else "passes",
        f"{told} of {len(planted)}",
        "",
        "planted sets that the checks told rightly",
        (f"Told wrongly: {', '.join(wrong)}.",) if wrong else ("Each fault was noticed, no honest set was accused.",),
        "All of them: each planted fault noticed, and no honest set accused.",
    )
