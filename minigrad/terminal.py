"""Text for a terminal, which may not have every character: printing never fails."""

from __future__ import annotations

import sys

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
