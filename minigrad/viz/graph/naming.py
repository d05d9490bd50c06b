"""What the user's code calls a Tensor, found out afterwards from the place that made it."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from minigrad import nn, ops
from minigrad.origin import Origin, Scope
from minigrad.tensor import Tensor, serial_number
from minigrad.viz.graph.source import called, callee, climb, find_node, target_of, text_of

FOLDS = {"sum", "reduce", "functools.reduce", "math.prod"}  # one call makes many Tensors
INDIRECT = {*dir(builtins)} - {"abs", "pow", "sum"}  # what they return is not what they make
IN_ORDER = {"matmul", "dot", "linear", "mse_loss"}  # the arguments are the parents


class Name(NamedTuple):
    """A label, and the expression that computed it; None where there is none."""

    label: str | None
    expression: str | None


def names_of(tensors: Iterable[Tensor]) -> dict[Tensor, Name]:
    """Say what to call each Tensor: by its `name`, its path, or as the code that made it does.

    A label that several Tensors would have is numbered, in the order in which they were made.
    Where the source is not at hand, or leaves a doubt, there is neither label nor expression.

    Parameters
    ----------
    tensors : iterable of Tensor
        All of a graph: what uses a Tensor helps to tell a result from what was made on the way.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> h = np.tanh(x * 3)
    >>> for name in names_of([x, h.parents[0], h]).values():
    ...     print(name)
    Name(label='x', expression=None)
    Name(label=None, expression='x * 3')
    Name(label='h', expression='np.tanh(x * 3)')
    """
    return _Naming(list(tensors)).names()


class _Naming:
    """The names of one graph while they are being found."""

    def __init__(self, tensors: list[Tensor]) -> None:
        origins = {t: t.origin for t in tensors}
        self.origins: dict[Tensor, Origin] = {t: o for t, o in origins.items() if o is not None}
        self.given = {t: t.label for t in tensors}
        self.made = sorted(self.origins, key=serial_number)
        self.nodes: dict[tuple[int, int], Any] = {}
        self.uses: dict[Tensor, list[Tensor]] = defaultdict(list)
        self.last: dict[Scope, Tensor] = {}
        for tensor in self.made:
            for parent in tensor.parents:
                self.uses[parent].append(tensor)
            scope = self.origins[tensor].scope
            while scope is not None:
                self.last[scope] = tensor
                scope = scope.outer

    def names(self) -> dict[Tensor, Name]:
        labels: dict[Tensor, str | None] = {}
        expressions: dict[Tensor, str] = {}
        order: dict[Tensor, float] = {t: serial_number(t) for t in self.origins}
        places: dict[Any, list[Tensor]] = defaultdict(list)
        for tensor in self.made:
            places[self.place(tensor)].append(tensor)
        for made in places.values():
            node = self.node(made[0])
            for tensor in self.results(node, made) if node else ():
                if tensor.op is not None:
                    expressions[tensor] = text_of(node)
                elif callee(node) not in (type(tensor).__name__, "grad"):
                    continue
                labels[tensor] = self.label(node, tensor)
        for tensor in self.made:
            for parent, operand in self.operands(tensor):
                if parent in self.given and parent not in order:
                    labels[parent], order[parent] = text_of(operand), order[tensor] - 0.5
        numbered = _numbered(labels, self.given, order)
        return {t: Name(numbered.get(t), expressions.get(t)) for t in self.given}

    def place(self, tensor: Tensor) -> tuple[int, int, int, int]:
        """The place in the code that made a Tensor; by id, as hashing code is slow."""
        code, offset, caller_code, caller_offset, _ = self.origins[tensor]
        return id(code), offset, id(caller_code), caller_offset

    def node(self, tensor: Tensor) -> Any:
        """The syntax tree's node of what made a Tensor, looked up once a place."""
        origin = self.origins[tensor]
        key = id(origin.code), origin.offset
        if key not in self.nodes:
            self.nodes[key] = find_node(origin.code, origin.offset)
        return self.nodes[key]

    def results(self, node: Any, made: list[Tensor]) -> list[Tensor]:
        """Tell what the calls at one place returned from what they made on the way.

        A call of a Module returns what was made last in its scope. Function calls leave no such
        mark: if the ops made at a place repeat, and in each repetition every Tensor but the last
        is used by a later one, each repetition is taken for one call.
        """
        if called(node) in INDIRECT:
            return []
        calls = {tensor: _call(self.origins[tensor].scope) for tensor in made}
        backward = any(call and call.kind == "backward" for call in calls.values())
        if backward or called(node) in FOLDS:
            place = self.place(made[0])
            outside = {t: [self.place(use) != place for use in self.uses[t]] for t in made}
            return [tensor for tensor in made if not outside[tensor] or any(outside[tensor])]
        # h = [f(a), f(b)] with f: x -> exp(2 · x) made, at one place, Mul Exp Mul Exp. The round of
        # ops is two long, each Mul is used by the Exp after it: h[0] and h[1] are the two Exp.
        results = self.last_of_each([tensor for tensor in made if calls[tensor] is None])
        results += [t for t, call in calls.items() if call and self.is_result(t, call)]
        by_iterating = not isinstance(node, ast.Subscript)
        return [t for t in results if not (by_iterating and isinstance(t.op, ops.GetItem))]

    def last_of_each(self, made: list[Tensor]) -> list[Tensor]:
        """The last Tensor of each repetition of the same ops; all if there is no such pattern."""
        kinds, size = [type(tensor.op) for tensor in made], 1
        while len(made) % size or kinds[size:] != kinds[:-size]:
            size += 1
        rounds = [made[i : i + size] for i in range(0, len(made), size)]
        if any(set(self.uses[t]).isdisjoint(r) for r in rounds for t in r[:-1]):
            return made
        return [r[-1] for r in rounds]

    def is_result(self, tensor: Tensor, call: Scope) -> bool:
        return self.last[call] is tensor and not call.running

    def label(self, node: Any, tensor: Tensor) -> str | None:
        """What the value of `node` is assigned to, here or where its function is called."""
        at, indices = climb(node, ("?",) if callee(node) == "grad" else ())
        if not isinstance(at, (ast.Return, ast.Lambda)):
            return target_of(at, indices)
        origin = self.origins[tensor]
        call = find_node(origin.caller, origin.caller_offset)
        if isinstance(call, ast.Call) and self.is_called_by(call, at, tensor):
            return target_of(*climb(call, indices))
        return None

    def is_called_by(self, call: ast.Call, at: Any, tensor: Tensor) -> bool:
        """Whether this call is one of the function that made a Tensor: `f(x)`, not `map(f, x)`."""
        if isinstance(at, ast.Lambda):
            return called(call) == target_of(*climb(at, ()))
        code, *_, scope = self.origins[tensor]
        if code is None or code.co_name != "forward" or callee(call) == "forward":
            return code is not None and code.co_name == callee(call)
        while scope is not None and _is_minigrads(scope):
            scope = scope.outer
        if scope is None or called(call) in INDIRECT:
            return False
        return self.is_result(tensor, _call(scope.outer) or scope)

    def operands(self, tensor: Tensor) -> Iterator[tuple[Tensor, Any]]:
        """Yield each parent that the code has a plain name for, with the node of that name."""
        node, call = self.node(tensor), _call(self.origins[tensor].scope)
        layer = call.of if call else None
        while isinstance(layer, nn.Sequential) and len(layer):
            layer = layer[0]
        operands: list[Any] = []
        if isinstance(node, ast.BinOp):
            operands = [node.left, node.right]
        elif isinstance(layer, (nn.Linear, nn.MSELoss)) or (not call and callee(node) in IN_ORDER):
            operands = getattr(node, "args", [])
        for parent, operand in zip(tensor.parents, operands):
            if isinstance(operand, ast.Starred):
                break
            if isinstance(operand, (ast.Name, ast.Attribute)):
                yield parent, operand


