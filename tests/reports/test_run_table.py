import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gan_core.config import STANDARD, DatasetSettings
from gan_core.files import write_csv, write_frame
from gan_core.measures.tstr import Examination, Score, TeachingSet
from gan_core.provenance import Provenance, library_versions
from gan_core.reports.pictures import grid, save_gif, save_png
from gan_core.reports.run_page import render
from gan_core.reports.run_table import build_run_frame, format_headline, recall_columns

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


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{seed}.png" for seed in range(3)]
    for seed, path in enumerate(paths):
        save_png(grid(np.random.default_rng(seed).integers(0, 255, (4, 6, 6, 1), dtype=np.uint8), 2), path)
    save_gif(paths, tmp_path / "film.gif", 100)
    return [*paths, tmp_path / "film.gif"]


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


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_page_holds_every_number_of_the_headline(pictures: list[Path], seeds: int) -> None:
    html = page(pictures, seeds)
    numbers = re.findall(r"\d[\d,.]*", format_headline(*trial(seeds)))
    assert len(numbers) >= 12
    assert all(re.search(rf"\b{re.escape(number)}\b", html) for number in numbers)
    assert ">nan<" not in html


def test_the_page_embeds_its_pictures_and_asks_for_nothing(pictures: list[Path]) -> None:
    html = page(pictures)
    first, _, last, film = (b64encode(path.read_bytes()).decode() for path in pictures)
    assert all(f"base64,{content}" in html for content in (first, last, film))
    assert html.count("<svg") == 2
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert "http:" not in without_namespaces and "https:" not in without_namespaces
    assert not re.search(r"<(script|link|iframe|object)\b|@import|url\((?!#)", html)
    assert all(value.startswith(("data:", "#")) for value in re.findall(r'\b(?:src|href)="([^"]*)"', html))


def test_the_page_escapes_what_it_is_given(pictures: list[Path]) -> None:
    html = page(pictures, notes=["<i>note"])
    assert "&lt;b&gt;&amp;" in html and "&lt;i&gt;note" in html
    assert "<b>&" not in html and "<i>" not in html


def test_equal_inputs_give_equal_pages(pictures: list[Path]) -> None:
    assert page(pictures) == page(pictures)


def test_the_page_names_who_labelled_unconditional_images(pictures: list[Path]) -> None:
    assert "unconditional:" not in page(pictures)
    assert "its images were labelled by a judge." in page(pictures, labelled_by="a judge")


def test_the_page_does_without_film_grids_and_history(pictures: list[Path]) -> None:
    html = page(pictures, evolution=None, grids=[], history=pd.DataFrame())
    assert html.count("<img") == 1 and "<svg" not in html and "Training of the generator" not in html


def test_the_page_shows_every_setting(pictures: list[Path]) -> None:
    settings = DatasetSettings(per_class=1_234, counts={"1": 567, "2": 0})
    html = page(pictures, experiment=STANDARD.model_copy(update={"dataset": settings}))
    assert "<td>1234</td>" in html and "<td>1: 567, 2: 0</td>" in html
    assert all(name.replace("_", " ") in html for name in type(STANDARD.gan).model_fields)


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_the_page_survives_a_training_that_did_not(pictures: list[Path], loss: float) -> None:
    networks = {f"{network}_{of}": [loss] for network in ("generator", "discriminator") for of in ("loss", "accuracy")}
    assert page(pictures, history=pd.DataFrame({"epoch": [1], **networks})).count("<svg") == 2


def test_the_page_shows_a_class_without_images_as_a_dash(pictures: list[Path]) -> None:
    _, fidelity = trial()
    none_of_the_last = np.diag([1, 1, 0])
    scores = tuple(Score(score.seed, score.confusion * none_of_the_last, 1.0) for score in fidelity.scores)
    html = page(pictures, trts=Examination("real", "two-conv", 55_000, scores))
    assert ">—</td>" in html and "nan" not in re.sub(r'base64,[^"]*', "", html)
