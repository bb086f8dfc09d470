"""The errands that publish figures: of a run, of a sweep, of validation, of all runs side by side."""
