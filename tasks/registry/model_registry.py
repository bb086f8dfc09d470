"""The registry of models: versions that never change, one pointer to the champion, and never two writers.

    models/v0003/generator.npz  checkpoint.npz  history.parquet  experiment.json  grid.png  record.json
    models/champion.json        every promotion so far, the present champion's last; replaced as a whole

A version is written beside its place and renamed into it, and leaves by a rename too, so each one that can be seen is
whole; numbers only grow. See `tasks.locks`: locks die with their process.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.config import RetrainSettings
from gan_core.errors import BadInput
from gan_core.files import Place, is_local, located, make_read_only, sha256, sync, write_text
from tasks.locks import locked
from tasks.registry.champion_pointer import ChampionPointer
from tasks.registry.records import Lineage, Promotion, Record, VersionOrigin, now, read_stored

if TYPE_CHECKING:
    from gan_core.measures.challenger_comparison import Verdict

GENERATOR, CHECKPOINT, HISTORY = "generator.npz", "checkpoint.npz", "history.parquet"
EXPERIMENT, GRID, RECORD = "experiment.json", "grid.png", "record.json"
POINTER = "champion.json"


@dataclass(frozen=True)
class Version:
    """The folder of a version and the names of what is in it."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def number(self) -> int:
        return int(self.name[1:])

    @property
    def generator(self) -> Path:
        return self.folder / GENERATOR

    @property
    def checkpoint(self) -> Path:
        return self.folder / CHECKPOINT

    @property
    def experiment(self) -> Path:
        return self.folder / EXPERIMENT

    @property
    def record_file(self) -> Path:
        return self.folder / RECORD

    @property
    def record(self) -> Record:
        return read_stored(Record, self.record_file, f"restore it from a copy, or move {self.folder} elsewhere.")

    @property
    def lost(self) -> list[str]:
        """The names of the files that it was made of and that are there no more."""
        return [name for name in self.record.digests if not (self.folder / name).is_file()]

    def check(self) -> None:
        """Raise BadInput unless every file is what it was when the version was made."""
        for name, digest in self.record.digests.items():
            path = self.folder / name
            if not path.is_file() or sha256(path) != digest:
                raise BadInput(f"Expected {path} as it was made, got another or none; use another version.")


