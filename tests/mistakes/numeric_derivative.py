"""Wrong numeric derivatives, one for each mistake that the checks name."""


def one_sided_difference(f, x, h=1e-5):
    rise = f(x + h) - f(x)
    return rise / h


def divided_by_h_instead_of_2h(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / h


def not_divided_by_the_step(f, x, h=1e-5):
    return f(x + h) - f(x - h)


def multiplied_by_h_after_dividing_by_2(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / 2 * h


def sign(f, x, h=1e-5):
    return (f(x - h) - f(x + h)) / (2 * h)


def divided_by_h_instead_of_2h__2(f, x, h=1e-05):
    return (f(x + h) - f(x - h)) / h


def it_returned_none(f, x, h=1e-05):
    pass


def one_sided_difference__2(f, x, h=1e-05):
    return (f(x + h) - f(x)) / h


def another_step_than_h(f, x, h=1e-05):
    h = 1e-05
    return (f(x + h) - f(x - h)) / (2 * h)


def multiplied_by_h_after_dividing_by_2__2(f, x, h=1e-05):
    return (f(x + h) - f(x - h)) / 2 * h


def it_returned_none__2(f, x, h=1e-05):
    print((f(x + h) - f(x - h)) / (2 * h))


def rounded(f, x, h=1e-05):
    return round((f(x + h) - f(x - h)) / (2 * h), 4)


def sign__2(f, x, h=1e-05):
    return (f(x - h) - f(x + h)) / (2 * h)


def another_step_than_h__2(f, x, h=1e-05):
    h = 1e-12
    return (f(x + h) - f(x - h)) / (2 * h)
