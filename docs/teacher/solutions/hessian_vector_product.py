def hessian_vector_product(p, v):
    return p * (v - p @ v)
