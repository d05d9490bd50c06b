"""How the site is built: `python -m sphinx -W docs site`, offline, with every lesson executed."""

import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import minigrad
from minigrad import viz
from minigrad.__main__ import main as course

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
os.environ["MATPLOTLIBRC"] = str(HERE / "_static")
figures = tempfile.TemporaryDirectory(prefix="minigrad-docs-")  # a setting of the lessons' kernels:
os.environ["IPYTHONDIR"] = figures.name  # figures as SVG, which are sharp at any size
settings = Path(figures.name, "profile_default", "ipython_kernel_config.py")
settings.parent.mkdir()
settings.write_text("c.InlineBackend.figure_formats = {'svg'}\n", encoding="utf-8")

project = "minigrad"
author = "the minigrad authors"
release = version = minigrad.__version__

extensions = [
    "myst_nb",  # lessons are text, executed at build
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",  # each name leads to its code
    "sphinx.ext.napoleon",  # NumPy's docstring sections
    "sphinx_codeautolink",  # names in a lesson's code lead to the API
    "sphinx_copybutton",
    "mathml",  # formulas without a script or a font to fetch
    "house",  # what the code says: ops, what a Tensor can do, the floors
    "lab",  # pages to touch
    "predict",  # questions that open what follows
    "access",  # what the theme leaves out for those who cannot see or point
]
exclude_patterns = ["_*"]
default_role = "code"
nitpicky = False

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

nb_execution_mode = "cache"  # a lesson is run again when its code has changed
nb_execution_raise_on_error = True
nb_execution_timeout = 240
nb_merge_streams = True  # what a cell prints stands in one box

add_module_names = False  # each page says which module it is
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more
napoleon_use_rtype = False
napoleon_use_ivar = True

codeautolink_concat_default = True  # a lesson imports once, at its beginning
suppress_warnings = ["codeautolink.match_block"]  # of a doctest whose flags are not shown
copybutton_selector = "div:not(.output) > div.highlight > pre"  # code, not what it printed
copybutton_exclude = ".linenos, .gp, .go"  # nor a prompt

html_theme = "sphinx_book_theme"
html_title = "minigrad"
html_static_path = ["_static"]
html_css_files = ["minigrad.css"]
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_theme_options = {
    "home_page_in_toc": True,
    "show_navbar_depth": 1,
    "use_download_button": True,
    "use_fullscreen_button": False,
    "navbar_persistent": [],  # one search field is enough
}


def keep_formulas(app, what, name, obj, options, lines):
    """Show |x| in a docstring as it is written, and the * of an op's formula."""
    special = r"([|*])" if name.startswith("minigrad.ops.") else r"([|])"
    for i, line in enumerate(lines):
        if "`" not in line and not line.lstrip().startswith((">>>", "...")):
            lines[i] = re.sub(special, r"\\\1", line)


def no_way_back(app, page, template, context, doctree):
    """Leave out the links from code to its description: they miss names that are exported twice."""
    if page.startswith("_modules/"):
        context["body"] = re.sub(r'<a class="viewcode-back".*?</a>', "", context["body"])
    if page == "_modules/index":  # its lists stand in lists, outside of any item
        head, *items = re.findall(r"<h1>.*?</h1>|<li>.*?</li>", context["body"])
        context["body"] = f"{head}<ul>{''.join(items)}</ul>"


def write_schema(app, error):
    """Publish the schema of snapshots beside the page that describes them."""
    if error is None and app.builder.name == "html":
        text = json.dumps(viz.Snapshot.json_schema(), indent=1)
        Path(app.outdir, "snapshot.schema.json").write_text(text + "\n", encoding="utf-8")


def write_course(app, error):
    """Offer the course to students: lessons, exercises and examples, without docs/teacher."""
    if error is None and app.builder.name == "html":
        with tempfile.TemporaryDirectory() as folder:
            course(["course", f"{folder}/minigrad-course"])
            shutil.make_archive(f"{app.outdir}/minigrad-course", "zip", folder)


def setup(app):
    app.connect("build-finished", write_course)
    app.connect("build-finished", write_schema)
    app.connect("autodoc-process-docstring", keep_formulas, priority=100)
    app.connect("html-page-context", no_way_back)
