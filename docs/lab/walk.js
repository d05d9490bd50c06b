// The walk: pull back the ops of a small graph in an order of your own, and see what it gives.
"use strict";

// For each Tensor where it stands, and what it is: a number, or an op of two others. On a phone that is
// held upright the picture is upright, too, with L at the top.
const GRAPHS = {
  twice: {
    a: [120, 130, null], x: [120, 430, 3],
    b: [450, 130, "Mul", "a", "x"], c: [790, 400, "Add", "b", "x"], L: [1110, 150, "Mul", "b", "c"],
  },
  once: {
    a: [120, 90, null], x: [120, 290, 3], y: [450, 460, 4], w: [790, 460, 5],
    b: [450, 190, "Mul", "a", "x"], c: [790, 190, "Add", "b", "y"], L: [1110, 280, "Mul", "c", "w"],
  },
  deeper: {
    a: [110, 130, null], x: [110, 430, 3],
    b: [370, 130, "Mul", "a", "x"], c: [620, 430, "Add", "b", "x"], d: [860, 130, "Mul", "b", "c"], L: [1120, 350, "Add", "c", "d"],
  },
};
const SIGNS = { Mul: "·", Add: "+" };
const WIDTH = 240;
const HEIGHT = 132;

const upright = matchMedia("(max-width: 620px) and (orientation: portrait)");
const placeOf = ([x, y]) => (upright.matches ? [1.15 * y, 1240 - x] : [x, y]);

const opsOf = (graph) => Object.keys(graph).filter((name) => graph[name].length === 5);

function tensorsOf(graph, a) {
  const tensors = {};
  for (const [name, [, , what, ...parents]] of Object.entries(graph)) {
    tensors[name] = parents.length ? Tensor.record(what, parents.map((p) => tensors[p])) : Tensor.of([what ?? a], DTYPES.float64);
  }
  return tensors;
}

// Pull back in the order that is asked for, whatever has arrived by then.
function follow(graph, a, walk) {
  const tensors = tensorsOf(graph, a);
  const arrived = { L: 1 };
  const steps = {};
  const sent = [];
  for (const name of walk) {
    steps[name] = { turn: Object.keys(steps).length + 1, upstream: arrived[name] };
    tensors[name].pullBack([arrived[name]]).forEach(([g], i) => {
      const to = graph[name][3 + i];
      sent.push({ from: name, to, g, late: to in steps });
      arrived[to] = (arrived[to] ?? 0) + g;
    });
  }
  tensors.L.backward();
  return { tensors, arrived, steps, sent };
}

// As many turns of a walk as make sense: a Tensor's first needs something that has arrived.
function sensible(graph, walk) {
  const reached = new Set(["L"]);
  const taken = [];
  for (const name of walk) {
    if (!opsOf(graph).includes(name) || !reached.has(name) || taken.includes(name)) break;
    taken.push(name);
    graph[name].slice(3).forEach((parent) => reached.add(parent));
  }
  return taken;
}

function render({ graph: name, a, walk }) {
  const graph = GRAPHS[name];
  const found = follow(graph, a, walk);
  fill($("#graph"), { viewBox: upright.matches ? "-20 0 690 1240" : "-15 20 1280 520" }, []);
  const focused = document.activeElement?.dataset?.node;
  $("#graph").replaceChildren(tips(), ...edges(graph, found), ...Object.keys(graph).map((node) => box(graph, node, found)));
  if (focused) $(`[data-node="${focused}"]`)?.focus();
  $("#undo").disabled = $("#again").disabled = walk.length === 0;
  showResult(graph, a, walk, found);
  return { a: `${a}`.replace("-", "−") };
}

// ---------------------------------------------------------------------------------------------
// The picture
// ---------------------------------------------------------------------------------------------

function tips() {
  const tip = (id) => draw("marker", { id, viewBox: "0 0 10 10", refX: 8, refY: 5, markerWidth: 3.4, markerHeight: 3.4, orient: "auto" }, draw("path", { d: "M0 0L10 5L0 10z" }));
  return draw("defs", {}, tip("tip"), tip("badtip"));
}

function edges(graph, { sent }) {
  return opsOf(graph).flatMap((child) => graph[child].slice(3).map((parent) => {
    const [[x1, y1], [x2, y2]] = [border(graph[parent], graph[child]), border(graph[child], graph[parent])];
    const back = sent.find(({ from, to }) => from === child && to === parent);
    const line = draw("line", { x1, y1, x2, y2, class: "edge" });
    if (!back) return line;
    const late = back.late ? " late" : "";
    return [
      draw("line", { x1: x2, y1: y2, x2: x1, y2: y1, class: `back${late}` }),
      draw("text", { x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 14, "text-anchor": "middle", class: `sent${late}`, "data-sent": `${child} ${parent}` }, `${written(back.g, 6)}${late && ", too late"}`),
    ];
  })).flat();
}

// Where the line from one box to another leaves it.
function border(from, to) {
  const [[x, y], [towardsX, towardsY]] = [placeOf(from), placeOf(to)];
  const [dx, dy] = [towardsX - x, towardsY - y];
  const part = Math.min((WIDTH / 2 + 8) / Math.abs(dx || 1e-9), (HEIGHT / 2 + 8) / Math.abs(dy || 1e-9));
  return [x + part * dx, y + part * dy];
}

