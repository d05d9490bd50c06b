// Where digits die: one loss in four ways, two logits, every number on the way beside what it should be.
"use strict";

const SIZES = [1, 2, 3, 5, 7, 10, 12, 15, 20, 30, 50, 70, 85, 90, 100, 150, 200, 300, 500, 700, 750, 1000, 2000, 5000, 10000];
const AHEAD = [2, 5, 10, 15, 20, 40, 90, 105, 200, 800];
const MARGINS = [...AHEAD.map((m) => -m).reverse(), 0, ...AHEAD];

// The target's logit, and the other's; the larger of them is the size.
function logitsOf({ size, margin }) {
  return margin < 0 ? [size + margin, size] : [size, size - margin];
}

function marginInWords(margin) {
  return margin < 0 ? `the target is ${-margin} behind` : margin > 0 ? `the target is ${margin} ahead` : "a tie";
}

function render(state) {
  const dtype = DTYPES[state.dtype];
  const logits = logitsOf(state);
  const all = Object.keys(HEADS).map((name) => [name, judgeHead(name, logits, dtype)]);
  const judged = Object.fromEntries(all);
  showHeads(all, state);
  showNumbers(judged[state.head], dtype);
  showMap(state);
  say(state, judged, dtype);
  return { size: `${state.size}`, margin: `${state.margin > 0 ? "+" : ""}${state.margin}`.replace("-", "−") };
}

// ---------------------------------------------------------------------------------------------
// The four heads
// ---------------------------------------------------------------------------------------------

function inWords({ x, word, digits, exact }, dtype) {
  if (word === "dead") return written(x);
  if (word === "under") return x === 0 ? "rounds to 0" : "subnormal";
  return word === "exact" ? `${dtype.digits} of ${dtype.digits} digits` : `${digits} of ${dtype.digits} digits`;
}

function showHeads(all, state) {
  const dtype = DTYPES[state.dtype];
  for (const [name, judged] of all) {
    for (const part of ["loss", "gradient"]) {
      const place = $(`[data-verdict="${name} ${part}"]`);
      place.textContent = inWords(judged[part], dtype);
      place.className = `word ${judged[part].word}`;
    }
  }
}

// ---------------------------------------------------------------------------------------------
// Every number of one of them
// ---------------------------------------------------------------------------------------------

const narrow = matchMedia("(max-width: 900px)");

function showNumbers({ rows, first }, dtype) {
  const head = make("thead", {}, make("tr", {}, make("td"),
    make("th", { scope: "colgroup", colspan: 2, class: "f" }, "value ↓"),
    make("th", { scope: "colgroup", colspan: 2, class: "b" }, "gradient ↑")));
  const way = pathOf(rows, first);
  const body = rows.map((row) => make("tr", {},
    make("th", { scope: "row" }, make("code", {}, row.name)),
    ["value", "grad"].map((part) => cells(row, part, dtype, first, way))));
  $("#numbers").replaceChildren(head, make("tbody", {}, body));
}

function cells(row, part, dtype, first, way) {
  const born = first?.row === row.name && first.part === part;
  return [0, 1].map((i) => {
    if (i >= row[part].length) return make("td");
    const cell = row[part][i];
    const wide = row[part].length === 1 ? 2 : 1;
    const isBirth = born && cell.word === first.kind;
    const soft = first?.kind === "lost" ? "soft" : "";
    const content = make("div", {
      class: `cell ${cell.word} ${isBirth ? "born" : ""}`,
      "data-cell": `${row.name} ${part} ${i}`, "data-value": literal(cell.x), "data-exact": cell.exact.toString(20), "data-digits": cell.digits,
    },
    make("span", { class: "number" }, written(cell.x, narrow.matches ? 3 : 4)),
    make("span", { class: "count" }, isBirth ? make("b", {}, "born here") : countOf(cell, dtype)),
    make("span", { class: "true" }, `exact ${cell.exact.toString(narrow.matches ? 3 : 4)}`));
    return make("td", { colspan: wide, class: i === 0 && way.has(`${row.name} ${part}`) ? `path ${soft}` : false }, content);
  }).slice(0, row[part].length);
}

function countOf(cell, dtype) {
  if (cell.word === "dead") return "✗";
  if (cell.exact.m === 0n) return cell.x === 0 ? "✓" : "✗";
  if (cell.word === "under") return cell.x === 0 ? "underflow" : `${cell.digits}/${dtype.digits}`;
  return `${cell.digits}/${dtype.digits}`;
}

// The places through which the first bad number went on, from where it was born.
function pathOf(rows, first) {
  if (!first) return new Set();
  const places = [...rows.map((row) => [row, "value"]), ...[...rows].reverse().map((row) => [row, "grad"])];
  const start = places.findIndex(([row, part]) => row.name === first.row && part === first.part);
  const bad = ([row, part]) => row[part].some(({ word }) => word === first.kind);
  return new Set(places.slice(start).filter(bad).map(([row, part]) => `${row.name} ${part}`));
}

// ---------------------------------------------------------------------------------------------
// The map
// ---------------------------------------------------------------------------------------------

