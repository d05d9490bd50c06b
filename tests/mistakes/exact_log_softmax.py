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


def the_first_class_taken_for_the_largest(z):
    s = z - z[:, :1]
    return s - np.log1p(np.exp(s[:, 1:]).sum(axis=1, keepdims=True))


def textbook_formula_that_rounds_to_0__2(z):
    s = z.astype(np.float64)
    s = s - s.max(axis=1, keepdims=True)
    return (s - np.log(np.exp(s).sum(axis=1, keepdims=True))).astype(z.dtype)


def one_place_for_all_rows(z):
    s = z - z.max(axis=1, keepdims=True)
    e = np.exp(s)
    e.flat[z.argmax()] = 0
    return s - np.log1p(e.sum(axis=1, keepdims=True))


def more_digits_instead_of_another_formula(z):
    s = z.astype(np.longdouble)
    s = s - s.max(axis=1, keepdims=True)
    return (s - np.log(np.exp(s).sum(axis=1, keepdims=True))).astype(z.dtype)


def all_ties_left_out__2(z):
    m = z.max(axis=1, keepdims=True)
    e = np.where(z == m, 0, np.exp(z - m))
    return z - m - np.log1p(e.sum(axis=1, keepdims=True))


def textbook_formula_that_rounds_to_0__3(z):
    s = z - z.max(axis=1, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=1, keepdims=True))


def one_maximum_for_all_rows(z):
    rows, top = np.arange(len(z)), z.argmax(axis=1)
    s = z - z.max()
    e = np.exp(s)
    e[rows, top] = 0
    return s - np.log1p(e.sum(axis=1, keepdims=True))
