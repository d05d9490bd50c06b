// Frames that fold: what is in a folded frame is hidden, a pill stands for it, and the room that it
// took is given up: rows and columns of the picture without anything in them are made narrow.

const GAP = { x: 26, y: 34 }; // between what is left, as far apart as Graphviz would put it
const FOLDABLE = ["module", "definition", "backward"];

function furnishFrame(picture, element) {
  const { group, kind, in: around } = element.dataset;
  const home = boxOf(element);
  const [x, y, width, height] = home;
  const text = find("text", element);
  const outline = draw("rect", { class: "outline", x, y, width, height, rx: 8 });
  find("path, polygon", element).replaceWith(outline);
  const long = text ? text.textContent.length * 8.4 + 14 : 0;
  const frame = { element, id: group, kind, home, box: home, frames: words(around), outline, text, long };
  picture.frames.set(group ?? element, frame);
  if (!text) return;
  frame.name = text.textContent.replace(/[▾▸]/u, "").trim();
  const handle = draw("rect", { class: "handle", rx: 4 });
  element.insertBefore(handle, text);
  frame.handle = handle;
  if (FOLDABLE.includes(kind)) {
    asButton(element, `${frame.name}: fold it`, () => toggle(picture, group));
  } else if (kind === "repeat") {
    asButton(element, `${frame.name}: draw all of them`, () => openPicture(1));
  }
}

