"""The errand of publishing an inspection: the page and the table of all findings in a folder, here or at a URL."""

import hashlib
import re

from gan_core.config import Experiment
from gan_core.files import Place, write_csv, write_text, writing_to
from gan_core.inspection.findings import Findings
from gan_core.pages.inspection_page import render
from gan_core.reports.inspection_table import build_findings_frame
from tasks.data.source_places import named
from tasks.runs.run_folder import runs_folder

PAGE, TABLE = "inspection.html", "findings.csv"
REMEDY = "make room, or choose another place by --out."


def inspection_folder(experiment: Experiment) -> Place:
    """Where the inspection of a source lies if nobody says: a folder among the runs for each source and settings."""
    source = named(experiment.source) or "fashion-mnist"
    told = hashlib.sha256(f"{source}\n{experiment.data.model_dump_json()}".encode()).hexdigest()[:8]
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", re.split("[?#]", source)[0].rstrip("/").rpartition("/")[2]).strip(".-")
    return runs_folder() / "inspections" / f"{name or 'source'}-{told}"


def publish_inspection(findings: Findings, folder: Place) -> Place:
    """Write both files, the page last; its place."""
    with writing_to(folder, REMEDY):
        write_csv(build_findings_frame(findings), folder / TABLE)
        write_text(folder / PAGE, render(findings))
    return folder / PAGE
