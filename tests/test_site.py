"""The site: that the API pages have every public name, and that a built site holds together.

What concerns a built site runs where MINIGRAD_SITE names its folder, as `.ci/run` does after
`python -m sphinx -W docs site`.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from minigrad import numpy_functions, operators

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS / "_ext"))
import house  # noqa: E402

SITE = os.environ.get("MINIGRAD_SITE")

MODULES = [
    "minigrad",
    "minigrad.autograd",
    "minigrad.autograd.functional",
    "minigrad.datasets",
    "minigrad.nn",
    "minigrad.nn.functional",
    "minigrad.nn.utils",
    "minigrad.ops",
    "minigrad.optim",
    "minigrad.viz",
]


def public_objects():
    """Classes and functions of a module, and what a face such as `minigrad.nn` gathers."""
    for name in MODULES:
        module = importlib.import_module(name)
        is_face = module.__file__.endswith("__init__.py")
        for attribute, thing in vars(module).items():
            home = getattr(thing, "__module__", "")
            documented = inspect.isclass(thing) or inspect.isroutine(thing)
            ours = home == name or (is_face and home.startswith("minigrad."))
            if documented and ours and not attribute.startswith("_"):
                yield pytest.param(thing, id=f"{name}.{attribute}")


HELPERS = {"at_least_zero", "float_dtype"}
"""Functions without an underscore that are shared between rooms, not with users."""


@pytest.mark.parametrize("thing", [*public_objects()])
def test_every_public_name_is_in_the_api(thing):
    if thing.__name__ in HELPERS:
        return
    pages = "\n".join(_pages())
    described = {_find(name) for name in re.findall(r"^\.\. auto\w+:: (\S+)", pages, re.M)}
    families = re.findall(r"^%ops (\S+)%$", pages, re.M)
    described |= {_find(f"{family}.{op}") for family in families for op in house.ops_of(family)}
    assert thing in described


def test_every_operation_of_a_tensor_is_in_the_table():
    rows = [*house.operations()]
    written = " ".join(row[0] for row in rows)
    methods = [name for name in vars(operators.Operators) if not name.startswith("_")]
    plain = {"shape", "ndim", "size", "dtype", "numpy", "item", "argmax", "backward"}
    missing = [n for n in methods if n not in plain and not re.search(rf"`a\.{n}\b", written)]
    implemented = " ".join(row[1] for row in rows)
    functions = [function.__name__ for function in numpy_functions.IMPLEMENTATIONS]
    missing += [name for name in functions if not re.search(rf"\.{name}`", implemented)]
    assert missing == []


def _pages():
    return [page.read_text("utf-8") for page in (DOCS / "api").glob("*.md")]


def _find(path):
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


# The predictions of the lessons

LESSONS = sorted((DOCS / "lessons").glob("[0-9]*.md"))


@pytest.fixture
def predict():
    """The extension, where Sphinx is installed."""
    pytest.importorskip("sphinx")
    return importlib.import_module("predict")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_prediction_has_a_word_for_each_answer(predict, lesson):
    page = lesson.read_text("utf-8")
    asked = predict.predictions(page)
    assert 0 < len(asked) == page.count("{predict}") == page.count("\n% seen\n")
    assert "{admonition} Predict" not in page
    for prediction in asked:
        assert prediction.question.endswith("?")
        assert [choice.is_right for choice in prediction.choices].count(True) == 1
        assert len({choice.word for choice in prediction.choices}) == len(prediction.choices) >= 2
        compile(prediction.check, prediction.id, "eval")
        if prediction.within is not None:
            *numbers, rest = prediction.choices
            assert len({float(choice.text) for choice in numbers}) == len(numbers)
            assert (rest.text, rest.is_right) == ("other", False)


def test_each_prediction_has_a_name_of_its_own(predict):
    pages = [lesson.read_text("utf-8") for lesson in LESSONS]
    names = [prediction.id for page in pages for prediction in predict.predictions(page)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [("- [x] up", "one is right"), ("- [ ] up\n- [x] down\n  Yes.", "no word")],
)
def test_a_prediction_that_is_not_whole_is_refused(predict, broken, complaint):
    page = (
        f"```{{predict}}\n:id: way\n:answer: True\n\nWhich?\n\n- [ ] left\n  No.\n{broken}\n```\n"
    )
    with pytest.raises(predict.ExtensionError, match=f"way.*{complaint}"):
        predict.predictions(f"{page}\n% seen\n")


@pytest.mark.parametrize(
    ("name", "right", "wrong", "asked"),
    [
        ("02-the-graph", "- [x] 45", "- [ ] 15", "two-ways"),
        ("03-shapes", "- [x] [9, 12]", "- [ ] [3, 7, 11]", None),
    ],
)
def test_the_lessons_kernel_checks_the_answers(predict, name, right, wrong, asked):
    """Mark another number as right, or claim another thing: the lesson does not run any more."""
    page = (DOCS / "lessons" / f"{name}.md").read_text("utf-8")
    _run_with_checks(predict, page)
    unmarked = page.replace(right, right.replace("x", " "))
    marked = unmarked.replace(wrong, wrong.replace("[ ]", "[x]"))
    if asked:
        with pytest.raises(AssertionError, match=asked):
            _run_with_checks(predict, marked)
    claim = predict.predictions(page)[0].answer
    with pytest.raises(AssertionError, match=predict.predictions(page)[0].id):
        _run_with_checks(predict, page.replace(f":answer: {claim}", f":answer: not ({claim})"))


def _run_with_checks(predict, page):
    source = [page]
    predict.write_checks(None, "a lesson", source)
    cells = re.findall(r"^```\{code-cell\}.*\n(?::.*\n)*([\s\S]*?)^```$", source[0], re.M)
    exec(compile("\n".join(cells), "lesson", "exec"), {"__name__": "lesson"})


# A built site

built = pytest.mark.skipif(
    SITE is None, reason="MINIGRAD_SITE does not name a built site: python -m sphinx -W docs site"
)


class Links(HTMLParser):
    """What a page links to and what can be linked to on it."""

    def __init__(self, page):
        super().__init__()
        self.targets, self.anchors = [], {""}
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.targets.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)
            elif name == "data-preset":  # of a page of the laboratory
                self.anchors.add(f"preset={value}")


def _html(site):
    """The pages, without the theme's own templates."""
    return [p for p in site.rglob("*.html") if "_static" not in p.relative_to(site).parts]


