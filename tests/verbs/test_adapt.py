"""`darkpy adapt`: rows of classes of equal names are copied exactly, others begin at random."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from darkpy.console.cli import main
from darkpy.errors import DataError, WeightsError
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, save_weights
from darkpy.verbs import adapt

OLD, NEW = ("cat", "dog", "car"), ("car", "bird", "cat", "plane")
NET = "[net]\nwidth=32\nheight=32\nchannels=3\n{freeze}\n"
BODY = "[convolutional]\nbatch_normalize=1\nfilters=8\nsize=3\nstride=8\nactivation=leaky\n"


def last(filters: int) -> str:
    return f"[convolutional]\nfilters={filters}\nsize=1\nactivation=linear\n"


ANCHORS = "anchors=4,4, 9,9\nnum=2\n"
# What of an anchor is no class, and the head; in ssd the background is the fifth.
HEADS = {
    "yolo": (5, "[yolo]\n" + ANCHORS),
    "Gaussian_yolo": (9, "[Gaussian_yolo]\n" + ANCHORS),
    "region": (5, "[region]\ncoords=4\nsoftmax=1\n" + ANCHORS),
    "ssd": (5, "[ssd]\nsizes=8,16\nratios=1\n"),
    "ssd of sigmoids": (4, "[ssd]\nsizes=8,16\nratios=1\nscore=sigmoid\n"),
}


def with_head(kind: str, classes: int) -> str:
    others, head = HEADS[kind]
    return NET + BODY + last(2 * (others + classes)) + f"{head}classes={classes}\n"


def split_ssd(classes: int) -> str:
    """Two convolutions, the scores with the background first, joined by a route."""
    return (
        NET + BODY + last(2 * (1 + classes)) + "[route]\nlayers=0\n" + last(8)
        + f"[route]\nlayers=1,3\n[ssd]\nsizes=8,16\nratios=1\nlayout=split\nclasses={classes}\n"
    )  # fmt: skip


def classifier(classes: int) -> str:
    return NET + BODY + "[avgpool]\n" + last(classes) + "[dropout]\n[softmax]\n"


def detection(classes: int) -> str:
    outputs = 4 * (classes + 5)
    head = f"[detection]\nside=2\nnum=1\ncoords=4\nclasses={classes}\n"
    return NET + BODY + f"[connected]\noutput={outputs}\nactivation=linear\n{head}"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Writes both cfgs, names and trained weights; gives both networks after `adapt`."""
    monkeypatch.chdir(tmp_path)
    Path("old.names").write_text("\n".join(OLD) + "\n")
    Path("new.names").write_text("\n".join(NEW) + "\n")

    def made(old: str, new: str) -> tuple[Network, Network, list[str]]:
        Path("old.cfg").write_text(old.format(freeze=""))
        Path("new.cfg").write_text(new.format(freeze=""))
        torch.manual_seed(8)
        trained = Network.from_cfg("old.cfg").eval()
        for tensor in trained.state_dict().values():
            if tensor.is_floating_point():
                tensor.uniform_(0.5, 1.5)
        save_weights(trained, "old.weights", 640)
        lines = list(
            adapt.run("old.cfg", "old.names", "old.weights", "new.cfg", "new.names", "new.weights")
        )
        found = Network.from_cfg("new.cfg").eval()
        assert load_weights(found, "new.weights").header.seen == 0
        return trained, found, lines

    return made


def rows(layer) -> torch.Tensor:
    """All values of each output of a layer, biases too, as rows."""
    return torch.cat([t.reshape(len(t), -1) for t in layer.weights_in_file_order()], dim=1)


def check_rows(old: torch.Tensor, new: torch.Tensor, wanted: list[int | None]) -> None:
    """Row k of the new ones is row wanted[k] of the old ones, or none of them."""
    assert len(new) == len(wanted)
    for row, source in zip(new, wanted, strict=True):
        equal = [k for k, other in enumerate(old) if torch.equal(row, other)]
        assert equal == ([] if source is None else [source])


@pytest.mark.parametrize("kind", HEADS)
def test_rows_of_equal_names_are_copied_in_every_head_with_anchors(kind, files):
    old, new, lines = files(with_head(kind, 3), with_head(kind, 4))

    others = HEADS[kind][0]
    # Of each of two anchors: what is no class as it is; car is 2 of the old ones, cat 0.
    anchor = [*range(others), others + 2, None, others, None]
    second = [None if k is None else k + others + 3 for k in anchor]
    check_rows(rows(old.layers[1]), rows(new.layers[1]), anchor + second)
    assert torch.equal(rows(old.layers[0]), rows(new.layers[0]))
    taken = 2 * (others + 2)
    assert f": {taken} of {2 * (others + 4)} outputs taken over" in lines[1]


def test_a_split_head_is_followed_through_its_route(files):
    old, new, _ = files(split_ssd(3), split_ssd(4))

    # background, car, bird, cat, plane of two anchors; background, cat, dog, car before.
    check_rows(rows(old.layers[1]), rows(new.layers[1]), [0, 3, None, 1, None, 4, 7, None, 5, None])
    check_rows(rows(old.layers[3]), rows(new.layers[3]), list(range(8)))


