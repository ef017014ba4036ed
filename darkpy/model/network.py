"""A cfg as a torch network: one loop builds, one loop runs, and neither knows a kind."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress, islice
from pathlib import Path

import torch
from torch import Tensor, nn

import darkpy.heads
import darkpy.layers  # noqa: F401 - both know their kinds
from darkpy.errors import CfgError
from darkpy.heads.base import (
    BoxesAbove,
    Candidates,
    DetectingHead,
    Head,
    HeadLoss,
    Moment,
    Truths,
    Wanted,
)
from darkpy.layers.base import LAYERS, Layer
from darkpy.losses.rejection import Rejection
from darkpy.model.given import what_is_given
from darkpy.model.held import HeldNorms
from darkpy.model.recompute import lean
from darkpy.planning.network import NetworkPlan, read_network
from darkpy.sections.base import Plan

Instead = Mapping[int, Callable[..., Tensor]]
Run = Callable[[Tensor, Instead | None], dict[int, Tensor]]
_Turn = tuple[int, Layer, list[Tensor], Callable[[Tensor], None]]


@dataclass(frozen=True)
class TrainingOutput:
    """What one mini-batch gives in training.

    gradient_root: call backward() on it. losses: by layer index.
    """

    gradient_root: Tensor
    losses: dict[int, HeadLoss]


class Network(nn.Module):
    """The layers of a cfg in order; the input is (B, C, H, W) float, 0..1, RGB."""

    def __init__(self, plan: NetworkPlan) -> None:
        """Build the network. CfgError for a kind that darkpy only knows by name."""
        super().__init__()
        self.plan = plan
        self.layers = nn.ModuleList(_build(layer) for layer in plan.layers)
        for layer in self.layers:
            layer.link(self.layers)
        self.given = what_is_given(plan.net)
        self.held = HeldNorms()
        self._iteration = 1
        self._homes = _homes(self.layers)
        self._last_use = _last_uses(plan.layers, self._homes)
        for index in plan.frozen_always:
            self.layers[index].requires_grad_(False)
        self.rejection = _rejection(plan)
        for head in self.heads.values():
            head.rejection = self.rejection

    @classmethod
    def from_cfg(cls, path: str | Path) -> Network:
        """Read a cfg file and build it."""
        return cls(read_network(path))

    @property
    def heads(self) -> dict[int, Head]:
        """The layers with a loss by index."""
        return {i: layer for i, layer in enumerate(self.layers) if isinstance(layer, Head)}

    @property
    def detecting(self) -> dict[int, DetectingHead]:
        """The heads that offer boxes by index."""
        return {i: head for i, head in self.heads.items() if isinstance(head, DetectingHead)}

    def forward(self, images: Tensor, instead: Instead | None = None) -> dict[int, Tensor]:
        """Activated outputs of the heads by layer index, or of the last layer if there is none.

        instead: what computes a layer, by index, where that is not the layer itself.
        """
        wanted = set(self.heads) or {len(self.layers) - 1}
        kept: dict[int, Tensor] = {}
        for index, output in self._run(images, instead):
            if index in wanted:
                kept[index] = output
        return kept

    def outputs(self, images: Tensor) -> list[Tensor]:
        """Output of every layer, for looking at and comparing."""
        return [output.clone() for _, output in self._run(images)]

    def outputs_of(
        self, images: Tensor, wanted: Collection[int], instead: Instead | None = None
    ) -> dict[int, Tensor]:
        """Outputs of some layers by index; what comes after the last of them is not computed."""
        run = islice(self._run(images, instead), max(wanted) + 1)
        return {index: output.clone() for index, output in run if index in wanted}

    def last(self, images: Tensor, instead: Instead | None = None) -> Tensor:
        """Output of the last layer, what a classifier says. instead: as in forward."""
        ((_, output),) = deque(self._run(images, instead), maxlen=1)
        return output

    def candidates(self, images: Tensor) -> Candidates:
        """All boxes that all heads offer: (B, N, ...), heads in order."""
        found, size = self.forward(images), tuple(images.shape[2:])
        parts = [head.decode(found[i].float(), size) for i, head in self.detecting.items()]
        return Candidates(
            boxes=torch.cat([part.boxes for part in parts], dim=1),
            objectness=torch.cat([part.objectness for part in parts], dim=1),
            probs=torch.cat([part.probs for part in parts], dim=1),
        )

    def offered(
        self, images: Tensor, thresh: float, instead: Instead | None = None, run: Run | None = None
    ) -> BoxesAbove:
        """Boxes with an objectness above a threshold, as `candidates` has them. run: as forward."""
        found = (run or self.forward)(images, instead)
        size = tuple(images.shape[2:])
        parts = [head.offered(found[i].float(), size, thresh) for i, head in self.detecting.items()]
        return BoxesAbove.joined(parts)

    def train_on(
        self, images: Tensor, truths: Truths | Wanted, moment: Moment | None = None
    ) -> TrainingOutput:
        """One mini-batch forward, its losses, and the root of the gradients."""
        size = tuple(images.shape[2:])
        roots: list[Tensor] = []
        losses: dict[int, HeadLoss] = {}
        moment = replace(moment or Moment(), earlier=losses)
        self._iteration = moment.iteration
        frozen = self.plan.frozen(moment.iteration)
        if self.held.change(self.layers, frozen):
            self.train(self.training)
        self._begin(truths, moment)
        lean_ones = self.plan.net.optimized_memory > 0 and torch.is_grad_enabled()
        for index, layer, inputs, give in self._walk(images):
            learns = not frozen[index] and not layer.options.onlyforward
            with torch.set_grad_enabled(learns and torch.is_grad_enabled()):
                if isinstance(layer, Head):
                    # Losses are float32 whatever precision the layers before compute in.
                    with torch.autocast(images.device.type, enabled=False):
                        output, losses[index] = layer.train_on(inputs, truths, size, moment)
                elif lean_ones and learns and layer.bulky:
                    output = lean(layer, inputs)
                else:
                    output = layer(*inputs)
            if learns and index in losses and not losses[index].silent:
                roots.append(losses[index].root)
            give(output if learns else output.detach())
        return TrainingOutput(_root(roots, images), losses)

    def train(self, mode: bool = True) -> Network:
        """As in torch, but the batch norms of frozen layers keep their rolling statistics."""
        super().train(mode)
        self.held.rest()
        return self

    def before_step(self) -> None:
        """Let the layers change the gradients, summed over the iteration, before the optimizer."""
        for layer in self._moving():
            layer.before_step()

    def after_step(self) -> None:
        """Let the layers change the weights that the optimizer has just moved."""
        for layer in self._moving():
            layer.after_step()

    def _moving(self) -> Iterator[Layer]:
        """The layers that the optimizer moves in the iteration of the last mini-batch."""
        return compress(self.layers, self.plan.moving(self._iteration))

    def reset_state(self) -> None:
        """Forget earlier pictures: what comes next does not belong to them."""
        for layer in self.layers:
            layer.reset_state()

    def _begin(self, truths: Truths | Wanted, moment: Moment) -> None:
        boxed = isinstance(truths, Truths)
        boxes = torch.where(truths.valid[..., None], truths.boxes, 0) if boxed else None
        for layer in self.layers:
            layer.begin(moment.iteration, boxes)
            layer.follow(moment.goes_on, moment.unit)

    def _run(self, images: Tensor, instead: Instead | None = None) -> Iterator[tuple[int, Tensor]]:
        """Yield (index, output) of every layer; outputs nobody reads any more are let go."""
        other = instead or {}
        for index, layer, inputs, give in self._walk(images):
            output = other.get(index, layer)(*inputs)
            give(output)
            yield index, output

    def _walk(self, images: Tensor) -> Iterator[_Turn]:
        """Yield each layer's turn: index, layer, its inputs, where to give its output."""
        outputs: dict[int, Tensor] = {-1: self.given(images)}
        for index, layer in enumerate(self.layers):
            inputs = [outputs[self._homes[source]] for source in layer.plan.sources]
            yield index, layer, inputs, partial(outputs.__setitem__, self._homes[index])
            del inputs
            for home in self._last_use[index]:
                del outputs[home]


