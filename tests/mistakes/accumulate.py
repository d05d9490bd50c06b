"""Wrong accumulates, one for each mistake that the checks name."""

from collections import defaultdict

import numpy as np


def assigned_instead_of_accumulated(contributions):
    gradients = {}
    for name, contribution in contributions:
        gradients[name] = contribution
    return gradients


def only_the_first_contribution_kept(contributions):
    gradients = {}
    for name, contribution in contributions:
        if name not in gradients:
            gradients[name] = contribution
    return gradients


def averaged_instead_of_summed(contributions):
    lists = defaultdict(list)
    for name, contribution in contributions:
        lists[name].append(contribution)
    return {name: np.mean(arrays, axis=0) for name, arrays in lists.items()}


def upstream_gradient_changed_in_place(contributions):
    gradients = {}
    for name, contribution in contributions:
        if name in gradients:
            gradients[name] += contribution
        else:
            gradients[name] = contribution
    return gradients


def entries_summed_as_well(contributions):
    gradients = defaultdict(float)
    for name, contribution in contributions:
        gradients[name] += contribution.sum()
    return dict(gradients)


def right__defaultdict(contributions):
    out = defaultdict(float)
    for n, c in contributions:
        out[n] += c
    return out


def right__float64_zeros(contributions):
    out = {}
    for n, c in contributions:
        if n not in out:
            out[n] = np.zeros(c.shape)
        out[n] += c
    return out


def right__get0(contributions):
    out = {}
    for n, c in contributions:
        out[n] = out.get(n, 0) + c
    return out


def cut_off_to_whole_numbers(contributions):
    out = {}
    for n, c in contributions:
        if n not in out:
            out[n] = np.zeros(c.shape, int)
        out[n] = (out[n] + c).astype(int)
    return out


def entry_x_is_a_list_instead_of_an_array(contributions):
    out = {}
    for n, c in contributions:
        out[n] = out.get(n, 0) + c
    return {n: v.tolist() for n, v in out.items()}


def averaged_instead_of_summed__2(contributions):
    out = {}
    for n, c in contributions:
        out.setdefault(n, []).append(c)
    return {n: np.mean(v, axis=0) for n, v in out.items()}


def right__not_copied(contributions):
    out = {}
    for n, c in contributions:
        out[n] = out[n] + c if n in out else c
    return out


def only_the_last_two_contributions_kept(contributions):
    out = {}
    prev = {}
    for n, c in contributions:
        out[n] = prev.get(n, 0) + c
        prev[n] = c
    return out


def assigned_instead_of_accumulated__2(contributions):
    return dict(contributions)


def entries_summed_as_well__2(contributions):
    out = {}
    for n, c in contributions:
        out[n] = out.get(n, 0) + np.sum(c)
    return out


def it_remembers_an_earlier_call(contributions, gradients={}):
    for name, contribution in contributions:
        gradients[name] = gradients.get(name, 0) + contribution
    return dict(gradients)
