"""The package that this program is installed as, and the checkout that it may run from.

Command, flow and deployment are named `synthetic-data`.
"""

import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

NAME = "synthetic-labelled-images"  # `synthetic-data` is another project's on the public index
LICENSE = "MIT"


def program_version() -> str | None:
    """The installed version, or none where the program runs from a checkout that is not installed."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return None


def program_commit() -> str | None:
    """The commit of the program's own checkout, where it runs from one.

    A wheel may lie in the checkout of another project, which does not track this file.
    """
    own = Path(__file__)
    tracked = _git_output(own.parent, "ls-files", "--error-unmatch", own.name)
    return tracked and _git_output(own.parent, "rev-parse", "HEAD")


def install_command(extra: str) -> str:
    """The command that installs what an extra of the package needs."""
    return f"pip install '{NAME}[{extra}]'"


def _git_output(folder: Path, *arguments: str) -> str | None:
    """What a command of Git prints about the checkout around a folder; none where it fails, or Git is absent."""
    if not shutil.which("git"):
        return None
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
