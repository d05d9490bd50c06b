"""Layers and losses as functions of Tensors (or arrays).

The losses on log-probabilities and logits are the ones to train with. `naive_softmax` and
`naive_cross_entropy` compute the same on paper, and are here to be watched breaking.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import ops, random
from minigrad.arrays import Axis, NDArray, as_floats
from minigrad.nn.mistakes import warn_of_positive, warn_of_probabilities
from minigrad.ops.loss import KLDivReduction, LossReduction
from minigrad.phrasebook import answering, missing_from
from minigrad.tensor import Tensor, constant, values


def linear(x: Any, weight: Any, bias: Any = None) -> Tensor:
    """Compute x Wᵀ + b. x: (..., in), weight: (out, in), bias: (out,); result: (..., out)."""
    return ops.Linear.apply(x, weight) if bias is None else ops.Linear.apply(x, weight, bias)


def relu(x: Any) -> Tensor:
    """Compute max(x, 0), entry by entry."""
    return ops.Relu.apply(x)


def tanh(x: Any) -> Tensor:
    """Compute tanh(x), entry by entry."""
    return ops.Tanh.apply(x)


def sigmoid(x: Any) -> Tensor:
    """Compute 1 / (1 + exp(−x)), entry by entry; no x overflows."""
    return ops.Sigmoid.apply(x)


def log_sigmoid(x: Any) -> Tensor:
    """Compute log(1 / (1 + exp(−x))), the log-probability of a logit, entry by entry.

    Unlike `log(sigmoid(x))` it does not take the logarithm of a probability that underflowed.

    Accuracy: relative error at most 8 eps of the dtype, as all of this family and their first and
    second derivatives.

    Examples
    --------
    >>> log_sigmoid(Tensor([0.0, -200.0, 30.0])).numpy()
    array([-6.931472e-01, -2.000000e+02, -9.357623e-14], dtype=float32)
    """
    return ops.LogSigmoid.apply(x)


def softplus(x: Any) -> Tensor:
    """Compute log(1 + exp(x)) = −log_sigmoid(−x), entry by entry; no x overflows."""
    return ops.Softplus.apply(x)


def embedding(indices: Any, weight: Any) -> Tensor:
    """Look rows of a table up: y[...] = weight[indices[...]].

    The gradient of a row is the sum over all places where it was looked up.

    Parameters
    ----------
    indices : (...), integers
    weight : (N, d)

    Returns
    -------
    Tensor of shape (..., d), in the dtype of `weight`

    Raises
    ------
    TypeError
        If the indices are no integers.
    IndexError
        If one is not in 0 to N − 1; a negative one does not count from the end.

    Examples
    --------
    >>> weight = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> embedding([1, 1], weight).sum().backward()
    >>> weight.grad
    array([[0., 0.],
           [2., 2.]], dtype=float32)
    """
    rows, count = np.asarray(constant(indices, "embedding")), len(weight)
    if rows.dtype.kind not in "iu":
        raise TypeError(f"embedding looks rows up by integers, got indices of dtype {rows.dtype}")
    if rows.size and not (rows.min() >= 0 and rows.max() < count):
        raise IndexError(
            f"a table of {count} rows has rows 0 to {count - 1}, got indices {rows.min()} to "
            f"{rows.max()}"
        )
    return ops.GetItem.apply(weight, index=rows)


def layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Compute (x − mean) / √(var + eps) · weight + bias, over the last axes of each sample.

    Parameters
    ----------
    x : (..., normalized_shape)
    normalized_shape : int or tuple of int
        The lengths of the last axes, over which mean and variance (of n, not n − 1) are taken.
    weight, bias : normalized_shape, optional

    Raises
    ------
    ValueError
        If x ends in other lengths.

    Notes
    -----
    Ba, Kiros and Hinton, "Layer normalization", 2016, arXiv:1607.06450.

    Examples
    --------
    >>> layer_norm(np.array([[0.0, 2.0], [5.0, 5.0]]), 2).numpy().round(3)
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    shape = tuple(np.atleast_1d(normalized_shape).tolist())
    if np.shape(x)[-len(shape) :] != shape:
        raise ValueError(f"layer_norm over {shape} got an input of shape {np.shape(x)}")
    y = ops.Normalize.apply(x, axis=tuple(range(-len(shape), 0)), eps=eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def dropout(x: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """In training, set each entry to 0 with probability p and divide the others by 1 − p."""
    if not 0 <= p < 1:
        raise ValueError(f"the dropout probability must lie in [0, 1), got {p}")
    if not training or p == 0:
        return ops.Identity.apply(x)
    x = x if isinstance(x, Tensor) else Tensor(x)
    kept = random.generator().random(x.shape) >= p
    return ops.Mul.apply(x, (kept / (1 - p)).astype(as_floats(x.data).dtype))


@answering
def softmax(x: Any, axis: Axis = -1) -> Tensor:
    """Compute the probabilities exp(z_i) / Σ_j exp(z_j) of logits along an axis, or several.

    For reading predictions. To train, use `cross_entropy` on the logits: the logarithm of a
    probability that underflowed to 0 is −inf.

    Accuracy: relative error at most (8 + log₂ C + max_j |z_j − max z|) · eps of the dtype for C
    classes; of the gradient relative to p_i · Σ_j p_j |g_i − g_j| for an upstream gradient g.

    Examples
    --------
    >>> softmax(Tensor([1000.0, 1000.0]))
    Tensor([0.5, 0.5])
    """
    return ops.Softmax.apply(x, axis=axis)


@answering
def log_softmax(x: Any, axis: Axis = -1) -> Tensor:
    """Compute the log-probabilities z_i − log Σ_j exp(z_j) of logits, as one operation.

    Unlike `log(softmax(x))` it neither overflows nor takes the logarithm of 0.

    Accuracy: relative error at most (8 + log₂ C + max_j |z_j − max z|) · eps of the dtype for C
    classes, also where one class dominates (see `minigrad.ops.softmax`, also for gradients).

    Examples
    --------
    >>> log_softmax(Tensor([50.0, 0.0])).numpy()
    array([-1.9287499e-22, -5.0000000e+01], dtype=float32)
    """
    return ops.LogSoftmax.apply(x, axis=axis)


@answering
def logsumexp(x: Any, axis: Axis = -1, keepdims: bool = False) -> Tensor:
    """Compute log Σ_j exp(z_j) along an axis without overflow; −inf where all z_j are.

    Accuracy: as `softmax`, which is its gradient; of the value relative to max(abs(value), 1).
    """
    return ops.LogSumExp.apply(x, axis=axis, keepdims=keepdims)


def one_hot(target: Any, num_classes: int | None = None) -> NDArray:
    """Return a float32 array with a 1 at each class index: (...) integers to (..., num_classes).

    Examples
    --------
    >>> one_hot([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    classes = np.asarray(constant(target, "one_hot"))
    if classes.dtype.kind not in "iu":
        raise TypeError(f"class indices must be integers, got dtype {classes.dtype}")
    count = int(classes.max(initial=0)) + 1 if num_classes is None else num_classes
    if count < 1:
        raise ValueError(f"num_classes must be at least 1, got {num_classes}")
    if classes.size and not (classes.min() >= 0 and classes.max() < count):
        raise IndexError(
            f"class indices must lie in 0 to {count - 1}, got {classes.min()} to {classes.max()}"
        )
    encoded: NDArray = (classes[..., None] == np.arange(count)).astype(np.float32)
    return encoded


def nll_loss(
    log_probs: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: LossReduction = "mean",
) -> Tensor:
    """Compute the negative log-likelihood −Σᵢ wᵢ · log_probs[i, targetᵢ] / Σᵢ wᵢ.

    Parameters
    ----------
    log_probs : (N, C), (N, C, d1, ...) or (C,)
        Log-probabilities, as `log_softmax` computes them.
    target : (N,), (N, d1, ...) or ()
        Class indices.
    weight : (C,), optional
        The weight wᵢ of a sample is that of its class; 1 by default.
    ignore_index : int
        Samples with this target count for nothing.
    reduction : "mean", "sum" or "none"
        The mean divides by Σᵢ wᵢ, and is NaN if every sample is ignored.

    Raises
    ------
    ValueError, TypeError, IndexError
        If shapes, dtypes or class indices do not fit.

    Warns
    -----
    UserWarning
        If the numbers are positive, so that they cannot be log-probabilities.

    Examples
    --------
    >>> z = Tensor([[2.0, 0.0], [0.0, 0.0]], requires_grad=True)
    >>> round(nll_loss(log_softmax(z), [0, 1]).item(), 6)
    0.410038
    """
    loss = ops.NLLLoss.apply(
        log_probs, _indices(target), weight=weight, ignore_index=ignore_index, reduction=reduction
    )
    warn_of_positive(log_probs)
    return loss


def cross_entropy(
    logits: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: LossReduction = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Compute `nll_loss(log_softmax(logits), target)` in one op, with gradient (p − y) / N.

    Parameters
    ----------
    logits : (N, C), (N, C, d1, ...) or (C,)
        Unnormalised scores; not probabilities.
    target : class indices (N,), (N, d1, ...) or (), or class probabilities of the logits' shape
        Integers are indices, floats probabilities.
    weight, ignore_index, reduction
        As in `nll_loss`.
    label_smoothing : float in [0, 1]
        Mixes the target with the uniform distribution.

    Raises
    ------
    ValueError, TypeError, IndexError
        If shapes, dtypes, class indices or options do not fit.

    Warns
    -----
    UserWarning
        If the logits look like probabilities: a softmax before this loss is a mistake.

    Notes
    -----
    Accuracy: with B = (8 + log₂ C + max_j |z_j − max z|) · eps of the dtype, the loss of a sample
    and its gradient have a relative error of at most B for class indices, also for confident
    predictions, whose loss and gradient the usual formula rounds to 0 (PyTorch issue 113708). So
    has the gradient for class probabilities or with smoothing, relative to the sum of the sizes of
    its terms, and each entry of a Hessian has 2 B (see `minigrad.ops.softmax`).

    Examples
    --------
    >>> z = Tensor([[2.0, 0.0], [0.0, 0.0]], requires_grad=True)
    >>> loss = cross_entropy(z, [0, 1])
    >>> loss.backward()
    >>> round(loss.item(), 6)
    0.410038
    >>> z.grad.round(4)
    array([[-0.0596,  0.0596],
           [ 0.25  , -0.25  ]], dtype=float32)
    """
    target = _indices(target)
    options = {"weight": weight, "ignore_index": ignore_index, "reduction": reduction}
    if label_smoothing or (target.dtype.kind == "f" and target.ndim == np.ndim(logits)):
        loss = ops.SoftCrossEntropy.apply(
            logits, target, label_smoothing=label_smoothing, **options
        )
    else:
        loss = ops.CrossEntropy.apply(logits, target, **options)
    warn_of_probabilities(logits)
    return loss


def mse_loss(x: Any, target: Any, reduction: LossReduction = "mean") -> Tensor:
    """Compute the mean squared error Σ (x − target)² / n of two Tensors of the same shape."""
    return ops.MSELoss.apply(x, target, reduction=reduction)


def binary_cross_entropy_with_logits(
    logits: Any,
    target: Any,
    weight: Any = None,
    reduction: LossReduction = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """Compute −w · (c · t · log σ(z) + (1 − t) · log σ(−z)) in one op; gradient (σ(z) − t) / n.

    Parameters
    ----------
    logits : array of any shape
        Unnormalised scores z; not probabilities.
    target : array of the same shape
        Probabilities t in [0, 1], or labels 0 and 1.
    weight, pos_weight : array, optional
        w and c, which broadcast to the shape; 1 by default. c weighs the positive entries.
    reduction : "mean", "sum" or "none"
        The mean divides by the number of entries.

    Raises
    ------
    ValueError, TypeError
        If shapes or options do not fit, or a target lies outside of [0, 1].

    Notes
    -----
    Accuracy: the loss of an entry, its gradient and its second derivatives have a relative error of
    at most 8 eps of the dtype, relative to the sum of the sizes of two terms; for t = 0 or 1 one is
    left.

    Examples
    --------
    >>> z = Tensor([30.0, -200.0], requires_grad=True)
    >>> loss = binary_cross_entropy_with_logits(z, [1, 1], reduction="sum")
    >>> loss.backward()
    >>> loss.item(), z.grad
    (200.0, array([-9.357623e-14, -1.000000e+00], dtype=float32))
    """
    options = {"weight": weight, "reduction": reduction, "pos_weight": pos_weight}
    return ops.BCEWithLogits.apply(logits, _indices(target), **options)


def binary_cross_entropy(
    probs: Any, target: Any, weight: Any = None, reduction: LossReduction = "mean"
) -> Tensor:
    """Compute −w · (t · log p + (1 − t) · log(1 − p)) of probabilities p, not of logits.

    For reading predictions. To train, use `binary_cross_entropy_with_logits`: a probability that
    underflowed to 0 or rounded to 1 gives a loss of inf here (PyTorch's stops at 100).

    Examples
    --------
    >>> round(binary_cross_entropy([0.5, 0.25], [1, 0]).item(), 4)
    0.4904
    """
    return ops.BinaryCrossEntropy.apply(probs, _indices(target), weight=weight, reduction=reduction)


def kl_div(
    log_probs: Any, target: Any, reduction: KLDivReduction = "mean", log_target: bool = False
) -> Tensor:
    """Compute Σ t · (log t − log_probs), the divergence KL(t ‖ p) of p = exp(log_probs) from t.

    Parameters
    ----------
    log_probs : array of any shape
        Log-probabilities, as `log_softmax` computes them.
    target : array of the same shape
        Probabilities t, or with `log_target` their logarithms.
    reduction : "mean", "batchmean", "sum" or "none"
        "batchmean" divides by the number of samples and is the divergence on average; "mean", the
        default as in PyTorch, divides by the number of entries.

    Examples
    --------
    >>> round(kl_div(np.log([[0.5, 0.5]]), [[1.0, 0.0]], reduction="batchmean").item(), 6)
    0.693147
    """
    return ops.KLDiv.apply(log_probs, _indices(target), reduction=reduction, log_target=log_target)


def naive_softmax(x: Any, axis: int = -1) -> Tensor:
    """Compute exp(z) / Σ exp(z) as it is written: exp overflows for z > 88.7 in float32.

    Here to be watched breaking; `softmax` is the one to use.
    """
    exps = ops.Exp.apply(x)
    probs: Tensor = exps / exps.sum(axis=axis, keepdims=True)
    return probs


def naive_cross_entropy(logits: Any, target: Any) -> Tensor:
    """Compute −mean(log(naive_softmax(logits))[i, targetᵢ]), a chain of small ops.

    Here to be watched breaking; `cross_entropy` is the one to use. logits: (N, C), target: (N,).
    """
    target = values(_indices(target))
    log_probs = np.log(naive_softmax(logits, axis=1))
    loss: Tensor = -log_probs[np.arange(len(target)), target].mean()
    return loss


def _indices(target: Any) -> Any:
    """A target as a Tensor or array; Python integers stay integers."""
    return target if isinstance(target, Tensor) else np.asarray(target)


globals()["__getattr__"] = missing_from(__name__)  # not for type checkers
