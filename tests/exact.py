"""The softmax family in 60 digits, to compare with."""

from __future__ import annotations

import mpmath


class Exact:
    """All results for one row of logits and its target class."""

    def __init__(self, z, target):
        with mpmath.workdps(60):
            zs = [mpmath.mpf(float(v)) for v in z]
            m = max(zs)
            exps = [mpmath.exp(v - m) for v in zs]
            top = zs.index(m)
            rest = mpmath.fsum(e for i, e in enumerate(exps) if i != top)
            log_total = mpmath.log1p(rest)
            self.logsumexp = m + log_total
            self.probs = [e / (1 + rest) for e in exps]
            self.log_probs = [v - m - log_total for v in zs]
            self.loss = -self.log_probs[target]
            self.gradient = list(self.probs)
            others = mpmath.fsum(e for i, e in enumerate(exps) if i != target)
            self.gradient[target] = -others / (1 + rest)
