"""The numbers of the laboratory, computed in a real Chromium, against NumPy, minigrad and mpmath.

Skipped where there is no browser; with MINIGRAD_BROWSER=1 in the environment that is a failure.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import sys
import warnings
from pathlib import Path

import mpmath
import numpy as np
import pytest
from browser import missing
from exact import Exact, numbers

import minigrad as mg
from minigrad import Tensor, ops
from minigrad.engine import pull_back

if missing:
    pytest.skip(missing, allow_module_level=True)

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS / "_ext"))
from lab_pages import LAB, PAGES, whole_page  # noqa: E402

DTYPES = {"float16": np.float16, "float32": np.float32, "float64": np.float64}
DIGITS = {np.float16: 3, np.float32: 7, np.float64: 16}
HEADS = ("naive", "shifted", "log_softmax", "fused")
every_dtype = pytest.mark.parametrize("dtype", DTYPES)

# Numbers go to the browser and back as text: JSON has no inf, no NaN, and loses the sign of −0.
RECEIVE = "const receive = (x) => Array.isArray(x) ? x.map(receive) : Number(x);"
SEND = """const send = (x) => Array.isArray(x) ? x.map(send) : typeof x !== "number" ? x
  : Object.is(x, -0) ? "-0" : String(x);"""


@pytest.fixture(scope="module")
def run(browser):
    """Evaluate a function of the laboratory's scripts; its numbers come back as float64."""
    scripts = ("float.js", "exact.js", "engine.js", "heads.js")
    page = browser.new_page()
    page.set_content(
        "".join(f"<script>{(LAB / name).read_text('utf-8')}</script>" for name in scripts)
    )
    page.evaluate(f"() => {{ {RECEIVE} {SEND} Object.assign(window, {{ receive, send }}); }}")

    def call(function, *arguments):
        given = json.loads(json.dumps(arguments, default=_as_text))
        text = f"(given) => send(({function})(...given))"
        return page.evaluate(text, given)

    yield call
    page.close()


def _as_text(array):
    if np.ndim(array):
        return [_as_text(row) for row in array]
    return repr(float(array)).replace("inf", "Infinity")


def floats(sent):
    return np.array(sent, dtype=object).astype(float)


def bits(array, dtype):
    """The bits of numbers; all NaN alike."""
    array = np.asarray(array, DTYPES[dtype])
    kind = {"float16": np.uint16, "float32": np.uint32, "float64": np.uint64}[dtype]
    return np.where(np.isnan(array), np.nan, array).astype(array.dtype).view(kind)


def same(sent, expected, dtype):
    """Bit for bit, and nothing of what came was not a number of the dtype."""
    sent, expected = floats(sent), np.asarray(expected)
    assert expected.dtype == DTYPES[dtype]
    with np.errstate(all="ignore"):
        assert np.array_equal(sent.astype(expected.dtype).astype(float), sent, equal_nan=True)
    nan = np.isnan(expected)
    assert np.array_equal(nan, np.isnan(sent))
    assert np.array_equal(bits(sent, dtype)[~nan], bits(expected, dtype)[~nan])


def within_ulps(sent, expected, count=4):
    sent, expected = floats(sent), np.asarray(expected)
    fine = np.isfinite(expected)
    assert np.array_equal(sent[~fine], expected[~fine].astype(float), equal_nan=True)
    gap = np.spacing(np.abs(expected[fine])).astype(float)
    assert (np.abs(sent[fine] - expected[fine].astype(float)) <= count * gap).all()


def samples(dtype, count=400, seed=0):
    """Numbers of every size of a dtype, with its ends."""
    rng = np.random.default_rng(seed)
    info = np.finfo(DTYPES[dtype])
    least = int(np.log2(float(info.smallest_subnormal)))
    with np.errstate(all="ignore"):
        found = np.ldexp(
            rng.uniform(-2, 2, count), rng.integers(max(least, -1074), info.maxexp, count)
        )
        found = found.astype(DTYPES[dtype])
    ends = [0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, info.max, info.tiny, info.smallest_subnormal]
    return np.concatenate([np.array(ends, DTYPES[dtype]), found])


# ---------------------------------------------------------------------------------------------
# One operation
# ---------------------------------------------------------------------------------------------


