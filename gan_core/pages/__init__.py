"""Figures as HTML pages that need nothing else: of a run, of two runs side by side, of all of them, of an inspection.

Its face: run_page.render, comparison_page.render, history_page.render, inspection_page.render; html_page for new pages.
"""
