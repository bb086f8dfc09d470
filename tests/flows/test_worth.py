"""The worth of a tiny run's images, from the run to its page, and what is refused before anything is taught."""

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import striped_images, write_source
from killed import Command
from servers import tiny_experiment

from flows.synthetic_data import synthetic_data
from flows.worth import worth
from gan_core.classifiers import classifier
from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.files import read_frame, write_frame, write_text
from gan_core.worth.advice import NOISE
from gan_core.worth.worth import read_worth
from tasks.data.real_images import real_images
from tasks.registry.model_registry import ModelRegistry
from tasks.reports.gather_history import read_entries
from tasks.runs.run_folder import Run
from tasks.worth.find_lengths import find_lengths

WRONG_RATIOS = "", "0", "1,1.0", "4,many", "nan", "21"
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

    copied_run(run, epochs=2)
    said = worth(str(run.folder), experiment, (60,), True, (0.25, 1, 4))
    found = read_worth(run.worth)
    assert found and found.curve == valued.curve and len(found.gains) == 8 and len(found.advice) == 4
    assert {each.synthetic for each in found.gains} == {0, 15, 60, 240}
    assert all(each.sentence in said for each in found.advice)
    [epochs] = [each for each in found.advice if each.about == "epoch"]
    assert "that of 1 taught best: 2 teach" in epochs.sentence and NOISE in epochs.sentence
    page = run.report.read_text("utf-8")
    assert all(name in page for name in SECTIONS) and "best by validation" in page
    [record, *_] = read_entries([run], ModelRegistry(elsewhere / "models"))[0]
    assert record["worth"] == valued.curve.equivalent.images
    frame = read_frame(run.worth_frame)
    assert frame.taught_by.value_counts()["real"] == 5  # four on the curve, one beside which there are gains

    monkeypatch.setattr(classifier, "teach", lambda *arguments, **options: pytest.fail("taught twice"))
    assert worth(str(run.folder), experiment, (60,), True, (0.25, 1, 4)) == said == worth(str(run.folder), experiment)
    assert run.report.read_text("utf-8") == page
    again = synthetic_data(experiment)
    assert again and again.headline == report.headline and run.report.read_text("utf-8") == page


def copied_run(run: Run, *, epochs: int) -> Run:
    """The same run beside it, as one of so many epochs that drew the same images."""
    other = Run(shutil.copytree(str(run.folder), Path(str(run.folder)).with_name(f"of-{epochs}-epochs")))
    settings = json.loads(run.experiment.read_text("utf-8"))
    write_text(other.experiment, json.dumps(settings | {"gan": settings["gan"] | {"epochs": epochs}}))
    return other


def test_runs_that_differ_in_their_epochs_alone_stand_for_other_lengths_of_a_training(
    elsewhere: Path, tiny_source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = seemingly_finished(tiny_source, gan={"epochs": 4})
    write_frame(pd.DataFrame({"data_digest": ["d" * 64]}), run.frame)
    shorter, longer, other_data, other_seed, undrawn, damaged = (copied_run(run, epochs=each) for each in range(1, 7))
    shutil.move(str(longer.frame), str(longer.validation_report))  # as a sweep leaves it
    write_frame(pd.DataFrame({"data_digest": ["e" * 64]}), other_data.frame)
    write_text(other_seed.experiment, json.dumps(json.loads(other_seed.experiment.read_text("utf-8")) | {"seed": 7}))
    undrawn.synthetic.unlink()
    write_text(damaged.experiment, "{}")
    Path("runs", "latest").symlink_to("tiny")
    assert find_lengths(run, "d" * 64) == {1: shorter, 2: longer, 4: run}
    assert f"{damaged.id} is left out" in caplog.text


def test_a_worth_that_was_killed_goes_on_and_ends_with_the_figures_of_one_that_was_not(
    prefect_server: dict[str, str], on_server: None, elsewhere: Path, tiny_source: Path
) -> None:
    classifier = tiny_experiment(tiny_source)["classifier"] | {"name": "mlp", "seeds": [0, 1]}
    made = seemingly_finished(tiny_source, classifier=classifier)
    real = real_images(Experiment.model_validate_json(made.experiment.read_text("utf-8")))
    write_frame(pd.DataFrame({"data_digest": [real.digest]}), made.frame)
    whole, killed = (
        Run(shutil.copytree(str(made.folder), elsewhere / name / made.folder.name)) for name in ("whole", "killed")
    )

    def value(run: Run, code: int = 0, moment: str = "") -> None:
        home = Path(str(run.folder)).parent
        environment = prefect_server | {"XDG_CACHE_HOME": str(home / "cache")}
        typed = "worth", str(run.folder), "--subsets", "2"
        Command(*typed, folder=home, environment=environment, moment=moment).finish(code)

    def learned(run: Run) -> dict[str, int]:
        """When each classifier's answers were written, in nanoseconds."""
        return {path.name: path.stat().st_mtime_ns for path in (run.folder.parent / "cache").rglob("answers/*.npz")}

    value(whole)
    value(killed, -signal.SIGKILL, moment="lesson")
    before = learned(killed)
    assert len(before) == 3 and not killed.worth.exists()
    value(killed)

    after = learned(killed)
    assert before.items() <= after.items()  # none of the three was taught again
    assert after.keys() == learned(whole).keys() and len(after) == 8  # two subsets and two whole sets, from two seeds
    for one, other in ((whole.worth, killed.worth), (whole.worth_frame, killed.worth_frame)):
        assert one.read_bytes() == other.read_bytes()


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
        (("--ratios", "0.25,4"), "Expected --gains beside --ratios"),
        *((("--gains", "60", "--ratios", ratios), "Expected ratios such as") for ratios in WRONG_RATIOS),
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
