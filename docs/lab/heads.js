// Four ways to write the loss of two logits, the first of which is the target's: equal on paper.
"use strict";

const HEADS = {
  naive: {
    title: "naive",
    python: [
      "exps = np.exp(z)", "total = exps.sum()", "probs = exps / total",
      "log_probs = np.log(probs)", "loss = -log_probs[0]",
    ],
    compute(z) {
      const exps = Tensor.record("Exp", [z]);
      const total = Tensor.record("Sum", [exps]);
      const probs = Tensor.record("Div", [exps, total]);
      const logProbs = Tensor.record("Log", [probs]);
      const picked = Tensor.record("GetItem", [logProbs], 0);
      return { z, exps, total, probs, log_probs: logProbs, loss: Tensor.record("Neg", [picked]) };
    },
  },
  shifted: {
    title: "shifted",
    python: ["probs = F.softmax(z)", "log_probs = np.log(probs)", "loss = -log_probs[0]"],
    compute(z) {
      const probs = Tensor.record("Softmax", [z]);
      const logProbs = Tensor.record("Log", [probs]);
      const picked = Tensor.record("GetItem", [logProbs], 0);
      return { z, probs, log_probs: logProbs, loss: Tensor.record("Neg", [picked]) };
    },
  },
  log_softmax: {
    title: "log_softmax",
    python: ["log_probs = F.log_softmax(z)", "loss = F.nll_loss(log_probs, 0)"],
    compute(z) {
      const logProbs = Tensor.record("LogSoftmax", [z]);
      return { z, log_probs: logProbs, loss: Tensor.record("NLLLoss", [logProbs], 0) };
    },
  },
  fused: {
    title: "fused",
    python: ["loss = F.cross_entropy(z, 0)"],
    compute(z) {
      return { z, loss: Tensor.record("CrossEntropy", [z], 0) };
    },
  },
};

// Run a head forward and back: its Tensors by name, each with its gradient.
function runHead(name, logits, dtype) {
  const tensors = HEADS[name].compute(Tensor.of(logits, dtype));
  tensors.loss.backward();
  return tensors;
}

// What each of these numbers is without rounding, from formulas in which nothing cancels:
// e = exp z, s = e₀ + e₁, and for the target 1 − p₀ = e₁ / s.
const known = new Map();

function exactOf([a, b]) {
  const key = `${a} ${b}`;
  if (!known.has(key)) known.set(key, computeExact(a, b));
  return known.get(key);
}

function computeExact(a, b) {
  const difference = Exact.of(b).minus(a); // the loss is log(1 + exp(z₁ − z₀))
  const ratio = difference.exp();
  const one = Exact.of(1);
  const exps = [Exact.of(a).exp(), Exact.of(b).exp()];
  const sum = exps[0].plus(exps[1]);
  const probs = [one.over(ratio.plus(1)), ratio.over(ratio.plus(1))];
  const loss = ratio.e > 0 ? difference.plus(one.over(ratio).log1p()) : ratio.log1p();
  const logOther = ratio.e > 0 ? one.over(ratio).log1p().negate() : difference.minus(loss);
  const zero = Exact.of(0);
  return {
    value: { z: [Exact.of(a), Exact.of(b)], exps, total: [sum], probs, log_probs: [loss.negate(), logOther], loss: [loss] },
    grad: {
      z: [probs[1].negate(), probs[1]],
      exps: [probs[1].over(exps[0]).negate(), one.over(sum)],
      total: [one.over(sum)],
      probs: [one.over(probs[0]).negate(), zero],
      log_probs: [Exact.of(-1), zero],
      loss: [one],
    },
  };
}

// How each number of a head did: its value, the exact one, how many digits are right, and a word.
function judgeHead(name, logits, dtype) {
  const tensors = runHead(name, logits, dtype);
  const exact = exactOf(tensors.z.data);
  const rows = Object.entries(tensors).map(([row, tensor]) => ({
    name: row,
    op: tensor.op,
    value: tensor.data.map((x, i) => judge(x, exact.value[row][i], dtype)),
    grad: tensor.grad.map((x, i) => judge(x, exact.grad[row][i], dtype)),
  }));
  return { rows, loss: rows.at(-1).value[0], gradient: worst(rows[0].grad), first: firstBad(rows) };
}

