"""Figures for people: a run, a sweep and the history as frames, as text tables and as pages, and pictures.

Its face: run_table.build_run_frame and format_headline, run_page.render, sweep_table, history_table, history_page,
pictures, text_table.
"""
