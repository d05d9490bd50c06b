"""Numeric derivative: the slope of any function, from two of its values."""


def numeric_derivative(f, x, h=1e-5):
    """Estimate the derivative of f at x by the central difference.

        f'(x) ≈ (f(x + h) − f(x − h)) / 2h

    The two points lie symmetrically around x, so the estimate is exact for a parabola, whatever
    the step h.

    Parameters
    ----------
    f : function from float to float
    x : float
    h : float
        The step, a small positive number.

    Returns
    -------
    float

    Examples
    --------
    >>> numeric_derivative(lambda x: x**2, 3.0, h=0.5)
    6.0
    """
    return (f(x + h) - f(x - h)) / (2 * h)
