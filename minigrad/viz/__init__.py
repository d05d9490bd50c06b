"""Pictures of graphs, all made from one plain-data snapshot.

`snapshot` describes a graph as data, `draw` draws it; `Drawing.save` writes SVG, PNG, DOT or JSON.
"""

from minigrad.viz.drawing import Drawing, draw
from minigrad.viz.snapshot import Snapshot
from minigrad.viz.survey import snapshot

__all__ = ["Drawing", "Snapshot", "draw", "snapshot"]
