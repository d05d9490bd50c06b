"""Optimisers: they change parameters in place, from the gradients that `backward()` left."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np

from minigrad.arrays import NDArray, is_number, widened
from minigrad.tensor import Tensor, change_all, set_gradients

Calls: TypeAlias = "list[tuple[Any, ...]]"


class Optimizer:
    """What every optimiser does: hold parameters, forget their gradients, take a step.

    For a float16 parameter everything is computed in float32, and rounded once into the parameter.

    Raises
    ------
    ValueError
        If there are no parameters, one is given twice, or a setting is out of range.
    TypeError
        If a parameter is not a Tensor that requires a gradient.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float) -> None:
        if isinstance(params, Tensor) or not isinstance(params, Iterable):
            raise TypeError("an optimiser takes several Tensors: pass model.parameters() or a list")
        self.params: list[Tensor] = list(params)
        if not self.params:
            raise ValueError("no parameters to optimise: pass model.parameters()")
        for i, p in enumerate(self.params):
            if not isinstance(p, Tensor) or not p.requires_grad or not p.is_leaf:
                raise TypeError(f"parameter {i} is not a leaf Tensor with requires_grad=True: {p}")
        if len(set(self.params)) < len(self.params):
            raise ValueError("a parameter is given twice: its updates would be made twice")
        self.states: dict[int, Any] = {}
        self._scratch: dict[Any, tuple[NDArray, NDArray]] = {}
        self.lr: float = at_least_zero("lr", lr)
        self.weight_decay: float = at_least_zero("weight_decay", weight_decay)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        set_gradients(self.params, repeat(None))

    def step(self) -> None:
        """Change every parameter that has a gradient.

        Warns
        -----
        UserWarning
            If none has.
        """
        moved: list[Tensor] = []
        calls: Calls = []
        kept: list[tuple[Any, ...]] = []
        decay = self.weight_decay
        for i, p in enumerate(self.params):
            if (g := p._grad) is not None:
                x, g = widened(p._data), widened(g)
                new, state = self.update(i, x, g + decay * x if decay else g)
                calls += new
                if state is not None:
                    kept.append((self.states, i, state))
                if x is not p._data:
                    kept.append((p._data, ..., x))
                moved.append(p)
        if not moved:
            warnings.warn(
                "this step changes nothing, as no parameter has a gradient: call loss.backward() "
                "after zero_grad() and before step(), with the loss of the model whose parameters "
                "these are",
                stacklevel=2,
            )
        change_all(moved, calls, kept)

    def update(self, i: int, x: NDArray, g: NDArray) -> tuple[Calls, Any]:
        """Return how the i-th parameter's array x changes, given its gradient g, and what to keep.

        That is: calls of NumPy's ufuncs that change x, such as `(np.subtract, x, step, x)`, and
        what `self.states[i]` is from then on. They are made in one go, when those of all parameters
        are known, so that Ctrl-C finds a step done or not begun.
        """
        raise TypeError(f"{type(self).__name__} defines no update rule")

    def scratch(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """Two arrays like x to compute in: new memory at every step would cost more than that."""
        found = self._scratch.get(x.shape)
        if found is None or found[0].dtype != x.dtype:
            self._scratch[x.shape] = found = np.empty_like(x), np.empty_like(x)
        return found


class SGD(Optimizer):
    """Stochastic gradient descent: x ← x − lr · v, with v = momentum · v + g.

    Without momentum v is the gradient g; `nesterov` steps along g + momentum · v instead of v;
    `weight_decay` λ adds λ·x to g. The formulas are PyTorch's.

    Examples
    --------
    >>> x = Tensor([1.0], requires_grad=True)
    >>> optimizer = mg.optim.SGD([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.data
    array([0.8], dtype=float32)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self.momentum: float = at_least_zero("momentum", momentum)
        if nesterov and not momentum:
            raise ValueError("nesterov looks ahead along the momentum: give one, such as 0.9")
        self.nesterov: bool = nesterov

    def update(self, i: int, x: NDArray, g: NDArray) -> tuple[Calls, Any]:
        step, _ = self.scratch(x)
        if not self.momentum:
            return [(np.multiply, g, self.lr, step), (np.subtract, x, step, x)], None
        calls: Calls = []
        v = self.states.get(i)
        if v is None:
            v = np.array(g)
        else:
            calls += [(np.multiply, v, self.momentum, v), (np.add, v, g, v)]
        if self.nesterov:
            calls += [(np.multiply, v, self.momentum, step), (np.add, g, step, step)]
        direction = step if self.nesterov else v
        return [*calls, (np.multiply, direction, self.lr, step), (np.subtract, x, step, x)], v


class Adam(Optimizer):
    """Adam: x ← x − lr · m̂ / (√v̂ + eps), from running means m of g and v of g².

    m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) correct for starting at 0; `weight_decay` λ adds λ·x
    to g. Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.

    Examples
    --------
    >>> x = Tensor([1.0], requires_grad=True)
    >>> optimizer = mg.optim.Adam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.data
    array([0.9], dtype=float32)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        numbers = isinstance(betas, (tuple, list)) and len(betas) == 2
        if not numbers or not all(is_number(b) and 0 <= b < 1 for b in betas):
            raise ValueError(f"betas must be two numbers in [0, 1), got {betas}")
        self.betas: tuple[float, float] = betas
        self.eps: float = at_least_zero("eps", eps)

    def update(self, i: int, x: NDArray, g: NDArray) -> tuple[Calls, Any]:
        b1, b2 = self.betas
        t, m, v = self.states.get(i) or (0, np.zeros_like(x), np.zeros_like(x))
        t += 1
        step, root = self.scratch(x)
        return [
            (np.subtract, g, m, step),  # m += (1 - b1) * (g - m)
            (np.multiply, step, 1 - b1, step),
            (np.add, m, step, m),
            (np.multiply, g, 1 - b2, step),  # v = b2 * v + (1 - b2) * g * g
            (np.multiply, step, g, step),
            (np.multiply, v, b2, v),
            (np.add, v, step, v),
            (np.divide, v, 1 - b2**t, root),  # x -= lr / (1 - b1**t) * m / (√v̂ + eps)
            (np.sqrt, root, root),
            (np.add, root, self.eps, root),
            (np.multiply, m, self.lr / (1 - b1**t), step),
            (np.divide, step, root, step),
            (np.subtract, x, step, x),
        ], (t, m, v)


def at_least_zero(name: str, value: float) -> float:
    if not is_number(value) or not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a finite number of at least 0, got {value}")
    return value
