// What the pages share: elements, the state in the address, and the controls that change it.
"use strict";

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const $ = (selector) => document.querySelector(selector);

// A page is a state, and `render`, which shows it. The state stands in the address, after the #, as
// `preset=name` or `size=100&dtype=float32`; what makes no sense there is not looked at.
//
// `fields` has for each part of the state its default and what it may be: a list of choices, a pair
// [least, largest] of a number, or a function that says whether a value will do; `words` says that a
// list has words in it, and not numbers. `mend` makes the parts fit each other.
class Page {
  constructor({ fields, presets, render, python, mend = () => {} }) {
    Object.assign(this, { fields, presets, render, python, mend });
    this.defaults = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.is]));
    this.read();
    addEventListener("hashchange", () => { this.read(); this.show(); });
    for (const control of document.querySelectorAll("[data-state]")) this.bind(control);
    document.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-set]");
      if (button) this.set(Object.fromEntries(this.parse(button.dataset.set)));
    });
    this.show();
  }

  read() {
    const words = new URLSearchParams(location.hash.slice(1));
    const preset = Object.hasOwn(this.presets, words.get("preset")) ? this.presets[words.get("preset")] : {};
    this.state = { ...this.defaults, ...preset, ...Object.fromEntries(this.parse(words)) };
    this.mend(this.state);
  }

  // The parts of a state that are written in a text and make sense.
  parse(text) {
    return [...new URLSearchParams(text)].flatMap(([name, word]) => {
      const field = Object.hasOwn(this.fields, name) ? this.fields[name] : null;
      if (!field) return [];
      const value = Array.isArray(field.is) ? word.split(",").filter(Boolean).map(field.words ? String : Number)
        : typeof field.is === "number" ? Number(word) : word;
      const empty = word.trim() !== word || (word === "" && !Array.isArray(field.is));
      return this.allows(field.may, value) && !empty ? [[name, value]] : [];
    });
  }

  allows(may, value) {
    if (typeof may === "function") return may(value);
    if (may.length === 2 && typeof may[0] === "number") return value >= may[0] && value <= may[1];
    return may.includes(value);
  }

  set(changes) {
    Object.assign(this.state, changes);
    this.mend(this.state);
    const changed = Object.entries(this.state).filter(([name, value]) => `${value}` !== `${this.defaults[name]}`);
    const words = changed.map(([name, value]) => `${name}=${value}`).join("&");
    history.replaceState(null, "", words ? `#${words}` : location.pathname + location.search);
    this.show();
  }

  // An input that shows and changes a part of the state. A slider whose field has `steps` goes from
  // one of these to the next.
  bind(control) {
    const name = control.dataset.state;
    const { steps, says, is } = this.fields[name];
    if (steps) fill(control, { min: 0, max: steps.length - 1, step: 1 }, []);
    control.addEventListener("input", () => {
      const value = steps ? steps[control.value] : typeof is === "number" ? Number(control.value) : control.value;
      this.set({ [name]: value });
    });
    control.show = (value) => {
      if (control.type === "radio") {
        control.checked = control.value === `${value}`;
        return;
      }
      control.value = steps ? nearestStep(steps, value) : value;
      if (control.type === "range") control.setAttribute("aria-valuetext", says ? says(value) : written(value, 6));
    };
  }

  show() {
    for (const control of document.querySelectorAll("[data-state]")) control.show(this.state[control.dataset.state]);
    const outputs = this.render(this.state) ?? {};
    for (const [name, text] of Object.entries(outputs)) {
      for (const place of document.querySelectorAll(`[data-out="${name}"]`)) {
        if (place.textContent !== text) place.textContent = text;
      }
    }
    $("#python").textContent = this.python(this.state);
    const here = JSON.stringify(this.state);
    for (const link of document.querySelectorAll("[data-preset]")) {
      const there = JSON.stringify({ ...this.defaults, ...this.presets[link.dataset.preset] });
      fill(link, { "aria-current": `${here === there}` }, []);
    }
  }
}

function nearestStep(steps, value) {
  return steps.reduce((best, step, i) => (Math.abs(step - value) < Math.abs(steps[best] - value) ? i : best), 0);
}

// Call back with where an element is pressed or dragged over: of a picture in its own units, of
// another element from 0 to 1, across and from the top.
function onDrag(element, callback) {
  const tell = ({ clientX, clientY }) => {
    if (element instanceof SVGElement) {
      const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(element.getScreenCTM().inverse());
      callback(x, y);
      return;
    }
    const box = element.getBoundingClientRect();
    const part = (at, from, size) => Math.min(1, Math.max(0, (at - from) / size));
    callback(part(clientX, box.left, box.width), part(clientY, box.top, box.height));
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    tell(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) tell(event);
  });
}

// Call back with how far each arrow key goes: across, and up. Shift makes it ten times as far.
function onArrows(element, callback) {
  element.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    callback(...way.map((step) => (event.shiftKey ? 10 * step : step)));
  });
}
