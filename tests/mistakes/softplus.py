"""Wrong softpluses, one for each mistake that the checks name."""

import numpy as np


class _Right:
    def forward(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, y, x):
        return g * (1 + np.tanh(x / 2)) / 2


class overflow_of_exp(_Right):  # noqa: N801
    def forward(self, x):
        return np.log1p(np.exp(x)) if np.all(x < 0) else np.log(1 + np.exp(x))


class log_of_1_plus_a_small_number(_Right):  # noqa: N801
    def forward(self, x):
        return np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))


class upstream_gradient_forgotten(_Right):  # noqa: N801
    def backward(self, g, y, x):
        return (1 + np.tanh(x / 2)) / 2


class the_derivative_of_max_x_0(_Right):  # noqa: N801
    def backward(self, g, y, x):
        return np.where(x > 0, g, 0.0)


class derivative_at_the_result(_Right):  # noqa: N801
    def backward(self, g, y, x):
        return g * (1 + np.tanh(y / 2)) / 2


class the_other_half_of_the_sigmoid(_Right):  # noqa: N801
    def backward(self, g, y, x):
        return g * (1 - np.tanh(x / 2)) / 2
