"""Wrong searches for a difference, one for each mistake that the checks name."""

import numpy as np


def _apart(x, y):
    """Count the floats between two numbers; NaN is far from all numbers, and 0 from NaN."""
    if np.isnan(x) or np.isnan(y):
        return 0 if np.isnan(x) and np.isnan(y) else 10**10
    return abs(int(np.abs(x).view(np.int32)) - int(np.abs(y).view(np.int32)))


def nan_agrees_with_everything(a, b, floats):
    for i in range(len(a)):
        low, high = np.minimum(a[i], b[i]), np.maximum(a[i], b[i])
        for _ in range(floats):
            low = np.nextafter(low, high)
        if low < high:
            return i


def nan_differs_from_nan(a, b, floats):
    for i in range(len(a)):
        if np.isnan(a[i]) or np.isnan(b[i]) or _apart(a[i], b[i]) > floats:
            return i


def nan_differs_from_nan__2(a, b, floats):
    for i in range(len(a)):
        low, high = np.minimum(a[i], b[i]), np.maximum(a[i], b[i])
        for _ in range(floats):
            low = np.nextafter(low, high)
        if not low >= high:
            return i


def absolute_difference(a, b, floats):
    for i in range(len(a)):
        if abs(a[i] - b[i]) > floats:
            return i


def absolute_difference__2(a, b, floats):
    for i in range(len(a)):
        if np.isnan(a[i]) != np.isnan(b[i]) or abs(a[i] - b[i]) > floats:
            return i


def difference_in_eps(a, b, floats):
    steps = np.flatnonzero(np.abs(a - b) / np.finfo(np.float32).eps > floats)
    return steps[0] if len(steps) else None


def difference_in_eps__2(a, b, floats):
    for i in range(len(a)):
        if np.isnan(a[i]) and np.isnan(b[i]):
            continue
        if not abs(a[i] - b[i]) <= floats * 2.0**-23:
            return i


def relative_difference_in_eps(a, b, floats):
    limit = floats * np.finfo(np.float32).eps
    for i in range(len(a)):
        if abs(a[i] - b[i]) > limit * abs(a[i]):
            return i


def spacing_of_one_of_the_two(a, b, floats):
    for i in range(len(a)):
        if abs(a[i] - b[i]) > floats * np.spacing(max(a[i], b[i])):
            return i


def spacing_of_one_of_the_two__2(a, b, floats):
    steps = np.flatnonzero(np.abs(a - b) / np.spacing(a) > floats)
    return steps[0] if len(steps) else None


def spacing_of_one_of_the_two__3(a, b, floats):
    for i in range(len(a)):
        if np.isnan(a[i]) != np.isnan(b[i]) or abs(a[i] - b[i]) > floats * np.spacing(b[i]):
            return i


def spacing_of_one_of_the_two__4(a, b, floats):
    for i in range(len(a)):
        low, high = sorted([a[i], b[i]])
        if high - low > floats * np.spacing(low):
            return i


def any_difference_is_too_large(a, b, floats):
    for i in range(len(a)):
        if a[i] != b[i] and not (np.isnan(a[i]) and np.isnan(b[i])):
            return i


def any_difference_is_too_large__2(a, b, floats):
    for i in range(len(a)):
        x, y = (int(np.float64(abs(loss)).view(np.int64)) for loss in (a[i], b[i]))
        if abs(x - y) > floats:
            return i


def exactly_that_many_floats_is_too_large(a, b, floats):
    for i in range(len(a)):
        if np.isnan(a[i]) and np.isnan(b[i]):
            continue
        if _apart(a[i], b[i]) >= floats:
            return i


def only_a_above_b_is_seen(a, b, floats):
    for i in range(len(a)):
        places = np.abs(a[i]).view(np.int32) - np.abs(b[i]).view(np.int32)
        if np.isnan(a[i]) != np.isnan(b[i]) or places > floats:
            return i


def only_b_above_a_is_seen(a, b, floats):
    for i in range(len(a)):
        places = np.abs(b[i]).view(np.int32) - np.abs(a[i]).view(np.int32)
        if np.isnan(a[i]) != np.isnan(b[i]) or places > floats:
            return i


def last_instead_of_first(a, b, floats):
    found = None
    for i in range(len(a)):
        if _apart(a[i], b[i]) > floats:
            found = i
    return found


def counted_from_1(a, b, floats):
    step = 0
    for x, y in zip(a, b):
        step += 1
        if _apart(x, y) > floats:
            return step


def the_first_step_where_none_differs(a, b, floats):
    return np.argmax([_apart(x, y) > floats for x, y in zip(a, b)])


def only_the_first_step_looked_at(a, b, floats):
    for i in range(len(a)):
        if _apart(a[i], b[i]) > floats:
            return i
        else:
            return None


def minus_zero_far_from_zero(a, b, floats):
    for i in range(len(a)):
        if np.isnan(a[i]) and np.isnan(b[i]):
            continue
        if abs(int(a[i].view(np.int32)) - int(b[i].view(np.int32))) > floats:
            return i


def a_tolerance_instead_of_a_count(a, b, floats):
    for i in range(len(a)):
        if not np.isclose(a[i], b[i]):
            return i


def the_first_step_where_none_differs__2(a, b, floats):
    u = np.abs(a).view(np.int32).astype(np.int64)
    v = np.abs(b).view(np.int32).astype(np.int64)
    n, m = (np.isnan(a), np.isnan(b))
    bad = np.where(n | m, n != m, np.abs(u - v) > floats)
    return int(bad.argmax())


def difference_in_eps__3(a, b, floats):
    for i, (x, y) in enumerate(zip(a, b)):
        if abs(x - y) / np.finfo(np.float32).eps > floats:
            return i


def any_difference_is_too_large__3(a, b, floats):
    for i, (x, y) in enumerate(zip(a, b)):
        if np.isnan(x) and np.isnan(y):
            continue
        if np.isnan(x) != np.isnan(y):
            return i
        if (
            abs(int(np.float64(abs(x)).view(np.int64)) - int(np.float64(abs(y)).view(np.int64)))
            > floats
        ):
            return i


def an_integer_that_overflows(a, b, floats):
    d = np.abs(a.view(np.int32) - b.view(np.int32))
    bad = np.flatnonzero(d > floats)
    return int(bad[0]) if len(bad) else None


def nan_differs_from_nan__3(a, b, floats):
    for i, (x, y) in enumerate(zip(a, b)):
        if np.isnan(x) or np.isnan(y):
            return i
        if abs(int(np.abs(x).view(np.int32)) - int(np.abs(y).view(np.int32))) > floats:
            return i


def minus_zero_far_from_zero__2(a, b, floats):
    for i, (x, y) in enumerate(zip(a, b)):
        if np.isnan(x) and np.isnan(y):
            continue
        if np.isnan(x) != np.isnan(y):
            return i
        if abs(int(x.view(np.int32)) - int(y.view(np.int32))) > floats:
            return i


def right__np_int(a, b, floats):
    u = np.abs(a).view(np.int32).astype(np.int64)
    v = np.abs(b).view(np.int32).astype(np.int64)
    n, m = (np.isnan(a), np.isnan(b))
    bad = np.where(n | m, n != m, np.abs(u - v) > floats)
    return bad.argmax() if bad.any() else None