def test_rounding_to_half(run):
    rng = np.random.default_rng(0)
    x = np.ldexp(rng.uniform(-2, 2, 3000), rng.integers(-30, 18, 3000))
    halves = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(float)[::7]
    ties = (halves[1:] + halves[:-1]) / 2
    x = np.concatenate(
        [x, halves, ties, -ties, [65519.99, 65520, 65504, 2.0**-25, 2.0**-26, 1e300]]
    )
    with np.errstate(all="ignore"):
        same(run("(x) => receive(x).map(toHalf)", x), x.astype(np.float16), "float16")


@every_dtype
def test_arithmetic_is_numpys_to_the_last_bit(run, dtype):
    a, b = samples(dtype), samples(dtype)[::-1]
    with np.errstate(all="ignore"):
        near = (a * DTYPES[dtype](1.001)).astype(a.dtype)  # nearly equal numbers
    for x, y in [(a, b), (a, near)]:
        with np.errstate(all="ignore"):
            expected = {"+": x + y, "-": x - y, "*": x * y, "/": x / y}
        for sign, results in expected.items():
            text = f"""(name, a, b) => {{ const {{ round, inside }} = DTYPES[name];
              b = receive(b); return receive(a).map((v, i) => round(inside(v {sign} b[i]))); }}"""
            same(run(text, dtype, x, y), results, dtype)


@every_dtype
@pytest.mark.parametrize("name", ["Exp", "Log"])
def test_exp_and_log_are_the_engines_within_4_units_of_the_last_place(run, dtype, name):
    x = np.concatenate([samples(dtype), np.linspace(-120, 120, 999).astype(DTYPES[dtype])])
    with np.errstate(all="ignore"):
        expected = getattr(ops, name).apply(x).data
    text = "(op, name, x) => Tensor.record(op, [Tensor.of(receive(x), DTYPES[name])]).data"
    within_ulps(run(text, name, dtype, x), expected)


@every_dtype
def test_what_a_dtype_is(run, dtype):
    info = np.finfo(DTYPES[dtype])
    text = "(name) => { const d = DTYPES[name]; return [d.eps, d.normal, d.smallest, d.largest]; }"
    expected = [float(v) for v in (info.eps, info.tiny, info.smallest_subnormal, info.max)]
    assert floats(run(text, dtype)).tolist() == expected
    x = np.abs(samples(dtype))
    x = x[x < info.max / 2]
    text = "(name, x) => receive(x).map((v) => spacing(v, DTYPES[name]))"
    assert floats(run(text, dtype, x)).tolist() == np.spacing(x).astype(float).tolist()


# ---------------------------------------------------------------------------------------------
# The exact values
# ---------------------------------------------------------------------------------------------

FEW = [1.0, -1.0, 0.1, 3.0, -20.0, 1e-30, 709.0, -745.0, 88.72, 12345.678, -20000.0, 2.0**-1074]


def decimals(texts):
    return [mpmath.mpf(text.replace("−", "-")) for text in texts]


def close(found, expected, digits=50):
    assert all(abs(f - e) <= abs(e) * mpmath.mpf(10) ** -digits for f, e in zip(found, expected))


def test_exact_exp_and_log1p(run):
    x = numbers(FEW)
    found = run("(x) => receive(x).map((v) => Exact.of(v).exp().toString(52))", np.array(FEW))
    close(decimals(found), map(mpmath.exp, x))
    above = [v for v in FEW if v > 0]
    found = run("(x) => receive(x).map((v) => Exact.of(v).log1p().toString(52))", np.array(above))
    close(decimals(found), map(mpmath.log1p, numbers(above)))


def test_exact_arithmetic(run):
    pairs = [(a, b) for a in FEW for b in FEW]
    for name, op in [("plus", "+"), ("minus", "-"), ("times", "*"), ("over", "/")]:
        text = f"(x) => receive(x).map(([a, b]) => Exact.of(a).{name}(b).toString(52))"
        expected = [eval(f"a {op} b", {"a": a, "b": b}) for a, b in map(numbers, pairs)]
        close(decimals(run(text, np.array(pairs))), expected)


def test_exact_numbers_to_floats_and_back(run):
    x = samples("float64")
    x = x[np.isfinite(x)]
    found = run("(x) => receive(x).map((v) => Exact.of(v).toNumber())", x)
    assert floats(found).tolist() == (x + 0.0).tolist()


