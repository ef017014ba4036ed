"""share_index= of [convolutional]: whether a layer can use the weights of another."""

from __future__ import annotations

from typing import Any

from darkpy.sections.base import Place


def check_shared(options: Any, place: Place) -> None:
    """Report a share_index= that is no convolution, or one with other weights."""
    source = place.source("share_index", options.share_index)
    if source is None:
        return
    owner = place.earlier[source]
    if not isinstance(owner.options, type(options)):
        place.error(
            "share_index", f"share_index={options.share_index} is a [{owner.kind}], which has no "
            "weights to share; it must be a [convolutional]"
        )  # fmt: skip
        return
    ours = options.facts(place.input.c)
    theirs = owner.options.facts(owner.inputs[0].c)
    differing = [name for name in ours if ours[name] != theirs[name]]
    if differing:
        has = ", ".join(f"{name}={ours[name]}" for name in differing)
        wants = ", ".join(f"{name}={theirs[name]}" for name in differing)
        message = f"shares the weights of layer {source} but has {has} where that has {wants}"
        place.error("share_index", message)
