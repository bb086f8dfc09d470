"""Small data and clean surroundings for all tests."""

import gc
import hashlib
import logging
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from gan_core.files import sha256
from gan_core.images.labelled_images import LabelledImages
from gan_core.parsing.idx_arrays import write_idx
from tasks.data.checksums import (
    CLASSES,
    FASHION_MNIST,
    FILES,
    SUMS,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
)

LONG = (  # the slowest first
    *("in_a_kernel", "server", "faults", "private", "team", "surroundings", "gpu_benchmark", "command_line"),
    *("deployment", "synthetic_data", "benchmarks", "generator_formats", "worth", "destinations", "sweep"),
    *("training_loop", "export", "readers"),
)

REAL = Path(os.environ.get("SYNTHETIC_DATA_SOURCE") or Path(__file__).parents[2] / "shared" / "fashion-mnist")
needs_real_files = pytest.mark.skipif(
    not all((REAL / name).is_file() for name in FILES) or sha256(REAL / TRAIN_LABELS) != FASHION_MNIST[TRAIN_LABELS],
    reason="needs the original Fashion-MNIST in SYNTHETIC_DATA_SOURCE or ../shared/fashion-mnist",
)

os.environ["PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW"] = "ignore"  # tasks are also called outside of runs here


def pytest_collection() -> None:
    gc.disable()  # what is imported stays, and is not looked through for garbage again and again


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that the processes end together."""
    places = {f"test_{name}.py": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONG)))


def surroundings(**own: object) -> dict[str, str]:
    """Environment variables of a command: this process's but for Prefect's, the project's sources, and `own`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    more = {"NO_PROXY": "*", "PYTHONPATH": Path(__file__).parents[1], **own}
    return kept | {name: str(value) for name, value in more.items()}


def striped_images(count: int, seed: int, classes: int = 10, side: int = 28) -> LabelledImages:
    """Noisy stripes: class k has 1 + k // 2 periods, across the rows if k is even and across the columns if odd."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % classes).astype(np.uint8)
    phases = 2 * np.pi * np.outer(1 + labels // 2, np.arange(side) / side)
    wave = np.broadcast_to(np.sin(phases)[:, :, None], (count, side, side))
    wave = np.where((labels % 2 == 0)[:, None, None], wave, wave.transpose(0, 2, 1))
    pixels = np.clip(127.5 + 90 * wave + random.normal(0, 12, wave.shape), 0, 255).astype(np.uint8)
    return LabelledImages(pixels[..., np.newaxis], labels, tuple(f"stripes {label}" for label in range(classes)))


def colour_images(count: int, seed: int, classes: int = 4) -> LabelledImages:
    """The same stripes in colours of noise on oblong pictures, 20 pixels high and 30 wide."""
    grey = striped_images(count, seed, classes, side=30)
    tints = np.random.default_rng(seed).uniform(0.4, 1, (count, 1, 1, 3))
    return LabelledImages((grey.images[:, 5:25] * tints).astype(np.uint8), grey.labels, grey.class_names)


def write_source(folder: Path, train: LabelledImages, test: LabelledImages) -> Path:
    """The four IDX files and classes.txt in `folder`."""
    write_idx(folder / TRAIN_IMAGES, train.images[..., 0])
    write_idx(folder / TRAIN_LABELS, train.labels)
    write_idx(folder / TEST_IMAGES, test.images[..., 0])
    write_idx(folder / TEST_LABELS, test.labels)
    (folder / CLASSES).write_text("".join(f"{name}\n" for name in train.class_names))
    return folder


def write_sums(folder: Path) -> None:
    """A SHA256SUMS file for the four files in `folder`, as sha256sum writes it."""
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES]
    (folder / SUMS).write_text("".join(lines))


@pytest.fixture
def tiny_source(tmp_path: Path) -> Path:
    """A folder with 600 striped training and 200 striped test images of ten classes, and their classes.txt."""
    return write_source(tmp_path / "tiny-source", striped_images(600, seed=1), striped_images(200, seed=2))


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, with caches of its own and no proxy, where no data are found by chance."""
    home = tmp_path / "surroundings" / "home"
    home.mkdir(parents=True)
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(home / "keras"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("SYNTHETIC_DATA_SOURCE", raising=False)
    return home


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Environment variables for the real Prefect server, with a database of its own, that most tests share."""
    from servers import own_surroundings, shared_server

    own = tmp_path_factory.getbasetemp()
    common = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared-server"
    common.mkdir(exist_ok=True)
    with shared_server(common, PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS="1") as address:
        yield own_surroundings(own) | {"PREFECT_API_URL": address}


@pytest.fixture(scope="session")
def prefect_server(server: dict[str, str]) -> dict[str, str]:
    """The variables by which flows in processes of their own find it, and where they may leave results."""
    storage = Path(server["PREFECT_HOME"], "storage")
    return {"PREFECT_API_URL": server["PREFECT_API_URL"], "PREFECT_LOCAL_STORAGE_PATH": str(storage)}


@pytest.fixture
def on_server(server: dict[str, str]) -> Iterator[None]:
    """Flows in this process run on the shared server."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: server["PREFECT_API_URL"]}):
        yield
        for handler in logging.getLogger("prefect.flow_runs").handlers:
            handler.flush()  # waits until the server has them


@pytest.fixture
def refusal(on_server: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Types `synthetic-data` in this process, and returns the one line with which it must end."""
    from flows.commands.main import main
    from flows.commands.prefect_settings import PREFECT

    for name, value in PREFECT.items():
        monkeypatch.setenv(name, value)  # so that what the command sets ends with the test

    def refused(*arguments: str, code: int = 2) -> str:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        *before, line = capfd.readouterr().err.splitlines()
        assert "--verbose" in arguments or not before
        assert ended.value.code == code and line.startswith("synthetic-data: ")
        return line

    return refused


@pytest.fixture(scope="session")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an untrained generator of ten classes with difficult names."""
    from exported import untrained_generator

    return untrained_generator(tmp_path_factory.mktemp("generator") / "generator.npz")


@pytest.fixture(scope="session")
def dataset(generator: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export in every format, 640 training and 70 test images; not to be changed."""
    from exported import exported

    return exported(generator, tmp_path_factory.mktemp("export") / "dataset")


@pytest.fixture(scope="session")
def colour_generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an untrained generator of oblong pictures in colour."""
    from exported import COLOUR, untrained_generator

    return untrained_generator(tmp_path_factory.mktemp("generator") / "generator.npz", shape=COLOUR)


@pytest.fixture(scope="session")
def colour_dataset(colour_generator: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of as many pictures in colour in every format that holds them; not to be changed."""
    from exported import COLOUR, exported, formats_for

    return exported(colour_generator, tmp_path_factory.mktemp("export") / "dataset", formats=formats_for(COLOUR))


@pytest.fixture(scope="session")
def drawn(generator: Path) -> dict[str, LabelledImages]:
    """What the splits of `dataset` must hold, drawn in one go."""
    from exported import drawn_in_one_go

    return drawn_in_one_go(generator)