@every_dtype
def test_how_many_digits_are_right(run, dtype):
    text = "(name, x) => receive(x).map((v) => digitsRight(v, Exact.of(1), DTYPES[name]))"
    eps, all_ = float(np.finfo(DTYPES[dtype]).eps), DIGITS[DTYPES[dtype]]
    x = np.array([1, 1 + 8 * eps, 1 + 9 * eps, 1.5, 3, np.inf])
    one_off = math.floor(-math.log10(9 * eps))
    assert run(text, dtype, x) == [str(n) for n in (all_, all_, one_off, 0, 0, 0)]


@every_dtype
def test_exact_values_and_digits_of_every_head(run, dtype):
    """What each loss and gradient should be, and how many digits of it are right."""
    for z in grid(dtype):
        with np.errstate(all="ignore"):
            given = np.array(z, DTYPES[dtype])
        exact = Exact(given)
        expected = {"loss": [exact.loss], "gradient": exact.gradient}
        text = """(head, z, name) => {
          const { rows } = judgeHead(head, receive(z), DTYPES[name]);
          const show = (cells) => cells.map(({ x, exact, digits, word }) =>
            [send(x), exact.toString(40), digits, word]);
          return { loss: show(rows.at(-1).value), gradient: show(rows[0].grad) }; }"""
        for head in HEADS:
            for part, cells in run(text, head, np.array(z), dtype).items():
                for (x, shown, digits, word), true in zip(cells, expected[part]):
                    close(decimals([shown]), [true], 38)
                    check_verdict(float(x), true, digits, word, DTYPES[dtype])


def check_verdict(x, true, digits, word, dtype):
    info = np.finfo(dtype)
    if not math.isfinite(x):
        assert word == "dead"
        return
    error = abs(mpmath.mpf(x) - true) / max(abs(true), mpmath.mpf(float(info.tiny)))
    fine = error <= 8 * float(info.eps)
    assert (word in ("exact", "under")) == fine
    assert word != "under" or abs(true) < float(info.tiny)
    if word == "lost":
        assert digits == max(
            0, min(math.floor(-mpmath.log10(error)), {2: 3, 4: 7, 8: 16}[info.dtype.itemsize])
        )


# ---------------------------------------------------------------------------------------------
# The heads, op by op
# ---------------------------------------------------------------------------------------------


def grid(dtype):
    sizes = (1, 5, 11, 50, 89, 100, 700, 10_000)
    return [
        (size + margin, size) if margin < 0 else (size, size - margin)
        for size in sizes
        for margin in (-800, -105, -15, -2, 0, 2, 17, 20, 105, 800)
    ]


TRACE = """(head, z, name) => {
  const { loss } = runHead(head, receive(z), DTYPES[name]);
  return loss.order().filter(({ op }) => op).map((t) => ({
    op: t.op, at: t.at ?? null, y: send(t.data), g: send(t.grad),
    inputs: t.parents.map((x) => send(x.data)), sent: t.pullBack(t.grad).map(send),
  })); }"""

EXACT_OPS = ("Sum", "Div", "Neg", "GetItem", "NLLLoss")
EXACT_RULES = ("Sum", "Div", "Neg", "GetItem", "NLLLoss", "Log")
READS_RESULT = ("Exp", "Softmax")


def again(step, dtype):
    """The same op of the same inputs in the engine, with the page's result in it."""
    inputs = [
        Tensor(np.array(floats(x), DTYPES[dtype]), requires_grad=True) for x in step["inputs"]
    ]
    if len(inputs) == 2:  # a total is 0-d
        inputs[1] = Tensor(inputs[1].data.reshape(()), requires_grad=True)
    op = getattr(ops, step["op"])
    if step["op"] == "GetItem":
        y = op.apply(*inputs, index=step["at"])
    elif step["at"] is not None:
        y = op.apply(*inputs, np.array(step["at"]))
    else:
        y = op.apply(*inputs)
    return y


@every_dtype
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_op_and_rule_is_the_engines(run, head, dtype):
    for z in grid(dtype):
        for step in run(TRACE, head, np.array(z), dtype):
            check_step(step, dtype)


