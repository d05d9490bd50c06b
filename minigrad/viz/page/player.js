// The page has one or two views of a computation: as it was written, and with fused ops expanded.
// A view has a step for each op that ran, then one for each backward rule that ran.

const { views: packed, arrays } = JSON.parse(find("#data").textContent);
const views = packed.map(unpack);
let view = views[0]; // the one that is shown
let now = 1; // the step that is shown, from 1
let timer = null; // while it plays

function unpack(data, number) {
  const values = new Map(data.values.map((v) => [v.id, { ...v, made: 0, arrivals: [] }]));
  const ops = new Map(data.ops.map((op) => [op.id, op]));
  const steps = [
    ...data.ops.map((op) => ({ pass: "forward", op })),
    ...data.backward.map((taken) => ({ pass: "backward", op: ops.get(taken.op), taken })),
  ];
  for (const [i, step] of steps.entries()) {
    step.number = step.op[step.pass] = i + 1;
    if (step.pass === "forward") values.get(step.op.output).made = i + 1;
    for (const part of step.taken?.contributions ?? []) {
      if (part.amount !== null) values.get(part.value).arrivals.push(i + 1);
    }
  }
  const births = data.births.map((birth, i) =>
    ({ ...birth, step: stepOfBirth(birth, ops, values), blamed: i === data.culprit }),
  ).filter((birth) => birth.step);
  const svg = find(`svg[data-view="${number}"]`);
  const offset = svg.dataset.offset.split(" ").map(Number);
  const forward = data.ops.length;
  return { ...data, number, values, ops, steps, forward, births, svg, offset, camera: find("g", svg) };
}

// Of what came in: its first use; of a gradient: its last contribution, or the step that it starts.
function stepOfBirth({ node, in_pass: pass }, ops, values) {
  if (ops.has(node)) return ops.get(node)[pass];
  const all = [...ops.values()];
  if (pass === "forward") return all.find((op) => op.inputs.includes(node))?.forward;
  return values.get(node)?.arrivals.at(-1) ?? all.find((op) => op.output === node)?.backward;
}

function nameOf(id) {
  const value = view.values.get(id);
  const maker = value.made && view.steps[value.made - 1].op.name;
  return value.label ?? value.expression ?? (maker ? `result of ${maker}` : value.role);
}

function derivative(id) {
  const name = nameOf(id);
  const root = view.values.get(view.output).label ?? "output";
  const maker = view.steps[view.values.get(id).made - 1]?.op.name;
  const short = name.length > 24 && maker ? `result of ${maker}` : name;
  return `∂${root}/∂${id === view.output ? root : /^[\w.]+$/.test(short) ? short : `(${short})`}`;
}

function sayBirth(birth) {
  const op = view.ops.get(birth.node);
  const what = birth.what.replaceAll("-", "−");
  if (op) return `${what} born in ${op.name} (${birth.in_pass})`;
  if (birth.in_pass === "forward") return `${what} came in with ${nameOf(birth.node)}`;
  return `${what} ${birth.reason ? "born in the sum of" : "came in with"} ${derivative(birth.node)}`;
}

// ---------------------------------------------------------------------------------------------
// The step beside the graph
// ---------------------------------------------------------------------------------------------

// What an op's backward rule calls the upstream gradient, the result and the inputs.
function symbolsOf(op) {
  const [g, y, ...inputs] = op.symbols;
  return { g, y, inputs: inputs.length >= op.inputs.length ? inputs : [] };
}

// An array under a title; `symbol` is what the rule calls it.
function card(title, id, index, { symbol, kind = "", note = "", scale = largest(arrays[index]) } = {}) {
  const about = view.values.get(id);
  return make("figure", { class: `card ${kind}${isBad(arrays[index]) ? " bad" : ""}` },
    make("figcaption", {}, symbol !== title && chip(symbol),
      make("span", { class: "name" }, title),
      make("span", { class: "shape" }, shapeOf(about)), make("span", { class: "note" }, note)),
    picture(arrays[index], about, scale));
}

const chip = (symbol) => symbol && make("code", { class: "symbol" }, symbol);
const pair = (sign, card) =>
  make("div", { class: "pair" }, make("span", { class: "sign" }, sign), card);
const flow = (...cards) => make("div", { class: "flow" }, cards);

function forwardCards(op, symbols) {
  const show = (id, options) => card(nameOf(id), id, view.values.get(id).data, options);
  return flow(op.inputs.map((id, i) => show(id, { symbol: symbols.inputs[i] })),
    pair("→", show(op.output, { symbol: symbols.y, kind: "main" })));
}

