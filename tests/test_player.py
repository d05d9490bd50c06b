"""The page to step through a graph: what is in the file. What it does is in the browser's test."""

from __future__ import annotations

import json
import re
import shutil
import sysconfig
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, nn, no_grad
from minigrad.nn import functional as F
from minigrad.text import shown
from minigrad.viz import snapshot
from minigrad.viz.graph.repeats import find_repeats
from minigrad.viz.page import player as player_module
from minigrad.viz.page.player import Player, step_through
from minigrad.viz.page.rules import terms_of
from minigrad.viz.render import find_renderer

pytestmark = pytest.mark.skipif(find_renderer() is None, reason="no program lays graphs out")

NASTY = (
    '"><script>alert(1)</script>',
    "</script>",
    "]]>",
    "<!--",
    "{{data}}",
    "a\u2028b",
    "\\n&amp;",
)


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


def mlp_loss(head=F.cross_entropy, batch=128, scale=1.0):
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    rng = np.random.default_rng(0)
    images = Tensor((scale * rng.random((batch, 784))).astype(np.float32), name="images")
    return head(model(images), Tensor(rng.integers(0, 10, batch), name="digits"))


def naive(logits, digits):
    exps = np.exp(logits)
    probs = exps / exps.sum(axis=1, keepdims=True)
    return -np.log(probs)[np.arange(len(digits)), digits.data].mean()


def small_loss():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    return (x * x + x).sum()


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text in each `script`."""

    def __init__(self, page):
        super().__init__()
        self.found, self.scripts, self.inside = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside &= tag != "script"

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1] += data


def data_of(page):
    return json.loads(Elements(page).scripts[0])


def unpacked(view, arrays):
    """A view with its arrays where they belong, as a snapshot has them."""
    places = {"data", "grad", "upstream", "amount", "before", "after"}

    def unpack(name, value):
        if isinstance(value, dict):
            return {key: unpack(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [unpack(name, item) for item in value]
        return arrays[value] if name in places and value is not None else value

    return {key: unpack(key, value) for key, value in view.items()}


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


# What is in the page


@pytest.mark.parametrize("make", [small_loss, mlp_loss, lambda: mlp_loss(naive, scale=255)])
def test_the_data_is_that_of_the_snapshots_in_four_digits(make):
    player = step_through(make())
    data = data_of(player.page)
    snapshots = [taken for taken in (player.snapshot, player.expanded) if taken]
    assert len(data["views"]) == len(snapshots)
    for view, taken in zip(data["views"], snapshots):
        (expected,) = json.loads(taken.to_json())["graphs"]
        found = unpacked(view, data["arrays"])
        graph = taken.graphs[0]
        assert found.pop("headline") == graph.headline()
        assert found.pop("note") is None
        assert found.pop("caveat") is None
        assert found.pop("more") == {}
        uses = Counter(name for op in graph.ops for name in op.inputs)
        assert found.pop("uses") == {name: n for name, n in uses.items() if n > 1}
        for step in found["backward"]:
            for place in step["contributions"]:
                assert 1 <= place.pop("nth", 1) <= place.pop("of", 1) <= uses[place["value"]]
        for part in ("values", "backward"):
            assert found.pop(part) == rounded(expected.pop(part))
        assert found == expected
    texts = [json.dumps(array) for array in data["arrays"]]
    assert len(set(texts)) == len(texts)


def test_every_node_of_a_graph_is_in_its_picture():
    player = step_through(mlp_loss())
    svgs = re.findall(r"<svg class=.graph.*?</svg>", player.page, re.DOTALL)
    for svg, taken in zip(svgs, (player.snapshot, player.expanded)):
        graph = taken.graphs[0]
        assert set(re.findall(r'data-id="(\w+)"', svg)) == graph.nodes.keys()
        ends = set(re.findall(r'data-source="(\w+)" data-target="(\w+)"', svg))
        assert ends == {(edge.source, edge.target) for edge in graph.edges}
    assert len(svgs) == 2


def test_fused_ops_are_expanded_only_where_there_are_any():
    assert step_through(small_loss()).expanded is None
    expanded = step_through(mlp_loss()).expanded
    assert {group.name for group in expanded.graphs[0].groups if group.kind == "definition"} == {
        "Linear",
        "CrossEntropy",
    }


def test_a_graph_without_a_start_for_the_backward_pass_has_the_forward_pass_only():
    x = Tensor([1.0, 2.0], requires_grad=True)
    (view,) = data_of(step_through(x * x).page)["views"]
    assert (len(view["ops"]), view["backward"]) == (1, [])


def test_the_backward_pass_starts_from_a_given_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = x * x
    graph = step_through(y, gradient=[10.0, 100.0]).snapshot.graphs[0]
    assert graph.values[0].grad.entries == (20.0, 400.0)
    assert x.grad is None
    assert y.grad is None
    y.grad = kept = np.array([5.0, 5.0], np.float32)
    step_through(y, gradient=[1.0, 1.0])
    assert y.grad is kept
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        step_through(y, gradient=[1.0, 2.0, 3.0])
    tripled = step_through(y.sum(), gradient=3.0).snapshot.graphs[0]
    assert tripled.backward[0].upstream.entries == 3


# What a page leaves out of a large graph, and that it says so


def last_of(view, arrays, label):
    """The last contribution to a leaf's gradient, and what the gradient is after it."""
    (leaf,) = (value["id"] for value in view["values"] if value["label"] == label)
    parts = [c for s in view["backward"] for c in s["contributions"] if c["value"] == leaf]
    return parts[-1], arrays[parts[-1]["after"]]["entries"]


