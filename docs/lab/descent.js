// Descent: gradient descent on two logits, with the loss written in two ways, side by side.
"use strict";

const SPANS = { float16: 24, float32: 150, float64: 1000 }; // how far a map goes from 0
const UNITS = { float16: 0.5, float32: 5, float64: 20 }; // what a start is a multiple of
const RATES = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const LONGEST = 30;
const CELLS = 40; // a side of a map
const SIDE = 100; // of a map, in its own units

// From the start in k steps: the logits of each, their loss, and its gradient.
function descend(head, { z, lr, k, dtype }) {
  const { round, inside } = DTYPES[dtype];
  const way = [];
  for (let logits = z.map(round), i = 0; ; i++) {
    const { z: point, loss } = runHead(head, logits, DTYPES[dtype]);
    way.push({ z: point.data, loss: loss.data[0], gradient: point.grad });
    if (i === k) return way;
    logits = point.data.map((x, j) => round(inside(x - inside(inside(lr) * point.grad[j]))));
  }
}

const finite = ({ z, loss, gradient }) => [...z, loss, ...gradient].every(Number.isFinite);

function render(state) {
  const { dtype, k, lr } = state;
  const ways = { naive: descend("naive", state), fused: descend("fused", state) };
  for (const [head, way] of Object.entries(ways)) {
    showMap(head, dtype);
    showWay(head, way, SPANS[dtype]);
    showNumbers(head, way.at(-1));
  }
  $("#step").disabled = k === LONGEST;
  say(state, ways);
  return { k: `${k}`, lr: `${lr}` };
}

// ---------------------------------------------------------------------------------------------
// The maps
// ---------------------------------------------------------------------------------------------

const across = (x, span) => (SIDE * (x + span)) / (2 * span);
const up = (y, span) => SIDE - across(y, span);

function showMap(head, dtype) {
  const map = $(`#${head}`);
  if (map.dataset.dtype === dtype) return;
  map.dataset.dtype = dtype;
  const span = SPANS[dtype];
  const size = SIDE / CELLS;
  const points = [...Array(CELLS).keys()].map((j) => [...Array(CELLS).keys()].map((i) => pointAt(head, dtype, i, j)));
  const bands = points.flatMap((row, j) => runsOf(row.map((point) => shadeOf(point, span))).map(([shade, from, to]) => {
    const band = draw("rect", { x: from * size, y: SIDE - (j + 1) * size, width: (to - from) * size, height: size, class: shade === "dead" ? "dead" : false });
    if (shade !== "dead") band.style.fill = `color-mix(in srgb, var(--blue) ${shade}%, var(--paper))`;
    return band;
  }));
  const arrows = points.flatMap((row, j) => row.map((point, i) => (i % 5 === 2 && j % 5 === 2 && finite(point) ? slope(point, i, j, size) : null)));
  const text = (x, y, says, anchor = "middle") => draw("text", { x, y, "text-anchor": anchor }, says);
  fill(map, { viewBox: "-14 -5 116 116", "aria-label": `Map of the ${head} loss of two logits; the arrow keys move the start` }, []);
  map.replaceChildren(...bands, ...arrows.filter(Boolean),
    text(0, 105, `−${span}`, "start"), text(50, 105, "logit of the target"), text(100, 105, `${span}`, "end"),
    text(-1.5, 100, `−${span}`, "end"), text(-1.5, 51, "other", "end"), text(-1.5, 4, `${span}`, "end"), draw("g"));
}

// The loss and its gradient at a cell of the map.
function pointAt(head, dtype, i, j) {
  const logits = [i, j].map((at) => SPANS[dtype] * ((2 * at + 1) / CELLS - 1));
  const { z, loss } = runHead(head, logits, DTYPES[dtype]);
  return { z: z.data, loss: loss.data[0], gradient: z.grad };
}

const shadeOf = (point, span) => (finite(point) ? 5 * Math.round(14 * Math.sqrt(Math.min(1, point.loss / (2 * span)))) : "dead");

// A row as runs of the same shade: each with where it begins and ends.
function runsOf(shades) {
  const starts = shades.flatMap((shade, i) => (shade === shades[i - 1] ? [] : [i]));
  return starts.map((from, n) => [shades[from], from, starts[n + 1] ?? shades.length]);
}

// An arrow to where a step goes: against the gradient.
function slope({ gradient }, i, j, size) {
  const [dx, dy] = [-gradient[0], gradient[1]].map((g) => 6 * g);
  const [x, y] = [(i + 0.5) * size, SIDE - (j + 0.5) * size];
  const length = Math.hypot(dx, dy);
  if (length < 0.5) return draw("circle", { cx: x, cy: y, r: 0.6, class: "spot" });
  return draw("g", { class: "slope" }, draw("line", { x1: x, y1: y, x2: x + dx, y2: y + dy }),
    draw("path", { d: "M0 0L-2.6 1.3L-2.6 -1.3z", transform: `translate(${x + dx} ${y + dy}) rotate(${(Math.atan2(dy, dx) * 180) / Math.PI})` }));
}

