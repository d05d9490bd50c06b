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


def one_maximum_for_all_images(weights, images):
    h = images @ weights["0.weight"].T
    h += weights["0.bias"]
    h[h < 0] = 0
    z = h @ weights["2.weight"].T
    z += weights["2.bias"]
    e = np.exp(z - z.max())
    return e / e.sum(axis=1, keepdims=True)


def class_numbers_returned(weights, images):
    h = np.maximum(images @ weights["0.weight"].T + weights["0.bias"], 0)
    return (h @ weights["2.weight"].T + weights["2.bias"]).argmax(axis=1)


def logits_returned__2(weights, images):
    h = np.maximum(images @ weights["0.weight"].T + weights["0.bias"], 0)
    return h @ weights["2.weight"].T + weights["2.bias"]


def weights_not_transposed__2(weights, images):
    h = np.maximum(images @ weights["0.weight"] + weights["0.bias"], 0)
    z = h @ weights["2.weight"] + weights["2.bias"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def bias_forgotten__2(weights, images):
    h = np.maximum(images @ weights["0.weight"].T, 0)
    z = h @ weights["2.weight"].T
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def no_max_subtraction__2(weights, images):
    h = np.maximum(images @ weights["0.weight"].T + weights["0.bias"], 0)
    e = np.exp(h @ weights["2.weight"].T + weights["2.bias"])
    return e / e.sum(axis=1, keepdims=True)


def it_raised_a_keyerror(weights, images):
    h = np.maximum(images @ weights["0.weight"].T + weights["0.bias"], 0)
    z = h @ weights["1.weight"].T + weights["1.bias"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def relu_after_the_last_layer_too__2(weights, images):
    h = np.maximum(images @ weights["0.weight"].T + weights["0.bias"], 0)
    z = np.maximum(h @ weights["2.weight"].T + weights["2.bias"], 0)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def pixels_divided_by_255(weights, images):
    h = np.maximum(images / 255 @ weights["0.weight"].T + weights["0.bias"], 0)
    z = h @ weights["2.weight"].T + weights["2.bias"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def another_activation_than_relu(weights, images):
    h = np.tanh(images @ weights["0.weight"].T + weights["0.bias"])
    z = h @ weights["2.weight"].T + weights["2.bias"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
