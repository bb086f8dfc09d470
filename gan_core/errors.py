"""The one kind of error that is no defect of the program, and what others say of theirs."""


class BadInput(Exception):
    """An error that is the user's to mend; its message is one sentence."""


def say_error(error: BaseException) -> str:
    """What an error of some library says, in one line."""
    return next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)
