"""Products of matrices and tensors."""

from __future__ import annotations

from math import prod
from string import ascii_letters
from typing import Any

import numpy as np

from minigrad.arrays import total
from minigrad.engine import Array, Op
from minigrad.tensor import Tensor


class MatMul(Op):
    """y = a @ b; over leading axes that broadcast

    A vector on the left is a row, on the right a column, and loses that axis again in the result.
    """

    broadcasts = True
    reads_result = False

    def forward(self, a: Array, b: Array) -> Array:
        check_inner(self.name, a.shape, b.shape, b.shape[-2:][0] if b.ndim else 0)
        return np.asarray(product(a, b))

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Any, Any]:
        wants_a, wants_b = self.needs_input_grad
        a_matrix, b_matrix = a, b
        if b.ndim == 1:
            g, b_matrix = np.expand_dims(g, -1), np.expand_dims(b, -1)
        if a.ndim == 1:
            g, a_matrix = np.expand_dims(g, -2), np.expand_dims(a, -2)
        grad_a = product(g, np.swapaxes(b_matrix, -1, -2)) if wants_a else None
        grad_b = product(np.swapaxes(a_matrix, -1, -2), g) if wants_b else None
        if grad_b is not None and b.ndim == 1:
            grad_b = np.squeeze(grad_b, -1)
        return grad_a, grad_b


def product(a: Array, b: Array) -> Array:
    """Multiply matrices."""
    if min(a.ndim, b.ndim) > 1 and a.shape[-1] == b.shape[-2] == 1:
        return a * b  # the outer products of a batch of one: five times as fast as BLAS does it
    return a @ b


def check_inner(op: str, a: tuple[int, ...], b: tuple[int, ...], rows: int) -> None:
    """Raise if the last axis of shape a does not fit the `rows` of b that it is to meet."""
    if not a or not b:
        raise ValueError(
            f"{op} of shapes {a} and {b}: a number has no axes; multiply with * instead"
        )
    if a[-1] != rows:
        raise ValueError(
            f"{op} of shapes {a} and {b}: they cannot be multiplied, {a[-1]} columns meet {rows} "
            "rows; does one of them need .T, or another shape?"
        )


class Linear(Op):
    """y = x Wᵀ + b; a layer with its weight stored as (out_features, in_features)

    x: (..., in), W: (out, in), b: (out,) or left out; y: (..., out). One op instead of three, and
    no gradient for x where nobody asks for one.
    """

    reads_result = False

    def forward(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        check_inner(self.name, x.shape, weight.shape, weight.shape[-1:][0] if weight.ndim else 0)
        y = product(x, weight.T)
        if bias is None:
            return y
        if bias.shape != weight.shape[:1]:
            raise ValueError(f"the bias should have shape {weight.shape[:1]}, one entry a row of W")
        return np.add(y, bias, out=y if y.dtype == bias.dtype else None)

    def backward(self, g: Array, y: Array, x: Array, weight: Array, *bias: Array) -> Any:
        rows = prod(x.shape[:-1])
        rows_g = g.reshape(rows, weight.shape[0])
        rows_x = x.reshape(rows, weight.shape[1])
        return (
            product(g, weight) if self.needs_input_grad[0] else None,
            product(rows_g.T, rows_x),
            *(total(rows_g, axis=0) for _ in bias),
        )

    def definition(self, x: Tensor, weight: Tensor, *bias: Tensor) -> Tensor:
        return x @ weight.T + bias[0] if bias else x @ weight.T


class Einsum(Op):
    """y = np.einsum(subscripts, a, b); Einstein's summation, also with `...` and repeated indices

    The gradient for one input is again an einsum: of the upstream gradient and the other inputs,
    summed to that input's indices. Ones stand in for an index that only this input has, and an
    identity matrix for an index that it repeats.
    """

    broadcasts = True
    reads_result = False

    def __init__(self, subscripts: str) -> None:
        self.subscripts: str = subscripts
        self.terms: list[str] = []
        self.result: str = ""

    def forward(self, *xs: Array) -> Array:
        self.terms, self.result = _spell_out(self.subscripts, [x.ndim for x in xs])
        return np.asarray(np.einsum(self.subscripts, *xs, optimize=len(xs) > 1))

    def backward(self, g: Array, y: Array, *xs: Array) -> tuple[Any, ...]:
        return tuple(
            self._gradient(i, g, xs) if wanted else None
            for i, wanted in enumerate(self.needs_input_grad)
        )

    def _gradient(self, i: int, g: Array, xs: tuple[Array, ...]) -> Any:
        lengths = dict(zip(self.terms[i], xs[i].shape))
        terms = [self.result, *(t for j, t in enumerate(self.terms) if j != i)]
        factors: list[Any] = [g, *(x for j, x in enumerate(xs) if j != i)]
        unused = iter([c for c in ascii_letters if c not in "".join([self.result, *self.terms])])
        wanted = ""
        for letter in self.terms[i]:
            if letter in wanted:
                twin = next(unused)
                terms.append(letter + twin)
                factors.append(np.eye(lengths[letter], dtype=g.dtype))
                letter = twin
            elif not any(letter in term for term in terms):
                terms.append(letter)
                factors.append(np.ones(lengths[letter], dtype=g.dtype))
            wanted += letter
        gradient = np.einsum(f"{','.join(terms)}->{wanted}", *factors, optimize=True)
        return np.broadcast_to(gradient, np.broadcast_shapes(gradient.shape, xs[i].shape))


def _spell_out(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """Write einsum subscripts with a letter for every axis: explicit output, no `...`."""
    inputs, arrow, result = subscripts.replace(" ", "").partition("->")
    spare = [letter for letter in ascii_letters if letter not in inputs + result]
    longest, terms = 0, []
    for term, ndim in zip(inputs.split(","), ndims):
        if "..." in term:
            hidden = ndim - len(term.replace("...", ""))
            longest = max(longest, hidden)
            term = term.replace("...", "".join(reversed(spare[:hidden])))
        terms.append(term)
    ellipsis = "".join(reversed(spare[:longest]))
    if not arrow:
        letters = inputs.replace("...", "").replace(",", "")
        result = ellipsis + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return terms, result.replace("...", ellipsis)
