"""What is wrong with a synthetic set, if anything: copies, gaps, broken rulers, and whether they would be noticed.

Its face: check.Check, check.Control.
"""
