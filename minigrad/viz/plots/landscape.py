"""The loss as a landscape: around the weights that a model has, and under a descent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.context import no_grad
from minigrad.nn import Module
from minigrad.tensor import Tensor, values
from minigrad.viz.plots.axes import axes, colorbar, label, legend, ramp, text_size
from minigrad.viz.plots.curves import COLORS, MARKERS
from minigrad.viz.recording.recorder import tensors_of

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes

Direction = Mapping[str, Any]


def plot_loss_landscape(
    loss_of: Callable[[], Tensor | float],
    model: Module | Mapping[str, Tensor],
    directions: tuple[Direction, Direction] | None = None,
    span: float = 1.0,
    points: int = 25,
    ax: Axes | None = None,
) -> Axes:
    """Plot the loss in the plane that two directions span around a model's weights.

    Where the loss is not finite the plane is black. The weights are changed while it is computed,
    and are afterwards what they were, also after Ctrl-C.

    Parameters
    ----------
    loss_of : function
        Computes the loss, without arguments, with the weights that the model has at that moment:
        `lambda: F.cross_entropy(model(x), y)`.
    model : Module, or dict of names and Tensors
        Whose weights to change.
    directions : two dicts of arrays, optional
        For each parameter an array of its shape. By default two random ones, the same at each call,
        in which each row of a parameter is as long as that row of the weights (Li et al.,
        "Visualizing the loss landscape of neural nets", 2018), so that landscapes compare.
    span : float
        How far to go along both directions, to either side.
    points : int
        How many points to compute along each side.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If there is nothing to change, or a direction does not fit the parameters.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> directions = {"w": [1.0, 0.0]}, {"w": [0.0, 1.0]}
    >>> ax = plot_loss_landscape(lambda: (w * w).sum(), {"w": w}, directions, points=3)
    >>> ax.images[0].get_array().data.tolist()  # (1 + a)² + (2 + b)², a across, b up
    [[1.0, 2.0, 5.0], [4.0, 5.0, 8.0], [9.0, 10.0, 13.0]]
    """
    parameters = tensors_of(model)
    first, second = _checked(directions, parameters) if directions else _random(parameters)
    if points < 2:
        raise ValueError(f"a landscape has at least 2 points a side, not {points}")
    steps = np.linspace(-span, span, points)
    losses = np.empty((points, points))
    start = {name: parameter.data for name, parameter in parameters.items()}
    try:
        with no_grad(), np.errstate(all="ignore"):
            for i, b in enumerate(steps):
                for j, a in enumerate(steps):
                    for name, parameter in parameters.items():
                        moved = start[name] + a * first[name] + b * second[name]
                        parameter._data = moved.astype(start[name].dtype)
                    losses[i, j] = float(values(loss_of()))
    finally:
        for name, parameter in parameters.items():
            parameter._data = start[name]
    ax = axes(ax, 9, 7)
    _draw_ground(ax, steps, steps, losses)
    ax.plot(0, 0, "*", color="white", markeredgecolor="black", markersize=1.4 * text_size(ax))
    return label(ax, "along the first direction", "along the second", "Loss around the weights")


def _random(parameters: dict[str, Tensor]) -> tuple[Direction, Direction]:
    rng = np.random.default_rng(0)

    def one(weights: NDArray) -> NDArray:
        noise = rng.standard_normal(weights.shape)
        rows = (lambda x: x.reshape(len(x), -1)) if weights.ndim > 1 else np.atleast_2d
        lengths = [np.linalg.norm(rows(x), axis=1, keepdims=True) for x in (weights, noise)]
        return np.reshape(rows(noise) * lengths[0] / np.maximum(lengths[1], 1e-300), weights.shape)

    pair = [{n: one(p.data.astype(np.float64)) for n, p in parameters.items()} for _ in range(2)]
    return pair[0], pair[1]


def _checked(directions: Any, parameters: dict[str, Tensor]) -> tuple[Direction, Direction]:
    pair = []
    for direction in directions:
        arrays = {name: np.asarray(values(array)) for name, array in direction.items()}
        if {n: a.shape for n, a in arrays.items()} != {n: p.shape for n, p in parameters.items()}:
            raise ValueError(
                "a direction is a dict with an array for each parameter, of its shape: "
                f"{ {n: p.shape for n, p in parameters.items()} }"
            )
        pair.append(arrays)
    if len(pair) != 2:
        raise ValueError(f"a landscape has two directions, not {len(pair)}")
    return pair[0], pair[1]


def _draw_ground(ax: Axes, x: NDArray, y: NDArray, losses: NDArray) -> None:
    """Colour the plane by the loss, on a log scale if it spans more than a factor of 30."""
    from matplotlib.colors import LogNorm

    finite = losses[np.isfinite(losses)]
    log = finite.size > 0 and 0 < 30 * finite.min() < finite.max()
    colors = ramp().with_extremes(bad="black")
    shown = np.ma.masked_invalid(losses)
    norm: Any = LogNorm() if log else None
    half = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    extent = (x[0] - half[0], x[-1] + half[0], y[0] - half[1], y[-1] + half[1])
    look: dict[str, Any] = {"cmap": colors, "norm": norm, "interpolation": "nearest"}
    image = ax.imshow(shown, extent=extent, origin="lower", aspect="auto", **look)
    if finite.size and finite.min() < finite.max() and min(losses.shape) > 2:
        space = np.geomspace if log else np.linspace
        levels = space(finite.min(), finite.max(), 11)[1:-1]
        if (np.diff(levels) > 0).all():
            ax.contour(x, y, shown, levels, colors="white", linewidths=0.7, alpha=0.7)
    bar = colorbar(ax, image, "loss")
    bar.ax.minorticks_off()
    bar.ax.yaxis.set_major_formatter("{x:g}")
    if finite.size < losses.size:
        note = ax.text(0.01, 0.01, "black: not finite", transform=ax.transAxes, in_layout=False)
        note.set(fontsize=text_size(ax), color="black", va="bottom")
        note.set_bbox({"facecolor": "#EEEEEE", "edgecolor": "none", "pad": 1.5})


def animate_descent(
    loss_of: Callable[[Tensor], Tensor],
    paths: Sequence[Any] | Mapping[str, Sequence[Any]],
    ax: Axes | None = None,
) -> FuncAnimation:
    """Animate how points go down a loss of two numbers, one frame a step.

    Parameters
    ----------
    loss_of : function
        From a Tensor of shape (2,) to the loss.
    paths : (N, 2) array, or dict of arrays
        Where an optimiser was at each step; or several, each with its name.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib FuncAnimation
        `.save("descent.gif")`, or "descent.mp4" where there is ffmpeg; in a notebook
        `.to_jshtml()`.

    Raises
    ------
    ValueError
        If a path is no list of points, or there is none that is finite.

    Examples
    --------
    >>> animation = animate_descent(lambda p: (p * p).sum(), [[2.0, 1.0], [1.0, 0.5], [0.5, 0.2]])
    >>> animation.save("descent.gif")
    """
    named = paths if isinstance(paths, Mapping) else {"": paths}
    walks = {name: np.asarray(path, dtype=np.float64) for name, path in named.items()}
    for walk in walks.values():
        if walk.ndim != 2 or walk.shape[1] != 2:
            raise ValueError(f"a path is an array of points (N, 2), not of shape {walk.shape}")
    points = np.concatenate([*walks.values()]) if walks else np.empty((0, 2))
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        raise ValueError("there is no point to show: a path is an array of points (N, 2)")
    ax = axes(ax, 9, 7)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.25 * np.maximum(high - low, 1e-6 + 0.1 * max(high - low))
    x, y = (np.linspace(a, b, 60) for a, b in zip(low - margin, high + margin))
    with no_grad(), np.errstate(all="ignore"):
        losses = [[float(values(loss_of(Tensor([a, b], dtype=float)))) for a in x] for b in y]
    _draw_ground(ax, x, y, np.array(losses))
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    return _animate(ax, walks)


def _animate(ax: Axes, walks: dict[str, NDArray]) -> FuncAnimation:
    """Draw the walks up to a step, step by step."""
    from matplotlib import patheffects
    from matplotlib.animation import FuncAnimation

    outline = [patheffects.withStroke(linewidth=5, foreground="black")]
    colors = ["white", *COLORS]
    lines = [
        ax.plot([], [], color=colors[i % len(colors)], linewidth=2.5, path_effects=outline,
                marker=MARKERS[i % len(MARKERS)], markersize=11, markevery=[-1],
                label=name)[0]
        for i, name in enumerate(walks)
    ]  # fmt: skip
    if [*walks] != [""]:
        legend(ax, lines, walks, facecolor="#777777", labelcolor="white")
    label(ax, "first number", "second number", "step 0")
    figure: Any = ax.figure.figure
    figure.draw_without_rendering()  # so that nothing moves but the points
    figure.set_layout_engine("none")
    steps = max(map(len, walks.values()))

    def show(step: int) -> list[Any]:
        for line, walk in zip(lines, walks.values()):
            line.set_data(*walk[: step + 1].T)
        ax.title.set_text(f"step {step}")
        return [*lines, ax.title]

    interval = max(20, min(200, math.ceil(6000 / steps)))  # milliseconds: about six seconds
    return FuncAnimation(figure, show, frames=steps, interval=interval, repeat=True)
