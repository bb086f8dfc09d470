"""How many images a run looks at when it audits itself."""

from gan_core.audit.audit_images import LEAST_SAMPLE, choose_sample
from gan_core.audit.copies import SAMPLE
from gan_core.config import STANDARD


def test_the_standard_run_looks_at_as_many_as_an_audit_and_a_smaller_one_at_its_share() -> None:
    assert choose_sample(10 * STANDARD.dataset.per_class) == choose_sample(10**6) == SAMPLE
    assert choose_sample(30_000) == SAMPLE // 2
    assert choose_sample(LEAST_SAMPLE // 2) == choose_sample(0) == LEAST_SAMPLE
