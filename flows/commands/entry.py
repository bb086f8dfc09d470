"""Where the command begins: Ctrl-C gets its line also while all the rest is still being imported."""

import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

UNSOUND, MENDABLE, DEFECT, STOPPED = 1, 2, 70, 130  # exit codes: docs/guide.md says what each means
INTERRUPTED = "Interrupted; the same command goes on where it stopped."


def main() -> None:
    """Run the command of this process; exit code 130 after Ctrl-C, 70 if it cannot even begin."""
    try:
        from flows.commands.main import main as command

        command()
    except SystemExit:  # all is said
        raise
    except BaseException as error:
        if not was_interrupted(error):
            traceback.print_exc()
            raise SystemExit(DEFECT) from None
        print(f"synthetic-data: {INTERRUPTED}", file=sys.stderr)
        raise SystemExit(STOPPED) from None


def was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: compiled code and half-imported modules report it as one of theirs."""
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def import_tensorflow() -> None:
    """Import it before others do; Ctrl-C comes after it, as an exception within that import ends the process."""
    with _uninterrupted():
        import tensorflow  # noqa: F401


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Within the block SIGINT waits for the end of it, where it is this thread that would be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
