// Floats on a ruler: which numbers there are between 0 and 1, and where results land among them.
"use strict";

const range = (from, to, step = 1) => Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
const KS = [...range(0, 26), ...range(30, 120, 10), ...range(124, 150), ...range(200, 1000, 100), ...range(1016, 1075)];
const UP = [...range(0, 10, 0.5), 11, 11.25, 12, 15, 20, 30, 50, 70, 80, 85, 88, 88.5, 89, 90, 100, 150, 200, 300, 400, 500, 600, 700, 709, 710, 750, 800, 900, 1000];
const DOWN = [...range(0.5, 10, 0.5), 12, 14, 16, 17, 17.5, 18, 20, 30, 50, 70, 85, 87, 88, 90, 95, 100, 103, 103.5, 104, 110, 150, 200, 300, 500, 700, 708, 710, 730, 745, 746, 800, 900, 1000];
const XS = [...DOWN.map((x) => -x).reverse(), ...UP];
const LARGES = [1, 16, 256, 2048, 65504, 1048576, 16777216, 1073741824];
const ES = range(0, 18, 0.5);
const narrow = matchMedia("(max-width: 620px)");
let WIDTH = 1400; // of a ruler; on a phone less, so that what is written on it stays large
const LINE = 62; // where the ruler lies in its picture

const VIEWS = {
  zoom: { show: showZoom, say: "Above each octave stands how many floats it has: always the same number, until the dtype runs out of exponents." },
  exp: { show: showExp, say: "exp turns a difference into a factor: the window of x in which it is a number is narrow in every dtype." },
  add: { show: showAdd, say: "The exact sum lies between two floats and goes to the nearer one. What is smaller than half a gap is swallowed." },
  log1p: { show: showLog1p, say: "Beside a 1 there is no room for the digits of a small x. log1p never adds them up." },
};

const tick = (x, height = 12) => draw("line", { class: "tick", x1: x, x2: x, y1: LINE - height, y2: LINE + height });
const label = (x, y, says, attributes = {}) => draw("text", { x, y, ...attributes }, says);
const line = () => draw("line", { class: "line", x1: 0, x2: WIDTH, y1: LINE, y2: LINE });
const number = (name, x, digits = 4) => make("span", {}, `${name} `, make("span", { class: "number", "data-number": name, "data-value": literal(x) }, written(x, digits)));

// How many digits are right, as a part of the number itself, also of a subnormal one.
function digitsWord(x, exact, dtype) {
  const error = !Number.isFinite(x) ? Infinity : exact.m === 0n ? Math.abs(x) : Exact.of(x).minus(exact).abs().over(exact.abs()).toNumber();
  const digits = error <= 8 * dtype.eps ? dtype.digits : Math.max(0, Math.floor(-Math.log10(error)));
  return make("span", { class: `word ${digits === dtype.digits ? "exact" : "lost"}` }, `${digits} of ${dtype.digits} digits`);
}

const powerOf2 = (k) => `2${[...`${k}`].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("")}`;

function render(state) {
  WIDTH = narrow.matches ? 640 : 1400;
  for (const [name, dtype] of Object.entries(DTYPES)) {
    const card = $(`[data-dtype="${name}"]`);
    const { words, shapes, about } = VIEWS[state.view].show(state, dtype);
    card.querySelector(".top").replaceChildren(make("b", { class: "name" }, name), ...words);
    const rule = card.querySelector(".rule");
    fill(rule, { viewBox: `-2 0 ${WIDTH + 4} 112`, "aria-label": `ruler of ${name}: ${about}` }, []);
    rule.replaceChildren(...shapes.flat(Infinity));
  }
  for (const control of document.querySelectorAll("[data-view]")) control.hidden = !control.dataset.view.split(" ").includes(state.view);
  $("#say").textContent = VIEWS[state.view].say;
  return {
    k: state.k ? powerOf2(-state.k) : "1", x: written(state.x, 6), large: written(state.large, 10),
    small: written(smallOf(state), 4), smallname: state.view === "add" ? "small" : "x",
  };
}

// ---------------------------------------------------------------------------------------------
// From 0 to 2⁻ᵏ, an octave after the other
// ---------------------------------------------------------------------------------------------

// How many floats there are from 2^(top − 1) to 2^top: half as many in each octave of subnormals.
function countBelow(top, dtype) {
  const lost = Math.max(0, dtype.least - (top - 1));
  return lost >= dtype.bits ? 0 : 2 ** (dtype.bits - 1 - lost);
}

