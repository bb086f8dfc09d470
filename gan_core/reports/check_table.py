"""The checks of an audit in lines for a terminal."""

from collections.abc import Sequence

from gan_core.audit.check import Check
from gan_core.reports.text_table import align_columns


def format_checks(checks: Sequence[Check]) -> str:
    """A line for each check: its title, its verdict and what was found."""
    return align_columns([(check.title, check.verdict, check.sentence) for check in checks], between="   ")
