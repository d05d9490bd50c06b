"""How many floats lie between two numbers: the measure of "right to the last digit"."""

import numpy as np


def ulp_distance(a, b):
    """Count the steps from one float64 to another, from neighbour to neighbour.

    The bits of a positive float64, read as an int64, count up by 1 from each float to the next. A
    negative one has the same bits as its positive twin and the sign bit besides. +0.0 and -0.0 are
    the same number.

    Parameters
    ----------
    a, b : float
        Finite numbers.

    Returns
    -------
    int
        0 if they are equal, 1 if no float64 lies between them, and so on.

    Examples
    --------
    >>> ulp_distance(1.0, np.nextafter(1.0, 2.0))
    1
    """
    raise NotImplementedError
