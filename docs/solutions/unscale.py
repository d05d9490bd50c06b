"""Unscale: the gradients of a loss that was scaled, back in float32."""

import numpy as np


def unscale(gradients, scale):
    """Take the scale out of gradients, or leave the step out and halve the scale.

    The loss was multiplied by `scale` before the backward pass, so that small gradients do not
    underflow in float16. The optimiser goes on in float32, without the scale:

        g / scale

    If any entry of any gradient is NaN, inf or −inf, the scale was too large. Then there is no
    step, and the next one has half the scale. The arrays that come in stay as they are.

    Parameters
    ----------
    gradients : list of ndarrays, float16
    scale : float
        A power of two.

    Returns
    -------
    tuple of (list of ndarrays in float32) and float
        The gradients, in the same order, and the scale as it was; or None and half the scale.

    Examples
    --------
    >>> unscale([np.array([3.0, -1.0], np.float16)], 1024.0)
    ([array([ 0.00292969, -0.00097656], dtype=float32)], 1024.0)
    >>> unscale([np.array([3.0, np.inf], np.float16)], 1024.0)
    (None, 512.0)
    """
    if not all(np.isfinite(g).all() for g in gradients):
        return None, scale / 2
    return [g.astype(np.float32) / scale for g in gradients], scale
