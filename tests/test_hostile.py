"""Data from someone else becomes text, everywhere: in pictures, pages, DOT and on a terminal."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from contextlib import suppress
from html.parser import HTMLParser

import jsonschema
import numpy as np
import pytest
from hostile import ATTACKS, at, attacked, fields, kinds, put, small, whole

import minigrad as mg
from minigrad import Tensor, autograd, nn, viz
from minigrad.text import shown
from minigrad.viz import Snapshot
from minigrad.viz.page.player import Player
from minigrad.viz.picture.drawing import Drawing

SCHEMA = Snapshot.json_schema()
VALID = jsonschema.Draft202012Validator(SCHEMA)
every_attack = pytest.mark.parametrize("attack", ATTACKS)


def drawn(snapshot, **options):
    defaults = {"direction": "TB", "show": "both", "depth": None, "max_nodes": 200}
    return Drawing(snapshot, **defaults | {"theme": "light"} | options)


def named(path):
    """A place as an error names it."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


# ---------------------------------------------------------------------------------------------
# The schema, and what is refused
# ---------------------------------------------------------------------------------------------


def test_what_is_written_follows_the_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    raw = whole()
    VALID.validate(raw)
    assert json.loads(Snapshot.from_json(json.dumps(raw)).to_json()) == raw


def test_every_field_of_the_schema_has_a_value_in_these_tests():
    there = {path[-1] for path, _, _ in fields(SCHEMA, SCHEMA, whole()) if path}
    described = {f for part in SCHEMA["$defs"].values() for f in part.get("properties", ())}
    assert described <= there


WRONG = [None, True, -1, 1.5, [], {}, "nonsense", "v0 ", "v999", "NaN"]


def test_what_does_not_follow_the_schema_is_refused_where_it_is():
    raw, refused = small(), 0
    for around, kind, path in kinds(SCHEMA, raw):
        valid = jsonschema.Draft202012Validator({**kind, "$defs": SCHEMA["$defs"]})
        for wrong in WRONG if path != ("version",) else ():
            changed = put(at(raw, around), path, wrong)
            text = json.dumps(put(raw, around, changed))
            if valid.is_valid(changed):  # but it may contradict something, which no schema finds
                with suppress(ValueError):
                    Snapshot.from_json(text)
                continue
            with pytest.raises(ValueError, match="not a snapshot: ") as info:
                Snapshot.from_json(text)
            place = str(info.value).removeprefix("not a snapshot: ").partition(":")[0]
            assert place.startswith(named((*around, *path)))
            assert len(str(info.value)) < 300
            refused += 1
    assert refused > 400


def test_every_field_that_is_needed_is_missed():
    raw = small()
    for around, kind, (*path, name) in kinds(SCHEMA, raw):
        if path or isinstance(name, int) or name in ("masked", "version", "parameters"):
            continue
        changed = {key: value for key, value in at(raw, around).items() if key != name}
        assert name in kind["required"]
        says = f"not a snapshot: {named((*around, name))}: it is missing"
        with pytest.raises(ValueError, match=re.escape(says)):
            Snapshot.from_json(json.dumps(put(raw, around, changed)))


def test_unknown_fields_are_ignored_everywhere():
    def with_more(part):
        if isinstance(part, dict):
            more = {"onclick": "x", "__class__": 1, "": None, "self": [{}], "kind of": "<b>"}
            return {name: with_more(value) for name, value in part.items()} | more
        return [with_more(item) for item in part] if isinstance(part, list) else part

    raw = whole()
    changed = with_more(raw)
    VALID.validate(changed)
    assert json.loads(Snapshot.from_json(json.dumps(changed)).to_json()) == raw


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Expecting value"),
        ("{", "line 1 column 2"),
        ("null", "version 3"),
        ('{"version": 3}', "graphs: it is missing"),
        ('{"version": 3, "graphs": {}}', "graphs: it should be a list, not an object"),
        ('{"version": 3, "graphs": []}', "graphs: there should be at least one"),
        ('{"version": 3.0, "graphs": []}', "version 3 is expected, not 3.0"),
        ('{"version": true, "graphs": []}', "version 3 is expected, not True"),
        ('{"version": 3, "graphs": [NaN]}', 'only the string "NaN"'),
        ('{"version": 3, "graphs": [1]}', r"graphs\[0\]: it should be an object, not 1"),
        ("[" * 100_000, "without end"),
        ('{"version": 3, "graphs": ' + "[" * 100_000, "without end"),
    ],
)
def test_what_is_no_snapshot_at_all(text, says):
    with pytest.raises(ValueError, match=says):
        Snapshot.from_json(text)