def powers(count):
    """One leaf in many steps, no two of which are alike: its gradient is their number, times 1."""
    w = Tensor(1.0, requires_grad=True, name="w")
    h = Tensor([1.0])
    for i in range(count):
        h = [np.multiply, lambda a, b: b * a, lambda a, b: a / b**-1][(i * i + i // 7) % 3](h, w)
        h = h.reshape(*[1] * (1 + i % 3)) if i % 5 else np.negative(-h)
    return h.sum(), w


def powers_alike(count):
    w = Tensor(1.0, requires_grad=True, name="w")
    h = Tensor([1.0])
    for _ in range(count):
        h = h * w + 0.0
    return h.sum(), w


@pytest.mark.parametrize("count", [40, 150, 900])
@pytest.mark.parametrize("make", [powers, powers_alike])
def test_the_last_contribution_makes_the_whole_gradient(make, count):
    loss, w = make(count)
    loss.backward()
    (view,) = (data := data_of(step_through(loss).page))["views"]
    part, after = last_of(view, data["arrays"], "w")
    assert after == w.grad == count
    cut = [s for s in view["backward"] if s["op"] is None]
    shown = [c for s in view["backward"] if s["op"] for c in s["contributions"]]
    own = [c for c in shown if c["value"] == part["value"]]
    if cut:
        assert part["amount"] is None
        assert (part["nth"], part["of"]) == (len(own), count)
        assert part["before"] == own[-1]["after"]
        assert view["note"].startswith("the part nearest to the output: ")
    else:
        assert [c["nth"] for c in own] == [*range(1, count + 1)]
        assert view["note"] is None
    assert {c["of"] for c in own} == {count}
    assert view["uses"][part["value"]] == count


def test_one_op_with_many_inputs_is_cut_too():
    parts = [Tensor([float(i)], requires_grad=True) for i in range(2000)]
    (view,) = data_of(step_through(np.concatenate(parts).sum(), max_nodes=50).page)["views"]
    assert len(view["values"]) + len(view["ops"]) + 1 == 50  # and a stub
    (op,) = (op for op in view["ops"] if op["name"] == "Concatenate")
    assert len(op["inputs"]) + view["more"][op["id"]] == 2000
    (step,) = (step for step in view["backward"] if step["op"] == op["id"])
    assert [c["value"] for c in step["contributions"]] == op["inputs"]
    x = Tensor([1.0], requires_grad=True, name="x")
    page = step_through(np.concatenate([x] * 2000).sum()).page
    assert page.count('data-drawn="') == 400


def test_what_is_left_out_has_a_stub():
    parts = [Tensor([float(i)], requires_grad=True) for i in range(2000)]
    (svg,) = graphs_of(step_through(np.concatenate(parts).sum()).page)
    assert re.findall(r">(… [\d,]+ more)<", svg) == ["… 1,605 more"]
    folded, whole = graphs_of(step_through(recurrent()).page)
    assert "node stub" not in folded
    drawn = {*re.findall(r'data-id="(\w+)"', whole)}
    behind = [ids.split() for ids in re.findall(r'class="node stub"[^>]*data-all="([^"]*)"', whole)]
    left_out = [name for ids in behind for name in ids]
    assert len({*left_out}) == len(left_out) == 558 - len(drawn)
    assert not drawn & {*left_out}
    (svg,) = graphs_of(step_through(powers(200)[0], max_nodes=30).page)
    assert ">…<" in svg
    assert re.search(r"used 200×, \d+ drawn", svg)


@pytest.mark.parametrize("most", [2, 3, 4, 5, 6, 7, 8])
def test_max_nodes_is_how_many_nodes_are_drawn(most):
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = (x * x + x).sum()
    drawn = step_through(loss, max_nodes=most).page.count('data-drawn="')
    source = mg.draw(loss, max_nodes=most).source
    assert drawn == len(re.findall(r"^\t+\w+ \[label=", source, re.MULTILINE)) <= most
    assert (drawn == 7) == (most >= 7)


# Repeated structure, drawn once


def recurrent(steps=50):
    rng = np.random.default_rng(0)
    wx, wh, b = (Tensor(rng.normal(size=s), requires_grad=True) for s in [(4, 3), (4, 4), 4])
    h = Tensor(np.zeros(4), name="start")
    for _ in range(steps):
        h = np.tanh(wx @ rng.normal(size=3) + wh @ h + b)
    return (h * h).sum()


def graphs_of(page):
    return re.findall(r"<svg class=.graph.*?</svg>", page, re.DOTALL)


def test_a_loop_is_drawn_once_and_has_all_its_steps():
    player = step_through(recurrent())
    folded, whole = graphs_of(player.page)
    assert ">×50" in folded
    assert "×50" not in whole
    assert folded.count('class="node') < 25 < 200 < whole.count('class="node')
    graph = player.snapshot.graphs[0]
    drawn = re.findall(r'data-id="(\w+)"', folded)
    stand_ins = [ids.split() for ids in re.findall(r'data-all="([^"]+)"', folded)]
    assert {len(ids) for ids in stand_ins} == {50}
    once = {*drawn} - {ids[-1] for ids in stand_ins}
    assert once | {name for ids in stand_ins for name in ids} == graph.nodes.keys()
    (view,) = data_of(player.page)["views"]
    assert len(view["ops"]) == len(view["backward"]) == len(graph.ops)


def find(loss):
    return [len(r.copies) for r in find_repeats(snapshot(loss).graphs[0])]


def test_what_repeats_is_found():
    assert find(recurrent(7)) == [7]
    assert find(small_loss()) == []
    model = nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(9)))
    assert find(model(np.ones((2, 4), np.float32)).sum()) == [9]
    rows = [Tensor([1.0, 2.0], requires_grad=True) * 2 for _ in range(6)]
    assert find(np.stack(rows).sum()) == [6]
    x = Tensor(2.0, requires_grad=True)
    for _ in range(8):
        x = x * x + 1.0
    for _ in range(5):
        x = np.tanh(x)
    assert sorted(find(x)) == [5, 8]


