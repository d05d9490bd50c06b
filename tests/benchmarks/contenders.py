"""Who is compared: the same computation in minigrad, in NumPy by hand, and in its peers.

Each contender is given the same arrays. `gradients()` returns the loss and the gradients as it
finds them; `step()`, where there is one, also changes the weights. What is to be timed makes no
copies for the sake of comparison: `agree` does so, before anything is timed.

Peers are imported only by their own contenders.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F

RTOL = 1e-5  # of the largest entry
HALF_RTOL = 5e-3  # the same for float16, whose eps is 1e-3

NEEDS = {
    "PyTorch": "torch",
    "JAX": "jax",
    "MyGrad": "mygrad",
    "HIPS autograd": "autograd",
    "micrograd": "micrograd",
}
"""The module that each peer needs."""

os.environ.setdefault("JAX_PLATFORMS", "cpu")


def installed(name: str) -> bool:
    return name not in NEEDS or importlib.util.find_spec(NEEDS[name]) is not None


def agree(contenders: Mapping[str, Any], rtol: float = RTOL) -> None:
    """Raise unless all contenders compute the same numbers as the first."""
    answers = {name: list(answer(contender)) for name, contender in contenders.items()}
    first, expected = next(iter(answers.items()))
    for name, numbers in answers.items():
        for i, (got, want) in enumerate(zip(numbers, expected, strict=True)):
            np.testing.assert_allclose(
                got,
                want,
                rtol=0,
                atol=rtol * np.abs(want).max(),
                err_msg=f"{name} and {first} differ in array {i}",
            )


def answer(contender: Any) -> Iterator[np.ndarray]:
    """The loss and the gradients at the start; the weights after three steps, if it takes any."""
    loss, gradients = contender.gradients()
    yield np.asarray(loss)
    yield from [np.asarray(g).copy() for g in gradients]
    if hasattr(contender, "step"):
        for _ in range(3):
            contender.step()
        yield from [np.asarray(w) for w in contender.weights]


# ---------------------------------------------------------------------------------------------
# A training step of an MLP: forward, backward, SGD
# ---------------------------------------------------------------------------------------------


class Task(NamedTuple):
    """A batch, the weights to start from (W1, b1, W2, b2), and the learning rate."""

    images: np.ndarray
    digits: np.ndarray
    weights: list[np.ndarray]
    lr: float = 0.01

    @classmethod
    def of(cls, batch: int, dtype: Any = np.float32) -> Task:
        rng = np.random.default_rng(0)
        shapes = [(128, 784), (128,), (10, 128), (10,)]
        return cls(
            rng.random((batch, 784), dtype=np.float32).astype(dtype),
            rng.integers(10, size=batch),
            [rng.uniform(-0.05, 0.05, shape).astype(dtype) for shape in shapes],
        )

    def astype(self, dtype: Any) -> Task:
        return self._replace(
            images=self.images.astype(dtype), weights=[w.astype(dtype) for w in self.weights]
        )

    def copied_weights(self) -> list[np.ndarray]:
        return [w.copy() for w in self.weights]

    @property
    def copied(self) -> int:
        """How many bytes every contender copies, to work on."""
        return sum(w.nbytes for w in self.weights)


class MinigradMLP:
    """The model, the loss and the optimiser that a user of minigrad would write."""

    def __init__(self, task: Task) -> None:
        self.images, self.digits = mg.Tensor(task.images), mg.Tensor(task.digits)
        of_task = {"dtype": task.images.dtype}
        self.model = nn.Sequential(
            nn.Linear(784, 128, **of_task), nn.ReLU(), nn.Linear(128, 10, **of_task)
        )
        self.parameters = list(self.model.parameters())
        self.model.load_state_dict(
            {path: w for (path, _), w in zip(self.model.named_parameters(), task.weights)}
        )
        self.weights = [p.data for p in self.parameters]
        self.optimizer = optim.SGD(self.parameters, lr=task.lr)

    def gradients(self) -> Any:
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(self.images), self.digits)
        self.back(loss)
        return loss.item(), [p.grad for p in self.parameters]

    def back(self, loss: mg.Tensor) -> None:
        loss.backward()

    def step(self) -> None:
        self.gradients()
        self.optimizer.step()


class MinigradInSteps(MinigradMLP):
    """The same, with the backward pass taken one step at a time."""

    def back(self, loss: mg.Tensor) -> None:
        for _ in mg.steps(loss):
            pass


class MinigradUnderDetectAnomaly(MinigradMLP):
    """The same, looked at for the birth of a NaN and for arrays changed behind the graph's back."""

    def step(self) -> None:
        with mg.autograd.detect_anomaly():
            super().step()


