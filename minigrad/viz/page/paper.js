// On paper: the step that is shown, with its part of the graph; or, as a hand-out, every step.

const PART = 1.6; // width of the part of the graph, to its height

// The part of the picture around what is active, as a viewBox.
function partOnPaper() {
  const { picture } = view;
  const active = drawnNodes().filter(({ element }) => element.classList.contains("active"));
  const boxes = (active.length ? active : drawnNodes()).map(({ box }) => box);
  const [x, y] = [0, 1].map((axis) => extent(boxes, axis, 1));
  let [width, height] = [x, y].map(([start, end]) => end - start + 80);
  [width, height] = [Math.max(width, 420, height * PART), Math.max(height, 420 / PART, width / PART)];
  const { size } = picture;
  [width, height] = [Math.min(width, Math.max(size[0], 420)), Math.min(height, size[1])];
  return [(x[0] + x[1] - width) / 2, (y[0] + y[1] - height) / 2, width, height].map((n) => n.toFixed(1)).join(" ");
}

function toPaper() {
  if (document.body.classList.contains("handout")) return;
  if (find("#handout input").checked) handOut();
  const { svg, camera: moving } = view.picture;
  svg.setAttribute("viewBox", partOnPaper());
  moving.style.transform = "none";
}

function fromPaper() {
  find("#pages").replaceChildren();
  document.body.classList.remove("handout");
  view.picture.svg.removeAttribute("viewBox");
  go(now, false);
}

// One step after the other, each as the page shows it.
function handOut() {
  const [here, pages] = [now, find("#pages")];
  for (now = 1; now <= view.moments.length; now++) {
    short = true;
    const page = make("article", { "data-pass": isBackward() ? "backward" : "forward" });
    paint();
    const svg = view.picture.svg.cloneNode(true);
    svg.setAttribute("viewBox", partOnPaper());
    find(".camera", svg).style.transform = "none";
    for (const hidden of all(".gone, .lead", svg)) hidden.remove();
    page.append(svg, fill(make("div", { class: "step" }), {}, panelParts()));
    pages.append(page);
  }
  now = here;
  short = false;
  document.body.classList.add("handout");
  paint();
}

function listenToThePrinter() {
  addEventListener("beforeprint", toPaper);
  addEventListener("afterprint", fromPaper);
  find("#print").addEventListener("click", () => print());
}
