"""What images are worth: TSTR by classifiers, diversity, memorisation, comparison of two generators, soft labels."""
