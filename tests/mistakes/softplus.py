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


class the_derivative_of_the_sigmoid:  # noqa: N801
    def forward(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, y, x):
        e = np.exp(-np.abs(x))
        s = np.where(x >= 0, 1, e) / (1 + e)
        return g * s * (1 - s)


class right__expm1_y:  # noqa: N801
    def forward(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, y, x):
        return g * -np.expm1(-y)


class upstream_gradient_forgotten__2:  # noqa: N801
    def forward(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, y, x):
        e = np.exp(-np.abs(x))
        return np.where(x >= 0, 1, e) / (1 + e)


class it_raised_a_valueerror:  # noqa: N801
    def forward(self, x):
        if x > 0:
            return x + np.log1p(np.exp(-x))
        return np.log1p(np.exp(x))

    def backward(self, g, y, x):
        e = np.exp(-np.abs(x))
        return g * np.where(x >= 0, 1, e) / (1 + e)


class overflow_of_exp__2:  # noqa: N801
    def forward(self, x):
        return np.log1p(np.exp(x))

    def backward(self, g, y, x):
        e = np.exp(-np.abs(x))
        return g * np.where(x >= 0, 1, e) / (1 + e)


class right__logaddexp:  # noqa: N801
    def forward(self, x):
        return np.logaddexp(0, x)

    def backward(self, g, y, x):
        e = np.exp(-np.abs(x))
        return g * np.where(x >= 0, 1, e) / (1 + e)


class overflow_of_exp__3:  # noqa: N801
    def forward(self, x):
        return np.log(1 + np.exp(x))

    def backward(self, g, y, x):
        return g / (1 + np.exp(-x))


class it_raised_a_typeerror:  # noqa: N801
    def forward(x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, y, x):
        e = np.exp(-np.abs(x))
        return g * np.where(x >= 0, 1, e) / (1 + e)


class right__one_minus_exp_my:  # noqa: N801
    def forward(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, y, x):
        return g * (1 - np.exp(-y))


class the_derivative_of_max_x_0__2:  # noqa: N801
    def forward(self, x):
        return np.maximum(x, 0)

    def backward(self, g, y, x):
        return g * (x > 0)


class right_but_with_a_warning:  # noqa: N801
    def forward(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, y, x):
        return g / (1 + np.exp(-x))


class right__tanh_sigmoid:  # noqa: N801
    def forward(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, y, x):
        return g * 0.5 * (1 + np.tanh(x / 2))


class right__threshold:  # noqa: N801
    def forward(self, x):
        return np.where(x > 20, x, np.log1p(np.exp(x)))

    def backward(self, g, y, x):
        e = np.exp(-np.abs(x))
        return g * np.where(x >= 0, 1, e) / (1 + e)


class right__threshold_min:  # noqa: N801
    def forward(self, x):
        return np.where(x > 20, x, np.log1p(np.exp(np.minimum(x, 20))))

    def backward(self, g, y, x):
        e = np.exp(-np.abs(x))
        return g * np.where(x >= 0, 1, e) / (1 + e)
