"""Use the installed package as a newcomer would: python use_wheel.py README.md, in an empty folder.

The code of the README, the examples, a lesson, a script whose loss dies: nothing but the wheel.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import minigrad as mg

DIES = """
import numpy as np
import minigrad as mg

x = mg.Tensor([100.0, 0.0], requires_grad=True, name="x")
exps = np.exp(x)
np.log(exps / exps.sum()).sum().backward()
"""


def minigrad(*arguments: str, status: int = 0) -> str:
    command = [sys.executable, "-m", "minigrad", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == status, (arguments, done.returncode, done.stderr)
    return done.stdout


assert "site-packages" in mg.__file__, mg.__file__
readme = Path(sys.argv[1]).read_text("utf-8")
exec(compile("\n".join(re.findall(r"```python\n(.*?)```", readme, re.DOTALL)), "README.md", "exec"))
assert Path("loss.svg").stat().st_size > 1000
assert Path("steps.html").stat().st_size > 10_000
assert mg.datasets.load_mnist()[0].shape == (4000, 28, 28)

named = set(re.findall(r"^\| `(\w+)\.py`", readme, re.MULTILINE))
examples = {line.split()[0] for line in minigrad("example").splitlines()}
assert len(named) > 5
assert named <= examples, named - examples
for name in sorted(examples):
    budget = ["--epochs", "1", "--hidden", "16"] if name == "mnist_mlp" else []
    said = minigrad("example", name, *budget)
    assert "out" in said, said
    if name == "first_gradient":
        assert "first_gradient.py:32: loss = error**2" in said, said

minigrad("course", "course")
lesson = json.loads(Path("course/lessons/01-a-gradient.ipynb").read_text("utf-8"))
cells = [cell["source"] for cell in lesson["cells"] if cell["cell_type"] == "code"]
exec(compile("\n".join(cells), "lesson 1", "exec"), {"__name__": "lesson"})
assert len(list(Path("course/exercises/checks").glob("test_*.py"))) > 20
assert not list(Path("course").rglob("solutions"))

Path("dies.py").write_text(DIES, "utf-8")
why = minigrad("why", "dies.py", status=1)
assert "dies.py:6: exps = np.exp(x)" in why, why
assert Path("out/why.svg").is_file()
print(f"{len(examples)} examples, {len(cells)} cells, the README's code and a dying script: fine")