// From the upstream gradient to what the rule adds to that of each input. They stand where the
// inputs stood in the forward pass; further contributions read before + contribution = after.
function backwardCards({ op, taken, number }, symbols) {
  const uses = new Map();
  const [alone, sums, none] = [[], [], []];
  for (const [i, { value, before, amount, after }] of taken.contributions.entries()) {
    const symbol = symbols.inputs[i];
    if (amount === null) {
      none.push(make("p", { class: "none" }, chip(symbol), ` ${nameOf(value)}: no gradient wanted`));
      continue;
    }
    const { arrivals } = view.values.get(value);
    const nth = arrivals.indexOf(number) + 1 + (uses.get(value) ?? 0);
    uses.set(value, (uses.get(value) ?? 0) + 1);
    const of = arrivals.length > 1 ? `contribution ${nth} of ${arrivals.length}` : "only contribution";
    const total = derivative(value) + (nth < arrivals.length ? " so far" : "");
    if (before === null) {
      alone.push(card(total, value, amount, { symbol, kind: "main", note: of }));
      continue;
    }
    const scale = Math.max(...[before, amount, after].map((index) => largest(arrays[index])));
    sums.push([card("before", value, before, { symbol, scale }),
      pair("+", card("contribution", value, amount, { scale, note: of.replace("contribution ", "") })),
      pair("=", card(total, value, after, { kind: "main", scale }))]);
  }
  const upstream = { symbol: symbols.g, kind: "main", note: "upstream" };
  const from = card(derivative(op.output), op.output, taken.upstream, upstream);
  const beside = alone.length ? alone : sums.length === 1 ? sums.pop() : [];
  const start = beside.length ? flow(beside, pair("←", from)) : flow(from);
  return [start, ...sums.map((sum) => flow(sum)), ...none];
}

const WITHOUT_BACKWARD =
  "Here the page ends: a Tensor of more than one element has no gradient of its own. Reduce it to " +
  "one number (.sum(), .mean()), or say where to start: step_through(tensor, gradient=...).";

// Why something not finite was born: first the reason and the way out, then the entries.
function bornBox(birth) {
  const lines = (birth.reason ?? "").split("\n").filter(Boolean);
  const isAdvice = (line) => /^(why|instead): /.test(line);
  const entries = lines.filter((line) => !isAdvice(line)).join(" · ");
  return make("div", { class: "born" }, make("strong", {}, sayBirth(birth)),
    lines.filter(isAdvice).map((line) => make("p", {}, line)), entries && make("p", {}, entries));
}

function showStep() {
  const { op, pass, taken } = view.steps[now - 1];
  const symbols = symbolsOf(op);
  const [word, number, count] = taken
    ? ["Backward", now - view.forward, view.steps.length - view.forward]
    : ["Forward", now, view.forward];
  const where = `${word} ${number} of ${count}`;
  const births = view.births.filter((birth) => birth.step === now);
  const source = op.rule && make("pre", {}, make("code", {}, op.rule));
  const parts = [
    make("div", { class: "title" },
      make("p", { class: "where" }, taken ? `← ${where}` : `${where} →`),
      make("h2", {}, op.name), op.formula && make("code", { class: "formula" }, op.formula),
      op.remark && make("span", { class: "remark" }, op.remark)),
    op.site && make("p", { class: "site" }, `${op.site.file}:${op.site.line}`,
      op.site.source && make("code", {}, op.site.source)),
    births.map(bornBox),
  ];
  parts.push(taken ? backwardCards(view.steps[now - 1], symbols) : forwardCards(op, symbols));
  if (source) {
    const shown = taken ? { open: "" } : {};
    parts.push(make("details", shown, make("summary", {}, "backward rule"), source));
  }
  if (now === view.forward && !view.backward.length) parts.push(make("p", {}, view.caveat ?? WITHOUT_BACKWARD));
  const panel = find("#step");
  panel.dataset.pass = pass;
  panel.replaceChildren();
  fill(panel, {}, parts).scrollTop = 0;
  find("#live").textContent = [`${where}: ${op.name}`, ...births.map(sayBirth)].join(". ");
}

// ---------------------------------------------------------------------------------------------
// From step to step
// ---------------------------------------------------------------------------------------------

function go(step, gently = true) {
  now = Math.min(view.steps.length, Math.max(1, step));
  showStep();
  paint();
  follow(gently);
  find("#slider").value = now;
  find("#slider").setAttribute("aria-valuetext", find("#live").textContent);
  for (const [name, end] of [["first", 1], ["back", 1], ["on", view.steps.length], ["last", view.steps.length]]) {
    find(`[data-go=${name}]`).setAttribute("aria-disabled", now === end);
  }
  try {
    history.replaceState(null, "", `#step=${now}${view.number ? "&expanded" : ""}`);
  } catch { /* inside a notebook the page has no address of its own */ }
}

