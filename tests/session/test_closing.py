"""At the end a training says which weights to use and what to type next."""

from __future__ import annotations

import shlex
from types import SimpleNamespace

from darkpy.session.closing import closing_lines
from darkpy.session.detecting import DetectorTraining


def session(tmp_path, *written: str, best=-1.0, averaged=None, failed=(), valid="valid.txt"):
    for tag in written:
        (tmp_path / f"net_{tag}.weights").write_bytes(b"")
    return SimpleNamespace(
        saver=SimpleNamespace(path=lambda tag: tmp_path / f"net_{tag}.weights", failed=set(failed)),
        evaluation=SimpleNamespace(best=best, of_averaged=averaged, valid=None),
        task=DetectorTraining(),
        flags=SimpleNamespace(iou_thresh=0.5),
        project=SimpleNamespace(data=SimpleNamespace(source="my obj.data", valid=valid)),
        network=SimpleNamespace(plan=SimpleNamespace(source="net.cfg")),
    )


def test_the_best_weights_are_named_and_tried(tmp_path):
    lines = list(closing_lines(session(tmp_path, "best", "final", best=0.7654)))

    assert lines[0] == f"best mAP@0.50 76.54%: {tmp_path}/net_best.weights"
    words = shlex.split(lines[1].removeprefix("next: "))
    assert words[:5] == ["darkpy", "detector", "test", "my obj.data", "net.cfg"]
    assert words[5:] == [f"{tmp_path}/net_best.weights", "PICTURE"]
    assert lines[2].endswith(" -report report")


def test_averaged_weights_that_are_better_are_named_after_them(tmp_path):
    given = session(tmp_path, "best", "ema", best=0.5, averaged=0.6)

    assert f"the averaged weights are better, 60.00%: {tmp_path}/net_ema.weights" in list(
        closing_lines(given)
    )


def test_without_a_measurement_the_final_weights_are_tried_and_no_map_without_valid(tmp_path):
    (line,) = closing_lines(session(tmp_path, "final", valid=""))

    assert line.endswith(f"net.cfg {tmp_path}/net_final.weights PICTURE")


def test_weights_that_could_not_be_saved_are_not_offered(tmp_path):
    assert list(closing_lines(session(tmp_path, failed={"final"}))) == []
