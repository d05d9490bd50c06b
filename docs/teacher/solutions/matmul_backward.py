def matmul_backward(g, A, B):
    return g @ B.T, A.T @ g
