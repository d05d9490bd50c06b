"""Wrong ways to take a scale out, one for each mistake that the checks name."""

import numpy as np


def _finite(gradients):
    return all(np.isfinite(g).all() for g in gradients)


def divided_in_float16(gradients, scale):
    if not _finite(gradients):
        return None, scale / 2
    return [g / scale for g in gradients], scale


def divided_in_float16__2(gradients, scale):
    if not _finite(gradients):
        return None, scale / 2
    return [(g / scale).astype(np.float32) for g in gradients], scale


def multiplied_instead_of_divided(gradients, scale):
    if not _finite(gradients):
        return None, scale / 2
    return [g.astype(np.float32) * scale for g in gradients], scale


def float64_instead_of_float32(gradients, scale):
    if not _finite(gradients):
        return None, scale / 2
    return [g.astype(float) / scale for g in gradients], scale


def not_looked_for_inf_and_nan(gradients, scale):
    return [g.astype(np.float32) / scale for g in gradients], scale


def nan_missed(gradients, scale):
    for g in gradients:
        if np.isinf(g).any() or (g == np.nan).any():
            return None, scale / 2
    return [g.astype(np.float32) / scale for g in gradients], scale


def inf_missed(gradients, scale):
    for g in gradients:
        if np.isnan(g).any():
            return None, scale / 2
    return [g.astype(np.float32) / scale for g in gradients], scale


def minus_infinity_missed(gradients, scale):
    for g in gradients:
        if (g == np.inf).any() or np.isnan(g).any():
            return None, scale / 2
    return [g.astype(np.float32) / scale for g in gradients], scale


def all_entries_have_to_be_bad(gradients, scale):
    for g in gradients:
        if not np.isfinite(g).any():
            return None, scale / 2
    return [g.astype(np.float32) / scale for g in gradients], scale


def only_the_first_gradient_looked_at(gradients, scale):
    for g in gradients:
        if not np.isfinite(g).all():
            return None, scale / 2
        return [g.astype(np.float32) / scale for g in gradients], scale


def the_sum_looked_at(gradients, scale):
    if not np.isfinite(sum(g.sum() for g in gradients)):
        return None, scale / 2
    return [g.astype(np.float32) / scale for g in gradients], scale


def zeros_in_place_of_inf_and_nan(gradients, scale):
    new = [np.nan_to_num(g, posinf=0, neginf=0).astype(np.float32) / scale for g in gradients]
    if not _finite(gradients):
        scale = scale / 2
    return new, scale


def only_the_bad_gradient_left_out(gradients, scale):
    new, new_scale = [], scale
    for g in gradients:
        if np.isfinite(g).all():
            new.append(g.astype(np.float32) / scale)
        else:
            new_scale = scale / 2
    return new, new_scale


def scale_kept_after_an_overflow(gradients, scale):
    if not _finite(gradients):
        return None, scale
    return [g.astype(np.float32) / scale for g in gradients], scale


def scale_doubled_after_an_overflow(gradients, scale):
    if not _finite(gradients):
        return None, scale * 2
    return [g.astype(np.float32) / scale for g in gradients], scale


def scale_halved_after_every_step(gradients, scale):
    new = None
    if _finite(gradients):
        new = [g.astype(np.float32) / scale for g in gradients]
    return new, scale / 2


def gradients_changed_in_place(gradients, scale):
    if not _finite(gradients):
        return None, scale / 2
    for i in range(len(gradients)):
        gradients[i] = gradients[i].astype(np.float32) / scale
    return gradients, scale


def gradients_changed_in_place__2(gradients, scale):
    if not _finite(gradients):
        return None, scale / 2
    for g in gradients:
        g /= scale
    return gradients, scale


def scale_doubled_after_every_step(gradients, scale):
    if not all(np.isfinite(g).all() for g in gradients):
        return (None, scale / 2)
    return ([g.astype(np.float32) / np.float32(scale) for g in gradients], scale * 2)


def only_the_bad_gradient_left_out__2(gradients, scale):
    out = [g.astype(np.float32) / np.float32(scale) for g in gradients if np.isfinite(g).all()]
    return (out, scale)


def only_the_first_gradient_looked_at__2(gradients, scale):
    for g in gradients:
        if not np.isfinite(g).all():
            return (None, scale / 2)
        return ([g.astype(np.float32) / np.float32(scale) for g in gradients], scale)


def gradients_changed_in_place__3(gradients, scale):
    if not all(np.isfinite(g).all() for g in gradients):
        return (None, scale / 2)
    for i, g in enumerate(gradients):
        gradients[i] = g.astype(np.float32) / np.float32(scale)
    return (gradients, scale)


def scale_kept_after_an_overflow__2(gradients, scale):
    if not all(np.isfinite(g).all() for g in gradients):
        return (None, scale)
    return ([g.astype(np.float32) / np.float32(scale) for g in gradients], scale)


def multiplied_instead_of_divided__2(gradients, scale):
    if not all(np.isfinite(g).all() for g in gradients):
        return (None, scale / 2)
    return ([g.astype(np.float32) * np.float32(scale) for g in gradients], scale)


def inf_missed__2(gradients, scale):
    if any(np.isnan(g).any() for g in gradients):
        return (None, scale / 2)
    return ([g.astype(np.float32) / np.float32(scale) for g in gradients], scale)


def divided_in_float16__3(gradients, scale):
    if not all(np.isfinite(g).all() for g in gradients):
        return (None, scale / 2)
    return ([g / np.float16(scale) for g in gradients], scale)
