// The step beside the graph. A forward step reads inputs → result; a backward step reads like its
// formula: upstream × local → contribution, one row for each input.

let short = false; // whether the room is so short that matrices are drawn as heat maps
let terse = false; // and the rule without its comments

// An array under a title; `symbol` is what the rule calls it.
function card(title, id, index, track, { symbol, kind = "", note = "", scale = largest(arrays[index]) } = {}) {
  const about = track.values.get(id);
  return make("figure", { class: `card ${kind}${isBad(arrays[index]) ? " bad" : ""}` },
    make("figcaption", {},
      make("span", { class: "head" }, symbol !== title && chip(symbol), make("span", { class: "name" }, title)),
      make("span", { class: "shape" }, shapeOf(about).split(" ").flatMap((part, i, { length }) =>
        (i < length - 1 ? `${part} ` : make("span", { class: "dtype" }, part)))),
      note && make("span", { class: "note" }, note)),
    arrayPicture(arrays[index], about, scale, short));
}

const chip = (symbol) => symbol && make("code", { class: "symbol" }, symbol);
const sign = (text) => make("span", { class: "sign" }, text);
const pair = (text, ...cards) => make("div", { class: "pair" }, sign(text), cards);
const flow = (...cards) => make("div", { class: "flow" }, cards);

// What an op's backward rule calls the upstream gradient, the result and the inputs.
function symbolsOf(op) {
  const [g, y, ...inputs] = op.symbols;
  return { g, y, inputs: inputs.length >= op.inputs.length ? inputs : [] };
}

function forwardCards({ op, track }) {
  const symbols = symbolsOf(op);
  const show = (id, options) => {
    const uses = track.uses[id] ? `used ${track.uses[id].toLocaleString("en")}×` : "";
    return card(nameOf(id, track), id, track.values.get(id).data, track, { note: uses, ...options });
  };
  const more = track.more[op.id];
  return flow(op.inputs.map((id, i) => show(id, { symbol: symbols.inputs[i] })),
    more && make("p", { class: "none" }, `… ${more.toLocaleString("en")} more inputs, not on this page`),
    pair("→", show(op.output, { symbol: symbols.y, kind: "main" })));
}

// ---------------------------------------------------------------------------------------------
// Backward
// ---------------------------------------------------------------------------------------------

// What goes with the upstream gradient: the code of the term, and the arrays that it needs.
function local({ op, track }, slot) {
  const term = terms[op.rule]?.[slot];
  const symbols = symbolsOf(op);
  const needs = (term?.needs ?? []).map((symbol) => {
    const id = symbol === symbols.y ? op.output : op.inputs[symbols.inputs.indexOf(symbol)];
    return id && card(nameOf(id, track), id, track.values.get(id).data, track, { symbol });
  }).filter(Boolean);
  const code = term?.code && term.code.length <= 36 && make("code", { class: "term" }, term.code);
  return [sign(needs.length ? "×" : ""), make("div", { class: "local" }, code, needs)];
}

// What a rule adds to the gradient of one input; further contributions read on as a sum.
function contribution(step, slot) {
  const { track, taken } = step;
  const { value, before, amount, after, nth, of } = taken.contributions[slot];
  const symbol = symbolsOf(step.op).inputs[slot];
  const which = of > 1 ? `contribution ${nth} of ${of.toLocaleString("en")}` : "";
  const total = derivative(value, track) + (nth < of ? " so far" : "");
  if (before === null) {
    return card(total, value, amount, track, { symbol, kind: "main", note: which });
  }
  const scale = Math.max(...[before, amount, after].map((index) => largest(arrays[index])));
  return [card("contribution", value, amount, track, { symbol, scale, note: which }),
    pair("+", card("before", value, before, track, { scale })),
    pair("=", card(total, value, after, track, { kind: "main", scale }))];
}

function backwardCards(step) {
  const { op, taken, track } = step;
  const symbols = symbolsOf(op);
  const rows = [];
  const none = [];
  for (const [slot, { value, amount }] of taken.contributions.entries()) {
    if (amount === null) {
      none.push(make("p", { class: "none" }, chip(symbols.inputs[slot]),
        ` ${nameOf(value, track)}: no gradient wanted`));
    } else {
      rows.push(make("div", { class: "row" }, local(step, slot), sign("→"),
        make("div", { class: "sum" }, contribution(step, slot))));
    }
  }
  const more = track.more[op.id];
  if (more) none.push(make("p", { class: "none" }, `… ${more.toLocaleString("en")} more inputs, not on this page`));
  const upstream = card(derivative(op.output, track), op.output, taken.upstream, track,
    { symbol: symbols.g, kind: "main", note: `upstream${missing(op, track)}` });
  return make("div", { class: "equation" }, upstream, make("div", { class: "rows" }, rows, none));
}

// Where an upstream gradient is the sum of more than this page has.
function missing({ output }, track) {
  const parts = track.backward.flatMap((step) => step.contributions)
    .filter((part) => part.value === output && part.amount !== null);
  const of = parts[0]?.of ?? 0;
  return parts.length < of ? `: the sum of ${of} contributions, ${parts.length} of them on this page` : "";
}

