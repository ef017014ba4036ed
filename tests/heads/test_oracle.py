"""Every head's delta, cost and boxes, option by option, against the C program's."""

from __future__ import annotations

import pytest
import torch

from scripts.comparison.deviation import relative
from tests.heads.stored import CASES, STORED, Case

TOLERANCE = 2e-5  # relative to the norm; darkpy's own rounding
# Classes that are wanted in parts: the C program's cost of them is no cross-entropy.
SMOOTH = {"softmax_groups_soft"}


@pytest.mark.oracle
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_delta_and_cost_are_the_c_programs(kind, name, tmp_path):
    case = Case(kind, name, tmp_path)

    compared = 0
    for step, losses in case.steps():
        for layer, loss in losses.items():
            stored = f"s{step}_l{layer:03d}"
            assert relative(loss.delta, case.numbers[f"{stored}_delta"]) < TOLERANCE
            if name not in SMOOTH:
                assert relative(loss.total, case.numbers[f"{stored}_cost"]) < TOLERANCE
            compared += 1
    assert compared == sum(key.endswith("_delta") for key in case.numbers)


@pytest.mark.oracle
@pytest.mark.parametrize("name", sorted(SMOOTH))
def test_classes_wanted_in_parts_cost_their_cross_entropy(name, tmp_path):
    """The C program adds -ln p of whatever is wanted at all (AlexeyAB/darknet issue 5207)."""
    case = Case("classes", name, tmp_path)

    for step, losses in case.steps():
        wanted = case.truths(step).values.double()
        for layer, loss in losses.items():
            stored = f"s{step}_l{layer:03d}"
            delta = torch.from_numpy(case.numbers[f"{stored}_delta"]).double().view_as(wanted)
            logarithms = (wanted - delta).log()
            theirs, ours = -logarithms[wanted != 0].sum(), -(wanted * logarithms).sum()
            assert relative(theirs, case.numbers[f"{stored}_cost"]) < TOLERANCE
            assert relative(loss.total, ours) < TOLERANCE
            assert abs(ours - theirs) > theirs / 5


BOXED = [(kind, name) for kind, name in CASES if f"{name}/s0_l001_boxes" in STORED[kind].files]


@pytest.mark.oracle
@pytest.mark.parametrize(("kind", "name"), BOXED)
def test_boxes_and_their_probabilities_are_the_c_programs(kind, name, tmp_path):
    case = Case(kind, name, tmp_path)
    rows = torch.from_numpy(case.numbers["s0_l001_boxes"]).double()
    if kind == "detection":
        rows[:, :4] /= 4  # px of an input of 4 x 4
    threshold = float(case.numbers["thresh"])

    with torch.inference_mode():
        images = torch.from_numpy(case.numbers["input"][0, :1])
        found = case.network.eval().candidates(images)

    scores = (found.objectness[..., None] * found.probs)[0]
    scores = scores.masked_fill((found.objectness[0] <= threshold)[:, None], 0)
    scores = scores.masked_fill(scores <= threshold, 0)
    ours = torch.cat((found.boxes[0], scores), dim=1)[(scores > 0).any(dim=1)].double()
    theirs = torch.cat((rows[:, :4], rows[:, 5:]), dim=1)
    assert len(ours) == len(theirs) > 5
    # each row has its like in the other's, whatever their order
    apart = (ours[:, None] - theirs).abs().amax(dim=2)
    assert apart.amin(dim=0).max() < 2e-5
    assert apart.amin(dim=1).max() < 2e-5


@pytest.mark.parametrize(
    ("kind", "name", "line"),
    [
        ("yolo", "yolo_giou_maxdelta", "max_delta=.3"),
        ("yolo", "yolo_diou_several", "iou_thresh=.2"),
        ("yolo", "yolo_ciou_several_giou", "iou_thresh_kind=giou"),
        ("yolo", "yolo_iou", "ignore_thresh=.3"),
        ("yolo", "yolo_smooth_truth", "truth_thresh=.4"),
        ("yolo", "yolo_smooth_truth", "objectness_smooth=1"),
        ("yolo", "yolo_focal", "focal_loss=1"),
        ("yolo", "yolo_counters_smooth", "counters_per_class=10,20,40"),
        ("yolo", "yolo_counters_smooth", "cls_normalizer=.5"),
        ("yolo", "yolo_counters_smooth", "label_smooth_eps=.1"),
        ("yolo", "yolo_map", "map=classes.map"),
        ("yolo", "yolo_percentage", "badlabels_rejection_percentage=2"),
        ("yolo", "yolo_sigmas", "num_sigmas_reject_badlabels=1.5"),
        ("yolo", "yolo_equidistant", "equidistant_point=20"),
        ("gaussian", "gaussian_ciou_left_top", "yolo_point=left_top"),
        ("gaussian", "gaussian_mse_right_bottom", "uc_normalizer=.5"),
        ("gaussian", "gaussian_smooth", "objectness_smooth=1"),
        ("region", "region_softmax", "rescore=1"),
        ("region", "region_softmax", "bias_match=1"),
        ("region", "region_classfix1", "classfix=1"),
        ("region", "region_classfix_minus", "classfix=-1"),
        ("region", "region_focal", "focal_loss=1"),
        ("detection", "detection_rescore_sqrt", "rescore=1"),
        ("detection", "detection_forced_softmax", "forced=1"),
        ("contrastive", "contrastive_objects_3", "temperature=.5"),
        ("contrastive", "contrastive_objects_1", "contrastive_neg_max=1"),
    ],
)
def test_stored_numbers_would_notice_a_key_that_is_ignored(kind, name, line, tmp_path):
    case = Case(kind, name, tmp_path, changed=[(f"{line}\n", "\n")])

    step, losses = list(case.steps())[-1]

    layer = max(losses)
    stored = case.numbers[f"s{step}_l{layer:03d}_delta"]
    assert relative(losses[layer].delta, stored) > 10 * TOLERANCE
