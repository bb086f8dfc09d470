"""Text in aligned columns for a terminal."""

from collections.abc import Sequence


def align_columns(rows: Sequence[Sequence[str]], left: int = 1, between: str = "  ") -> str:
    """The rows with their columns side by side: the first `left` flush left, the others right, the last left again."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1

    def cell(text: str, number: int) -> str:
        return text.ljust(widths[number]) if number < left or number == last else text.rjust(widths[number])

    return "\n".join(between.join(cell(text, number) for number, text in enumerate(row)).rstrip() for row in rows)


def format_percent(mean: float, spread: float = float("nan")) -> str:
    """A share and its spread in per cent, a dash for what is not known."""
    if mean != mean:
        return "—"
    return f"{100 * mean:.2f}" + ("" if spread != spread else f" ± {100 * spread:.2f}")
