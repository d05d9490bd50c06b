"""Every op of minigrad: small classes with a forward and a backward rule, by family.

To add one, subclass `Op` and call it with `MyOp.apply(x, ...)`.
"""

from minigrad.engine import Identity as Identity, Op as Op
from minigrad.ops.binary_loss import (
    BCEWithLogits as BCEWithLogits,
    BinaryCrossEntropy as BinaryCrossEntropy,
    KLDiv as KLDiv,
)
from minigrad.ops.elementwise import (
    Abs as Abs,
    Add as Add,
    Astype as Astype,
    Clip as Clip,
    Cos as Cos,
    Div as Div,
    Elementwise as Elementwise,
    Exp as Exp,
    Expm1 as Expm1,
    Log as Log,
    Log1p as Log1p,
    Maximum as Maximum,
    Minimum as Minimum,
    Mul as Mul,
    Neg as Neg,
    Pow as Pow,
    Relu as Relu,
    Sin as Sin,
    Sqrt as Sqrt,
    Sub as Sub,
    Weigh as Weigh,
    Where as Where,
)
from minigrad.ops.indexing import GetItem as GetItem, Scatter as Scatter
from minigrad.ops.linalg import Einsum as Einsum, Linear as Linear, MatMul as MatMul
from minigrad.ops.loss import (
    CrossEntropy as CrossEntropy,
    MSELoss as MSELoss,
    NLLLoss as NLLLoss,
    SoftCrossEntropy as SoftCrossEntropy,
)
from minigrad.ops.reduction import (
    Max as Max,
    Mean as Mean,
    Min as Min,
    Norm as Norm,
    Normalize as Normalize,
    Prod as Prod,
    Reduction as Reduction,
    Std as Std,
    Sum as Sum,
    Var as Var,
)
from minigrad.ops.shape import (
    BroadcastTo as BroadcastTo,
    Concatenate as Concatenate,
    ExpandDims as ExpandDims,
    Reshape as Reshape,
    Squeeze as Squeeze,
    Stack as Stack,
    Transpose as Transpose,
)
from minigrad.ops.sigmoid import (
    LogSigmoid as LogSigmoid,
    Sigmoid as Sigmoid,
    SigmoidSlope as SigmoidSlope,
    Softplus as Softplus,
    Tanh as Tanh,
)
from minigrad.ops.softmax import (
    Centred as Centred,
    Excess as Excess,
    LogSoftmax as LogSoftmax,
    LogSumExp as LogSumExp,
    Softmax as Softmax,
)
