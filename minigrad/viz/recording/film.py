"""`Reel`: what a film of a training is made from, small pictures of arrays at some of its steps.

Steps are sampled ever more thinly as the training goes on; those around a birth are kept whole.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd import diagnose
from minigrad.context import no_grad
from minigrad.nn import Module, functional as F
from minigrad.tensor import Tensor, values

MOST_FRAMES = 40  # then every second one goes
BEFORE, AFTER = 4, 6  # steps around a birth, with its own
MOST_LAYERS, MOST_SAMPLES = 6, 8
NAN, INF, NEGATIVE_INF, LARGEST = -128, 127, -127, 126


class Thumb(NamedTuple):
    """An array as one small picture or several: a code of one byte for each cell.

    A code c from −126 to 126 stands for c/126 · scale, −128 for NaN, 127 for inf, −127 for −inf. A
    cell holds the entry of largest magnitude in its block, NaN if there is one.
    """

    scale: float
    codes: NDArray
    """Of shape (pictures, rows, columns)."""

    @classmethod
    def of(cls, array: NDArray, image: tuple[int, int] | None = None) -> Thumb:
        """A matrix as one picture; what has more axes, or rows that are images, as up to eight."""
        if image and array.ndim == 2 and array.shape[1] == math.prod(image):
            stack = array.reshape(-1, *image)
        else:
            rows, columns = array.shape[-2:] if array.ndim > 1 else (1, array.size)
            stack = array.reshape(-1, rows, columns)
        chosen = np.unique(np.linspace(0, len(stack) - 1, 8).round().astype(int))
        cells = stack[chosen]
        for axis, most in ((1, 14), (2, 14)) if len(cells) > 1 else ((1, 24), (2, 32)):
            cells = _pooled(cells, axis, most)
        return cls.quantized(cells.astype(np.float64))

    @classmethod
    def quantized(cls, cells: NDArray) -> Thumb:
        finite = np.isfinite(cells)
        scale = float(np.abs(cells[finite]).max(initial=0.0))
        with np.errstate(all="ignore"):
            codes = np.rint(np.where(finite, cells, 0) / (scale or 1.0) * LARGEST)
        codes[np.isnan(cells)] = NAN
        codes[cells == np.inf], codes[cells == -np.inf] = INF, NEGATIVE_INF
        return cls(scale, codes.astype(np.int8))


def _pooled(cells: NDArray, axis: int, most: int) -> NDArray:
    length = cells.shape[axis]
    if length <= most:
        return cells
    starts = [i * length // most for i in range(most)]
    low, high = (f.reduceat(cells, starts, axis) for f in (np.minimum, np.maximum))
    return np.where(-low > high, low, high)


class Birth(NamedTuple):
    """The first step whose loss or gradients were not all finite, and what the diagnosis says."""

    step: int
    what: str
    line: str = ""
    """Of source code, after its file and number."""
    why: str = ""


@dataclass(frozen=True)
class Frame:
    """One step: each layer's weights and gradients, their change, the samples' probabilities."""

    step: int
    weights: tuple[Thumb, ...]
    gradients: tuple[Thumb, ...]
    updates: tuple[Thumb, ...] | None
    """None at the last step, whose update was not seen."""
    probabilities: NDArray | None


class Shot(NamedTuple):
    """The arrays of one step, as they were."""

    step: int
    weights: dict[str, NDArray]
    gradients: dict[str, NDArray]


class Reel:
    """Frames of a training, and what they are of.

    Attributes
    ----------
    layers : list of str
        The parameters that are shown: those of two axes or more, or all if there are none; of many,
        the first and the last three.
    left_out : int
        How many more there are.
    images, classes : arrays or None
        The samples.
    birth : Birth or None
    """

    def __init__(
        self, model: Module | Mapping[str, Tensor], parameters: dict[str, Tensor], samples: Any
    ) -> None:
        names = [n for n, p in parameters.items() if p.ndim > 1 and p.size] or [*parameters]
        few, half = len(names) <= MOST_LAYERS, MOST_LAYERS // 2
        self.layers: list[str] = names if few else names[:half] + names[-half:]
        self.left_out: int = len(names) - len(self.layers)
        self.birth: Birth | None = None
        self.inputs, self.classes = _checked(model, samples)
        self.images: NDArray | None = _as_images(self.inputs)
        self._model, self._parameters = model, parameters
        self._stride = 1
        self._shots: deque[Shot] = deque(maxlen=BEFORE)
        self._frames: dict[int, Frame] = {}
        self._pinned: set[int] = set()

    @property
    def frames(self) -> list[Frame]:
        """All that were kept, in their order; the last step is among them."""
        frames = dict(self._frames)
        if self._shots and self._shots[-1].step not in frames:
            frames[self._shots[-1].step] = self._develop(self._shots[-1], None)
        return [frames[step] for step in sorted(frames)]

    def shoot(
        self,
        step: int,
        loss: Tensor | float,
        gradients: dict[str, NDArray],
        norms: Sequence[float],
    ) -> None:
        """Take in a step, before its update."""
        weights = {name: p.data.copy() for name, p in self._parameters.items()}
        shot = Shot(step, weights, {name: gradients[name].copy() for name in self.layers})
        if self._shots:
            self._keep(self._shots[-1], shot)
        self._shots.append(shot)
        number = loss.item() if isinstance(loss, Tensor) else float(loss)
        if self.birth is None and not np.isfinite([number, *norms]).all():
            self.birth = _birth(step, loss, number, dict(zip(gradients, norms)))
            self._pinned = {*range(step - BEFORE + 1, step + AFTER + 1)}
            shots = [*self._shots]
            for before, after in pairwise(shots):
                self._keep(before, after)

    def _keep(self, shot: Shot, following: Shot) -> None:
        """Make a frame of a step, whose update is now known, if it is one to be kept."""
        step = shot.step
        if step in self._frames or ((step - 1) % self._stride and step not in self._pinned):
            return
        self._frames[step] = self._develop(shot, following)
        if len(self._frames) > MOST_FRAMES + len(self._pinned):
            self._stride *= 2
            self._frames = {
                step: frame
                for step, frame in self._frames.items()
                if (step - 1) % self._stride == 0 or step in self._pinned
            }

    def _develop(self, shot: Shot, following: Shot | None) -> Frame:
        image = None if self.images is None else self.images.shape[1:]

        def thumbs(arrays: dict[str, NDArray]) -> tuple[Thumb, ...]:
            return tuple(Thumb.of(arrays[name], image) for name in self.layers)

        updates = None
        if following is not None:
            with np.errstate(all="ignore"):
                pairs = ((n, following.weights[n] - shot.weights[n]) for n in self.layers)
                updates = thumbs(dict(pairs))
        probabilities = self._read(shot.weights)
        return Frame(
            shot.step, thumbs(shot.weights), thumbs(shot.gradients), updates, probabilities
        )

    def _read(self, weights: dict[str, NDArray]) -> NDArray | None:
        """The samples' probabilities with these weights; the model is left as it was."""
        if self.inputs is None:
            return None
        model, now = self._model, {name: p._data for name, p in self._parameters.items()}
        assert isinstance(model, Module)
        modes = [(module, module.training) for module in model.modules()]
        try:
            model.eval()
            for name, parameter in self._parameters.items():
                parameter._data = weights[name]
            with no_grad(), np.errstate(all="ignore"):
                probabilities: NDArray = F.softmax(model(Tensor(self.inputs))).data
            return probabilities.astype(np.float64)
        finally:
            for name, parameter in self._parameters.items():
                parameter._data = now[name]
            for module, mode in modes:
                module.training = mode


