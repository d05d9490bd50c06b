import numpy as np


class Softplus:
    def forward(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, y, x):
        return g * (1 + np.tanh(x / 2)) / 2
