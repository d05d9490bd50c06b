def sgd_step(weights, gradients, lr):
    return [w - lr * g for w, g in zip(weights, gradients)]
