"""Gradients as functions, and tools that look into a backward pass."""

from minigrad.autograd import functional as functional
from minigrad.autograd.anomaly import AnomalyError as AnomalyError, detect_anomaly as detect_anomaly
from minigrad.autograd.check import (
    GradcheckError as GradcheckError,
    gradcheck as gradcheck,
    gradgradcheck as gradgradcheck,
)
from minigrad.autograd.diagnosis import (
    Birth as Birth,
    Diagnosis as Diagnosis,
    Place as Place,
    diagnose as diagnose,
)
from minigrad.autograd.gradient import backward as backward, grad as grad
from minigrad.autograd.stepping import Step as Step, steps as steps
