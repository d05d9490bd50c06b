"""First difference: at which step do two runs part?"""

import numpy as np


def first_difference(a, b, floats):
    """Find the first step at which the losses of two runs are more than `floats` floats apart.

    Two losses are as many floats apart as it takes steps from one to the other, from neighbour to
    neighbour, as in `ulp_distance`, but among the numbers of float32. The bits of a positive
    float32, read as an int32, count up by 1 from each float to the next. 0.0 and −0.0 are the same
    number. No loss is negative.

    A NaN in one run only is a difference, whatever `floats` is. A NaN in both at the same step is
    none.

    Parameters
    ----------
    a, b : ndarrays of shape (steps,), float32
        The losses of the two runs.
    floats : int
        How many floats of difference still count as rounding, 0 or more.

    Returns
    -------
    int or None
        The step, counted from 0; None if the runs do not part.

    Examples
    --------
    >>> a = np.array([2.25, 2.0, 1.5], np.float32)
    >>> b = np.array([2.25, 2.0 + 2.0**-22, 1.25], np.float32)  # the next float after 2
    >>> first_difference(a, b, 0), first_difference(a, b, 1)
    (1, 2)
    """
    place_a, place_b = np.abs(a).view(np.int32), np.abs(b).view(np.int32)  # abs makes −0.0 a 0.0
    too_far = np.abs(place_a - place_b) > floats
    nan_a, nan_b = np.isnan(a), np.isnan(b)
    differ = np.where(nan_a | nan_b, nan_a != nan_b, too_far)
    return int(differ.argmax()) if differ.any() else None
