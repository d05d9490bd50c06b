"""Layers and losses. `functional` has them as functions."""

from minigrad import phrasebook as _phrasebook
from minigrad.nn import functional as functional, utils as utils
from minigrad.nn.layers import (
    Dropout as Dropout,
    Embedding as Embedding,
    Flatten as Flatten,
    LayerNorm as LayerNorm,
    Linear as Linear,
    LogSigmoid as LogSigmoid,
    LogSoftmax as LogSoftmax,
    ReLU as ReLU,
    Sigmoid as Sigmoid,
    Softmax as Softmax,
    Softplus as Softplus,
    Tanh as Tanh,
)
from minigrad.nn.losses import (
    BCELoss as BCELoss,
    BCEWithLogitsLoss as BCEWithLogitsLoss,
    CrossEntropyLoss as CrossEntropyLoss,
    KLDivLoss as KLDivLoss,
    MSELoss as MSELoss,
    NLLLoss as NLLLoss,
)
from minigrad.nn.module import Module as Module, Parameter as Parameter, Sequential as Sequential

globals()["__getattr__"] = _phrasebook.missing_from(__name__)  # not for type checkers
