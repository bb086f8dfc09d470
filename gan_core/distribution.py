"""The package that this program is installed as; command, flow and deployment are named `synthetic-data`."""

from importlib.metadata import PackageNotFoundError, version

NAME = "synthetic-labelled-images"  # `synthetic-data` is another project's on the public index
LICENSE = "MIT"


def program_version() -> str | None:
    """The installed version, or none where the program runs from a checkout that is not installed."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return None


def install_command(extra: str) -> str:
    """The command that installs what an extra of the package needs."""
    return f"pip install '{NAME}[{extra}]'"
