// The red labels of the graph, which lie on nothing else; and the marks on the slider.

function addStickers(node) {
  const born = view.births.filter((birth) => birth.node === node.id && birth.track.ops.has(node.id));
  const seen = new Set();
  const add = (kind, text, step = 0) => {
    if (seen.has(text)) return;
    seen.add(text);
    const width = 7.6 * text.length + 12;
    node.element.append(draw("g", { class: `sticker ${kind}`, "data-step": step, "data-width": width },
      draw("path", { class: "lead" }), draw("rect", { width, height: 20, rx: 4 }), draw("text", {}, text)));
  };
  for (const { what, in_pass: pass, step } of born) {
    add("born", `${pass === "backward" ? "← " : ""}${what.replaceAll("-", "−")} born here`, step);
  }
  for (const { part } of valuesOf(node)) {
    const [data, grad] = [part.data, part.grad].map((index) => arrays[index]);
    const kinds = (array) => badKinds(array, (_, kind) => kind);
    if (isBad(data)) add("value", kinds(data));
    if (grad && isBad(grad)) add("grad", `∂ ${kinds(grad)}`);
  }
}

// Put each sticker where it lies on no node, no frame's name and no other sticker: beside its node,
// or, with a line that leads to it, as near as there is room.
function placeStickers(picture) {
  const shown = picture.nodes.filter((node) => !node.hidden);
  const taken = [...shown, ...folds(picture).filter((node) => !node.hidden)]
    .map(({ box: [x, y, width, height] }) => [x - 2, y - 10, width + 12, height + 12]);
  for (const frame of picture.frames.values()) if (!frame.hidden) taken.push(frame.title);
  const free = ([x, y, width, height]) => taken.every(([x2, y2, width2, height2]) =>
    x + width <= x2 || x2 + width2 <= x || y + height <= y2 || y2 + height2 <= y);
  picture.stickers = [];
  for (const node of shown) {
    const [x, y, width, height] = node.box;
    for (const sticker of all(".sticker", node.element)) {
      const wide = Number(sticker.dataset.width);
      const place = around(x, y, width, height, wide).find(free);
      taken.push(place);
      picture.stickers.push({ box: place });
      const [dx, dy] = [place[0] - x, place[1] - y];
      fill(find("rect", sticker), { x: node.home[0] + dx, y: node.home[1] + dy }, []);
      fill(find("text", sticker), { x: node.home[0] + dx + wide / 2, y: node.home[1] + dy + 14.5 }, []);
      fill(find(".lead", sticker), { d: lead(node.home, node.box, place) }, []);
    }
  }
}

// Places for a sticker, the nearest first: right, left, then up and down in ever longer ways.
function around(x, y, width, height, wide) {
  const places = [];
  for (let away = 0; away < 60; away++) {
    for (const dy of away ? [-11 * away, 11 * away] : [0]) {
      const top = y + height / 2 - 10 + dy;
      for (const out of [12, 12 + 40 * (away + 1)]) places.push([x + width + out, top], [x - wide - out + 2, top]);
    }
  }
  return places.map(([left, top]) => [left, top, wide, 20]);
}

function lead(home, box, [left, top, wide]) {
  const [dx, dy] = [home[0] - box[0], home[1] - box[1]];
  const right = left > box[0];
  const from = [right ? home[0] + home[2] : home[0], home[1] + home[3] / 2];
  const to = [(right ? left : left + wide) + dx, top + 10 + dy];
  return Math.abs(to[0] - from[0]) + Math.abs(to[1] - from[1]) < 40 ? "M0,0" : `M${from}L${to}`;
}

// ---------------------------------------------------------------------------------------------
// The marks on the slider
// ---------------------------------------------------------------------------------------------

function showTimeline() {
  const [end, middle] = [view.moments.length - 1 || 1, view.forward - 0.5];
  const part = (pass, text, size) => make("span", { class: pass, style: `flex: ${size}` }, text);
  find("#passes").replaceChildren(part("forward", "forward →", middle),
    view.moments.length > view.forward ? part("backward", "← backward", end - middle) : "");
  const marks = find("#marks");
  marks.replaceChildren();
  const [room, size] = [marks.clientWidth, parseFloat(getComputedStyle(marks).fontSize) * 1.6];
  const placed = [];
  for (const birth of [...view.births].sort((a, b) => a.step - b.step)) {
    const at = ((birth.step - 1) / end) * room;
    if (placed.length && at - placed.at(-1).at < size) placed.at(-1).births.push(birth);
    else placed.push({ at, births: [birth] });
  }
  for (const one of placed) marks.append(one.mark = makeMark(one, room));
  nameMarks(placed, room);
}

// Births whose marks would touch share one; each click goes to the next of them.
function makeMark({ at, births }, room) {
  const title = births.map(sayBirth).join("\n");
  const count = births.length > 1 ? `×${births.length}` : "";
  const mark = make("button", { type: "button", class: "mark", title }, `▲${count}`);
  mark.setAttribute("aria-label", `${births.map(sayBirth).join("; ")}: go to step ${births[0].step}`);
  mark.style.setProperty("--at", room ? at / room : 0);
  mark.addEventListener("click", () => go((births.find((birth) => birth.step > now) ?? births[0]).step));
  return mark;
}

// Under a mark stands what it is, if there is room: first for the birth that is blamed.
function nameMarks(placed, room) {
  const taken = [];
  const blamedFirst = [...placed].sort((a, b) =>
    b.births.some((birth) => birth.blamed) - a.births.some((birth) => birth.blamed));
  for (const { at, mark, births } of blamedFirst) {
    const blamed = births.find((birth) => birth.blamed) ?? births[0];
    const text = make("span", {}, sayBirth(blamed) + (births.length > 1 ? ", …" : ""));
    mark.append(text);
    const width = text.offsetWidth + 12;
    const left = Math.max(0, Math.min(room - width, at - 8));
    if (width > room || taken.some(([start, end]) => left < end && start < left + width)) text.textContent = "";
    else {
      taken.push([left, left + width]);
      text.style.left = `${left - at + mark.offsetWidth / 2}px`;
    }
  }
}
