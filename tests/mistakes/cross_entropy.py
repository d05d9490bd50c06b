"""Wrong cross-entropies, one for each mistake that the checks name."""

import numpy as np


def _log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def _picked(rows, targets):
    return rows[np.arange(len(targets)), targets]


def probabilities_passed_as_logits(z, targets):
    return -_picked(_log_softmax(np.exp(_log_softmax(z))), targets).mean()


def log_of_softmax(z, targets):
    return -np.log(_picked(np.exp(_log_softmax(z)), targets)).mean()


def no_max_subtraction(z, targets):
    log_probs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -_picked(log_probs, targets).mean()


def sign(z, targets):
    return _picked(_log_softmax(z), targets).mean()


def sum_instead_of_mean(z, targets):
    return -_picked(_log_softmax(z), targets).sum()


def mean_over_all_classes(z, targets):
    return -_log_softmax(z).mean()


def log_forgotten(z, targets):
    return -_picked(np.exp(_log_softmax(z)), targets).mean()


def the_losses_of_the_samples_returned(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -lp[np.arange(len(z)), targets]


def softmax_along_the_samples(z, targets):
    s = z - z.max(axis=0, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=0, keepdims=True))
    return -lp[np.arange(len(z)), targets].mean()


def divided_by_the_number_of_classes(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -lp[np.arange(len(z)), targets].sum() / z.shape[1]


def a_constant_instead_of_a_cure(z, targets):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(z)), targets] + 1e-09).mean()


def one_maximum_for_all_rows(z, targets):
    s = z - z.max()
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -lp[np.arange(len(z)), targets].mean()


def it_is_1_443_times_what_it_should_be(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -lp[np.arange(len(z)), targets].mean() / np.log(2)


def mean_over_samples_and_classes(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    y = np.eye(z.shape[1])[targets]
    return -(y * lp).mean()


def log_forgotten__2(z, targets):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -p[np.arange(len(z)), targets].mean()


def sign__2(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return lp[np.arange(len(z)), targets].mean()


def a_column_instead_of_an_entry_of_each_row(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -lp[:, targets].mean()


def zero_times_minus_infinity(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    y = np.eye(z.shape[1])[targets]
    return -np.mean(np.sum(y * np.log(exps / exps.sum(axis=1, keepdims=True)), axis=1))


def class_numbers_used_as_one_hots(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -(targets[:, None] * lp).sum(axis=1).mean()


def class_numbers_used_as_one_hots__2(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -(targets.reshape(-1, 1) * lp).mean()


def the_most_probable_class_instead_of_the_target(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    return np.log(np.exp(s).sum(axis=1)).mean()


def a_constant_instead_of_a_cure__clip(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    p = np.clip(exps / exps.sum(axis=1, keepdims=True), 1e-15, 1 - 1e-15)
    return -np.log(p[np.arange(len(z)), targets]).mean()


def a_constant_instead_of_a_cure__max(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    p = exps / exps.sum(axis=1, keepdims=True)
    return -np.log(np.maximum(p[np.arange(len(z)), targets], 1e-300)).mean()


def a_constant_instead_of_a_cure__nan_to_num(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    p = exps / exps.sum(axis=1, keepdims=True)
    return -np.nan_to_num(np.log(p[np.arange(len(z)), targets])).mean()