function box(graph, name, { tensors, arrived, steps }) {
  const [, , op, ...parents] = graph[name];
  const [x, y] = placeOf(graph[name]);
  const step = steps[name];
  const here = arrived[name];
  const ready = parents.length > 0 && !step && here !== undefined;
  const wrong = (step && here !== step.upstream) || (name === "a" && here !== undefined && finished(graph, steps) && here !== tensors.a.grad[0]);
  const gradient = here === undefined ? "" : step && here !== step.upstream
    ? `passed on ${written(step.upstream, 6)} of ${written(here, 6)}` : `∂L/∂${name} ${step || finished(graph, steps) ? "=" : "so far"} ${written(here, 6)}`;
  const what = parents.length ? `${name} = ${parents[0]} ${SIGNS[op]} ${parents[1]}` : name;
  const label = `${what}, value ${written(tensors[name].data[0], 6)}${gradient ? `, ${gradient}` : ""}${ready ? ": pull back" : ""}`;
  const node = draw("g", {
    class: `node ${parents.length ? "" : "leaf"} ${ready ? "ready" : ""} ${step ? "done" : ""} ${wrong ? "wrong" : ""}`,
    "data-node": name, "aria-label": label, role: parents.length ? "button" : "img", tabindex: parents.length ? 0 : false, "aria-disabled": parents.length ? `${!ready}` : false,
  },
  draw("rect", { x: x - WIDTH / 2, y: y - HEIGHT / 2, width: WIDTH, height: HEIGHT, rx: 16 }),
  draw("text", { x, y: y - 26, class: "what" }, what),
  draw("text", { x, y: y + 10 }, written(tensors[name].data[0], 6)),
  draw("text", { x, y: y + 48, class: "gradient" }, gradient));
  if (step) node.append(draw("circle", { class: "turn", cx: x + WIDTH / 2, cy: y - HEIGHT / 2, r: 22 }), draw("text", { x: x + WIDTH / 2, y: y - HEIGHT / 2 + 9 }, `${step.turn}`));
  return node;
}

// ---------------------------------------------------------------------------------------------
// What it says
// ---------------------------------------------------------------------------------------------

const finished = (graph, steps) => opsOf(graph).every((name) => name in steps);

function showResult(graph, a, walk, { tensors, arrived, steps, sent }) {
  const truth = tensors.a.grad[0];
  const late = sent.find((one) => one.late);
  const ready = opsOf(graph).filter((name) => !(name in steps) && name in arrived);
  let words = [`Your order: ${walk.join(" → ") || "–"}`];
  let says = walk.length === 0 ? "Backward begins at L, with gradient 1. Click it to pull it back; then choose the next one."
    : `${walk.at(-1)} has passed on what it had. Whose turn is it? ${ready.join(" or ")}`;
  if (late) says = `${written(late.g, 6)} from ${late.from} came too late: ${late.to} had already passed on what it had by then. Nothing complains.`;
  if (finished(graph, steps)) {
    const right = arrived.a === truth;
    words = ["∂L/∂a = ", make("b", { class: right ? "good" : "bad", "data-result": literal(arrived.a) }, written(arrived.a, 6)),
      right ? `, and nudging a says ${written(nudged(graph, a), 6)}: right.` : `, but nudging a says ${written(nudged(graph, a), 6)}: wrong.`];
    if (right) says = "Each waited for everything that was made from it: a reverse topological order.";
  }
  $("#result").replaceChildren(...words);
  $("#say").textContent = says;
}

// How fast L changes with a, from two values of L near it, without any walk.
function nudged(graph, a) {
  const h = 2 ** -10;
  const [up, down] = [a + h, a - h].map((near) => tensorsOf(graph, near).L.data[0]);
  return (up - down) / (2 * h);
}

function pull(name) {
  const { graph, walk } = page.state;
  const longer = [...walk, name];
  if (sensible(GRAPHS[graph], longer).length === longer.length) page.set({ walk: longer });
  else if (opsOf(GRAPHS[graph]).includes(name)) {
    $("#say").textContent = walk.includes(name) ? `${name} has had its turn.` : `No gradient has arrived at ${name} yet.`;
  }
}

function python({ graph: name, a, walk }) {
  const graph = GRAPHS[name];
  const lines = Object.entries(graph).map(([node, [, , what, ...parents]]) => (parents.length
    ? `${node} = ${parents[0]} ${what === "Mul" ? "*" : "+"} ${parents[1]}`
    : `${node} = mg.Tensor(${literal(what ?? a)}, requires_grad=True, dtype=float)`));
  return [
    "import minigrad as mg", "", ...lines, "", "gradients = {L: 1.0}", `for tensor in [${walk.join(", ")}]:  # your order`,
    "    arrays = [parent.data for parent in tensor.parents]",
    "    contributions = tensor.op.backward(gradients[tensor], tensor.data, *arrays)",
    "    for parent, g in zip(tensor.parents, contributions):", "        gradients[parent] = gradients.get(parent, 0) + g",
    "print(gradients.get(a))", "", "L.backward()  # the engine's order", "print(a.grad)",
  ].join("\n");
}

const page = new Page({
  fields: {
    graph: { is: "twice", may: Object.keys(GRAPHS) },
    a: { is: 2, may: (a) => Number.isInteger(a) && Math.abs(a) <= 5 },
    walk: { is: [], may: (names) => names.every((name) => typeof name === "string"), words: true },
  },
  presets: {
    start: {},
    wrong: { walk: ["L", "b", "c"] },
    right: { walk: ["L", "c", "b"] },
    once: { graph: "once" },
    deeper: { graph: "deeper" },
  },
  mend: (state) => { state.walk = sensible(GRAPHS[state.graph], state.walk); },
  render,
  python,
});

upright.addEventListener("change", () => page.show());
$("#undo").addEventListener("click", () => page.set({ walk: page.state.walk.slice(0, -1) }));
$("#graph").addEventListener("click", ({ target }) => {
  const node = target.closest(".node");
  if (node) pull(node.dataset.node);
});
$("#graph").addEventListener("keydown", (event) => {
  const node = event.target.closest(".node");
  if (!node || !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  pull(node.dataset.node);
});