@dataclass(frozen=True)
class ModelRegistry:
    """All versions in a folder, and which one of them is the champion."""

    folder: Path

    @property
    def pointer(self) -> ChampionPointer:
        return ChampionPointer(self.folder / POINTER)

    def versions(self) -> list[Version]:
        """All that there are, the oldest first."""
        names = (path for path in self.folder.glob("v*") if re.fullmatch(r"v[0-9]{4,}", path.name))
        return sorted(map(Version, names), key=lambda version: version.number)

    def version(self, name: str) -> Version:
        """The version of that name or number; BadInput where there is none."""
        number = re.fullmatch(r"v?([0-9]{1,999})", name)
        found = [version for version in self.versions() if number and version.number == int(number[1])]
        if not found:
            remedy = "name one of them." if self.versions() else "retrain first, or set SYNTHETIC_DATA_MODELS."
            raise BadInput(f"Expected a version in {self.folder} ({self._there()}), got {name!r}; {remedy}")
        return found[0]

    def _there(self) -> str:
        """The names of all versions."""
        return ", ".join(version.name for version in self.versions()) or "none"

    def lineage(self) -> Lineage | None:
        """The champion and all promotions so far; None before the first."""
        return self.pointer.lineage()

    def champion(self) -> Version | None:
        """The version in use, if one was ever promoted; BadInput where its folder is gone."""
        if not (lineage := self.lineage()):
            return None
        found = next((version for version in self.versions() if version.name == lineage.champion), None)
        if found is None:
            raise BadInput(
                f"Expected the champion that {self.pointer.file} names, {lineage.champion}, among the versions there "
                f"({self._there()}), got none; restore its folder, promote another version, or remove that file."
            )
        return found

    def next_name(self) -> str:
        """The name of the next version: above all that there are and all that ever promoted."""
        lineage = self.lineage()
        promoted = [int(promotion.version[1:]) for promotion in (lineage.promotions if lineage else ())]
        return f"v{1 + max([0, *promoted, *(version.number for version in self.versions())]):04d}"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Wait for a writer that is at work, clear away what a killed one left, and be the only one."""
        with locked(self.folder / ".lock"):
            for left in self.folder.glob(".v*"):
                shutil.rmtree(left)
            self.pointer.clear_away()
            yield

    @contextmanager
    def retraining(self) -> Iterator[None]:
        """Be the only one who trains a challenger; by hand a champion may be chosen meanwhile."""
        waiting = f"Waiting until another retraining in {self.folder} has ended"
        with locked(self.folder / ".retraining", while_waiting=waiting):
            yield

    def add_version(
        self, name: str, files: Mapping[str, Place], verdict: Verdict, origin: VersionOrigin, keep: int
    ) -> Record:
        """Make a version of copies of `files`, by their names in it; make it champion if promoted; remove old ones.

        A verdict over another champion than the present one does not count.
        """
        with self.writing():
            lineage = self.lineage()
            if verdict.promoted and origin.champion != (lineage and lineage.champion):
                verdict = replace(verdict, promoted=False, reason="The champion was changed while it was examined.")
            record = self._write(name, files, verdict, origin)
            if verdict.promoted:
                self.pointer.set_champion(record, "promoted", origin.who, verdict.reason)
            self._prune(keep)
            return record

    def finish_interrupted_promotion(self) -> Record | None:
        """Make the newest version champion if it was promoted and its process was killed before that."""
        with self.writing():
            if record := self.interrupted_promotion():
                self.pointer.set_champion(record, "promoted", record.who, record.reason)
            return record

    def interrupted_promotion(self) -> Record | None:
        """The newest version if it was promoted and its process was killed before it became champion."""
        versions, lineage = self.versions(), self.lineage()
        if not versions or versions[-1].record.decision == "refused":
            return None
        record = versions[-1].record
        promoted = {promotion.version for promotion in (lineage.promotions if lineage else ())}
        if record.version in promoted or record.champion != (lineage and lineage.champion):
            return None
        return record

    def promote(self, name: str, who: str) -> Promotion:
        """Make a version champion, whatever was decided when it was made."""
        with self.writing():
            version, lineage = self.version(name), self.lineage()
            if lineage and lineage.champion == version.name:
                raise BadInput(f"Expected another version than the champion, got {version.name}; name another one.")
            version.check()
            return self.pointer.set_champion(version.record, "promoted", who, "By hand.")

    def rollback(self, who: str) -> Promotion:
        """Make the version champion that was so before, the newest of the ones that are still there."""
        with self.writing():
            lineage = self.lineage()
            before = self._before(lineage)
            if lineage is None or before is None:
                raise BadInput("Expected an earlier champion to go back to, got none; promote a version by its name.")
            before.check()
            return self.pointer.set_champion(
                before.record, "rolled back", who, f"Back from {lineage.champion}, by hand."
            )

    def _before(self, lineage: Lineage | None) -> Version | None:
        there = {version.name: version for version in self.versions()}
        return next((there[name] for name in reversed(lineage.line()[:-1]) if name in there), None) if lineage else None

    def _write(self, name: str, files: Mapping[str, Place], verdict: Verdict, origin: VersionOrigin) -> Record:
        made = Version(self.folder / f".{name}.staging")
        made.folder.mkdir()
        for file, source in files.items():
            _copy(source, made.folder / file)
        record = Record(
            version=name,
            when=now(),
            who=origin.who,
            run_id=origin.run_id,
            data_digest=origin.data_digest,
            champion=origin.champion,
            decision="promoted" if verdict.promoted else "refused",
            reason=verdict.reason,
            figures=verdict.figures,
            digests={file: sha256(made.folder / file) for file in files},
            program_digest=origin.program_digest,
            versions=dict(origin.versions),
        )
        write_text(made.record_file, record.model_dump_json(indent=2) + "\n")
        make_read_only(made.record_file)
        sync(made.folder)
        made.folder.rename(self.folder / name)
        sync(self.folder)
        return record

    def _prune(self, keep: int) -> None:
        lineage, versions = self.lineage(), self.versions()
        kept = {version.name for version in versions[-keep:]} | ({lineage.champion} if lineage else set())
        before = self._before(lineage)
        for version in versions:
            if version.name not in kept and version != before:
                leaving = version.folder.rename(self.folder / f".{version.name}.old")
                shutil.rmtree(leaving)


def require_start(models: ModelRegistry, settings: RetrainSettings, *, private: bool = False) -> None:
    """Raise BadInput for a challenger that is to begin with a champion's weights where there is no champion.

    A promotion that was interrupted may still make one. Raises BadInput for a registry that cannot be read, and for a
    private challenger, too.
    """
    if settings.start == "champion" and private:
        raise BadInput(
            "Expected a private challenger to begin from scratch, as a champion's weights may tell of real images, "
            "got --start champion; leave it out."
        )
    champion, interrupted = models.champion(), models.interrupted_promotion()
    if settings.start == "champion" and not champion and not interrupted:
        raise BadInput(
            f"Expected a champion in {models.folder} to start from, got none; retrain with --start scratch first, or "
            "set SYNTHETIC_DATA_MODELS."
        )


def models_folder() -> Path:
    """Where all versions lie: $SYNTHETIC_DATA_MODELS, or models/ here; BadInput for a URL, which cannot be locked."""
    folder = located(os.environ.get("SYNTHETIC_DATA_MODELS") or "models")
    if not is_local(folder) or folder.is_file():
        raise BadInput(f"Expected a folder of this machine for models, got {folder}; set SYNTHETIC_DATA_MODELS to one.")
    return folder


def _copy(source: Place, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as written:
        shutil.copyfileobj(read, written)
    sync(target)
    make_read_only(target)
