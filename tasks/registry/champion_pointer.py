"""The pointer to the champion, champion.json: every promotion so far, the present champion's last."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gan_core.files import sync, write_text
from tasks.registry.records import Lineage, Promotion, Record, now, read_stored


@dataclass(frozen=True)
class ChampionPointer:
    """The file that says which version is the champion; it is replaced as a whole."""

    file: Path

    def lineage(self) -> Lineage | None:
        """The champion and all promotions so far; None before the first, BadInput for a damaged file."""
        if not self.file.exists():
            return None
        return read_stored(
            Lineage, self.file, "restore it from a copy, or remove it and promote a version by its name."
        )

    def set_champion(
        self, record: Record, action: Literal["promoted", "rolled back"], who: str, reason: str
    ) -> Promotion:
        """Let the version of this record be the champion; the promotion as it is noted."""
        lineage = self.lineage()
        promotion = Promotion(
            version=record.version, action=action, when=now(), who=who, reason=reason, figures=record.figures
        )
        lineage_now = Lineage(champion=record.version, promotions=(*(lineage.promotions if lineage else ()), promotion))
        write_text(self.file, lineage_now.model_dump_json(indent=2) + "\n")
        sync(self.file.parent)
        return promotion

    def clear_away(self) -> None:
        """Remove what a writer left that was killed."""
        for left in self.file.parent.glob(f".{self.file.name}.*"):
            left.unlink()