def test_copies_are_ops_of_equal_wiring():
    """Equal lines that take different things are no repeat."""
    x = Tensor(2.0, requires_grad=True)
    seen = [x]
    for back in (1, 1, 2, 1, 2, 2, 1, 2):
        seen.append(seen[-1] * seen[-back])
    assert find(seen[-1]) == []
    for repeat in find_repeats(snapshot(recurrent(6)).graphs[0]):
        assert len({*map(len, repeat.copies)}) == 1
        assert len({name for copy in repeat.copies for name in copy}) == 6 * len(repeat.copies[0])


# Several losses, and the options of `draw`


def two_losses(scale=1.0):
    logits = Tensor([[scale, 2.0], [0.0, 1.0]], requires_grad=True, name="z") * 1.0
    return {
        "naive": F.naive_cross_entropy(logits, [0, 1]),
        "fused": F.cross_entropy(logits, [0, 1]),
    }


def test_losses_side_by_side():
    player = step_through(**two_losses())
    plain, expanded = data_of(player.page)["views"]
    for view in (plain, expanded):
        assert [track["title"] for track in view["tracks"]] == ["naive", "fused"]
    naive_track, fused_track = plain["tracks"]
    shared = {op["id"] for op in naive_track["ops"]} & {op["id"] for op in fused_track["ops"]}
    assert len(shared) == 1
    assert repr(player).startswith("<Player of naive and fused: ")
    (svg, _) = graphs_of(player.page)
    assert svg.count(f'data-id="{shared.pop()}"') == 1
    with pytest.raises(TypeError, match="give one Tensor, or several by name"):
        step_through(small_loss(), other=small_loss())
    with pytest.raises(TypeError, match="expected a Tensor"):
        step_through()
    with pytest.raises(ValueError, match="there are no steps"):
        step_through(a=small_loss(), b=Tensor(1.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "up"}, 'direction must be "TB", "BT", "LR" or "RL", not \'up\''),
        ({"theme": "blue"}, 'theme must be "light" or "dark", not \'blue\''),
        ({"depth": -1}, "depth counts Modules from 0, got -1"),
        ({"max_nodes": 0}, "max_nodes must be at least 1, got 0"),
    ],
)
def test_options_are_those_of_draw(options, message):
    for look in (step_through, mg.draw):
        with pytest.raises(ValueError, match=re.escape(message)):
            look(small_loss(), **options)


