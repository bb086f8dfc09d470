"""What a command says to a mistake: one sentence of what was expected, what came instead, and what to do."""

import errno
import re
from difflib import get_close_matches
from typing import Literal, get_args, get_origin

from cyclopts import CycloptsError
from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gan_core.config import Settings
from gan_core.errors import show_value
from gan_core.files import LIMITS

LACKS = {  # what to do about it
    errno.EDQUOT: "make room there, or have your quota raised.",
    **LIMITS,
    errno.ENOSPC: "make room there.",
}
OUT_OF_MEMORY = ("failed to map segment", "Cannot allocate memory", "cannot allocate memory", "can't start new thread")


def describe_refusal(error: Exception) -> str:
    """The sentence for what the user can mend: a command line that cannot be read, unsound settings, or the rest."""
    cause = error.__cause__ if isinstance(error, CycloptsError) else error
    if isinstance(cause, ValidationError):
        problems, known = _deepest(cause.errors()), _settings(cause.title)
        if (
            len(problems) == 1 and not problems[0]["loc"]
        ):  # settings that do not go together have a sentence of their own
            return f"{_describe_problem(problems[0], known)}."
        return f"Expected sound settings; mend {'; '.join(_describe_problem(each, known) for each in problems)}."
    return _describe_mistyped(error) if isinstance(error, CycloptsError) else str(error)


def _deepest(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """Those within which no other lies: a list of which a number is refused is also said to be too short."""
    within = {problem["loc"][:depth] for problem in problems for depth in range(len(problem["loc"]))}
    return [problem for problem in problems if problem["loc"] not in within]


def _settings(title: str) -> type[Settings] | None:
    """The settings of this name."""
    return next((settings for settings in Settings.__subclasses__() if settings.__name__ == title), None)


def _describe_problem(problem: ErrorDetails, settings: type[Settings] | None) -> str:
    """What pydantic finds wrong with a setting; our own sentences say already what they got."""
    if problem["type"] == "value_error":
        told = str(problem["ctx"]["error"]).rstrip(".")
    elif problem["type"] == "extra_forbidden" and settings:
        *section, name = map(str, problem["loc"])
        within = settings.model_fields[section[0]].annotation if section else settings
        told = f"it is no setting, {_suggest(name, [*getattr(within, 'model_fields', ())])}"
    else:
        told = f"{problem['msg']}, got {show_value(problem['input'])}"
    return ": ".join(filter(None, (".".join(map(str, problem["loc"])), told)))


def _describe_mistyped(error: CycloptsError) -> str:
    """The sentence for a command line that cannot be read."""
    match error:
        case UnknownOptionError():
            typed = (error.token.keyword or error.token.value).partition("=")[0]
            known = [name for argument in error.argument_collection if argument.parse for name in argument.names]
            return f"Expected an option of this command, got {typed}; {_suggest(typed, known)}."
        case UnknownCommandError():
            [typed, *_], known = error.unused_tokens or [""], _commands(error)
            return f"Expected a command of {', '.join(known)}, got {typed}; {_suggest(typed, known)}."
        case UnusedCliTokensError():
            words = " ".join(error.unused_tokens or ())
            return f"Expected no further word, got {words}; leave it out, or name its option."
        case MissingArgumentError():
            return f"Expected a value for {_option(error)}, got none; give one."
        case RepeatArgumentError():
            return f"Expected {error.token.keyword} once, got it again; leave out all but one."
        case CoercionError() if error.token:
            return f"Expected {_choices(error)} for {_option(error)}, got {error.token.value!r}; correct it."
    return f"Expected a command line as --help tells, got “{error}”; correct it."


def _suggest(typed: str, known: list[str]) -> str:
    """What to do about a name that is not known."""
    close = get_close_matches(typed, known, n=1)
    return f"{close[0]} is like it, --help names the others" if close else "--help names them all"


def _commands(error: CycloptsError) -> list[str]:
    """The commands among which one was looked for."""
    return sorted(name for name in error.app or () if not name.startswith("-"))


def _option(error: CoercionError | MissingArgumentError) -> str:
    """The option that a value was for, as it was typed, or the word that stands without one."""
    typed = error.keyword if isinstance(error, MissingArgumentError) else error.token and error.token.keyword
    if typed or error.argument is None:
        return typed or "this option"
    name, by_place = error.argument.name, error.argument.field_info.is_positional
    return name.lstrip("-").upper() if by_place else name


def _choices(error: CoercionError) -> str:
    """What could have been typed."""
    if get_origin(error.target_type) is Literal:
        return f"one of {', '.join(map(str, get_args(error.target_type)))}"
    return "true or false" if error.target_type is bool else "another kind of value"


def describe_lack(error: BaseException | None) -> str | None:
    """One sentence where a machine that gave too little is behind an error: memory, room, files; None if it is not."""
    while error:
        if _is_out_of_memory(error):
            return _describe_lack_of_memory(error)
        if isinstance(error, OSError) and error.errno in LACKS:
            place = error.filename or "a file"
            return f"Expected to write to {place}, got “{error.strerror}”; {LACKS[error.errno]}"
        error = error.__cause__ or error.__context__
    return None


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether the system, NumPy or TensorFlow, in whatever was imported of them, got no memory."""
    if isinstance(error, ImportError | OSError | RuntimeError) and any(sign in str(error) for sign in OUT_OF_MEMORY):
        return True
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


def _describe_lack_of_memory(error: BaseException) -> str:
    """One sentence for that, with what was asked for where the error says it."""
    wanted = re.search(r"shape\s*[\[(][\d, ]+[\])]|[\d.]+ [KMGTPE]iB", str(error))
    return (
        f"Expected enough memory, got too little{f' for {wanted[0]}' if wanted else ''}; take or draw fewer images, or "
        "lower the networks' sizes and widths or the batch sizes."
    )
