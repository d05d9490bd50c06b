// From step to step: buttons, keys, the slider, links; and from view to view.

let timer = null; // while it plays

function go(moment, gently = true) {
  now = Math.min(view.moments.length, Math.max(1, moment));
  showStep();
  paint();
  follow(gently);
  showProgram();
  find("#slider").value = now;
  find("#slider").setAttribute("aria-valuetext", find("#live").textContent);
  const { length } = view.moments;
  for (const [name, end] of [["first", 1], ["back", 1], ["on", length], ["last", length]]) {
    find(`[data-go=${name}]`).setAttribute("aria-disabled", now === end);
  }
  try {
    history.replaceState(null, "", `#step=${now}${view.number ? "&expanded" : ""}`);
  } catch { /* inside a notebook the page has no address of its own */ }
}

function play(on) {
  clearInterval(timer);
  timer = null;
  if (on && now === view.moments.length) go(1);
  if (on) {
    timer = setInterval(() => {
      go(now + 1);
      const breaks = view.tracks.length > 1 && view.births.some((birth) => birth.step === now);
      if (now === view.moments.length || breaks) play(false);
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
  last: () => go(view.moments.length),
};

function move(name) {
  play(name === "play" && !timer);
  moves[name]?.();
}

function show(number, moment) {
  const before = view.look;
  view = views[number];
  const few = view.tracks.every((track) =>
    [...track.values.values()].every((value) => arrays[value.data].entries !== null));
  find("main").classList.toggle("few", few);
  find("#expand input").checked = number === 1;
  const headlines = view.tracks.filter((track) => track.headline)
    .map(({ title, headline }) => (title ? `${title}: ${headline}` : headline));
  find("#headline").textContent = headlines.join("; ");
  find("#headline").hidden = !headlines.length;
  const notes = view.tracks.flatMap(({ note, caveat }) => [note, caveat]).filter(Boolean);
  find("#note").textContent = [...new Set(notes)].join("; ");
  find("#slider").max = view.moments.length;
  now = Math.min(view.moments.length, Math.max(1, moment));
  showPicture(view.picture, before);
  showTimeline();
  go(moment, false);
}

// One of the pictures of a view: what repeats drawn once, or all of it.
function showPicture(picture, before) {
  view.picture = picture;
  for (const { svg } of views.flatMap(({ pictures }) => pictures)) {
    svg.classList.toggle("shown", svg === picture.svg);
  }
  find("#folded").hidden = view.pictures.length < 2;
  find("#folded").textContent = picture === view.pictures[0] ? "unfold" : "fold";
  if (!picture.nodes) {
    furnish(picture);
    foldAtFirst(picture);
    arrange(picture);
  }
  if (!camera.byHand) look(readable());
  else look({ ...overview(0), ...view.look, scale: (before ?? view.look).scale });
  sayFound();
}

function openPicture(number) {
  showPicture(view.pictures[number] ?? view.pictures[0], view.look);
  paint();
  follow(false);
}

// The moment of the other view that shows the same, or begins to.
function counterpart(moment, other) {
  const { op, pass, track } = view.moments[moment - 1].find(Boolean);
  const number = view.tracks.indexOf(track);
  const { groups, ops } = views[1].tracks[number];
  const definitions = ({ id }) => { // that an op is part of, from the inside out
    const found = [];
    for (let group = ops.get(id)?.group; group;) {
      const { kind, of, parent } = groups.find((g) => g.id === group);
      if (kind === "definition") found.push(of);
      group = parent;
    }
    return found;
  };
  const steps = other.tracks[number].steps[pass];
  const inside = other.number && steps.find((step) => definitions(step.op).includes(op.id));
  const name = other.number ? op.id : definitions(op).at(-1) ?? op.id;
  return (inside || steps.find((step) => step.op.id === name) || steps[0] || { moment: 1 }).moment;
}

function readAddress() {
  const step = Number(/step=(\d+)/.exec(location.hash)?.[1] ?? 1);
  show(/expanded/.test(location.hash) && views.length > 1 ? 1 : 0, step);
}

const KEYS = {
  ArrowLeft: "back", ArrowRight: "on", PageUp: "back", PageDown: "on", Home: "first", End: "last", " ": "play",
};

function listenToTheKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("input:not([type=range], [type=checkbox])")) return;
    if (event.key === "/") {
      event.preventDefault();
      find("#search input").select();
      return;
    }
    const page = event.key.startsWith("Page"); // a presenter's remote, wherever the focus is
    const owners = event.key === " "
      ? "button, summary, select, input" : "select, [type=range], [data-keys=own]";
    if (!KEYS[event.key] || (!page && event.target.closest(owners))) return;
    event.preventDefault();
    move(KEYS[event.key]);
  });
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
    show(number, counterpart(now, views[number]));
  });
  find("#folded").addEventListener("click", () =>
    openPicture(view.pictures.indexOf(view.picture) === 0 ? 1 : 0));
  find("#with-program").hidden = !texts.length;
  find("#with-program input").addEventListener("change", showProgram);
  new ResizeObserver(() => {
    showStep();
    showTimeline();
  }).observe(find("#step"));
  addEventListener("hashchange", readAddress);
}

listenToTheStage();
listenToTheSplit();
listenToTheSearch();
listenToThePrinter();
listenToTheKeys();
listenToTheControls();
readAddress();
