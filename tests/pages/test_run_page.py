"""Laws of the page of a run: it says what was measured and what was not, and asks for nothing."""

import hashlib
import io
import re
from base64 import b64decode, b64encode
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageSequence
from reported import (
    CLASSES,
    PROVENANCE,
    audited_checks,
    audited_figures,
    page,
    save_pictures,
    suspicious_pairs,
    trial,
    whole_page,
)

from gan_core.audit.opinions import Opinion, measure_opinions
from gan_core.classifiers.answers import Score
from gan_core.config import STANDARD, DatasetSettings
from gan_core.measures.diversity import Diversity
from gan_core.measures.tstr import Examination
from gan_core.pages.charts import MEASURED, SAMPLED
from gan_core.pages.html_page import MOST_FILM, embed_film
from gan_core.reports.pictures import grid, save_gif
from gan_core.reports.run_table import build_run_frame, format_headline


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    return save_pictures(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run after the audit."""
    return whole_page(save_pictures(tmp_path_factory.mktemp("pictures")))


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
    assert html.count("<svg") == 3
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert "http:" not in without_namespaces and "https:" not in without_namespaces
    assert not re.search(r"<(link|iframe|object)\b|@import|url\((?!#)", html)
    assert all(value.startswith(("data:", "#")) for value in re.findall(r'\b(?:src|href)="([^"]*)"', html))


def test_the_page_runs_the_script_that_its_policy_names_and_no_other(pictures: list[Path]) -> None:
    html = page(pictures)
    [script] = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html
    assert html.count("<script") == 1 and not re.search(r"<[^>]+\bon\w+=", html)


def test_the_page_escapes_what_it_is_given(pictures: list[Path]) -> None:
    html = whole_page(pictures, notes=["<i>note"])
    assert "of the &lt;training&gt; images" in html and "Fréchet &lt;distance&gt;" in html
    assert "&lt;b&gt;&amp;" in html and "&lt;i&gt;note" in html
    assert "<b>&" not in html and "<i>" not in html


def test_equal_inputs_give_equal_pages(pictures: list[Path]) -> None:
    assert page(pictures) == page(pictures) and whole_page(pictures) == whole_page(pictures)


def test_the_page_names_who_labelled_unconditional_images(pictures: list[Path]) -> None:
    assert "unconditional:" not in page(pictures)
    assert "its images were labelled by a judge." in page(pictures, labelled_by="a judge")


def test_the_page_does_without_film_grids_and_history(pictures: list[Path]) -> None:
    html = page(pictures, evolution=None, grids=[], history=pd.DataFrame())
    assert html.count("<img") == 1 and html.count("<svg") == 1 and "Training of the generator" not in html


def test_the_page_shows_every_setting(pictures: list[Path]) -> None:
    settings = DatasetSettings(per_class=1_234, counts={"1": 567, "2": 0})
    html = page(pictures, experiment=STANDARD.model_copy(update={"dataset": settings}))
    assert "<td>1234</td>" in html and "<td>1: 567, 2: 0</td>" in html
    assert all(name.replace("_", " ") in html for name in type(STANDARD.gan).model_fields)


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_the_page_survives_a_training_that_did_not(pictures: list[Path], loss: float) -> None:
    networks = {f"{network}_{of}": [loss] for network in ("generator", "discriminator") for of in ("loss", "accuracy")}
    assert page(pictures, history=pd.DataFrame({"epoch": [1], **networks})).count("<svg") == 3


def test_the_page_shows_a_class_without_images_as_a_dash(pictures: list[Path]) -> None:
    _, fidelity = trial()
    none_of_the_last = np.diag([1, 1, 0])
    scores = tuple(Score(score.seed, score.confusion * none_of_the_last, 1.0) for score in fidelity.scores)
    html = page(pictures, trts=Examination("real", "two-conv", 55_000, scores))
    assert ">—</td>" in html and not re.search(r"\bnan\b", re.sub(r'base64,[^"]*', "", html))


def tile(html: str, question: str) -> str:
    """The words of the first screen on a question."""
    [found] = [part for part in re.findall(r"<article.*?</article>", html, re.DOTALL) if f"<h2>{question}</h2>" in part]
    return words_in(found)


def words_in(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_what_was_not_measured_is_said_to_be_with_the_command_that_measures_it(pictures: list[Path]) -> None:
    html = page(pictures)
    for question in ("Is it diverse?", "Did it memorise?", "Can these rulers be trusted?"):
        assert tile(html, question) == f"{question} · not measured To measure it: synthetic-data audit runs/latest"
    useful = tile(html, "Is it useful?")
    assert (
        "no verdict" in useful and f"{100 * trial()[0][1].accuracy:.2f}" in useful and "synthetic-data audit" in useful
    )


def test_a_run_alone_answers_how_diverse_it_is(pictures: list[Path]) -> None:
    sound = Diversity(0.9, 0.8, 0.0, 1.0, 0.75, 3.0, images=2_000, worst_class_images=200)
    said = tile(page(pictures, diversity=sound), "Is it diverse?")
    assert "no collapse 90.0 % of 2,000 real images" in said and "75.0 % of 200 images" in said
    collapsed = replace(sound, coverage=0.1, worst_class_coverage=0.0)
    assert "✗ fails" in tile(page(pictures, diversity=collapsed), "Is it diverse?")


def test_the_worst_verdict_answers_with_its_figure_and_what_would_be_good(whole: str) -> None:
    said = tile(whole, "Is it diverse?")
    assert "✗ fails 81.2 % 95 % interval 80.0 to 82.4 % Coverage, synthetic A fifth is not covered." in said
    assert "Collapse: passes" in said and "Higher is better; by chance: 0 %." in said
    assert "? cannot tell" in tile(whole, "Did it memorise?")


def test_rulers_are_trusted_if_each_planted_set_was_told_rightly(pictures: list[Path], whole: str) -> None:
    question, checks = "Can these rulers be trusted?", audited_checks()
    said = tile(whole, question)
    assert "✗ fails 2 of 3" in said and "Told wrongly: a tenth, shifted." in said
    sharp = [replace(check, controls=tuple(each for each in check.controls if each.told)) for check in checks]
    assert "✓ passes 2 of 2" in tile(whole_page(pictures, checks=sharp), question)


def test_a_figure_without_a_check_has_no_verdict(pictures: list[Path]) -> None:
    alone = page(pictures, figures=audited_figures())
    assert "no verdict 0.2 % 95 % interval \N{MINUS SIGN}0.4 to 0.8 %" in tile(alone, "Did it memorise?")


def test_every_figure_of_all_images_and_of_each_class_is_in_a_table(whole: str) -> None:
    html = whole
    measures = html[html.index('id="measures"') : html.index('id="training"')]
    classes = html[html.index('id="classes"') : html.index('id="pictures"')]
    of_all = [figure for figure in audited_figures() if not figure.group and figure.seed is None]
    assert all(figure.measure.format(figure.value) in measures for figure in of_all) and "4 to 4.5" in measures
    assert all(f'data-value="{number / 10}"' in classes for number in range(1, len(CLASSES) + 1))
    assert "Coverage" in classes and "Precision" in classes and "76.5" not in html


def test_an_accuracy_has_the_interval_of_the_figure_that_is_the_same(pictures: list[Path], whole: str) -> None:
    accuracy = trial()[0][1].accuracy
    interval = f"{100 * (accuracy - 0.0123):.2f} to {100 * (accuracy + 0.0123):.2f}"
    assert f"<td>{interval}</td>" in whole and "95 % interval</th>" not in page(pictures)


def test_the_twenty_most_suspicious_pairs_are_shown(whole: str) -> None:
    html = whole
    pairs = suspicious_pairs()
    assert html.count("A generated image beside a training image") == 20
    assert "ratio 0.20" in html and "ratio 0.21" not in html and html.count("shifted by 1 pixel") == 10
    pixels = np.asarray(grid(np.stack([pairs[0].generated, pairs[0].training]), 2))
    content = b64decode(re.findall(r'base64,([^"]*)" alt="A generated image beside', html)[0])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), pixels)


def test_each_planted_set_is_told_with_what_the_check_said_of_it(whole: str) -> None:
    html = whole
    power = html[html.index('id="power"') : html.index('id="measures"')]
    rows = [words_in(row) for row in re.findall(r"<tr>.*?</tr>", power, re.DOTALL)[1:]]
    assert rows == [
        "fresh real images nothing is wrong passed 0.1 % Copies ✓ rightly",
        "a tenth of the <training> images a fault is in it accused 9.9 % Copies ✓ rightly",
        "a tenth, shifted a fault is in it passed 0.4 % Copies ✗ wrongly",
    ]


def test_every_measure_of_the_history_has_a_curve(whole: str) -> None:
    html = whole
    curves = html[html.index('id="training"') : html.index('id="confusion"')]
    headings = re.findall(r"<h3>(.*?)</h3>", curves)
    measured = [f"{measure.title.removesuffix(SAMPLED)}{SAMPLED}" for measure in MEASURED.values()]
    assert headings == ["Loss", "Accuracy", *measured]
    assert curves.count("Lower is better.") == 2 and curves.count("<svg") == len(headings)


def test_the_page_says_the_command_that_makes_the_run_again(pictures: list[Path]) -> None:
    experiment = STANDARD.model_copy(update={"seed": 7})
    assert "<pre><code>synthetic-data run --seed 7</code></pre>" in page(pictures, experiment=experiment)


def test_a_page_of_many_classes_and_large_colour_pictures_stays_below_five_megabytes(tmp_path: Path) -> None:
    names = tuple(f"class number {number}" for number in range(200))
    scores = (Score(0, np.random.default_rng(0).integers(1, 50, (200, 200)), 1.0),)
    taught = [Examination(of, "two-conv", 60_000, scores) for of in ("real", "synthetic", "both", "filtered", "soft")]
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (1_200, 1_200, 3), dtype=np.uint8))
    noise.save(tmp_path / "noise.png", compress_level=0)
    save_gif([noise.convert("L"), noise.convert("L").rotate(90)], tmp_path / "noise.gif", 100)
    html = page(
        [tmp_path / "noise.png", tmp_path / "noise.png", tmp_path / "noise.gif"],
        examinations=taught,
        trts=taught[0],
        frame=build_run_frame(taught, taught[0], PROVENANCE, names),
        class_names=names,
        figures=audited_figures(names),
        checks=audited_checks(),
        walks=tmp_path / "noise.png",
        pairs=suspicious_pairs(side=128, channels=3),
    )
    assert 1_000_000 < len(html) < 5_000_000 and "taken for" in html


def test_a_film_that_is_too_large_is_shown_with_fewer_frames(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frames = random.integers(0, 255, (12, 500, 500), dtype=np.uint8)
    save_gif([*map(Image.fromarray, frames)], tmp_path / "film.gif", 100)
    assert (tmp_path / "film.gif").stat().st_size > MOST_FILM
    shown = embed_film(tmp_path / "film.gif")
    assert shown is not None
    with Image.open(io.BytesIO(b64decode(shown.split(",")[1]))) as film:
        seen = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(film)]
    assert 2 <= len(seen) < 12
    assert np.array_equal(seen[0], frames[0]) and np.array_equal(seen[-1], frames[-1])


def test_other_classifiers_stand_in_a_table_of_their_own_and_the_first_decides(pictures: list[Path]) -> None:
    taught, fidelity = trial()
    opinions = [
        Opinion(tuple(replace(each, classifier=name) for each in taught), replace(fidelity, classifier=name))
        for name in ("two-conv", "mlp")
    ]
    alone, both = (page(pictures, figures=measure_opinions(asked, CLASSES)) for asked in (opinions[:1], opinions))
    assert ">mlp</th>" not in alone and both.count(">mlp</th>") == 2
    assert "rests on two-conv" in both and "rests on two-conv" not in alone
    every = both[both.index('id="measures"') :]
    assert (
        "synthetic, mlp" not in every
        and every[: every.index('id="training"')]
        == (alone[alone.index('id="measures"') : alone.index('id="training"')])
    )
