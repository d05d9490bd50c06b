"""In a notebook: errors are short, and what is asked for at the prompt shows its text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("IPython")
ROOT = Path(__file__).parent.parent

CELLS = """
import sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance(colors="NoColor", cache_size=0)
shell.enable_gui = lambda *_: None
for cell in sys.argv[1:]:
    shell.run_cell(cell)
    print("=" * 8)
"""
BEGIN = """
import numpy as np
import minigrad as mg
from minigrad import Tensor, nn
from minigrad.nn import functional as F
t = Tensor(np.ones((2, 3)), requires_grad=True)
"""


def run(*cells):
    """What an IPython shell prints for each cell."""
    done = subprocess.run(
        [sys.executable, "-c", CELLS, BEGIN, *cells],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    said = done.stdout.split("=" * 8 + "\n")
    assert said[0] == ""
    return said[1:-1]


ERRORS = {
    "t @ t": "does one of them need .T",
    "t.view(6)": "write t.reshape(2, 3)",
    "t.sum(dim=1)": "write axis= for dim=",
    "nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 1))(t)": "Linear(3, 1) got an input",
    "F.cross_entropy(t, [0.5, 1])": "target.astype(np.int64)",
    "t.backward()": "reduce it first",
    "np.sort(t)": "no rule for np.sort",
    "with mg.autograd.detect_anomaly(): np.log(0 * t)": "-inf was born in Log",
}


def test_errors_show_the_users_line_and_what_is_wrong():
    for (cell, says), printed in zip(ERRORS.items(), run(*ERRORS)):
        assert cell in printed
        assert says in printed
        assert str(ROOT) not in printed
        before = printed.partition(f"{cell}\n")[2].partition("Error: ")[0]
        assert before.count("\n") <= 2, printed


OWN = """class Mine(mg.ops.Op):
    def forward(self, x):
        raise ValueError("of my own making")

    def backward(self, g, y, x):
        return g.nonsense
"""


def test_errors_in_the_users_own_rules_show_them():
    """And the line that led there, with what lies between left out."""
    (_, forward, _, backward, deep) = run(
        OWN,
        "Mine.apply(t)",
        "Mine.forward = lambda self, x: x",
        "Mine.apply(t).sum().backward()",
        "def descend(n): return t @ t if n == 0 else descend(n - 1)\ndescend(500)",
    )
    assert "of my own making" in forward
    assert 'raise ValueError("of my own making")' in forward
    assert "Mine.apply(t)" in forward
    assert "return g.nonsense" in backward
    assert "backward()" in backward
    assert "does one of them need .T" in deep
    assert str(ROOT) not in forward + backward + deep


def test_all_is_shown_in_verbose_mode_and_where_errors_are_shown_otherwise():
    _, verbose = run("%xmode Verbose", "t @ t")
    assert "in record(op" in verbose
    (said,) = run("1 / 0")
    assert "ZeroDivisionError" in said
    custom = "get_ipython().set_custom_exc((KeyError,), lambda *_, **__: print('mine'))"
    *_, mine = run(custom, "import minigrad.notebook as n; n.shorten_errors()", "{}[0]")
    assert mine.strip() == "mine"


def test_what_is_asked_for_shows_its_text():
    cells = [
        "with np.errstate(all='ignore'): loss = np.log(0 * t).sum()",
        "mg.diagnose(loss)",
        "mg.diagnose(loss).first",
        "mg.diagnose(loss).first.explain()",
        "loss.backward(); next(mg.steps(loss))",
        "mg.optim.SGD([t], lr=0.1)",
    ]
    _, diagnosis, birth, why, step, optimizer = run(*cells)
    assert "born in Log (forward)" in diagnosis
    assert "instead: " in diagnosis
    assert "born in Log (forward)" in birth
    assert "why: log(0)" in why
    assert "Sum  (cell:1: " in step
    assert "upstream gradient 1." in step
    assert "SGD(1 parameter, lr=0.1)" in optimizer


def test_a_notebook_is_no_condition():
    code = "import sys, minigrad; assert 'IPython' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
