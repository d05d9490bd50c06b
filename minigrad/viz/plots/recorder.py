"""`Recorder`: notes during training what the plots show afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from minigrad.arrays import NDArray, l2_norm
from minigrad.nn import Module
from minigrad.tensor import Tensor

__all__ = ["Histogram", "Recorder"]

BLOCK = 2**14  # entries looked at at once: they stay in the cache


@dataclass(frozen=True)
class Histogram:
    """How large the entries of a gradient were at one step, a bin for each power of two.

    `counts[i]` entries have 2ᵉ ≤ |g| < 2ᵉ⁺¹ with e = `lowest` + i, which is what the exponent bits
    of a float say. Subnormal numbers share the bin below the smallest normal one. Zeros, and
    entries that are NaN or infinite, are counted apart.
    """

    step: int
    lowest: int
    counts: NDArray
    zeros: int
    nonfinite: int

    @classmethod
    def of(cls, step: int, g: NDArray) -> Histogram:
        info = np.finfo(g.dtype)
        stored = g.ravel().view(f"i{g.itemsize}")
        counts = np.zeros(2**info.iexp, dtype=np.int64)
        for start in range(0, g.size, BLOCK):
            exponents = stored[start : start + BLOCK] >> info.nmant & (counts.size - 1)
            counts += np.bincount(exponents, minlength=counts.size)
        zeros = g.size - int(np.count_nonzero(g))
        counts[0] -= zeros  # the smallest exponent is that of zeros and subnormal numbers
        nonfinite = int(counts[-1])  # the largest that of NaN and inf
        bins = np.flatnonzero(counts[:-1])
        first, last = (int(bins[0]), int(bins[-1])) if bins.size else (0, -1)
        return cls(step, first + info.minexp - 1, counts[first : last + 1].copy(), zeros, nonfinite)


class Recorder:
    """Keeps the loss of every step and, of every parameter, how large its gradient was.

    Parameters
    ----------
    model : Module, or dict of names and Tensors
        Whose gradients to follow: all parameters of a Module, or the Tensors of the dict.
    histogram_every : int
        At steps 1, 1 + histogram_every, ... the sizes of a gradient's entries are counted.

    Attributes
    ----------
    losses : list of floats
        The loss of each step; step 1 comes first.
    gradient_norms : dict of lists of floats
        For each parameter the L2 norm √Σ g² of its gradient at each step. It is NaN or inf if an
        entry of the gradient is, and 0 where `backward()` did not reach the parameter.
    histograms : dict of lists of Histograms
        For each parameter, how many entries of its gradient had which size.

    Raises
    ------
    TypeError
        If there is something else than Tensors to follow.
    ValueError
        If there is nothing to follow, or `histogram_every` is not a positive integer.

    Examples
    --------
    >>> model = mg.nn.Linear(3, 2)
    >>> recorder = Recorder(model)
    >>> loss = model(np.ones((1, 3), np.float32)).sum()
    >>> loss.backward()
    >>> recorder.record(loss)
    >>> recorder
    <Recorder of 2 parameters, 1 step>
    >>> [round(norm, 4) for norm in recorder.gradient_norms["weight"]]
    [2.4495]
    """

    def __init__(self, model: Module | Mapping[str, Tensor], histogram_every: int = 20) -> None:
        if not isinstance(model, (Module, Mapping)):
            raise TypeError(
                f"a Recorder follows a Module or a dict of names and Tensors, "
                f"not a {type(model).__name__}"
            )
        if not isinstance(histogram_every, (int, np.integer)) or histogram_every < 1:
            raise ValueError(f"histogram_every must be a positive integer, got {histogram_every}")
        self.parameters: dict[str, Tensor] = dict(
            model.named_parameters() if isinstance(model, Module) else model
        )
        if not self.parameters:
            raise ValueError("there are no parameters to follow: pass a model that has some")
        for name, parameter in self.parameters.items():
            if not isinstance(parameter, Tensor):
                raise TypeError(f"{name!r} is a {type(parameter).__name__}, not a Tensor")
        self.histogram_every = histogram_every
        self.losses: list[float] = []
        self.gradient_norms: dict[str, list[float]] = {name: [] for name in self.parameters}
        self.histograms: dict[str, list[Histogram]] = {name: [] for name in self.parameters}

    def record(self, loss: Tensor | float) -> None:
        """Note a step: call it after `loss.backward()` and before `optimizer.step()`.

        Raises
        ------
        ValueError
            If no parameter has a gradient, or the loss has more than one entry.
        """
        if all(parameter.grad is None for parameter in self.parameters.values()):
            raise ValueError(
                "no parameter has a gradient to record: call loss.backward() before record(loss)"
            )
        self.losses.append(loss.item() if isinstance(loss, Tensor) else float(loss))
        step = len(self.losses)
        for name, parameter in self.parameters.items():
            g = np.zeros_like(parameter.data) if parameter.grad is None else parameter.grad
            self.gradient_norms[name].append(l2_norm(g))
            if (step - 1) % self.histogram_every == 0:
                self.histograms[name].append(Histogram.of(step, g))

    def __repr__(self) -> str:
        steps, count = len(self.losses), len(self.parameters)
        return (
            f"<Recorder of {count} parameter{'s' * (count != 1)}, {steps} step{'s' * (steps != 1)}>"
        )


def recorded(recorder: Recorder) -> Recorder:
    """Return a Recorder that has recorded a step; raise of anything else."""
    if not isinstance(recorder, Recorder):
        raise TypeError(f"this plot shows a Recorder, not a {type(recorder).__name__}")
    if not recorder.losses:
        raise ValueError("nothing is recorded yet: call record(loss) after each loss.backward()")
    return recorder
