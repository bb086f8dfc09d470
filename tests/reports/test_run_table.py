from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reported import CLASSES, PROVENANCE, trial

from gan_core.files import write_csv, write_frame
from gan_core.provenance import library_versions
from gan_core.reports.run_table import build_run_frame, format_headline, recall_columns


def test_the_frame_has_one_row_for_each_teaching_set_and_seed() -> None:
    taught, fidelity = trial()
    frame = build_run_frame(taught, fidelity, PROVENANCE, CLASSES)
    assert list(zip(frame.taught_by, frame.seed, strict=True)) == [
        (taught_by, seed) for taught_by in ("real", "synthetic", "both") for seed in range(3)
    ]
    assert {"recall_t-shirt-top", "recall_b", "recall_bag", "version_python", "settings_digest"} <= set(frame.columns)


def test_accuracy_and_recall_are_shares_of_the_diagonal() -> None:
    taught, fidelity = trial()
    frame = build_run_frame(taught, fidelity, PROVENANCE, CLASSES)
    confusions = [score.confusion for item in taught for score in item.scores]
    assert frame.accuracy.tolist() == [np.trace(confusion) / confusion.sum() for confusion in confusions]
    assert frame["recall_bag"].tolist() == [confusion[2, 2] / confusion[2].sum() for confusion in confusions]


def test_label_fidelity_stands_in_the_rows_of_the_real_taught_only() -> None:
    taught, fidelity = trial()
    frame = build_run_frame(taught, fidelity, PROVENANCE, CLASSES)
    real = frame.taught_by == "real"
    assert frame.label_fidelity[real].tolist() == [score.accuracy for score in fidelity.scores]
    assert frame.label_fidelity[~real].isna().all()


@pytest.mark.parametrize(
    "class_names", [("Bag", "bag", "Coat"), ("+", "-", ""), ("C", "C++", "c"), ("0-a", "a", "A"), ("ä", "1", "")]
)
def test_class_names_that_differ_in_case_or_signs_alone_keep_columns_of_their_own(class_names: tuple[str, ...]) -> None:
    frame = build_run_frame(*trial(), PROVENANCE, class_names)

    recalls = [str(name) for name in frame if str(name).startswith("recall_")]
    assert len({name.casefold() for name in recalls}) == len(class_names)
    real = trial()[0][0].scores[0]
    assert frame[recalls].iloc[0].tolist() == real.class_recall.tolist()


def test_class_names_that_differ_in_letters_name_their_columns() -> None:
    assert recall_columns(("T-shirt/top", "bag", "Bag")) == ["recall_t-shirt-top", "recall_1-bag", "recall_2-bag"]


def test_parquet_and_csv_give_the_frame_back(tmp_path: Path) -> None:
    frame = build_run_frame(*trial(), PROVENANCE, CLASSES)
    write_frame(frame, tmp_path / "report.parquet")
    write_csv(frame, tmp_path / "report.csv")
    types = frame.dtypes.to_dict()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "report.parquet"), frame, check_exact=True)
    table = pd.read_csv(tmp_path / "report.csv", dtype=types)
    pd.testing.assert_frame_equal(table, frame, check_exact=True)


def test_library_versions_name_what_results_depend_on() -> None:
    versions = library_versions()
    assert set(versions) == {"python", "tensorflow", "keras", "numpy", "pandas", "prefect"}
    assert versions["numpy"] == np.__version__ and versions["pandas"] == pd.__version__


def test_the_headline_states_accuracy_spread_and_gap() -> None:
    taught, fidelity = trial()
    lines = format_headline(taught, fidelity).splitlines()
    assert len(lines) == 4
    for line, item in zip(lines, [*taught, fidelity], strict=True):
        assert f"{100 * item.accuracy:.2f} ± {100 * item.spread:.2f} %" in line
    gap = f"{100 * (taught[1].accuracy - taught[0].accuracy):+.2f} points".replace("-", "\N{MINUS SIGN}")
    assert gap in lines[1] and "points" not in lines[0] + lines[3]
    assert len({line.index("%") for line in lines}) == 1


def test_the_headline_of_one_seed_has_no_spread() -> None:
    text = format_headline(*trial(seeds=1))
    assert "±" not in text and "nan" not in text and "1 seed" in text and "1 seeds" not in text
