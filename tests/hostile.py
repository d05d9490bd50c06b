"""Snapshots in which every text is an attack, for the tests of what is made of them."""

from __future__ import annotations

import json

import numpy as np

from minigrad import Tensor, nn
from minigrad.nn import functional as F
from minigrad.viz import Snapshot, snapshot

LINK = "javascript:window.pwned=1"
ATTACKS = {
    "html table": f'</font></td><td href="{LINK}" bgcolor="red">click',
    "image": '<img src="/etc/passwd"/><img src=x onerror=window.pwned=1>',
    "script": '"><script>window.pwned=1</script>',
    "end of script": "</script><script>window.pwned=1</script><!--<script>",
    "html label": f'<x> [URL="{LINK}"]; "q" -> <y>',
    "dot string": f'v0"; x [URL="{LINK}"]; "',
    "dot html": f'</td></tr></table>> URL="{LINK}" label=<<table><tr><td>',
    "attribute": f'" onload="window.pwned=1" xlink:href="{LINK}',
    "backslash": f'\\" URL="{LINK}" \\',
    "escapes of dot": "\\N \\G \\L \\E \\l \\x \\\\",
    "entities": f"&#27;&#0;&lt;script&gt; &quot; URL=&quot;{LINK} &amp;#27; &nosuch;",
    "xml": "]]></title><script>window.pwned=1</script><![CDATA[ <!-- <?xml",
    "template": "{{script}} {{data}} ${window.pwned=1} `",
    "controls": "a\0b\x07\x08\x1b[31m\x1b]0;title\x07\x0b\x0c\r\x7f\x85\u2028\u2029 \ufffe\uffff",
    "directions": "a\u202eb\u2066c\u200fd\u061ce\ufeff",
    "surrogates": "a\ud800b\udcffc\udfff",
    "lines": "first\nsecond\n\n\tthird",
    "long": "x" * 3000,
    "empty": "",
}


def whole() -> dict:
    """A snapshot as JSON has it, with something in every field of the schema."""
    layer = nn.Linear(2, 2)
    layer.weight.data = np.zeros((2, 2))
    x = Tensor([[1.0, 0.0], [3.0, 4.0]], requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        loss = F.cross_entropy(np.log(layer(x) * 0), [0, 1])
        naive = np.log(layer(x) * 0).sum()
        taken = snapshot(fused=loss, naive=naive, expand=True)
    raw = json.loads(taken.to_json())
    for graph in raw["graphs"]:
        graph["values"][0]["changed"] = True
    return raw


def small() -> dict:
    """A snapshot of one graph, with as little as a field needs to be there."""
    raw = whole()
    return raw | {"graphs": raw["graphs"][1:]}


def kinds(schema, raw):
    """Yield each field of the schema once: its object's path and kind, its path in that."""
    seen, objects = set(), {}
    for path, part, value in fields(schema, schema, raw):
        if isinstance(value, dict):
            objects[path] = part
        kind = tuple("*" if isinstance(p, int) else p for p in path[-2:])
        if path and kind not in seen:
            seen.add(kind)
            around = max((p for p in objects if path[: len(p)] == p != path), key=len)
            yield around, objects[around], path[len(around) :]


def fields(schema, part, raw, path=()):
    """Yield path, kind and value of all that is in a snapshot, as its schema tells them."""
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    kinds = [kind for kind in part.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1 and raw is not None:
        yield from fields(schema, kinds[0], raw, path)
        return
    yield path, part, raw
    if kinds:  # entries: numbers, in lists of any depth
        return
    if isinstance(raw, dict):
        for name, value in raw.items():
            yield from fields(schema, part["properties"][name], value, (*path, name))
    elif isinstance(raw, list) and "items" in part:
        kinds = part.get("prefixItems") or [part["items"]] * len(raw)
        for i, (kind, value) in enumerate(zip(kinds, raw)):
            yield from fields(schema, kind, value, (*path, i))


def at(raw, path):
    """What is at a place."""
    for part in path:
        raw = raw[part]
    return raw


def put(raw, path, value):
    """The same with another value at a place."""
    if not path:
        return value
    copy = dict(raw) if isinstance(raw, dict) else list(raw)
    copy[path[0]] = put(raw[path[0]], path[1:], value)
    return copy


def attacked(attack: str) -> Snapshot:
    """A snapshot in which every text that may be anything is an attack."""
    schema, raw = Snapshot.json_schema(), whole()
    for path, kind, _ in list(fields(schema, schema, raw)):
        if kind == {"type": "string"}:
            raw = put(raw, path, attack)
    return Snapshot.from_json(json.dumps(raw))
