"""The page to step through a graph: what is in the file. What it does is in the browser's test."""

from __future__ import annotations

import json
import re
import shutil
import sysconfig
from html.parser import HTMLParser

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, nn, no_grad
from minigrad.nn import functional as F
from minigrad.viz.page import player as player_module
from minigrad.viz.page.player import Player, step_through
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
        assert found.pop("headline") == taken.graphs[0].headline()
        assert found.pop("note") is None
        assert found.pop("caveat") is None
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


def test_of_a_large_graph_the_page_has_the_part_nearest_to_the_output():
    x = Tensor(1.0, requires_grad=True, name="x")
    for _ in range(300):
        x = x + 1.0
    (view,) = data_of(step_through(x).page)["views"]
    assert view["note"] == "the part nearest to the output: 201 of 601 values"
    assert len(view["ops"]) == len(view["backward"]) == 100
    assert view["backward"][0]["op"] == view["ops"][-1]["id"]


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
    assert labels["v0"] == name
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
    assert player._repr_html_() is None
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
    assert data_of(path.read_text(encoding="utf-8"))["views"][0]["values"][0]["label"] == "\ud800"


def test_a_notebook_shows_the_page_in_a_frame_of_its_own():
    player = step_through(small_loss())
    ((tag, attributes),) = Elements(player._repr_html_()).found
    assert tag == "iframe"
    assert attributes["srcdoc"] == player.page
    assert attributes["sandbox"] == "allow-scripts"
    assert int(re.search(r"height: (\d+)px", attributes["style"])[1]) > 500


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
    monkeypatch.setattr("minigrad.viz.render.find_renderer", lambda: found)
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
