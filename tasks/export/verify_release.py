"""Whether what may leave of a private run is what its manifest says, for whoever was given it."""

import json

from gan_core.files import Place
from gan_core.gan.generator_card import read_card
from gan_core.images.labelled_images import LabelledImages
from gan_core.privacy.ledger import Ledger
from tasks.export.verify_export import Damaged, check_listed
from tasks.places import MANIFEST

PROMISE = "guarantee"  # what the manifest of a release says, and that of an export does not


def is_release(folder: Place) -> bool:
    """Whether the manifest in a folder is that of a release."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and {PROMISE, "files"} <= found.keys()


def verify_release(folder: Place) -> str:
    """Check the files and what generator, ledger and manifest promise; one line that says what was found sound.

    Raises Damaged for the first thing that is not as the manifest says.
    """
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    check_listed(folder, manifest)
    ledger, card = Ledger.load(folder / "ledger.json"), read_card(folder / "generator.npz")
    told, spent = (manifest["epsilon"], manifest["delta"]), (ledger.epsilon, ledger.delta)
    if told != spent or card.privacy != ledger:
        raise Damaged(
            f"Expected a generator and a ledger of epsilon {told[0]:.4g} in {folder}, got a ledger of {spent[0]:.4g}; "
            "ask for the release again."
        )
    images = len(LabelledImages.load(folder / "synthetic.npz"))
    return f"{images:,} images, their generator and {len(manifest['files'])} files are sound; {manifest[PROMISE]}"
