"""The checks of a cfg, a function each, in the order they run."""

from __future__ import annotations

from collections.abc import Callable

from darkpy.cfg.reader import CfgText
from darkpy.check import anchors, augmentation, heads, reach, scales, schedule, sizes
from darkpy.check.subject import Subject

CHECKS: tuple[Callable[[Subject], None], ...] = (
    schedule.check_testing_values,
    schedule.check_iterations,
    schedule.check_rate,
    augmentation.check_cutmix,
    augmentation.check_classifier_keys,
    augmentation.check_detector_keys,
    augmentation.check_idle_keys,
    augmentation.check_ssd_crop,
    augmentation.check_colours,
    sizes.check_channels,
    sizes.check_multiple,
    sizes.check_random,
    sizes.check_batch_norm,
    sizes.check_strided_ones,
    sizes.check_judged,
    heads.check_classes,
    heads.check_shared_keys,
    heads.check_layer_before,
    heads.check_effects,
    heads.check_maps,
    anchors.check_list,
    anchors.check_unit,
    anchors.check_against_input,
    anchors.check_masks,
    anchors.check_order,
    anchors.check_tiny_mask,
    scales.check_layers_before,
    scales.check_steps,
    scales.check_sizes,
    scales.check_ratios,
    scales.check_variance,
    scales.check_groups,
    reach.check_dead_ends,
    reach.check_after_heads,
)


def examine(text: CfgText) -> Subject:
    """Plan a cfg and run all checks; the remarks are in the result's `findings`."""
    subject = Subject.of(text)
    if subject.plan.layers:
        for check in CHECKS:
            check(subject)
    return subject
