"""Gradients as functions, and tools that look into a backward pass."""

from minigrad.autograd import functional
from minigrad.autograd.check import GradcheckError, gradcheck, gradgradcheck
from minigrad.autograd.diagnosis import Birth, Diagnosis, Place, diagnose
from minigrad.autograd.gradient import backward, grad

__all__ = [
    "Birth",
    "Diagnosis",
    "GradcheckError",
    "Place",
    "backward",
    "diagnose",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
]