def test_direction_and_theme():
    def width_and_height(direction):
        (svg,) = graphs_of(step_through(small_loss(), direction=direction).page)
        return [
            float(re.search(rf'data-{side}="([\d.]+)"', svg)[1]) for side in ("width", "height")
        ]

    assert np.subtract(*width_and_height("TB")) < 0 < np.subtract(*width_and_height("LR"))
    assert '<html lang="en" data-theme="dark">' in step_through(small_loss(), theme="dark").page
    assert '<html lang="en">' in step_through(small_loss()).page


def test_the_program_is_in_the_page_only_if_it_is_asked_for():
    loss = small_loss()
    assert data_of(step_through(loss).page)["programs"] == []
    (program,) = data_of(step_through(loss, program=True).page)["programs"]
    assert program["file"] == "test_player.py"
    assert program["text"] == Path(__file__).read_text("utf-8")


def test_a_program_that_was_edited_since_is_withheld(tmp_path):
    import linecache
    import runpy

    path = tmp_path / "edited.py"
    path.write_text(
        "import minigrad as mg\nx = mg.Tensor(2.0, requires_grad=True)\ny = x * x\n", "utf-8"
    )
    y = runpy.run_path(str(path))["y"]
    (program,) = step_through(y, program=True).programs
    assert program == {"file": "edited.py", "text": path.read_text("utf-8")}
    path.write_text("# a line more\n" + path.read_text("utf-8"), "utf-8")
    linecache.checkcache(str(path))
    assert step_through(y, program=True).programs == []


