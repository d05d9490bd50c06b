"""The film of a training for slides: the same pictures, frame by frame, through matplotlib."""

from __future__ import annotations

import math
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.files import whole_file
from minigrad.viz.plots.axes import need_matplotlib, plain, short
from minigrad.viz.plots.curves import plot_losses
from minigrad.viz.recording.film import LARGEST, NAN, Frame, Thumb
from minigrad.viz.recording.recorder import Recorder

BOX = 56  # cells to a picture of an array, high and wide
GAP = 6


def save_film(recorders: dict[str, Recorder], title: str, path: Path) -> Path:
    """Write a film as .gif or .mp4, 1280 × 720, four pictures a second."""
    need_matplotlib()
    from matplotlib import rc_context
    from matplotlib.animation import FFMpegWriter, PillowWriter

    moves = path.suffix.lower() == ".mp4"
    if moves and not FFMpegWriter.isAvailable():
        raise RuntimeError(
            "an MP4 needs ffmpeg, which is not here: install it from your system's package "
            "manager, or save the film as .gif"
        )
    writer = FFMpegWriter(fps=4) if moves else PillowWriter(fps=4)
    with rc_context({"font.size": 13}), tempfile.TemporaryDirectory() as folder:
        whole = os.path.join(folder, f"film{path.suffix.lower()}")
        _animation(recorders, title).save(whole, writer=writer, dpi=100)
        with whole_file(path) as file:
            file.write(Path(whole).read_bytes())
    return path


def _animation(recorders: dict[str, Recorder], title: str) -> Any:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(12.8, 7.2), layout="constrained")
    heading = figure.suptitle(title)
    plain(heading)
    upper, lower = figure.subfigures(2, 1, height_ratios=(2, 3))
    frames = {name: recorder.film.frames for name, recorder in recorders.items() if recorder.film}
    norms = {
        name: [math.hypot(*step) for step in zip(*recorder.gradient_norms.values())]
        for name, recorder in recorders.items()
    }
    left, right = upper.subplots(1, 2)
    plot_losses({name: recorder.losses for name, recorder in recorders.items()}, left)
    plot_losses(norms, right).set_ylabel("gradient norm")
    cursors = [ax.axvline(1, color="black", linewidth=1) for ax in (left, right)]
    boxes = np.atleast_1d(lower.subplots(1, len(recorders)))
    images = []
    for ax, taken in zip(boxes, frames.values()):
        images.append(ax.imshow(_sheet(taken[0]), interpolation="nearest"))
        ax.set_xticks(
            [BOX / 2 + i * (BOX + GAP) for i in range(3)], ["weights", "gradient", "update"]
        )
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        plain(ax.title)
    steps = sorted({frame.step for taken in frames.values() for frame in taken})

    def show(step: int) -> None:
        heading.set_text(f"{title}: step {step}")
        for cursor in cursors:
            cursor.set_xdata([step, step])
        for ax, image, (name, taken) in zip(boxes, images, frames.items()):
            frame = [frame for frame in taken if frame.step <= step][-1]
            losses = recorders[name].losses
            ax.set_title(f"{short(name)}: {losses[frame.step - 1]:.3g}")
            image.set_data(_sheet(frame))

    show(steps[0])
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # so that nothing moves but the pictures
    return FuncAnimation(figure, show, frames=steps)


def _sheet(frame: Frame) -> NDArray:
    """All arrays of a frame as one picture in colours: a row for each layer."""
    rows, gap = [], np.ones((BOX, GAP, 3))
    for i, weights in enumerate(frame.weights):
        update = frame.updates[i] if frame.updates else None
        cells = [_colored(thumb) for thumb in (weights, frame.gradients[i], update)]
        rows.append(np.concatenate([cells[0], gap, cells[1], gap, cells[2]], axis=1))
        rows.append(np.ones((GAP, rows[0].shape[1], 3)))
    return np.concatenate(rows[:-1])


def _colored(thumb: Thumb | None) -> NDArray:
    """Blue below 0, orange above, red where not finite; enlarged to a square."""
    if thumb is None:
        return np.ones((BOX, BOX, 3))
    pictures, rows, columns = thumb.codes.shape
    wide = min(4, pictures)
    padded = np.zeros((math.ceil(pictures / wide) * wide, rows, columns))
    padded[:pictures] = thumb.codes
    grid = padded.reshape(-1, wide, rows, columns).swapaxes(1, 2).reshape(-1, wide * columns)
    i, j = (np.arange(BOX) * n // BOX for n in grid.shape)
    codes = grid[i][:, j]
    much = np.sqrt(np.minimum(np.abs(codes) / LARGEST, 1))[..., None]
    ends = np.where(codes[..., None] < 0, (0.07, 0.4, 0.71), (0.85, 0.39, 0))
    colors: NDArray = 0.96 + (ends - 0.96) * much
    colors[(np.abs(codes) > LARGEST) | (codes == NAN)] = 0.7, 0, 0.1
    return colors