class MinigradWithRecorder(MinigradMLP):
    """The same, with the loss and the size of every gradient noted."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.recorder = mg.viz.Recorder(self.model)

    def step(self) -> None:
        loss, _ = self.gradients()
        self.recorder.record(loss)
        self.optimizer.step()


class MinigradInFloat32(MinigradMLP):
    """The same in float32, whatever the task comes in."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.astype(np.float32))


class NumpyMLP:
    """By hand, as one who knows NumPy writes it: one exp an element, updates in place."""

    def __init__(self, task: Task) -> None:
        self.images, self.digits, self.lr = task.images, task.digits, np.float32(task.lr)
        self.rows = np.arange(len(task.images))
        self.weights = task.copied_weights()

    def gradients(self) -> Any:
        x, targets = self.images, (self.rows, self.digits)
        W1, b1, W2, b2 = self.weights

        h = x @ W1.T
        h += b1
        np.maximum(h, 0, out=h)
        z = h @ W2.T
        z += b2

        z -= z.max(axis=1, keepdims=True)
        at_targets = z[targets]
        np.exp(z, out=z)
        total = z.sum(axis=1)
        loss = (np.log(total) - at_targets).mean()

        z /= (total * len(x))[:, None]
        z[targets] -= 1 / len(x)

        grad_h = z @ W2
        grad_h *= h > 0
        grads = [grad_h.T @ x, grad_h.sum(axis=0), z.T @ h, z.sum(axis=0)]
        return float(loss), grads

    def step(self) -> None:
        _, grads = self.gradients()
        for w, g in zip(self.weights, grads):
            g *= self.lr
            w -= g


class BufferedNumpyMLP:
    """By hand, as fast as NumPy alone allows: all arrays are made once and written in place.

    One exp an element. The logits stand in columns, so that maxima and sums over the classes run
    along memory; sums over the batch are products with ones, which BLAS does faster.
    """

    def __init__(self, task: Task) -> None:
        self.images, self.lr = task.images, np.float32(task.lr)
        self.weights = task.copied_weights()
        self.grads = [np.empty_like(w) for w in self.weights]
        batch = len(task.images)
        self.at_targets = task.digits * batch + np.arange(batch)
        self.hidden, self.hidden_grad = np.empty((2, batch, 128), np.float32)
        self.active = np.empty((batch, 128), bool)
        self.columns = np.empty((10, batch), np.float32)
        self.line, self.ones = np.empty(batch, np.float32), np.ones(batch, np.float32)

    def gradients(self) -> Any:
        x, h, z, grad_h, line = (
            self.images, self.hidden, self.columns, self.hidden_grad, self.line
        )  # fmt: skip
        W1, b1, W2, b2 = self.weights
        grad_W1, grad_b1, grad_W2, grad_b2 = self.grads

        np.matmul(x, W1.T, out=h)
        h += b1
        np.maximum(h, 0, out=h)
        np.matmul(W2, h.T, out=z)
        z += b2[:, None]

        z -= np.maximum.reduce(z, axis=0, out=line)
        at_targets = z.take(self.at_targets)
        np.exp(z, out=z)
        total = np.add.reduce(z, axis=0, out=line)
        loss = (np.log(total) - at_targets).mean()

        total *= len(x)
        z /= total
        z.reshape(-1)[self.at_targets] -= 1 / len(x)

        product(z, h, out=grad_W2)
        np.matmul(z, self.ones, out=grad_b2)
        np.matmul(z.T, W2, out=grad_h)
        grad_h *= np.greater(h, 0, out=self.active)
        product(grad_h.T, x, out=grad_W1)
        np.matmul(self.ones, grad_h, out=grad_b1)
        return float(loss), self.grads

    def step(self) -> None:
        self.gradients()
        for w, g in zip(self.weights, self.grads):
            g *= self.lr
            w -= g


