// The camera: drag and zoom, and the active op stays in view; and the small map of the whole.

const stage = find("#stage");
const camera = { dragged: false, byHand: false };
const HAIRLINE = 0.45; // of the scale at which letters are read: nothing is fitted smaller

function look({ scale, x, y }, gently = false) {
  view.look = { scale, x, y };
  if (view.picture.svg.hasAttribute("viewBox")) return; // it is on paper
  const { camera: moving } = view.picture;
  moving.classList.toggle("gently", gently);
  moving.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  showMap();
}

const roomOf = () => [view.picture.svg.clientWidth, view.picture.svg.clientHeight];

// At this scale the smallest letters of the graph are as large as those of the step.
function readingScale() {
  const letters = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return letters / (stage.clientWidth < 500 ? 18 : 15);
}

// Centre the graph: all of it, or as much as there is room for when letters are to be read.
function overview(smallest) {
  const [room, { size }] = [roomOf(), view.picture];
  const fitting = Math.min(...[0, 1].map((axis) => (room[axis] - 16) / size[axis]), 1.35 * readingScale());
  const scale = Math.max(fitting, smallest);
  const [x, y] = [0, 1].map((axis) => Math.max(8, (room[axis] - scale * size[axis]) / 2));
  return { scale, x, y };
}

const readable = () => overview(readingScale());

function zoom(factor, [x, y] = roomOf().map((size) => size / 2), gently = true) {
  const old = view.look;
  const scale = Math.min(12, Math.max(0.1, old.scale * factor));
  const ratio = scale / old.scale;
  camera.byHand = true;
  look({ scale, x: x - ratio * (x - old.x), y: y - ratio * (y - old.y) }, gently);
}

// Where boxes are on the stage.
function extent(boxes, axis, scale) {
  const ends = [
    Math.min(...boxes.map((box) => box[axis])),
    Math.max(...boxes.map((box) => box[axis] + box[axis + 2])),
  ];
  return ends.map((end) => scale * (end + view.picture.offset[axis]));
}

const drawnNodes = () => [...view.picture.nodes, ...folds(view.picture)].filter((node) => !node.hidden);

// Move no more than it takes to see the active op and, if there is room, its values.
function follow(gently) {
  const near = drawnNodes().filter(({ element }) => element.classList.contains("active"));
  const op = near.filter(({ element }) => element.getAttribute("aria-current") === "step");
  const must = op.length ? op : near;
  if (!must.length) return;
  const { scale, ...old } = view.look;
  const [x, y] = roomOf().map((room, axis) => {
    const margin = 10;
    let [start, end] = extent(near.map(({ box }) => box), axis, scale);
    if (end - start > room - 2 * margin) [start, end] = extent(must.map(({ box }) => box), axis, scale);
    const at = axis ? old.y : old.x;
    if (start + at >= margin && end + at <= room - margin) return at;
    return room / 2 - (start + end) / 2;
  });
  look({ scale, x, y }, gently);
}

// ---------------------------------------------------------------------------------------------
// The small map of the whole, with the part that is in view
// ---------------------------------------------------------------------------------------------

function showMap() {
  const { picture, look: { scale, x, y } } = view;
  const map = find("#map");
  const [room, { size, offset }] = [roomOf(), picture];
  const seen = [0, 1].map((axis) => [-[x, y][axis], room[axis] - [x, y][axis]].map((at) => at / scale));
  const large = [0, 1].some((axis) => size[axis] * scale > 1.5 * room[axis]);
  map.classList.toggle("gone", !large || !room[0]);
  if (!large) return;
  map.setAttribute("viewBox", `0 0 ${size.join(" ")}`);
  const nodes = drawnNodes();
  const boxes = nodes.map(({ box, element }) => draw("rect", {
    x: box[0] + offset[0], y: box[1] + offset[1], width: box[2], height: box[3],
    class: element.classList.contains("active") ? "active" : "",
  }));
  const [left, right, top, bottom] = [...seen[0], ...seen[1]];
  map.replaceChildren(...boxes, draw("rect", { class: "seen", x: left, y: top, width: right - left, height: bottom - top }));
  map.dataset.corner = freeCorner([...nodes, ...picture.stickers], room);
}

// The corner of the stage in which the map hides the least.
function freeCorner(nodes, room) {
  const { scale, x, y } = view.look;
  const { offset } = view.picture;
  const [width, height] = [0.24 * room[0], 0.3 * room[1]];
  const hides = (right, low) => {
    const [left, top] = [right ? room[0] - width : 0, low ? room[1] - height : 0];
    return nodes.filter(({ box }) => {
      const [a, b] = [x + scale * (box[0] + offset[0]), y + scale * (box[1] + offset[1])];
      return a < left + width && a + scale * box[2] > left && b < top + height && b + scale * box[3] > top;
    }).length;
  };
  const corners = [["top right", 1, 0], ["bottom right", 1, 1], ["bottom left", 0, 1], ["top left", 0, 0]]
    .map(([name, right, low]) => [hides(right, low), name]);
  return corners.reduce((best, corner) => (corner[0] < best[0] ? corner : best))[1];
}

