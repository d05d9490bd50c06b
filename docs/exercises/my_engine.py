"""My engine: from one number that remembers how it was made to a network that reads digits.

Ten stages, each checked by `python -m checks.engine STAGE`. `engine.md` tells the story.
"""

import numpy as np


class Value:
    """A number, later an array, that remembers how it was made.

    Attributes
    ----------
    data : ndarray of float64
        A number is an array of shape ().
    parents : tuple of Value
        What it was made from; () for a leaf.
    pull : function, or None for a leaf
        Its backward rule: from the upstream gradient g = ∂(end)/∂(this), an array, to a tuple with
        the gradient of each parent, g · ∂(this)/∂(parent), in the order of `parents`.
    op, name : str
        What made it, and what to call it. For pictures.
    grad : ndarray or None
        ∂(end)/∂(this), when `backward` has been there.
    """

    def __init__(self, data, parents=(), pull=None, op="", name=None):
        self.data = np.asarray(data, dtype=float)
        self.parents = tuple(parents)
        self.pull = pull
        self.op = op
        self.name = name
        self.grad = None


# Stage 1: a number that remembers how it was made


def add(a, b):
    """Make the Value a + b. A sum passes g on to both.

    >>> y = add(Value(2.0), Value(3.0))
    >>> float(y.data), len(y.parents), [float(g) for g in y.pull(np.array(1.0))]
    (5.0, 2, [1.0, 1.0])
    """
    return Value(a.data + b.data, (a, b), lambda g: (g, g), "add")


def mul(a, b):
    """Make the Value a · b.

        ∂L/∂a = g · b        ∂L/∂b = g · a

    >>> [float(g) for g in mul(Value(2.0), Value(3.0)).pull(np.array(1.0))]
    [3.0, 2.0]
    """
    raise NotImplementedError


def tanh(a):
    """Make the Value y = tanh(a).

    ∂L/∂a = g · (1 − y²)
    """
    raise NotImplementedError


def neuron_by_hand(x, w, b):
    """Return y = tanh(x · w + b), and ∂y/∂x, ∂y/∂w and ∂y/∂b, by calling three rules by hand.

    Begin with `y.pull(np.array(1.0))`: y moves by 1 when y moves by 1. What it returns is the
    upstream gradient of the value before.

    Parameters
    ----------
    x, w, b : Value

    Returns
    -------
    tuple of the number y and three gradients (arrays, no Values)
    """
    raise NotImplementedError


# Stage 2: the order of the walk


def order(root):
    """List the root and every Value that it was made from, each once, in an order to walk back.

    A Value comes after everything that was made from it: only then is its gradient complete. There
    may be several such orders. A graph may be thousands of Values deep.
    """
    raise NotImplementedError


# Stage 3: gradients that accumulate


def backward(root):
    """Set the `.grad` of the root and of all that it was made from.

    The walk begins with ones at the root. What arrives at a Value over several ways is added up,
    and then its rule runs, once. In the end it is added to `.grad`, if an earlier call has left one
    there: gradients accumulate.

    >>> a = Value(3.0)
    >>> backward(mul(a, a))
    >>> float(a.grad)
    6.0
    """
    raise NotImplementedError


# Stage 4: arrays, and broadcasting undone


def unbroadcast(g, shape):
    """Sum the array g back to a shape that was broadcast to g's.

    Axes that broadcasting put in front are summed away; axes of length 1 that it stretched are
    summed to length 1. Then go back to `add` and `mul`: their rules return
    `unbroadcast(..., a.data.shape)` for a, and the like for b.
    """
    raise NotImplementedError


# Stage 5: matrix product, sum, entries


def matmul(a, b):
    """Make the matrix product of two Values with two axes.

    ∂L/∂a = g bᵀ        ∂L/∂b = aᵀ g
    """
    raise NotImplementedError


def sum_of(a, axis=None):
    """Make the sum of a's entries over one axis, or over all. Its gradient is spread over them."""
    raise NotImplementedError


def entries(a, rows, columns):
    """Make a[rows, columns]: one entry of a for each pair of a row and a column.

    Its gradient goes back to where the entries came from. An entry that was taken twice gets both.
    """
    raise NotImplementedError


# Stage 6: softmax and its rule


def exp(a):
    """Make the Value y = exp(a)."""
    raise NotImplementedError


def log(a):
    """Make the Value y = log(a)."""
    raise NotImplementedError


def softmax(z):
    """Make the probabilities of logits, along the last axis.

        p_i = exp(z_i) / Σ_j exp(z_j)        ∂L/∂z_i = p_i · (g_i − Σ_j g_j p_j)

    Logits may be as large as 1000, and so may those of one row beside small ones of another.
    """
    raise NotImplementedError


# Stage 7: log-softmax and cross-entropy, each with its own backward


def log_softmax(z):
    """Make the log-probabilities of logits, along the last axis, without any probability.

    y_i = z_i − max z − log Σ_j exp(z_j − max z)        ∂L/∂z_i = g_i − exp(y_i) · Σ_j g_j
    """
    raise NotImplementedError


def cross_entropy(z, targets):
    """Make the mean surprise of logits (N, C) at the right classes, an array of N integers.

        L = −1/N Σ_i log_softmax(z_i)[target_i]        ∂L/∂z = g · (p − y) / N

    Here y is 1 at each sample's target and 0 elsewhere.
    """
    raise NotImplementedError


# Stage 8: a step downhill


def sgd(parameters, lr):
    """Change each parameter's `.data` by a step against its gradient, and forget the gradient.

        w ← w − lr · ∂L/∂w

    Give `.data` a new array: rules of earlier Values may still need the old one.
    """
    raise NotImplementedError


# Stage 9: a network that learns to read


def relu(a):
    """Make the Value max(a, 0), entry by entry."""
    raise NotImplementedError


def mlp(parameters, images):
    """Make the logits of a network with one hidden layer: relu(x W0 + b0) W1 + b1.

    Parameters
    ----------
    parameters : list of four Values
        W0 (784, hidden), b0 (hidden,), W1 (hidden, 10), b1 (10,).
    images : ndarray of shape (N, 784)
    """
    raise NotImplementedError


def naive_loss(z, targets):
    """Make the same loss as `cross_entropy`, as one writes it first: out of earlier stages.

    The logarithm of the softmax; its entries at the targets; their sum; times −1/N. It is here to
    be watched.
    """
    raise NotImplementedError


def train(parameters, batches, lr, loss_of):
    """Take one step of sgd for each batch.

    Parameters
    ----------
    parameters : list of four Values
    batches : list of (images, targets)
    lr : float
    loss_of : function, `cross_entropy` or `naive_loss`

    Returns
    -------
    list of float
        The loss of each batch, before its step.
    """
    raise NotImplementedError


# Stage 10: your graph through minigrad's eyes


def snapshot(root):
    """Return a snapshot of the graph behind root, from which minigrad draws and steps.

    Make one `minigrad.Tensor` for each of your Values, parents first: a leaf with its data, its
    name and `requires_grad=True`; any other by an op whose `forward` returns the data and whose
    `backward` asks your rule. Then `minigrad.viz.snapshot` does the rest.

        class Theirs(mg.ops.Op):
            made = node                          # one of your Values

            def forward(self, *arrays):
                return self.made.data

            def backward(self, g, y, *arrays):
                ...

        Theirs.__name__ = node.op
        tensor = Theirs.apply(*tensors_of_its_parents)
    """
    raise NotImplementedError
