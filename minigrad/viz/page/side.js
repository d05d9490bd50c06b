// What stands beside the graph and the step: the program, the search, and the split between them.

// The program is shown from data: which lines made what is looked up by file, line and text.
const texts = programs.map(({ file, text }) => ({ file, lines: text.replace(/\n$/, "").split("\n") }));

function programOf(site) {
  if (!site?.source) return null;
  const found = texts.filter(({ file, lines }) =>
    file === site.file && lines[site.line - 1]?.trim() === site.source);
  return found.length === 1 ? found[0] : null;
}

function showProgram() {
  const panel = find("#program");
  panel.hidden = !texts.length || !find("#with-program input").checked;
  if (panel.hidden) return;
  const [op] = stepsNow().map((step) => step.op);
  const shown = programOf(op?.site) ?? panel.shown ?? texts[0];
  if (panel.shown !== shown || panel.of !== view) fillProgram(panel, shown);
  const running = new Set(stepsNow().filter((step) => programOf(step.op.site) === shown).map((step) => step.op.site.line));
  for (const row of panel.rows) {
    const { line, made } = row;
    row.element.classList.toggle("running", running.has(line));
    row.element.classList.toggle("ran", Boolean(made) && made <= now);
    if (running.has(line)) row.element.setAttribute("aria-current", "true");
    else row.element.removeAttribute("aria-current");
  }
  const at = panel.rows.find(({ line }) => running.has(line))?.element;
  if (!at) return;
  const [top, room] = [at.offsetTop, panel.clientHeight];
  if (top < panel.scrollTop + 40 || top > panel.scrollTop + room - 60) panel.scrollTop = top - room / 2;
}

// A line that made something is a button, to the first step that it made.
function fillProgram(panel, shown) {
  Object.assign(panel, { shown, of: view });
  const first = new Map();
  for (const [i, steps] of view.moments.entries()) {
    for (const { op } of steps.filter(Boolean)) {
      if (programOf(op.site) === shown && !first.has(op.site.line)) first.set(op.site.line, i + 1);
    }
  }
  panel.rows = shown.lines.map((text, i) => {
    const made = first.get(i + 1);
    const code = make("code", {}, text || " ");
    const line = made ? make("button", { type: "button", title: `go to step ${made}` }, code) : code;
    if (made) line.addEventListener("click", () => go(made));
    return { line: i + 1, made, element: make("li", {}, line) };
  });
  panel.replaceChildren(make("h2", {}, shown.file), make("ol", {}, panel.rows.map(({ element }) => element)));
}

// ---------------------------------------------------------------------------------------------
// Search: names, expressions and ops
// ---------------------------------------------------------------------------------------------

const search = { text: "", found: [], at: -1 };

function searchFor(text) {
  const wanted = text.trim().toLowerCase();
  const seen = new Set();
  const found = wanted ? view.moments.flatMap((steps, i) => steps.filter(Boolean).flatMap(({ op, pass, track }) => {
    if (pass !== "forward") return [];
    return [...op.inputs, op.output, op.id].filter((id) => {
      if (seen.has(id) || !track.values.has(id) && id !== op.id) return false;
      const name = id === op.id ? op.name : [track.values.get(id).label, track.values.get(id).expression].join(" ");
      return name.toLowerCase().includes(wanted) && seen.add(id);
    }).map((id) => ({ id, moment: i + 1 }));
  })) : [];
  Object.assign(search, { text, found, at: -1 });
  sayFound();
}

function sayFound() {
  const { text, found, at } = search;
  find("#found").textContent = !text.trim() ? "" : !found.length ? "none"
    : at < 0 ? `${found.length}, Enter` : `${at + 1} of ${found.length}`;
  const ids = new Set(found.map(({ id }) => id));
  for (const node of view.picture.nodes) node.element.classList.toggle("match", node.ids.some((id) => ids.has(id)));
}

function nextFound() {
  if (!search.found.length) return;
  search.at = (search.at + 1) % search.found.length;
  go(search.found[search.at].moment);
  sayFound();
}

function listenToTheSearch() {
  const input = find("#search input");
  input.addEventListener("input", () => searchFor(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") nextFound();
    if (event.key === "Escape") {
      input.value = "";
      searchFor("");
      input.blur();
    }
  });
}

// ---------------------------------------------------------------------------------------------
// The split: how much of the width the graph has
// ---------------------------------------------------------------------------------------------

const [NARROWEST, WIDEST] = [20, 75];

function split(percent, keep = true) {
  const share = Math.min(WIDEST, Math.max(NARROWEST, percent));
  document.documentElement.style.setProperty("--split", `${share}%`);
  fill(find("#split"), { "aria-valuenow": Math.round(share), "aria-valuemin": NARROWEST, "aria-valuemax": WIDEST }, []);
  if (keep) remember("split", share);
}

// What is kept for the next time; a page in a notebook has no place for that.
function remember(name, value) {
  try {
    localStorage.setItem(`minigrad.${name}`, value);
  } catch { /* it is kept as long as the page is open */ }
}

function recall(name) {
  try {
    return localStorage.getItem(`minigrad.${name}`);
  } catch {
    return null;
  }
}

function listenToTheSplit() {
  const handle = find("#split");
  const share = () => Number(handle.getAttribute("aria-valuenow"));
  const kept = recall("split");
  split(kept === null ? (views[0].tracks.length > 1 ? 34 : 40) : Number(kept), false);
  handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    const { left, width } = find("main").getBoundingClientRect();
    split((100 * (event.clientX - left)) / width);
  });
  handle.addEventListener("pointerup", showStep);
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    split(share() + by);
    showStep();
  });
}