function play(on) {
  clearInterval(timer);
  timer = null;
  if (on && now === view.steps.length) go(1);
  if (on) {
    timer = setInterval(() => {
      go(now + 1);
      if (now === view.steps.length) play(false);
    }, 2000 / Number(find("#speed select").value));
  }
  const button = find("[data-go=play]");
  button.classList.toggle("playing", on);
  button.setAttribute("aria-label", on ? "Pause" : "Play");
}

const moves = {
  first: () => go(1),
  back: () => go(now - 1),
  on: () => go(now + 1),
  last: () => go(view.steps.length),
};

function move(name) {
  play(name === "play" && !timer);
  moves[name]?.();
}

function show(number, step) {
  view = views[number];
  for (const other of views) other.svg.classList.toggle("shown", other === view);
  const few = [...view.values.values()].every((value) => arrays[value.data].entries !== null);
  find("main").classList.toggle("few", few);
  find("#expand input").checked = number === 1;
  find("#headline").textContent = view.headline ?? "";
  find("#headline").hidden = !view.headline;
  find("#note").textContent = [view.note, view.caveat].filter(Boolean).join("; ");
  find("#slider").max = view.steps.length;
  if (!view.nodes) furnish(view);
  if (!view.look || !camera.byHand) look(readable());
  showTimeline();
  go(step, false);
}

function showTimeline() {
  const [end, middle] = [view.steps.length - 1 || 1, view.forward - 0.5];
  const part = (pass, text, size) => make("span", { class: pass, style: `flex: ${size}` }, text);
  find("#passes").replaceChildren(part("forward", "forward →", middle),
    view.backward.length ? part("backward", "← backward", end - middle) : "");
  const labelled = []; // marks that are far enough apart have their text beside them
  const blamedFirst = [...view.births].sort((a, b) => b.blamed - a.blamed);
  find("#marks").replaceChildren(...blamedFirst.map((birth) => {
    const at = (birth.step - 1) / end;
    const roomy = labelled.every((other) => Math.abs(other - at) > 0.4);
    const text = make("span", { class: at > 0.5 ? "before" : "after" }, roomy ? sayBirth(birth) : "");
    if (roomy) labelled.push(at);
    const mark = make("button", { type: "button", class: "mark", title: sayBirth(birth) }, "▲", text);
    mark.setAttribute("aria-label", `${sayBirth(birth)}: go to step ${birth.step}`);
    mark.style.setProperty("--at", at);
    mark.addEventListener("click", () => go(birth.step));
    return mark;
  }));
}

// The step of the other view that shows the same, or begins to.
function counterpart({ pass, op }, other) {
  const { groups, ops } = views[1];
  const definitions = ({ id }) => { // that an op is part of, from the inside out
    const found = [];
    for (let group = ops.get(id)?.group; group;) {
      const { kind, of, parent } = groups.find((g) => g.id === group);
      if (kind === "definition") found.push(of);
      group = parent;
    }
    return found;
  };
  const steps = other.steps.filter((step) => step.pass === pass);
  const inside = other.number && steps.find((step) => definitions(step.op).includes(op.id));
  const name = other.number ? op.id : definitions(op).at(-1) ?? op.id;
  return (inside || steps.find((step) => step.op.id === name) || other.steps[0]).number;
}

function readAddress() {
  const step = Number(/step=(\d+)/.exec(location.hash)?.[1] ?? 1);
  show(/expanded/.test(location.hash) && views.length > 1 ? 1 : 0, step);
}

function listenToTheControls() {
  for (const button of all("[data-go]")) {
    button.addEventListener("click", () => move(button.dataset.go));
  }
  find("#slider").addEventListener("input", ({ target }) => {
    play(false);
    go(Number(target.value));
  });
  find("#speed select").addEventListener("change", () => timer && play(true));
  find("#expand").hidden = views.length < 2;
  find("#expand input").addEventListener("change", ({ target }) => {
    const number = Number(target.checked);
    show(number, counterpart(view.steps[now - 1], views[number]));
  });
  const keys = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "last", " ": "play" };
  document.addEventListener("keydown", (event) => {
    const owners = event.key === " "
      ? "button, summary, select, input" : "select, [type=range], [data-keys=own]";
    if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest(owners)) return;
    event.preventDefault();
    move(keys[event.key]);
  });
  addEventListener("hashchange", readAddress);
}

listenToTheStage();
listenToTheControls();
readAddress();
