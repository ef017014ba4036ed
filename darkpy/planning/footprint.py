"""How much of the picture each layer sees, and how much memory a picture takes in a network."""

from __future__ import annotations

import math
from dataclasses import dataclass

from darkpy.cfg.net import NetOptions
from darkpy.cfg.net_sizes import largest_hw
from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import FLOAT_BYTES, Plan, Shape, Window

# Convolutions need scratch memory besides what is kept; measured: docs/performance.md, "Memory".
_WORKING_SPACE = 1.05
_GUARD_COPIES = 2  # of the weights, to go back to
TIGHT = 0.8  # share of the available memory from which on little is left
_STATISTICS = ("rolling_mean", "rolling_variance")


@dataclass(frozen=True)
class View:
    """What one value of a layer's output sees of the network's input, height and width.

    size_hw: pixels; infinite for the whole picture. step_hw: pixels from one value to the next.
    """

    size_hw: tuple[float, float]
    step_hw: tuple[float, float]

    def through(self, window: Window) -> View:
        """The view of what slides over this one.

        Each further pixel under the window lies one step away; with a window of 1 nothing is added
        however large the step, so an infinite window counts only where it sees anything new.
        """
        size = tuple(
            seen if under == 1 else seen + (under - 1) * float(step)
            for seen, under, step in zip(self.size_hw, window.size_hw, self.step_hw, strict=True)
        )
        step = tuple(a * b for a, b in zip(self.step_hw, window.step_hw, strict=True))
        return View(size, step)


_PIXEL = View((1, 1), (1, 1))


def receptive_fields(plan: NetworkPlan) -> list[View]:
    """The view of every layer: of several inputs the widest counts.

    An input of one pixel that meets larger ones is a factor for all places, as squeeze-and-excite
    makes them; it tells nothing of places and is left out.
    """
    views = {-1: _PIXEL}
    for layer in plan.layers:
        sources = [
            views[source]
            for source, shape in zip(layer.sources, layer.inputs, strict=True)
            if not (_is_a_pixel(shape) and len(layer.inputs) > 1) or _is_a_pixel(layer.out)
        ]
        view = _widest(sources or [views[layer.sources[0]]])
        for window in layer.windows:
            view = view.through(window)
        views[layer.index] = view
    return [views[layer.index] for layer in plan.layers]


def _is_a_pixel(shape: Shape) -> bool:
    return shape.h == shape.w == 1


def _widest(views: list[View]) -> View:
    sizes, steps = zip(*((view.size_hw, view.step_hw) for view in views), strict=True)
    return View(
        tuple(map(max, zip(*sizes, strict=True))), tuple(map(max, zip(*steps, strict=True)))
    )


@dataclass(frozen=True)
class Memory:
    """Bytes of float32 values that one picture takes, without the weights and without scratch.

    inference: the most that is alive at once, when outputs are let go after their last reader;
    peak: the layer at which that is. training: what is kept for the way back.
    """

    inference: int
    peak: int
    training: int


def memory(plan: NetworkPlan) -> Memory:
    """What a picture takes when the network runs as darkpy.model.network runs it."""
    sizes, most, peak = {-1: plan.input.size}, 0, 0
    owner = {-1: -1}  # whose memory an output is
    last = _last_readers(plan)
    for layer in plan.layers:
        own = not layer.passes_on
        owner[layer.index] = layer.index if own else owner[layer.sources[0]]
        if own:
            sizes[layer.index] = layer.out.size
        if (alive := sum(sizes.values())) > most:
            most, peak = alive, layer.index
        for index in [i for i in sizes if _done(i, layer.index, owner, last)]:
            del sizes[index]
    kept = [_kept(layer) for layer in plan.layers]
    if plan.net.optimized_memory:
        again = [n if _is_computed_again(p) else 0 for n, p in zip(kept, plan.layers, strict=True)]
        kept = [n - once for n, once in zip(kept, again, strict=True)]
        kept.append(max(again, default=0))  # one layer at a time
    outputs = sum(layer.out.size for layer in plan.layers if not _free(layer))
    training = plan.input.size + outputs + sum(kept)
    return Memory(FLOAT_BYTES * most, peak, FLOAT_BYTES * training)


def _last_readers(plan: NetworkPlan) -> dict[int, float]:
    """The last layer that reads each output; outputs of heads and of the end are kept for good."""
    last: dict[int, float] = {-1: 0}
    for layer in plan.layers:
        last[layer.index] = layer.index
        for source in layer.sources:
            last[source] = layer.index
    for index in plan.wanted:
        last[index] = math.inf
    return last


def _done(index: int, now: int, owner: dict[int, int], last: dict[int, float]) -> bool:
    """Whether nothing that shares the memory of this output is read any more."""
    return all(last[other] <= now for other, whose in owner.items() if whose == index)


def _kept(layer: Plan) -> int:
    """Values besides the output that training keeps, those of the parts included."""
    return layer.kept + sum(part.out.size + _kept(part) for part in layer.parts.values())


def _is_computed_again(layer: Plan) -> bool:
    """Whether optimized_memory= keeps its inputs only (`Convolutional.bulky`)."""
    o = layer.options
    if layer.kind not in ("convolutional", "conv"):
        return False
    return not (o.transform or o.assisted_excitation or o.batch_normalize == 2)


def _free(layer: Plan) -> bool:
    """Whether training needs no memory for the layer either."""
    return layer.passes_on and not layer.kept


def trained_values(layer: Plan) -> int:
    """Parameters of a layer: its values in the file without the statistics of batch norm."""
    return sum(
        array.size for array in layer.arrays if array.name.rpartition(".")[2] not in _STATISTICS
    )


@dataclass(frozen=True)
class Need:
    """Memory of a training at its largest input, bytes.

    fixed: weights, gradients and the optimizer's state. per_picture: of one picture of the
    mini-batch, kept for the way back. size_hw: of that input, px.
    """

    fixed: int
    per_picture: int
    size_hw: tuple[int, int]

    @classmethod
    def of(cls, plan: NetworkPlan, random: float) -> Need:
        """What a cfg takes whose last head has random=`random`; an estimate from its plan."""
        net = plan.net
        height, width = largest_hw(net, random)
        growth = height * width / (net.height * net.width)
        return cls(
            fixed=plan.weights_bytes * _copies(net),
            per_picture=round(_WORKING_SPACE * growth * memory(plan).training),
            size_hw=(height, width),
        )

    def bytes(self, mini_batch: int) -> int:
        """All of it for a mini-batch."""
        return self.fixed + mini_batch * self.per_picture


def _copies(net: NetOptions) -> int:
    """Weights, gradients, momentum, the guard's; a second moment with adam=1, the average with
    ema_alpha=."""
    return 3 + _GUARD_COPIES + net.adam + bool(net.ema_alpha)


def fitting_subdivisions(need: Need, have: float, batch: int) -> int:
    """The fewest subdivisions at which a mini-batch fits into `have` bytes; 0 if none does."""
    divisors = (n for n in range(1, batch + 1) if batch % n == 0)
    return next((n for n in divisors if need.bytes(batch // n) <= TIGHT * have), 0)
