"""Run folders: the names of what is in one, opening a new or an unfinished one (resuming), and its epochs.

Its face: run_folder.Run and runs_folder, open_or_resume_run.open_run, epochs, run_provenance.
"""
