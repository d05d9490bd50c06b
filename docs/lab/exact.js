// Numbers m · 2ᵉ with a whole m of 192 bits, which is 57 digits: what the others are compared with.
// Exponents have no bounds here, so nothing overflows or underflows.
"use strict";

const BITS = 192;

class Exact {
  constructor(m, e) {
    const excess = bitLength(m) - BITS;
    if (excess > 0) {
      m = (m + (1n << BigInt(excess - 1))) >> BigInt(excess);
      e += excess;
    }
    this.m = m;
    this.e = m === 0n ? 0 : e;
  }

  static of(x) {
    if (x instanceof Exact) return x;
    if (x === 0) return new Exact(0n, 0);
    const e = Math.max(exponentOf(x), -1022) - 52;
    return new Exact(BigInt((x / 2 ** Math.trunc(e / 2)) / 2 ** (e - Math.trunc(e / 2))), e);
  }

  negate() { return new Exact(-this.m, this.e); }

  abs() { return this.m < 0n ? this.negate() : this; }

  plus(x) {
    x = Exact.of(x);
    if (this.m === 0n || x.m === 0n) return this.m === 0n ? x : this;
    const [high, low] = this.e >= x.e ? [this, x] : [x, this];
    if (high.e - low.e > 4 * BITS) return high; // the other is below its last digit
    return new Exact((high.m << BigInt(high.e - low.e)) + low.m, low.e);
  }

  minus(x) { return this.plus(Exact.of(x).negate()); }

  times(x) {
    x = Exact.of(x);
    return new Exact(this.m * x.m, this.e + x.e);
  }

  over(x) {
    x = Exact.of(x);
    const up = 2 * BITS;
    return new Exact((this.m << BigInt(up)) / x.m, this.e - up - x.e);
  }

  // exp(k · log 2 + r) = 2ᵏ · exp(r), and exp(r) is exp(r / 256), by its series, to the power of 256.
  exp() {
    const k = Math.round(this.toNumber() / Math.LN2);
    const one = 1n << BigInt(FINE);
    const r = this.minus(LN2.times(k)).toFixed() >> 8n;
    let sum = one;
    for (let term = one, n = 1n; term !== 0n; n += 1n) {
      term = (term * r) / (n * one);
      sum += term;
    }
    for (let i = 0; i < 8; i++) sum = (sum * sum) >> BigInt(FINE);
    return new Exact(sum, k - FINE);
  }

  // log(1 + x) for x > −1, to the last digit also where x is tiny.
  log1p() {
    const near = this.toNumber();
    if (Math.abs(near) < 2 ** -20) return logNear1(this);
    const guess = Math.log1p(near);
    const left = this.plus(1).times(Exact.of(-guess).exp()).minus(1);
    return logNear1(left).plus(guess);
  }

  // m · 2ᶠⁱⁿᵉ, a whole number, of m · 2ᵉ.
  toFixed() {
    const shift = this.e + FINE;
    return shift >= 0 ? this.m << BigInt(shift) : this.m >> BigInt(-shift);
  }

  toNumber() {
    const excess = bitLength(this.m) - 64;
    const [m, e] = excess > 0 ? [this.m >> BigInt(excess), this.e + excess] : [this.m, this.e];
    const half = Math.trunc(e / 2); // 2ᵉ itself may be out of range where the product is not
    return Number(m) * 2 ** half * 2 ** (e - half);
  }

  toString(digits = 8) {
    if (this.m === 0n) return "0";
    let power = Math.floor((bitLength(this.m) - 1 + this.e) * Math.LOG10E * Math.LN2);
    let whole = this.scaled(digits - 1 - power);
    if (whole >= 10n ** BigInt(digits)) whole = this.scaled(digits - 1 - ++power);
    const text = `${whole}`;
    const fraction = tidy(`${text[0]}.${text.slice(1)}`);
    const plain = power >= -4 && power < Math.max(digits, 5);
    const sign = this.m < 0n ? "−" : "";
    if (!plain) return `${sign}${fraction}e${power}`.replaceAll("-", "−");
    const places = Math.max(0, digits - 1 - power);
    const padded = text.padEnd(power + 1, "0").padStart(places + 1, "0");
    const cut = padded.length - places;
    return sign + (places ? tidy(`${padded.slice(0, cut)}.${padded.slice(cut)}`) : padded);
  }

  // |x| · 10ᵏ, rounded to a whole number.
  scaled(k) {
    const m = this.m < 0n ? -this.m : this.m;
    const [above, below] = k >= 0 ? [m * 10n ** BigInt(k), 1n] : [m, 10n ** BigInt(-k)];
    const [top, bottom] = this.e >= 0
      ? [above << BigInt(this.e), below] : [above, below << BigInt(-this.e)];
    return (2n * top + bottom) / (2n * bottom);
  }
}

const FINE = BITS + 64;
const LN2 = (() => { // Σ 1 / (k · 2ᵏ)
  const up = 2 * FINE;
  let sum = 0n;
  for (let k = 1n; k < BigInt(up); k += 1n) sum += (1n << BigInt(up)) / (k << k);
  const exact = Object.create(Exact.prototype); // with more bits than the others
  return Object.assign(exact, { m: sum >> BigInt(FINE), e: -FINE });
})();

function bitLength(m) {
  if (m === 0n) return 0;
  const text = (m < 0n ? -m : m).toString(16);
  return 4 * text.length - Math.clz32(parseInt(text[0], 16)) + 28;
}

// log(1 + x) = 2 artanh(x / (2 + x)) for a small x, by its series.
function logNear1(x) {
  if (x.m === 0n) return x;
  const t = x.over(x.plus(2));
  const square = t.times(t);
  let [sum, power] = [t, t];
  for (let n = 3; n < 64; n += 2) {
    power = power.times(square);
    sum = sum.plus(power.over(n));
  }
  return sum.times(2);
}

// How far a number is off: its error as a part of the exact value, or of the smallest normal number
// of the dtype where the exact value is below that.
function relativeError(x, exact, dtype) {
  if (!Number.isFinite(x)) return Infinity;
  const size = exact.abs().toNumber() < dtype.normal ? Exact.of(dtype.normal) : exact.abs();
  return Exact.of(x).minus(exact).abs().over(size).toNumber();
}

// How many digits of a number are right, of those that its dtype has.
function digitsRight(x, exact, dtype) {
  const error = relativeError(x, exact, dtype);
  if (error <= 8 * dtype.eps) return dtype.digits;
  return Math.max(0, Math.min(dtype.digits, Math.floor(-Math.log10(error))));
}
