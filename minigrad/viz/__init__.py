"""Pictures of graphs, pages to step through them, and plots: all to be looked at.

`snapshot` describes a graph as plain data; `draw` and `step_through` show it as a picture and as a
page. A `Recorder` notes during training what the plots and the `film` show afterwards.
"""

from minigrad.viz.graph.data import Snapshot as Snapshot
from minigrad.viz.graph.survey import snapshot as snapshot
from minigrad.viz.page.film import Film as Film, film as film
from minigrad.viz.page.player import Player as Player, step_through as step_through
from minigrad.viz.picture.drawing import Drawing as Drawing, draw as draw
from minigrad.viz.plots import failure as failure
from minigrad.viz.plots.curves import (
    plot_gradient_flow as plot_gradient_flow,
    plot_losses as plot_losses,
    plot_updates as plot_updates,
    plot_weights as plot_weights,
)
from minigrad.viz.plots.failure import (
    map_of_failure as map_of_failure,
    plot_map_of_failure as plot_map_of_failure,
)
from minigrad.viz.plots.heatmaps import (
    plot_gradient_histogram as plot_gradient_histogram,
    plot_matrix as plot_matrix,
    plot_saliency as plot_saliency,
    plot_softmax_jacobian as plot_softmax_jacobian,
)
from minigrad.viz.plots.landscape import (
    animate_descent as animate_descent,
    plot_loss_landscape as plot_loss_landscape,
)
from minigrad.viz.plots.layers import (
    plot_activations as plot_activations,
    plot_gradient_bars as plot_gradient_bars,
)
from minigrad.viz.recording.recorder import Recorder as Recorder
