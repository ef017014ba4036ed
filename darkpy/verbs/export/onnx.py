"""`darkpy export onnx`: an ONNX file in a consumer's form, tried before it is called done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.export.forms import FORMS
from darkpy.export.int8 import quantized
from darkpy.export.onnx_file import Asked, exported
from darkpy.export.opening import class_names, open_for_export, pictures_of
from darkpy.export.outcome import kept
from darkpy.export.report import file_words, try_file
from darkpy.flags.export import DYNAMIC, OnnxFlags


def run(data: str, cfg: str, weights: str, **flags: Any) -> Iterator[object]:
    """Write the file; yields what was found when it was tried.

    flags: those of OnnxFlags. A file that fails is kept under another name, with status 1.
    """
    asked = OnnxFlags(**flags)
    project = open_for_export(data, cfg, weights, asked.wh)
    if project.network.detecting:
        yield from project.warnings
    wanted = Asked(
        form=asked.form,
        opset=asked.opset,
        batch=asked.pictures_at_once,
        fixed=asked.size != DYNAMIC,
        half=asked.half,
        int8=asked.int8,
    )
    out = Path(asked.out or f"{Path(cfg).stem}.onnx")
    model = exported(project.network, class_names(project), wanted)
    content = model.SerializeToString()
    if asked.int8:
        some = pictures_of(project, "train", asked.pictures)
        content = yield from quantized(model, project.network, FORMS[asked.form], some)
    yield file_words(content, out, wanted, project)
    refused = yield from try_file(content, project, wanted, asked.pictures)
    yield from kept(out, content, refused)
