"""Laws of the wheel: it holds all of the program and its licence, and runs where there is no checkout."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from email import message_from_string
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from conftest import surroundings

from flows.commands.prefect_settings import PREFECT
from gan_core.installed_package import LICENSE, NAME, program_commit, program_version

ROOT = Path(__file__).parents[1]
PACKAGES = "flows", "gan_core", "tasks"
HERE, NEWEST = f"{sys.version_info.major}.{sys.version_info.minor}", "3.13"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without an index."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, env=surroundings(), capture_output=True, check=True)
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module", params=sorted({HERE, NEWEST}))
def python(request: pytest.FixtureRequest) -> str:
    """The interpreter of an environment with the libraries, for this Python or the newest that is served."""
    other = ROOT / f".venv-{request.param}"
    if request.param != HERE and not (other / "ready").exists():
        pytest.skip(f"no libraries for Python {request.param} here; `make newest` brings them")
    return sys.executable if request.param == HERE else str(other / "bin" / "python")


@pytest.fixture(scope="module")
def installed(python: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and the libraries of `python`, inside a checkout of somebody else."""
    theirs = tmp_path_factory.mktemp("theirs")
    git = ["git", "-C", str(theirs), "-c", "user.name=they", "-c", "user.email=they@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "theirs"], check=True)
    environment = theirs / "Ordner mit Umläuten" / ".venv"  # blanks and umlauts are in many homes
    subprocess.run([python, "-m", "venv", "--without-pip", environment], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--disable-pip-version-check", wheel], check=True)
    [site_packages] = environment.glob("lib/python*/site-packages")
    # a .pth file names a folder whose own .pth files are not read, that of the editable install among them
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    (site_packages / "libraries.pth").write_text(subprocess.run(ask, capture_output=True, text=True, check=True).stdout)
    return environment


def away(installed: Path, program: str, *arguments: str | Path) -> str:
    """What a program of the environment prints when it is called from its folder, with no checkout in reach."""
    alone = surroundings()
    del alone["PYTHONPATH"]
    command = [installed / "bin" / program, *arguments]
    options: dict[str, Any] = {"capture_output": True, "text": True, "check": True, "umask": 0o077}
    return subprocess.run(command, cwd=installed, env=alone, **options).stdout


def test_the_wheel_holds_each_module_template_and_setting_and_the_licence(wheel: Path) -> None:
    kinds = "*.py", "*.jinja", "*.js", "*.toml", "*.csv"
    sources = [path for name in PACKAGES for kind in kinds for path in (ROOT / name).rglob(kind)]
    sources.append(ROOT / "synthetic_data.py")

    held = set(ZipFile(wheel).namelist())

    own = {name for name in held if ".dist-info/" not in name}
    assert own == {path.relative_to(ROOT).as_posix() for path in sources}
    assert any(name.endswith("/licenses/LICENSE") for name in held)


def test_its_licence_is_the_one_that_manifest_and_image_name(wheel: Path) -> None:
    archive = ZipFile(wheel)
    [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]

    metadata = message_from_string(archive.read(name).decode())

    assert (metadata["Name"], metadata["License-Expression"]) == (NAME, LICENSE)
    assert (ROOT / "LICENSE").read_text().startswith(f"{LICENSE} License\n")
    assert f"LABEL org.opencontainers.image.licenses={LICENSE}\n" in (ROOT / "deploy" / "Dockerfile").read_text()


def test_installed_elsewhere_it_runs_its_own_files_and_names_no_commit_of_its_host(installed: Path) -> None:
    ask = (
        "import json, flows, gan_core, synthetic_data, tasks\n"
        "from importlib.metadata import entry_points\n"
        "from flows.commands.prefect_settings import PREFECT\n"
        "from gan_core.installed_package import program_commit\n"
        "plugins = [each.value for each in entry_points(group='prefect.plugins')]\n"
        "files = [module.__file__ for module in (flows, gan_core, synthetic_data, tasks)]\n"
        "print(json.dumps([program_commit(), plugins, PREFECT, *files]))"
    )

    named, plugins, settings, *files = json.loads(away(installed, "python", "-c", ask))

    assert named is None
    assert plugins == ["flows.commands.prefect_plugin"]
    assert settings == PREFECT
    assert all(Path(file).is_relative_to(installed) for file in files)


def test_its_command_helps_tells_its_version_and_verifies_a_dataset(installed: Path, dataset: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert "--gan.epochs" in away(installed, "synthetic-data", "run", "--help")
    assert away(installed, "synthetic-data", "--version").strip() == project["version"]
    assert away(installed, "synthetic-data", "verify", dataset).startswith("710 images in ")


def test_the_newest_python_is_the_last_that_the_package_admits() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: 3."
    named = [int(line.removeprefix(prefix)) for line in project["classifiers"] if line.startswith(prefix)]

    assert project["requires-python"] == f">=3.{min(named)},<3.{max(named) + 1}"
    assert f"3.{max(named)}" == NEWEST


def test_a_manifest_names_version_and_licence_of_the_program(dataset: Path) -> None:
    manifest = json.loads((dataset / "manifest.json").read_text())

    assert (manifest["program_version"], manifest["program_license"]) == (program_version(), LICENSE)
    assert manifest["commit"] == program_commit()


def test_a_checkout_names_its_commit_and_nothing_where_git_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no checkout here")
    head = subprocess.run([git, "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert program_commit() == head.strip()
    monkeypatch.setenv("PATH", os.devnull)
    assert program_commit() is None
