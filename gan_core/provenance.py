"""What a result was made from: the source that shaped it, the libraries, the arithmetic, the settings, the data."""

import ast
import hashlib
import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gan_core.config import Experiment

LIBRARIES = ("tensorflow", "keras", "numpy", "pandas", "prefect")
ROOT = Path(__file__).parent
TRAINING = ("config.py", "images", "compute", "privacy", "gan")  # the source that shapes a generator and what it draws
TEACHING = (*TRAINING, "classifiers", "measures")  # a taught classifier, and every figure
EXPORT = (*TRAINING, "parsing", "exports", "formats", "generator_formats")  # the files of an export


@dataclass(frozen=True)
class Provenance:
    """What a report was made from."""

    run_id: str
    settings_digest: str
    data_digest: str
    generator_digest: str
    program_digest: str
    versions: dict[str, str]  # of the libraries
    precision: str  # of the arithmetic


def library_versions() -> dict[str, str]:
    """The versions of Python and of the libraries a result may depend on."""
    return {"python": platform.python_version()} | {library: version(library) for library in LIBRARIES}


@cache
def program_digest(places: tuple[str, ...] = TEACHING) -> str:
    """SHA-256 of this machine's arithmetic and of what the modules below `places` compute.

    Comments and docstrings do not count, so an edit that changes no result discards nothing that was made before. The
    files are read once: an update may replace them below a program that runs on with what it had loaded.
    """
    from gan_core.compute.precision import native

    return digest(native(), source_digest(ROOT, places))


def identify(experiment: Experiment, data_digest: str) -> str:
    """SHA-256 of all that a generator and the images it draws depend on."""
    program_digest(TEACHING)  # read now, not after hours of training
    return digest(experiment.settings_digest(), data_digest, program_digest(TRAINING), library_versions())


def source_digest(root: Path, places: Iterable[str]) -> str:
    """SHA-256 of the syntax trees of all modules in these files and folders of `root`, without docstrings."""
    files = [file for place in places for file in sorted((root / place).rglob("*.py")) or [root / place]]
    return digest(*([file.relative_to(root).as_posix(), _meaning(file)] for file in files))


def digest(*parts: Any) -> str:
    """SHA-256 of values that JSON can hold, in this order."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _meaning(file: Path) -> str:
    """The syntax tree of a module without the strings that stand alone, as docstrings do."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [each for each in node.body if not _is_docstring(each)] or [ast.Pass()]
    return ast.dump(tree)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
