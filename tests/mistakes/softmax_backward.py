"""Wrong backward rules of softmax, one for each mistake that the checks name."""


def the_sum_term_is_missing(g, p):
    return g * p


def only_the_diagonal_of_the_jacobian(g, p):
    return g * (p - p**2)


def the_upstream_gradient_is_summed_unweighted(g, p):
    return p * (g - g.sum(-1, keepdims=True))


def summed_over_the_whole_batch(g, p):
    return p * (g - (g * p).sum())


def sign(g, p):
    return p * ((g * p).sum(axis=-1, keepdims=True) - g)


def upstream_gradient_changed_in_place(g, p):
    g -= (g * p).sum(axis=-1, keepdims=True)
    return p * g