def _build(plan: Plan) -> Layer:
    if plan.kind not in LAYERS:
        section = plan.section
        message = f"[{plan.kind}] is known but darkpy cannot run it yet"
        raise CfgError.at(section.source, section.line, message)
    return LAYERS[plan.kind](plan)


def _rejection(plan: NetworkPlan) -> Rejection | None:
    """The defences against bad labels that [net] turns on."""
    net = plan.net
    percentage, sigmas = net.badlabels_rejection_percentage, net.num_sigmas_reject_badlabels
    if not (percentage or sigmas or net.equidistant_point):
        return None
    return Rejection(
        percentage=percentage,
        sigmas=sigmas,
        equidistant=net.equidistant_point,
        max_batches=net.max_batches,
    )


def _root(roots: list[Tensor], images: Tensor) -> Tensor:
    """The sum to call backward() on, even where nothing is left to train."""
    return torch.stack(roots).sum() if roots else images.new_zeros((), requires_grad=True)


def _homes(layers: nn.ModuleList) -> dict[int, int]:
    """Under which index each output is kept: its layer's own, or that of the one it overwrites."""
    homes = {-1: -1}
    for index, layer in enumerate(layers):
        homes[index] = homes[layer.plan.sources[0]] if layer.overwrites_input else index
    return homes


def _last_uses(plans: tuple[Plan, ...], homes: dict[int, int]) -> list[list[int]]:
    """For each layer, the kept outputs that are not read after it."""
    last = {-1: 0}
    for plan in plans:
        for index in (plan.index, *plan.sources):
            last[homes[index]] = plan.index
    done: list[list[int]] = [[] for _ in plans]
    for home, index in last.items():
        done[index].append(home)
    return done
