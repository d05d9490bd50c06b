"""Wrong ways to read digits, one for each mistake that the checks name."""

import numpy as np


def _logits(weights, images):
    h = np.maximum(images @ weights["0.weight"].T + weights["0.bias"], 0)
    return h @ weights["2.weight"].T + weights["2.bias"]


def _softmax(z):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


def weights_not_transposed(weights, images):
    h = np.maximum(images @ weights["0.weight"] + weights["0.bias"], 0)
    return _softmax(h @ weights["2.weight"] + weights["2.bias"])


def bias_forgotten(weights, images):
    h = np.maximum(images @ weights["0.weight"].T, 0)
    return _softmax(h @ weights["2.weight"].T)


def relu_forgotten(weights, images):
    h = images @ weights["0.weight"].T + weights["0.bias"]
    return _softmax(h @ weights["2.weight"].T + weights["2.bias"])


def relu_after_the_last_layer_too(weights, images):
    x = images
    for layer in ["0", "2"]:
        x = np.maximum(x @ weights[layer + ".weight"].T + weights[layer + ".bias"], 0)
    return _softmax(x)


def no_max_subtraction(weights, images):
    exps = np.exp(_logits(weights, images))
    return exps / exps.sum(axis=1, keepdims=True)


def softmax_along_the_images(weights, images):
    z = _logits(weights, images)
    exps = np.exp(z - z.max(axis=0))
    return exps / exps.sum(axis=0)


def sum_over_all_images(weights, images):
    z = _logits(weights, images)
    exps = np.exp(z - z.max())
    return exps / exps.sum()


def keepdims_forgotten(weights, images):
    z = _logits(weights, images)
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1)


def softmax_applied_twice(weights, images):
    p = _softmax(_logits(weights, images))
    return _softmax(p)


def logits_returned(weights, images):
    return _logits(weights, images)


def log_probabilities_returned(weights, images):
    z = _logits(weights, images)
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def an_argument_changed_in_place(weights, images):
    for name in ["0.weight", "2.weight"]:
        weights[name] = weights[name].T
    h = np.maximum(images @ weights["0.weight"] + weights["0.bias"], 0)
    return _softmax(h @ weights["2.weight"] + weights["2.bias"])
