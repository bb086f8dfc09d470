"""The errand of what may leave of a private run: a folder of its own, without a real image or a figure of one."""

from __future__ import annotations

import json

from gan_core.config import Experiment
from gan_core.descriptions.release_card import format_release_card
from gan_core.files import Place, copy, sha256, write_text
from gan_core.gan.generator_card import read_card
from gan_core.images.labelled_images import LabelledImages
from gan_core.installed_package import program_commit, program_version
from gan_core.pages import release_page
from gan_core.privacy.ledger import Ledger, describe_guarantee
from gan_core.provenance import library_versions
from tasks.places import MANIFEST
from tasks.runs.run_folder import Run
from tasks.uncached_task import uncached_task

FILES = {
    "generator.npz": "the generator: synthetic-data export --generator generator.npz --out more draws others",
    "synthetic.npz": "images uint8 [N, height, width], in colour [N, height, width, 3], and labels uint8 [N], as told",
    "synthetic-soft.npz": "images as well, with beliefs float32 [N, K]: how likely each class is to a private teacher",
    "ledger.json": "what was read of the training images, and what that cost",
    "README.md": "this text",
    "index.html": "the same as a page, with pictures",
}


@uncached_task
def publish_release(experiment: Experiment, run: Run) -> Place:
    """Write the release of a private run whose images are drawn, the manifest last; its folder."""
    folder, ledger = run.release, Ledger.load(run.ledger)
    made = {
        file.name: file for file in (run.generator, run.synthetic, run.refined("soft"), run.ledger) if file.exists()
    }
    for name, file in made.items():
        copy(file, folder / name)
    files = {name: said for name, said in FILES.items() if name in made or name in ("README.md", "index.html")}
    drawn, card = LabelledImages.load(run.synthetic), read_card(run.generator)
    write_text(folder / "README.md", format_release_card(card, ledger, len(drawn), files))
    write_text(folder / "index.html", release_page.render(card, ledger, drawn, files))
    write_text(folder / MANIFEST, json.dumps(_manifest(folder, files, card.class_names, ledger), indent=1) + "\n")
    run.send(*(folder / name for name in (*files, MANIFEST)))
    return folder


def _manifest(folder: Place, files: dict[str, str], class_names: tuple[str, ...], ledger: Ledger) -> dict[str, object]:
    return {
        "guarantee": describe_guarantee(ledger),
        "epsilon": ledger.epsilon,
        "delta": ledger.delta,
        "class_names": class_names,
        "program_version": program_version(),
        "commit": program_commit(),
        "versions": library_versions(),
        "files": {name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)} for name in files},
    }
