"""[region] on a 2 x 2 grid: anchors 1/4 x 1/4 and 1/2 x 3/4 of the picture."""

from __future__ import annotations

import math

import pytest
import torch

from darkpy.errors import CfgError
from darkpy.heads.base import Moment
from darkpy.heads.region_delta import WARM_UP
from tests.heads.single import REGION, head_of, truths_of

LATER = Moment(seen=WARM_UP)
NET_HW = (2, 2)
# the two cells of column 0, row 0: entries x y w h objectness class0 class1
SLOPE = 0.25  # of the logistic at 0


def run(head, raw, truths, moment=LATER):
    loss = head.delta(head(raw), truths, NET_HW, moment)
    return loss.delta.unflatten(1, (2, 7)), loss


def zeros():
    return torch.zeros(1, 14, 2, 2)


def test_a_truth_pulls_the_box_of_its_shape_with_the_logistic_slope(tmp_path):
    head = head_of(tmp_path, REGION, "bias_match=1\ncoord_scale=2\nobject_scale=3\n")
    # x: .2 * 2 = .4 in column 0, y: .3 * 2 = .6 in row 0; the shape of anchor 1, 10 % wider
    truths = truths_of([(0.2, 0.3, 0.55, 0.75, 1)])

    delta, _ = run(head, zeros(), truths)

    box = [2 * (0.4 - 0.5) * SLOPE, 2 * (0.6 - 0.5) * SLOPE, 2 * math.log(1.1), 0]
    assert delta[0, 1, :, 0, 0].tolist() == pytest.approx(
        [*box, 3 * 0.5 * SLOPE, -0.5, 0.5], abs=1e-6
    )
    assert delta[0, 0, 4].flatten().tolist() == pytest.approx([-0.5 * SLOPE] * 4)


def test_pjreddies_objective_weighs_small_boxes_and_leaves_the_slope_out(tmp_path):
    head = head_of(tmp_path, REGION, "bias_match=1\nobjective=pjreddie\nnoobject_scale=.5\n")
    truths = truths_of([(0.2, 0.3, 0.5, 0.75, 1)])

    delta, _ = run(head, zeros(), truths)

    weight = 2 - 0.5 * 0.75
    assert delta[0, 1, :5, 0, 0].tolist() == pytest.approx(
        [weight * -0.1, weight * 0.1, 0, 0, 0.5], abs=1e-6
    )
    assert delta[0, 0, 4, 1, 1].item() == pytest.approx(-0.5 * 0.5)


def test_a_later_truth_of_a_box_replaces_the_earlier_one(tmp_path):
    head = head_of(tmp_path, REGION, "bias_match=1\n")
    first, second = (0.1, 0.1, 0.25, 0.25, 0), (0.4, 0.4, 0.25, 0.25, 1)

    both, loss = run(head, zeros(), truths_of([first, second]))
    alone, _ = run(head, zeros(), truths_of([second]))

    assert torch.equal(both, alone)
    assert int(loss.watched["rewritten"]) == 1


def test_without_bias_match_the_predicted_shape_decides(tmp_path):
    raw = zeros()
    raw[0, 2:4, 0, 0] = torch.tensor([2.0, 3]).log()  # anchor 0 there predicts 1/2 x 3/4
    raw[0, 9:11, 0, 0] = -3.0  # anchor 1 something tiny
    truths = truths_of([(0.2, 0.3, 0.5, 0.75, 1)])

    by_anchor, _ = run(head_of(tmp_path, REGION, "bias_match=1\n"), raw, truths)
    by_prediction, _ = run(head_of(tmp_path, REGION), raw, truths)

    assert by_anchor[0, :, 6, 0, 0].tolist() == [0, 0.5]
    assert by_prediction[0, :, 6, 0, 0].tolist() == [0.5, 0]


def test_rescore_asks_for_the_overlap(tmp_path):
    head = head_of(tmp_path, REGION, "bias_match=1\nrescore=1\n")
    # predicted: 1/4 x 1/4 at (1/4, 1/4); the truth covers its right half: IoU 1/3
    truths = truths_of([(0.375, 0.25, 0.25, 0.25, 0)])

    delta, _ = run(head, zeros(), truths)

    assert delta[0, 0, 4, 0, 0].item() == pytest.approx((1 / 3 - 0.5) * SLOPE)


def test_first_12800_pictures_draw_every_box_to_its_anchor(tmp_path):
    head = head_of(tmp_path, REGION)
    raw = torch.ones(1, 14, 2, 2)
    nothing = truths_of([])

    early, _ = run(head, raw, nothing, Moment(seen=WARM_UP - 1))
    late, _ = run(head, raw, nothing)

    logistic = 1 / (1 + math.exp(-1))
    pull = 0.01 * (0.5 - logistic) * logistic * (1 - logistic)
    assert early[0, 1, :4, 1, 0].tolist() == pytest.approx([pull, pull, -0.01, -0.01])
    assert late[:, :, :4].abs().sum() == 0


@pytest.fixture
def tree(tmp_path):
    """animal: cat, dog; thing: cup."""
    (tmp_path / "classes.tree").write_text("animal -1\nthing -1\ncat 0\ndog 0\ncup 1\n")
    return REGION.replace("classes=2", "classes=5").replace("softmax=1", "tree=classes.tree")


