"""What a notebook shows of a run and of an audit: their tables and pictures, from what is in their folders."""

from gan_core.audit.record import read_audit
from gan_core.files import Place, read_frame
from gan_core.pages.notebook_view import render_view
from gan_core.reports.run_table import summarise_frame
from tasks.audit.check_set import MOSAIC, PAGE
from tasks.runs.run_folder import AUDIT, Run


def show_run(run: Run) -> str:
    """The results, the checks, a picture of the images beside real ones, and the last grid of the training, in HTML."""
    pictures = {"Synthetic images of each class at the left, real ones at the right": run.mosaic}
    if grids := run.epoch_grids():
        pictures["Images from fixed noise after the last epoch"] = grids[-1]
    checks = read_audit(run.audit).checks
    return render_view(summarise_frame(read_frame(run.frame)), checks, pictures, str(run.report))


def show_audit(folder: Place) -> str:
    """The checks, and a picture of the images beside real ones, in HTML."""
    pictures = {"Images of each class at the left, real ones at the right": folder / MOSAIC}
    return render_view([], read_audit(folder / AUDIT).checks, pictures, str(folder / PAGE))
