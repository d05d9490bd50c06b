"""`draw`: the picture of a graph, to look at in a notebook or to save."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from minigrad.files import whole_file
from minigrad.tensor import Tensor
from minigrad.text import shown
from minigrad.viz.graph.data import Snapshot
from minigrad.viz.graph.survey import snapshot
from minigrad.viz.picture.dot import MAX_NODES, to_dot
from minigrad.viz.picture.forms import lacking, scale_of, spell, to_svg, ways_to
from minigrad.viz.picture.options import check_options
from minigrad.viz.picture.words import heading, listing, paragraph
from minigrad.viz.render import within
from minigrad.viz.showing import show, temporary

FORMS = (".svg", ".png", ".pdf", ".dot", ".json")
PATIENCE = 2.0  # seconds that a notebook waits for a picture that it was not asked for
AT_A_GLANCE = 30  # nodes of a Tensor that is shown by itself
LONG_HISTORY = 20_000  # Tensors, too many to look through without being asked
WHERE_THE_PICTURE_IS = (
    'the picture: trust this notebook and run the cell again, .save("graph.svg"), or .show()'
)


class Drawing:
    """The picture of a graph. A notebook shows it; `save` writes it to a file.

    Where a notebook cannot, or the graph takes more than two seconds to lay out, it shows the graph
    in words, and the reason.

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
            With the suffix .svg, .png, .pdf, .dot (DOT text) or .json (the snapshot).

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            If the suffix is another one.
        RuntimeError
            If .svg, .png or .pdf is asked for and there is no program to draw it, or the graph
            takes too long.

        Warns
        -----
        UserWarning
            If a .png would be larger than programs open, and is scaled down.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in FORMS:
            *most, last = FORMS
            given = shown(suffix) or "no suffix"
            raise ValueError(f"a drawing is saved as {', '.join(most)} or {last}, not as {given}")
        if suffix in (".png", ".pdf"):
            content = self._converted(suffix[1:])
        else:
            text = {
                ".svg": lambda: f'<?xml version="1.0" encoding="UTF-8"?>\n{self._svg}\n',
                ".dot": lambda: self.source,
                ".json": lambda: self.snapshot.to_json(indent=1) + "\n",
            }[suffix]()
            content = text.encode(errors="backslashreplace")
        with whole_file(path) as file:
            file.write(content)
        return path

    def show(self) -> Path:
        """Open the picture in a browser, from a script; return where it was written."""
        return show(self.save(temporary("graph.svg")))

    @cached_property
    def _svg(self) -> str:
        return self._laid_out(self.source)

    def _laid_out(self, source: str) -> str:
        return to_svg(source, heading(self.snapshot), paragraph(self.snapshot))

    def _converted(self, form: str) -> bytes:
        """Draw in a form that has to have a font for every letter, or spell what has none."""
        source, svg = self.source, self._svg
        ways = {way: lacking(way, svg) for way in ways_to(form)}
        way = min(ways, key=lambda way: len(ways[way]))
        if letters := ways[way]:
            source = spell(to_dot(self.snapshot, **self.options, spelled=True), letters)
            svg = self._laid_out(source)
        return way(form, source, svg, scale_of(form, svg))

    def _repr_svg_(self) -> str | None:
        try:
            return self._svg
        except RuntimeError:
            return None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        words = listing(self.snapshot)
        try:
            with within(PATIENCE):
                svg = self._svg
        except RuntimeError as error:
            return {"text/plain": f"{words}\n\n{error}"}
        return {"image/svg+xml": svg, "text/plain": f"{words}\n\n{WHERE_THE_PICTURE_IS}"}

    def __repr__(self) -> str:
        sizes = ", ".join(
            (f"{shown(graph.title)}: " if graph.title else "")
            + f"{len(graph.values)} values, {len(graph.ops)} ops"
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
        Fold what a Module computed into one node, with the number of its parameters, below so many
        Modules around it: 0 folds the outermost, 1 its layers.
    expand : bool
        Show fused ops by their definition in smaller ops.
    max_nodes : int
        Of a larger graph, draw only so many nodes, the nearest to the output: values, ops, and the
        small boxes of leaves that are used often. Where something is left out stands "…".
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
    check_options(show=show, direction=direction, theme=theme, depth=depth, max_nodes=max_nodes)
    steps = show == "gradients" or len(named) > 1
    return Drawing(
        snapshot(tensor, steps=steps, expand=expand, **named),
        direction=direction,
        show=show,
        depth=depth,
        max_nodes=max_nodes,
        theme=theme,
    )


def glance(tensor: Tensor) -> dict[str, str]:
    """What a notebook shows of a Tensor without being asked: a small picture, if that is quick."""
    behind = {tensor: None}
    queue = [tensor]
    for made in queue:  # it grows meanwhile
        queue += dict.fromkeys(parent for parent in made.parents if parent not in behind)
        behind |= dict.fromkeys(made.parents)
        if len(queue) > LONG_HISTORY:
            more = f"made from more than {LONG_HISTORY:,} others: draw() shows the nearest"
            return {"text/plain": f"{tensor!r}\n({more})"}
    shown = draw(tensor, max_nodes=AT_A_GLANCE)._repr_mimebundle_()
    return shown | {"text/plain": repr(tensor)}
