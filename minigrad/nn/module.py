"""`Module`: a function that carries parameters. `Parameter`: a Tensor to be trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import repeat
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

import numpy as np

from minigrad.arrays import NDArray
from minigrad.nn.mistakes import warn_of_untrained
from minigrad.origin import Scope, scope
from minigrad.phrasebook import missing
from minigrad.tensor import Tensor, change_all, set_gradients, values
from minigrad.text import shown


class Parameter(Tensor):
    """A Tensor to be trained: requires a gradient and owns its array.

    Attributes
    ----------
    path : str or None
        Where it is found in the outermost Module that holds it, such as "0.weight". Pictures and
        messages call it so, unless it has a `name`.
    """

    __slots__ = ("path",)
    _kept = (*Tensor._kept, "path")

    def __init__(self, data: Any, *, dtype: Any = None, name: str | None = None) -> None:
        super().__init__(data, requires_grad=True, dtype=dtype, name=name)
        self.path: str | None = None

    @property
    def label(self) -> str | None:
        """What messages call this Parameter: its name, or its path."""
        return self.name or self.path


class Parameters(list[Parameter]):
    """A list, so that every loop over it finds all; `next(model.parameters())` is its first."""

    def __next__(self) -> Parameter:
        return next(iter(self))


P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class HasForward(Protocol[P, R]):
    """What has a method `forward`: calling it takes and returns what that does."""

    def forward(self, *inputs: P.args, **options: P.kwargs) -> R: ...


class Module:
    """A function of Tensors with parameters: write `forward`, call the module.

    Parameters and Modules assigned to attributes, also in lists, tuples and dicts of any depth, are
    found by `parameters()` and its like, in the order of assignment; one that is held in two places
    is found once, in the first.

    Examples
    --------
    >>> class Scale(mg.nn.Module):
    ...     def __init__(self):
    ...         self.factor = mg.nn.Parameter([2.0])
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> scale = Scale()
    >>> scale(Tensor([3.0]))
    Tensor([6.], op=Mul)
    >>> [path for path, _ in scale.named_parameters()]
    ['factor']
    """

    training: bool = True
    """Whether layers such as Dropout behave as in training; set by `train()` and `eval()`."""

    _first_call: bool = True

    def forward(self, *inputs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} defines no forward(self, ...)")

    def __call__(self: HasForward[P, R], *inputs: P.args, **options: P.kwargs) -> R:
        """Compute `forward`, so that pictures can say which Module an op was computed in."""
        module: Any = self
        outermost = scope.get() is None
        result = Scope("module", self).run(self.forward, *inputs, **options)
        if outermost and module._first_call:
            vars(self)["_first_call"] = not warn_of_untrained(module, [inputs, options], result)
        return result

    def __setattr__(self, name: str, value: Any) -> None:
        held = isinstance(value, (Parameter, Module)) or value is None
        if not held and isinstance(vars(self).get(name), Parameter):
            raise TypeError(
                f"{name} is a Parameter, and a {type(value).__name__} in its place would not be "
                f"trained: change its values, as in {name}.data = ..., or in place under no_grad()"
            )
        super().__setattr__(name, value)
        if isinstance(value, Parameter):
            value.path = value.path or name
        elif any(_held([value])):
            self._name_parameters()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise missing(self, "Module", name)

    def _name_parameters(self) -> None:
        for path, parameter in self.named_parameters():
            parameter.path = path

    def named_children(self) -> Iterator[tuple[str, Parameter | Module]]:
        """Yield the Parameters and Modules of attributes and containers, named as in this Module.

        What is held in two places is yielded twice.
        """
        return _held(vars(self))

    def _walk(self) -> Iterator[tuple[str, Parameter | Module]]:
        """Yield this Module and all that is below it by path, each once, holders first."""
        seen: set[int] = set()
        stack: list[tuple[str, Parameter | Module]] = [("", self)]
        while stack:
            path, item = stack.pop()
            if id(item) in seen:
                continue
            seen.add(id(item))
            yield path, item
            if isinstance(item, Module):
                prefix = f"{path}." if path else ""
                children = [(prefix + name, child) for name, child in item.named_children()]
                stack += reversed(children)

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Yield this Module, with the path "", and each Module below it once, with its path."""
        return ((path, item) for path, item in self._walk() if isinstance(item, Module))

    def modules(self) -> Iterator[Module]:
        """Yield this Module and each Module below it once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield each Parameter once, with its path, such as "0.weight"."""
        return ((path, item) for path, item in self._walk() if isinstance(item, Parameter))

    def parameters(self) -> Parameters:
        """Return each Parameter once, in a list."""
        named = list(self.named_parameters())
        for path, parameter in named:
            if parameter.path is None or path.endswith(f".{parameter.path}"):
                parameter.path = path  # it, or its layer, was added to a list or dict later on
        return Parameters(parameter for _, parameter in named)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        set_gradients(self.parameters(), repeat(None))

    def train(self, mode: bool = True) -> Module:
        """Make this Module and all below it behave as in training."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Make this Module and all below it behave as at inference."""
        return self.train(False)

    def state_dict(self) -> dict[str, NDArray]:
        """Return a copy of every parameter's array, by path."""
        return {path: parameter.data.copy() for path, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copy arrays into the parameters, all of them or, if one does not fit, none.

        Raises
        ------
        KeyError
            If paths are missing or unknown.
        ValueError
            If arrays have the wrong shape or hold no numbers.

        Either error names everything that does not fit.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"a state dict maps paths to arrays, got {type(state).__name__}")
        parameters = dict(self.named_parameters())
        missing = [path for path in parameters if path not in state]
        unknown = [path for path in state if path not in parameters]
        wrong, fitting = [], {}
        for path, p in parameters.items():
            if path in state:
                array = _plain(state[path])
                if array.shape != p.shape or array.dtype.kind not in "biuf":
                    wrong.append(
                        f"{shown(path)}: expected shape {p.shape}, got {array.shape} {array.dtype}"
                    )
                else:
                    fitting[p] = array.astype(p.dtype)
                if not p.data.flags.writeable:
                    wrong.append(f"{shown(path)}: its array is read-only")
        misfits = "; ".join(wrong)
        if missing or unknown:
            raise KeyError(
                f"the state does not fit this {type(self).__name__}: missing {missing}, "
                f"unknown {unknown}{'; ' + misfits if misfits else ''}; its parameters are "
                f"{list(parameters)}: load into the model that the state was saved from"
            )
        if wrong:
            raise ValueError(f"arrays that do not fit their parameters: {misfits}")
        change_all(fitting, [(p.data, ..., array) for p, array in fitting.items()])

    @recursive_repr()  # a Module that knows its parent shows it as ...
    def __repr__(self) -> str:
        lines = []
        for name, child in self.named_children():
            if isinstance(child, Module):
                lines.append(f"  ({shown(name)}): " + repr(child).replace("\n", "\n  "))
        inner = self.options()
        if not lines:
            return f"{type(self).__name__}({inner})"
        return "\n".join([f"{type(self).__name__}({inner}", *lines, ")"])

    def options(self) -> str:
        """What `repr` shows between the parentheses."""
        return ""


