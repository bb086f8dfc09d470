"""What is written down of each version of a model, and of each one that became champion."""

import getpass
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AliasChoices, Field

from gan_core.config import Settings
from gan_core.errors import BadInput
from gan_core.files import read_text

Stored = TypeVar("Stored", bound=Settings)
VersionName = Annotated[str, Field(pattern=r"^v[0-9]{4,}$")]


@dataclass(frozen=True)
class VersionOrigin:
    """What a version was made by and from."""

    who: str
    run_id: str
    data_digest: str
    champion: str | None  # whom it met
    program_digest: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)  # of the libraries


class Record(Settings):
    """Who made a version, when, and why it was promoted or refused."""

    version: VersionName
    when: str  # ISO 8601, UTC
    who: str
    run_id: str
    data_digest: str
    champion: str | None  # whom it met
    decision: Literal["promoted", "refused"]
    reason: str
    figures: dict[str, float]
    digests: dict[str, str]  # SHA-256 of each of its other files
    program_digest: str | None = None  # None in old records, which have no versions either
    versions: dict[str, str] = Field(default_factory=dict)  # of the libraries


class Promotion(Settings):
    """The moment at which a version became champion."""

    version: VersionName
    action: Literal["promoted", "rolled back"]
    when: str  # ISO 8601, UTC
    who: str
    reason: str
    figures: dict[str, float]  # that its version was made with


class Lineage(Settings):
    """What the pointer file holds: all promotions, the champion's last."""

    champion: VersionName
    promotions: tuple[Promotion, ...] = Field(validation_alias=AliasChoices("promotions", "reigns"))  # the old name

    def line(self) -> list[str]:
        """The versions that rollbacks go back through, the champion last: a rollback takes back what came between."""
        line: list[str] = []
        for promotion in self.promotions:
            if promotion.action == "rolled back":
                while line[-1] != promotion.version:
                    line.pop()
            else:
                line.append(promotion.version)
        return line


def read_stored(kind: type[Stored], file: Path, remedy: str) -> Stored:
    """What a file of the registry says; BadInput, with what to do, for one that is damaged or not there."""
    try:
        return kind.model_validate_json(read_text(file))
    except OSError as error:
        raise BadInput(f"Expected to read {file}, got “{error.strerror or error}”; {remedy}") from error
    except ValueError:
        raise BadInput(
            f"Expected {file} as this program wrote it, got another or a damaged file; {remedy}"
        ) from None  # else the sentence would be that of pydantic


def whoami() -> str:
    """Who runs this process, and where."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
