"""Accumulate: what arrives at a node over several paths is added up."""


def accumulate(contributions):
    """Add up the contributions that the backward walk sends to each node.

        ∂L/∂x = Σ over all uses u of x:  ∂L/∂u · ∂u/∂x

    A node that was used twice gets two contributions. Its gradient is their sum. The arrays of the
    list belong to the caller, so they must be the same afterwards.

    Parameters
    ----------
    contributions : list of (str, ndarray)
        Pairs of a node's name and one contribution to its gradient, of the node's shape, in the
        order in which the walk made them. A name may come any number of times.

    Returns
    -------
    dict from str to ndarray
        For each name its gradient.

    Examples
    --------
    >>> accumulate([("x", np.array([1.0])), ("b", np.array([5.0])), ("x", np.array([2.0]))])
    {'x': array([3.]), 'b': array([5.])}
    """
    gradients = {}
    for name, contribution in contributions:
        if name in gradients:
            gradients[name] = gradients[name] + contribution  # not +=: that would change an array
        else:
            gradients[name] = contribution
    return gradients
