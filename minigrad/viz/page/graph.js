// The graph: what is lit at which step, and the camera that looks at it.

const boxOf = (node) => node.dataset.box.split(" ").map(Number);

// Once for a view: clicks, and the badges that show when their step has come.
function furnish(view) {
  view.nodes = all(".node", view.svg);
  view.edgeLines = all(".edge", view.svg);
  view.svg.setAttribute("aria-label", "Graph: the up and down arrow keys go from node to node");
  for (const node of view.nodes) {
    const [x, y, width, height] = boxOf(node);
    const { id } = node.dataset;
    node.setAttribute("role", "button");
    node.addEventListener("click", () => camera.dragged || go(stepOf(id)));
    const born = view.births.filter((birth) => birth.node === id && view.ops.has(id));
    for (const [i, { what, in_pass: pass, step }] of born.entries()) {
      const text = `${pass === "backward" ? "← " : ""}${what.replaceAll("-", "−")} born here`;
      node.append(sticker("born", text, x + width + 8, y + height / 2 - 20 * (born.length - 1 - i), step));
    }
    const value = view.values.get(id);
    if (!value) continue;
    node.append(draw("g", { class: "badge", transform: `translate(${x + width - 2} ${y})` },
      draw("circle", { r: 9 }), draw("text", { y: 4.5 }, "∂")));
    const [data, grad] = [value.data, value.grad].map((index) => arrays[index]);
    const kinds = (array) => badKinds(array, (_, kind) => kind);
    if (isBad(data)) node.append(sticker("value", kinds(data), x + width + 9, y + 4));
    if (grad && isBad(grad)) node.append(sticker("grad", `∂ ${kinds(grad)}`, x + width + 9, y + 25));
  }
}

function sticker(kind, text, x, y, step = 0) {
  const width = 7 * text.length + 10;
  return draw("g", { class: `sticker ${kind}`, "data-step": step },
    draw("rect", { x, y: y - 9, width, height: 18, rx: 4 }),
    draw("text", { x: x + width / 2, y: y + 4.5 }, text));
}

// The step of a node: of an op the one in the pass at hand; of a value the one that made it; of a
// leaf its first use or, in the backward pass, the last contribution to its gradient.
function stepOf(id) {
  const [inBackward, op, value] = [now > view.forward, view.ops.get(id), view.values.get(id)];
  if (op) return (inBackward && op.backward) || op.forward;
  if (value.made) return value.made;
  const firstUse = view.steps.find((step) => step.op.inputs.includes(id));
  return (inBackward && value.arrivals.at(-1)) || firstUse.number;
}

function paint() {
  const { op, pass, taken } = view.steps[now - 1];
  const wanted = (part) => part.amount !== null;
  const inputs = taken ? taken.contributions.filter(wanted).map((part) => part.value) : op.inputs;
  view.svg.dataset.pass = pass;
  for (const node of view.nodes) {
    const { id } = node.dataset;
    const [own, value] = [view.ops.get(id), view.values.get(id)];
    const reached = (own ? own.forward : value.made) <= now;
    const arrived = value?.arrivals.filter((arrival) => arrival <= now).length;
    const some = arrived > 0 || (id === view.output && now > view.forward);
    const complete = some && arrived === value.arrivals.length;
    const states = {
      todo: !reached,
      active: own === op || id === op.output || inputs.includes(id),
      back: own?.backward <= now,
      some,
      complete,
    };
    for (const [state, on] of Object.entries(states)) node.classList.toggle(state, Boolean(on));
    for (const born of all(".born", node)) born.classList.toggle("here", born.dataset.step <= now);
    const what = own ? `${own.name}, op` : `${nameOf(id)}, ${value.role}, ${shapeOf(value)}`;
    const state = !reached ? "to come" : own === op ? "current step"
      : complete ? "gradient complete" : some ? "part of its gradient is here" : "computed";
    node.setAttribute("aria-label", `${what}, ${state}; go to step ${stepOf(id)}`);
    node.setAttribute("aria-current", own === op ? "step" : "false");
    node.setAttribute("tabindex", own === op ? 0 : -1);
  }
  for (const line of view.edgeLines) {
    const { source, target } = line.dataset;
    const own = view.ops.get(source) ?? view.ops.get(target);
    const parts = view.steps[own.backward - 1]?.taken.contributions ?? [];
    const returns = own.id === source || parts.some((part) => part.value === source && wanted(part));
    const back = own.backward <= now && returns;
    const bad = view.edges.some((edge) => edge.source === source && edge.target === target
      && (back ? edge.bad_gradient : edge.bad_value));
    const states = {
      todo: own.forward > now,
      back,
      active: own === op && (pass === "forward" || back),
      bad: bad && own.forward <= now,
    };
    for (const [state, on] of Object.entries(states)) line.classList.toggle(state, Boolean(on));
  }
}

