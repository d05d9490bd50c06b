"""The backward pass one step at a time: the engine's own walk, with a name for each thing in it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from minigrad.arrays import in_brief
from minigrad.engine import accumulate, seed, walk
from minigrad.tensor import Tensor
from minigrad.text import printable, shown


class Step(NamedTuple):
    """One step of the walk back: the backward rule of one op, run once."""

    tensor: Tensor
    """The Tensor whose op's rule ran."""

    upstream: Any
    """∂root/∂tensor, the gradient that arrived from above."""

    contributions: tuple[Any, ...]
    """What the rule adds to the gradient of each parent; None where no gradient is wanted."""

    gradients: dict[Tensor, Any]
    """All gradients accumulated so far: the walk's own working table, so look, don't change."""

    def __str__(self) -> str:
        tensor, op = self.tensor, self.tensor.op
        assert op is not None
        site = f"  ({tensor.site.with_source})" if tensor.site else ""
        lines = [f"{op.name}{site}", f"  upstream gradient {in_brief(self.upstream)}"]
        for i, (parent, contribution) in enumerate(zip(tensor.parents, self.contributions)):
            if contribution is not None:
                made_by = f" (from {parent.op.name})" if parent.op else ""
                name = shown(parent.label or f"input {i}{made_by}")
                so_far = in_brief(self.gradients[parent])
                lines.append(f"  to {name}: {in_brief(contribution)}, so far {so_far}")
        return printable("\n".join(lines))

    def __repr__(self) -> str:
        return str(self)


def steps(root: Tensor, gradient: Any = None) -> Generator[Step, None, None]:
    """Run the backward pass of `root` one step at a time; `backward()` is this, run to its end.

    The gradients reach the Tensors' `.grad` all at once, after the last step.

    Parameters
    ----------
    root : Tensor
        Usually the loss.
    gradient : array_like, optional
        The upstream gradient of `root`, of its shape; 1 for a Tensor of one element.

    Returns
    -------
    generator of Step
        One for each op, from the last recorded to the first.

    Raises
    ------
    RuntimeError, ValueError
        As `Tensor.backward` does, at the call.

    Examples
    --------
    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> for step in steps((x * x) / 2):
    ...     print(step)  # doctest: +ELLIPSIS
    Div ...
      upstream gradient 1.
      to input 0 (from Mul): 0.5, so far 0.5
    Mul ...
      upstream gradient 0.5
      to x: 1.5, so far 3.
      to x: 1.5, so far 3.
    """
    gradients: dict[Tensor, Any] = {root: seed(root, gradient)}

    def stepping() -> Generator[Step, None, None]:
        for step in walk(root, gradients):
            yield Step(*step, gradients)
        accumulate(gradients)

    return stepping()
