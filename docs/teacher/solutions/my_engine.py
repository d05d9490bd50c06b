import numpy as np


class Value:
    def __init__(self, data, parents=(), pull=None, op="", name=None):
        self.data = np.asarray(data, dtype=float)
        self.parents = tuple(parents)
        self.pull = pull
        self.op = op
        self.name = name
        self.grad = None


# Stage 1: a number that remembers how it was made


def add(a, b):
    return Value(a.data + b.data, (a, b), lambda g: fitted(g, a, b), "add")


def mul(a, b):
    return Value(a.data * b.data, (a, b), lambda g: fitted(g * b.data, a, b, g * a.data), "mul")


def tanh(a):
    y = np.tanh(a.data)
    return Value(y, (a,), lambda g: (g * (1 - y**2),), "tanh")


def neuron_by_hand(x, w, b):
    product = mul(x, w)
    total = add(product, b)
    y = tanh(total)
    (at_total,) = y.pull(1.0)
    at_product, at_b = total.pull(at_total)
    at_x, at_w = product.pull(at_product)
    return y.data, at_x, at_w, at_b


# Stage 2: the order of the walk


def order(root):
    uses, found = {root: 0}, [root]
    for node in found:
        for parent in node.parents:
            if parent not in uses:
                uses[parent] = 0
                found.append(parent)
            uses[parent] += 1
    ready, walk = [root], []
    while ready:
        node = ready.pop()
        walk.append(node)
        for parent in node.parents:
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
    return walk


# Stage 3: gradients that accumulate


def backward(root):
    arriving = {root: np.ones_like(root.data)}
    for node in order(root):
        g = arriving[node]
        node.grad = g if node.grad is None else node.grad + g
        if node.pull is not None:
            for parent, contribution in zip(node.parents, node.pull(g)):
                known = arriving.get(parent)
                arriving[parent] = contribution if known is None else known + contribution


# Stage 4: arrays, and broadcasting undone


def unbroadcast(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


def fitted(for_a, a, b, for_b=None):
    for_b = for_a if for_b is None else for_b
    return unbroadcast(for_a, a.data.shape), unbroadcast(for_b, b.data.shape)


# Stage 5: matrix product, sum, entries


def matmul(a, b):
    return Value(a.data @ b.data, (a, b), lambda g: (g @ b.data.T, a.data.T @ g), "matmul")


def sum_of(a, axis=None):
    def pull(g):
        g = g if axis is None else np.expand_dims(g, axis)
        return (np.broadcast_to(g, a.data.shape),)

    return Value(a.data.sum(axis=axis), (a,), pull, "sum_of")


def entries(a, rows, columns):
    def pull(g):
        grad = np.zeros_like(a.data)
        np.add.at(grad, (rows, columns), g)
        return (grad,)

    return Value(a.data[rows, columns], (a,), pull, "entries")


# Stage 6: softmax and its rule


def exp(a):
    y = np.exp(a.data)
    return Value(y, (a,), lambda g: (g * y,), "exp")


def log(a):
    return Value(np.log(a.data), (a,), lambda g: (g / a.data,), "log")


def softmax(z):
    exps = np.exp(z.data - z.data.max(axis=-1, keepdims=True))
    p = exps / exps.sum(axis=-1, keepdims=True)
    return Value(p, (z,), lambda g: (p * (g - (g * p).sum(axis=-1, keepdims=True)),), "softmax")


# Stage 7: log-softmax and cross-entropy, each with its own backward


def log_softmax(z):
    shifted = z.data - z.data.max(axis=-1, keepdims=True)
    y = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return Value(y, (z,), lambda g: (g - np.exp(y) * g.sum(axis=-1, keepdims=True),), "log_softmax")


def cross_entropy(z, targets):
    rows = np.arange(len(targets))
    log_p = log_softmax(z).data

    def pull(g):
        grad = np.exp(log_p)
        grad[rows, targets] -= 1
        return (g * grad / len(targets),)

    return Value(-log_p[rows, targets].mean(), (z,), pull, "cross_entropy")


# Stage 8: a step downhill


def sgd(parameters, lr):
    for parameter in parameters:
        parameter.data = parameter.data - lr * parameter.grad
        parameter.grad = None


# Stage 9: a network that learns to read


def relu(a):
    return Value(np.maximum(a.data, 0), (a,), lambda g: (g * (a.data > 0),), "relu")


def mlp(parameters, images):
    W0, b0, W1, b1 = parameters
    hidden = relu(add(matmul(Value(images), W0), b0))
    return add(matmul(hidden, W1), b1)


def naive_loss(z, targets):
    log_p = log(softmax(z))
    picked = sum_of(entries(log_p, np.arange(len(targets)), targets))
    return mul(picked, Value(-1 / len(targets)))


def train(parameters, batches, lr, loss_of):
    losses = []
    for images, targets in batches:
        loss = loss_of(mlp(parameters, images), targets)
        backward(loss)
        sgd(parameters, lr)
        losses.append(float(loss.data))
    return losses


# Stage 10: your graph through minigrad's eyes


def snapshot(root):
    import minigrad as mg

    tensors = {}
    for node in reversed(order(root)):
        if node.pull is None:
            tensors[node] = mg.Tensor(node.data, requires_grad=True, name=node.name)
            continue

        class Theirs(mg.ops.Op):
            made = node

            def forward(self, *arrays):
                return self.made.data

            def backward(self, g, y, *arrays):
                return self.made.pull(g)

        Theirs.__name__ = node.op
        tensors[node] = Theirs.apply(*[tensors[parent] for parent in node.parents])
        tensors[node].name = node.name
    return mg.viz.snapshot(tensors[root])