def _held(value: Any, inside: tuple[int, ...] = ()) -> Iterator[tuple[str, Parameter | Module]]:
    """Yield each Parameter and Module in a list, tuple or dict, and in those within it."""
    inside = (*inside, id(value))
    for name, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, (Parameter, Module)):
            yield str(name), item
        elif isinstance(item, (list, tuple, dict)) and id(item) not in inside:
            for path, below in _held(item, inside):
                yield f"{name}.{path}", below


def _plain(value: Any) -> NDArray:
    try:
        return np.asarray(values(value))
    except ValueError:  # rows of different length
        return np.asarray(None)


class Sequential(Module):
    """Modules applied one after the other; they are named "0", "1", ...

    A slice, such as `model[:-1]`, is a Sequential of the same layers: they share their parameters.

    Examples
    --------
    >>> model = mg.nn.Sequential(mg.nn.Linear(3, 2), mg.nn.ReLU(), mg.nn.Linear(2, 1))
    >>> [path for path, _ in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    >>> model[:2]
    Sequential(
      (0): Linear(3, 2)
      (1): ReLU()
    )
    """

    def __init__(self, *layers: Module) -> None:
        for i, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise TypeError(
                    f"Sequential takes Modules, layer {i} is a {type(layer).__name__}: "
                    "wrap a function in a Module of your own"
                )
            vars(self)[str(i)] = layer
        self._name_parameters()

    def forward(self, x: Any) -> Tensor:
        for layer in self:
            x = layer(x)
        result: Tensor = x
        return result

    def __iter__(self) -> Iterator[Module]:
        return (child for child in vars(self).values() if isinstance(child, Module))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, index: int | slice) -> Module:
        chosen = list(self)[index]
        if isinstance(chosen, Module):
            return chosen
        part = Sequential()
        part.training = self.training
        vars(part).update((str(i), layer) for i, layer in enumerate(chosen))  # paths stay
        return part
