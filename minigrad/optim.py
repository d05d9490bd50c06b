"""Optimisers: they change parameters in place, from the gradients that `backward()` left."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from inspect import signature
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.arrays import NDArray, is_number, widened
from minigrad.phrasebook import missing, missing_from
from minigrad.tensor import Tensor, change_all, set_gradients


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
        self._results: dict[int, NDArray] = {}
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
        changes: list[tuple[Any, ...]] = []
        for i, p in enumerate(self.params):
            if (g := p._grad) is not None:
                x, g = self.decay(widened(p._data), widened(g))
                new, state = self.update(i, x, g)
                changes += [(p._data, ..., new), (self.states, i, state)]
                moved.append(p)
        if not moved:
            warnings.warn(
                "this step changes nothing, as no parameter has a gradient: call loss.backward() "
                "after zero_grad() and before step(), with the loss of the model whose parameters "
                "these are",
                stacklevel=2,
            )
        change_all(moved, changes)

    def __repr__(self) -> str:
        count = len(self.params)
        shown = [f"{count} parameter{'s' if count > 1 else ''}"]
        for name, option in signature(type(self)).parameters.items():
            value = getattr(self, name, option.default)
            if name == "lr" or (name != "params" and value != option.default):
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise missing(self, "Optimizer", name)

    def decay(self, x: NDArray, g: NDArray) -> tuple[NDArray, NDArray]:
        """Return a parameter's array x and its gradient g with the decay in one of them."""
        return x, g + self.weight_decay * x if self.weight_decay else g

    def update(self, i: int, x: NDArray, g: NDArray) -> tuple[NDArray, Any]:
        """Return what becomes of the i-th parameter's array x, given its gradient g, and its state.

        Neither x nor `self.states[i]` is changed here: `step` changes all at once, so that Ctrl-C
        finds a step done or not begun.
        """
        raise TypeError(f"{type(self).__name__} defines no update rule")

    def result(self, i: int, x: NDArray) -> NDArray:
        """An array to compute in: new memory at every step would cost more than that."""
        if i not in self._results:
            self._results[i] = np.empty_like(x)
        return self._results[i]


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

    def update(self, i: int, x: NDArray, g: NDArray) -> tuple[NDArray, Any]:
        v = None
        if self.momentum:
            v = self.momentum * self.states[i] + g if i in self.states else g.copy()
            g = g + self.momentum * v if self.nesterov else v
        new = self.result(i, x)
        return np.subtract(x, np.multiply(g, self.lr, out=new), out=new), v


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

    def update(self, i: int, x: NDArray, g: NDArray) -> tuple[NDArray, Any]:
        b1, b2 = self.betas
        t, m, v = self.states.get(i, (0, np.zeros_like(x), np.zeros_like(x)))
        t += 1
        m = m + (1 - b1) * (g - m)
        v = b2 * v + (1 - b2) * g * g
        step = (self.lr / (1 - b1**t)) * m / (np.sqrt(v / (1 - b2**t)) + self.eps)
        return x - step, (t, m, v)


class AdamW(Adam):
    """Adam with decoupled weight decay: x ← (1 − lr · λ) · x − lr · m̂ / (√v̂ + eps).

    The decay λ shrinks every parameter alike; in `Adam` it goes through the gradient, and shrinks
    those less whose gradients are large. The formulas are PyTorch's. Loshchilov and Hutter,
    "Decoupled weight decay regularization", ICLR 2019.

    Examples
    --------
    >>> x = Tensor([1.0], requires_grad=True)
    >>> optimizer = mg.optim.AdamW([x], lr=0.1, weight_decay=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 3)
    0.85
    >>> optimizer
    AdamW(1 parameter, lr=0.1, weight_decay=0.5)
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def decay(self, x: NDArray, g: NDArray) -> tuple[NDArray, NDArray]:
        return (1 - self.lr * self.weight_decay) * x, g


def at_least_zero(name: str, value: float) -> float:
    if not is_number(value) or not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a finite number of at least 0, got {value}")
    return value


globals()["__getattr__"] = missing_from(__name__)  # not for type checkers