// What comes from the part that is not on this page.
function restCards({ taken, track }) {
  const rows = taken.contributions.map(({ value, before, after, nth, of }) => {
    const [has, all] = [nth, of].map((count) => count.toLocaleString("en"));
    return make("div", { class: "sum" },
      card(`${derivative(value, track)} so far`, value, before, track, { note: `${has} of ${all} contributions` }),
      pair("+", make("p", { class: "none" }, `… ${(of - nth).toLocaleString("en")} contributions of steps that are not on this page`)),
      pair("=", card(derivative(value, track), value, after, track, { kind: "main" })));
  });
  return make("div", { class: "rest" }, rows);
}

// ---------------------------------------------------------------------------------------------
// The panel
// ---------------------------------------------------------------------------------------------

const WITHOUT_BACKWARD =
  "Here the page ends: a Tensor of more than one element has no gradient of its own. Reduce it to " +
  "one number (.sum(), .mean()), or say where to start: step_through(tensor, gradient=...).";

// Why something not finite was born: first the reason and the way out, then the entries.
function bornBox(birth) {
  const lines = (birth.reason ?? "").split("\n").filter(Boolean);
  const isAdvice = (line) => /^(why|instead): /.test(line);
  const entries = lines.filter((line) => !isAdvice(line)).join(" · ");
  return make("div", { class: "born" }, make("strong", {}, sayBirth(birth)),
    lines.filter(isAdvice).map((line) => make("p", {}, line)), entries && make("p", { class: "entries" }, entries));
}

const sayWhere = ({ pass, number, track }) =>
  `${pass === "backward" ? "Backward" : "Forward"} ${number} of ${track.steps[pass].length}`;

function stepParts(step) {
  const { op, pass, taken, track } = step;
  const where = sayWhere(step);
  const births = track.births.filter((birth) => birth.step === step.moment);
  const comments = /^\s*#.*\n/gm;
  const source = op.rule && make("pre", {}, make("code", {}, terse ? op.rule.replace(comments, "") : op.rule));
  const parts = [
    make("div", { class: "title" },
      make("p", { class: "where" }, taken ? `← ${where}` : `${where} →`),
      make("h2", {}, op.name), op.formula && make("code", { class: "formula" }, op.formula),
      op.remark && make("span", { class: "remark" }, op.remark)),
    op.site && make("p", { class: "site" }, `${op.site.file}:${op.site.line}`,
      op.site.source && make("code", {}, op.site.source)),
    births.map(bornBox),
    op === REST ? restCards(step) : taken ? backwardCards(step) : forwardCards(step),
  ];
  if (source) {
    parts.push(make("details", taken ? { open: "" } : {}, make("summary", {}, "backward rule"), source));
  }
  const last = pass === "forward" && step.number === track.steps.forward.length;
  if (last && !track.backward.length) parts.push(make("p", {}, track.caveat ?? WITHOUT_BACKWARD));
  return parts;
}

// A track that has no step at this moment: it waits for the others, or has stopped.
function waiting(track) {
  const done = isBackward() ? "no more gradients here" : `${nameOf(track.output, track)} is computed`;
  const begun = track.steps[isBackward() ? "backward" : "forward"].some((step) => step.moment < now);
  const { data } = track.values.get(track.output);
  return [make("p", { class: "waits" }, begun || !isBackward() ? `It waits: ${done}.` : "It waits."),
    isBackward() ? "" : flow(card(nameOf(track.output, track), track.output, data, track, { kind: "main" }))];
}

function panelParts() {
  const steps = view.moments[now - 1];
  if (steps.length === 1) return stepParts(steps[0]);
  return view.tracks.map((track, i) => {
    const broken = now >= track.broken;
    const state = broken && now > track.broken ? "broken" : "";
    return make("section", { class: `track ${state}`, "aria-label": track.title },
      make("p", { class: "who" }, track.title, broken && make("span", { class: "badly" }, " has broken")),
      steps[i] ? stepParts(steps[i]) : waiting(track));
  });
}

function showStep() {
  const panel = find("#step");
  panel.dataset.pass = isBackward() ? "backward" : "forward";
  panel.classList.toggle("parallel", view.tracks.length > 1);
  const shares = view.moments[now - 1].map((step) => `minmax(0, ${step ? 3 : 1}fr)`);
  panel.style.setProperty("--shares", shares.join(" "));
  fit(panel);
  panel.scrollTop = 0;
  const said = stepsNow().map((step) => [step.track.title, `${sayWhere(step)}: ${step.op.name}`].filter(Boolean).join(", "));
  const births = view.births.filter((birth) => birth.step === now);
  find("#live").textContent = [...new Set(said), ...births.map(sayBirth)].join(". ");
}

// Fill the panel so that nothing has to be scrolled: the less room, the smaller the arrays.
const [LEVELS, SHORT, TERSE] = [7, 3, 5];
function fit(panel) {
  const letters = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const levels = letters < 23.9 ? LEVELS + 1 : LEVELS; // the last makes letters smaller
  for (let level = 0; level < levels; level++) {
    panel.dataset.level = level;
    if (level === 0 || level === SHORT || level === TERSE) {
      [short, terse] = [level >= SHORT, level >= TERSE];
      panel.replaceChildren();
      fill(panel, {}, panelParts());
    }
    const fits = panel.scrollHeight <= panel.clientHeight + 1 && panel.scrollWidth <= panel.clientWidth + 1;
    if (fits || getComputedStyle(panel).overflowY === "visible") return;
  }
}
