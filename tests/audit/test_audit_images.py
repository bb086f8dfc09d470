"""How many images a run looks at when it audits itself, and that each figure stands for one thing."""

import pytest
from conftest import striped_images

from gan_core.audit import collapse
from gan_core.audit.audit_images import LEAST_SAMPLE, audit_images, choose_sample
from gan_core.audit.copies import SAMPLE
from gan_core.classifiers.classifier import teach
from gan_core.config import STANDARD, ClassifierSettings
from gan_core.measures import diversity_in_training
from gan_core.measures.manifold import COVERAGE


def test_the_standard_run_looks_at_as_many_as_an_audit_and_a_smaller_one_at_its_share() -> None:
    assert choose_sample(10 * STANDARD.dataset.per_class) == choose_sample(10**6) == SAMPLE
    assert choose_sample(30_000) == SAMPLE // 2
    assert choose_sample(LEAST_SAMPLE // 2) == choose_sample(0) == LEAST_SAMPLE


def test_each_measure_of_a_set_has_one_figure_also_where_collapse_is_told_by_a_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (collapse, diversity_in_training):
        monkeypatch.setattr(module, "SAMPLE", 60)
    known, unseen, drawn = (striped_images(count, seed, classes=4) for seed, count in enumerate((240, 160, 200)))
    classifier = teach(ClassifierSettings(name="mlp", steps=48, batch_size=32), known, seed=0)
    audit = audit_images(drawn, known, unseen, classifier, std=1.0, seed=0).audit
    found = [(each.measure.title, each.of, each.group) for each in audit.all_figures]
    assert len(found) == len(set(found))
    covered = {each.of: each for each in audit.all_figures if each.measure == COVERAGE and not each.group}
    assert covered.keys() == {"synthetic", "real"}
    by_name = {check.name: check for check in audit.checks}
    assert by_name["collapse"].figures[0] == covered["synthetic"] and covered["synthetic"].images == 160
    assert by_name["collapse"].figures[1].images == 60
    assert covered["synthetic"].text in by_name["collapse"].sentence
    assert covered["real"].text in by_name["ruler"].sentence
