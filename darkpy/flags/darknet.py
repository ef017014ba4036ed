"""The flags that Darknet's detector knows, and what a verb says to those it does not take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Foreign:
    """A flag of Darknet's that a verb does not take.

    valued: a value follows it. remark: what to say of it; empty if it is obeyed anyhow.
    """

    valued: bool = False
    remark: str = "has no effect here"


_VALUED = Foreign(valued=True)
_SWITCH = Foreign()
_OBEYED = Foreign(remark="")  # a verb that shows nothing does what it asks for

DARKNET_FLAGS = {
    "avgframes": _VALUED,
    "benchmark": _SWITCH,
    "benchmark_layers": _SWITCH,
    "c": _VALUED,
    "chart": _VALUED,
    "clear": _SWITCH,
    "dont_show": _OBEYED,
    "dontdraw_bbox": _OBEYED,
    "ext_output": _SWITCH,
    "gpus": Foreign(
        valued=True,
        remark="has no effect here: one device computes, GPU 0 or the one of -i N, or the CPU "
        "where there is no GPU",
    ),
    "hier": _VALUED,
    "http_post_host": _VALUED,
    "iou_thresh": _VALUED,
    "json_file_output": _VALUED,
    "json_port": _VALUED,
    "letter_box": _SWITCH,
    "map": _SWITCH,
    "mAP_epochs": _VALUED,
    "mjpeg_port": _VALUED,
    "out": _VALUED,
    "out_filename": _VALUED,
    "points": _VALUED,
    "prefix": _VALUED,
    "s": _VALUED,
    "save_labels": _SWITCH,
    "show": _SWITCH,
    "show_imgs": _SWITCH,
    "thresh": _VALUED,
    "time_limit_sec": _VALUED,
}
