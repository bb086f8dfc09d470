"""What was taken for what, as a long frame that a run keeps and two runs are compared by."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from gan_core.measures.tstr import Examination
from gan_core.reports.run_table import summarise_results


def build_confusion_frame(
    examinations: Sequence[Examination], trts: Examination, class_names: Sequence[str]
) -> pd.DataFrame:
    """One row for each line of the headline, class of the images, and class that they were taken for, all seeds."""
    lines = summarise_results(examinations, trts)
    rows = [
        (line.name, *pair, count)
        for line, item in zip(lines, [*examinations, trts], strict=True)
        for pair, count in zip(product(class_names, repeat=2), item.confusion.ravel().tolist(), strict=True)
    ]
    return pd.DataFrame(rows, columns=["line", "class", "taken_for", "answers"])


def confusions_in(frame: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """The confusion matrices by their lines, with the names of the classes at their rows and columns, from a frame
    that `build_confusion_frame` made."""
    confusions = {}
    for line, rows in frame.groupby("line", sort=False):
        names = rows["class"].unique()
        answers = rows["answers"].to_numpy(np.int64).reshape(len(names), -1)
        confusions[str(line)] = pd.DataFrame(answers, index=names, columns=names)
    return confusions