function showZoom({ k }, dtype) {
  const top = -k;
  const shapes = [];
  for (let j = 0; j < 9; j++) { // octaves, from the right
    const [right, left] = [WIDTH * 2 ** -j, WIDTH * 2 ** -(j + 1)];
    const count = countBelow(top - j, dtype);
    const gap = count ? (right - left) / count : Infinity;
    const sub = top - j - 1 < dtype.least ? " sub" : "";
    if (gap < 4) shapes.push(draw("rect", { class: `band${j % 2 ? " even" : ""}${sub}`, x: left, width: right - left, y: LINE - 12, height: 24 }));
    else for (let i = 0; i < count; i++) shapes.push(tick(left + i * gap));
    if (j < 4) shapes.push(label((left + right) / 2, 32, count < 1e6 ? `${count}` : written(count, 3), count ? {} : { class: "bad" }));
  }
  const end = -k >= dtype.least + 1 - dtype.bits;
  shapes.push(line(), tick(0, 20), label(0, LINE + 42, "0", { class: "start" }), end && tick(WIDTH - 1, 20),
    label(WIDTH, LINE + 42, k ? powerOf2(-k) : "1", { class: "end" }));
  const x = end ? 2 ** -k : 0;
  const gap = x ? spacing(x, dtype) : dtype.smallest;
  const bits = Math.max(0, Math.min(dtype.bits, -k - dtype.least + dtype.bits));
  return {
    shapes: shapes.filter(Boolean),
    words: [number(k ? `${powerOf2(-k)} is` : "1 is", x), number("gap", gap, 3), make("span", { class: `word ${bits === dtype.bits ? "exact" : bits ? "lost" : "dead"}` }, `${bits} of ${dtype.bits} binary digits`)],
    about: `${countBelow(top, dtype)} floats in the right half`,
  };
}

// ---------------------------------------------------------------------------------------------
// Where exp(x) lands
// ---------------------------------------------------------------------------------------------

// The scale of x: by its root, so that all three windows can be seen.
const xAt = (x) => WIDTH * (0.5 + (Math.sign(x) * Math.sqrt(Math.abs(x))) / (2 * Math.sqrt(1010)));

function showExp({ x }, dtype) {
  const given = dtype.round(x);
  const y = dtype.round(Math.exp(given));
  const exact = Exact.of(given).exp();
  const [zero, normal, largest] = [Math.log(dtype.smallest) - Math.LN2, Math.log(dtype.normal), Math.log(dtype.largest)];
  const block = (from, to, kind) => draw("rect", { class: kind, x: from, width: to - from, y: LINE - 20, height: 40 });
  const at = xAt(given);
  const lost = y === 0 || !Number.isFinite(y);
  return {
    shapes: [
      block(0, xAt(zero), "outside"), block(xAt(zero), xAt(normal), "band sub"), block(xAt(normal), xAt(largest), "band"), block(xAt(largest), WIDTH, "outside"),
      label(xAt(zero) / 2, LINE + 6, "0", { class: "bad" }), label((xAt(largest) + WIDTH) / 2, LINE + 6, "inf", { class: "bad" }),
      [zero, largest].map((end) => label(xAt(end), LINE + 42, written(end, 3))), label(xAt(0), LINE + 42, "0"),
      draw("line", { class: "mark", x1: at, x2: at, y1: LINE - 34, y2: LINE + 22 }), draw("path", { class: "lands", d: `M${at} ${LINE - 20}l-9 -18h18z` }),
    ],
    words: [number("exp(x) =", y, 5), make("span", {}, `exact ${exact.toString(5)}`),
      lost ? make("span", { class: "word dead" }, y === 0 ? "underflow" : "overflow") : digitsWord(y, exact, dtype)],
    about: `exp(x) is ${written(y, 5)}`,
  };
}

// ---------------------------------------------------------------------------------------------
// Sums, and log1p
// ---------------------------------------------------------------------------------------------

const smallOf = ({ e }) => Number((10 ** -e).toPrecision(3));

