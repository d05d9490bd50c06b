import numpy as np


def first_difference(a, b, floats):
    place_a, place_b = np.abs(a).view(np.int32), np.abs(b).view(np.int32)  # abs makes −0.0 a 0.0
    too_far = np.abs(place_a - place_b) > floats
    nan_a, nan_b = np.isnan(a), np.isnan(b)
    differ = np.where(nan_a | nan_b, nan_a != nan_b, too_far)
    return int(differ.argmax()) if differ.any() else None
