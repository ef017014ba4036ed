"""[net]: the input, the batch, the optimizer's schedule and the augmentation.

Stands first in every cfg. One iteration is one step of the optimizer on batch= pictures, computed
in subdivisions= mini-batches; all schedules count iterations, not epochs.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.net_augmentation import AugmentationOptions
from darkpy.cfg.net_schedule import ScheduleOptions
from darkpy.cfg.options import key

_CUDA_ONLY = "a setting of the C program's own memory management"


@dataclass(frozen=True)
class NetOptions(AugmentationOptions, ScheduleOptions):
    """Keys of [net]; defaults from parse_net_options() in Darknet's src/parser.c."""

    mean: tuple[float, ...] = key(
        (),
        "what is taken off the pictures, whose values are 0 to 1, before the first layer: one "
        "number or one a channel (red, green, blue); ImageNet's are .485,.456,.406",
        note="darkpy's own, as std= is. The margins of convolutions are 0 after it, so that it "
        "cannot be a part of the first layer's weights.",
    )
    std: tuple[float, ...] = key(
        (),
        "what the pictures are divided by after mean=: one number or one a channel; ImageNet's are "
        ".229,.224,.225",
    )
    freeze: str = key(
        "none",
        "all-but-last: nothing is trained but the layers right before the heads, which is fast and "
        "needs few pictures; the others keep weights and rolling statistics",
        choices=("none", "all-but-last"),
        note="darkpy's own. The C program can freeze the first layers only, by stopbackward=.",
    )
    dynamic_minibatch: bool = key(
        False,
        "1: random=1 of a head: smaller input sizes get larger mini-batches",
        inert="mini-batches keep their size at all input sizes",
    )
    optimized_memory: int = key(
        0,
        "1 or more: a training keeps the inputs of convolutions only, and computes on the way back "
        "what it needs of them: about half of the memory of activations, half more time, the same "
        "weights",
        note="In the C program it moves memory to the processor's; here it never does.",
    )
    workspace_size_limit_MB: int = key(1024, "cuDNN's scratch memory", inert=_CUDA_ONLY)
    use_cuda_graph: int | None = key(
        None,
        "1: training steps are recorded and replayed as CUDA graphs, 0: never; left out it is 1 on "
        "a GPU, for networks without layers that change by iteration",
    )
    try_fix_nan: bool = key(
        False,
        "1: weights that are not finite are set to 0",
        inert="an update that is not finite is always left out",
    )
    weights_reject_freq: int = key(
        0,
        "iterations between removals of filters that are nearly equal to others; 0 is never",
        inert="filters are left as they are trained",
    )
    equidistant_point: int = key(
        0,
        "against class imbalance: the iteration from which small gradients are dropped; 0 is never",
        minimum=0,
    )
    badlabels_rejection_percentage: float = key(
        0.0,
        "against wrong labels: in the last quarter of the training the boxes with the largest "
        "gradients, so many percent, are dropped",
        minimum=0,
    )
    num_sigmas_reject_badlabels: float = key(
        0.0,
        "against wrong labels: in the last quarter of the training gradients this many standard "
        "deviations above the mean are dropped",
        minimum=0,
    )
    adversarial_lr: float = key(
        0.0, "self-adversarial training: step of the network's own attack on the picture; 0 is off"
    )
    attention: bool = key(
        False,
        "1: with adversarial_lr=, a window shows what the network looks at",
        inert="no window is opened while training",
    )
    contrastive: bool = key(
        False,
        "1: for a [contrastive] layer: every second picture, or sequence, of a mini-batch is "
        "another view of the one before; it is spared by adversarial_lr=",
        note="batch= divided by subdivisions= must be even. A detector's two views differ in "
        "resize=, blur= and noise, where a mosaic is cut, and in what the next two keys say; a "
        "classifier's in everything. An object is one thing in both views; a sixth number in the "
        "labels, its track id, makes it one in other pictures too (Darknet does not read it).",
    )
    contrastive_jit_flip: bool = key(
        False, "contrastive=1, detectors: 1 jitters and flips each view on its own"
    )
    contrastive_color: bool = key(
        False, "contrastive=1, detectors: 1 changes the colours of each view on its own"
    )
    unsupervised: bool = key(
        False,
        "classifiers: 1 gives each picture a class by its place in the list, not by its label; for "
        "contrastive=1, which then only knows that two views are of the same picture",
    )
    track: bool = key(
        False,
        "1: the train list holds the frames of videos in order, and a sequence of time_steps= "
        "takes successive ones; all its frames are augmented alike",
        note="A sequence that reaches the end of one video goes on with the next one of the list, "
        "and after the last with the first, as in Darknet.",
    )
    augment_speed: int = key(
        2,
        "track=1: each sequence takes every frame, or every second, ... up to this one",
        minimum=1,
    )
    sequential_subdivisions: int = key(
        0,
        "track=1: how many sequences follow one another in an iteration; with fewer than "
        "subdivisions= a sequence goes through several mini-batches, and memory with it, though no "
        "gradient; 0 means subdivisions=",
        minimum=0,
        note="seq_scales= changes it at steps=. The gradient is divided by the number of mini-"
        "batches that a sequence has, as in Darknet on a GPU. [rnn] and [crnn] forget after each "
        "mini-batch, as there.",
    )

    @property
    def sequences(self) -> int:
        """Sequences side by side in one forward and backward pass; pictures with time_steps=1."""
        return max(1, self.batch // self.subdivisions)

    @property
    def mini_batch(self) -> int:
        """Pictures of one forward and backward pass."""
        return self.sequences * self.time_steps

    @property
    def pictures(self) -> int:
        """Pictures of one iteration."""
        return self.batch * self.time_steps

    def chained(self, iteration: int) -> int:
        """Mini-batches that a sequence goes through in an iteration, counted from 1.

        get_current_seq_subdivisions() and get_sequence_value() in Darknet's src/network.c.
        """
        if not self.track:
            return 1
        parts = self.sequential_subdivisions or self.subdivisions
        if self.policy in ("steps", "sgdr"):
            reached = [step for step in self.steps if step < iteration]
            for scale in self.seq_scales[: len(reached)]:
                parts = int(parts * scale)
        return max(1, self.subdivisions // min(max(1, parts), self.subdivisions))

    @property
    def gradient_divisor(self) -> int:
        """Darknet's Adam takes the sum of the gradients, its SGD the mean over the batch."""
        return 1 if self.adam else self.pictures
