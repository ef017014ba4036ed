"""The flags of `darkpy detector`'s verbs; what several of them take is declared once."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.errors import UsageError
from darkpy.flags.declared import Flags, flag
from darkpy.flags.shared import (
    AboveThresh,
    InPrecision,
    Measuring,
    OnDevice,
    Serving,
    Tiling,
    listening_port,
    loading_threads,
    side_px,
    whole_seed,
)
from darkpy.flags.training import TrainingFlags

_JSON_FORMS = ("darknet", "darkhelp")


@dataclass(frozen=True)
class TrainFlags(TrainingFlags, Measuring, Serving):
    """The flags of `detector train`."""

    map: bool = flag(False, "measure mAP on valid= while training and keep the best weights")
    mAP_epochs: int = flag(4, "epochs between two measurements", minimum=1)


@dataclass(frozen=True)
class OnFirstGpu(Flags):
    """Darknet's list of GPUs, where one is enough."""

    gpus: str = flag("", "numbers of GPUs as in Darknet, 0,1; the first one computes", rare=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.gpus and not self.gpus.split(",")[0].strip().isdecimal():
            raise UsageError(f"-gpus {self.gpus}: numbers of GPUs are 0 or 0,1")

    @property
    def first_gpu(self) -> int | None:
        """The number of the first one; None if there is no list."""
        return int(self.gpus.split(",")[0]) if self.gpus else None


@dataclass(frozen=True)
class Following(Flags):
    """How objects are followed from frame to frame."""

    track: bool = flag(False, "number the objects and follow them from frame to frame")
    zones: str = flag("", "file of lines and areas; what crosses them is counted (-track)")


@dataclass(frozen=True)
class TestFlags(AboveThresh, Following, Tiling, InPrecision, OnFirstGpu):
    """The flags of `detector test`."""

    __test__ = False  # pytest takes classes named Test... for its own

    dont_show: bool = flag(False, "open no window; predictions.jpg is always written")
    ext_output: bool = flag(False, "print the boxes too")
    out: str = flag("", "JSON file of all detections")
    json_form: str = flag(
        "darknet", "layout of -out: the C program's or DarkHelp's", choices=_JSON_FORMS, rare=True
    )
    out_filename: str = flag("predictions.jpg", "picture with boxes; more: _2, _3 …")
    save_labels: bool = flag(False, "write a label file for each picture that has none")
    rank: str = flag("", "file for the pictures' order: what to label next; .csv for numbers")
    skipclasses: str = flag("", "classes to leave out: 2,5-8 or their names")
    heatmaps: bool = flag(False, "write _heatmap pictures too: where the network looks")
    letter_box: bool = flag(False, "keep the aspect of the pictures", rare=True)
    dontdraw_bbox: bool = flag(False, "write no picture", rare=True)
    benchmark: bool = flag(
        False, "open no window; at the end, what a picture took and pictures a second", rare=True
    )
    benchmark_layers: bool = flag(False, "print what each layer takes, slowest last", rare=True)


@dataclass(frozen=True)
class DetectFlags(TestFlags):
    """The flags of `detect`: those of `detector test` with the C program's other threshold."""

    # main(), Darknet's src/darknet.c
    thresh: float = flag(0.24, "probability above which a detection is shown", share=True)


@dataclass(frozen=True)
class DrawFlags(Flags):
    """The flags of `detector draw`."""

    out: str = flag("drawn", "folder of the drawn pictures")
    first: int = flag(0, "draw so many; 0: all", minimum=0)


@dataclass(frozen=True)
class DemoFlags(AboveThresh, Following, Serving, OnFirstGpu):
    """The flags of `detector demo`."""

    c: int = flag(0, "number of the camera, if no file or stream is given", minimum=0)
    dont_show: bool = flag(False, "open no window")
    ext_output: bool = flag(False, "print the boxes too")
    out_filename: str = flag("", "video file for the frames with their boxes: .mp4, .avi")
    json_port: int = listening_port("port where programs read the detections as JSON; 0: none")
    mjpeg_port: int = listening_port("port where browsers watch; 0: none")
    json_file_output: str = flag("", "JSON file of all detections")
    prefix: str = flag("", "write every frame as PREFIX_00000001.jpg ...")
    dontdraw_bbox: bool = flag(False, "draw and print no boxes")
    skipclasses: str = flag("", "classes to leave out: 2,5-8 or their names")
    heatmaps: bool = flag(False, "show where the network looks, in colours over the frames")
    http_post_host: str = flag("", "host[:port]/path that is told what is seen", rare=True)
    letter_box: bool = flag(False, "keep the aspect of the frames", rare=True)
    s: int = flag(0, "frames that are not drawn after each one that is", minimum=0, rare=True)
    avgframes: int = flag(
        3, "no effect: the C program's of today averages nothing either", minimum=1, rare=True
    )
    time_limit_sec: float = flag(0, "stop after so many seconds; 0: never", minimum=0, rare=True)
    benchmark: bool = flag(False, "detect in the first frame again and again", rare=True)
    retry_sec: float = flag(
        60, "how long a camera or stream that broke is tried again", minimum=0, rare=True
    )


@dataclass(frozen=True)
class MapFlags(Measuring, Tiling, InPrecision):
    """The flags of `detector map`."""

    points: int = flag(
        0,
        "0 area under the curve, 11 VOC 2007, 101 MS COCO",
        minimum=0,
        maximum=100_001,
    )
    letter_box: bool = flag(
        False, "no effect, as in Darknet: the cfg's letter_box= counts", rare=True
    )
    json: str = flag("", "file for all numbers; `darkpy compare` reads two of them")
    report: str = flag("", "folder for a page: curves, mistakes, worst pictures")


@dataclass(frozen=True)
class RecallFlags(Measuring, Tiling):
    """The flags of `detector recall`."""

    # validate_detector_recall(), Darknet's src/detector.c
    thresh: float = flag(0.001, "objectness of the boxes that are offered", share=True)
    letter_box: bool = flag(
        False, "keep the pictures' aspect; Darknet's recall stretches them", rare=True
    )


@dataclass(frozen=True)
class ValidFlags(OnDevice, Tiling, InPrecision):
    """The flags of `detector valid`."""

    out: str = flag("", "first part of the result files' names")


@dataclass(frozen=True)
class AnchorFlags(Flags):
    """The flags of `detector calc_anchors`."""

    num_of_clusters: int = flag(
        0, "number of anchors; 0: the cfg's, else 5", minimum=0, maximum=10_000
    )
    width: int = side_px("width of the network's input, px; 0: the cfg's")
    height: int = side_px("height of the network's input, px; 0: the cfg's")
    show: bool = flag(False, "open a window with the cloud; cloud.png is always written")
    dont_show: bool = flag(False, "open no window")
    seed: int = whole_seed(0, "seed of the k-means restarts")


@dataclass(frozen=True)
class AuditFlags(OnDevice):
    """The flags of `detector audit`."""

    weights: str = flag("", "a detector that has not seen these pictures; else two are trained")
    out: str = flag("audit", "folder for all that is written")
    list: str = flag(
        "", "list of pictures to look at; default train= and valid=, else valid= alone"
    )
    top: int = flag(100, "places on the contact sheets and in review/", minimum=1, maximum=100_000)
    resume: bool = flag(False, "go on with trainings that were stopped")
    apply: bool = flag(
        False, "write the ignore boxes of an earlier audit's ignore.csv; old files are kept"
    )
    seed: int = whole_seed(0, "seed of the halves and of both trainings")
    threads: int | None = loading_threads()
