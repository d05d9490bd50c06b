"""The same eyes on PyTorch: what it computes, recorded op by op as minigrad's Tensors.

PyTorch is an extra, loaded here alone:

    from minigrad.torch import watch

    with watch(model) as seen:
        loss = F.cross_entropy(model(x), y)
    loss = seen[loss]  # the same number, as a Tensor of minigrad, with all that it was made from
    loss.backward()  # every rule is PyTorch's own
    print(mg.diagnose(loss))
    mg.draw(loss)
    mg.step_through(loss).save("steps.html")

Nothing of PyTorch's graph is held on to, and nothing in it is changed: an op's gradient is found by
calling the function again on copies of what it got, and asking PyTorch for that one gradient.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, cast
from warnings import warn

import numpy as np
import torch
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._pytree import tree_flatten, tree_unflatten
from torch.utils.weak import WeakIdKeyDictionary

from minigrad import ops, origin
from minigrad.arrays import NDArray
from minigrad.engine import Op
from minigrad.nn import functional as F
from minigrad.origin import Scope, note_origin, scope
from minigrad.tensor import Tensor, wrap

origin.skip(str(Path(torch.__file__).parent))

KNOWN: dict[str, type[Op]] = {
    "add": ops.Add, "sub": ops.Sub, "mul": ops.Mul, "div": ops.Div, "true_divide": ops.Div,
    "exp": ops.Exp, "expm1": ops.Expm1, "log": ops.Log, "log1p": ops.Log1p, "sqrt": ops.Sqrt,
    "abs": ops.Abs, "neg": ops.Neg, "sin": ops.Sin, "cos": ops.Cos, "tanh": ops.Tanh,
    "sigmoid": ops.Sigmoid, "relu": ops.Relu, "matmul": ops.MatMul, "linear": ops.Linear,
    "softmax": ops.Softmax, "log_softmax": ops.LogSoftmax,
}  # fmt: skip
"""PyTorch functions that are ops of minigrad, too: with its formula, and its reason for a NaN."""

BINARY = (ops.Add, ops.Sub, ops.Mul, ops.Div)


@dataclass(frozen=True)
class Slot:
    """Where a tensor stood among the arguments of a call: which one of them."""

    index: int


class Call:
    """A call of a PyTorch function, which can be made again on other inputs."""

    def __init__(self, function: Any, leaves: list[Any], spec: Any, inputs: list[torch.Tensor]):
        self.function, self.leaves, self.spec = function, leaves, spec
        self.kinds = [(x.dtype, x.device, x.requires_grad) for x in inputs]
        self.random = torch.get_rng_state()
        kind = inputs[0].device.type
        dtype, enabled = torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind)
        self.autocast = partial(torch.autocast, kind, dtype, enabled)
        self.changed: list[int] = []
        """Which inputs it changed in place."""

    def pull_back(self, output: int, g: Any, y: Any, *arrays: Any) -> tuple[Any, ...]:
        """Return PyTorch's vector-Jacobian products of one output with all inputs."""
        if any(isinstance(x, Tensor) for x in (g, *arrays)):
            raise TypeError(
                "a derivative of a derivative is not recorded for PyTorch's ops: ask PyTorch, with "
                "torch.autograd.grad(..., create_graph=True)"
            )
        inputs = [
            torch.tensor(np.asarray(array)).to(device, dtype).requires_grad_(needs)
            for array, (dtype, device, needs) in zip(arrays, self.kinds)
        ]
        with torch.enable_grad(), torch.random.fork_rng(), self.autocast():
            torch.set_rng_state(self.random)
            made = self.again(inputs)[output]
        wanted = [x for x in inputs if x.requires_grad]
        upstream = torch.tensor(np.asarray(g)).to(made.device, made.dtype).reshape(made.shape)
        found = iter(torch.autograd.grad(made, wanted, upstream, allow_unused=True))
        grads = [next(found) if x.requires_grad else None for x in inputs]
        return tuple(None if grad is None else as_array(grad) for grad in grads)

    def again(self, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
        given = [x.clone() if i in self.changed else x for i, x in enumerate(inputs)]
        leaves = [given[leaf.index] if isinstance(leaf, Slot) else leaf for leaf in self.leaves]
        args, options = tree_unflatten(leaves, self.spec)
        return [*floats(self.function(*args, **options)), *(given[i] for i in self.changed)]


def flat(*args: Any) -> tuple[list[Any], Any]:
    """Return the leaves of a call's arguments, and how they hang together."""
    leaves, spec = tree_flatten((args, {}))
    return leaves, spec


class Watched(Op):
    """An op of PyTorch that minigrad has no counterpart of."""

    reads_result = False

    def __init__(self, call: Call, output: int) -> None:
        self.call, self.output = call, output

    def backward(self, g: Any, y: Any, *inputs: Any) -> Any:
        return self.call.pull_back(self.output, g, y, *inputs)


def watch(model: torch.nn.Module | None = None, *, limit: float = 1e9) -> Watch:
    """Record what PyTorch computes in a `with` block, as Tensors of minigrad.

    Parameters
    ----------
    model : torch.nn.Module, optional
        Its parameters are called as it calls them, and pictures fold its modules.
    limit : float
        How many bytes of values are kept; what comes after that is not recorded.

    Returns
    -------
    Watch
        A context manager; `seen[tensor]` is the Tensor of minigrad that stands for one of PyTorch.

    Warns
    -----
    UserWarning
        Where it cannot follow: past the limit, or where a tensor was changed in place elsewhere.

    Notes
    -----
    Ops are PyTorch's functions as they are called, so that an LSTM is one op. Under
    `torch.no_grad()` nothing is recorded, as PyTorch records nothing. bfloat16 is shown as float32,
    which has all its numbers.

    Examples
    --------
    >>> import torch
    >>> w = torch.tensor([0.0, 2.0], requires_grad=True)
    >>> with watch() as seen:
    ...     loss = -torch.log(w)[1]
    >>> loss = seen[loss]
    >>> loss.backward()
    >>> print(mg.diagnose(loss).first.op)
    Log
    """
    return Watch(model, limit)


class Watch(TorchFunctionMode):
    """What `watch` returns.

    Attributes
    ----------
    remarks : list of str
        Where PyTorch's log-softmax or cross-entropy has lost digits that the logits still had.
    """

    def __init__(self, model: torch.nn.Module | None, limit: float) -> None:
        super().__init__()
        self.model, self.limit, self.kept = model, limit, 0
        self.seen: Any = WeakIdKeyDictionary()
        self.names: Any = WeakIdKeyDictionary()
        self.remarks: list[str] = []
        self.open: list[Scope] = []
        self.hooks = ExitStack()

    def __enter__(self) -> Any:
        model = self.model or torch.nn.Module()
        for name, parameter in model.named_parameters():
            self.names[parameter] = name
        for module in model.modules():
            before = module.register_forward_pre_hook(self._enter_module)
            after = module.register_forward_hook(self._leave_module, always_call=True)
            self.hooks.callback(before.remove)
            self.hooks.callback(after.remove)
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self.hooks.close()

    def _enter_module(self, module: torch.nn.Module, inputs: Any) -> None:
        self.open.append(Scope("module", module))
        self.open[-1].running = True
        scope.set(self.open[-1])

    def _leave_module(self, module: torch.nn.Module, inputs: Any, output: Any) -> None:
        if self.open and self.open[-1].of is module:
            left = self.open.pop()
            left.running = False
            scope.set(left.outer)

    def __getitem__(self, tensor: torch.Tensor) -> Tensor:
        """The Tensor of minigrad that stands for one of PyTorch, as it was last computed."""
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(f"expected a tensor of PyTorch, got {type(tensor).__name__}")
        if tensor not in self.seen:
            raise KeyError(
                "this tensor was not seen: compute it inside of the `with watch(...)` block, from "
                "tensors that require a gradient"
            )
        _, found = self.seen[tensor]
        return cast(Tensor, found)

    # What happens at a call

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        options = kwargs or {}
        if not torch.is_grad_enabled() or self.kept > self.limit or only_asks(function):
            return function(*args, **options)
        leaves, spec = tree_flatten((args, options))
        leaves = self._numbers_too(function, leaves)
        inputs = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        if not any(x.requires_grad for x in inputs):
            return function(*args, **options)
        parents = tuple(map(self.stand_in, inputs))
        count = iter(range(len(inputs)))
        slots = [Slot(next(count)) if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
        call = Call(function, slots, spec, inputs)
        versions = [x._version for x in inputs]
        result = function(*args, **options)
        call.changed = [i for i, x in enumerate(inputs) if x._version != versions[i]]
        returned = floats(result)
        for i, y in enumerate([*returned, *(inputs[k] for k in call.changed)]):
            untouched = i < len(returned) and any(y is x for x in inputs)
            if y.requires_grad and not untouched:
                self._record(call, i, parents, y)
        return result

    def _numbers_too(self, function: Any, leaves: list[Any]) -> list[Any]:
        """Make the 2 of `x * 2` and the −inf of a mask inputs, as they are in minigrad."""
        name, tensor = plain_name(function), next((x for x in leaves if is_float(x)), None)
        numbers = [i for i, x in enumerate(leaves) if type(x) in (int, float)]
        operand = KNOWN.get(name) in BINARY and numbers == [1] and len(leaves) == 2
        mask = name in ("masked_fill", "where") and numbers
        if tensor is not None and (operand or mask):
            for i in numbers:
                leaves[i] = torch.tensor(leaves[i], dtype=tensor.dtype, device=tensor.device)
        return leaves

    def _record(
        self, call: Call, output: int, parents: tuple[Tensor, ...], y: torch.Tensor
    ) -> None:
        array = self._keep(y)
        if self.kept > self.limit:
            return
        op = self._op(call, output, parents, array)
        op.needs_input_grad = tuple(parent.requires_grad for parent in parents)
        made = wrap(array, op, parents, note_origin(2))
        self.seen[y] = y._version, made
        self._write_back(y)

    def _op(self, call: Call, output: int, parents: tuple[Tensor, ...], y: NDArray) -> Any:
        name = plain_name(call.function)
        known, remark = KNOWN.get(name), remark_on(name, call, parents, y)
        self.remarks += filter(None, [remark])
        if known is None or remark or (known in BINARY and len(parents) != 2):
            return new_kind(name, resolve_name(call.function) or name, remark)(call, output)
        op: Any = known.__new__(known)
        op.definition, op.reads_result = None, False
        op.backward = partial(call.pull_back, output)
        return op

    # What stands for what

    def stand_in(self, tensor: torch.Tensor) -> Tensor:
        """The Tensor that stands for one of PyTorch; a leaf for one that was not seen yet."""
        version, found = self.seen.get(tensor, (None, None))
        if found is not None and version == tensor._version:
            return cast(Tensor, found)
        base = tensor._base
        if base is not None and base in self.seen and self.seen[base][0] == base._version:
            return self._view_of(base, tensor)
        if found is not None and found.op is not None:
            warn("watch: a tensor changed in place where it was not seen is a leaf", stacklevel=2)
        leaf = wrap(self._keep(tensor))
        leaf.name = self.names.get(tensor)
        leaf._requires_grad = tensor.requires_grad and leaf.dtype.kind == "f"
        self.seen[tensor] = tensor._version, leaf
        return leaf

    def _view_of(self, base: torch.Tensor, view: torch.Tensor) -> Tensor:
        """Look at a base that was changed in place through one of its other views."""
        place = Slot(0), view.size(), view.stride(), view.storage_offset()
        call = Call(torch.Tensor.as_strided, *flat(*place), [base])
        self._record(call, 0, (self.seen[base][1],), view)
        return self[view]

    def _write_back(self, view: torch.Tensor) -> None:
        """Let the base of a view that was changed in place have the change, too."""
        base, place = view._base, (view.size(), view.stride(), view.storage_offset())
        if base is None or base not in self.seen or self.seen[base][0] == base._version:
            return

        def put_back(whole: torch.Tensor, part: torch.Tensor) -> torch.Tensor:
            whole = whole.clone()
            whole.as_strided(*place).copy_(part)
            return whole

        call = Call(put_back, *flat(Slot(0), Slot(1)), [base, view])
        self._record(call, 0, (self.seen[base][1], self.seen[view][1]), base)

    def _keep(self, tensor: torch.Tensor) -> NDArray:
        array = as_array(tensor)
        before, self.kept = self.kept, self.kept + array.nbytes
        if before <= self.limit < self.kept:
            warn(
                f"watch: the values take more than {self.limit:g} bytes: from here on nothing is "
                "recorded; watch a single step, or a smaller batch, or raise limit=",
                stacklevel=2,
            )
        return array


# fmt: off
ASKING = {
    "backward", "size", "dim", "ndimension", "numel", "nelement", "stride", "storage_offset", "len",
    "element_size", "repr", "format", "item", "tolist", "numpy", "is_contiguous", "type", "detach",
    "is_floating_point", "is_complex", "requires_grad", "retain_grad", "register_hook", "data_ptr",
}
# fmt: on
"""Methods that only ask something of a tensor: nothing in their result needs a gradient."""

VIEWS = ("T", "mT", "H", "mH", "real")
"""The attributes of a tensor through which a gradient flows."""


def only_asks(function: Any) -> bool:
    if getattr(function, "__name__", "") == "__get__":
        return getattr(function.__self__, "__name__", "") not in VIEWS
    return plain_name(function) in ASKING


# ---------------------------------------------------------------------------------------------
# Arrays, names, remarks
# ---------------------------------------------------------------------------------------------


def is_float(x: Any) -> bool:
    return isinstance(x, torch.Tensor) and x.is_floating_point()


def floats(result: Any) -> list[torch.Tensor]:
    """The tensors with a dtype of floats in what a function returned."""
    return [x for x in tree_flatten(result)[0] if is_float(x)]


def as_array(tensor: torch.Tensor) -> NDArray:
    """A copy as an array; of a dtype that NumPy has not, such as bfloat16, as float32."""
    plain = tensor.detach().to("cpu", copy=True).to_dense()
    if plain.is_floating_point() and plain.dtype not in (torch.float16, torch.float64):
        plain = plain.float()
    return cast(NDArray, np.ascontiguousarray(plain.numpy()).reshape(plain.shape))


def plain_name(function: Any) -> str:
    """The name of a function: `add` of `Tensor.add_`, `mul` of `Tensor.__mul__`."""
    name = getattr(function, "__name__", "op")
    if name == "__get__":  # of a property, such as Tensor.T
        name = getattr(function.__self__, "__name__", "view")
    return name.strip("_") or name


@cache
def new_kind(name: str, full_name: str, remark: str) -> type[Watched]:
    """An op class for a PyTorch function, with what pictures and pages say of it."""
    title = "".join(part.capitalize() for part in name.split("_"))
    text = f"y = {full_name}(…); {remark or 'its rule is PyTorch’s own'}"
    return type(title, (Watched,), {"__doc__": text})


def remark_on(name: str, call: Call, parents: tuple[Tensor, ...], y: NDArray) -> str:
    """What a log-softmax or a cross-entropy has lost of the digits that minigrad's keeps."""
    plain = all(usual in call.leaves for usual in ("mean", -100, 0.0))
    if name == "log_softmax":
        exact = F.log_softmax(parents[0], next(x for x in call.leaves if type(x) is int)).data
    elif name == "cross_entropy" and plain and len(parents) == 2 and parents[1].dtype.kind == "i":
        exact = F.cross_entropy(parents[0], parents[1]).data
    else:
        return ""
    size = np.maximum(np.abs(exact.astype(float)), float(np.finfo(y.dtype).tiny))
    error = np.nan_to_num(np.abs(y.astype(float) - exact) / size)
    if (error <= min(0.5, 1e4 * torch.finfo(call.kinds[0][0]).eps)).all():
        return ""
    worst = np.unravel_index(error.argmax(), error.shape)
    return (
        f"{name} says {y[worst]:.4g} where it is {exact[worst]:.4g}: beside the largest logit the "
        "digits of the others were rounded away (PyTorch issue 113708)"
    )
