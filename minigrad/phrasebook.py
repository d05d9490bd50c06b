"""What other libraries call a thing, and what it is here: a missing name answers from one table.

The page "Coming from, going to" of the documentation shows it, and a test runs both its columns.
"""

from __future__ import annotations

import dis
import re
import sys
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, NoReturn, TypeVar, cast

import numpy as np

from minigrad.numpy_functions import IMPLEMENTATIONS, PLAIN

Function = TypeVar("Function", bound=Callable[..., Any])

# fmt: off
PHRASES: dict[str, dict[str, str]] = {
    "PyTorch": {
        "torch.tensor([1.0, 2.0])": "mg.Tensor([1.0, 2.0])",
        "torch.from_numpy(a)": "mg.Tensor(a)",
        "torch.zeros(2, 3)": "mg.Tensor(np.zeros((2, 3), np.float32))",
        "torch.randn(2, 3)": "mg.Tensor(np.random.default_rng().normal(size=(2, 3)), dtype='f4')",
        "torch.rand(2, 3)": "mg.Tensor(np.random.default_rng().random((2, 3)), dtype='f4')",
        "torch.cat([t, s], dim=1)": "np.concatenate([t, s], axis=1)",
        "torch.max(t, dim=1)": "t.max(axis=1), t.argmax(axis=1)",
        "torch.softmax(t, dim=1)": "t.softmax(axis=1)",
        "torch.float32": "np.float32",
        "torch.device('cpu')": "None  # there is one device: leave it out",
        "torch.save(model.state_dict(), path)": "mg.save(path, model.state_dict())",
        "torch.utils.data.DataLoader(x)": "mg.datasets.batches(x, y, batch_size=2)",
        "t.view(2, 3)": "t.reshape(2, 3)",
        "t.flatten(start_dim=1)": "t.reshape(len(t), -1)",
        "t.unsqueeze(0)": "t.expand_dims(0)  # or t[None]",
        "t.permute(1, 0)": "t.transpose(1, 0)",
        "t.transpose(0, 1)": "t.swapaxes(0, 1)  # t.transpose takes the order of all axes",
        "t.t()": "t.T",
        "t.expand(4, 2, 3)": "t.broadcast_to(4, 2, 3)",
        "t.size(0)": "t.shape[0]",
        "t.dim()": "t.ndim",
        "t.numel()": "t.size",
        "t.mm(w)": "t @ w",
        "t.norm()": "np.linalg.norm(t)",
        "t.clamp(min=0)": "t.clip(min=0)",
        "t.sum(dim=1, keepdim=True)": "t.sum(axis=1, keepdims=True)",
        "t.std(unbiased=False)": "t.std(ddof=0)",
        "t.var(unbiased=False)": "t.var(ddof=0)",
        "t.std(correction=1)": "t.std(ddof=1)",
        "values, indices = t.max(1)": "values, indices = t.max(axis=1), t.argmax(axis=1)",
        "t.masked_fill(mask, 0.0)": "np.where(mask, 0.0, t)",
        "t.gather(1, index)": "t[np.arange(len(t))[:, None], index]",
        "t.clone()": "+t",
        "t.float()": "t.astype(np.float32)",
        "t.double()": "t.astype(np.float64)",
        "t.long()": "t.astype(np.int64)",
        "t.cpu() / t.cuda() / t.to('cpu')": "t  # there is one device; t.astype(np.float64) casts",
        "t.tolist()": "t.numpy().tolist()",
        "t.retain_grad()": "t.grad  # every Tensor on the path keeps its gradient, not only leaves",
        "t.grad_fn": "t.op",
        "t.requires_grad_()": "t.requires_grad = True",
        "t.grad.zero_()": "t.zero_grad()",
        "t.zero_()": "t.data = np.zeros_like(t.data)",
        "t.add_(s)": "with mg.no_grad(): t += s  # a leaf changes in place there alone",
        "loss.backward(retain_graph=True)": "loss.backward()  # the graph stays",
        "F.normalize(t, dim=1)": "t / np.linalg.norm(t, axis=1, keepdims=True)",
        "F.leaky_relu(t, 0.01)": "np.maximum(t, 0.01 * t)",
        "F.silu(t)": "t * t.sigmoid()",
        "F.l1_loss(t, s)": "abs(t - s).mean()",
        "nn.Softmax(dim=1)": "nn.Softmax(axis=1)",
        "nn.Flatten(start_dim=1)": "nn.Flatten(start_axis=1)",
        "nn.ModuleList([layer]) / nn.ModuleDict()": "[layer]  # a list or dict will do",
        "nn.Identity()": "nn.Sequential()",
        "nn.init.zeros_(w)": "w.data = np.zeros_like(w.data)  # for others see docs/coming-from.md",
        "optim.lr_scheduler.StepLR(optimizer, 10)": "optimizer.lr = 0.1 * optimizer.lr",
        "optimizer.param_groups[0]['lr'] = 0.01": "optimizer.lr = 0.01",
        "model.to('cpu') / model.cuda()": "model  # a dtype: nn.Linear(3, 2, dtype=np.float64)",
        "model.children()": "[child for _, child in model.named_children()]",
    },
    "NumPy": {
        "np.array([t, s])": "np.stack([t, s])",
        "t.copy()": "+t  # for the values alone, t.numpy().copy()",
    },
    "JAX": {
        "jax.numpy.exp(t)": "np.exp(t)",
        "jax.grad(f)(t)": "mg.autograd.grad(f(t), t)",
        "jax.jit(f)": "f",
        "jax.lax.stop_gradient(t)": "t.detach()",
        "t.at[0].set(1.0)": "np.where(np.arange(2)[:, None] == 0, 1.0, t)",
    },
    "micrograd": {
        "Value(2.0)": "mg.Tensor(2.0, requires_grad=True)",
        "t._prev": "t.parents",
        "t._op": "t.op",
        "draw_dot(loss)": "mg.draw(loss)",
    },
    "tinygrad": {
        "t.realize()": "t  # nothing is put off: it is computed already",
        "t.sparse_categorical_crossentropy(i)": "F.cross_entropy(t, i)",
        "t.assign(s)": "t.data = s",
    },
}
# fmt: on
"""By library, how it is written there and how here; a remark may follow."""