// ---------------------------------------------------------------------------------------------
// The camera: drag and zoom, and the active op stays in view
// ---------------------------------------------------------------------------------------------

const stage = find("#stage");
const camera = { dragged: false, byHand: false };

function look({ scale, x, y }, gently = false) {
  view.look = { scale, x, y };
  view.camera.classList.toggle("gently", gently);
  view.camera.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
}

const roomOf = () => [view.svg.clientWidth, view.svg.clientHeight];

// Centre the graph: all of it, or as much as there is room for when letters are to be read.
function overview(smallest = 0) {
  const [room, size] = [roomOf(), [view.svg.dataset.width, view.svg.dataset.height].map(Number)];
  const fitting = Math.min(...[0, 1].map((axis) => (room[axis] - 16) / size[axis]), 2);
  const scale = Math.max(fitting, smallest);
  const [x, y] = [0, 1].map((axis) => Math.max(8, (room[axis] - scale * size[axis]) / 2));
  return { scale, x, y };
}

function readable() {
  const letters = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return overview((letters / 18) * (stage.clientWidth < 500 ? 0.75 : 0.9));
}

function zoom(factor, [x, y] = roomOf().map((size) => size / 2), gently = true) {
  const old = view.look;
  const scale = Math.min(6, Math.max(0.1, old.scale * factor));
  const ratio = scale / old.scale;
  camera.byHand = true;
  look({ scale, x: x - ratio * (x - old.x), y: y - ratio * (y - old.y) }, gently);
}

// Move no more than it takes to see the active op and, if there is room, its values.
function follow(gently) {
  const near = view.nodes.filter((node) => node.classList.contains("active"));
  const op = near.find((node) => node.dataset.id === view.steps[now - 1].op.id);
  if (!op) return;
  const { scale, ...old } = view.look;
  const [x, y] = roomOf().map((room, axis) => {
    const ends = (boxes) => [
      Math.min(...boxes.map((box) => box[axis])),
      Math.max(...boxes.map((box) => box[axis] + box[axis + 2])),
    ].map((end) => scale * (end + view.offset[axis]));
    const margin = 10;
    let [start, end] = ends(near.map(boxOf));
    if (end - start > room - 2 * margin) [start, end] = ends([boxOf(op)]);
    const at = axis ? old.y : old.x;
    if (start + at >= margin && end + at <= room - margin) return at;
    return room / 2 - (start + end) / 2;
  });
  look({ scale, x, y }, gently);
}

function listenToTheStage() {
  let start = null;
  stage.addEventListener("pointerdown", (event) => {
    camera.dragged = false;
    if (event.button || event.target.closest("#under")) return;
    start = { x: event.clientX, y: event.clientY, look: view.look };
  });
  stage.addEventListener("pointermove", (event) => {
    const [dx, dy] = start ? [event.clientX - start.x, event.clientY - start.y] : [0, 0];
    if (!start || (!camera.dragged && Math.hypot(dx, dy) < 5)) return;
    if (!camera.dragged) stage.setPointerCapture(event.pointerId);
    camera.dragged = true;
    look({ ...start.look, x: start.look.x + dx, y: start.look.y + dy });
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, () => { start = null; });
  }
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { left, top } = stage.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 400), [event.clientX - left, event.clientY - top], false);
  }, { passive: false });
  for (const button of all("[data-zoom]")) {
    button.addEventListener("click", () => {
      if (button.dataset.zoom !== "fit") zoom(Number(button.dataset.zoom));
      else look(overview(), camera.byHand = true);
    });
  }
  stage.addEventListener("keydown", (event) => {
    const node = event.target.closest(".node");
    const move = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!node || !(move || event.key === "Enter" || event.key === " ")) return;
    if (move) view.nodes[view.nodes.indexOf(node) + move]?.focus();
    else go(stepOf(node.dataset.id));
    event.preventDefault();
    event.stopPropagation();
  });
  new ResizeObserver(() => {
    if (!camera.byHand) look(readable());
    follow(false);
  }).observe(stage);
}