const maps = new Map();

function mapOf(head, dtype) {
  const key = `${head} ${dtype.name}`;
  if (!maps.has(key)) {
    maps.set(key, MARGINS.map((margin) => SIZES.map((size) => {
      const { loss, gradient } = judgeHead(head, logitsOf({ size, margin }), dtype);
      return worst([loss, gradient]).word;
    })));
  }
  return maps.get(key);
}

function showMap(state) {
  const words = mapOf(state.head, DTYPES[state.dtype]);
  const map = $("#map");
  if (map.dataset.shown !== `${state.head} ${state.dtype}`) {
    map.dataset.shown = `${state.head} ${state.dtype}`;
    const squares = words.flatMap((row, j) => row.map((word, i) => draw("rect", {
      x: i, y: MARGINS.length - 1 - j, width: 0.94, height: 0.94, class: word === "under" ? "exact" : word, "data-place": `${SIZES[i]} ${MARGINS[j]}`,
    })));
    const text = (x, y, anchor, says) => draw("text", { x, y, "text-anchor": anchor }, says);
    const labels = [[0, "1"], [5, "10"], [14, "100"], [21, "1000"], [24, "10⁴"]].map(([i, says]) => text(i + 0.5, 22.2, "middle", says));
    const sides = [[0, "−800"], [5, "−20"], [10, "0"], [15, "+20"], [20, "+800"]].map(([j, says]) => text(-0.3, MARGINS.length - j - 0.2, "end", says));
    const names = [text(-4, -0.5, "start", "↑ target's lead"), text(25, 23.5, "end", "largest logit →")];
    map.replaceChildren(...squares, ...labels, ...sides, ...names, draw("rect", { id: "here2", width: 0.94, height: 0.94 }), draw("rect", { id: "here", width: 0.94, height: 0.94 }));
  }
  for (const mark of ["#here", "#here2"]) {
    fill($(mark), { x: nearestStep(SIZES, state.size), y: MARGINS.length - 1 - nearestStep(MARGINS, state.margin) }, []);
  }
}

// ---------------------------------------------------------------------------------------------
// What it says
// ---------------------------------------------------------------------------------------------

function say(state, judged, dtype) {
  const { rows, loss, gradient, first } = judged[state.head];
  const strong = (text, kind) => make("strong", { class: kind }, text);
  const safe = ["log_softmax", "fused"].includes(state.head);
  const reason = reasonOf(state.head, rows, first, dtype);
  const mend = " Mend it: write it another way.";
  let words = ["All is well. ", strong("Make the loss NaN:"), " push the largest logit to the right."];
  if (loss.word === "dead") words = [strong(`The loss is ${written(loss.x)}. `), reason, mend];
  else if (gradient.word === "dead") words = [strong("The loss is finite, its gradient is not. "), reason, mend];
  else if (loss.word === "lost" || gradient.word === "lost") {
    const right = Math.min(...[loss, gradient].filter(({ word }) => word === "lost").map(({ digits }) => digits));
    words = [strong(`Digits are lost: ${right} of ${dtype.digits} are right. `), reason, safe ? "" : mend];
  } else if (judged.naive.first && state.head !== "naive") {
    words = [strong("Alive. ", "good"), "The same logits, the same mathematics, and all the digits that the dtype has."];
  }
  $("#say").replaceChildren(...words);
}

function python(state) {
  const logits = logitsOf(state).map(literal).join(", ");
  return [
    "import numpy as np", "import minigrad as mg", "from minigrad.nn import functional as F", "",
    `z = mg.Tensor(np.array([${logits}], np.${state.dtype}), requires_grad=True)`,
    ...HEADS[state.head].python, "loss.backward()", "print(loss.item(), z.grad)", "print(mg.diagnose(loss))",
  ].join("\n");
}

const page = new Page({
  fields: {
    head: { is: "naive", may: Object.keys(HEADS) },
    size: { is: 5, may: [-10000, 10000], steps: SIZES, says: (x) => `largest logit ${x}` },
    margin: { is: -2, may: [-20000, 20000], steps: MARGINS, says: marginInWords },
    dtype: { is: "float32", may: Object.keys(DTYPES) },
  },
  presets: {
    fine: {},
    overflow: { size: 100 },
    log0: { head: "shifted", size: 100, margin: -200 },
    quiet: { head: "naive", size: 50, margin: 200 },
    slope: { head: "shifted", size: 20, margin: -15, dtype: "float16" },
    lost: { head: "shifted", size: 50, margin: 20 },
  },
  render,
  python,
});

function move(i, j) {
  const within = (at, steps) => steps[Math.min(steps.length - 1, Math.max(0, at))];
  page.set({ size: within(i, SIZES), margin: within(j, MARGINS) });
}

onDrag($("#map"), (x, y) => move(Math.floor(x), MARGINS.length - 1 - Math.floor(y)));
onArrows($("#map"), (across, up) => {
  const { size, margin } = page.state;
  move(nearestStep(SIZES, size) + across, nearestStep(MARGINS, margin) + up);
});
narrow.addEventListener("change", () => page.show());
