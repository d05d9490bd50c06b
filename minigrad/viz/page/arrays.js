// Arrays: their numbers where they are few, a heat map where they are many.

// What stands on a card. Colours go up to `scale`, so that several arrays can share theirs. Where
// room is short, a matrix is a heat map that can shrink.
function arrayPicture(array, { shape, dtype }, scale, short = false) {
  const { entries, grid } = array;
  if (!shape.length) {
    return make("p", { class: `scalar${isBad(array) ? " bad" : ""}` }, format(entries, dtype));
  }
  const small = grid && grid.rows <= (short ? 2 : 6) && grid.columns <= 5;
  if (grid && !small && (entries === null || short)) {
    return heatMap(array, shape, dtype, scale);
  }
  if (!small && entries === null) return make("p", {}, range(array, dtype));
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
  const norm = array.norm !== null && make("span", { class: "norm" }, `\nnorm ${format(array.norm)}`);
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
      style: `max-width: ${wide * 1.7}rem`,
    },
    draws((x, i, j) =>
      tint(draw("rect", { ...at(i, j), "data-cell": `${i} ${j}` }), x, scale, array)),
    draws((x, i, j) => signs[x] && draw("text",
      { x: (j + 0.5) * w, y: (i + 0.5) * h, class: array.masked && "masked" }, signs[x])),
    cursor);
  const readout = make("output", { class: "readout" }, range(array, dtype), norm);
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
    readout.replaceChildren(range(array, dtype), norm || "");
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
