"""The page of the metrics says of each measure what the program says of it."""

from gan_core.audit.measures import MEASURES
from gan_core.reports.metrics_page import PAGE, render_metrics


def test_the_page_is_written_from_the_list() -> None:
    assert PAGE.read_text("utf-8") == render_metrics()


def test_each_measure_has_one_name_and_one_plain_sentence() -> None:
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)
    for measure in MEASURES:
        assert measure.meaning[0].isupper() and measure.meaning.endswith("."), measure.name
        assert measure.lowest < measure.highest and measure.chance and measure.source, measure.name
        assert render_metrics().count(f"(`{measure.name}`)") == 1
