"""What every example ends with: its one option, and a line instead of a traceback.

    run(main, __doc__)

calls `main` with the folder that `--out` names, and says in one line what went wrong if a file
could not be written, if Graphviz or a package is missing, or if Ctrl-C was pressed.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def run(main: Callable[[Path], None], about: str) -> None:
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="default: out")
    out = parser.parse_args().out

    def work() -> None:
        out.mkdir(parents=True, exist_ok=True)
        main(out)

    parser.exit(ending(parser.prog, work))


def ending(
    program: str,
    work: Callable[[], None],
    wrong: tuple[type[Exception], ...] = (),
    whole: bool = False,
) -> int:
    """Do the work; say in one line what went wrong, and return the exit status.

    What the system or a lack of memory can make go wrong is 2, and so is a RuntimeError about
    Graphviz, and what else is in `wrong`; being stopped, by Ctrl-C or from outside, 128 and the
    signal's number. `whole` says that the work writes everything or nothing.
    """
    try:
        heed_stops()
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")  # a name may be of any bytes
        work()
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt as stopped:
        say(f"\n{program}: interrupted{', nothing was written' * whole}")
        return 128 + getattr(stopped, "signal", signal.SIGINT)
    except ModuleNotFoundError as error:
        say(f"{program}: {error.name} is missing: pip install {error.name}")
    except MemoryError as error:
        say(f"{program}: there is not enough memory: {error}")
    except (OSError, RuntimeError, *wrong) as error:
        known = isinstance(error, (OSError, *wrong)) or "Graphviz" in str(error)
        if not known:
            raise
        say(f"{program}: {error}")
    else:
        return 0
    drop_output()
    return 2


def heed_stops() -> None:
    """Let Ctrl-C and requests to end raise KeyboardInterrupt, once: tidying up is not disturbed."""

    def stop(number: int, _: object) -> None:
        ignore_stops()
        stopped = KeyboardInterrupt()
        stopped.signal = number  # type: ignore[attr-defined]
        raise stopped

    for each in STOPS:
        if signal.getsignal(each) != signal.SIG_IGN:  # as in the background
            signal.signal(each, stop)


def ignore_stops() -> None:
    """From here on it is a matter of a moment."""
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)


def say(line: str) -> None:
    """Write a line to standard error, if there is one that can be written to."""
    if sys.stderr is None:
        return
    try:
        print(line.encode(errors="backslashreplace").decode(), file=sys.stderr)
    except (OSError, ValueError):
        drop_output()


def drop_output() -> None:
    """What could not be written is not tried again, with a complaint, as Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