def _is_minigrads(scope: Scope) -> bool:
    module = getattr(scope.of.forward, "__module__", "") if scope.kind == "module" else "minigrad."
    return module.startswith("minigrad.")


def _call(scope: Scope | None) -> Scope | None:
    """The outermost of the scopes that minigrad's own code entered: what the user's code called."""
    call = None
    while scope is not None and _is_minigrads(scope):
        call, scope = scope, scope.outer
    return call


def path_of(scope: Scope) -> str | None:
    """Where a Module is in the one that called it; None for the outermost."""
    outer = scope.outer
    while outer is not None and outer.kind != "module":
        outer = outer.outer
    if outer is None:
        return None
    paths = [path for path, module in outer.of.named_modules() if module is scope.of]
    return paths[0] if paths else None


def _numbered(
    labels: dict[Tensor, str | None], given: dict[Tensor, str | None], order: dict[Tensor, float]
) -> dict[Tensor, str]:
    """Number labels that several Tensors have, but not those that were given."""
    groups: dict[str, list[Tensor]] = defaultdict(list)
    for tensor in sorted(given, key=lambda t: order.get(t, -1)):
        if label := given[tensor] or labels.get(tensor):
            groups[label].append(tensor)
    result = {group[0]: label for label, group in groups.items() if len(group) == 1}
    result |= {tensor: label for tensor, label in given.items() if label}
    taken = set(result.values())
    for label, group in groups.items():
        before, any_index, after = label.rpartition("[…]")
        for i, tensor in enumerate(group):
            if tensor in result:
                continue
            while (new := f"{before}[{i}]{after}" if any_index else f"{label}[{i}]") in taken:
                i += 1
            result[tensor] = new
            taken.add(new)
    return result
