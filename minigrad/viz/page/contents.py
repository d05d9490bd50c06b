"""The data of a page, as the text of JSON: what its scripts show, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

from minigrad.text import shown_lines
from minigrad.viz.graph.data import Graph, as_plain
from minigrad.viz.graph.summary import Summary
from minigrad.viz.page.part import Part
from minigrad.viz.page.rules import terms_of

DIGITS = 4  # significant ones, as many as the page shows


class Shown(NamedTuple):
    """What a page has of a graph."""

    whole: Graph
    part: Part


def pack(views: list[list[Shown]], programs: list[dict[str, str]], options: dict[str, Any]) -> str:
    """Write views as JSON, each array that they share once, in as many digits as are shown."""
    arrays = _Arrays()
    packed = []
    for tracks in views:
        view = [_track(shown, arrays) for shown in tracks]
        packed.append(view[0] if len(view) == 1 else {"tracks": view})
    rules = {op.rule: op for tracks in views for shown in tracks for op in shown.part.graph.ops}
    contents = {
        "views": packed,
        "terms": {
            rule: [term._asdict() for term in terms_of(rule, op.symbols, len(op.inputs))]
            for rule, op in rules.items()
            if rule
        },
        "programs": programs,
        **options,
    }
    text = json.dumps(contents, separators=(",", ":"), allow_nan=False)
    return f'{text[:-1]},"arrays":[{",".join(arrays.texts)}]}}'


def _track(shown: Shown, arrays: _Arrays) -> dict[str, Any]:
    """One graph: its part, and what of the whole one has to be said."""
    whole, (graph, cut) = shown
    track: dict[str, Any] = arrays.pack(graph)
    note = None
    if len(graph.values) < len(whole.values):
        note = (
            f"the part nearest to the output: {len(graph.values):,} of {len(whole.values):,} values"
        )
    caveat = "; ".join(filter(None, (whole.caveat(), graph.remark_on_names())))
    track |= {"headline": whole.headline(), "note": note, "caveat": caveat or None}
    track["uses"] = uses_of(whole, graph)
    track["more"] = {op.id: len(cut[op.id]) for op in graph.ops if op.id in cut}

    places, totals = _places(whole)
    last: dict[str, dict[str, Any]] = {}
    counted: Counter[str] = Counter()
    for step in track["backward"]:
        for part in step["contributions"]:
            if part["amount"] is not None:
                part |= {"nth": places[part["edge"]], "of": totals[part["value"]]}
                last[part["value"]] = part
                counted[part["value"]] += 1
    grads = {value["id"]: value["grad"] for value in track["values"]}
    made = {op.output for op in graph.ops}
    rest = [
        {
            **{"value": name, "edge": None, "amount": None, "before": part["after"]},
            **{"after": grads[name], "nth": counted[name], "of": totals[name]},
        }
        for name, part in last.items()
        if counted[name] < totals[name] and name not in made
    ]
    if rest:
        track["backward"].append({"op": None, "upstream": None, "contributions": rest})
    return track


def uses_of(whole: Graph, part: Graph) -> dict[str, int]:
    """How often each value of a part is used in the whole graph, if more than once."""
    counts = Counter(name for op in whole.ops for name in op.inputs)
    return {value.id: counts[value.id] for value in part.values if counts[value.id] > 1}


def _places(graph: Graph) -> tuple[dict[int, int], Counter[str]]:
    """Of each contribution, by its edge, the how manieth it is; and how many a value gets."""
    places: dict[int, int] = {}
    totals: Counter[str] = Counter()
    for step in graph.backward:
        for part in step.contributions:
            if part.amount is not None:
                totals[part.value] += 1
                places[part.edge] = totals[part.value]
    return places, totals


class _Arrays:
    """The summaries of arrays, each once."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}
        self.known: dict[int, int] = {}

    def pack(self, part: Any) -> Any:
        if isinstance(part, Summary):
            if id(part) not in self.known:
                text = json.dumps(_rounded(part), separators=(",", ":"))
                self.known[id(part)] = self.texts.setdefault(text, len(self.texts))
            return self.known[id(part)]
        if is_dataclass(part):
            return {field.name: self.pack(getattr(part, field.name)) for field in fields(part)}
        if isinstance(part, str):
            return shown_lines(part)
        return [self.pack(item) for item in part] if isinstance(part, tuple) else part


def _rounded(part: Any) -> Any:
    """A summary as what JSON knows, its numbers in as many digits as are shown."""
    if is_dataclass(part):
        return {name: _rounded(value) for name, value in as_plain(part).items()}
    if isinstance(part, dict):
        return {name: _rounded(value) for name, value in part.items()}
    if isinstance(part, (tuple, list)):
        return [_rounded(item) for item in part]
    return float(f"{part:.{DIGITS}g}") if isinstance(part, float) else part
