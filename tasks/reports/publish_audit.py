"""The errand of publishing an audit: the long frame, the findings and the page, and what was found in lines."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from gan_core.audit.opinions import Opinion
from gan_core.audit.record import pairs_from_arrays, read_audit, to_json
from gan_core.audit.use import check_use
from gan_core.config import Experiment
from gan_core.files import Place, load_arrays, sha256, without_password, write_frame, write_text
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.measure import build_measures_frame
from gan_core.pages import run_page
from gan_core.provenance import Provenance, library_versions, program_digest
from gan_core.reports.check_table import format_checks
from gan_core.reports.classifier_table import format_classifiers
from gan_core.reports.pictures import mosaic, save_png
from gan_core.reports.run_table import build_run_frame, format_headline
from tasks.audit.check_set import MEASURES, MOSAIC, PAGE
from tasks.data.normalize import RealSets
from tasks.reports.publish_report import collect_figures
from tasks.runs.run_folder import PAIRS
from tasks.uncached_task import uncached_task


@dataclass(frozen=True)
class AuditReport:
    """Where the page of an audit is, what was found in lines, and a sentence for each check that fails."""

    page: str  # a path or URL
    text: str
    faults: tuple[str, ...]


@uncached_task
def publish_audit(
    audit: Place,
    opinions: Sequence[Opinion],
    *,
    real: RealSets,
    synthetic: Place,
    experiment: Experiment,
    place: str,
    command: str,
) -> AuditReport:
    """Write the frame and the page beside the findings, the page last; the first opinion decides."""
    from gan_core.compute.precision import native

    folder = audit.parent
    generated, train = LabelledImages.load(synthetic), LabelledImages.load(real.train)
    found = read_audit(audit).begin_with(check_use(opinions[0].examinations, train.class_names))
    write_text(audit, to_json(found))
    figures = collect_figures(opinions, found, train.class_names)
    write_frame(build_measures_frame(figures), folder / MEASURES)
    save_png(mosaic(generated, train), folder / MOSAIC)
    provenance = Provenance(
        run_id=folder.name,
        settings_digest=experiment.settings_digest(),
        data_digest=real.digest,
        generator_digest=sha256(synthetic),
        program_digest=program_digest(),
        versions=library_versions(),
        precision=native(),
    )
    page = run_page.render(
        examinations=opinions[0].examinations,
        trts=opinions[0].trts,
        labelled_by=None,
        frame=pd.concat(
            [build_run_frame(each.examinations, each.trts, provenance, train.class_names) for each in opinions],
            ignore_index=True,
        ),
        history=pd.DataFrame(),
        experiment=experiment.model_copy(update={"source": experiment.source and without_password(experiment.source)}),
        mosaic=folder / MOSAIC,
        grids=(),
        evolution=None,
        class_names=train.class_names,
        checks=found.checks,
        figures=figures,
        pairs=pairs_from_arrays(load_arrays(folder / PAIRS)),
        audited=place.rstrip("/").rpartition("/")[2],
        made_here=synthetic.parent != folder,
        command=command,
    )
    write_text(folder / PAGE, page)
    headline = format_headline(opinions[0].examinations, opinions[0].trts)
    said = [headline, format_classifiers(figures), format_checks(found.checks)]
    return AuditReport(str(folder / PAGE), "\n\n".join(said), tuple(found.faults))
