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
