"""The two kinds of errors that are no defect of the program, and how messages show values and other errors."""

import os
from collections.abc import Sequence

LISTED = 8  # names of what is in a folder, in a message


class BadInput(Exception):
    """An error that is the user's to mend; its message is one sentence."""


class Unsound(Exception):
    """What a command made or was asked to judge is at fault; its work is done, each argument says a fault."""

    def __str__(self) -> str:
        """A line for each fault."""
        return "\n".join(map(str, self.args))


class BudgetExceeded(BadInput):
    """A reading of the training images that the privacy budget does not suffice for."""


def say_error(error: BaseException) -> str:
    """What an error of some library says, in one line, without what a list would follow."""
    lines = (line.strip().rstrip(":") for line in str(error).splitlines())
    return next(filter(None, lines), type(error).__name__)


def unreadable(error: OSError, place: object) -> BadInput:
    """What is said of a file or folder that cannot be read."""
    return BadInput(
        f"Expected to read {show_name(str(error.filename or place))}, got “{error.strerror or error}”; "
        "change who may read it, or name another --source."
    )


def show_name(name: str) -> str:
    """A name as a line can hold it: bytes that are no UTF-8, line breaks and the like are written out."""
    shown = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in shown)


def show_value(value: object, most: int = 80) -> str:
    """A value as code writes it, in one line that is not long."""
    shown = " ".join(repr(value).split())
    return shown if len(shown) <= most else f"{shown[:most]}…"


def show_count(number: int, noun: str) -> str:
    """So many of something, as in: 1 link, 1,000 links."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def show_share(share: float, digits: int = 0) -> str:
    """A share in per cent, as in: 81.5 %."""
    return f"{100 * share:.{digits}f} %"


def show_names(names: Sequence[str], most: int = LISTED) -> str:
    """The first few names, and how many there are beside them."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(show_name, names[:most])) + more
