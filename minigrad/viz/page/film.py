"""`film`: a page to scrub through a training, or several side by side.

The page is one HTML file that needs nothing else: its parts are beside this file, its data is what
Recorders kept.
"""

from __future__ import annotations

import base64
import json
import math
import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.viz.page.offline import Page, offline_page
from minigrad.viz.recording.film import Reel, Thumb
from minigrad.viz.recording.recorder import Recorder, recorded


class Film(Page):
    """The film of one training or several. A notebook shows it; `save` writes it to a file.

    Attributes
    ----------
    recorders : dict of Recorders
        What it shows, by name.
    title : str
    """

    file, height = "film.html", 720

    def __init__(self, recorders: dict[str, Recorder], title: str) -> None:
        self.recorders: dict[str, Recorder] = recorders
        self.title: str = title

    @cached_property
    def page(self) -> str:
        """The whole page as HTML text."""
        runs = [_run(name, recorder) for name, recorder in self.recorders.items()]
        data = json.dumps({"runs": runs}, separators=(",", ":"), allow_nan=False)
        scripts = "elements.js", "arrays.js", "film.js"
        words = {"back": "Picture before", "on": "Next picture", "step": "Step of the training"}
        return offline_page("film", self.title, ["film.css"], scripts, data, passes="", **words)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the film to a file, whole or not at all.

        Parameters
        ----------
        path : path
            With the suffix .html for the page, which works offline; .gif or .mp4 for slides: these
            need matplotlib, and .mp4 needs ffmpeg.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            If the suffix is another one.
        RuntimeError
            If there is no ffmpeg.
        """
        path = Path(path)
        if path.suffix.lower() in (".gif", ".mp4"):
            from minigrad.viz.plots.film import save_film

            return save_film(self.recorders, self.title, path)
        if path.suffix.lower() != ".html":
            raise ValueError(
                f"a film is saved as .html, .gif or .mp4, not as {path.suffix or 'no suffix'}"
            )
        return super().save(path)

    def __repr__(self) -> str:
        steps = max(len(recorder.losses) for recorder in self.recorders.values())
        return f'<Film of {", ".join(self.recorders)}: {steps} steps; save("film.html") writes it>'


def film(recorder: Recorder | None = None, /, *, title: str = "", **named: Recorder) -> Film:
    """Make a page to scrub through a training: loss and gradient, arrays as pictures, what is read.

    At each step it shows the loss, the norm of the gradient, and of each layer the weights, their
    gradient and their update as pictures, blue below and orange above 0, red where not finite; the
    samples' probabilities; and where the first number that is not finite was born, and why.
    Pictures were kept of up to some fifty steps, evenly spread, and of each step around a birth.

    Parameters
    ----------
    recorder : Recorder
        Made with `keep="film"`, and with `samples=` for the probabilities.
    title : str
        What stands above; by default the runs' names.
    **named : Recorder
        Or several, shown side by side: `film(naive=..., fused=...)`.

    Returns
    -------
    Film
        A notebook shows it; `.save("film.html")` writes one file, to open in any browser,
        `.save("film.gif")` and `.save("film.mp4")` write it for slides.

    Raises
    ------
    TypeError
        If something else than Recorders is given, or nothing.
    ValueError
        If a Recorder has recorded nothing, or keeps no film.

    Examples
    --------
    >>> model = mg.nn.Linear(3, 2)
    >>> recorder = mg.viz.Recorder(model, keep="film")
    >>> loss = model(np.ones((1, 3), np.float32)).sum()
    >>> loss.backward()
    >>> recorder.record(loss)
    >>> film(recorder)
    <Film of training: 1 steps; save("film.html") writes it>
    """
    given = named if recorder is None else {"training": recorder, **named}
    if not given:
        raise TypeError("there is nothing to film: give a Recorder, film(recorder)")
    for name, one in given.items():
        if recorded(one).film is None:
            raise ValueError(f'the Recorder {name!r} keeps no film: make it with keep="film"')
    default = "A training, step by step" if len(given) == 1 else ", ".join(given) + ", step by step"
    return Film(given, title or default)


# ---------------------------------------------------------------------------------------------
# The data of the page
# ---------------------------------------------------------------------------------------------


def _run(name: str, recorder: Recorder) -> dict[str, Any]:
    reel = recorder.film
    assert reel is not None
    norms = [math.hypot(*step) for step in zip(*recorder.gradient_norms.values())]
    return {
        "name": name,
        "losses": [_number(loss) for loss in recorder.losses],
        "norms": [_number(norm) for norm in norms],
        "birth": reel.birth and reel.birth._asdict(),
        "layers": [{"name": n, "shape": recorder.parameters[n].shape} for n in reel.layers],
        "left_out": reel.left_out,
        "classes": [] if reel.classes is None else reel.classes.tolist(),
        "images": _images(reel),
        "frames": [
            {
                "step": frame.step,
                "weights": [_packed(thumb) for thumb in frame.weights],
                "gradients": [_packed(thumb) for thumb in frame.gradients],
                "updates": frame.updates and [_packed(thumb) for thumb in frame.updates],
                "probabilities": _shares(frame.probabilities),
            }
            for frame in reel.frames
        ],
    }


def _images(reel: Reel) -> list[Any] | None:
    if reel.images is None:
        return None
    lowest = np.asarray(reel.images, np.float64) - np.min(reel.images)
    return [_packed(Thumb.quantized(image[None])) for image in lowest]


def _packed(thumb: Thumb) -> list[Any]:
    codes = base64.b64encode(thumb.codes.tobytes()).decode()
    return [_number(thumb.scale), *thumb.codes.shape, codes]


def _shares(probabilities: Any) -> list[Any]:
    if probabilities is None:
        return []
    return [[_number(round(p, 3)) for p in row] for row in probabilities.tolist()]


def _number(x: float) -> float | str:
    """In as many digits as are shown; JSON has no NaN and no infinity."""
    if math.isfinite(x):
        return float(f"{x:.4g}")
    return "NaN" if math.isnan(x) else f"{'-' if x < 0 else ''}Infinity"
