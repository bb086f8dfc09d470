"""What images are worth, in lines for a terminal."""

from itertools import groupby

from gan_core.reports.text_table import align_columns
from gan_core.worth.curve import Point
from gan_core.worth.gains import Gain, describe_gains
from gan_core.worth.worth import Worth


def format_worth(worth: Worth) -> str:
    """The curve with the synthetic set below it, the gains beside each number of real images, and the advice."""
    curve, heads = worth.curve, ("images", "accuracy in per cent")
    rows = [heads, *(_line(point, "real") for point in curve.points), _line(curve.synthetic, "synthetic")]
    parts = [align_columns(rows, left=0), worth.sentence]
    for images, gains in groupby(worth.gains, key=lambda each: each.images):
        parts.append(_format_gains(images, list(gains)))
    parts += [
        "\n".join(filter(None, [f"- {each.sentence}", each.command and f"  {each.command}"])) for each in worth.advice
    ]
    return "\n\n".join(parts)


def _line(point: Point, kind: str) -> tuple[str, str]:
    accuracy, low, high = (f"{100 * share:.2f}" for share in (point.accuracy, point.low, point.high))
    return f"{point.images:,} {kind}", f"{accuracy} ({low} to {high})"


def _format_gains(images: int, gains: list[Gain]) -> str:
    heads = (f"beside {images:,} real images", "synthetic to real", "accuracy", "over real alone", "over real, varied")
    rows = [
        (
            each.taught_by,
            f"{each.ratio:.3g}" if each.synthetic else "—",
            f"{100 * each.accuracy:.2f}",
            each.gain.text,
            each.over_rival.text,
        )
        for each in gains
    ]
    return f"{align_columns([heads, *rows])}\n{describe_gains(gains)}"