def product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Multiply matrices; a column with a row without BLAS, which takes five times as long."""
    (np.multiply if a.shape[1] == 1 else np.matmul)(a, b, out=out)


class PyTorchMLP:
    """Eager PyTorch, with its fused cross-entropy and its own SGD."""

    def __init__(self, task: Task) -> None:
        import torch

        self.images, self.digits = torch.from_numpy(task.images), torch.from_numpy(task.digits)
        self.model = torch.nn.Sequential(
            torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
        ).to(self.images.dtype)
        self.parameters = list(self.model.parameters())
        with torch.no_grad():
            for p, w in zip(self.parameters, task.weights):
                p.copy_(torch.from_numpy(w))
        self.weights = [p.detach().numpy() for p in self.parameters]
        self.optimizer = torch.optim.SGD(self.parameters, lr=task.lr)
        self.cross_entropy = torch.nn.functional.cross_entropy

    def gradients(self) -> Any:
        self.optimizer.zero_grad()
        loss = self.cross_entropy(self.model(self.images), self.digits)
        loss.backward()
        return loss.item(), [p.grad for p in self.parameters]

    def step(self) -> None:
        self.gradients()
        self.optimizer.step()


class JaxMLP:
    """One compiled function for the whole step; the old weights' memory is given to the new."""

    def __init__(self, task: Task) -> None:
        import jax

        images, digits = jax.numpy.asarray(task.images), jax.numpy.asarray(task.digits)
        rows = np.arange(len(digits))

        def loss_of(weights, images, digits):
            W1, b1, W2, b2 = weights
            logits = jax.nn.relu(images @ W1.T + b1) @ W2.T + b2
            return -jax.nn.log_softmax(logits)[rows, digits].mean()

        def step(weights, images, digits):
            loss, gradients = jax.value_and_grad(loss_of)(weights, images, digits)
            return loss, [w - task.lr * g for w, g in zip(weights, gradients)]

        self.batch = images, digits
        self.weights = [jax.numpy.array(w) for w in task.weights]
        self.loss_and_gradients = jax.jit(jax.value_and_grad(loss_of))
        self.loss_and_update = jax.jit(step, donate_argnums=0)
        self.wait = jax.block_until_ready

    def gradients(self) -> Any:
        return self.loss_and_gradients(self.weights, *self.batch)

    def step(self) -> None:
        loss, self.weights = self.loss_and_update(self.weights, *self.batch)
        self.wait(self.weights)
        float(loss)


class MyGradMLP:
    """MyGrad with its fused loss; its guard of memory is off, as its manual advises for speed."""

    def __init__(self, task: Task) -> None:
        import mygrad
        from mygrad.nnet.activations import relu
        from mygrad.nnet.losses import softmax_crossentropy

        mygrad.turn_memory_guarding_off()
        self.images, self.digits, self.lr = task.images, task.digits, np.float32(task.lr)
        self.parameters = [mygrad.tensor(w) for w in task.copied_weights()]
        self.weights = [p.data for p in self.parameters]
        self.relu, self.softmax_crossentropy = relu, softmax_crossentropy

    def gradients(self) -> Any:
        for p in self.parameters:
            p.null_grad()
        W1, b1, W2, b2 = self.parameters
        logits = self.relu(self.images @ W1.T + b1) @ W2.T + b2
        loss = self.softmax_crossentropy(logits, self.digits)
        loss.backward()
        return loss.item(), [p.grad for p in self.parameters]

    def step(self) -> None:
        self.gradients()
        for p in self.parameters:
            p.data -= self.lr * p.grad


