// Drag a logit: what softmax, its logarithm, the cross-entropy and both derivatives make of it.
"use strict";

const F32 = DTYPES.float32;
const END = 7; // of the scale of the logits, up and down
const STEP = 0.25; // exact in float32, so that adding a constant is exact, too
const TEMPERATURES = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8];
const NAMES = [..."ABCDEFGHIJ"];
const NEW = [2, 1, 0, -1, 1.5, -2, 0.5, -0.5, -1.5, 1.25]; // the logits of a class that is added

const clip = (x, low, high) => Math.min(high, Math.max(low, x));

// All that the page shows, of logits z + c at a temperature T.
function compute({ z, target, c, t }) {
  const r = F32.inside;
  const logits = Tensor.of(z, F32);
  const moved = c ? Tensor.record("Add", [logits, Tensor.of([c], F32)]) : logits;
  const scaled = t === 1 ? moved : Tensor.record("Div", [moved, Tensor.of([t], F32)]);
  const loss = Tensor.record("CrossEntropy", [scaled], target);
  loss.backward();
  const probs = Tensor.record("Softmax", [scaled]);
  const rows = z.map((_, i) => probs.pullBack(z.map((_, j) => (i === j ? 1 : 0)))[0]);
  return {
    logits: moved.data,
    probs: probs.data,
    logProbs: Tensor.record("LogSoftmax", [scaled]).data,
    loss: loss.data[0],
    gradient: logits.grad,
    jacobian: t === 1 ? rows : rows.map((row) => row.map((v) => r(v / t))),
  };
}

function render(state) {
  const found = compute(state);
  const { z, target, c, t } = state;
  const [low, high] = [-END - Math.min(...z), END - Math.max(...z)];
  fill($('[data-state="c"]'), { min: low, max: high }, []);
  $('[data-state="c"]').value = c;
  showBars(state, found);
  showJacobian(found.jacobian);
  $("#fewer").disabled = z.length === 3;
  $("#more").disabled = z.length === 10;
  say(state, found);
  return {
    loss: written(found.loss), target: NAMES[target], c: `${c > 0 ? "+" : ""}${c}`.replace("-", "−"), t: `${t}`,
    n: `${z.length} classes`, formula: t === 1 ? "diag(p) − p pᵀ" : `(diag(p) − p pᵀ) / ${t}`,
  };
}

// ---------------------------------------------------------------------------------------------
// The classes: a column each
// ---------------------------------------------------------------------------------------------

function build(n) {
  const row = (title, about, cell) => make("tr", {},
    title ? make("th", { scope: "row" }, title, about && make("small", {}, about)) : make("td"),
    NAMES.slice(0, n).map(cell));
  const number = (kind) => (name, i) => make("td", { class: "number", "data-number": `${kind} ${i}` });
  const slider = (name, i) => make("td", {}, make("div", {
    class: "well logit", role: "slider", tabindex: 0, "data-logit": i, "aria-label": `logit of ${name}`,
    "aria-orientation": "vertical", "aria-valuemin": -END, "aria-valuemax": END,
  }, make("div", { class: "bar" }), make("div", { class: "zero" }), make("div", { class: "grip" })));
  const head = make("tr", {}, make("th", { scope: "row" }, "target", make("small", {}, "click one")),
    NAMES.slice(0, n).map((name, i) => make("th", { scope: "col" }, make("span", { class: "choice" },
      make("label", {}, make("input", { type: "radio", name: "target", value: i, "aria-label": `${name} is the target` }), name)))));
  $("#bars").replaceChildren(make("thead", {}, head), make("tbody", {},
    row("logit z", "drag it", slider), row("", null, number("z")),
    row("probability p", "one pot, shared", (name, i) => make("td", {}, make("div", { class: "well", "data-p": i }, make("div", { class: "bar" })))),
    row("", null, number("p")), row("log p", null, number("log p")),
    row("gradient", make("span", { "data-out": "rule" }), (name, i) => make("td", {}, make("div", { class: "well", "data-g": i }, make("div", { class: "zero" }), make("div", { class: "arrow" })))),
    row("", null, number("g"))));
  for (const input of document.querySelectorAll("#bars input")) {
    input.addEventListener("input", () => page.set({ target: Number(input.value) }));
  }
  for (const well of document.querySelectorAll("[data-logit]")) listen(well, Number(well.dataset.logit));
}

