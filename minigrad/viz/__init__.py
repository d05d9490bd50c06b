"""Pictures of graphs, pages to step through them, and plots: all to be looked at.

`snapshot` describes a graph as plain data; `draw` and `step_through` show it as a picture and as a
page. A `Recorder` notes during training what the plots show afterwards.
"""

from minigrad.viz.drawing import Drawing, draw
from minigrad.viz.failure import map_of_failure, plot_map_of_failure
from minigrad.viz.player import Player, step_through
from minigrad.viz.plots import (
    plot_gradient_flow,
    plot_gradient_histogram,
    plot_losses,
    plot_matrix,
    plot_softmax_jacobian,
)
from minigrad.viz.recorder import Recorder
from minigrad.viz.snapshot import Snapshot
from minigrad.viz.survey import snapshot

__all__ = [
    "Drawing",
    "Player",
    "Recorder",
    "Snapshot",
    "draw",
    "map_of_failure",
    "plot_gradient_flow",
    "plot_gradient_histogram",
    "plot_losses",
    "plot_map_of_failure",
    "plot_matrix",
    "plot_softmax_jacobian",
    "snapshot",
    "step_through",
]
