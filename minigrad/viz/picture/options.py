"""The options that pictures and pages have in common."""

from __future__ import annotations

from minigrad.viz.picture.labels import THEMES

CHOICES = {
    "show": ("both", "values", "gradients", "shapes"),
    "direction": ("TB", "BT", "LR", "RL"),
    "theme": tuple(THEMES),
}


def check_options(*, depth: int | None, max_nodes: int, **chosen: str) -> None:
    """Refuse values that an option does not know.

    Raises
    ------
    ValueError
        That says which values there are.
    """
    for name, value in chosen.items():
        choices = CHOICES[name]
        if value not in choices:
            known = ", ".join(f'"{choice}"' for choice in choices[:-1])
            raise ValueError(f'{name} must be {known} or "{choices[-1]}", not {value!r}')
    if depth is not None and depth < 0:
        raise ValueError(f"depth counts Modules from 0, got {depth}")
    if max_nodes < 1:
        raise ValueError(f"max_nodes must be at least 1, got {max_nodes}")