function listen(well, i) {
  const move = (to) => {
    const { z, c } = page.state;
    const logit = clip(Math.round(to / STEP) * STEP, -END, END) - c;
    page.set({ z: z.map((old, j) => (i === j ? logit : old)) });
  };
  const now = () => page.state.z[i] + page.state.c;
  onDrag(well, (across, down) => move(END - 2 * END * clip((down - 0.04) / 0.92, 0, 1)));
  onArrows(well, (across, up) => move(now() + STEP * (across + up)));
  well.addEventListener("keydown", (event) => {
    const to = { Home: -END, End: END, PageUp: now() + 2, PageDown: now() - 2 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
}

function showBars({ z, target, t }, { logits, probs, logProbs, gradient }) {
  const n = z.length;
  if (document.querySelectorAll("[data-logit]").length !== n) build(n);
  $("#bars").style.setProperty("--n", n);
  $("#bars").className = n > 5 ? "many" : "";
  const digits = n > 5 || matchMedia("(max-width: 620px)").matches ? 3 : 4;
  const place = (element, style) => Object.assign(element.style, style);
  const at = (logit) => 4 + 46 * (1 - logit / END); // per cent from the top
  const rows = { z: logits, p: probs, "log p": logProbs, g: gradient };
  for (let i = 0; i < n; i++) {
    const well = $(`[data-logit="${i}"]`);
    fill(well, { "aria-valuenow": logits[i], "aria-valuetext": written(logits[i]) }, []);
    well.parentElement.className = i === target ? "of-target" : "";
    place(well.querySelector(".bar"), { top: `${Math.min(at(0), at(logits[i]))}%`, height: `${Math.abs(at(0) - at(logits[i]))}%` });
    place(well.querySelector(".zero"), { top: `${at(0)}%` });
    place(well.querySelector(".grip"), { top: `${at(logits[i])}%` });
    const pot = $(`[data-p="${i}"]`);
    pot.parentElement.className = i === target ? "of-target" : "";
    place(pot.querySelector(".bar"), { bottom: "0", top: `${100 - 100 * probs[i]}%` });
    const arrow = $(`[data-g="${i}"] .arrow`);
    const size = 38 * clip(Math.abs(gradient[i]) * t, 0, 1);
    arrow.className = `arrow ${size < 0.4 ? "none" : gradient[i] > 0 ? "up" : "down"}`;
    place(arrow, { top: `${gradient[i] > 0 ? 50 - size : 50}%`, height: `${size}%` });
    place($(`[data-g="${i}"] .zero`), { top: "50%" });
    for (const [name, numbers] of Object.entries(rows)) {
      const cell = $(`[data-number="${name} ${i}"]`);
      cell.textContent = written(numbers[i], digits);
      cell.dataset.value = literal(numbers[i]);
    }
  }
  $('[data-out="rule"]').textContent = t === 1 ? "p − y" : `(p − y) / ${t}`;
  for (const input of document.querySelectorAll("#bars input")) input.checked = Number(input.value) === target;
}

// ---------------------------------------------------------------------------------------------
// The Jacobian
// ---------------------------------------------------------------------------------------------

let reading = null; // a row and a column, or nothing

function showJacobian(matrix) {
  const n = matrix.length;
  const largest = Math.max(...matrix.flat().map(Math.abs), 1e-30);
  const cells = matrix.flatMap((row, i) => row.map((v, j) => {
    const share = Math.round(100 * Math.sqrt(Math.abs(v) / largest));
    const cell = draw("rect", { class: "one", x: j, y: i, width: 1, height: 1, "data-value": literal(v), "data-place": `${i} ${j}` });
    cell.style.fill = `color-mix(in srgb, ${v > 0 ? "var(--backward)" : "var(--orange)"} ${share * 0.75}%, var(--paper))`;
    return cell;
  }));
  const texts = n > 5 ? [] : matrix.flatMap((row, i) => row.map((v, j) => draw("text", { x: j + 0.5, y: i + 0.52, "font-size": 0.22 }, written(v, Math.abs(v) < 0.01 ? 1 : 2))));
  const names = NAMES.slice(0, n).flatMap((name, i) => [
    draw("text", { x: i + 0.5, y: -0.035 * n, "font-size": 0.055 * n }, name), draw("text", { x: -0.04 * n, y: i + 0.5, "font-size": 0.055 * n }, name)]);
  fill($("#jacobian"), { viewBox: `${-0.1 * n} ${-0.1 * n} ${1.12 * n} ${1.12 * n}`, "aria-label": `Jacobian, ${n} by ${n}; the arrow keys read its entries` }, []);
  $("#jacobian").replaceChildren(...cells, ...texts, ...names);
  read(matrix);
}

function read(matrix) {
  if (!reading || reading.some((k) => k >= matrix.length)) {
    $("#readout").textContent = "Each row and each column sums to 0.";
    return;
  }
  const [i, j] = reading;
  $(`[data-place="${i} ${j}"]`).classList.add("read");
  $("#readout").textContent = `∂p(${NAMES[i]}) / ∂z(${NAMES[j]}) = ${written(matrix[i][j], 6)}`;
}

function point(i, j) {
  const n = page.state.z.length;
  reading = [clip(i, 0, n - 1), clip(j, 0, n - 1)];
  page.show();
}

// ---------------------------------------------------------------------------------------------
// What it says
// ---------------------------------------------------------------------------------------------

function say({ z, target, c, t }, { probs, gradient }) {
  const p = probs[target];
  const name = NAMES[target];
  const words = c ? "Adding a constant to all logits changes no probability, no loss and no gradient: only differences count."
    : t !== 1 ? `Divided by ${t}, the differences are ${t > 1 ? "smaller, and the pot is shared more equally" : "larger, and the largest takes more of the pot"}.`
      : p > 0.95 ? `The model is sure of ${name}, and right: hardly any gradient is left.`
        : p < 0.05 ? `The model gives ${name} next to nothing: its gradient is close to −1, as strong as it gets.`
          : `${name} lacks ${written(-gradient[target], 3)} of the pot. Its logit is to go up by that, each other one down by the share it took.`;
  $("#say").textContent = words;
}

function python({ z, target, c, t }) {
  const list = `[${z.map(literal).join(", ")}]`;
  const text = `z${c ? ` + ${literal(c)}` : ""}`.replace("+ -", "- ");
  const scaled = t === 1 ? text : c ? `(${text}) / ${literal(t)}` : `${text} / ${literal(t)}`;
  return [
    "import minigrad as mg", "from minigrad.nn import functional as F", "from minigrad.autograd.functional import jacobian", "",
    `z = mg.Tensor(${list}, requires_grad=True)`, `scaled = ${scaled}`,
    "probs, log_probs = F.softmax(scaled), F.log_softmax(scaled)", `loss = F.cross_entropy(scaled, ${target})`, "loss.backward()",
    "print(probs, log_probs, loss, z.grad, sep=\"\\n\")", `J = jacobian(lambda z: F.softmax(${scaled}), z)`, "print(J)",
  ].join("\n");
}

const fits = (z) => z.length >= 3 && z.length <= 10 && z.every((v) => Math.abs(v) <= 2 * END && v % STEP === 0);
const page = new Page({
  fields: {
    z: { is: [2, 1, 0, -1], may: fits },
    target: { is: 0, may: [0, 9] },
    c: { is: 0, may: [-20, 20] },
    t: { is: 1, may: TEMPERATURES, steps: TEMPERATURES },
  },
  presets: {
    start: {},
    equal: { z: [0, 0, 0, 0] },
    sure: { z: [6, 1, 0, -1] },
    wrong: { z: [-4, 6, 0, -1] },
    shifted: { c: 5 },
    hot: { t: 4 },
    ten: { z: NEW, target: 3 },
  },
  mend: (state) => {
    state.target = Math.min(Math.round(state.target), state.z.length - 1);
    state.c = clip(Math.round(state.c / STEP) * STEP, -END - Math.min(...state.z), END - Math.max(...state.z));
  },
  render,
  python,
});

$("#more").addEventListener("click", () => page.set({ z: [...page.state.z, NEW[page.state.z.length]] }));
$("#fewer").addEventListener("click", () => page.set({ z: page.state.z.slice(0, -1) }));
$("#jacobian").addEventListener("pointerdown", pointed);
$("#jacobian").addEventListener("pointermove", pointed);
function pointed({ target }) {
  if (target.dataset.place && target.dataset.place !== `${reading?.join(" ")}`) point(...target.dataset.place.split(" ").map(Number));
}
onArrows($("#jacobian"), (across, up) => (reading ? point(reading[0] - up, reading[1] + across) : point(0, 0)));
