"""The errands that publish figures: of a run, of its worth, of a sweep, of validation, of two runs, of all runs.

Its face: publish_report.publish_report, publish_worth.publish_worth, publish_sweep, validation_report, compare_runs,
gather_history.
"""
