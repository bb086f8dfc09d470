"""The one kind of error that is no defect of the program."""


class BadInput(Exception):
    """An error that is the user's to mend; its message is one sentence."""
