// A training to be scrubbed through. Every step has its numbers; pictures of the arrays were kept of
// some steps, and between them the last one stands.

const { runs } = JSON.parse(find("#data").textContent);
const steps = Math.max(...runs.map((run) => run.losses.length));
const pictured = [...new Set(runs.flatMap((run) => run.frames.map((frame) => frame.step)))]
  .sort((a, b) => a - b);
let now = 1;
let timer = null; // while it plays

const numbers = (list) => list.map(Number); // NaN and Infinity are written as text
for (const run of runs) {
  run.losses = numbers(run.losses);
  run.norms = numbers(run.norms);
}

const colorOf = (i) => `var(--run-${i % 6})`;
const shape = (sizes) => `(${sizes.join(", ")}${sizes.length === 1 ? "," : ""})`;

// ---------------------------------------------------------------------------------------------
// Curves
// ---------------------------------------------------------------------------------------------

const [WIDE, HIGH] = [1000, 100];
const across = (step) => (steps === 1 ? 0.5 : (step - 1) / (steps - 1));

function ticksOf(low, high, log) {
  if (!log) {
    const unit = 10 ** Math.floor(Math.log10(high - low || 1));
    const every = [0.2, 0.5, 1, 2, 5].map((m) => m * unit).find((u) => (high - low) / u <= 4);
    const first = Math.ceil(low / every);
    return Array.from({ length: Math.floor(high / every) - first + 1 }, (_, i) =>
      Number(((first + i) * every).toPrecision(6)));
  }
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const every = Math.max(1, Math.ceil((last - first + 1) / 4));
  const powers = [];
  for (let power = first; power <= last; power += every) powers.push(10 ** power);
  if (powers.length > 1) return powers;
  const few = [1, 2, 5].flatMap((m) => [first - 1, first, first + 1].map((power) => m * 10 ** power));
  return few.filter((x) => x >= low && x <= high);
}

const namesOfRuns = () => runs.length > 1 && runs.map(({ name }, i) =>
  make("span", { class: "key", style: `--color: ${colorOf(i)}` }, name));

function curve(title, key) {
  const finite = runs.flatMap((run) => run[key].filter((x) => Number.isFinite(x)));
  const positive = finite.filter((x) => x > 0);
  const log = positive.length > 0 && Math.max(...finite) > 10 * Math.min(...positive);
  const usable = log ? positive : finite;
  let [low, high] = usable.length ? [Math.min(...usable), Math.max(...usable)] : [0, 1];
  if (!log) low = Math.min(0, low);
  if (low === high) high = low + 1;
  const scale = log ? Math.log10 : (x) => x;
  const up = (x) => 1 - (scale(x) - scale(low)) / (scale(high) - scale(low));
  const usableAt = (x) => Number.isFinite(x) && (!log || x > 0);
  const lines = runs.map((run, i) => {
    let [path, pen] = ["", "M"];
    run[key].forEach((x, index) => {
      if (!usableAt(x)) { pen = "M"; return; }
      const point = `${(WIDE * across(index + 1)).toFixed(1)} ${(HIGH * up(x)).toFixed(2)}`;
      path += pen === "M" ? `M${point}L${point}` : `L${point}`; // one point alone is a dot
      pen = "L";
    });
    const width = 2.5 + (4 * (runs.length - 1 - i)) / runs.length; // so that equal ones all show
    return draw("path", { d: path || null, stroke: colorOf(i), style: `stroke-width: ${width / 18}rem`, "data-run": i });
  });
  const ticks = ticksOf(low, high, log).filter((x) => x >= low && x <= high);
  const cursor = draw("line", { class: "now", y1: -6, y2: HIGH + 6 });
  const svg = draw("svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ticks.map((x) => draw("line", { class: "grid", x1: 0, x2: WIDE, y1: HIGH * up(x), y2: HIGH * up(x) })),
    lines, cursor);
  const taken = new Map();
  const deaths = runs.map((run, i) => {
    const at = run[key].findIndex((x) => !Number.isFinite(x));
    const row = taken.get(at) ?? 0;
    taken.set(at, row + 1);
    const style = `--at: ${across(at + 1)}; --row: ${row}; color: ${colorOf(i)}`;
    return at >= 0 && make("span", { class: "death", style, "aria-hidden": "true" }, "✕");
  });
  const labels = ticks.map((x) => make("span", { style: `--at: ${up(x)}` }, format(x)));
  const box = make("section", { class: "curve", "aria-label": title }, make("h2", {}, title, namesOfRuns()),
    make("div", { class: "plot" }, make("div", { class: "ticks", "aria-hidden": "true" }, labels),
      make("div", { class: "frame" }, svg, deaths)));
  const seek = (event) => {
    const { left, width } = svg.getBoundingClientRect();
    go(1 + Math.round(((event.clientX - left) / width) * (steps - 1)));
  };
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    seek(event);
  });
  svg.addEventListener("pointermove", (event) => { if (event.buttons) seek(event); });
  return { box, cursor };
}

