"""Where the time of a training step goes: from NumPy by hand to minigrad, one layer at a time.

Each contender does what the one before it does, and one thing more. All of them compute the same
numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from minigrad import ops
from minigrad.nn import functional as F

from .contenders import MinigradMLP, NumpyMLP


class Rules(MinigradMLP):
    """The ops' rules called one after another: no Tensor, nothing recorded."""

    def gradients(self) -> Any:
        first, bend, second = ops.Linear(), ops.Relu(), ops.Linear()
        first.needs_input_grad, second.needs_input_grad = (False, True, True), (True, True, True)
        x = self.images.data
        W1, b1, W2, b2 = self.weights

        u = first.forward(x, W1, b1)
        h = bend.forward(u)
        z = second.forward(h, W2, b2)
        loss, grad_z = self.loss_and_gradient(z)

        grad_h, grad_W2, grad_b2 = second.backward(grad_z, z, h, W2, b2)
        grad_u = bend.backward(grad_h, h, u)
        _, grad_W1, grad_b1 = first.backward(grad_u, u, x, W1, b1)
        grads = [grad_W1, grad_b1, grad_W2, grad_b2]
        for p, g in zip(self.parameters, grads):
            p.grad = g
        return float(loss), grads

    def loss_and_gradient(self, z: np.ndarray) -> Any:
        op, digits = ops.CrossEntropy(), self.digits.data
        loss = op.forward(z, digits)
        grad_z, _ = op.backward(np.ones_like(loss), loss, z, digits)
        return loss, grad_z


class RulesAndTextbookLoss(Rules):
    """The same, with the loss as it is written by hand, which loses the last digits."""

    def loss_and_gradient(self, z: np.ndarray) -> Any:
        digits = self.digits.data
        targets = np.arange(len(digits)), digits
        z = z - z.max(axis=1, keepdims=True)
        at_targets = z[targets]
        np.exp(z, out=z)
        total = z.sum(axis=1)
        loss = (np.log(total) - at_targets).mean()
        z /= (total * len(z))[:, None]
        z[targets] -= 1 / len(z)
        return loss, z


class Ops(MinigradMLP):
    """The ops applied to Tensors, and `backward()`: recorded and walked back through."""

    def gradients(self) -> Any:
        self.optimizer.zero_grad()
        W1, b1, W2, b2 = self.parameters
        h = ops.Relu.apply(ops.Linear.apply(self.images, W1, b1))
        loss = self.loss_of(ops.Linear.apply(h, W2, b2), self.digits)
        loss.backward()
        return loss.item(), [p.grad for p in self.parameters]

    def loss_of(self, logits: mg.Tensor, digits: mg.Tensor) -> mg.Tensor:
        return ops.CrossEntropy.apply(logits, digits)


class OpsAndFunction(Ops):
    """The same, with the loss as a function, which looks for the classic mistakes."""

    def loss_of(self, logits: mg.Tensor, digits: mg.Tensor) -> mg.Tensor:
        return F.cross_entropy(logits, digits)


ANATOMY = {
    "NumPy": NumpyMLP,
    "the ops' rules, NumPy's loss and minigrad's SGD": RulesAndTextbookLoss,
    "+ the exact loss": Rules,
    "+ recording and walking back": Ops,
    "+ a look for classic mistakes": OpsAndFunction,
    "+ modules: all of minigrad": MinigradMLP,
}
