"""The stories, each from its first step to its result, and the commands that tell them.

Their processes compute and draw with our settings, whatever the user has set for other programs.
"""

import os

OURS = {"KERAS_BACKEND": "tensorflow", "MPLBACKEND": "agg"}

os.environ.update(OURS)