def _checked(model: Any, samples: Any) -> tuple[NDArray | None, NDArray | None]:
    """The samples as arrays; a ValueError if they do not fit the film."""
    if samples is None:
        return None, None
    if not isinstance(model, Module):
        raise ValueError("samples need a Module that reads them: pass the model, not a dict")
    inputs, classes = (np.asarray(values(array)) for array in samples)
    if not 1 <= len(inputs) == len(classes) <= MOST_SAMPLES:
        raise ValueError(
            f"samples are (inputs, classes), at most {MOST_SAMPLES} of each: "
            f"got {len(inputs)} and {len(classes)}"
        )
    return inputs.copy(), classes.copy()


def _as_images(inputs: NDArray | None) -> NDArray | None:
    """Samples that are images, or rows with the pixels of square ones."""
    if inputs is None:
        return None
    shape = tuple(n for n in inputs.shape[1:] if n > 1)
    side = math.isqrt(math.prod(shape))
    if len(shape) == 1 and side * side == shape[0] and side >= 8:
        shape = side, side
    return inputs.reshape(-1, *shape) if len(shape) == 2 else None


def _birth(step: int, loss: Tensor | float, number: float, norms: dict[str, float]) -> Birth:
    """What was born where, as the diagnosis of the loss says it."""
    if isinstance(loss, Tensor) and (birth := diagnose(loss).first) is not None:
        site, explanation = birth.tensor.site, birth.explain()
        line = site.with_source.replace(site.filename, Path(site.filename).name, 1) if site else ""
        what = str(birth).partition("\n")[0]
        return Birth(step, what, line, explanation.reason if explanation else "")
    if not math.isfinite(number):
        return Birth(step, f"the loss is {number}")
    bad = next(name for name, norm in norms.items() if not math.isfinite(norm))
    return Birth(step, f"the gradient of {bad} is not finite")
