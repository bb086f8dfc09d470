"""The words by which files and folders say which split they hold."""

import re
from pathlib import PurePosixPath

from gan_core.sources.found_pictures import Split

WORDS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "trainset"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "validate", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "testset", "t10k", "eval", "evaluation"), "test"),
}


def split_of(word: str) -> Split | None:
    """The split that a folder of this name holds, if the name says so."""
    return WORDS.get(word.lower())


def split_within(name: str) -> Split | None:
    """The split that a file's name or else one of its folders' says, as in data/train-00000-of-00002.parquet."""
    for part in reversed(PurePosixPath(name).parts):
        for word in re.split(r"[^A-Za-z0-9]+|(?<=[a-z])(?=\d)", part):
            if found := split_of(word):
                return found
    return None
