import numpy as np


def ulp_distance(a, b):
    def place(x):
        bits = int(np.float64(abs(x)).view(np.int64))
        return bits if x >= 0 else -bits

    return abs(place(a) - place(b))
