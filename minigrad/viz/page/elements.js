"use strict";

// Elements, numbers and arrays. Names, code and numbers only ever become text: nothing in this page
// reads HTML, whatever they contain.

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child || child === 0));
  return element;
}

const make = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

const draw = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// ---------------------------------------------------------------------------------------------
// Numbers
// ---------------------------------------------------------------------------------------------

// Four significant digits; those of an integer array as they are.
function format(number, dtype = "float") {
  if (typeof number === "boolean") return number ? "True" : "False";
  const x = Number(number);
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  const [, exponent] = x.toExponential(3).split("e").map(Number);
  const text = dtype.includes("int") || (exponent >= -4 && exponent < 4)
    ? String(x) : x.toExponential(3).replace(/\.?0*e\+?/, "e");
  return text.replaceAll("-", "−");
}

const isBad = (array) => !array.masked && array.nan + array.inf + array.negative_inf > 0;

const badKinds = (array, write = (count, kind) => `${count} ${kind}`) =>
  [[array.nan, "NaN"], [array.inf, "inf"], [array.negative_inf, "−inf"]]
    .filter(([count]) => count).map(([count, kind]) => write(count, kind)).join(", ");

function range(array, dtype) {
  const bad = badKinds(array);
  if (array.minimum === null) return bad ? `all ${bad}` : "no entries";
  const [low, high] = [array.minimum, array.maximum].map((x) => format(x, dtype));
  const span = low === high ? `all ${low}` : `${low} … ${high}`;
  return bad ? `${bad}, rest ${span}` : span;
}

const largest = (array) =>
  Math.max(0, ...[array.minimum, array.maximum].filter((x) => x !== null).map(Math.abs));

const shapeOf = ({ shape, dtype }) =>
  `${shape.length ? `(${shape.join(", ")}${shape.length === 1 ? "," : ""})` : "scalar"} ${dtype}`;