RULES = [
    ("return g * b, g * a", [("g * b", "b"), ("g * a", "a")]),
    ("t = g / b\n    return t, -t * y", [("", "b"), ("-t * y", "yb")]),
    ("a2, b2 = a, b\n    return g @ b2.T, a2.T @ g", [("g @ b2.T", "b"), ("a2.T @ g", "a")]),
    ("return np.reshape(g, a.shape), None", [("np.reshape(g, a.shape)", ""), ("None", "")]),
    ("return g * b if self.w else None, *(g for _ in a)", [("g * b", "b"), ("g", "")]),
    ("if a > 0:\n        return g, None\n    return g * b, g * y", [("", "b"), ("", "y")]),
    ("return g", []),
    ("return (", []),
]


@pytest.mark.parametrize(("body", "terms"), RULES)
def test_what_a_rule_needs_for_each_input(body, terms):
    found = terms_of(f"def backward(self, g, y, a, b):\n    {body}", ("g", "y", "a", "b"), 2)
    assert [(term.code, "".join(term.needs)) for term in found] == terms


# One file, which loads nothing


def test_the_page_is_small_and_loads_nothing():
    for loss in (mlp_loss(), mlp_loss(naive, scale=255)):
        page = step_through(loss).page
        assert len(page.encode()) < 300_000
        elements = Elements(page).found
        assert not {"link", "img", "iframe", "object", "base", "form"} & {e for e, _ in elements}
        for _, attributes in elements:
            assert not {"src", "href", "xlink:href", "action"} & attributes.keys()
            assert not [name for name in attributes if name.startswith("on")]
        style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
        assert not re.search(r"@import|https?:", style)
        assert set(re.findall(r"url\((.*?)\)", style)) == {"#back", "#hatch"}
        (policy,) = [a["content"] for _, a in elements if "http-equiv" in a]
        assert policy.startswith("default-src 'none';")
        assert "{{" not in page


def test_ids_are_unique():
    ids = [a["id"] for _, a in Elements(step_through(mlp_loss()).page).found if "id" in a]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", NASTY)
def test_names_are_text_whatever_they_contain(name):
    plain = Elements(step_through(small_loss()).page)
    x = Tensor([1.0, 2.0], requires_grad=True, name=name)
    loss = (x * x + x).sum()
    loss.name = name
    page = step_through(loss).page
    elements = Elements(page)
    assert [tag for tag, _ in elements.found] == [tag for tag, _ in plain.found]
    assert elements.scripts[1] == plain.scripts[1]
    labels = {value["id"]: value["label"] for value in data_of(page)["views"][0]["values"]}
    assert labels["v0"] == shown(name)
    assert not set("<>&\u2028\u2029") & set(elements.scripts[0])


# Saving and showing it


def test_saving(tmp_path):
    player = step_through(small_loss())
    path = player.save(tmp_path / "steps.HTML")
    assert path == tmp_path / "steps.HTML"
    assert path.read_text(encoding="utf-8") == player.page
    for name in ("steps.svg", "steps"):
        with pytest.raises(ValueError, match=r"saved as \.html, not as"):
            player.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == [path]


