"use strict";

// Elements, numbers and arrays. Names, code and numbers only ever become text: nothing in this page
// reads HTML, whatever they contain.

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child || child === 0));
  return element;
}

const make = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

const draw = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// ---------------------------------------------------------------------------------------------
// Numbers
// ---------------------------------------------------------------------------------------------

// Four significant digits; those of an integer array as they are.
function format(number, dtype = "float") {
  if (typeof number === "boolean") return number ? "True" : "False";
  const x = Number(number);
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  const [, exponent] = x.toExponential(3).split("e").map(Number);
  const text = dtype.includes("int") || (exponent >= -4 && exponent < 4)
    ? String(x) : x.toExponential(3).replace(/\.?0*e\+?/, "e");
  return text.replaceAll("-", "−");
}

const isBad = (array) => !array.masked && array.nan + array.inf + array.negative_inf > 0;

const badKinds = (array, write = (count, kind) => `${count} ${kind}`) =>
  [[array.nan, "NaN"], [array.inf, "inf"], [array.negative_inf, "−inf"]]
    .filter(([count]) => count).map(([count, kind]) => write(count, kind)).join(", ");

function range(array, dtype) {
  const bad = badKinds(array);
  if (array.minimum === null) return bad ? `all ${bad}` : "no entries";
  const [low, high] = [array.minimum, array.maximum].map((x) => format(x, dtype));
  const span = low === high ? `all ${low}` : `${low} … ${high}`;
  return bad ? `${bad}, rest ${span}` : span;
}

const largest = (array) =>
  Math.max(0, ...[array.minimum, array.maximum].filter((x) => x !== null).map(Math.abs));

const shapeOf = ({ shape, dtype }) =>
  `${shape.length ? `(${shape.join(", ")}${shape.length === 1 ? "," : ""})` : "scalar"} ${dtype}`;

// ---------------------------------------------------------------------------------------------
// Arrays: their numbers where they are few, a heat map where they are many
// ---------------------------------------------------------------------------------------------

// What stands on a card. Colours go up to `scale`, so that several arrays can share theirs.
function picture(array, { shape, dtype }, scale) {
  const { entries, grid } = array;
  if (!shape.length) {
    return make("p", { class: `scalar${isBad(array) ? " bad" : ""}` }, format(entries, dtype));
  }
  const small = grid && grid.rows <= 6 && grid.columns <= 5;
  if (entries === null && !small) {
    return grid ? heatMap(array, shape, dtype, scale) : make("p", {}, range(array, dtype));
  }
  const columns = shape.at(-1);
  const flat = entries === null ? grid.cells.flat() : [entries].flat(Infinity);
  if (!flat.length) return make("p", {}, range(array, dtype));
  const rows = Array.from({ length: flat.length / columns }, (_, i) =>
    flat.slice(i * columns, (i + 1) * columns));
  return make("table", { class: "numbers" }, rows.map((row) =>
    make("tr", {}, row.map((x) => tint(make("td", {}, format(x, dtype)), x, scale, array)))));
}

function tint(element, number, scale, { masked }) {
  const x = Number(number);
  const finite = Number.isFinite(x);
  element.classList.add(!finite ? (masked ? "masked" : "bad") : x < 0 ? "below" : "above");
  element.style.setProperty("--much", !finite || !scale ? 0 : Math.min(1, Math.abs(x) / scale));
  return element;
}

function heatMap(array, shape, dtype, scale) {
  const { cells, rows, columns } = array.grid;
  const norm = array.norm === null ? "" : `\nnorm ${format(array.norm)}`;
  const [high, wide] = [cells.length, cells[0].length];
  const [w, h] = [12, high > 3 ? 12 : 36];
  const at = (i, j) => ({ x: j * w, y: i * h, width: w, height: h });
  const draws = (make) => cells.flatMap((row, i) => row.map((x, j) => make(x, i, j)));
  const signs = { NaN: "×", Infinity: "+", "-Infinity": "−" };
  const cursor = draw("rect", { class: "cursor" });
  const map = draw("svg",
    {
      class: "heat", viewBox: `-1 -1 ${wide * w + 2} ${high * h + 2}`, tabindex: 0,
      role: "application", "data-keys": "own", "aria-roledescription": "heat map",
      "aria-label": `${high} by ${wide} cells; the arrow keys read them one by one`,
      style: `max-width: ${wide * 30}px`,
    },
    draws((x, i, j) =>
      tint(draw("rect", { ...at(i, j), "data-cell": `${i} ${j}` }), x, scale, array)),
    draws((x, i, j) => signs[x] && draw("text",
      { x: (j + 0.5) * w, y: (i + 0.5) * h, class: array.masked && "masked" }, signs[x])),
    cursor);
  const readout = make("output", { class: "readout" }, range(array, dtype) + norm);
  let [i, j] = [0, 0];

  function read(row, column) {
    [i, j] = [Math.min(high - 1, Math.max(0, row)), Math.min(wide - 1, Math.max(0, column))];
    fill(cursor, at(i, j), []);
    map.classList.add("reading");
    readout.textContent = `${entriesOf(shape, [rows, columns], [high, wide], [i, j])} `
      + format(cells[i][j], dtype);
  }

  function leave() {
    map.classList.remove("reading");
    readout.textContent = range(array, dtype) + norm;
  }

  for (const type of ["pointerover", "pointerdown"]) {
    map.addEventListener(type, ({ target }) => {
      if (target.dataset.cell) read(...target.dataset.cell.split(" ").map(Number));
    });
  }
  map.addEventListener("pointerleave", leave);
  map.addEventListener("focus", () => read(i, j));
  map.addEventListener("blur", leave);
  map.addEventListener("keydown", (event) => {
    const to = {
      ArrowLeft: [i, j - 1], ArrowRight: [i, j + 1], ArrowUp: [i - 1, j], ArrowDown: [i + 1, j],
      Home: [i, 0], End: [i, wide - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    read(...to);
  });
  return [map, legend(array, scale), readout];
}

// Which entries a cell stands for, as NumPy would index them. All axes but the last are the rows.
function entriesOf(shape, lengths, counts, cell) {
  const [rows, columns] = lengths.map((length, axis) =>
    [0, 1].map((end) => Math.floor(((cell[axis] + end) * length) / counts[axis])));
  const span = ([start, end]) => (end - start === 1 ? `${start}` : `${start}:${end}`);
  const one = rows[1] - rows[0] === 1;
  const says = one && columns[1] - columns[0] === 1 ? "=" : "largest:";
  if (shape.length > 2 && !one) return `rows ${span(rows)}, columns ${span(columns)}, ${says}`;
  let rest = rows[0];
  const index = shape.length > 2 ? [] : shape.length === 2 ? [span(rows)] : [];
  for (const length of shape.length > 2 ? shape.slice(0, -1).reverse() : []) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return `[${[...index, span(columns)].join(", ")}] ${says}`;
}

function legend(array, scale) {
  const [negative, positive] = [array.minimum < 0, array.maximum > 0];
  if (array.minimum === null) return null;
  const sides = negative && positive ? "" : negative ? " negative" : " positive";
  return make("div", { class: "legend", "aria-hidden": "true" },
    make("span", { class: `bar${sides}` }),
    negative && positive ? `±${format(scale)}` : negative ? `${format(-scale)} … 0` : `0 … ${format(scale)}`);
}
