"""Wrong Hessian-vector products, one for each mistake that the checks name."""


def only_the_diagonal_of_p(p, v):
    return v * p


def only_the_diagonal_of_h(p, v):
    return (p - p**2) * v


def v_summed_unweighted(p, v):
    return p * (v - v.sum())


def sign(p, v):
    return p * ((p * v).sum() - v)