class HipsMLP:
    """HIPS autograd, its losses written with its own log-sum-exp, as its examples do."""

    def __init__(self, task: Task) -> None:
        import autograd.numpy as anp
        from autograd import value_and_grad
        from autograd.scipy.special import logsumexp

        rows, digits, images = np.arange(len(task.digits)), task.digits, task.images

        def loss_of(weights):
            W1, b1, W2, b2 = weights
            logits = anp.dot(anp.maximum(anp.dot(images, W1.T) + b1, 0), W2.T) + b2
            return anp.mean(logsumexp(logits, axis=1) - logits[rows, digits])

        self.weights, self.lr = task.copied_weights(), np.float32(task.lr)
        self.loss_and_gradients = value_and_grad(loss_of)

    def gradients(self) -> Any:
        return self.loss_and_gradients(self.weights)

    def step(self) -> None:
        _, gradients = self.gradients()
        for w, g in zip(self.weights, gradients):
            g *= self.lr
            w -= g


MLPS = {
    "minigrad": MinigradMLP,
    "NumPy": NumpyMLP,
    "NumPy, buffers reused": BufferedNumpyMLP,
    "PyTorch": PyTorchMLP,
    "JAX": JaxMLP,
    "MyGrad": MyGradMLP,
    "HIPS autograd": HipsMLP,
}

HALVES = {"minigrad": MinigradMLP, "float32": MinigradInFloat32, "PyTorch": PyTorchMLP}
"""For a task in float16."""

WATCHED = {
    "mg.steps": MinigradInSteps,
    "detect_anomaly": MinigradUnderDetectAnomaly,
    "Recorder": MinigradWithRecorder,
}

# ---------------------------------------------------------------------------------------------
# Cross-entropy: logits (N, C) to the loss and its gradient
# ---------------------------------------------------------------------------------------------


class Scores(NamedTuple):
    """Logits and the classes that they should point to."""

    logits: np.ndarray
    targets: np.ndarray

    @classmethod
    def of(cls, samples: int, classes: int) -> Scores:
        rng = np.random.default_rng(0)
        return cls(
            3 * rng.standard_normal((samples, classes), dtype=np.float32),
            rng.integers(classes, size=samples),
        )

    @property
    def copied(self) -> int:
        """How many bytes every contender copies, to work on."""
        return self.logits.nbytes


class MinigradCrossEntropy:
    """The fused loss."""

    loss_of = staticmethod(F.cross_entropy)

    def __init__(self, scores: Scores) -> None:
        self.logits = mg.Tensor(scores.logits, requires_grad=True)
        self.targets = mg.Tensor(scores.targets)

    def gradients(self) -> Any:
        self.logits.zero_grad()
        loss = self.loss_of(self.logits, self.targets)
        loss.backward()
        return loss.item(), [self.logits.grad]


class NaiveCrossEntropy(MinigradCrossEntropy):
    """The loss as its definition reads, a chain of small ops."""

    loss_of = staticmethod(F.naive_cross_entropy)


class NumpyCrossEntropy:
    """By hand: one new array, which becomes the gradient in place; one exp an element.

    The largest logit is found by argmax and sums over classes are products with ones: both are
    faster than NumPy's reductions along short rows, and not slower along long ones.
    """

    def __init__(self, scores: Scores) -> None:
        self.logits = scores.logits.copy()
        samples, classes = scores.logits.shape
        self.starts = classes * np.arange(samples)
        self.at_targets = self.starts + scores.targets
        self.ones = np.ones(classes, np.float32)

    def gradients(self) -> Any:
        z = self.logits
        grad = z - z.take(self.starts + z.argmax(axis=1))[:, None]
        at_targets = grad.take(self.at_targets)
        np.exp(grad, out=grad)
        total = grad @ self.ones
        loss = (np.log(total) - at_targets).mean()
        total *= len(z)
        grad *= (1 / total)[:, None]
        grad.reshape(-1)[self.at_targets] -= 1 / len(z)
        return float(loss), [grad]