def test_a_page_that_cannot_be_made_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "steps.html"
    path.write_text("old", "utf-8")
    monkeypatch.setattr(player_module, "find_renderer", lambda: None)
    player = step_through(small_loss())
    with pytest.raises(RuntimeError, match="pip install graphviz-pure"):
        player.save(path)
    assert "pip install graphviz-pure" in player._repr_html_()
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_half_a_page_is_never_written(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no room")

    monkeypatch.setattr("minigrad.files.os.replace", fail)
    with pytest.raises(OSError, match="no room"):
        step_through(small_loss()).save(tmp_path / "steps.html")
    assert list(tmp_path.iterdir()) == []


def test_text_that_cannot_be_encoded_is_written_as_its_escape(tmp_path):
    x = Tensor([1.0, 2.0], requires_grad=True, name="\ud800")
    path = step_through((x * x).sum()).save(tmp_path / "steps.html")
    assert data_of(path.read_text(encoding="utf-8"))["views"][0]["values"][0]["label"] == "\\ud800"


def test_a_notebook_shows_the_page_in_a_frame_of_its_own():
    player = step_through(small_loss())
    ((tag, attributes),) = Elements(player._repr_html_()).found
    assert (tag, attributes["data-page"]) == ("b", player.page)
    assert "sandbox=allow-scripts" in attributes["oncontentvisibilityautostatechange"]
    form, text = player._mime_()
    ((tag, attributes),) = Elements(text).found
    assert (form, tag, attributes["srcdoc"]) == ("text/html", "iframe", player.page)
    assert attributes["sandbox"] == "allow-scripts"
    assert int(re.search(r"height: (\d+)px", attributes["style"])[1]) > 500


def test_without_trust_a_line_says_what_to_do():
    class Sanitised(HTMLParser):
        """What nbconvert's sanitising leaves: it takes out attributes, and writes tags as text."""

        text = ""

        def handle_starttag(self, tag, attributes):
            self.text += "" if tag == "b" else self.get_starttag_text()

        def handle_data(self, data):
            self.text += data

    parser = Sanitised()
    parser.feed(step_through(small_loss())._repr_html_())
    assert len(parser.text) < 300
    assert "not trusted" in parser.text
    assert '.save("steps.html")' in parser.text


def test_without_graphviz_a_notebook_shows_the_steps_in_words(monkeypatch):
    monkeypatch.setattr("minigrad.viz.render._programs", list)
    shown = step_through(small_loss())._repr_html_()
    assert shown.startswith("<pre>")
    assert "= Mul(" in shown
    assert "pip install graphviz-pure" in shown
    assert "digraph" not in shown


def test_show_opens_the_page(monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    path = step_through(small_loss()).show()
    assert opened == [path.as_uri()]
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert capsys.readouterr().out == ""


def test_repr():
    player = step_through(small_loss())
    assert isinstance(player, Player)
    assert "3 steps forward, 3 back" in repr(player)
    assert len(repr(player)) < 100


@pytest.mark.parametrize("program", ["dot", "graphviz-pure"])
def test_either_program_can_lay_it_out(program, monkeypatch):
    scripts = sysconfig.get_path("scripts")
    found = shutil.which(program) or shutil.which(program, path=scripts)
    if found is None:
        pytest.skip(f"there is no {program} here")
    monkeypatch.setattr("minigrad.viz.render._programs", lambda: [found])
    page = step_through(mlp_loss()).page
    boxes = re.findall(r'data-box="(\S+) (\S+) (\S+) (\S+)"', page)
    assert len(boxes) > 30
    assert all(float(width) > 20 and float(height) > 10 for _, _, width, height in boxes)


# What cannot be stepped through


def test_what_was_not_computed_has_no_steps():
    with pytest.raises(TypeError, match="expected a Tensor"):
        step_through(3.0)
    with no_grad():
        silent = small_loss()
    for tensor in (Tensor(1.0, requires_grad=True), silent):
        with pytest.raises(ValueError, match="there are no steps"):
            step_through(tensor)


def test_a_leaf_that_is_used_often_is_drawn_again_and_known_by_its_id():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    total = x
    for _ in range(12):
        total = total * x
    player = step_through(total.sum())
    (svg,) = re.findall(r"<svg class=.graph.*?</svg>", player.page, re.DOTALL)
    (leaf,) = (v.id for v in player.snapshot.graphs[0].values if v.label == "x")
    drawn = re.findall(r'data-id="(\w+)"', svg)
    assert drawn.count(leaf) > 8
    assert {*drawn} == player.snapshot.graphs[0].nodes.keys()
    ends = re.findall(r'data-source="(\w+)" data-target="(\w+)"', svg)
    assert {end for pair in ends for end in pair} == {*drawn}
