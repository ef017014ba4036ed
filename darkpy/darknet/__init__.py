"""The Python module `darknet` of the C program, without the C program.

    import darkpy.darknet as darknet

or a darknet.py beside a script that holds `from darkpy.darknet import *`, and scripts written for
any of its three generations run: `load_net, load_meta, detect` (2018), `performDetect,
detect_image(net, meta, im)` (to 2020), `load_network, detect_image(network, names, im)` (since).
Pictures are RGB wherever they are not said to be OpenCV's: give `bgr[..., ::-1]` of those.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_char_p, c_float, c_int, c_void_p, cast, pointer
from types import SimpleNamespace
from typing import Any

from darkpy.darknet import images, networks
from darkpy.darknet.boxes import (
    do_nms_obj,
    do_nms_sort,
    free_batch_detections,
    free_detections,
    free_ptrs,
    get_network_boxes,
    make_network_boxes,
    network_predict_batch,
)
from darkpy.darknet.detecting import (
    bbox2points,
    classify,
    decode_detection,
    detect,
    detect_image,
    non_max_suppression_fast,
    remove_negatives,
    remove_negatives_faster,
)
from darkpy.darknet.early import make_boxes, make_probs, network_detect, num_boxes
from darkpy.darknet.images import (
    array_to_image,
    copy_image_from_bytes,
    free_image,
    letterbox_image,
    load_image,
    make_image,
    resize_image,
    rgbgr_image,
)
from darkpy.darknet.networks import (
    class_colors,
    free_network_ptr,
    init_cpu,
    load_meta,
    load_net,
    load_net_custom,
    load_network,
    network_dimensions,
    network_height,
    network_width,
    predict,
    predict_image,
    predict_image_letterbox,
    reset_rnn,
    set_gpu,
)
from darkpy.darknet.performing import performBatchDetect, performDetect
from darkpy.darknet.structures import (
    BOX,
    DETECTION,
    DETNUMPAIR,
    IMAGE,
    METADATA,
    DETECTIONPtr,
    FloatPtr,
    IntPtr,
)
from darkpy.darknet.telling import (
    draw_boxes,
    print_detections,
    set_output_stream,
    set_verbose,
    show_version_info,
    version_string,
)

network_predict = predict
hasGPU = False  # of the C program's library, which is not here

# What performDetect() loads.
netMain: networks.Net | None = None
metaMain: METADATA | None = None
altNames: list[str] | None = None


def c_array(ctype: Any, values: Sequence[float]) -> Any:
    """A ctypes array of values."""
    return (ctype * len(values))(*values)


def sample(probs: Sequence[float]) -> int:
    """A number by chance, each as likely as its share of `probs`."""
    return random.choices(range(len(probs)), probs)[0]


# Names of the C library that scripts call by themselves.
lib = SimpleNamespace(
    copy_image_from_bytes=copy_image_from_bytes,
    cuda_set_device=set_gpu,
    do_nms_obj=do_nms_obj,
    do_nms_sort=do_nms_sort,
    free_batch_detections=free_batch_detections,
    free_detections=free_detections,
    free_image=free_image,
    free_network_ptr=free_network_ptr,
    free_ptrs=free_ptrs,
    get_metadata=load_meta,
    get_network_boxes=get_network_boxes,
    init_cpu=init_cpu,
    letterbox_image=letterbox_image,
    load_image_color=images.load_image_color,
    load_network=load_net,
    load_network_custom=load_net_custom,
    make_image=make_image,
    make_network_boxes=make_network_boxes,
    network_height=network_height,
    network_predict_batch=network_predict_batch,
    network_predict_image=predict_image,
    network_predict_image_letterbox=predict_image_letterbox,
    network_predict_ptr=predict,
    network_width=network_width,
    reset_rnn=reset_rnn,
    rgbgr_image=rgbgr_image,
)

__all__ = [
    "BOX",
    "DETECTION",
    "DETNUMPAIR",
    "IMAGE",
    "METADATA",
    "POINTER",
    "DETECTIONPtr",
    "FloatPtr",
    "IntPtr",
    "Structure",
    "altNames",
    "array_to_image",
    "bbox2points",
    "byref",
    "c_array",
    "c_char_p",
    "c_float",
    "c_int",
    "c_void_p",
    "cast",
    "class_colors",
    "classify",
    "copy_image_from_bytes",
    "decode_detection",
    "detect",
    "detect_image",
    "do_nms_obj",
    "do_nms_sort",
    "draw_boxes",
    "free_batch_detections",
    "free_detections",
    "free_image",
    "free_network_ptr",
    "free_ptrs",
    "get_network_boxes",
    "hasGPU",
    "init_cpu",
    "letterbox_image",
    "lib",
    "load_image",
    "load_meta",
    "load_net",
    "load_net_custom",
    "load_network",
    "make_boxes",
    "make_image",
    "make_network_boxes",
    "make_probs",
    "metaMain",
    "netMain",
    "network_detect",
    "network_dimensions",
    "network_height",
    "network_predict",
    "network_predict_batch",
    "network_width",
    "non_max_suppression_fast",
    "num_boxes",
    "performBatchDetect",
    "performDetect",
    "pointer",
    "predict",
    "predict_image",
    "predict_image_letterbox",
    "print_detections",
    "remove_negatives",
    "remove_negatives_faster",
    "reset_rnn",
    "resize_image",
    "rgbgr_image",
    "sample",
    "set_gpu",
    "set_output_stream",
    "set_verbose",
    "show_version_info",
    "version_string",
]
