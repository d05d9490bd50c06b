"""Heat maps: gradients by size, matrices, the softmax Jacobian, saliency.

Each plot takes the Axes to draw on, or makes a figure of its own, and returns the Axes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd import grad
from minigrad.autograd.functional import jacobian
from minigrad.nn import functional as F
from minigrad.tensor import Tensor, expect_tensor
from minigrad.viz.plots.axes import (
    axes,
    colorbar,
    fit,
    fit_cells,
    is_dark,
    label,
    log_ticks,
    ramp,
    room,
    short,
    text_size,
)
from minigrad.viz.plots.curves import COLORS
from minigrad.viz.recording.recorder import Recorder, recorded
from minigrad.viz.recording.sizes import Histogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_gradient_histogram(recorder: Recorder, name: str, ax: Axes | None = None) -> Axes:
    """Plot how large the entries of a parameter's gradient were over the steps of training.

    Each column is a histogram of |g| with a bin for each power of two, the darker the larger its
    share of the entries. Entries that are 0 have a row of their own below, those that are NaN or
    infinite one above.

    Parameters
    ----------
    recorder : Recorder
    name : str
        Of the parameter, such as "0.weight".
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If this is not a Recorder, or it has not recorded a step.
    KeyError
        If the Recorder follows no parameter of this name.

    Examples
    --------
    >>> w = Tensor([0.0, 1.0, 1.5, 100.0], requires_grad=True)
    >>> recorder = Recorder({"w": w})
    >>> loss = (w * w).sum() / 2
    >>> loss.backward()
    >>> recorder.record(loss)
    >>> ax = plot_gradient_histogram(recorder, "w")
    >>> shares = ax.collections[0].get_array()
    >>> shares[shares > 0].data  # of 0, of 1 to 2, of 64 to 128
    array([0.25, 0.5 , 0.25])
    """
    if name not in recorded(recorder).histograms:
        raise KeyError(f"this recorder follows no {name!r}, only {list(recorder.histograms)}")
    histograms = recorder.histograms[name]
    ax = axes(ax)
    shares, first = _shares(histograms)
    last = first + len(shares) - 4
    row = max(1, (last - first) // 16)
    y = [first - 2 * row, first - row, *range(first, last + 1), last + row, last + 2 * row]
    half = recorder.histogram_every / 2
    steps = [h.step for h in histograms]
    x = [step - half for step in steps] + [steps[-1] + half]
    most = shares[2:-2].max() or 1.0
    filled = np.ma.masked_equal(shares, 0)
    mesh = ax.pcolormesh(x, y, filled, cmap=ramp().reversed(), vmin=0, vmax=most)
    extend = "max" if shares.max() > most else "neither"
    bar = colorbar(ax, mesh, "share of the entries", extend=extend)
    bar.ax.yaxis.set_major_formatter("{x:.0%}")

    zeros, nonfinite = shares[0].any(), shares[-1].any()

    def arrange() -> None:
        lines = max(1, int(room(ax)[1] / (2 * text_size(ax))))
        powers = log_ticks(2.0**first, 2.0 ** min(last, 1023.999), min(7, lines))
        ticks = {f"{power:g}": np.log2(power) for power in powers}
        near = 1.3 * (last - first + 2) / lines / 2  # to the ticks of the rows apart
        if zeros:
            ticks = {t: at for t, at in ticks.items() if at > first - 1.5 * row + near}
            ticks = {"0": first - 1.5 * row} | ticks
        if nonfinite:
            ticks = {t: at for t, at in ticks.items() if at < last + 1.5 * row - near}
            ticks |= {"NaN, inf": last + 1.5 * row}
        ax.set_yticks(list(ticks.values()), list(ticks))
        ax.set_ylim(first - 2 * row * zeros, last + 2 * row * nonfinite)

    fit(ax, arrange)
    ax.locator_params("x", integer=True)
    return label(ax, "step", "size |g| of an entry", f"Gradient of {short(name)}")


def _shares(histograms: list[Histogram]) -> tuple[NDArray, int]:
    """Of all entries, the share with each exponent (rows) in each histogram (columns).

    The first row is for zeros, the last one for what is not finite, each with an empty one between
    it and the others. Also returns the lowest exponent.
    """
    counted = [h for h in histograms if h.counts.size]
    lowest = min((h.lowest for h in counted), default=0)
    end = max((h.lowest + h.counts.size for h in counted), default=1)
    shares = np.zeros((end - lowest + 4, len(histograms)))
    for column, h in zip(shares.T, histograms):
        start = 2 + h.lowest - lowest
        column[start : start + h.counts.size] = h.counts
        column[0], column[-1] = h.zeros, h.nonfinite
        column /= max(column.sum(), 1)
    return shares, lowest


def plot_matrix(matrix: Any, ax: Axes | None = None) -> Axes:
    """Plot a matrix of positive and negative numbers as a heat map, white where they are 0.

    An array of three axes is shown as small multiples: its matrices `[0]`, `[1]`, ... beside each
    other, with the same colours; one of four as rows of them, `[0, 0]`, `[0, 1]`, ... . So the
    attention of each head is a picture of its own. Up to 10 × 10 the numbers are written into the
    cells, if there is room.

    Parameters
    ----------
    matrix : (N, M), (K, N, M) or (L, K, N, M) Tensor or array
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If this is no such array, or one of its entries is not finite, or there are more than 64
        matrices.

    Examples
    --------
    >>> ax = plot_matrix([[1.0, -0.25]])
    >>> [text.get_text() for text in ax.texts]
    ['1.000', '−0.250']
    >>> ax = plot_matrix(np.zeros((6, 20, 20)))
    >>> [text.get_text() for text in ax.texts]
    ['[0]', '[1]', '[2]', '[3]', '[4]', '[5]']
    """
    cells = np.asarray(matrix, dtype=np.float64)
    if not 2 <= cells.ndim <= 4 or not cells.size:
        raise ValueError(f"this plot shows a matrix, not an array of shape {cells.shape}")
    if not np.isfinite(cells).all():
        raise ValueError(
            "the matrix has entries that are not finite: a heat map has no colour for them"
        )
    *leading, rows, columns = cells.shape
    count = math.prod(leading)
    if count > 64:
        raise ValueError(
            f"an array of shape {cells.shape} is {count} matrices: show at most 64, as of array[:8]"
        )
    ax = axes(ax, 8, 6.5)
    across = leading[1] if len(leading) == 2 else _across(count, rows, columns, ax)
    down = math.ceil(count / across)
    gap = 0.25 * max(rows, columns) if leading else 0
    largest = float(np.abs(cells).max()) or 1.0
    total = across * (columns + gap) - gap, down * (rows + gap) - gap
    names = []
    for n, index in enumerate(np.ndindex(*leading)):
        x, y = (n % across) * (columns + gap), (n // across) * (rows + gap)
        extent = (x - 0.5, x + columns - 0.5, y + rows - 0.5, y - 0.5)
        image = ax.imshow(cells[index], cmap="PuOr", vmin=-largest, vmax=largest, extent=extent)
        if leading:
            name = f"[{', '.join(map(str, index))}]"
            names.append(ax.text(x - 0.5, y - 0.7, name, va="bottom"))
    colorbar(ax, image)
    if max(rows, columns) <= 10:
        _write_numbers(ax, cells.reshape(count, rows, columns), across, gap, largest)
    if not leading:
        _number_cells(ax, rows, columns)
        return label(ax, "column j", "row i")
    ax.set(xlim=(-0.5, total[0] - 0.5), ylim=(total[1] - 0.5, -0.5 - gap), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    fit_cells(ax, names, total[0] / columns, total[1] / gap)
    return label(ax, "", "")


def _across(count: int, rows: int, columns: int, ax: Axes) -> int:
    """How many of so many matrices stand side by side, so that they are as large as can be."""
    width, height = room(ax)

    def cell(across: int) -> float:
        return min(width / across / columns, height / math.ceil(count / across) / rows)

    return max(range(1, count + 1), key=cell)


def _number_cells(ax: Axes, rows: int, columns: int) -> None:
    """Number the cells of a small matrix, or as many of them as there is room for."""

    def arrange() -> None:
        width, height = room(ax)
        every = math.ceil(1.3 * text_size(ax) / min(width / columns, height / rows))
        ax.set_xticks(range(0, columns, every))
        ax.set_yticks(range(0, rows, every))

    if max(rows, columns) <= 10:
        fit(ax, arrange)


def _write_numbers(ax: Axes, cells: NDArray, across: int, gap: float, largest: float) -> None:
    """Write the numbers of small matrices into their cells."""
    _, rows, columns = cells.shape
    decimals = 3 if max(rows, columns) <= 6 else 2
    texts = []
    for (n, i, j), value in np.ndenumerate(cells):
        text = f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")
        color = "white" if abs(value) > 0.7 * largest else "black"
        x, y = (n % across) * (columns + gap) + j, (n // across) * (rows + gap) + i
        texts.append(ax.text(x, y, text, ha="center", va="center", color=color))
    down = math.ceil(len(cells) / across)
    square = max(across * (columns + gap) - gap, down * (rows + gap) - gap)
    fit_cells(ax, texts, square, square)


def plot_softmax_jacobian(logits: Any, ax: Axes | None = None) -> Axes:
    """Plot the Jacobian ∂pᵢ/∂zⱼ of p = softmax(z), as the engine computes it.

    On paper it is diag(p) − p pᵀ: symmetric, and each row sums to 0.

    Parameters
    ----------
    logits : (C,) Tensor or array
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the logits are not one row of finite numbers.

    Examples
    --------
    >>> ax = plot_softmax_jacobian([0.0, 0.0])
    >>> [text.get_text() for text in ax.texts]
    ['0.250', '−0.250', '−0.250', '0.250']
    """
    z = np.asarray(logits, dtype=np.float64)
    if z.ndim != 1 or not z.size or not np.isfinite(z).all():
        raise ValueError(f"logits must be one row (C,) of finite numbers, got {logits!r}")
    ax = plot_matrix(jacobian(F.softmax, z), ax)
    return label(ax, "logit j", "probability i", "∂pᵢ/∂zⱼ of softmax")


def plot_saliency(output: Tensor, image: Tensor, ax: Axes | None = None) -> Axes:
    """Plot how much each pixel of an image counts for an output: ∂output/∂pixel, over the image.

    Where more of a pixel would raise the output it is blue, where it would lower it orange, the
    stronger the larger the gradient is; the image itself is grey.

    Parameters
    ----------
    output : Tensor
        One number, such as the logit of a class, computed from the image.
    image : Tensor
        Of one image, that requires a gradient: (H, W), also with axes of length 1, or a row with
        the pixels of a square one.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If this is no image, or its gradient is not finite.
    RuntimeError
        If the output was not computed from the image, or the image requires no gradient.

    Examples
    --------
    >>> image = Tensor([[0.0, 1.0], [1.0, 0.0]], requires_grad=True)
    >>> ax = plot_saliency((image * [[1.0, -2.0], [0.0, 0.0]]).sum(), image)
    >>> ax.images[1].get_array().data[..., 3]  # how much of the colour is seen
    array([[0.5, 1. ],
           [0. , 0. ]])
    """
    expect_tensor(image)
    shape = tuple(n for n in image.shape if n > 1)
    side = math.isqrt(image.size)
    if len(shape) == 1 and side * side == image.size:
        shape = side, side
    if len(shape) != 2:
        raise ValueError(f"this plot shows one image (H, W), not an array of shape {image.shape}")
    gradient = grad(output, image)[0].data.reshape(shape).astype(np.float64)
    if not np.isfinite(gradient).all():
        raise ValueError("the gradient has entries that are not finite: ask diagnose(output) why")
    from matplotlib.colors import to_rgb

    ax = axes(ax, 7, 7)
    pixels = image.data.reshape(shape).astype(np.float64)
    dark, light = (0.1, 0.6) if is_dark(ax) else (1.0, 0.45)
    ax.imshow(dark + (light - dark) * _to_one(pixels - pixels.min()), cmap="gray", vmin=0, vmax=1)
    size = _to_one(np.abs(gradient))
    colors = np.empty((*shape, 4))
    colors[..., :3] = np.where(gradient[..., None] > 0, to_rgb(COLORS[4]), to_rgb(COLORS[3]))
    colors[..., 3] = size
    ax.imshow(colors)
    ax.set(xticks=[], yticks=[])
    return label(ax, "blue raises the output, orange lowers it", "", "How much each pixel counts")


def _to_one(sizes: NDArray) -> NDArray:
    """Sizes from 0 on as shares of the largest."""
    shares: NDArray = sizes / (sizes.max() or 1.0)
    return shares
