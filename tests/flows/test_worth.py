"""The worth of a tiny run's images, from the run to its page, and what is refused before anything is taught."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import striped_images, write_source
from servers import tiny_experiment

from flows.synthetic_data import synthetic_data
from flows.worth import worth
from gan_core.classifiers import classifier
from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.files import read_frame, write_frame, write_text
from gan_core.worth.worth import read_worth
from tasks.registry.model_registry import ModelRegistry
from tasks.reports.gather_history import read_entries
from tasks.runs.run_folder import Run

SECTIONS = ("Worth in real images", "Beside 60 real images", "Advice")


def test_a_run_says_what_its_images_are_worth_and_the_command_adds_to_it_without_teaching_twice(
    on_server: None, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_source(tmp_path, striped_images(600, seed=1, classes=4), striped_images(200, seed=2, classes=4))
    tiny = tiny_experiment(source, epochs=1) | {"worth": 3}
    experiment = Experiment.model_validate(tiny | {"classifier": tiny["classifier"] | {"name": "mlp"}})
    report = synthetic_data(experiment)
    assert report is not None
    run = Run(Path(report.page).parent)
    valued = read_worth(run.worth)
    assert valued and [point.images for point in valued.curve.points] == [4, 20, 100, 500]
    assert valued.sentence in report.headline and "32 synthetic images teach" in report.headline
    page = run.report.read_text("utf-8")
    assert (
        SECTIONS[0] in page
        and page.count(f"{valued.sentence}<") == 2
        and not any(name in page for name in SECTIONS[1:])
    )
    measures = read_frame(run.measures)
    assert measures.value[measures.measure == "worth"].tolist() == [valued.curve.equivalent.images]
    accuracies = measures[(measures.measure == "accuracy") & measures.seed.isna()].set_index("of").value
    assert accuracies["real"] == valued.curve.points[-1].accuracy
    assert accuracies["synthetic"] == valued.curve.synthetic.accuracy

    said = worth(str(run.folder), experiment, (60,), True)
    found = read_worth(run.worth)
    assert found and found.curve == valued.curve and len(found.gains) == 10 and len(found.advice) == 4
    assert {each.synthetic for each in found.gains} == {0, 15, 60, 240, 1_200}
    assert all(each.sentence in said for each in found.advice)
    page = run.report.read_text("utf-8")
    assert all(name in page for name in SECTIONS) and "best by validation" in page
    [record, *_] = read_entries([run], ModelRegistry(elsewhere / "models"))[0]
    assert record["worth"] == valued.curve.equivalent.images
    frame = read_frame(run.worth_frame)
    assert frame.taught_by.value_counts()["real"] == 5  # four on the curve, one beside which there are gains

    monkeypatch.setattr(classifier, "teach", lambda *arguments, **options: pytest.fail("taught twice"))
    assert worth(str(run.folder), experiment, (60,), True) == said and run.report.read_text("utf-8") == page
    again = synthetic_data(experiment)
    assert again and again.headline == report.headline and run.report.read_text("utf-8") == page


def seemingly_finished(source: Path, **changed: object) -> Run:
    """The folder of a run of few pictures that nobody trained."""
    run = Run(Path("runs", "tiny"))
    settings = Experiment.model_validate(tiny_experiment(source) | changed)
    write_text(run.experiment, settings.model_dump_json())
    write_text(run.report, "</html>")
    striped_images(40, seed=5).save(run.synthetic)
    return run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--gains", "9"), "Expected 10 to 500 real images for a gain"),
        (("--gains", "60,501"), "got 501; correct --gains"),
        (("--gains", "few"), "Expected numbers such as 0-4"),
        (("--gains", "60,60"), "Expected each number once"),
        (("--subsets", "0"), "say --subsets 6"),
        (("--subsets", "many"), "worth: Expected a whole number"),
        (("--subsets", "31"), "worth: Input should be less than or equal to 30"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_a_server_starts(
    refusal: Callable[..., str], elsewhere: Path, tiny_source: Path, arguments: tuple[str, ...], said: str
) -> None:
    run = seemingly_finished(tiny_source)
    assert said in refusal("worth", str(run.folder), *arguments)
    assert not run.worth.exists() and run.report.read_text("utf-8") == "</html>"


def test_few_validation_images_choose_nothing_and_a_run_without_images_is_worth_nothing(
    refusal: Callable[..., str], elsewhere: Path, tiny_source: Path
) -> None:
    run = seemingly_finished(tiny_source, data={"validation_images": 60})
    for arguments in (("--advice",), ("--gains", "50")):
        assert "Expected 100 validation images or more" in refusal("worth", str(run.folder), *arguments)
    run = seemingly_finished(tiny_source, gan={"conditional": False})
    assert "Expected a generator that is told the classes" in refusal("worth", str(run.folder), "--gains", "50")
    run.synthetic.unlink()
    assert "Expected labelled images in" in refusal("worth", str(run.folder))
    run.report.unlink()
    assert "name one that holds a report.html" in refusal("worth", str(run.folder))


def test_real_images_of_another_run_are_refused(elsewhere: Path, tiny_source: Path, on_server: None) -> None:
    run = seemingly_finished(tiny_source)
    write_frame(pd.DataFrame({"data_digest": ["d" * 64]}), run.frame)
    with pytest.raises(BadInput, match="Expected the real images of the run tiny, got others"):
        worth(str(run.folder), Experiment.model_validate(tiny_experiment(tiny_source)))
