"""Text as it is shown: what a terminal would obey, or cannot show, is written out."""

from __future__ import annotations

import os
import sys


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


SPELLED = {
    "·": "*",
    "×": "x",
    "−": "-",
    "√": "sqrt ",
    "∂": "d",
    "…": "...",
    "ᵇ": "^b",
    "⁻": "-",
    "¹": "1",
}
"""How the characters of our own messages are spelled where the output has no code for them."""


def printable(text: str) -> str:
    """The text, with what the standard output cannot encode spelled out, or shown as its code.

    Examples
    --------
    >>> printable("a · b")
    'a · b'
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_spelled(character, encoding) for character in text)
    return text


def _spelled(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        code = character.encode("ascii", "backslashreplace").decode("ascii")
        return SPELLED.get(character, code)
    return character
