"""Text as it is shown: what a terminal would obey, or no file could hold, is written out."""

from __future__ import annotations

import os


def shown(text: str | os.PathLike[str]) -> str:
    r"""One line of text in which all can be seen; what cannot be is written as in a repr.

    Names, lines of code and paths are someone's: an escape sequence would change a terminal, a
    direction mark turn a line around, and half a character cannot be printed at all.

    Examples
    --------
    >>> print(shown("plain"), shown("red \x1b[31m"), shown("turned \u202e"))
    plain red \x1b[31m turned \u202e
    """
    text = os.fspath(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def shown_lines(text: str) -> str:
    """Several lines of text, each as `shown`, with tabs as spaces."""
    return "\n".join(shown(line.expandtabs(4)) for line in text.split("\n"))