HEADS = {
    "minigrad": ("torch", "jax", ""),
    "minigrad.nn": ("nn",),
    "minigrad.nn.functional": ("F",),
    "minigrad.optim": ("optim",),
    "Tensor": ("t", "loss"),
    "Module": ("model",),
    "Optimizer": ("optimizer",),
}
"""Where a name would be looked for here, and what it is looked for in there."""


@cache
def _sentences() -> dict[tuple[str, str], str]:
    """What to write instead of a name, by where it is looked for: ("Tensor", "view")."""
    found: dict[tuple[str, str], str] = {}
    owners = {head: owner for owner, heads in HEADS.items() for head in heads}
    for library, phrases in PHRASES.items():
        for theirs, ours in phrases.items():
            code, _, remark = ours.partition("  # ")
            for phrase in theirs.split(" / "):
                if at := re.match(r"(?:(\w+)\.(\w+)|(\w+)\()", phrase):
                    key = owners.get(at[1] or "", ""), at[2] or at[3]
                    say = f": for {library}'s {phrase} write {code}{remark and f' ({remark})'}"
                    found.setdefault(key, say)
    return found


@cache
def _keywords() -> dict[str, str]:
    """The arguments that are called otherwise there, and what they are called here."""
    pairs: dict[str, str] = {}
    for theirs, ours in (row for phrases in PHRASES.values() for row in phrases.items()):
        here = {value: name for name, value in re.findall(r"(\w+)=([^,)]+)", ours)}
        pairs |= {n: here[v] for n, v in re.findall(r"(\w+)=([^,)]+)", theirs) if v in here}
    return {theirs: ours for theirs, ours in pairs.items() if theirs != ours}


def advice(owner: str, name: str) -> str:
    """What to write for a name that is not there; empty if nothing is known."""
    if said := _sentences().get((owner, name)):
        return said
    function = getattr(np, name, None) if owner in ("minigrad", "Tensor") else None
    if owner == "Tensor" and name.endswith("_") and not name.startswith("_"):
        return _sentences()["Tensor", "add_"]
    if callable(function) and function in IMPLEMENTATIONS.keys() | PLAIN:
        return f": write np.{name}(...), NumPy's functions work on Tensors"
    return f": write mg.Tensor(np.{name}(...))" if function and owner == "minigrad" else ""


def missing(thing: Any, owner: str, name: str) -> AttributeError:
    """The error of a name that an object has not."""
    text = f"{type(thing).__name__!r} object has no attribute {name!r}{advice(owner, name)}"
    return AttributeError(text, name=name, obj=thing)


def missing_from(module: str) -> Callable[[str], NoReturn]:
    """Return what a module is to do for a name that it has not, its `__getattr__`."""

    def look_up(name: str) -> NoReturn:
        said, frame = advice(module, name), sys._getframe(1)
        while frame.f_code.co_name == "__getattr__" and frame.f_back:
            frame = frame.f_back
        is_submodule = f"{module}.{name}" in sys.modules  # which an import finds there
        if (
            said
            and not is_submodule
            and dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"
        ):
            raise ImportError(f"cannot import name {name!r} from {module!r}{said}")
        text = f"module {module!r} has no attribute {name!r}{said}"
        raise AttributeError(text, name=name, obj=sys.modules[module])

    return look_up


def answering(function: Function) -> Function:
    """Make a function say what an argument that it does not know is called here."""
    code: Any = function.__code__

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        try:
            return function(*given, **named)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next:  # raised within
                raise
            owner, _, name = function.__qualname__.rpartition(".")
            unknown = [key for key in named if key not in code.co_varnames[: code.co_argcount]]
            say = _sentences().get((owner, name), "")
            ours = [_keywords().get(key) for key in unknown]
            if ours and all(key in code.co_varnames for key in ours):
                say = f": write {'=, '.join(map(str, ours))}= for {'=, '.join(unknown)}="
            raise TypeError(f"{error}{say}") from None

    return cast(Function, call)


class Count(int):
    """How many entries; PyTorch's call of it, `t.size(0)`, says what to write."""

    def __call__(self, *axis: Any) -> NoReturn:
        raise TypeError(f"t.size is a number{advice('Tensor', 'size')}")