// "exact": all digits; "lost": some are wrong; "under": below the normal numbers, as near as the
// dtype gets; "dead": inf or NaN.
function judge(x, exact, dtype) {
  const digits = digitsRight(x, exact, dtype);
  const word = !Number.isFinite(x) ? "dead"
    : exact.m !== 0n && exact.abs().toNumber() < dtype.normal && digits === dtype.digits ? "under"
      : digits === dtype.digits ? "exact" : "lost";
  return { x, exact, word, digits: word === "under" ? digitsLeft(x, exact) : digits };
}

// Of a number below the normal ones: digits that are right as a part of the number itself.
function digitsLeft(x, exact) {
  const error = Exact.of(x).minus(exact).abs().over(exact.abs()).toNumber();
  return Math.max(0, Math.floor(-Math.log10(error)));
}

function worst(cells) {
  const rank = ["exact", "under", "lost", "dead"];
  return cells.reduce((a, b) => {
    const order = rank.indexOf(b.word) - rank.indexOf(a.word) || a.digits - b.digits;
    return order > 0 ? b : a;
  });
}

// Where the bad numbers of the loss come from or, if it has none, those of the gradient: from there on
// every place of the way has bad ones, values from z to the loss, then gradients from the loss to z.
function firstBad(rows) {
  const values = rows.map((row) => [row, "value"]);
  const gradients = [...rows].reverse().map((row) => [row, "grad"]);
  for (const kind of ["dead", "lost"]) {
    for (const way of [values, gradients]) {
      const fine = way.map(([row, part]) => row[part].every(({ word }) => word !== kind));
      const last = fine.lastIndexOf(true);
      if (last < way.length - 1) return { kind, row: way[last + 1][0].name, part: way[last + 1][1] };
    }
  }
  return null;
}

// Why it is bad, in a sentence.
function reasonOf(name, rows, first, dtype) {
  if (!first) return null;
  const row = rows.findIndex((r) => r.name === first.row);
  const at = rows[row][first.part].findIndex(({ word }) => word === first.kind);
  const x = (part, r, i) => rows[r][part][Math.min(i, rows[r][part].length - 1)];
  if (first.part === "value") {
    const from = first.row === "probs" && name === "naive" ? x("value", row - 2, at) : x("value", row - 1, at);
    if (first.kind === "dead" && first.row === "exps") {
      return `exp(${written(from.x)}) is beyond the largest ${dtype.name}, ${written(dtype.largest, 2)}.`;
    }
    if (first.kind === "dead" && first.row === "log_probs" && name === "naive" && x("value", row - 2, 0).word === "dead") {
      return "The total overflowed, so the probability became 0, and log 0 is −inf.";
    }
    if (first.kind === "dead" && first.row === "log_probs" && from.x === 0) {
      return `The probability ${from.exact.toString(2)} underflowed to 0, and log 0 is −inf.`;
    }
    if (first.kind === "dead") return "The sum of two numbers that still fit is too large.";
    if (first.row === "log_probs") {
      return from.word === "under"
        ? `The probability kept ${from.digits} of ${dtype.digits} digits, so close to 0.`
        : `The probability rounded to ${written(from.x, dtype.digits)}: next to 1 there is no room for the digits of its logarithm.`;
    }
    return "Its input had lost digits.";
  }
  if (first.row === "probs") {
    const p = x("value", row, at);
    return at === 1
      ? "The slope of log is g / p. This class was not picked, so g is 0, and p underflowed to 0: 0 / 0."
      : first.kind === "dead" ? `The slope of log is 1 / p, and 1 / ${written(p.x)} is too large.`
        : `The slope of log is 1 / p, and p kept ${p.digits} of ${dtype.digits} digits.`;
  }
  return first.kind === "dead" ? "Too large on the way back." : "p − 1 is what is left when nearly equal numbers are subtracted.";
}