def check_step(step, dtype):
    y = again(step, dtype)
    shape, own = y.shape, np.array(floats(step["y"]), DTYPES[dtype])
    name = step["op"]
    if name in EXACT_OPS:
        same(step["y"], y.data.reshape(-1), dtype)
    elif name in ("Exp", "Log"):
        within_ulps(step["y"], y.data.reshape(-1))
    else:
        promised(step["y"], y.data.reshape(-1), step["inputs"][0])
    y._data = own.reshape(shape)
    upstream = np.array(floats(step["g"]), DTYPES[dtype]).reshape(shape)
    contributions = pull_back(y, upstream)
    for sent, contribution in zip(step["sent"], contributions):
        expected = np.asarray(contribution).reshape(-1)
        carried = "float32" if dtype == "float16" else dtype  # rounded when all is added up
        if name in EXACT_RULES or (name in READS_RESULT and dtype != "float16"):
            same(sent, expected.astype(DTYPES[carried]), carried)
        else:
            promised(sent, expected, step["inputs"][0])


def promised(sent, expected, logits):
    """As far apart as two results can be that keep minigrad's promise of accuracy."""
    sent, expected = floats(sent), np.asarray(expected)
    fine = np.isfinite(expected)
    assert np.array_equal(sent[~fine], expected[~fine].astype(float), equal_nan=True)
    info = np.finfo(expected.dtype)
    bound = 2 * (8 + np.ptp(floats(logits))) * float(info.eps)
    size = np.maximum(np.abs(expected[fine].astype(float)), float(info.tiny))
    assert (np.abs(sent[fine] - expected[fine].astype(float)) <= bound * size).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_first_bad_number_is_the_one_that_diagnose_names(run):
    text = """(head, z, name) => {
      const { rows, first } = judgeHead(head, receive(z), DTYPES[name]);
      if (first?.kind !== "dead") return null;
      const at = rows.findIndex(({ name }) => name === first.row);
      if (first.part === "value") return [rows[at].op, "forward"];
      return [rows[at + 1].op, "backward"]; }"""
    met = set()
    lines = {head: run("(head) => HEADS[head].python", head) for head in HEADS}
    for dtype in DTYPES:
        for head in HEADS:
            for z in grid(dtype):
                found = run(text, head, np.array(z), dtype)
                first = mg.diagnose(head_of(lines[head], z, dtype)["loss"]).first
                expected = None if first is None else (first.op, first.in_pass)
                assert (tuple(found) if found else None) == expected, (dtype, head, z)
                met.add(expected)
    assert {("Exp", "forward"), ("Log", "forward"), ("Log", "backward"), None} <= met


def head_of(lines, z, dtype):
    """Run the lines that the page shows for a head."""
    space = {"np": np, "F": mg.nn.functional}
    with np.errstate(all="ignore"):
        space["z"] = Tensor(np.array(z, DTYPES[dtype]), requires_grad=True)
        exec("\n".join(lines), space)
        space["loss"].backward()
    return space


# ---------------------------------------------------------------------------------------------
# The lines that a page shows
# ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    for name in PAGES:
        (folder / f"{name}.html").write_text(whole_page(name), encoding="utf-8")
    return folder


@pytest.fixture
def show(browser, folder):
    page = browser.new_page()

    def open_page(name, address=""):
        page.goto("about:blank")
        page.goto((folder / f"{name}.html").as_uri() + address)
        return page

    yield open_page
    page.close()


def presets(name):
    return re.findall(r'data-preset="(\w+)"', (LAB / f"{name}.html").read_text("utf-8"))


def cases(name, *more):
    return [*(f"#preset={preset}" for preset in presets(name)), *more]


def lines_of(page):
    """Run the lines that the page shows; what they left, and what they printed."""
    space, printed = {}, io.StringIO()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(printed):
            exec(page.locator("#python").text_content(), space)
    return space, printed.getvalue().split("\n")


def values(page, attribute, *, of="data-value"):
    """The numbers of a page by what they are called there."""
    text = f"(all) => all.map((e) => [e.getAttribute('{attribute}'), e.getAttribute('{of}')])"
    return {
        name: eval(value)
        for name, value in page.locator(f"[{attribute}]").evaluate_all(text)
        if value is not None
    }


def agree(found, expected, spread=0.0):
    """As far apart as two can be that are computed alike, with exp and log of their own."""
    expected = np.asarray(expected)
    promised([repr(float(found))], expected.reshape(1), np.array([0.0, spread]))


