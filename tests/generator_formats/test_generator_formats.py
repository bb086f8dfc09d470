"""Laws of the generator's own formats: whoever loads them draws the pictures that this program draws."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from conftest import surroundings
from exported import (
    COLOUR,
    GREY,
    NAMES,
    RARE,
    SETTINGS,
    allowed,
    exported,
    further_apart,
    rdflib_warns,
    vivid_generator,
)

from gan_core.config import ExportSettings
from gan_core.descriptions.dataset_card import format_card
from gan_core.descriptions.manifest import describe_dataset
from gan_core.errors import BadInput
from gan_core.files import sha256
from gan_core.formats import EXTRAS
from gan_core.gan.drawing import BLOCK, draw, load_generator, save_generator
from gan_core.gan.generator_card import read_card
from gan_core.generator_formats import (
    GENERATOR_FORMATS,
    READ_IN_PYTHON,
    keras_file,
    onnx_graph,
    savedmodel,
    write_generator,
)
from gan_core.generator_formats.plain_generator import flatten_generator
from gan_core.images.shape import ImageShape
from gan_core.privacy.ledger import Ledger, Reading, describe_guarantee
from tasks.export.check_export import check_export, least_bytes
from tasks.export.plan_export import plan_export
from tasks.export.verify_export import Damaged, verify_export

# of Keras itself, when it saves a file
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SEED = 3
KINDS: dict[str, tuple[ImageShape, dict[str, Any]]] = {
    "grey, as this machine computes": (GREY, {}),
    "grey, in float32": (GREY, {"precision": "float32"}),
    "in colour, 32 pixels": (ImageShape(32, 32, 3), {"precision": "mixed_bfloat16"}),
    "padded, with one doubling more": (ImageShape(33, 40, 3), {"precision": "float32"}),
    "of the least size, without classes": (ImageShape(8, 9, 1), {"precision": "float32", "conditional": False}),
}
ALONE = f"""
import sys
sys.path.append({str(Path(np.__file__).parents[1])!r})
from importlib.util import find_spec
assert not any(map(find_spec, ("gan_core", "tasks", "flows")))
"""  # for a Python without site, where no .pth file leads to this project
READ = """
import json
import numpy as np
import keras
import onnxruntime
import tensorflow as tf
for folder in sys.argv[1:]:
    given = dict(np.load(f"{folder}/given.npz"))
    signature = tf.saved_model.load(f"{folder}/savedmodel").signatures["serving_default"]
    session = onnxruntime.InferenceSession(f"{folder}/onnx/generator.onnx")
    model = keras.saving.load_model(f"{folder}/keras/generator.keras")
    np.savez(
        f"{folder}/found.npz",
        savedmodel=signature(**{name: tf.constant(value) for name, value in given.items()})["images"],
        onnx=session.run(["images"], given)[0],
        keras=model.predict(given, batch_size=100, verbose=0),
    )
"""


def run_alone(code: str, *arguments: Path, at: Path) -> None:
    """Run a program in a new process that knows the libraries and nothing of this project."""
    command = [sys.executable, "-I", "-S", "-c", ALONE + code, *map(str, arguments)]
    done = subprocess.run(command, cwd=at, env=surroundings(PYTHONPATH=""), capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """For each kind a folder with the formats, what they were given, and what others made of them."""
    folders = {kind: tmp_path_factory.mktemp("kind") for kind in KINDS}
    for kind, (shape, settings) in KINDS.items():
        folder = folders[kind]
        generator, card = load_generator(vivid_generator(folder / "generator.npz", shape, **settings))
        plain = flatten_generator(generator, card.class_names)
        for name, module in (("savedmodel", savedmodel), ("onnx", onnx_graph), ("keras", keras_file)):
            module.write(folder / name, plain)
        latents = tf.random.stateless_normal([BLOCK, generator.latent_size], seed=[2 * SEED + 1, 0]).numpy()
        given = {"latents": latents, "classes": np.arange(BLOCK, dtype=np.int32) % 10}
        np.savez(folder / "given.npz", **(given if generator.embedding is not None else {"latents": latents}))
        labels = given["classes"].astype(np.uint8)
        images = np.concatenate(list(draw(generator, labels, SEED)))
        np.savez(folder / "drawn.npz", images=images, allowed=allowed(generator))
    run_alone(READ, *folders.values(), at=folders["grey, in float32"])
    return folders


def drawn_and_found(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray, float]:
    """What this program and another drew, and the share of values that may be further apart."""
    with np.load(folder / "drawn.npz") as drawn, np.load(folder / "found.npz") as found:
        return drawn["images"], found[name], float(drawn["allowed"])


@pytest.mark.parametrize("kind", KINDS)
def test_tensorflow_draws_the_same_bytes_without_this_program(written: dict[str, Path], kind: str) -> None:
    drawn, found, _ = drawn_and_found(written[kind], "savedmodel")
    assert np.ptp(drawn) > 150 and found.dtype == np.uint8
    assert np.array_equal(found, drawn)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["onnx", "keras"])
def test_other_runtimes_draw_the_same_to_within_one_level(written: dict[str, Path], kind: str, name: str) -> None:
    drawn, found, share = drawn_and_found(written[kind], name)
    assert found.dtype == np.uint8 and found.shape == drawn.shape
    assert further_apart(found, drawn) <= share


@pytest.fixture(scope="module")
def vivid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator's file; not to be changed."""
    return vivid_generator(tmp_path_factory.mktemp("generator") / "generator.npz", COLOUR)