// ---------------------------------------------------------------------------------------------
// Arrays as pictures
// ---------------------------------------------------------------------------------------------

const codesOf = (text) => Int8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const [NAN, INF, NEGATIVE_INF, LARGEST] = [-128, 127, -127, 126];
const isLost = (code) => code === NAN || code === INF || code === NEGATIVE_INF;

// The colours of the page's style, light or dark, as numbers.
function palette() {
  const probe = make("span", {});
  document.body.append(probe);
  const found = {};
  for (const name of ["below", "above", "zero", "bad", "paper", "ink"]) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
  }
  probe.remove();
  return found;
}

let colors = palette();
const mix = (a, b, much) => a.map((x, i) => x + (b[i] - x) * much);

function colorAt(code, gray) {
  if (isLost(code)) return colors.bad;
  if (gray) return mix(colors.paper, colors.ink, code / LARGEST);
  return mix(colors.zero, code < 0 ? colors.below : colors.above, Math.sqrt(Math.abs(code) / LARGEST));
}

// Pictures beside each other, four in a row, with a line of paper between.
function paint(canvas, [, pictures, rows, columns, text], gray = false) {
  const codes = codesOf(text);
  const wide = Math.min(pictures, 4);
  const high = Math.ceil(pictures / wide);
  canvas.width = wide * (columns + 1) - 1;
  canvas.height = high * (rows + 1) - 1;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  codes.forEach((code, i) => {
    const n = Math.floor(i / (rows * columns));
    const [row, column] = [Math.floor(i / columns) % rows, i % columns];
    const x = (n % wide) * (columns + 1) + column;
    const y = Math.floor(n / wide) * (rows + 1) + row;
    image.data.set([...colorAt(code, gray).map(Math.round), 255], 4 * (y * canvas.width + x));
  });
  context.putImageData(image, 0, 0);
  return codes.reduce((count, code) => count + isLost(code), 0) / codes.length;
}

function showThumb(figure, what, name, thumb) {
  const [canvas, caption] = [find("canvas", figure), find("figcaption", figure)];
  canvas.hidden = !thumb;
  caption.classList.toggle("bad", false);
  if (!thumb) {
    caption.textContent = "no update followed";
    return;
  }
  const lost = paint(canvas, thumb);
  caption.classList.toggle("bad", lost > 0);
  caption.textContent = lost ? (lost === 1 ? "not finite" : "partly not finite") : `±${format(thumb[0])}`;
  canvas.setAttribute("aria-label", `${what} of ${name}, ${caption.textContent}`);
}

// ---------------------------------------------------------------------------------------------
// Runs
// ---------------------------------------------------------------------------------------------

const KINDS = [["weights", "weights"], ["gradients", "gradient"], ["updates", "update"]];

function makeRun(run, i) {
  const samples = run.classes.map((target, n) => {
    const picture = run.images && make("canvas", { "aria-hidden": "true" });
    if (picture) paint(picture, run.images[n], true);
    return make("div", { class: "sample" }, picture, make("div", { class: "bars" }),
      make("span", { class: "says" }));
  });
  const layers = run.layers.map((layer) => make("section", { class: "layer" },
    make("h3", {}, layer.name, " ", make("span", { class: "shape" }, shape(layer.shape))),
    make("div", { class: "three" }, KINDS.map(() => make("figure", {},
      make("canvas", { role: "img" }), make("figcaption", {}))))));
  return make("section", { class: "run", style: `--color: ${colorOf(i)}`, "aria-label": run.name },
    make("h2", {}, run.name, make("span", { class: "loss" })),
    make("p", { class: "birth", hidden: "", tabindex: 0 }),
    samples.length && make("div", { class: "samples" }, samples),
    make("div", { class: "three heads", "aria-hidden": "true" }, KINDS.map(([, what]) => make("p", {}, what))),
    layers,
    run.left_out > 0 && make("p", { class: "note" }, `and ${run.left_out} more layers`));
}

// The last frame that was kept up to a step.
function frameAt(run, step) {
  let found = run.frames[0];
  for (const frame of run.frames) if (frame.step <= step) found = frame;
  return found;
}

function showRun(run, box) {
  const ended = now > run.losses.length;
  const step = Math.min(now, run.losses.length);
  const [loss, norm] = [run.losses[step - 1], run.norms[step - 1]];
  const bad = !Number.isFinite(loss) || !Number.isFinite(norm);
  const line = find(".loss", box);
  line.textContent = `loss ${format(loss)}${ended ? `, ended at step ${step}` : ""}`;
  line.classList.toggle("bad", bad);
  const birth = find(".birth", box);
  birth.hidden = !run.birth || now < run.birth.step;
  if (!birth.hidden && !birth.textContent) {
    const { step, what, line, why } = run.birth;
    birth.append(make("strong", {}, `Step ${step}: ${what}`), line && make("code", { title: line }, line), why);
  }
  const frame = frameAt(run, step);
  if (box.dataset.frame === String(frame.step)) return;
  box.dataset.frame = frame.step;
  all(".sample", box).forEach((sample, n) => showSample(sample, frame.probabilities[n], run.classes[n]));
  run.layers.forEach((layer, l) => {
    const figures = all("figure", all(".layer", box)[l]);
    KINDS.forEach(([key, what], k) => showThumb(figures[k], what, layer.name, frame[key]?.[l]));
  });
}

