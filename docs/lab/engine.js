// The engine, again, as far as the laboratory needs it: ops with their rules side by side, recorded
// while they compute, and the walk back. Each operation is rounded by r, as NumPy rounds it; the
// rules are those of minigrad/ops, line by line, for arrays of one axis.
"use strict";

const total = (r, x) => x.reduce((sum, v) => r(sum + v));
const zip = (a, b, f) => a.map((v, i) => f(v, b.length === 1 ? b[0] : b[i]));
const argmax = (x) => x.reduce((best, v, i) => (v > x[best] ? i : best), 0);
const without = (r, x, at) => total(r, x.map((v, i) => (i === at ? 0 : v)));

// exp(z − max z), and the sum of all of them but the largest.
function exponentials(r, z) {
  const top = argmax(z);
  const shifted = z.map((v) => r(v - z[top]));
  const exps = shifted.map((v) => r(Math.exp(v)));
  return { shifted, exps, rest: r(without(r, exps, top) + r(exps[top] - 1)) };
}

function softmax(r, z) {
  const { exps, rest } = exponentials(r, z);
  return exps.map((e) => r(e / r(1 + rest)));
}

// Centred and Excess of minigrad/ops/softmax.py.
function centred(r, g, p) {
  const mean = total(r, zip(g, p, (a, b) => r(a * b)));
  const likeliest = g[argmax(p)];
  const near = Math.abs(r(likeliest - mean)) <= r(r(16 * r(EPS.get(r))) * Math.abs(mean));
  const rows = g.map((v) => r(v - (near ? likeliest : mean)));
  const again = total(r, zip(rows, p, (a, b) => r(a * b)));
  return rows.map((v) => r(v - again));
}

function excess(r, w, p) {
  const top = argmax(p);
  const [otherW, otherP] = [without(r, w, top), without(r, p, top)];
  const sum = r(w[top] + otherW);
  return w.map((v, i) => (i === top
    ? r(r(w[top] * otherP) - r(p[top] * otherW)) : r(v - r(p[i] * sum))));
}

const EPS = new Map(Object.values(DTYPES).map((dtype) => [dtype.inside, 2 ** (1 - (dtype.bits === 53 ? 53 : 24))]));

const OPS = {
  Mul: { forward: (r, a, b) => zip(a, b, (v, w) => r(v * w)), backward: (r, g, y, a, b) => [zip(g, b, (v, w) => r(v * w)), zip(g, a, (v, w) => r(v * w))] },
  Add: { forward: (r, a, b) => zip(a, b, (v, w) => r(v + w)), backward: (r, g) => [g, g] },
  Exp: { forward: (r, x) => x.map((v) => r(Math.exp(v))), backward: (r, g, y) => [zip(g, y, (v, w) => r(v * w))] },
  Log: { forward: (r, x) => x.map((v) => r(Math.log(v))), backward: (r, g, y, x) => [zip(g, x, (v, w) => r(v / w))] },
  Neg: { forward: (r, x) => x.map((v) => -v), backward: (r, g) => [g.map((v) => -v)] },
  Sum: { forward: (r, x) => [total(r, x)], backward: (r, g, y, x) => [x.map(() => g[0])] },
  Div: {
    forward: (r, a, b) => zip(a, b, (v, w) => r(v / w)),
    backward: (r, g, y, a, b) => {
      const toA = zip(g, b, (v, w) => r(v / w));
      const toB = zip(toA, y, (v, w) => r(-v * w));
      return [toA, b.length < toB.length ? [total(r, toB)] : toB];
    },
  },
  GetItem: {
    forward: (r, x, at) => [x[at]],
    backward: (r, g, y, x, at) => [x.map((_, i) => (i === at ? g[0] : 0))],
  },
  Softmax: {
    forward: softmax,
    backward: (r, g, y) => [zip(y, centred(r, g, y), (a, b) => r(a * b))],
  },
  LogSoftmax: {
    forward: (r, z) => {
      const { shifted, rest } = exponentials(r, z);
      return shifted.map((v) => r(v - r(Math.log1p(rest))));
    },
    backward: (r, g, y, z) => [excess(r, g, softmax(r, z))],
  },
  NLLLoss: {
    forward: (r, x, at) => [0 - x[at]], // the sum over one sample
    backward: (r, g, y, x, at) => [x.map((_, i) => (i === at ? -g[0] : 0))],
  },
  CrossEntropy: {
    forward: (r, z, at) => {
      const { shifted, exps } = exponentials(r, z);
      const inner = r(without(r, exps, at) + r(exps[at] - 1));
      return [r(r(Math.log1p(inner)) - shifted[at])];
    },
    backward: (r, g, y, z, at) => {
      const { exps } = exponentials(r, z);
      const others = without(r, exps, at);
      const scale = r(g[0] / r(others + exps[at]));
      return [exps.map((e, i) => (i === at ? r(-scale * others) : r(e * scale)))];
    },
  },
};

// A Tensor: its numbers, the op that made them, and from what. `at`, where there is one, is an index.
class Tensor {
  constructor(data, dtype, op = null, parents = [], at = undefined) {
    Object.assign(this, { data, dtype, op, parents, at, grad: null });
  }

  static of(numbers, dtype) { return new Tensor(numbers.map(dtype.round), dtype); }

  static record(op, parents, at) {
    const { dtype } = parents[0];
    const y = OPS[op].forward(dtype.inside, ...parents.map((x) => x.data), at);
    return new Tensor(y.map(dtype.round), dtype, op, parents, at);
  }

  // What the backward rule makes of an upstream gradient: of float16 in float32, from a result that
  // was not rounded yet.
  pullBack(upstream) {
    const { inside } = this.dtype;
    const arrays = this.parents.map((x) => x.data);
    const y = this.dtype.name === "float16" ? OPS[this.op].forward(inside, ...arrays, this.at) : this.data;
    return OPS[this.op].backward(inside, upstream, y, ...arrays, this.at);
  }

  // Every Tensor behind this one, each after its parents.
  order() {
    const [order, seen] = [[], new Set()];
    const visit = (tensor) => {
      if (seen.has(tensor)) return;
      seen.add(tensor);
      tensor.parents.forEach(visit);
      order.push(tensor);
    };
    visit(this);
    return order;
  }

  backward() {
    this.grad = [1];
    for (const tensor of this.order().reverse()) {
      tensor.grad = tensor.grad.map(tensor.dtype.round);
      if (!tensor.op) continue;
      tensor.pullBack(tensor.grad).forEach((g, i) => {
        const parent = tensor.parents[i];
        parent.grad = parent.grad ? zip(parent.grad, g, (a, b) => parent.dtype.inside(a + b)) : g;
      });
    }
  }
}
