"""The command `synthetic-data push`: a generator goes to a repository of models."""

from typing import Annotated

from cyclopts import Parameter

from flows.commands.options import Verbose
from flows.commands.screen import hide_library_messages


def push(
    generator: Annotated[str, Parameter(name="RUN", help="a run's or version's folder, or its generator's file")],
    to: Annotated[str, Parameter(name="REPOSITORY", help="hf://models/OWNER/NAME; a new one is private")],
    *,
    verbose: Verbose = False,
) -> None:
    """Send a generator to the Hugging Face hub, with a card that says what its images are worth.

    The token is that in HF_TOKEN, or of hf auth login. What an interrupted call has sent is not sent again.
    """
    from tasks.export.push_generator import check_push, push_generator
    from tasks.hub import look_into

    wanted = check_push(generator, to)
    if not verbose:
        hide_library_messages()
    push_generator(wanted)
    print(f"{wanted.repository}  {', '.join(sorted(look_into(wanted.repository).files))}")
