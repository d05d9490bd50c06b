"""minigrad: an ndarray that remembers how it was made, and can show you."""

from minigrad import autograd, ops
from minigrad import operators as operators  # binds what a Tensor can do
from minigrad.autograd import diagnose
from minigrad.engine import Tensor, no_grad, steps

__version__ = "0.1.0"

__all__ = ["Tensor", "autograd", "diagnose", "no_grad", "ops", "steps"]
