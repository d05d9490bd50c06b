"""`draw`: the picture of a graph, to look at in a notebook or to save."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from minigrad.files import whole_file
from minigrad.tensor import Tensor
from minigrad.text import shown
from minigrad.viz.graph.data import Graph, Snapshot
from minigrad.viz.graph.survey import survey
from minigrad.viz.picture.dot import MAX_NODES, to_dot
from minigrad.viz.picture.labels import THEMES
from minigrad.viz.render import render


class Drawing:
    """The picture of a graph. A notebook shows it; `save` writes it to a file.

    Attributes
    ----------
    snapshot : Snapshot
        The graph as plain data, as it was when it was drawn.
    source : str
        The picture in the DOT language.
    """

    def __init__(self, snapshot: Snapshot, **options: Any) -> None:
        self.snapshot = snapshot
        self.options = options

    @cached_property
    def source(self) -> str:
        return to_dot(self.snapshot, **self.options)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whole or not at all, in the form that its suffix names.

        Parameters
        ----------
        path : path
            With the suffix .svg, .png, .dot (DOT text) or .json (the snapshot).

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            If the suffix is another one.
        RuntimeError
            If .svg or .png is asked for and there is no program to lay the graph out.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix in (".svg", ".png"):
            content = render(self.source, suffix[1:])
        elif suffix in (".dot", ".json"):
            text = self.source if suffix == ".dot" else self.snapshot.to_json(indent=1) + "\n"
            content = text.encode(errors="backslashreplace")
        else:
            given = shown(suffix) or "no suffix"
            raise ValueError(f"a drawing is saved as .svg, .png, .dot or .json, not as {given}")
        with whole_file(path) as file:
            file.write(content)
        return path

    def _repr_svg_(self) -> str | None:
        try:
            return render(self.source, "svg").decode()
        except RuntimeError:
            return None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        svg = self._repr_svg_()
        if svg is None:
            return {"text/plain": self.source}
        return {"image/svg+xml": svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        sizes = ", ".join(
            (f"{shown(graph.title)}: " if graph.title else "")
            + f"{len(graph.values)} {_of_all(graph)}values, {len(graph.ops)} ops"
            for graph in self.snapshot.graphs
        )
        return f"<Drawing of {sizes}>"


def draw(
    tensor: Tensor | None = None,
    /,
    *,
    show: Literal["both", "values", "gradients", "shapes"] = "both",
    direction: Literal["TB", "BT", "LR", "RL"] = "TB",
    depth: int | None = None,
    expand: bool = False,
    max_nodes: int = MAX_NODES,
    theme: Literal["light", "dark"] = "light",
    **named: Tensor,
) -> Drawing:
    """Draw how a Tensor was made: every value with its gradient, every op, and what went wrong.

    Values are boxes with their numbers (`=`) and gradients (`∂`); ops are dark; what a Module
    computed stands in a frame. Where numbers are not finite the picture says so in red, shows the
    op in which the first of them was born, and its way to the parameters.

    Parameters
    ----------
    tensor : Tensor
        Usually the loss; or a gradient made with `create_graph=True`: then the backward rules that
        it went through stand in frames of their own.
    show : "both", "values", "gradients" or "shapes"
        What stands in the boxes. With "gradients" the backward pass is run, and lines are as thick
        as the gradient that comes back along them is large.
    direction : "TB", "BT", "LR" or "RL"
        Where the computation runs: from top to bottom, ...
    depth : int, optional
        Fold what a Module computed into one node, below so many Modules around it: 0 folds the
        outermost, 1 its layers.
    expand : bool
        Show fused ops by their definition in smaller ops.
    max_nodes : int
        Of a larger graph, draw only so many values, the nearest to the output. The `snapshot` of
        the drawing has no more, and what the headline speaks of.
    theme : "light" or "dark"
        The colours.
    **named : Tensor
        Or several Tensors, drawn side by side, each in a box with its name as the title. What
        they share is drawn once, with the gradient that comes back from each.

    Returns
    -------
    Drawing

    Raises
    ------
    TypeError
        If something else than a Tensor is given, or nothing.
    ValueError
        If an option has a value that it does not know.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True, name="x")
    >>> loss = (x * x).sum()
    >>> draw(loss)
    <Drawing of 3 values, 2 ops>
    >>> draw(loss).source.splitlines()[0]
    'digraph {'
    """
    _choose("show", show, ("both", "values", "gradients", "shapes"))
    _choose("direction", direction, ("TB", "BT", "LR", "RL"))
    _choose("theme", theme, tuple(THEMES))
    if depth is not None and depth < 0:
        raise ValueError(f"depth counts Modules from 0, got {depth}")
    if max_nodes < 1:
        raise ValueError(f"max_nodes must be at least 1, got {max_nodes}")
    steps = show == "gradients" or len(named) > 1
    return Drawing(
        survey(tensor, named, steps, expand, most=max_nodes if depth is None else None),
        direction=direction,
        show=show,
        depth=depth,
        max_nodes=max_nodes,
        theme=theme,
    )


def _of_all(graph: Graph) -> str:
    return f"of {len(graph.values) + graph.left_out} " * bool(graph.left_out)


def _choose(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        known = ", ".join(f'"{choice}"' for choice in choices[:-1])
        raise ValueError(f'{name} must be {known} or "{choices[-1]}", not {value!r}')