@pytest.fixture(scope="module")
def itself(vivid: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of the generator in each of its formats; not to be changed."""
    out = tmp_path_factory.mktemp("export") / "generator"
    return exported(vivid, out, formats=tuple(GENERATOR_FORMATS), settings=ExportSettings())


def test_an_export_of_the_generator_is_described_and_found_sound(itself: Path, vivid: Path) -> None:
    assert sorted(path.name for path in itself.iterdir()) == sorted(
        [*GENERATOR_FORMATS, "README.md", "SHA256SUMS", "manifest.json"]
    )
    manifest = json.loads((itself / "manifest.json").read_text("utf-8"))
    assert manifest["formats"] == list(GENERATOR_FORMATS) and manifest["class_names"] == list(NAMES)
    assert manifest["generator_digest"] == sha256(vivid) and manifest["shape"] == list(COLOUR)
    assert manifest["generator"]["latent_size"] == 6 and manifest["generator"]["settings"]["generator_width"] == 8
    assert manifest["splits"] == {} and "settings" not in manifest
    assert "the generator in savedmodel, onnx, keras, playground and" in verify_export(itself)


def test_what_the_card_tells_to_type_draws_without_this_program(itself: Path) -> None:
    card = (itself / "README.md").read_text("utf-8")
    first, *others = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    checks = f"assert images.shape == (100, *{tuple(COLOUR)}) and images.dtype == np.uint8\nall_images.append(images)\n"
    end = f"assert all((abs(images.astype(int) - all_images[0]) > 1).mean() <= {RARE} for images in all_images)"
    assert len(others) == len(READ_IN_PYTHON)
    run_alone("\n".join([first, "all_images = []", *(other + checks for other in others), end]), at=itself)
    assert "pipeline_tag: unconditional-image-generation" in card and "3 コート" in card


def test_an_export_of_the_generator_made_again_has_the_same_bytes(itself: Path, vivid: Path, tmp_path: Path) -> None:
    tf.function(lambda value: value + 1)(1)  # from then on names are counted from another number in this process
    again = exported(vivid, tmp_path / "again", formats=tuple(GENERATOR_FORMATS), settings=ExportSettings())
    assert (again / "SHA256SUMS").read_bytes() == (itself / "SHA256SUMS").read_bytes()


@rdflib_warns
def test_images_and_their_generator_can_be_exported_together(vivid: Path, itself: Path, tmp_path: Path) -> None:
    out = exported(vivid, tmp_path / "both", formats=("npz", "onnx", "playground"))
    assert "710 images in npz and the generator in onnx, playground and" in verify_export(out)
    for name in ("onnx/generator.onnx", "playground/playground.html"):  # though made in this process
        assert (out / name).read_bytes() == (itself / name).read_bytes()
    card = (out / "README.md").read_text("utf-8")
    assert "710 images of" in card and "onnxruntime.InferenceSession" in card and "task_categories" in card
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["formats"] == ["npz", "onnx", "playground"] and manifest["settings"] == SETTINGS.model_dump(
        mode="json"
    )


def test_the_guarantee_of_a_private_generator_goes_with_it(vivid: Path, tmp_path: Path) -> None:
    generator, card = load_generator(vivid)
    ledger = Ledger(budget=1.0, delta=1e-5, readings=(Reading("means", sensitivity=1.0, sigma=4.0, images=600),))
    private = tmp_path / "generator.npz"
    save_generator(private, generator, card.model_copy(update={"data_digest": "", "privacy": ledger}))
    plan = plan_export.fn(private, ("onnx",), ExportSettings())
    text = format_card(plan, "", [])
    assert describe_guarantee(ledger) in text and "onnxruntime" in text and "without any privacy" not in text
    manifest = describe_dataset(plan, ExportSettings())
    assert manifest["privacy"]["budget"] == 1.0 and manifest["source_data_digest"] is None
    write_generator(private, ["playground"], tmp_path)
    assert describe_guarantee(ledger) in (tmp_path / "playground" / "playground.html").read_text("utf-8")


def test_verify_notices_another_generator_in_one_of_the_formats(itself: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(itself, tmp_path / "copy")
    generator, card = load_generator(vivid_generator(tmp_path / "other.npz", COLOUR, precision="float32"))
    generator.to_quarters.kernel.assign(-generator.to_quarters.kernel)
    onnx_graph.write(copy / "onnx", flatten_generator(generator, card.class_names))
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    file = copy / "onnx" / "generator.onnx"
    manifest["files"]["onnx/generator.onnx"] = {"bytes": file.stat().st_size, "sha256": sha256(file)}
    (copy / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    sums = {name: file["sha256"] for name, file in manifest["files"].items()}
    sums["manifest.json"] = sha256(copy / "manifest.json")
    (copy / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()), "utf-8")
    with pytest.raises(Damaged, match="the same images of savedmodel and onnx"):
        verify_export(copy)


def refused(generator: Path, tmp_path: Path, formats: tuple[str, ...], **settings: Any) -> str:
    """What both the check and the plan say, in the same words."""
    wanted, told = ExportSettings.model_validate(settings), set()
    for refusal in (
        lambda: check_export(str(generator), str(tmp_path / "out"), formats, wanted),
        lambda: plan_export.fn(generator, formats, wanted),
    ):
        with pytest.raises(BadInput, match=r"^Expected .*\.$") as said:
            refusal()
        told.add(str(said.value))
    assert len(told) == 1 and not (tmp_path / "out").exists()
    return told.pop()


def test_settings_of_images_are_refused_where_none_are_drawn(vivid: Path, tmp_path: Path) -> None:
    told = refused(vivid, tmp_path, ("onnx", "keras"), per_class=7, real_test=True)
    assert "onnx, keras, which hold the generator itself, got per_class, real_test; leave that out" in told
    check_export(str(vivid), str(tmp_path / "out"), ("onnx", "npz"), ExportSettings(per_class=7))


def test_a_generator_that_is_told_no_class_travels_and_draws_no_dataset(tmp_path: Path) -> None:
    generator = vivid_generator(tmp_path / "generator.npz", GREY, conditional=False)
    assert "export it itself as savedmodel" in refused(generator, tmp_path, ("npz", "onnx"))
    check_export(str(generator), str(tmp_path / "out"), tuple(GENERATOR_FORMATS), ExportSettings())


def test_onnx_without_its_library_is_refused_with_the_name_of_the_extra(
    vivid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXTRAS, "onnx", "a_library_that_is_not_installed")
    assert "pip install 'synthetic-labelled-images[onnx]'" in refused(vivid, tmp_path, ("onnx",))
    check_export(str(vivid), str(tmp_path / "out"), ("keras",), ExportSettings())


def test_a_disk_that_is_too_small_for_the_generator_is_named(
    vivid: Path, itself: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000))
    with pytest.raises(BadInput, match=f"at {tmp_path}, got 0 MB; make room"):
        check_export(str(vivid), str(tmp_path / "out"), ("onnx",), ExportSettings())
    for name in GENERATOR_FORMATS:
        taken = sum(path.stat().st_size for path in (itself / name).rglob("*") if path.is_file())
        assert least_bytes(read_card(vivid)) <= taken


def test_the_check_of_such_an_export_imports_no_tensorflow(vivid: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from tasks.export.check_export import check_export; from gan_core.config import ExportSettings\n"
        f"check_export({str(vivid)!r}, 'out', {tuple(GENERATOR_FORMATS)!r}, ExportSettings())\n"
        "assert not {'prefect', 'tensorflow', 'keras', 'onnx'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=surroundings(), check=True)
