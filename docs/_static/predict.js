// Predictions: an answer is checked here, and opens what follows. It stays in this browser.
"use strict";

document.documentElement.classList.add("predicts"); // before the page is drawn: nothing flashes

const memory = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? {};
    } catch {
      return {};
    }
  },
  write(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // a browser that keeps nothing: the page works all the same
    }
  },
};

function ask(form) {
  const key = `minigrad.predict.${form.dataset.id}`;
  const opened = form.parentElement.nextElementSibling;
  const words = form.querySelectorAll(".words dd");
  const numbers = [...form.querySelectorAll(".words dt")].map((term) => term.dataset.number);
  const status = form.querySelector("[role=status]");
  const look = form.querySelector("button[type=button]");
  const right = Number(form.dataset.right);
  let kept = memory.read(key);

  function chosen(answer) {
    if (form.dataset.within === undefined) return Number(answer);
    const within = Number(form.dataset.within);
    const known = numbers.findIndex((number) => Math.abs(Number(answer) - Number(number)) <= within);
    return known < 0 ? numbers.length - 1 : known;
  }

  function answered() {
    const checked = form.querySelector("input:checked, input[type=number]");
    return checked ? checked.value : "";
  }

  function draw() {
    const i = kept.answer === undefined ? -1 : chosen(kept.answer);
    const verdict = i === right ? "Right. " : "Not that. ";
    status.innerHTML = words[i] ? `<strong>${verdict}</strong>${words[i].innerHTML}` : "";
    status.className = i < 0 ? "" : i === right ? "right" : "wrong";
    opened.classList.toggle("seen", Boolean(kept.seen));
    look.textContent = kept.seen
      ? "Ask me again"
      : i < 0
        ? "Show it without an answer"
        : "Show it";
  }

  function keep(state) {
    kept = state;
    memory.write(key, kept);
    draw();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const answer = answered();
    keep({ answer, seen: kept.seen || chosen(answer) === right });
  });
  look.addEventListener("click", () => {
    if (kept.seen) form.reset();
    keep(kept.seen ? {} : { ...kept, seen: true });
  });

  if (kept.answer !== undefined) {
    const radio = form.querySelector(`input[value="${CSS.escape(kept.answer)}"]`);
    if (radio) radio.checked = true;
    else form.querySelector("input").value = kept.answer;
  }
  draw();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".predict form").forEach(ask);
});
