"""The errands that publish figures: of a run, of a sweep, of validation, of two runs, and of all runs side by side.

Its face: publish_report.publish_report, publish_sweep, validation_report, compare_runs, gather_history.
"""