function showSample(box, given, target) {
  const shares = numbers(given);
  const lost = shares.some(Number.isNaN);
  const best = shares.indexOf(Math.max(...shares));
  const bars = find(".bars", box);
  bars.classList.toggle("lost", lost);
  bars.replaceChildren(...(lost ? [] : shares.map((p, c) =>
    make("i", { class: c === target && "target", style: `--p: ${p}` }))));
  box.classList.toggle("wrong", lost || best !== target);
  find(".says", box).textContent = lost ? "NaN" : `${best}: ${Math.round(100 * shares[best])}%`;
}

// ---------------------------------------------------------------------------------------------
// From step to step
// ---------------------------------------------------------------------------------------------

const curves = [curve("loss", "losses"), curve("norm of the whole gradient", "norms")];
find("#curves").append(...curves.map(({ box }) => box));
const boxes = runs.map(makeRun);
find("#runs").append(...boxes);
find("#runs").style.setProperty("--least", `${runs.length > 3 ? 14 : 17}rem`);
find("#slider").max = steps;

function go(step) {
  now = Math.min(steps, Math.max(1, step));
  runs.forEach((run, i) => showRun(run, boxes[i]));
  for (const { cursor } of curves) {
    fill(cursor, { x1: WIDE * across(now), x2: WIDE * across(now) }, []);
  }
  const shown = pictured.filter((s) => s <= now).at(-1);
  find("#where").textContent = `step ${now} of ${steps}${shown === now ? "" : `, arrays of step ${shown}`}`;
  const slider = find("#slider");
  slider.value = now;
  slider.setAttribute("aria-valuetext", `step ${now} of ${steps}`);
  find("#live").textContent = timer ? "" : find("#where").textContent;
  try {
    history.replaceState(null, "", `#step=${now}`);
  } catch { /* inside a notebook the page has no address of its own */ }
}

const next = () => pictured.find((step) => step > now) ?? steps;
const before = () => pictured.filter((step) => step < now).at(-1) ?? 1;

function play(on) {
  clearTimeout(timer);
  timer = null;
  const button = find('[data-go="play"]');
  button.classList.toggle("playing", on);
  button.setAttribute("aria-label", on ? "Pause" : "Play");
  if (!on) return;
  const tick = () => {
    if (now >= steps) { play(false); return; }
    go(next());
    wait();
  };
  const wait = () => { timer = setTimeout(tick, 500 / Number(find("#speed select").value)); };
  if (now >= steps) go(1);
  wait();
}

function move(where) {
  if (where === "play") { play(!timer); return; }
  play(false);
  go({ first: 1, last: steps, back: before(), on: next() }[where]);
}

const births = runs.filter((run) => run.birth).map(({ name, birth }) => ({ name, step: birth.step }));
const byStep = new Map();
for (const { name, step } of births) byStep.set(step, [...(byStep.get(step) ?? []), name]);
let free = -1;
for (const [step, names] of [...byStep].sort(([a], [b]) => a - b)) {
  const at = across(step);
  const crowded = at < free; // beside the mark before, a cross must do
  free = at + 0.3;
  const says = `first not finite at step ${step}: ${names.join(", ")}`;
  find("#marks").append(make("button", {
    type: "button", class: `mark${at > 0.6 ? " late" : ""}`, style: `--at: ${at}`, "data-step": step,
    "aria-label": says, title: says,
  }, crowded ? "✕" : at > 0.6 ? `${names.join(", ")} ✕` : `✕ ${names.join(", ")}`));
}
find("#marks").addEventListener("click", ({ target }) => {
  const step = target.closest("[data-step]")?.dataset.step;
  if (step) { play(false); go(Number(step)); }
});
find("#slider").addEventListener("input", ({ target }) => { play(false); go(Number(target.value)); });
find("#buttons").addEventListener("click", ({ target }) => {
  const button = target.closest("[data-go]");
  if (button) move(button.dataset.go);
});
const keys = {
  ArrowLeft: "back", ArrowRight: "on", PageUp: "back", PageDown: "on", Home: "first", End: "last", " ": "play",
};
document.addEventListener("keydown", (event) => {
  if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest(event.key === " " ? "button, select, input" : "select, [type=range]")) return;
  event.preventDefault();
  move(keys[event.key]);
});
const readAddress = () => {
  const step = /step=(\d+)/.exec(location.hash)?.[1];
  if (Number(step || 1) !== now || !boxes[0].dataset.frame) go(Number(step || 1));
};
addEventListener("hashchange", readAddress);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colors = palette();
  runs.forEach((run, i) => {
    boxes[i].dataset.frame = "";
    if (run.images) all(".sample canvas", boxes[i]).forEach((canvas, n) => paint(canvas, run.images[n], true));
  });
  go(now);
});
readAddress();
