import numpy as np


def first_non_finite(steps):
    for name, result in steps:
        if not np.isfinite(result).all():
            return name
    return None
