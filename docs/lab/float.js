// Numbers of a dtype. Every one is kept as a JavaScript number, a float64, that the dtype has, too;
// `round` takes the exact result of an operation to the nearest of them, ties to even.
"use strict";

const DTYPES = {
  float16: { bits: 11, least: -14, largest: 65504, digits: 3, round: toHalf, inside: Math.fround },
  float32: { bits: 24, least: -126, largest: (2 - 2 ** -23) * 2 ** 127, digits: 7, round: Math.fround, inside: Math.fround },
  float64: { bits: 53, least: -1022, largest: Number.MAX_VALUE, digits: 16, round: (x) => x, inside: (x) => x },
};
// `inside` is what an op computes in: minigrad computes the ops of float16 in float32.
for (const [name, dtype] of Object.entries(DTYPES)) {
  dtype.name = name;
  dtype.eps = 2 ** (1 - dtype.bits);
  dtype.normal = 2 ** dtype.least;
  dtype.smallest = 2 ** (dtype.least + 1 - dtype.bits);
}

// The k of |x| = f · 2ᵏ with 1 ≤ f < 2.
function exponentOf(x) {
  const k = Math.floor(Math.log2(Math.abs(x)));
  if (k < -1022) return Math.abs(x) >= 2 ** (k + 1) ? k + 1 : Math.abs(x) < 2 ** k ? k - 1 : k;
  const scaled = Math.abs(x) / 2 ** k; // the logarithm is rounded, so k may be off by one
  return scaled >= 2 ? k + 1 : scaled < 1 ? k - 1 : k;
}

// The distance from |x| to the next larger number of the dtype.
function spacing(x, dtype) {
  return 2 ** (Math.max(x === 0 ? -Infinity : exponentOf(x), dtype.least) + 1 - dtype.bits);
}

function toHalf(x) {
  if (!Number.isFinite(x) || x === 0) return x;
  const step = 2 ** (Math.max(exponentOf(x), -14) - 10);
  const whole = 1.5 * 2 ** 52; // beside it a float64 has no room for a fraction
  const rounded = (Math.abs(x) / step + whole - whole) * step;
  return Math.sign(x) * (rounded > 65504 ? Infinity : rounded);
}

// As Python writes it, with so many significant digits.
function written(x, digits = 4) {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  if (x === 0) return "0";
  const [, fraction, power] = x.toExponential(digits - 1).match(/^(.*)e(.*)$/);
  const k = Number(power);
  const text = k < -4 || k >= Math.max(digits, 5)
    ? `${tidy(fraction)}e${k}` : tidy(x.toFixed(Math.max(0, digits - 1 - k)));
  return text.replaceAll("-", "−");
}

function tidy(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

// As Python reads it: 2.0, not 2.
function literal(x) {
  if (!Number.isFinite(x)) return `float("${x > 0 ? "inf" : x < 0 ? "-inf" : "nan"}")`;
  return Object.is(x, -0) ? "-0.0" : Number.isInteger(x) && Math.abs(x) < 1e16 ? `${x}.0` : `${x}`;
}
