"""Which arrays minigrad computes with, and what becomes of numbers and lists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

NDArray: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

Axis: TypeAlias = "int | tuple[int, ...] | None"

DEFAULT_DTYPE = np.dtype(np.float32)


def as_array(data: Any, dtype: Any = None) -> NDArray:
    """Convert to an ndarray: arrays keep their dtype, numbers and lists of floats are float32.

    Raises
    ------
    TypeError
        If the values are not real numbers of a dtype that minigrad computes with.
    ValueError
        If a nested list is ragged.
    """
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(
            f"cannot make an array of this {type(data).__name__}: its rows differ in length"
        ) from error
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"a Tensor holds real numbers (bool, integers, float16, float32 or float64), "
            f"not {type(data).__name__} of dtype {array.dtype}"
        )
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if dtype is not None:
        return array.astype(numeric_dtype(dtype), copy=False)
    if isinstance(data, (np.ndarray, np.generic)):
        return array
    if array.dtype == np.float64 or (array.ndim == 0 and array.dtype.kind in "iu"):
        return array.astype(DEFAULT_DTYPE)
    return array


def numeric_dtype(dtype: Any) -> np.dtype[Any]:
    """Return the dtype, or raise a TypeError if a Tensor cannot be of it."""
    wanted: np.dtype[Any] = np.dtype(dtype).newbyteorder("=")
    if wanted.kind not in "biuf" or wanted.itemsize > 8:
        raise TypeError(f"a Tensor cannot be of dtype {wanted}: use float16, float32 or float64")
    return wanted


def as_arrays(values: Sequence[Any]) -> tuple[list[NDArray], list[NDArray]]:
    """Convert the inputs of one op. A number, also NumPy's, takes the dtype of its company.

    So `x * 2.5` and `x * np.sqrt(2)` stay float32 where x is, while arrays are promoted as NumPy
    does it. A fraction in company of integers is float32, and so is a number in company of
    float16, which could not hold 1e5 or 1e-8. A list of fractions in company of float64 is float64,
    too, as 0.1 is another number in float32.

    Returns
    -------
    list of ndarray
        All of them.
    list of ndarray
        The company: those that were not numbers.
    """
    given = [value if is_number(value) else as_array(value) for value in values]
    if any([isinstance(value, (list, tuple)) for value in values]):
        given = _exact_lists(values, given)
    company = [value for value in given if isinstance(value, np.ndarray)]
    if len(company) == len(given):
        return given, company
    dtype = np.result_type(*[array.dtype for array in company]) if company else DEFAULT_DTYPE
    arrays = [a if isinstance(a, np.ndarray) else _in_company(a, dtype) for a in given]
    return arrays, company


def _exact_lists(values: Sequence[Any], given: list[Any]) -> list[Any]:
    """Make float64 of lists of fractions, which are float32, where an array is float64."""
    if not any(isinstance(a, np.ndarray) and a.dtype == np.float64 for a in given):
        return given
    return [
        as_array(v, np.float64) if isinstance(v, (list, tuple)) and a.dtype == DEFAULT_DTYPE else a
        for v, a in zip(values, given)
    ]


def _in_company(number: Any, company: np.dtype[Any]) -> NDArray:
    """A number in the dtype of its company, or in a default one that can hold it."""
    if company.kind == "f":
        return np.asarray(number, dtype=np.promote_types(company, DEFAULT_DTYPE))
    if isinstance(number, (float, np.floating)):
        return np.asarray(number, dtype=DEFAULT_DTYPE)
    return np.asarray(number, dtype=None if company.kind == "b" else company)


def widened(x: Any) -> Any:
    """Float16, of an array or a Tensor, as float32; all else as it is."""
    return x.astype(np.float32) if x.dtype.char == "e" else x


def as_floats(x: Any) -> Any:
    """Integers and booleans, of an array or a Tensor, as the floats that hold them."""
    return x if x.dtype.kind == "f" else x.astype(np.promote_types(x.dtype, np.float32))


def total(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Compute np.sum of an array or a Tensor; long sums of float32 in float64 where it is needed.

    Entries side by side in memory NumPy adds up in pairs. Along other axes it adds one after the
    other, and n float32 may lose n · 6e-8 of their sum: with 8,192, half of float16's last digit.
    """
    y = np.sum(x, axis=axis, keepdims=keepdims)
    many = isinstance(x, np.ndarray) and x.dtype.char == "f" and x.size > 8192 * y.size
    if many and not (axis in (None, -1, x.ndim - 1) and x.flags.c_contiguous):
        y = np.sum(x, axis=axis, keepdims=keepdims, dtype=np.float64).astype(np.float32)
    return y


def unbroadcast(gradient: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum over the axes along which an input of `shape` was repeated."""
    if gradient.shape == shape:
        return gradient
    added = tuple(range(gradient.ndim - len(shape)))
    if added:
        gradient = total(gradient, axis=added)
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and gradient.shape[i] != 1)
    if stretched:
        gradient = total(gradient, axis=stretched, keepdims=True)
    return gradient


def l2_norm(x: NDArray) -> float:
    """√Σ x², NaN or inf only if an entry of x is: the squares neither overflow nor underflow."""
    flat = x.ravel().astype(np.promote_types(x.dtype, np.float32), copy=False)
    square = float(np.vdot(flat, flat))
    if 1e-20 < square < 1e30:
        return math.sqrt(square)
    largest = float(np.abs(flat).max(initial=0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    scaled = flat / np.float64(largest)
    return largest * math.sqrt(np.vdot(scaled, scaled))


def kinds_in_words(nan: Any, inf: Any, negative_inf: Any) -> str:
    """Which kinds of non-finite numbers there are: "NaN", "inf", "-inf", "NaN and inf", ..."""
    found = {"NaN": nan, "inf": inf, "-inf": negative_inf}
    return " and ".join(kind for kind, there in found.items() if there)


def is_number(value: Any) -> bool:
    """Whether a value is a Python or NumPy number, not an array of them."""
    return isinstance(value, (int, float, np.number, np.bool_))


def in_brief(array: NDArray) -> str:
    """Write a small array out on one line, of a large one its shape and range."""
    if array.size > 9:
        return f"{array.shape} from {array.min():.4g} to {array.max():.4g}"
    return " ".join(np.array2string(array, precision=4, separator=", ").split())
