"""`Recorder`: notes during training what the plots and the film show afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from minigrad.arrays import NDArray, l2_norm
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.viz.recording.activations import activations
from minigrad.viz.recording.film import Reel
from minigrad.viz.recording.sizes import Activity, Histogram, Spread, Update

KEEPS = ("weights", "updates", "activations", "film")


class Recorder:
    """Keeps the loss of every step and, of every parameter, how large its gradient was.

    Parameters
    ----------
    model : Module, or dict of names and Tensors
        Whose gradients to follow: all parameters of a Module, or the Tensors of the dict.
    histogram_every : int
        At steps 1, 1 + histogram_every, ... the sizes of a gradient's entries are counted, and what
        `keep` names is looked at.
    keep : str, or several
        What else to keep: "weights", "updates", "activations"; and "film", all that `viz.film`
        shows.
    samples : tuple of two arrays, optional
        For the film: a few inputs of the model, and the class of each. Their probabilities, the
        softmax of what the model gives, are kept with every picture.

    Attributes
    ----------
    losses : list of floats
        The loss of each step; step 1 comes first.
    gradient_norms : dict of lists of floats
        For each parameter the L2 norm √Σ g² of its gradient at each step. It is NaN or inf if an
        entry of the gradient is, and 0 where `backward()` did not reach the parameter.
    histograms : dict of lists of Histograms
        For each parameter, how many entries of its gradient had which size.
    weights, updates, activations : dict of lists of Spreads, of Updates, of Activities
        For each parameter how its entries were spread, and how much the optimiser's step changed
        it (known at the next `record`); for each activation function what it gave. Empty unless
        they are kept.

    Raises
    ------
    TypeError
        If there is something else than Tensors to follow.
    ValueError
        If there is nothing to follow, `histogram_every` is not a positive integer, `keep` names
        something else, or the samples do not fit the film.

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

    def __init__(
        self,
        model: Module | Mapping[str, Tensor],
        histogram_every: int = 20,
        keep: str | Iterable[str] = (),
        samples: tuple[Any, Any] | None = None,
    ) -> None:
        if not isinstance(histogram_every, (int, np.integer)) or histogram_every < 1:
            raise ValueError(f"histogram_every must be a positive integer, got {histogram_every}")
        self.parameters: dict[str, Tensor] = tensors_of(model)
        self.keep: tuple[str, ...] = (keep,) if isinstance(keep, str) else tuple(keep)
        for what in self.keep:
            if what not in KEEPS:
                known = ", ".join(map(repr, KEEPS))
                raise ValueError(f"a Recorder keeps {known}, not {what!r}")
        if samples is not None and "film" not in self.keep:
            raise ValueError('samples are for the film: write Recorder(..., keep="film")')
        self.histogram_every = histogram_every
        self.losses: list[float] = []
        self.gradient_norms: dict[str, list[float]] = {name: [] for name in self.parameters}
        self.histograms: dict[str, list[Histogram]] = {name: [] for name in self.parameters}
        self.weights: dict[str, list[Spread]] = {}
        self.updates: dict[str, list[Update]] = {}
        self.activations: dict[str, list[Activity]] = {}
        self.film = Reel(model, self.parameters, samples) if "film" in self.keep else None
        self._before: dict[str, NDArray] | None = None  # the weights at the last step looked at

    def record(self, loss: Tensor | float) -> None:
        """Note a step: call it after `loss.backward()` and before `optimizer.step()`.

        Raises
        ------
        TypeError
            If activations are to be kept and the loss is not a Tensor that remembers them.
        ValueError
            If no parameter has a gradient, or the loss has more than one entry.
        """
        if all(parameter.grad is None for parameter in self.parameters.values()):
            raise ValueError(
                "no parameter has a gradient to record: call loss.backward() before record(loss)"
            )
        if "activations" in self.keep and not isinstance(loss, Tensor):
            raise TypeError("to keep activations, record the loss as a Tensor: record(loss)")
        self.losses.append(loss.item() if isinstance(loss, Tensor) else float(loss))
        step = len(self.losses)
        looks = (step - 1) % self.histogram_every == 0
        if self._before is not None:
            self._compare(step - 1, self._before)
        gradients = {
            name: np.zeros_like(parameter.data) if parameter.grad is None else parameter.grad
            for name, parameter in self.parameters.items()
        }
        for name, g in gradients.items():
            self.gradient_norms[name].append(l2_norm(g))
            if looks:
                self.histograms[name].append(Histogram.of(step, g))
        if looks:
            self._look(step, loss)
        if self.film is not None:
            norms = [norms[-1] for norms in self.gradient_norms.values()]
            self.film.shoot(step, loss, gradients, norms)

    def _look(self, step: int, loss: Tensor | float) -> None:
        """Keep of this step what is not kept of every one."""
        if "weights" in self.keep:
            for name, parameter in self.parameters.items():
                self.weights.setdefault(name, []).append(Spread.of(step, parameter.data))
        if "updates" in self.keep:
            self._before = {name: p.data.copy() for name, p in self.parameters.items()}
        if "activations" in self.keep and isinstance(loss, Tensor):
            for found in activations(loss):
                self.activations.setdefault(found.name, []).append(Activity.of(step, found))

    def _compare(self, step: int, before: dict[str, NDArray]) -> None:
        """Note how much the optimiser's step after `step` changed the weights."""
        self._before = None
        with np.errstate(all="ignore"):
            for name, old in before.items():
                change, size = l2_norm(self.parameters[name].data - old), l2_norm(old)
                ratio = float(np.float64(change) / size)
                self.updates.setdefault(name, []).append(Update(step, ratio))

    def __repr__(self) -> str:
        steps, count = len(self.losses), len(self.parameters)
        return (
            f"<Recorder of {count} parameter{'s' * (count != 1)}, {steps} step{'s' * (steps != 1)}>"
        )


def tensors_of(model: Module | Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters of a Module, or the Tensors of a dict, by name."""
    if not isinstance(model, (Module, Mapping)):
        raise TypeError(
            f"give a Module or a dict of names and Tensors, not a {type(model).__name__}"
        )
    found: dict[str, Tensor] = dict(
        model.named_parameters() if isinstance(model, Module) else model
    )
    if not found:
        raise ValueError("there are no parameters to follow: pass a model that has some")
    for name, parameter in found.items():
        if not isinstance(parameter, Tensor):
            raise TypeError(f"{name!r} is a {type(parameter).__name__}, not a Tensor")
    return found


def recorded(recorder: Recorder) -> Recorder:
    """Return a Recorder that has recorded a step; raise of anything else."""
    if not isinstance(recorder, Recorder):
        raise TypeError(f"this plot shows a Recorder, not a {type(recorder).__name__}")
    if not recorder.losses:
        raise ValueError("nothing is recorded yet: call record(loss) after each loss.backward()")
    return recorder


def kept(recorder: Recorder, what: str, name: str | None = None) -> Any:
    """Return what a Recorder has kept besides gradients, of one parameter or of all."""
    if what not in recorded(recorder).keep:
        raise ValueError(f"this Recorder keeps no {what}: make it with keep={what!r}")
    found = getattr(recorder, what)
    if not found:
        raise ValueError("an update is known when the next step is recorded: record two or more")
    if name is None:
        return found
    if name not in found:
        raise KeyError(f"this recorder follows no {name!r}, only {list(found)}")
    return found[name]
