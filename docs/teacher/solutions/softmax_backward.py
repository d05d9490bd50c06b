def softmax_backward(g, p):
    return p * (g - (g * p).sum(axis=-1, keepdims=True))
