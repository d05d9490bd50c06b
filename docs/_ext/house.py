"""Pages that say what is in the code, written from the code: ops, what a Tensor can do, the floors.

In a page `%ops minigrad.ops.softmax%` stands for the ops of a family, `%operations%` for the table
of what a Tensor can do, `%phrases%` for the phrase book, and `floors()` draws the rooms as the
import contracts in pyproject.toml have them.
"""

from __future__ import annotations

import ast
import html
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minigrad import numpy_functions, operators, phrasebook
from minigrad.engine import Op

ROOT = Path(__file__).resolve().parents[2]


def setup(app: Any) -> None:
    app.connect("source-read", write_out)


def write_out(app: Any, page: str, source: list[str]) -> None:
    """Put in a page what its marks stand for."""
    source[0] = re.sub(r"%ops (\S+)%", lambda mark: autoclasses(mark[1]), source[0])
    source[0] = source[0].replace("%operations%", table_of_operations())
    source[0] = source[0].replace("%phrases%", tables_of_phrases())


def ops_of(family: str) -> list[str]:
    """The ops that a module defines, in their order."""
    return [
        name
        for name, thing in vars(importlib.import_module(family)).items()
        if inspect.isclass(thing) and issubclass(thing, Op) and thing.__module__ == family
    ]


def autoclasses(family: str) -> str:
    own = [
        name for name in ops_of(family) if hasattr(importlib.import_module("minigrad.ops"), name)
    ]
    lines = "\n\n".join(f".. autoclass:: minigrad.ops.{name}" for name in own)
    return f"```{{eval-rst}}\n{lines}\n```"


def table_of_operations() -> str:
    """A row for each operator, method and NumPy function, with the op that computes it."""
    rows = ["| of a Tensor a | NumPy's own function | op |", "|---|---|---|"]
    return "\n".join([*rows, *(f"| {' | '.join(row)} |" for row in operations())])


def tables_of_phrases() -> str:
    """A table for each library: how a thing is written there, how here, and a remark."""
    lines = []
    for library, phrases in phrasebook.PHRASES.items():
        lines += [f"## {library}", "", f"| {library} | here |", "|---|---|"]
        for theirs, ours in phrases.items():
            code, _, remark = ours.partition("  # ")
            there = ", ".join(f"`{phrase}`" for phrase in theirs.split(" / "))
            lines.append(f"| {there} | `{code}`{remark and f': {remark}'} |")
        lines.append("")
    return "\n".join(lines)


SIGNS = {
    "add": "a + b", "sub": "a - b", "mul": "a * b", "truediv": "a / b", "pow": "a ** b",
    "matmul": "a @ b", "neg": "-a", "pos": "+a", "abs": "abs(a)", "getitem": "a[index]",
}  # fmt: skip


def operations() -> Iterator[tuple[str, str, str]]:
    """How it is written, NumPy's functions for it, and its ops, in the order of the code."""
    for module, prefix in ((operators, "a."), (numpy_functions, "")):
        for function in ast.walk(ast.parse(inspect.getsource(module))):
            if not isinstance(function, ast.FunctionDef):
                continue
            code = ast.unparse(function)
            ops = dict.fromkeys(re.findall(r"\bops\.(\w+)(?:\.apply|\(\))", code))
            given = [
                n
                for d in function.decorator_list
                for n in re.findall(r"np\.[\w.]+", ast.unparse(d))
            ]
            sign = SIGNS.get(function.name.strip("_")) if function.name.startswith("__") else None
            method = prefix and not function.name.startswith("_") and makes_a_tensor(function)
            if not (sign or given or method):
                continue
            names = [a.arg for a in function.args.args if a.arg != "self"]
            names += [f"*{function.args.vararg.arg}"] if function.args.vararg else []
            call = "" if "property" in code.splitlines()[0] else f"({', '.join(names)})"
            written = f"`{sign or f'{prefix}{function.name}{call}'}`" if prefix else ""
            yield (
                written,
                ", ".join(f"`{name}`" for name in given),
                ", ".join(f"{{py:class}}`~minigrad.ops.{op}`" for op in ops),
            )


def makes_a_tensor(function: ast.FunctionDef) -> bool:
    return isinstance(function.returns, ast.Name) and function.returns.id == "Tensor"


def layers(contract: str) -> list[list[str]]:
    """The layers of an import contract from top to bottom, each a list of modules."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(rf'name = "{re.escape(contract)}".*?layers = (\[.*?\])', text, re.DOTALL)
    assert found is not None, contract
    return [line.split(" : ") for line in ast.literal_eval(found[1])]


def floors() -> Any:
    """A picture with a row for each room, the highest first, and a line between two floors."""
    from IPython.display import SVG

    from minigrad.viz.render import render

    wings = [
        ["minigrad.viz.plots"],
        *layers("In viz: a page shows pictures, a picture shows a graph"),
    ]
    rows: list[str] = []
    for layer in layers("A room imports only from the floors below it"):
        rooms = [(room, "") for room in layer]
        if layer == ["minigrad.viz"]:
            rooms += [(wing, "&#160;" * 4) for (wing,) in wings]
        for room, indent in rooms:
            name = f"{indent}<b>{room.removeprefix('minigrad.')}</b>"
            source = importlib.util.find_spec(room).loader.get_source(room)  # some need PyTorch
            about = (ast.get_docstring(ast.parse(source)) or "").splitlines()[0].rstrip(".")
            about = html.escape(about.replace("`", ""))
            rows.append(f'<tr><td align="left">{name}</td><td align="left">{about}</td></tr>')
        rows.append("<hr/>")
    table = f'<table border="0" cellborder="0" cellpadding="4">{"".join(rows[:-1])}</table>'
    node = f'node [shape=box style=rounded fontname="Helvetica"] floors [label=<{table}>]'
    return SVG(render(f"digraph {{ {node} }}", "svg").decode())