CONTRADICTIONS = {
    "output": (("output",), "v999", "output: there is no value v999"),
    "twice": (("values", 1, "id"), "v0", r"values\[\d\].id: v0 is there twice"),
    "group": (("values", 0, "group"), "g999", r"values\[0\]: g999 is no group"),
    "circle of groups": (("groups", 0, "parent"), "g0", r"groups\[0\]: g0 is no group that stands"),
    "input": (("ops", 1, "inputs", 0), "v999", r"ops\[1\].inputs\[0\]: v999 is no value"),
    "circle": (("ops", 0, "inputs", 0), "v5", r"ops\[0\].inputs\[0\]: v5 is no value that was"),
    "made twice": (
        ("ops", 1, "output"),
        "v0",
        r"ops\[1\].inputs|ops\[\d\].output: v\d+ is no value, or",
    ),
    "edge": (("edges", 0, "source"), "o1", r"edges\[0\]: it should lead from a value to an op"),
    "birth": (("births", 0, "node"), "v999", r"births\[0\].node: there is no v999"),
    "reached": (("births", 0, "reached"), ["v999"], r"births\[0\].reached"),
    "path": (("births", 0, "path"), [[999, "forward"]], r"births\[0\].path: there are"),
    "culprit": (("culprit",), 99, "culprit: there are"),
    "entries": (("values", 0, "data", "entries"), [1, [2]], r"values\[0\].data: it is not that"),
    "number": (("values", 0, "data", "entries"), 1, r"values\[0\].data: it is not that of an ar"),
    "cells": (("values", 0, "data", "grid", "cells"), [[1]], r"values\[0\].data: it is not that"),
    "rows": (("values", 0, "data", "grid", "rows"), 2**40, r"values\[0\].data: it is not that"),
    "shape": (("values", 0, "shape"), [2**63, 2**63], r"values\[0\].data: it is not that of an"),
    "step": (("backward", 0, "op"), "o999", r"backward\[0\]: it should have a contribution"),
    "part": (("backward", 0, "contributions"), [], r"backward\[0\]: it should have a contribution"),
    "upstream": (("backward", 0, "upstream", "entries"), [1], r"backward\[0\].upstream: it is not"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_contradicts_itself_is_refused_where_it_does(name):
    path, value, says = CONTRADICTIONS[name]
    text = json.dumps(put(whole(), ("graphs", 0, *path), value))
    with pytest.raises(ValueError, match=rf"not a snapshot: graphs\[0\].{says}"):
        Snapshot.from_json(text)


def test_numbers_that_no_array_holds():
    raw = whole()
    path = ("graphs", 0, "values", 0, "data", "minimum")
    for number in ("1e999", "-1e999", "1" * 400, "-9223372036854775809", "18446744073709551616"):
        text = json.dumps(put(raw, path, "HERE")).replace('"HERE"', number)
        with pytest.raises(ValueError, match=r"data\.minimum: it should be a number that fits 64"):
            Snapshot.from_json(text)


def test_finite_entries_whose_norm_is_beyond_all_numbers():
    taken = viz.snapshot(Tensor(np.full(12, 1.7e308), requires_grad=True) * 1.0)
    assert Snapshot.from_json(taken.to_json()) == taken


# ---------------------------------------------------------------------------------------------
# Pictures and pages
# ---------------------------------------------------------------------------------------------

ALLOWED = {"svg", "g", "title", "desc", "path", "polygon", "polyline", "ellipse", "text", "a"}


def look_at_svg(svg):
    """Parse an SVG, and see that it has shapes and text, and leads nowhere."""
    root = ET.fromstring(svg)
    for element in root.iter():
        assert element.tag.rpartition("}")[2] in ALLOWED
        for attribute in element.attrib:
            name = attribute.rpartition("}")[2]
            assert name != "href"
            assert not name.startswith("on")
    return root


def parts_of(root):
    """How many nodes, edges and frames there are."""
    kinds = [element.get("class") for element in root.iter()]
    return [kinds.count(kind) for kind in ("node", "edge", "cluster")]


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.scripts = [], set(), []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "script":
            self.scripts.append(data)


@pytest.fixture(scope="module")
def hostile():
    """The snapshot, its picture and its page for each attack, made once."""
    made = {}

    def hostile(attack):
        if attack not in made:
            snapshot = attacked(ATTACKS[attack])
            made[attack] = snapshot, drawn(snapshot), Player(snapshot)
        return made[attack]

    return hostile


@pytest.fixture(scope="module")
def benign():
    snapshot = Snapshot.from_json(json.dumps(whole()))
    return parts_of(look_at_svg(drawn(snapshot)._repr_svg_())), Tags(Player(snapshot).page)


@every_attack
class TestEveryTextOfASnapshot:
    def test_in_a_picture(self, attack, hostile, benign):
        _, drawing, _ = hostile(attack)
        root = look_at_svg(drawing._repr_svg_())
        assert parts_of(root) == benign[0]
        words = "\n".join(root.itertext()).replace("\xa0", " ")
        assert all(c.isprintable() or c in "\n\t" for c in words)
        first = shown(ATTACKS[attack].split("\n")[0])
        assert first in words
        hints = [e.get("{http://www.w3.org/1999/xlink}title") for e in root.iter()]
        assert any(first in text for text in hints if text)

    def test_in_dot(self, attack, hostile, tmp_path):
        _, drawing, _ = hostile(attack)
        source = drawing.save(tmp_path / "x.dot").read_text(encoding="utf-8")
        assert all(c.isprintable() or c in "\n\t" for c in source)
        assert "URL=" not in re.sub(r'"[^"]*"|<<.*?>>', "", source)

    def test_in_a_page(self, attack, hostile, benign):
        _, _, player = hostile(attack)
        found = Tags(player.page)
        assert set(found.tags) == set(benign[1].tags)
        assert found.attributes == benign[1].attributes
        assert found.scripts[1:] == benign[1].scripts[1:]
        assert not re.search("[\ud800-\udfff\0]", player.page)
        json.loads(found.scripts[0])

    def test_in_a_notebook(self, attack, hostile):
        _, _, player = hostile(attack)
        notebook = player._repr_html_()
        notebook.encode()
        assert Tags(notebook).tags == ["b"]  # which puts a frame in its place
        assert html.unescape(re.search('data-page="([^"]*)"', notebook)[1]) == player.page

    def test_on_a_terminal(self, attack, hostile):
        snapshot, drawing, player = hostile(attack)
        texts = [repr(drawing), repr(player)]
        texts += [text for g in snapshot.graphs for text in (g.headline(), g.caveat())]
        assert all(text.isprintable() for text in texts)

    def test_comes_back_as_it_was(self, attack, hostile):
        snapshot, _, _ = hostile(attack)
        assert Snapshot.from_json(snapshot.to_json()).to_json() == snapshot.to_json()


@pytest.mark.parametrize("attack", ["html table", "dot string", "controls", "surrogates"])
def test_every_text_in_other_pictures(attack, tmp_path):
    snapshot = attacked(ATTACKS[attack])
    for options in ({"depth": 0}, {"show": "gradients", "theme": "dark"}, {"max_nodes": 3}):
        look_at_svg(drawn(snapshot, direction="LR", **options)._repr_svg_())


def test_ids_of_one_s_own_making_are_no_way_in():
    """Not read, but built in Python: nothing has looked at these ids."""
    graph = Snapshot.from_json(json.dumps(whole())).graphs[0]
    renamed = dataclasses.replace(graph.values[0], id=ATTACKS["html label"])
    built = Snapshot((dataclasses.replace(graph, values=(renamed, *graph.values[1:])),))
    look_at_svg(drawn(built)._repr_svg_())


# ---------------------------------------------------------------------------------------------
# Names, lines and paths of a running program
# ---------------------------------------------------------------------------------------------


@every_attack
def test_names_of_tensors(attack, tmp_path):
    name = ATTACKS[attack] or None
    x = Tensor([1.0, 0.0], requires_grad=True, name=name)
    with np.errstate(all="ignore"):
        loss = np.log(x).sum()
        loss.name = name
        loss.backward()
    look_at_svg(mg.draw(loss)._repr_svg_())
    for kind, content in loss._repr_mimebundle_().items():
        content.encode()
        if kind == "text/plain":
            assert content.isprintable()
    mg.step_through(loss)._repr_html_().encode()
    with np.errstate(all="ignore"):
        steps = [*map(str, mg.steps(loss))]
    for text in (str(mg.diagnose(loss)), *steps, repr(loss)):
        assert all(line.isprintable() for line in text.split("\n"))
    for suffix in (".svg", ".dot", ".json"):
        mg.draw(loss).save(tmp_path / f"x{suffix}")


@every_attack
def test_names_of_layers(attack):
    layer = nn.Module()
    layer.layers = {ATTACKS[attack]: nn.Linear(2, 2)}
    layer.forward = lambda x: layer.layers[ATTACKS[attack]](x)
    loss = layer(np.ones((1, 2), np.float32)).sum()
    look_at_svg(mg.draw(loss)._repr_svg_())
    assert all(line.isprintable() for line in repr(layer).split("\n"))
    with pytest.raises(KeyError) as info:
        layer.load_state_dict({})
    assert str(info.value).isprintable()
    wrong = {path: np.ones(7) for path in layer.state_dict()}
    with pytest.raises(ValueError, match="do not fit") as info:
        layer.load_state_dict(wrong)
    assert str(info.value).isprintable()


ODD_SCRIPT = """\
import sys, numpy as np, minigrad as mg
x = mg.Tensor([1.0, 0.0], requires_grad=True)
\x0c
with np.errstate(all="ignore"):
    loss = np.log(x).sum() * len("\x1b[31m \u202e \x0c \x01")  # \x1b]0;title\x07
    loss.backward()
print(mg.diagnose(loss))
for step in mg.steps(loss):
    print(step)
try:
    with mg.autograd.detect_anomaly():
        np.log(x * 0)  # \x1b[2J \u2066
except ArithmeticError as error:
    print(error)
drawing, page = mg.draw(loss), mg.step_through(loss)
assert drawing._repr_svg_().encode() and page._repr_html_().encode()
for suffix in ("svg", "dot", "json"):
    drawing.save(f"{sys.argv[1]}/x.{suffix}")
page.save(f"{sys.argv[1]}/x.html")
"""


@pytest.mark.parametrize("name", [b"caf\xe9.py", b"a\x1b[31mb\n.py", 'a\u202eb<&>".py'.encode()])
def test_lines_and_files_of_any_bytes(tmp_path, name):
    script = bytes(tmp_path) + b"/" + name
    try:
        with open(script, "w", encoding="utf-8") as file:
            file.write(ODD_SCRIPT)
    except (OSError, UnicodeError):
        pytest.skip("no such name on this system")
    ran = subprocess.run(
        [sys.executable, script, str(tmp_path)], capture_output=True, check=False, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")
    printed = ran.stdout.decode()
    assert "born in Log" in printed
    assert all(line.isprintable() for line in printed.split("\n"))
    look_at_svg((tmp_path / "x.svg").read_text(encoding="utf-8"))
    assert Snapshot.from_json((tmp_path / "x.json").read_text(encoding="utf-8")).graphs


@every_attack
def test_paths_in_errors(attack, tmp_path):
    name = ATTACKS[attack].translate({0: None, 0xD800: None, 0xDFFF: None})
    path = str(tmp_path / "no folder" / name[:100]) + "/x"
    calls = [
        lambda: mg.save(path, {}),
        lambda: mg.datasets.load_mnist(path),
        lambda: mg.draw(Tensor(1.0)).save(path + ".svg"),
    ]
    for call in calls:
        with pytest.raises(OSError, match="no folder") as info:
            call()
        assert str(info.value).isprintable()
    with pytest.raises(ValueError, match="not as") as info:
        mg.draw(Tensor(1.0)).save("x.\x1b[31m")
    assert str(info.value).isprintable()


def test_an_anomaly_of_a_hostile_name():
    x = Tensor([1.0], requires_grad=True, name="\x1b[31m\u202e")
    with autograd.detect_anomaly():
        y = np.exp(x)
        x.data[...] = 2
        with pytest.raises(autograd.AnomalyError) as info:
            y.backward()
    assert all(line.isprintable() for line in str(info.value).split("\n"))
