"""Wrong ways back through a masked log, one for each mistake that the checks name."""

import numpy as np


def divided_by_0(g, x):
    return g / x


def a_mask_of_zeros(g, x):
    g = g * (x > 0)
    return g / x


def a_mask_of_zeros__2(g, x):
    return np.where(x == 0, 0, g) / x


def a_mask_of_zeros__3(g, x):
    return g / x * (x > 0)


def a_mask_of_zeros__4(g, x):
    mask = np.where(x > 0, 1, 0)
    return mask * g / x


def x_kept_away_from_0(g, x):
    return g / (x + 1e-8)


def x_kept_away_from_0__2(g, x):
    return g / np.clip(x, 1e-7, None)


def x_kept_away_from_0__3(g, x):
    return np.where(x > 0, g / (x + 1e-12), 0)


def x_kept_away_from_0__4(g, x):
    return (x > 0) * g / np.maximum(x, 1e-12)


def upstream_gradient_forgotten(g, x):
    return np.where(x > 0, 1 / x, 0)


def g_passed_on_where_x_is_0(g, x):
    return g / np.where(x == 0, 1, x)


def the_mask_is_the_wrong_way_round(g, x):
    return np.where(x > 0, 0, g / x)


def the_log_instead_of_its_slope(g, x):
    return np.where(x > 0, g * np.log(x), 0)


def an_argument_changed_in_place(g, x):
    g[x == 0] = 0
    x[x == 0] = 1
    return g / x


def entries_that_nobody_wrote(g, x):
    return np.divide(g, x, where=x > 0)


def x_kept_away_from_0__5(g, x):
    return g / (x + 1e-08)


def the_log_instead_of_its_slope__2(g, x):
    return g * np.log(np.where(x > 0, x, 1))


def divided_by_0__2(g, x):
    return np.where(g == 0, 0, g / x)


def a_mask_of_zeros__5(g, x):
    return g / x * (x > 0)


def an_argument_changed_in_place__2(g, x):
    x[x == 0] = 1
    return g / x


def nan_and_inf_replaced_afterwards(g, x):
    return np.nan_to_num(g / x)


def g_passed_on_where_x_is_0__2(g, x):
    return g / np.where(x > 0, x, 1)


def right__where_div(g, x):
    return np.where(x > 0, g / x, 0)
