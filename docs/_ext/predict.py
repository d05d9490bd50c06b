"""Predictions in the lessons: a question that the reader answers on the page, and what it opens.

    ```{predict}
    :id: which-way
    :answer: slope < 0

    Which way does the loss go?

    A hint, if there is one.

    - [x] down
      A word for who chose this.
    - [ ] up
      A word for who chose that.
    ```

    Text and cells, closed until the reader has answered or wants to see them.

    % seen

`:answer:` is what the lesson's own kernel must find true when the site is built. With
`:within: 0.1` the reader types a number: then `:answer:` is the number that the kernel has, each
choice is a number, and the last one, `other`, has the word for all the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from minigrad.__main__ import CHOICE, PREDICTION


@dataclass
class Choice:
    is_right: bool
    text: str
    word: str


@dataclass
class Prediction:
    """A prediction, as it is written."""

    id: str
    answer: str
    within: float | None
    question: str
    hint: str
    choices: list[Choice]

    @classmethod
    def read(cls, options: dict[str, str], body: str) -> Prediction:
        choices = [
            Choice(mark == "x", text, " ".join(word.split()))
            for mark, text, word in CHOICE.findall(body)
        ]
        within = float(options["within"]) if "within" in options else None
        question, _, hint = re.split(r"^- \[", body, maxsplit=1, flags=re.M)[0].partition("\n\n")
        made = cls(options["id"], options["answer"], within, question, hint.strip(), choices)
        if len(choices) < 2 or sum(choice.is_right for choice in choices) != 1:
            raise ExtensionError(f"predict {made.id}: two choices or more, and one is right")
        if len(choices) != len(re.findall(r"^- ", body, re.MULTILINE)):
            raise ExtensionError(f"predict {made.id}: a choice has no word below it")
        return made

    @property
    def right(self) -> Choice:
        return next(choice for choice in self.choices if choice.is_right)

    @property
    def check(self) -> str:
        """What must be true in the lesson's kernel."""
        if self.within is None:
            return self.answer
        return f"abs(({self.answer}) - ({self.right.text})) <= {self.within}"


def predictions(page: str) -> list[Prediction]:
    """All that a page asks."""
    found = []
    for written in PREDICTION.finditer(page):
        options = dict(re.findall(r"^:(\w+): (.+)$", written["options"], re.MULTILINE))
        found.append(Prediction.read(options, written["body"]))
    return found


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("predict", Predict)
    app.add_js_file("predict.js")
    app.add_css_file("predict.css")
    app.connect("source-read", write_checks)
    app.connect("doctree-read", close)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_checks(app: Any, page: str, source: list[str]) -> None:
    """Let the kernel check each answer, after what the prediction opens."""
    asked = iter(predictions(source[0]))

    def with_check(written: re.Match[str]) -> str:
        prediction = next(asked)
        check = f'assert {prediction.check}, "the answer of {prediction.id}"'
        cell = f"```{{code-cell}} ipython3\n:tags: [remove-cell]\n\n{check}\n```"
        return f"{written[0].removesuffix('% seen')}{cell}\n\n% seen"

    source[0] = PREDICTION.sub(with_check, source[0])


class Question(nodes.container):
    """The form; what it opens follows, up to `% seen`."""


def close(app: Any, doctree: nodes.document) -> None:
    """Put what a prediction opens into one box."""
    for question in list(doctree.findall(Question)):
        after = question.parent[question.parent.index(question) + 1 :]
        marks = [node for node in after if isinstance(node, nodes.comment)]
        end = next((mark for mark in marks if mark.astext().strip() == "seen"), None)
        if end is None:
            raise ExtensionError(f"{question['ids'][0]} has no '% seen' in its section")
        box = nodes.container(classes=["predicted"])
        for node in after[: after.index(end) + 1]:
            question.parent.remove(node)
            box += node
        question.parent.insert(question.parent.index(question) + 1, box)


class Predict(SphinxDirective):
    """The question, its choices or a field for a number, and a word for each answer."""

    has_content = True
    option_spec = {
        "id": directives.unchanged_required,
        "answer": directives.unchanged_required,
        "within": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        body = "\n".join(self.content) + "\n"
        asked = Prediction.read(self.options, body)
        right = asked.choices.index(asked.right)
        within = f' data-within="{asked.within}"' if asked.within is not None else ""
        box = Question(classes=["predict"], ids=[f"predict-{asked.id}"])
        box += html(f'<form data-id="{asked.id}" data-right="{right}"{within}><fieldset><legend>')
        box += [html("<strong>Predict.</strong> "), *self.inline(asked.question), html("</legend>")]
        if asked.hint:
            box += self.parse_text_to_nodes(asked.hint)
        box += self.number() if within else self.radios(asked)
        box += html(
            '</fieldset><p class="buttons"><button type="submit">Check</button> '
            '<button type="button">Show it without an answer</button></p>'
            '<div role="status"></div><dl class="words">'
        )
        for choice in asked.choices:
            mark = escape(choice.text) if within else ""
            box += [html(f'<dt data-number="{mark}">'), *self.inline(choice.text)]
            box += [html("</dt><dd>"), *self.inline(choice.word), html("</dd>")]
        box += html("</dl></form>")
        return [box]

    def radios(self, asked: Prediction) -> list[nodes.Node]:
        made = []
        for i, choice in enumerate(asked.choices):
            radio = f'<input type="radio" name="{asked.id}" value="{i}" required>'
            made += [html(f"<label>{radio} "), *self.inline(choice.text), html("</label>")]
        return made

    def number(self) -> nodes.Node:
        field = '<input type="number" step="any" required autocomplete="off">'
        return html(f"<label>Your number {field}</label>")

    def inline(self, text: str) -> list[nodes.Node]:
        parsed = nodes.inline()
        parsed += self.parse_inline(text)[0]
        return [parsed]


def html(text: str) -> nodes.Node:
    return nodes.raw("", text, format="html")
