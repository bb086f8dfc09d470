"""Laws of several classifiers' opinions: each is told apart from the others, and the first alone decides."""

import math
from dataclasses import replace

import pytest
from finished import CLASSES, examination

from gan_core.audit.opinions import CLASSIFIERS, LIGHT, Opinion, measure_opinions, require_classifiers
from gan_core.audit.use import check_use
from gan_core.errors import BadInput
from gan_core.measures.measure import build_measures_frame
from gan_core.measures.tstr import TeachingSet
from gan_core.pages.tables import classifier_table, measure_tables, recall_columns_by_classifier
from gan_core.reports.classifier_table import format_classifiers, of_deciding

SHARES: dict[TeachingSet, float] = {"real": 0.9, "augmented": 0.92, "synthetic": 0.8, "both": 0.91}


def opinion(classifier: str, less: float) -> Opinion:
    """That of a classifier that is worse by so much."""
    taught = [examination(of, share - less) for of, share in SHARES.items()]
    named = [replace(each, classifier=classifier) for each in [*taught, examination("real", 0.95 - less)]]
    return Opinion(tuple(named[:-1]), named[-1])


OPINIONS = [opinion(name, number / 100) for number, name in enumerate(CLASSIFIERS)]
FIGURES = measure_opinions(OPINIONS, CLASSES)


def test_the_frame_tells_classifiers_and_teaching_sets_apart() -> None:
    frame = build_measures_frame(FIGURES)
    whole = frame[(frame["class"] == "") & frame.seed.isna()]
    assert not whole.duplicated(["measure", "of"]).any()
    assert set(frame.classifier) == set(CLASSIFIERS) and len(CLASSIFIERS) == 5
    for number, name in enumerate(CLASSIFIERS):
        suffix = f", {name}" if number else ""
        found = whole[(whole.measure == "accuracy") & (whole.classifier == name)].set_index("of").value.to_dict()
        assert found == {f"{each.taught_by}{suffix}": each.accuracy for each in OPINIONS[number].examinations}


def test_one_classifier_has_the_figures_that_it_has_among_others() -> None:
    assert list(map(str, of_deciding(FIGURES))) == list(map(str, measure_opinions(OPINIONS[:1], CLASSES)))
    assert {table.aspect: table.sets for table in measure_tables(of_deciding(FIGURES))} == {"useful": list(SHARES)}


def test_the_first_decides() -> None:
    check = check_use(OPINIONS[0].examinations, CLASSES)
    assert CLASSIFIERS[0] in check.sentence and {figure.of for figure in check.figures} == {"synthetic", "real"}
    assert {figure.classifier for figure in check.figures} == {CLASSIFIERS[0]}


def test_the_tables_have_a_line_for_each_classifier() -> None:
    caption, lines = format_classifiers(FIGURES).split("\n\n")
    assert caption.endswith(f"The verdict rests on {CLASSIFIERS[0]}.")
    assert [line.split()[0] for line in lines.splitlines()[1:]] == list(CLASSIFIERS)
    table = classifier_table(FIGURES)
    assert table.heads == ["by real", "by augmented", "by synthetic", "by both", "label fidelity", "calibration error"]
    for (name, cells), each in zip(table.rows, OPINIONS, strict=True):
        shares = {item.taught_by: item.accuracy for item in each.examinations}
        surely_wrong = 1 - shares["synthetic"]  # as these classifiers are sure of all that they say
        assert name == each.classifier
        assert [cell.value for cell in cells] == pytest.approx([*shares.values(), each.trts.accuracy, surely_wrong])


def test_recalls_of_each_class_are_those_of_the_synthetic_taught() -> None:
    for column, each in zip(recall_columns_by_classifier(FIGURES, CLASSES), OPINIONS, strict=True):
        [synthetic] = [item for item in each.examinations if item.taught_by == "synthetic"]
        assert column.title == each.classifier and column.total == f"{100 * synthetic.accuracy:.1f}"
        assert all(math.isclose(cell.value, synthetic.accuracy) for cell in column.cells)


def test_a_classifier_is_asked_once_and_by_its_name() -> None:
    assert require_classifiers(["mlp", "residual", "mlp"]) == ("mlp", "residual")
    assert require_classifiers(["all"]) == CLASSIFIERS and set(LIGHT) < set(CLASSIFIERS)


@pytest.mark.parametrize("names", [[], ["forest"], ["mlp", "MLP"], ["mlp", ""], ["mlp", "all"]])
def test_what_is_no_classifier_is_refused(names: list[str]) -> None:
    with pytest.raises(BadInput, match=r"^Expected classifiers of two-conv, .*, got .*; name some of them, or all\.$"):
        require_classifiers(names)
