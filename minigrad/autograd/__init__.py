"""Gradients as functions, and tools that look into a backward pass."""

from minigrad.autograd import functional
from minigrad.autograd.anomaly import AnomalyError, detect_anomaly
from minigrad.autograd.check import GradcheckError, gradcheck, gradgradcheck
from minigrad.autograd.diagnosis import Birth, Diagnosis, Place, diagnose
from minigrad.autograd.gradient import backward, grad
from minigrad.autograd.stepping import Step, steps

__all__ = [
    "AnomalyError",
    "Birth",
    "Diagnosis",
    "GradcheckError",
    "Place",
    "Step",
    "backward",
    "detect_anomaly",
    "diagnose",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "steps",
]
