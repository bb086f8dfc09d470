"""The errands that publish figures: of a run, of a sweep, of validation, and of all runs side by side.

Its face: publish_report.publish_report, publish_sweep, validation_report, gather_history.
"""
