"""Wrong ways to keep the last digits, one for each mistake that the checks name."""

import numpy as np


def textbook_formula_that_rounds_to_0(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def the_largest_term_counted_twice(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log1p(np.exp(z).sum(axis=1, keepdims=True))


def the_same_class_left_out_of_every_row(z):
    shifted = z - z.max(axis=1, keepdims=True)
    terms = np.exp(shifted)
    terms[:, np.argmax(z[0])] = 0
    return shifted - np.log1p(terms.sum(axis=1, keepdims=True))


def all_ties_left_out(z):
    shifted = z - z.max(axis=1, keepdims=True)
    terms = np.exp(shifted)
    terms[shifted == 0] = 0
    return shifted - np.log1p(terms.sum(axis=1, keepdims=True))


def argument_changed_in_place(z):
    rows, top = np.arange(len(z)), z.argmax(axis=1)
    z -= z[rows, top][:, None]
    terms = np.exp(z)
    terms[rows, top] = 0
    return z - np.log1p(terms.sum(axis=1, keepdims=True))
