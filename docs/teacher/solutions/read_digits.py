import numpy as np


def read_digits(weights, images):
    h = np.maximum(images @ weights["0.weight"].T + weights["0.bias"], 0)
    z = h @ weights["2.weight"].T + weights["2.bias"]
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)