@pytest.mark.parametrize(
    "address",
    cases("digits", "#size=5&margin=-1&dtype=float64&head=fused", "#dtype=float16&size=12"),
)
def test_the_python_of_digits(show, address):
    page = show("digits", address)
    found = values(page, "data-cell")
    space, _ = lines_of(page)
    assert len(found) > 4
    spread = np.ptp(space["z"].data)
    for place, value in found.items():
        name, part, i = place.split()
        if name in ("probs", "log_probs") and "exps" in space and part == "grad":
            continue  # two roundings of p, magnified by 1 / p: the ops are compared above
        array = np.ravel(space[name].data if part == "value" else space[name].grad)
        if (name, part) != ("exps", "grad"):
            agree(value, array[int(i)], spread)


@pytest.mark.parametrize(
    "address", cases("logits", "#z=1,2,3&t=0.5&c=-4", "#z=3,0.25,-7,2,1&target=4&t=8")
)
def test_the_python_of_logits(show, address):
    page = show("logits", address)
    found = values(page, "data-number")
    space, _ = lines_of(page)
    z = space["z"].data
    arrays = {"p": space["probs"].data, "log p": space["log_probs"].data, "g": space["z"].grad}
    for place, value in found.items():
        name, i = place.rsplit(" ", 1)
        if name != "z":
            agree(value, arrays[name][int(i)], np.ptp(z))
    assert len(found) == 4 * len(z)
    assert page.locator("#loss").inner_text() == written(space["loss"].item())
    J = space["J"].data
    for place, value in values(page, "data-place").items():
        i, j = map(int, place.split())
        agree(value, J[i, j], np.ptp(z))


def written(number):
    return page_number(f"{number:.4g}")


def page_number(text):
    return re.sub(r"e([+-])0*", lambda m: "e" + m[1].strip("+"), text).replace("-", "−")


@pytest.mark.parametrize("address", cases("walk", "#graph=deeper&walk=L,d,b,c&a=-3"))
def test_the_python_of_the_walk(show, address):
    page = show("walk", address)
    space, _ = lines_of(page)
    result = page.locator("[data-result]")
    if result.count():
        assert (
            float(result.get_attribute("data-value") or result.get_attribute("data-result"))
            == (space["gradients"][space["a"]])
        )
        right = space["gradients"][space["a"]] == space["a"].grad
        assert page.locator("#result").inner_text().endswith("right." if right else "wrong.")
        assert f"says {space['a'].grad:g}:" in page.locator("#result").inner_text().replace(
            "−", "-"
        )


def test_only_some_orders_of_the_walk_are_right(show):
    results = {}
    for order in ("L,c,b", "L,b,c"):
        page = show("walk", f"#walk={order}")
        results[order] = page.locator("[data-result]").inner_text()
    assert results == {"L,c,b": "45", "L,b,c": "27"}
    assert "6 from c came too late" in page.locator("#say").inner_text()


@pytest.mark.parametrize(
    "address", cases("descent", "#lr=5&k=12", "#dtype=float16&z=-3,2&lr=0.5&k=9")
)
def test_the_python_of_descent(show, address):
    page = show("descent", address)
    found = values(page, "data-number")
    space, _ = lines_of(page)
    for head, (z, loss) in space["results"].items():
        parts = {"loss": [loss.data], "z": z.data, "g": z.grad}
        for name, array in parts.items():
            for i, expected in enumerate(array):
                value = found[f"{head} {name}" if name == "loss" else f"{head} {name} {i}"]
                steps = 12 * max(1.0, float(np.ptp(np.nan_to_num(z.data))))
                agree(value, expected, steps)


def test_descent_until_the_naive_one_is_nan(show):
    page = show("descent", "#preset=jump")
    found = values(page, "data-number")
    assert math.isnan(found["naive loss"])
    assert math.isnan(found["naive z 0"])
    assert math.isfinite(found["fused loss"])
    page = show("descent", "#preset=start")
    found = values(page, "data-number")
    assert found["naive loss"] == found["fused loss"] == 50


@pytest.mark.parametrize("address", cases("ruler", "#view=add&large=256&e=1", "#view=log1p&e=2.5"))
def test_the_python_of_the_ruler(show, address):
    page = show("ruler", address)
    _, printed = lines_of(page)
    cards = page.locator(".dtype").all()
    shown = [
        card.locator("[data-number]").evaluate_all("(all) => all.map((n) => n.dataset.value)")
        for card in cards
    ]
    for dtype, found, text in zip(DTYPES, shown, printed):
        expected = [DTYPES[dtype](float(word)) for word in text.split()]
        assert len(found) == len(expected)
        for value, number in zip(found, expected):
            agree(eval(value), number)
