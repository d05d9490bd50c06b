"""Heat maps: gradients by size, matrices, the softmax Jacobian.

Each plot takes the Axes to draw on, or makes a figure of its own, and returns the Axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd.functional import jacobian
from minigrad.nn import functional as F
from minigrad.viz.plots.axes import LABEL, TEXT, axes, label, log_ticks, ramp
from minigrad.viz.plots.recorder import Histogram, Recorder, recorded

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
    bar = ax.figure.colorbar(mesh, ax=ax, extend="max" if shares.max() > most else "neither")
    bar.set_label("share of the entries", fontsize=LABEL)
    bar.ax.tick_params(labelsize=TEXT)
    bar.ax.yaxis.set_major_formatter("{x:.0%}")

    zeros, nonfinite = shares[0].any(), shares[-1].any()
    ticks = {"0": first - 1.5 * row} if zeros else {}
    powers = log_ticks(2.0**first, 2.0 ** min(last, 1023.999))
    ticks |= {f"{power:g}": np.log2(power) for power in powers}
    ticks |= {"NaN, inf": last + 1.5 * row} if nonfinite else {}
    ax.set_yticks(list(ticks.values()), list(ticks))
    ax.set_ylim(first - 2 * row * zeros, last + 2 * row * nonfinite)
    ax.locator_params("x", integer=True)
    return label(ax, "step", "size |g| of an entry", f"Gradient of {name}")


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

    Up to 10 × 10 the numbers are written into the cells.

    Parameters
    ----------
    matrix : (N, M) Tensor or array
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If this is not a matrix, or one of its entries is not finite.

    Examples
    --------
    >>> ax = plot_matrix([[1.0, -0.25]])
    >>> [text.get_text() for text in ax.texts]
    ['1.000', '−0.250']
    """
    cells = np.asarray(matrix, dtype=np.float64)
    if cells.ndim != 2 or not cells.size:
        raise ValueError(f"this plot shows a matrix, not an array of shape {cells.shape}")
    if not np.isfinite(cells).all():
        raise ValueError(
            "the matrix has entries that are not finite: a heat map has no colour for them"
        )
    ax = axes(ax, 8, 6.5)
    largest = float(np.abs(cells).max()) or 1.0
    image = ax.imshow(cells, cmap="PuOr", vmin=-largest, vmax=largest)
    bar = ax.figure.colorbar(image, ax=ax)
    bar.ax.tick_params(labelsize=TEXT)
    if max(cells.shape) <= 10:
        decimals = 3 if max(cells.shape) <= 6 else 2
        for (i, j), value in np.ndenumerate(cells):
            ax.text(
                j,
                i,
                f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−"),
                ha="center",
                va="center",
                fontsize=TEXT,
                color="white" if abs(value) > 0.7 * largest else "black",
            )
        ax.set_xticks(range(cells.shape[1]))
        ax.set_yticks(range(cells.shape[0]))
    return label(ax, "column j", "row i")


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
    return label(ax, "logit j", "probability i", r"$\partial p_i / \partial z_j$ of softmax")
