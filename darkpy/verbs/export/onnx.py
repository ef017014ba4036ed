"""`darkpy export onnx`: an ONNX file in a consumer's form, tried before it is called done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.events import Ended
from darkpy.export.forms import FORMS
from darkpy.export.int8 import quantized
from darkpy.export.onnx_file import Asked, exported
from darkpy.export.opening import class_names, open_for_export, pictures_of
from darkpy.export.report import file_words, try_file
from darkpy.files import replacing
from darkpy.flags.export import DYNAMIC, OnnxFlags

REJECTED = ".rejected"


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
    if refused:
        out = out.with_name(out.name + REJECTED)
    with replacing(out) as file:
        file.write(content)
    if refused:
        yield f"refused: {'; '.join(refused)}. The file is kept as {out}"
        yield Ended(1)
    else:
        yield f"{out}: written"