function asButton(element, label, act) {
  fill(element, { role: "button", tabindex: 0, "aria-label": label }, []);
  element.addEventListener("click", (event) => {
    if (!camera.dragged && event.target.closest(".handle, text")) act();
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
}

// The pills that stand for the folded frames of a picture.
const folds = (picture) => [...picture.frames.values()].map((frame) => frame.pill).filter(Boolean);

function makePill(picture, frame) {
  const width = frame.name.length * 9 + 40;
  const [x, y] = [frame.home[0] + frame.home[2] / 2 - width / 2, frame.home[1] + frame.home[3] / 2 - 15];
  const element = draw("g", { class: "node op folded", role: "button" },
    draw("path", { d: `M${x},${y}h${width}v30h${-width}z` }),
    draw("path", { d: `M${x + 3},${y + 3}h${width - 6}v24h${6 - width}z` }),
    draw("text", { x: x + width / 2, y: y + 20, "text-anchor": "middle", class: "bold", "font-size": 15 }, `${frame.name} ▸`));
  const inside = picture.nodes.filter((node) => node.frames.includes(frame.id));
  const ids = [...new Set(inside.flatMap((node) => node.ids))];
  const home = [x, y, width, 30];
  const pill = { element, ids, frames: frame.frames, home, box: home, many: true, folds: frame.id, label: `${frame.name}, folded` };
  element.addEventListener("click", () => camera.dragged || toggle(picture, frame.id));
  picture.inner.append(element);
  return pill;
}

function toggle(picture, group) {
  if (!picture.folded.delete(group)) picture.folded.add(group);
  arrange(picture);
  paint();
  follow(true);
  focusOn(picture, group);
}

function focusOn(picture, group) {
  const frame = picture.frames.get(group);
  (picture.folded.has(group) ? frame.pill.element : frame.element).focus({ preventScroll: true });
}

// Which frames are folded at first: those that lie within so many others.
function foldAtFirst(picture) {
  picture.folded = new Set();
  if (depth === null) return;
  for (const frame of picture.frames.values()) {
    if (FOLDABLE.includes(frame.kind) && depthOf(frame.id) === depth) picture.folded.add(frame.id);
  }
}

function depthOf(group) {
  const groups = view.tracks.flatMap((track) => track.groups);
  const { parent } = groups.find(({ id }) => id === group);
  return parent === null ? 0 : 1 + depthOf(parent);
}

// ---------------------------------------------------------------------------------------------
// Where everything is
// ---------------------------------------------------------------------------------------------

function arrange(picture) {
  const { folded, frames, nodes } = picture;
  for (const frame of frames.values()) {
    frame.hidden = frame.frames.some((name) => folded.has(name));
    const closed = folded.has(frame.id);
    if (closed) frame.pill ??= makePill(picture, frame);
    if (frame.pill) setVisible(frame.pill, closed && !frame.hidden);
    frame.element.classList.toggle("gone", frame.hidden || closed);
    frame.open = !frame.hidden && !closed;
  }
  for (const node of nodes) setVisible(node, !node.frames.some((name) => folded.has(name)));
  const visible = [...nodes, ...folds(picture)].filter((node) => !node.hidden);
  const open = [...frames.values()].filter((frame) => frame.open);
  const squeeze = folded.size ? [0, 1].map((axis) => squeezer(intervals(visible, open, axis), axis ? GAP.y : GAP.x)) : [(x) => x, (y) => y];
  for (const node of visible) placeNode(node, squeeze);
  for (const frame of frames.values()) if (frame.open) stretch(frame, squeeze);
  for (const line of picture.lines) drawLine(picture, line, squeeze);
  measure(picture, [...visible, ...open]);
  placeStickers(picture);
}

function setVisible(node, visible) {
  node.hidden = !visible;
  node.element.classList.toggle("gone", !visible);
}

// What must not be squeezed, along one axis: nodes, and the names and borders of frames.
function intervals(nodes, frames, axis) {
  const found = nodes.map(({ home }) => [home[axis], home[axis] + home[axis + 2]]);
  for (const { home, long } of frames) {
    const [start, end] = [home[axis], home[axis] + home[axis + 2]];
    found.push([start, start + (axis ? 26 : Math.min(long, home[2]))], [end - 8, end]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}

// A map of coordinates that makes gaps no wider than `gap`, and leaves the rest as it is.
function squeezer(sorted, gap) {
  const merged = [];
  for (const [start, end] of sorted) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  let shift = 0;
  const pieces = merged.map(([start, end], i) => {
    const before = i ? start - merged[i - 1][1] : 0;
    shift += Math.max(0, before - gap);
    return { start, end, shift };
  });
  return (at) => {
    const next = pieces.findIndex(({ end }) => at <= end);
    if (next === -1) return at - shift;
    const { start, shift: here } = pieces[next];
    if (at >= start || !next) return at - here;
    const { end: left, shift: before } = pieces[next - 1];
    const much = (at - left) / (start - left);
    return left - before + much * (start - here - (left - before));
  };
}

function placeNode(node, [x, y]) {
  const [left, top, width, height] = node.home;
  node.box = [x(left), y(top), width, height];
  node.element.setAttribute("transform", `translate(${node.box[0] - left} ${node.box[1] - top})`);
}

function stretch(frame, [x, y]) {
  const [left, top, width, height] = frame.home;
  const [left2, top2] = [x(left), y(top)];
  frame.box = [left2, top2, x(left + width) - left2, y(top + height) - top2];
  frame.title = [left2 + 2, top2 + 2, frame.long, 24];
  fill(frame.outline, { x: left2, y: top2, width: frame.box[2], height: frame.box[3] }, []);
  if (!frame.text) return;
  fill(frame.text, { x: left2 + 8, y: top2 + 18, "text-anchor": "start" }, []);
  fill(frame.handle, { x: left2 + 2, y: top2 + 2, width: frame.long + 12, height: 23 }, []);
}

// An edge as Graphviz drew it, moved; or anew, where one of its ends is in a folded frame.
function drawLine(picture, line, [x, y]) {
  const { element } = line;
  line.shapes ??= all("path, polygon", element).map((shape) =>
    [shape, shape.getAttribute("d") ?? shape.getAttribute("points")]);
  const ends = [line.from, line.to].map((name) => standIn(picture, name));
  const gone = !ends[0] || !ends[1] || ends[0] === ends[1];
  element.classList.toggle("gone", gone);
  if (gone) return;
  const moved = (text) => text.replace(/(-?[\d.]+),(-?[\d.]+)/g, (_, a, b) =>
    `${x(Number(a)).toFixed(1)},${y(Number(b)).toFixed(1)}`);
  const anew = ends.some((node) => node.folds) ? curve(ends[0].box, ends[1].box) : null;
  for (const [shape, text] of line.shapes) {
    if (shape.tagName === "path") shape.setAttribute("d", anew ? anew.path : moved(text));
    else shape.setAttribute("points", anew ? anew.head : arrow(text, x, y));
  }
}

// The node that is drawn for an end of an edge: itself, or the pill of a frame around it.
function standIn(picture, name) {
  const node = picture.nodes.find(({ drawn }) => drawn === name);
  if (!node || !node.hidden) return node;
  const frame = [...node.frames].reverse().find((group) => picture.folded.has(group));
  return picture.frames.get(frame).pill;
}

function arrow(points, x, y) {
  const corners = points.trim().split(/\s+/).map((point) => point.split(",").map(Number));
  const [left, top] = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length);
  const [dx, dy] = [x(left) - left, y(top) - top];
  return corners.map(([a, b]) => `${(a + dx).toFixed(1)},${(b + dy).toFixed(1)}`).join(" ");
}

// From the side of one box to the facing side of another, with the head of an arrow.
function curve([x1, y1, w1, h1], [x2, y2, w2, h2]) {
  const [c1, c2] = [[x1 + w1 / 2, y1 + h1 / 2], [x2 + w2 / 2, y2 + h2 / 2]];
  const upright = Math.abs(c2[1] - c1[1]) - (h1 + h2) / 2 >= Math.abs(c2[0] - c1[0]) - (w1 + w2) / 2;
  const axis = upright ? 1 : 0;
  const sense = Math.sign(c2[axis] - c1[axis]) || 1;
  const [half1, half2] = upright ? [h1 / 2, h2 / 2] : [w1 / 2, w2 / 2];
  const along = (point, far) => (upright ? [point[0], point[1] + far] : [point[0] + far, point[1]]);
  const [start, end] = [along(c1, sense * half1), along(c2, -sense * half2)];
  const bend = Math.abs(end[axis] - start[axis]) / 2;
  const neck = along(end, -sense * 6);
  const across = ([a, b], much) => (upright ? [a + much, b] : [a, b + much]);
  return {
    path: `M${start}C${along(start, sense * bend)} ${along(end, -sense * bend)} ${end}`,
    head: [end, across(neck, 2.4), across(neck, -2.4)].join(" "),
  };
}

// How large the picture is now.
function measure(picture, parts) {
  const low = [0, 1].map((axis) => Math.min(...parts.map(({ box }) => box[axis])) - 12);
  const high = [0, 1].map((axis) => Math.max(...parts.map(({ box }) => box[axis] + box[axis + 2])) + 12);
  picture.size = [0, 1].map((axis) => high[axis] - low[axis]);
  picture.offset = low.map((start) => -start);
  picture.inner.setAttribute("transform", `translate(${picture.offset.join(" ")})`);
}
