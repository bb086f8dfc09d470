"""The stories, each from its first step to its result, and the commands that tell them.

Their processes compute and draw with our settings, whatever the user has set for other programs.
"""

import os
import sys

OURS = {"KERAS_BACKEND": "tensorflow"}

if "synthetic_data" not in sys.modules:  # by which somebody else's process imports us, who draws as he likes
    OURS["MPLBACKEND"] = "agg"

THEIRS = ("TF_XLA_FLAGS", "XLA_FLAGS")  # would change the bits, and a misspelt one ends the process without a word

os.environ.update(OURS)
for name in THEIRS:
    os.environ.pop(name, None)