function showWay(head, way, span) {
  const points = way.filter(({ z }) => z.every(Number.isFinite)).map(({ z }) => [across(z[0], span), up(z[1], span)]);
  const [x, y] = points.at(-1);
  const dead = way.some((point) => !finite(point));
  const marks = $(`#${head}`).lastElementChild;
  marks.replaceChildren(
    draw("polyline", { class: "way", points: points.map((point) => point.join(",")).join(" ") }),
    ...points.map(([cx, cy]) => draw("circle", { class: "spot", cx, cy, r: 1.1 })),
    draw("circle", { class: "now", cx: x, cy: y, r: 2.6 }));
  if (dead) marks.append(draw("text", { class: "end", x: Math.min(92, Math.max(8, x)), y: Math.max(8, y - 4.5) }, "NaN"));
}

function showNumbers(head, { z, loss, gradient }) {
  const number = (name, x) => make("span", { class: `number ${Number.isFinite(x) ? "" : "bad"}`, "data-number": `${head} ${name}`, "data-value": literal(x) }, written(x));
  $(`[data-numbers="${head}"]`).replaceChildren(
    make("span", {}, "loss ", number("loss", loss)),
    make("span", {}, "z ", number("z 0", z[0]), ", ", number("z 1", z[1])),
    make("span", {}, "gradient ", number("g 0", gradient[0]), ", ", number("g 1", gradient[1])));
}

// ---------------------------------------------------------------------------------------------
// What it says
// ---------------------------------------------------------------------------------------------

function say({ k, dtype }, { naive }) {
  const died = naive.findIndex((point) => !finite(point));
  const strong = make("strong", {}, died === 0 ? "The naive loss is dead where it stands. " : `The naive loss died at step ${died}. `);
  const { loss, z } = naive[Math.max(died, 0)];
  const why = Number.isFinite(loss) ? "Its loss was finite, its gradient NaN: log divides by a share that underflowed. "
    : z.some((x) => Math.exp(x) > DTYPES[dtype].largest) ? "exp overflowed. " : "The target's share underflowed to 0, and log 0 is −inf. ";
  const words = died >= 0 ? [strong, why, "The fused one goes on."]
    : k === 0 ? ["The same two logits, the same loss on paper. Step; then try a higher learning rate, or drag the start."]
      : ["Both are alive, and equal. Raise the learning rate, or drag the start towards the red."];
  $("#say").replaceChildren(...words);
}

function python({ z, lr, k, dtype }) {
  return [
    "import numpy as np", "import minigrad as mg", "from minigrad.nn import functional as F", "",
    "def naive(z):", "    exps = np.exp(z)", "    return -np.log(exps / exps.sum())[0]", "",
    "def fused(z):", "    return F.cross_entropy(z, 0)", "",
    "def descend(loss_of):", `    z = mg.Tensor(np.array([${z.map(literal).join(", ")}], np.${dtype}), requires_grad=True)`,
    `    optimizer = mg.optim.SGD([z], lr=${literal(lr)})`, `    for step in range(${k + 1}):`, "        optimizer.zero_grad()",
    "        loss = loss_of(z)", "        loss.backward()", "        print(step, z.data, loss.item(), z.grad)",
    `        if step < ${k}:`, "            optimizer.step()", "    return z, loss", "",
    "results = {loss_of.__name__: descend(loss_of) for loss_of in (naive, fused)}",
  ].join("\n");
}

const page = new Page({
  fields: {
    z: { is: [-30, 20], may: (z) => z.length === 2 && z.every((v) => Math.abs(v) <= 1000) },
    lr: { is: 20, may: RATES, steps: RATES },
    k: { is: 0, may: (k) => Number.isInteger(k) && k >= 0 && k <= LONGEST },
    dtype: { is: "float32", may: Object.keys(SPANS) },
  },
  presets: {
    start: {},
    jump: { lr: 100, k: 2 },
    overflow: { z: [80, 120], lr: 10, k: 6 },
    wrong: { z: [-60, 80], lr: 10, k: 9 },
    half: { dtype: "float16", z: [-6, 4], lr: 20, k: 2 },
  },
  mend: (state) => { state.z = state.z.map((v) => Math.min(SPANS[state.dtype], Math.max(-SPANS[state.dtype], v))); },
  render,
  python,
});

let timer = null;

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => (page.state.k < LONGEST ? page.set({ k: page.state.k + 1 }) : play(false)), 600) : null;
  fill($("#play"), { "aria-pressed": `${on}` }, []);
}

$("#play").addEventListener("click", () => play(!timer));
$("#step").addEventListener("click", () => { play(false); page.set({ k: page.state.k + 1 }); });

function start(x, y) {
  const unit = UNITS[page.state.dtype];
  page.set({ z: [x, y].map((v) => Math.round(v / unit) * unit), k: 0 });
}

for (const head of ["naive", "fused"]) {
  const map = $(`#${head}`);
  onDrag(map, (x, y) => {
    const part = (v) => SPANS[page.state.dtype] * (2 * Math.min(1, Math.max(0, v / SIDE)) - 1);
    start(part(x), -part(y));
  });
  onArrows(map, (right, upwards) => {
    const { z, dtype } = page.state;
    start(z[0] + right * UNITS[dtype], z[1] + upwards * UNITS[dtype]);
  });
}
