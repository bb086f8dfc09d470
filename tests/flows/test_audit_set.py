"""The audit at a prompt: sets of any origin beside real images, and what its exit code says."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from conftest import striped_images, write_source

from flows.commands.main import main
from gan_core.audit.measures import MEASURES
from gan_core.images.labelled_images import LabelledImages

pytestmark = pytest.mark.usefixtures("on_server", "shared_cache")

CLASSIFIER = ("--classifier.steps", "60", "--classifier.batch-size", "64", "--classifier.seeds", "0,1")
ONE = ("--classifiers", "two-conv")
TRAIN, TEST, FRESH = (striped_images(900, seed, side=16) for seed in (1, 2, 3))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shared_cache(elsewhere: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real images teach once for all audits here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


@pytest.fixture
def source(tmp_path: Path) -> str:
    return str(write_source(tmp_path / "real", TRAIN, TEST))


@pytest.fixture
def ended(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Types `synthetic-data audit` here; returns the exit code, what it said, and the last line of its errors."""

    def end(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["audit", *arguments, *CLASSIFIER, *(() if "--classifiers" in arguments else ONE)])
        said = capfd.readouterr()
        return int(left.value.code or 0), said.out, (said.err.splitlines() or [""])[-1]

    return end


def saved(images: LabelledImages, tmp_path: Path) -> str:
    images.save(tmp_path / "set.npz")
    return str(tmp_path / "set.npz")


def test_fresh_images_pass_and_leave_page_frame_and_findings(
    source: str, tmp_path: Path, ended: Callable[..., tuple[int, str, str]]
) -> None:
    out = tmp_path / "audited"
    code, said, _ = ended(saved(FRESH, tmp_path), "--real", source, "--out", str(out), "--classifiers", "mlp")
    assert code == 0
    assert "What it teaches" in said and "taught by augmented" in said and f"page  {out}" in said
    frame = pd.read_parquet(out / "measures.parquet")
    assert set(frame.measure) <= {measure.name for measure in MEASURES}
    assert {"accuracy", "coverage", "frechet_distance", "copied"} <= set(frame.measure)
    accuracies = frame[frame.measure == "accuracy"]
    asked, sets = ("two-conv", "mlp"), ("real", "augmented", "synthetic", "both")
    assert set(accuracies.of) == {*sets, *(f"{of}, mlp" for of in sets)}
    assert set(accuracies.classifier) == set(asked) and all(f"\n{name}  " in said for name in asked)
    verdicts = {check["name"]: check["verdict"] for check in json.loads((out / "audit.json").read_text())["checks"]}
    assert verdicts.keys() == {"use", "copies", "collapse", "labels", "ruler"} and "fails" not in verdicts.values()
    page = (out / "audit.html").read_text()
    assert "Did it memorise?" in page and all(page.count(f">{name}</th>") >= 2 for name in asked)


def test_training_images_over_again_end_with_one(
    source: str, tmp_path: Path, ended: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, fault = ended(saved(TRAIN, tmp_path), "--real", source, "--out", str(tmp_path / "out"))
    assert code == 1 and "It copies: about " in fault


def test_a_set_of_other_classes_is_refused_before_anything_starts(
    source: str, tmp_path: Path, refusal: Callable[..., str]
) -> None:
    others = LabelledImages(FRESH.images, FRESH.labels, tuple("abcdefghij"))
    assert "Expected classes among stripes 0, " in refusal("audit", saved(others, tmp_path), "--real", source)
    assert "for both" in refusal("audit", source, "--real", source)


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--references=-1",), ("--references", "1.5"), ("--references", "101"), ("--references", "many")),
        *(("nowhere",), ("--generator", "."), ("--real", "nowhere"), ("--holdout", "train")),
        *(("--classifiers", "forest"), ("--classifiers", "mlp,forest"), ("--classifiers", "")),
    ],
    ids=" ".join,
)
def test_what_cannot_be_audited_is_refused_before_anything_starts(
    source: str, refusal: Callable[..., str], arguments: tuple[str, ...]
) -> None:
    named = () if "--real" in arguments else ("--real", source)
    refusal("audit", *(arguments if arguments[0] == "nowhere" else (source, *arguments)), *named)
