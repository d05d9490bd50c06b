// The graph: what is lit at which moment. A node of a picture stands for one op or value, or for
// several: the copies of a repeat, what is in a folded Module, what is left out behind a "…".

const boxOf = (element) => element.dataset.box.split(" ").map(Number);
const words = (text) => (text ?? "").split(" ").filter(Boolean);

// Once for a picture: what its elements stand for, clicks, and the badges that show later.
function furnish(picture) {
  const { svg } = picture;
  picture.inner = find("g", picture.camera);
  picture.frames = new Map();
  for (const element of all(".cluster[data-group]", svg)) furnishFrame(picture, element);
  for (const element of all(".cluster:not([data-group])", svg)) furnishFrame(picture, element);
  picture.nodes = all(".node", svg).map((element) => furnishNode(picture, element));
  picture.lines = all(".edge", svg).map((element) => furnishLine(picture, element));
  svg.setAttribute("aria-label", "Graph: the up and down arrow keys go from node to node");
}

function furnishNode(picture, element) {
  const { id, all: ids, drawn, in: around } = element.dataset;
  const node = { element, drawn, id, ids: id && !ids ? [id] : words(ids), frames: words(around), home: boxOf(element) };
  node.box = node.home;
  node.many = node.ids.length > 1 || !id;
  element.setAttribute("role", "button");
  element.addEventListener("click", () => camera.dragged || press(picture, node));
  const [x, y, width] = node.box;
  if (valuesOf(node).length) {
    element.append(draw("g", { class: "badge", transform: `translate(${x + width - 2} ${y})` },
      draw("circle", { r: 9 }), draw("text", { y: 4.5 }, "∂")));
  }
  if (!node.many) addStickers(node);
  return node;
}

// The ops and values that a node stands for, each in the tracks that have it.
const partsOf = (node, kind) =>
  view.tracks.flatMap((track) => node.ids.map((id) => track[kind].get(id)).filter(Boolean)
    .map((part) => ({ part, track })));
const opsOf = (node) => (node.ops ??= partsOf(node, "ops"));
const valuesOf = (node) => (node.values ??= partsOf(node, "values"));

function press(picture, node) {
  if (node.folds) toggle(picture, node.folds);
  else if (node.element.classList.contains("folded")) openPicture(1);
  else go(momentOf(node));
}

function furnishLine(picture, element) {
  const { source, target, from, to } = element.dataset;
  const ends = [source, target].map((id) => {
    const node = picture.nodes.find((other) => other.id === id || other.drawn === id);
    return new Set(node?.ids ?? [id]);
  });
  const pairs = view.tracks.flatMap((track) => [0, 1].flatMap((end) => [...ends[end]].flatMap((id) =>
    (track.edgesOf.get(id) ?? []).filter((edge) => ends[0].has(edge.source) && ends[1].has(edge.target))
      .map((edge) => ({ edge, op: track.ops.get(id), track, into: end === 1 })))));
  return { element, from, to, pairs };
}

// The moment of a node: of an op the one in the pass at hand; of a value the one that made it; of a
// leaf its first use or, in the backward pass, the last contribution to its gradient. Of a node that
// stands for several, the nearest moment.
function momentOf(node) {
  const found = [
    ...opsOf(node).map(({ part }) => (isBackward() && part.backward) || part.forward),
    ...valuesOf(node).map(({ part, track }) => {
      if (part.made) return part.made;
      return (isBackward() && part.arrivals.at(-1)) || firstUse(part.id, track);
    }),
  ].filter(Boolean);
  if (!node.many) return found[0] ?? now;
  return found.sort((a, b) => Math.abs(a - now) - Math.abs(b - now))[0] ?? now;
}

const firstUse = (id, track) => [...track.ops.values()].find((op) => op.inputs.includes(id))?.forward;

