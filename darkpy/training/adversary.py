"""adversarial_lr=: half of the mini-batches are first changed so that the network sees less."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.chance import ATTACK_SLOT, stream
from darkpy.heads.base import Moment, Truths, Wanted
from darkpy.model.network import Network
from darkpy.training.targets import nothing_like


class Adversary:
    """Moves pictures along the gradient of a loss that expects no objects in them.

    train_network_datum_gpu(), src/network_kernels.cu: after burn-in, by adversarial_lr times the
    share of the training that is done, with the rolling statistics of batch norm.
    """

    def __init__(self, network: Network, seed: int) -> None:
        self.network, self.net, self.seed = network, network.plan.net, seed

    def attack(self, images: Tensor, targets: Truths | Wanted, moment: Moment, at: int) -> Tensor:
        """Mini-batch number `at` (B, C, H, W), 0..1, as it comes or changed."""
        done = moment.iteration - 1
        chances = stream(self.seed, moment.iteration, ATTACK_SLOT).random(at + 1)
        if done <= self.net.burn_in or chances[at] < 0.5:
            return images
        moved = images.clone().requires_grad_()
        self.network.eval()
        root = self.network.train_on(moved, nothing_like(targets), moment).gradient_root
        (gradient,) = torch.autograd.grad(root, moved, allow_unused=True)
        self.network.train()
        if gradient is None:  # all layers are frozen
            return images
        step = self.net.adversarial_lr * done / self.net.max_batches
        changed = (images - step * gradient).clamp_(0, 1)
        if self.net.contrastive:
            changed[1::2] = images[1::2]  # every other picture stays for the comparison
        return changed