def test_a_tree_asks_along_the_way_to_the_class_and_nothing_elsewhere(tmp_path, tree):
    head = head_of(tmp_path, tree, "bias_match=1\n", channels=20)
    truths = truths_of([(0.2, 0.3, 0.5, 0.75, 3)])

    loss = head.delta(head(torch.zeros(1, 20, 2, 2)), truths, NET_HW, LATER)

    # siblings share: 1/2, 1/2 | 1/2, 1/2 | 1
    asked = loss.delta.unflatten(1, (2, 10))[0, 1, 5:, 0, 0]
    assert asked.tolist() == [0.5, -0.5, -0.5, 0.5, 0]


def test_a_class_without_a_box_trains_the_surest_cell_and_nothing_else(tmp_path, tree):
    head = head_of(tmp_path, tree, channels=20)
    raw = torch.zeros(2, 20, 2, 2)
    raw[0, 10 + 4, 1, 0] = 2.0  # anchor 1 at row 1, column 0 is the surest of an object
    unboxed = (999999.0, 999999.0, 999999.0, 999999.0, 4)
    truths = truths_of([(0.2, 0.2, 0.2, 0.2, 0), unboxed], [])

    loss = head.delta(head(raw), truths, NET_HW, Moment())

    first, second = loss.delta.unflatten(1, (2, 10))
    assert first[1, 5:, 1, 0].tolist() == [-0.5, 0.5, 0, 0, 0]
    assert first.abs().sum().item() == 1
    assert second[:, 4].abs().sum() > 0


def test_a_tree_answers_with_the_last_class_that_is_likely(tmp_path, tree):
    head = head_of(tmp_path, tree, channels=20)
    raw = torch.zeros(1, 20, 2, 2)
    raw[0, 5], raw[0, 8] = 3.0, 1.0  # animal, dog
    animal, dog = 1 / (1 + math.exp(-3)), 1 / (1 + math.exp(-1))

    found = head.decode(head(raw), NET_HW)

    score = found.objectness[..., None] * found.probs
    assert score[0, 0].tolist() == pytest.approx([0, 0, 0, animal * dog, 0])


def test_output_in_the_c_programs_order_goes_cell_by_cell(tmp_path):
    head = head_of(tmp_path, REGION)
    x = torch.arange(56.0).view(1, 14, 2, 2)

    ordered = head.darknet_output(x).flatten()

    # first cell: all 14 values of row 0, column 0, which lie 4 apart
    assert ordered[:14].tolist() == list(range(0, 56, 4))


def test_alpha_and_gamma_choose_the_focal_loss_of_the_paper(tmp_path):
    truths = truths_of([(0.2, 0.3, 0.5, 0.75, 1)])

    def classes(keys):
        delta, _ = run(head_of(tmp_path, REGION, f"bias_match=1\n{keys}"), zeros(), truths)
        return delta[0, 1, 5:, 0, 0].tolist()

    # both classes are .5: (1-p)^2 - 2 p (1-p) log p = .596574, times wanted - p
    assert classes("focal_loss=1\ngamma=2\n") == pytest.approx([-0.298287, 0.298287], abs=1e-6)
    assert classes("focal_loss=1\nalpha=.5\n") == pytest.approx(classes("focal_loss=1\n"))
    assert classes("focal_loss=1\ngamma=0\n") == pytest.approx(classes(""))


def test_the_paper_s_focal_loss_needs_probabilities(tmp_path):
    raw = REGION.replace("softmax=1\n", "")

    with pytest.raises(CfgError, match=r"\[region\] alpha= needs softmax=1 and no tree="):
        head_of(tmp_path, raw, "focal_loss=1\nalpha=.25\n")
    head_of(tmp_path, raw, "focal_loss=1\n")


SURE = ("own_objectness", "own_classes", "told_classes", "all_objectness")


def sums(loss) -> list[float]:
    return [float(loss.watched[name]) for name in SURE]


def test_what_is_told_of_sureness_is_of_the_boxes_in_charge(tmp_path):
    head = head_of(tmp_path, REGION, "bias_match=1\n")
    raw = zeros()
    raw[0, 7 + 4] = math.log(3)  # objectness of anchor 1 is .75 everywhere
    raw[0, 7 + 5, 0, 0] = math.log(4)  # class 0 of its cell in the corner .8
    # two objects of anchor 1's shape: the corner's class 0, and class 1 elsewhere
    truths = truths_of([(0.2, 0.3, 0.5, 0.75, 0), (0.8, 0.8, 0.5, 0.75, 1)])

    _, loss = run(head, raw, truths)
    assert sums(loss) == pytest.approx([1.5, 0.8 + 0.5, 2, 4 * 0.5 + 4 * 0.75])
    # with classfix=1 every cell above thresh is told a class as well
    head = head_of(tmp_path, REGION, "bias_match=1\nclassfix=1\nthresh=.1\n")
    _, loss = run(head, raw, truths)
    assert float(loss.watched["told_classes"]) > 2


def test_in_a_tree_the_way_s_product_is_the_class_and_unboxed_pictures_show_no_objectness(
    tmp_path, tree
):
    head = head_of(tmp_path, tree, "bias_match=1\n", channels=20)
    unboxed = (999999.0, 999999.0, 999999.0, 999999.0, 4)
    truths = truths_of([(0.2, 0.3, 0.5, 0.75, 3)], [unboxed])

    loss = head.delta(head(torch.zeros(2, 20, 2, 2)), truths, NET_HW, LATER)
    # dog is 1/2 of animal's 1/2, cup all of thing's 1/2; eight boxes of the first picture alone
    assert sums(loss) == pytest.approx([0.5, 0.25 + 0.5, 2, 8 * 0.5])