function statesOf(node, current) {
  const [ops, values] = [opsOf(node), valuesOf(node)];
  const reached = ops.some(({ part }) => part.forward <= now) || values.some(({ part }) => part.made <= now);
  const arrived = values.map(({ part, track }) => {
    const here = part.arrivals.filter((moment) => moment <= now).length;
    const root = part.id === track.output && isBackward();
    return { some: here > 0 || root, complete: (here > 0 || root) && here === part.arrivals.length };
  });
  return {
    todo: !reached,
    active: node.ids.some((id) => current.has(id)),
    current: ops.some(({ part }) => current.ops.has(part.id)),
    back: ops.some(({ part }) => part.backward <= now),
    some: arrived.some(({ some }) => some),
    complete: arrived.length > 0 && arrived.every(({ some, complete }) => complete || !some)
      && arrived.some(({ complete }) => complete),
    hurt: view.births.some((birth) => birth.step <= now && node.ids.includes(birth.node)),
  };
}

// The ids that take part in the moment that is shown.
function currentIds() {
  const ids = new Set();
  ids.ops = new Set();
  for (const { op, taken } of stepsNow()) {
    ids.ops.add(op.id);
    const inputs = taken
      ? taken.contributions.filter((part) => part.amount !== null || op === REST).map((part) => part.value)
      : op.inputs;
    for (const id of [op.id, op.output, ...inputs]) ids.add(id);
  }
  return ids;
}

function paint() {
  const current = currentIds();
  const { picture } = view;
  picture.svg.dataset.pass = isBackward() ? "backward" : "forward";
  for (const node of [...picture.nodes, ...folds(picture)]) paintNode(node, current);
  for (const line of picture.lines) paintLine(line);
}

function paintNode(node, current) {
  const { element } = node;
  const { current: isCurrent, ...states } = statesOf(node, current);
  for (const [state, on] of Object.entries(states)) element.classList.toggle(state, Boolean(on));
  for (const born of all(".born", element)) born.classList.toggle("here", born.dataset.step <= now);
  const state = states.todo ? "to come" : isCurrent ? "current step"
    : states.complete ? "gradient complete" : states.some ? "part of its gradient is here" : "computed";
  element.setAttribute("aria-label", `${labelOf(node)}, ${state}; ${
    node.folds ? "open it" : element.classList.contains("folded") ? "open it" : `go to step ${momentOf(node)}`}`);
  element.setAttribute("aria-current", isCurrent ? "step" : "false");
  element.setAttribute("tabindex", isCurrent ? 0 : -1);
}

function labelOf(node) {
  if (node.label) return node.label;
  const [op] = opsOf(node);
  const [value] = valuesOf(node);
  const many = node.ids.length > 1 ? `, one of ${node.ids.length}` : "";
  if (!node.id) return `left out here: ${node.ids.length || find("text", node.element).textContent}`;
  if (op && node.element.classList.contains("op")) return `${op.part.name}, op${many}`;
  if (!value) return "not on this page";
  const { part, track } = value;
  return `${nameOf(part.id, track)}, ${part.role}, ${shapeOf(part)}${many}`;
}

function paintLine({ element, pairs }) {
  const gradient = ({ edge, op, track, into }) => {
    if (!into) return true;
    const step = track.steps.backward.find((taken) => taken.op === op);
    return step?.taken.contributions.some((part) => part.value === edge.source && part.amount !== null);
  };
  const is = (state) => pairs.some(state);
  const back = ({ op, ...rest }) => op.backward <= now && gradient({ op, ...rest });
  const states = {
    todo: !is(({ op }) => op.forward <= now),
    back: is(back),
    active: is((pair) => (isBackward() ? pair.op.backward === now && back(pair) : pair.op.forward === now)),
    bad: is((pair) => pair.op.forward <= now && (back(pair) ? pair.edge.bad_gradient : pair.edge.bad_value)),
  };
  for (const [state, on] of Object.entries(states)) element.classList.toggle(state, Boolean(on));
}