def retina(classes: int) -> str:
    """Two levels with the same two convolutions, scores and boxes; four anchors of one cell."""
    keys = "size=1\nactivation=linear\n"
    text = NET + BODY + BODY.replace("stride=8", "stride=2\npad=1")
    for level, share in ((1, (None, None)), (0, (3, 5))):
        for filters, own in zip((4 * classes, 16), share, strict=True):
            text += f"[route]\nlayers={level}\n[convolutional]\nfilters={filters}\n{keys}"
            text += "" if own is None else f"share_index={own}\n"
        text += f"[route]\nlayers=-3,-1\n[retina]\nlayout=split\nclasses={classes}\n"
        text += "sizes=8,16\nratios=1,2\n"
    return text


def test_towers_that_levels_share_are_one_layer(files):
    old, new, lines = files(retina(3), retina(4))

    # car, bird, cat, plane of four anchors; cat, dog, car before.
    wanted = [place for a in range(4) for place in (3 * a + 2, None, 3 * a, None)]
    check_rows(rows(old.layers[3]), rows(new.layers[3]), wanted)
    check_rows(rows(old.layers[5]), rows(new.layers[5]), list(range(16)))
    assert [line for line in lines if "outputs taken over" in line] == [
        "  layer 3 [convolutional] (new.cfg:21): 8 of 16 outputs taken over",
        "  layer 5 [convolutional] (new.cfg:27): 16 of 16 outputs taken over",
    ]


def test_heads_of_several_scales_have_a_layer_each(files):
    def scales(classes: int) -> str:
        head = f"[ssd]\nratios=1\nclasses={classes}\n"
        first = NET + BODY + last(2 * (5 + classes)) + head + "sizes=8,16\n[route]\nlayers=0\n"
        return first + last(2 * (5 + classes)) + head + "sizes=16,24\n"

    old, new, _ = files(scales(3), scales(4))

    anchor = [0, 1, 2, 3, 4, 7, None, 5, None]
    wanted = anchor + [None if k is None else k + 8 for k in anchor]
    for index in (1, 4):
        check_rows(rows(old.layers[index]), rows(new.layers[index]), wanted)


def test_the_last_matrix_of_a_classifier_goes_by_name(files):
    old, new, lines = files(classifier(3), classifier(4))

    check_rows(rows(old.layers[2]), rows(new.layers[2]), [2, None, 0, None])
    assert lines[2:5] == [
        "2 classes taken over: car, cat",
        "2 classes begin at random: bird, plane",
        "1 class left behind: dog",
    ]


def test_yolov1s_matrix_goes_cell_by_cell(files):
    old, new, _ = files(detection(3), detection(4))

    # 4 cells with 3 classes each, then 4 * 5 numbers of boxes.
    cells = [[3 * cell + 2, None, 3 * cell, None] for cell in range(4)]
    wanted = [place for cell in cells for place in cell] + list(range(12, 32))
    check_rows(rows(old.layers[1]), rows(new.layers[1]), wanted)


def test_what_no_layer_is_like_begins_at_random_and_is_named(files):
    wide = with_head("yolo", 4).replace("filters=8\n", "filters=16\n", 1)
    more = with_head("yolo", 3).replace(BODY, BODY + BODY.replace("stride=8", "pad=1"))

    with pytest.raises(WeightsError, match=r"no layer of old\.cfg is like one of new\.cfg"):
        files(with_head("yolo", 3), wide)
    _, _, lines = files(more, with_head("region", 4).replace(BODY, BODY + BODY.replace("8", "9")))
    assert lines[1:3] == [
        "  layer 1 [convolutional] (new.cfg:12) begins at random",
        "  layer 2 [convolutional] (new.cfg:18) begins at random",
    ]


def test_a_layer_put_between_leaves_the_others_their_values(files):
    old, new, _ = files(
        with_head("yolo", 3), with_head("yolo", 4).replace(BODY, f"{BODY}[dropout]\n")
    )

    assert torch.equal(rows(old.layers[0]), rows(new.layers[0]))
    assert torch.equal(rows(old.layers[1])[:5], rows(new.layers[2])[:5])


def test_names_that_are_not_as_many_as_classes_are_refused(files):
    with pytest.raises(DataError, match=r"new\.names: holds 4 names, but layer 2 \[yolo\].* 5 cl"):
        files(with_head("yolo", 3), with_head("yolo", 5))


def test_files_that_are_read_are_not_written(files, capsys):
    files(with_head("yolo", 3), with_head("yolo", 4))
    words = ["old.cfg", "old.names", "old.weights", "new.cfg", "new.names", "old.weights"]
    before = Path("old.weights").read_bytes()

    assert main(["adapt", *words]) == 2
    assert "old.weights is read here" in capsys.readouterr().err
    assert Path("old.weights").read_bytes() == before


def test_what_begins_at_random_does_so_by_the_seed(files):
    files(with_head("yolo", 3), with_head("yolo", 4))
    words = ["adapt", "old.cfg", "old.names", "old.weights", "new.cfg", "new.names"]
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        assert main([*words, f"{name}.weights", "-seed", seed]) == 0
    a, b, c = (Path(f"{name}.weights").read_bytes() for name in "abc")
    assert a == b
    assert a != c