function lookAtMap(event) {
  const { left, top, width, height } = find("#map").getBoundingClientRect();
  const { size } = view.picture;
  const shrunk = Math.min(width / size[0], height / size[1]);
  const at = [
    (event.clientX - left - (width - shrunk * size[0]) / 2) / shrunk,
    (event.clientY - top - (height - shrunk * size[1]) / 2) / shrunk,
  ];
  const { scale } = view.look;
  const [x, y] = roomOf().map((room, axis) => room / 2 - scale * at[axis]);
  camera.byHand = true;
  look({ scale, x, y });
}

// ---------------------------------------------------------------------------------------------
// Drag, wheel, pinch, swipe, keys
// ---------------------------------------------------------------------------------------------

// The wheel alone is left to the page around the graph; with Ctrl, as pinching a touchpad is
// reported, too, it zooms.
function listenToTheWheel() {
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { left, top } = stage.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 400), [event.clientX - left, event.clientY - top], false);
  }, { passive: false });
}

function listenToTheMouse() {
  let start = null;
  stage.addEventListener("pointerdown", (event) => {
    camera.dragged = false;
    if (event.button || event.pointerType === "touch" || event.target.closest("#under, #map")) return;
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
  const map = find("#map");
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    lookAtMap(event);
  });
  map.addEventListener("pointermove", (event) => event.buttons && lookAtMap(event));
}

// Two fingers move and zoom the graph; one scrolls the page, and steps where it goes sideways.
function listenToFingers() {
  let pinch = null;
  let swipe = null;
  const where = ({ touches: [a, b] }) => {
    const { left, top } = stage.getBoundingClientRect();
    const middle = [(a.clientX + b.clientX) / 2 - left, (a.clientY + b.clientY) / 2 - top];
    return { middle, apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) };
  };
  stage.addEventListener("touchstart", (event) => {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    pinch = { ...where(event), look: view.look };
    swipe = null;
  }, { passive: false });
  stage.addEventListener("touchmove", (event) => {
    if (!pinch || event.touches.length !== 2) return;
    event.preventDefault();
    const { middle, apart } = where(event);
    const { scale, x, y } = pinch.look;
    const ratio = Math.min(12, Math.max(0.1, (scale * apart) / pinch.apart)) / scale;
    camera.byHand = true;
    look({
      scale: scale * ratio,
      x: middle[0] - ratio * (pinch.middle[0] - x),
      y: middle[1] - ratio * (pinch.middle[1] - y),
    });
  }, { passive: false });
  stage.addEventListener("touchend", ({ touches }) => { if (touches.length < 2) pinch = null; });
  const main = find("main");
  main.addEventListener("touchstart", ({ touches, target }) => {
    const [{ clientX: x, clientY: y }] = touches;
    swipe = touches.length === 1 && !target.closest(".heat, #map, #under") ? { x, y } : null;
  }, { passive: true });
  main.addEventListener("touchend", ({ changedTouches: [{ clientX, clientY }] }) => {
    const [dx, dy] = swipe ? [clientX - swipe.x, clientY - swipe.y] : [0, 0];
    swipe = null;
    if (Math.abs(dx) > 50 && Math.abs(dx) > 2 * Math.abs(dy)) move(dx < 0 ? "on" : "back");
  });
}

function listenToTheStage() {
  listenToTheWheel();
  listenToTheMouse();
  listenToFingers();
  for (const button of all("[data-zoom]")) {
    button.addEventListener("click", () => {
      if (button.dataset.zoom !== "fit") zoom(Number(button.dataset.zoom));
      else {
        camera.byHand = true;
        look(overview(HAIRLINE * readingScale()), true);
        follow(true);
      }
    });
  }
  stage.addEventListener("keydown", (event) => {
    const nodes = drawnNodes();
    const at = nodes.findIndex(({ element }) => element === event.target);
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (at < 0 || !(step || event.key === "Enter" || event.key === " ")) return;
    if (step) nodes[at + step]?.element.focus();
    else press(view.picture, nodes[at]);
    event.preventDefault();
    event.stopPropagation();
  });
  new ResizeObserver(() => {
    if (!camera.byHand) look(readable());
    follow(false);
  }).observe(stage);
}