class PyTorchCrossEntropy:
    """Eager PyTorch's fused loss."""

    def __init__(self, scores: Scores) -> None:
        import torch

        self.logits = torch.tensor(scores.logits, requires_grad=True)
        self.targets = torch.from_numpy(scores.targets)
        self.cross_entropy = torch.nn.functional.cross_entropy

    def gradients(self) -> Any:
        self.logits.grad = None
        loss = self.cross_entropy(self.logits, self.targets)
        loss.backward()
        return loss.item(), [self.logits.grad]


class JaxCrossEntropy:
    """One compiled function for the loss and its gradient."""

    def __init__(self, scores: Scores) -> None:
        import jax

        rows = np.arange(len(scores.targets))

        def loss_of(logits, targets):
            return -jax.nn.log_softmax(logits)[rows, targets].mean()

        self.scores = [jax.numpy.asarray(a) for a in scores]
        self.loss_and_gradient = jax.jit(jax.value_and_grad(loss_of))
        self.wait = jax.block_until_ready

    def gradients(self) -> Any:
        loss, gradient = self.wait(self.loss_and_gradient(*self.scores))
        return float(loss), [gradient]


CROSS_ENTROPIES = {
    "minigrad": MinigradCrossEntropy,
    "NumPy": NumpyCrossEntropy,
    "PyTorch": PyTorchCrossEntropy,
    "JAX": JaxCrossEntropy,
}

# ---------------------------------------------------------------------------------------------
# A chain of scalar additions: x + x + x + ...
# ---------------------------------------------------------------------------------------------


def summed(x: Any, additions: int) -> Any:
    y = x
    for _ in range(additions):
        y = y + x
    return y


class MinigradChain:
    """The graph is made, walked back and dropped."""

    def __init__(self, additions: int) -> None:
        self.additions = additions
        self.x = mg.Tensor(1.0, requires_grad=True)

    def recorded(self) -> Any:
        """Whatever keeps the graph alive."""
        return summed(self.x, self.additions)

    def gradients(self) -> Any:
        self.x.grad = None
        y = self.recorded()
        y.backward()
        return y.item(), [self.x.grad]


class PyTorchChain(MinigradChain):
    """The very same lines on PyTorch's tensors."""

    def __init__(self, additions: int) -> None:
        import torch

        self.additions = additions
        self.x = torch.tensor(1.0, requires_grad=True)


class MyGradChain(MinigradChain):
    """The same on MyGrad's, with its guard of memory off."""

    def __init__(self, additions: int) -> None:
        import mygrad

        mygrad.turn_memory_guarding_off()
        self.additions = additions
        self.x = mygrad.tensor(1.0)

    def gradients(self) -> Any:
        self.x.null_grad()
        y = self.recorded()
        y.backward()
        return y.item(), [self.x.grad]


class HipsChain(MinigradChain):
    """The graph is what HIPS autograd's way back keeps; it has no values to keep alive."""

    def __init__(self, additions: int) -> None:
        from autograd import make_vjp

        self.make_graph = make_vjp(lambda x: summed(x, additions))

    def recorded(self) -> Any:
        return self.make_graph(1.0)

    def gradients(self) -> Any:
        back, y = self.recorded()
        return y, [back(1.0)]


class MicrogradChain(MinigradChain):
    """The same on micrograd's Values, whose way back recurses: a short chain only."""

    def __init__(self, additions: int) -> None:
        from micrograd.engine import Value

        self.additions = additions
        self.x = Value(1.0)

    def gradients(self) -> Any:
        self.x.grad = 0
        y = self.recorded()
        y.backward()
        return y.data, [self.x.grad]


CHAINS = {"minigrad": MinigradChain, "PyTorch": PyTorchChain}
RECORDERS = CHAINS | {
    "MyGrad": MyGradChain,
    "HIPS autograd": HipsChain,
    "micrograd": MicrogradChain,
}
"""Those that only make the graph, to see how much memory it takes."""
