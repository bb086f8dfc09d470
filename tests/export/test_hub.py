"""Laws of the hub: exports and generators go there complete or not at all, go on where they stopped, and come back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
from exported import NAMES, SETTINGS, exported, rdflib_warns, untrained_generator
from finished import CLASSES, finished_run
from finished import NAMES as NAMED
from hub_server import OWNER, TOKEN, Hub, serving_hub
from huggingface_hub import HfFileSystem, ModelCard
from PIL import Image

from flows.export_dataset import export_dataset
from gan_core.config import STANDARD, ExportSettings
from gan_core.errors import BadInput
from gan_core.files import Place, located, refreshed, write_text
from gan_core.gan.drawing import load_generator, save_generator
from gan_core.privacy.ledger import Ledger, Reading, describe_guarantee
from synthetic_data import load
from tasks.export.check_export import check_export
from tasks.export.finish_export import SUMS
from tasks.export.push_generator import check_push, push_generator
from tasks.export.verify_export import verify_export

pytestmark = [rdflib_warns, pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")]  # of libraries

FORMATS = ("npz", "parquet")
OUT = f"hf://datasets/{OWNER}/stripes"
MODEL = f"hf://models/{OWNER}/stripes"


@pytest.fixture
def hub(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that the library takes for the real one, and a token for it."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    for hub in serving_hub():
        address = hub.url + "/{repo_id}/resolve/{revision}/{filename}"  # both are what HF_ENDPOINT makes of them
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", address)
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.url)
        HfFileSystem.clear_instance_cache()
        yield hub
    HfFileSystem.clear_instance_cache()


def send(generator: Place, settings: ExportSettings = SETTINGS, *, overwrite: bool = False) -> None:
    """The export as the command makes it, without Prefect."""
    check_export(str(generator), OUT, FORMATS, settings, overwrite)
    exported(generator, located(OUT), formats=FORMATS, settings=settings, overwrite=overwrite)


def test_an_export_to_the_hub_is_one_commit_of_what_an_export_here_is_and_can_be_verified(
    hub: Hub, generator: Path, tmp_path: Path, elsewhere: Path
) -> None:
    here = exported(generator, tmp_path / "dataset", formats=FORMATS)

    send(generator)

    files = hub.repositories[f"datasets/{OWNER}/stripes"]
    assert hub.commits == 2 and hub.private[f"datasets/{OWNER}/stripes"]  # the first makes the repository
    assert files[SUMS] == (here / SUMS).read_bytes() and b"pretty_name: Synthetic images" in files["README.md"]
    assert not [name for name in files if name.startswith(".") and name != ".gitattributes"]
    assert "710 images" in verify_export(refreshed(located(OUT)))
    assert not list((elsewhere / "cache" / "synthetic-data" / "hub").iterdir())


def test_an_interrupted_export_sends_only_what_is_missing(hub: Hub, generator: Path) -> None:
    hub.refuses_after = 1
    with pytest.raises(BadInput, match="the same command goes on"):
        send(generator)
    assert len(hub.uploads) == 1 and hub.commits == 1

    hub.refuses_after = None
    send(generator)
    assert len(hub.uploads) == len(set(hub.uploads)) > 1 and hub.commits == 2


def test_the_same_export_is_found_again_and_another_replaces_it_only_when_told(
    hub: Hub, generator: Path, on_server: None
) -> None:
    send(generator)
    before = dict(hub.repositories[f"datasets/{OWNER}/stripes"]), hub.commits
    export_dataset(str(generator), OUT, FORMATS, SETTINGS)
    assert (hub.repositories[f"datasets/{OWNER}/stripes"], hub.commits) == before

    other = SETTINGS.model_copy(update={"per_class": 3, "test_per_class": 0, "counts": {}})
    with pytest.raises(BadInput, match="--overwrite"):
        send(generator, other)
    send(generator, other, overwrite=True)
    files = hub.repositories[f"datasets/{OWNER}/stripes"]
    assert "30 images" in verify_export(refreshed(located(OUT))) and set(files) != set(before[0])

    files["precious.bin"] = b"x"
    with pytest.raises(BadInput, match=r"got precious.bin; move that away"):
        send(generator, overwrite=True)
    assert files["precious.bin"] == b"x"


def test_the_generator_itself_goes_to_a_repository_of_models(hub: Hub, generator: Path) -> None:
    formats, settings = ("playground",), ExportSettings()
    check_export(str(generator), MODEL, formats, settings)
    exported(generator, located(MODEL), formats=formats, settings=settings)

    files = hub.repositories[f"models/{OWNER}/stripes"]
    assert {"README.md", "manifest.json", SUMS, "playground/playground.html"} <= set(files)
    card = files["README.md"].decode()
    assert card.count("\n## ") == card.count("\n\n## ") > 1
    check_export(str(generator), MODEL, formats, settings)  # as it is there
    with pytest.raises(BadInput, match="--overwrite"):
        check_export(str(generator), MODEL, ("keras",), settings)


def test_of_a_private_run_the_guarantee_goes_to_the_hub_and_no_figure_of_real_images(
    hub: Hub, generator: Path, tmp_path: Path
) -> None:
    run = finished_run(tmp_path, NAMED[0], STANDARD, 0.831)
    run.generator.parent.mkdir()
    network, card = load_generator(generator)
    ledger = Ledger(1.0, 1e-5, readings=(Reading("means", sensitivity=1.0, sigma=4.0, images=600),))
    save_generator(run.generator, network, card.model_copy(update={"privacy": ledger}))
    write_text(run.audit, "not to be read")

    send(run.folder)
    push_generator(check_push(str(run.folder), MODEL))

    exported_files, pushed = (hub.repositories[f"{kind}/{OWNER}/stripes"] for kind in ("datasets", "models"))
    assert set(pushed) == {".gitattributes", "README.md", "generator.npz"}
    for files in (exported_files, pushed):
        assert describe_guarantee(ledger).encode() in files["README.md"]
        told = b"".join(content for name, content in files.items() if name.endswith((".md", ".json")))
        assert b"83.2" not in told and b"without any privacy" not in told and run.id.encode() not in told


def test_a_generator_that_was_pushed_is_loaded_and_draws_the_same_images(
    hub: Hub, generator: Path, tmp_path: Path
) -> None:
    run = finished_run(tmp_path, NAMED[0], STANDARD, 0.831)
    (run.generator.parent).mkdir()
    run.generator.write_bytes(generator.read_bytes())
    run.grids.mkdir()
    for file in (run.grid(2), run.mosaic):
        Image.new("L", (9, 9)).save(str(file))

    push_generator(check_push(str(run.folder), MODEL))

    files = hub.repositories[f"models/{OWNER}/stripes"]
    assert set(files) == {".gitattributes", "README.md", "generator.npz", "grid.png"}  # no real image
    card = ModelCard(files["README.md"].decode())
    assert card.data.to_dict()["tags"] == ["synthetic", "gan"]
    assert "| synthetic | 83.20 ±" in card.text and f'load("{MODEL}")' in card.text and "](grid.png)" in card.text
    theirs, ours = load(MODEL), load(generator)
    assert theirs.class_names == NAMES
    for there, here in zip(theirs.draw(2, seed=4), ours.draw(2, seed=4), strict=True):
        assert np.array_equal(there, here)

    uploads = list(hub.uploads)
    push_generator(check_push(str(run.folder), MODEL))
    assert hub.uploads == uploads and hub.commits == 2


def test_what_the_hub_would_refuse_is_told_before_the_work(
    hub: Hub, generator: Path, refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def exporting(out: str, *more: str) -> str:
        return refusal("export", "--generator", str(generator), "--out", out, *more)

    assert "Expected hf://datasets/OWNER/NAME, got hf://models/me/x" in exporting("hf://models/me/x")
    assert "Expected hf://models/OWNER/NAME" in refusal("push", str(generator), OUT)
    assert "a repository of me or we, got hf://datasets/they/x" in exporting("hf://datasets/they/x")
    many = exporting(OUT, "--format", "imagefolder", "--per-class", "2000")
    assert "choose parquet or webdataset" in many
    assert "Expected hf://models/OWNER/NAME, got" in exporting(OUT, "--format", "savedmodel")
    hub.repositories[f"models/{OWNER}/stripes"] = {"model.safetensors": b"x", "README.md": b"mine"}
    assert "got hf://models/me/stripes with model.safetensors" in refusal("push", str(generator), MODEL)
    assert "Expected a generator, got" in refusal("push", "nowhere", MODEL)
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "check HF_TOKEN" in exporting(OUT)
    monkeypatch.delenv("HF_TOKEN")
    assert "set HF_TOKEN, or say hf auth login" in exporting(OUT)
    assert hub.commits == 0


def test_a_hub_that_does_not_answer_is_told(
    elsewhere: Path, generator: Path, refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    assert "check HF_TOKEN and the network" in refusal("export", "--generator", str(generator), "--out", OUT)
    with pytest.raises(BadInput, match="check the address"):
        load(MODEL)


def test_the_card_of_an_unmeasured_generator_says_so(hub: Hub, tmp_path: Path) -> None:
    file = untrained_generator(tmp_path / "generator.npz", class_names=CLASSES)
    push_generator(check_push(str(file), MODEL))
    text = hub.repositories[f"models/{OWNER}/stripes"]["README.md"].decode()
    assert "Not measured" in text and "manifest.json" not in text and "Coat, Bag." in text and "grid.png" not in text
    assert load(MODEL).class_names == CLASSES
