"""First non-finite: where did the NaN come from?"""

import numpy as np


def first_non_finite(steps):
    """Find the first step of a computation whose result is not finite.

    A number is finite if it is neither NaN nor inf nor −inf. One such number in a result is
    enough: everything that is computed from it may be spoiled.

    Parameters
    ----------
    steps : list of (str, ndarray)
        Pairs of a step's name and its result, in the order in which they were computed.

    Returns
    -------
    str or None
        The name of the first step with a number that is not finite; None if all are finite.

    Examples
    --------
    >>> exp, div = np.array([1.0, np.inf]), np.array([0.0, np.nan])
    >>> first_non_finite([("exp", exp), ("div", div)])
    'exp'
    """
    for name, result in steps:
        if not np.isfinite(result).all():
            return name
    return None
