"""What every example ends with: its one option, and a line instead of a traceback.

    run(main, __doc__)

calls `main` with the folder that `--out` names, and says in one line what went wrong if a file
could not be written, if Graphviz or a package is missing, or if Ctrl-C was pressed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def run(main: Callable[[Path], None], about: str) -> None:
    with suppress(AttributeError):  # a terminal without √ gets a question mark
        sys.stdout.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="default: out")
    out = parser.parse_args().out
    try:
        main(out)
    except KeyboardInterrupt:
        parser.exit(130, f"\n{parser.prog}: interrupted\n")
    except ModuleNotFoundError as error:
        parser.exit(2, f"{parser.prog}: {error.name} is missing: pip install {error.name}\n")
    except (OSError, RuntimeError) as error:
        if not isinstance(error, OSError) and "Graphviz" not in str(error):
            raise
        parser.exit(2, f"{parser.prog}: {error}\n")