// The floats near a large number, where the exact sum lies, and where it goes.
function sumRuler(large, small, sum, dtype) {
  const gap = spacing(large, dtype);
  const width = Math.max(8 * gap, 1.5 * small + 2 * gap);
  const at = (offset) => 80 + ((WIDTH - 220) * offset) / width; // from the large number
  const shapes = [];
  const apart = at(gap) - at(0);
  if (apart < 6) shapes.push(draw("rect", { class: "band", x: at(0), width: WIDTH - at(0), y: LINE - 12, height: 24 }));
  else for (let offset = 0; at(offset) <= WIDTH; offset += gap) shapes.push(tick(at(offset)));
  const exact = at(small);
  const lands = at(sum - large);
  shapes.push(line(), tick(at(0), 22), label(at(0), LINE + 42, written(large, 10)),
    apart >= 100 && label(at(gap), LINE + 42, `+ ${written(gap, 3)}`),
    draw("path", { class: "mark", d: `M${exact} 14Q${(exact + lands) / 2} 14 ${lands} ${LINE - 16}` }),
    draw("circle", { class: "lands", cx: exact, cy: 14, r: 8 }), draw("path", { class: "lands", d: `M${lands} ${LINE - 2}l-9 -17h18z` }),
    label(exact + 18, 20, "exact sum", { class: "start" }));
  return shapes.filter(Boolean);
}

function showAdd(state, dtype) {
  const [large, small] = [dtype.round(state.large), dtype.round(smallOf(state))];
  if (!Number.isFinite(large)) {
    return { words: [number("(large + small) − large =", NaN), make("span", { class: "word dead" }, "large is inf")], shapes: [line(), label(WIDTH / 2, 36, `${written(state.large, 10)} is beyond the largest float16, 65504`, { class: "bad" })], about: "out of range" };
  }
  const sum = dtype.round(dtype.inside(large + small));
  const left = dtype.round(dtype.inside(sum - large));
  return {
    shapes: sumRuler(large, small, sum, dtype),
    words: [number("(large + small) − large =", left, 5), make("span", {}, `exact ${written(small, 5)}`), digitsWord(left, Exact.of(small), dtype)],
    about: `the sum lands on ${written(sum, 10)}`,
  };
}

function showLog1p(state, dtype) {
  const x = dtype.round(smallOf(state));
  const sum = dtype.round(dtype.inside(1 + x));
  const [plain, better] = [dtype.round(Math.log(sum)), dtype.round(Math.log1p(x))];
  const exact = Exact.of(x).log1p();
  const none = x === 0 && make("span", { class: "word dead" }, "x itself rounds to 0");
  return {
    shapes: sumRuler(1, x, sum, dtype),
    words: [number("log(1 + x) =", plain, 5), digitsWord(plain, exact, dtype), number("log1p(x) =", better, 5), none || digitsWord(better, exact, dtype)],
    about: `1 + x lands on ${written(sum, 10)}`,
  };
}

// ---------------------------------------------------------------------------------------------
// The page
// ---------------------------------------------------------------------------------------------

function python(state) {
  const lines = {
    zoom: [`x = dtype(2.0**-${state.k})`, "gap = np.spacing(x) if x else np.finfo(dtype).smallest_subnormal", "print(x, gap)"],
    exp: [`x = mg.Tensor(np.array(${literal(state.x)}, dtype))`, "print(np.exp(x).item())"],
    add: [`large, small = mg.Tensor(np.array(${literal(state.large)}, dtype)), mg.Tensor(np.array(${literal(smallOf(state))}, dtype))`, "print(((large + small) - large).item())"],
    log1p: [`x = mg.Tensor(np.array(${literal(smallOf(state))}, dtype))`, "print(np.log(1 + x).item(), np.log1p(x).item())"],
  }[state.view];
  return ["import numpy as np", "import minigrad as mg", "", "for dtype in (np.float16, np.float32, np.float64):", ...lines.map((text) => `    ${text}`)].join("\n");
}

const page = new Page({
  fields: {
    view: { is: "zoom", may: Object.keys(VIEWS) },
    k: { is: 0, may: KS, steps: KS },
    x: { is: 5, may: XS, steps: XS },
    large: { is: 1, may: LARGES, steps: LARGES },
    e: { is: 3, may: ES, steps: ES },
  },
  presets: {
    one: {},
    subnormal: { k: 20 },
    overflow: { view: "exp", x: 100 },
    underflow: { view: "exp", x: -104 },
    swallowed: { view: "add", large: 16777216, e: 0 },
    log1p: { view: "log1p", e: 6 },
  },
  render,
  python,
});

narrow.addEventListener("change", () => page.show());