@built
def test_every_internal_link_leads_somewhere():
    site = Path(SITE).resolve()
    pages = {page: Links(page) for page in _html(site)}
    assert len(pages) > 20
    broken = []
    for page, links in pages.items():
        for target in links.targets:
            url = urlsplit(target)
            if url.scheme or url.netloc:
                continue
            file = (page.parent / unquote(url.path)).resolve() if url.path else page
            known = pages[file].anchors if file in pages else {unquote(url.fragment)}
            if not file.is_file() or unquote(url.fragment) not in known:
                broken.append(f"{page.relative_to(site)}: {target}")
    assert not broken


class Words(HTMLParser):
    """What is read on a page."""

    def __init__(self, page):
        super().__init__()
        self.text, self.inside = "", ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, text):
        if self.inside not in ("script", "style"):
            self.text += text + " "


@built
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_no_page_tells_a_number_before_it_asks_for_it(predict, lesson):
    page = Path(SITE, "lessons", f"{lesson.stem}.html").read_text("utf-8")
    article = page[page.index("<article") :]
    for prediction in predict.predictions(lesson.read_text("utf-8")):
        before, form, _ = article.partition(f'<form data-id="{prediction.id}"')
        assert form
        if prediction.within is not None:
            told = Words(before).text
            number = rf"(?<![\d.]){re.escape(prediction.right.text)}(?!\.?\d)"
            assert not re.search(number, told)


@built
def test_nothing_is_fetched_from_another_host():
    fetched = re.compile(
        r"""<(?:script|img|iframe)[^>]*\ssrc=["'](?:https?:)?//"""
        r"""|<link[^>]*rel=["']stylesheet["'][^>]*href=["'](?:https?:)?//"""
    )
    assert not [page.name for page in _html(Path(SITE)) if fetched.search(page.read_text("utf-8"))]


@built
def test_the_course_to_download_has_no_solutions():
    with zipfile.ZipFile(Path(SITE, "minigrad-course.zip")) as course:
        names = course.namelist()
    assert {Path(name).parts[1] for name in names if len(Path(name).parts) > 1} == {
        "lessons", "exercises", "examples",
    }  # fmt: skip
    assert len([name for name in names if name.endswith(".ipynb") and "/lessons/" in name]) >= 12
    assert not [name for name in names if "teacher" in name or "solution" in name]


def test_every_example_is_in_the_gallery_with_its_picture():
    gallery = (DOCS / "gallery.md").read_text("utf-8")
    for example in sorted((DOCS.parent / "examples").glob("*.py")):
        if example.stem not in ("command_line", "mnist_mlp"):  # a helper; the film, below
            assert f'picture("{example.stem}"' in gallery, example.stem
            assert f"literalinclude}} ../examples/{example.stem}.py" in gallery, example.stem


@built
def test_code_in_the_gallery_fits_on_a_slide():
    page = Path(SITE, "gallery.html").read_text("utf-8")
    blocks = re.findall(
        r'highlight-python[^>]*><div class="highlight"><pre>(.*?)</pre>', page, re.S
    )
    assert len(blocks) >= 16
    assert max(block.strip().count("\n") + 1 for block in blocks) <= 30


@built
def test_code_in_a_lesson_leads_to_the_api():
    page = Path(SITE, "lessons", "04-softmax.html").read_text("utf-8")
    assert 'href="../api/functional.html#minigrad.nn.functional.softmax"' in page
