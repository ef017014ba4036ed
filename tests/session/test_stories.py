"""Two trainings told by their files: which is meant, what differs, how they went."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from darkpy.errors import DataError
from darkpy.session.run_differences import Changed, abreast, changed_settings
from darkpy.session.stories import Story, is_training, read_story

CFG = """[net]
batch=4
learning_rate=0.001

[convolutional]
filters=8

[convolutional]
filters=14

[yolo]
mask=0,1
anchors=12,12, 24,24
num=2
classes=2
"""
FACTS = {
    **{"cfg": "a.cfg", "data": "a.data", "seed": 3, "max_batches": 200, "cfg_text": CFG},
    "pictures": {"train": 9, "valid": 5},
    "flags": {"iou_thresh": 0.5, "mjpeg_port": 0, "gpus": []},
    "versions": {"torch": "2.0"},
}
HEAD = "iteration,loss,avg_loss,rate,seconds,map50\n"


def leave(folder: Path, name: str, rows: str = "", best: dict | None = None, **facts) -> Path:
    """The files of a training."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}_run.json").write_text(json.dumps({"runs": [FACTS | facts]}))
    (folder / f"{name}_train.csv").write_text(HEAD + rows)
    if best is not None:
        (folder / f"{name}_best.json").write_text(json.dumps(best))
    return folder


def two(tmp_path: Path, **facts) -> tuple[Story, Story]:
    a, b = leave(tmp_path / "a", "net"), leave(tmp_path / "b", "net", **facts)
    return read_story(str(a)), read_story(str(b))


@pytest.mark.parametrize(
    "path", ["", "net", "net_run.json", "net_best.json", "net_train.csv", "net_best.weights"]
)
def test_a_folder_and_each_file_name_the_training(tmp_path, path):
    leave(tmp_path / "backup", "net", "1,5,5,.1,.1,.5\n", {"map50": 0.5, "iteration": 1})
    (tmp_path / "backup/net_best.weights").write_bytes(b"w")
    given = str(tmp_path / "backup" / path)

    assert is_training(given)
    story = read_story(given)
    assert (story.run.name, story.run.best, story.best_at) == ("net", 0.5, 1)
    assert story.weights == tmp_path / "backup/net_best.weights"


def test_the_folder_above_will_do_and_of_several_one_has_to_be_named(tmp_path):
    leave(tmp_path / "one", "net")
    assert read_story(str(tmp_path)).run.folder == tmp_path / "one"
    leave(tmp_path / "one", "other")

    names = f"{tmp_path}/one/net, {tmp_path}/one/other"
    with pytest.raises(DataError, match=f"holds 2 trainings; name one of them: {names}"):
        read_story(str(tmp_path))


def test_one_that_was_set_aside_is_named_by_its_csv(tmp_path):
    leave(tmp_path, "net", "1,5,5,.1,.1,.5\n")
    (tmp_path / "net_train.1.csv").write_text(HEAD + "1,5,5,.1,.1,\n2,4,4.9,.1,.1,.25\n")
    (tmp_path / "net_best.1.weights").write_bytes(b"w")
    story = read_story(str(tmp_path / "net_train.1.csv"))

    assert (story.run.earlier, story.run.iteration, story.best_at) == (True, 2, 2)
    assert story.weights == tmp_path / "net_best.1.weights"
    assert story.facts == {}


def test_results_and_files_of_other_kinds_are_no_trainings(tmp_path):
    result = tmp_path / "net_best.json"  # somebody gave -json this name
    result.write_text(json.dumps({"evidence": {}, "map": 0.5}))
    (tmp_path / "a.json").write_text(json.dumps({"runs": []}))

    assert not is_training(str(result))
    assert not is_training(str(tmp_path / "a.json"))
    assert not is_training(str(tmp_path / "none"))
    with pytest.raises(DataError, match="is no training: name the folder of its weights"):
        read_story(str(tmp_path / "none"))
    with pytest.raises(DataError, match="no training has left its _run"):
        read_story(str(tmp_path))


def test_equal_trainings_differ_in_nothing(tmp_path):
    assert changed_settings(*two(tmp_path)) == []


def test_keys_are_compared_by_value_with_defaults_filled_in(tmp_path):
    # 1e-3 is .001, mosaic=0 is the default; the second convolution and the head differ
    text = CFG.replace("=0.001", "=1e-3\nmosaic=0\nhue=.2").replace("filters=14", "filters=16")

    assert changed_settings(*two(tmp_path, cfg_text=text)) == [
        Changed("[net] hue", "0", "0.2"),
        Changed("layer 1 [convolutional] filters", "14", "16"),
    ]


def test_a_layer_more_moves_those_behind_it(tmp_path):
    text = CFG.replace("[yolo]", "[maxpool]\nsize=2\n\n[yolo]").replace("classes=2", "classes=3")

    assert changed_settings(*two(tmp_path, cfg_text=text)) == [
        Changed("layer 2 [maxpool]", "-", "is there"),
        Changed("layer 2 (3 in B) [yolo] classes", "2", "3"),
    ]


def test_data_seed_flags_and_versions_are_compared_but_not_what_only_shows(tmp_path):
    changed = {
        "seed": 4,
        "pictures": {"train": 9, "valid": 6},
        "flags": {"iou_thresh": 0.75, "mjpeg_port": 8090, "gpus": [], "map": True},
        "versions": {"torch": "2.1"},
        "devices": 2,
    }

    assert changed_settings(*two(tmp_path, **changed)) == [
        Changed("seed", "3", "4"),
        Changed("measured pictures", "5", "6"),
        Changed("-iou_thresh", "0.5", "0.75"),
        Changed("version of torch", "2.0", "2.1"),
        Changed("devices", "1", "2"),
    ]


def test_histories_stand_abreast_where_map_was_measured_and_at_their_ends(tmp_path):
    leave(tmp_path / "a", "net", "1,9,9,.1,.1,\n2,5,8,.1,.1,.25\n3,4,7,.1,.1,\n")
    leave(tmp_path / "b", "net", "1,9,9,.1,.1,.5\n2,5,6,.1,.1,\n")
    rows = abreast(*(read_story(str(tmp_path / name)).curves for name in "ab"))

    told = [(row.iteration, row.losses, row.maps) for row in rows]
    assert told == [
        (1, (9, 9), (None, 0.5)),
        (2, (8, 6), (0.25, 0.5)),
        (3, (7, None), (0.25, None)),
    ]
    assert abreast(None, None) == []


def test_long_histories_are_shown_at_a_dozen_places(tmp_path):
    text = "".join(f"{i},1,1,.1,.1,{i / 1000}\n" for i in range(1, 1001))
    curves = read_story(str(leave(tmp_path / "a", "net", text))).curves
    rows = abreast(curves, None)

    assert len(rows) == 12
    assert [rows[0].iteration, rows[-1].iteration] == [1, 1000]
    assert np.isclose(rows[-1].maps[0], 1.0)


def test_no_torch_is_needed_for_stories():
    code = "import sys, darkpy.session.stories; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
