"""Files of other programs, broken anywhere: one sentence or a data set, never a traceback."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from darkpy.errors import DarkpyError
from tests.importers import (
    test_coco,
    test_createml,
    test_cvat,
    test_imglab,
    test_labelme,
    test_labelstudio,
    test_spreadsheet,
    test_voc,
    test_vott,
)

COCO = {
    "images": [test_coco.image()],
    "annotations": [test_coco.thing(number=1), test_coco.thing(number=1, iscrowd=1)],
    "categories": test_coco.CATEGORIES,
}
SOURCES = {
    "coco": ("result.json", json.dumps(COCO)),
    "createml": ("a.json", test_createml.file(test_createml.thing())),
    "csv": ("a.csv", test_spreadsheet.EXPORTS["roboflow"]),
    "cvat": ("annotations.xml", test_cvat.file(test_cvat.image(test_cvat.box()))),
    "imglab": ("a.xml", test_imglab.file(test_imglab.image(test_imglab.thing()))),
    "labelme": ("a.json", test_labelme.file(test_labelme.shape("circle", [[20, 15], [20, 25]]))),
    "labelstudio": ("a.json", json.dumps([test_labelstudio.task(test_labelstudio.region())])),
    "voc": ("a.xml", test_voc.annotation(test_voc.thing())),
    "vott": ("a.json", json.dumps({"assets": {"x": test_vott.asset(test_vott.region())}})),
    "yolo": ("data.yaml", "train: .\nnames:\n  0: dog\n  1: 'cat'\n"),
}
PIECES = (b"null", b"-1", b"1e999", b"NaN", b"[]", b"{}", b'""', b"\\u0000", b"\\ud800", b"\x1b")
PIECES += (b"\x00", b"\xff", b"../", b"/", b"'", b'"', b"[", b"}", b"<", b";", b"\n", b"9" * 20)


def mutated(raw: bytes, rng: np.random.Generator) -> bytes:
    """One to three places changed: something put in, taken out, or the rest cut off."""
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(raw) + 1))
        piece = PIECES[rng.integers(len(PIECES))]
        longer = int(rng.integers(20))
        raw = (raw[:at] + piece + raw[at:], raw[:at] + piece + raw[at + longer :], raw[:at])[
            rng.choice(3, p=(0.45, 0.45, 0.1))
        ]
    return raw


@pytest.mark.parametrize("format", SOURCES)
def test_a_broken_file_is_one_sentence_or_a_data_set(picture, text, bring, tmp_path, format):
    name, content = SOURCES[format]
    picture("mine/a.jpg")
    text("mine/a.txt", "1 0.2 0.3 0.2 0.4\n")
    path = text(f"mine/{name}", content)
    whole = bring(format, "mine")
    assert "1 object" in whole[-2] or "1 object" in whole[-1]
    rng = np.random.default_rng(0)
    for _ in range(15):
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        path.write_bytes(mutated(content.encode(), rng))
        try:
            lines = bring(format, "mine")
        except DarkpyError as problem:
            lines = [str(problem)]
        assert not any("\x1b" in line for line in lines)
