def accumulate(contributions):
    gradients = {}
    for name, contribution in contributions:
        if name in gradients:
            gradients[name] = gradients[name] + contribution  # not +=: that would change an array
        else:
            gradients[name] = contribution
    return gradients
