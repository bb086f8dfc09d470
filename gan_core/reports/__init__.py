"""Figures for people: a run, a sweep and the history as frames and as text tables, and pictures.

Its face: run_table.build_run_frame and format_headline, classifier_table, sweep_table, history_table, pictures, walks,
command_line, text_table.
"""
