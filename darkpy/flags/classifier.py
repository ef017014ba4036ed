"""The flags of `darkpy classifier`'s verbs."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.errors import UsageError
from darkpy.flags.declared import flag
from darkpy.flags.shared import OnDevice, Serving, listening_port
from darkpy.flags.training import TrainingFlags


@dataclass(frozen=True)
class Ranked(OnDevice):
    """How many of the likeliest classes count."""

    t: int = flag(0, "how many of the likeliest classes count; 0: top= of the data file", minimum=0)


@dataclass(frozen=True)
class PredictFlags(Ranked):
    """The flags of `classifier predict`."""


@dataclass(frozen=True)
class ClassifierValidFlags(Ranked):
    """The flags of `classifier valid`."""

    json: str = flag("", "JSON file: what every picture is and was taken for, shares by class")


@dataclass(frozen=True)
class ClassifierDemoFlags(Ranked, Serving):
    """The flags of `classifier demo`."""

    c: int = flag(0, "number of the camera, if no file or stream is given", minimum=0)
    dont_show: bool = flag(False, "open no window")
    out_filename: str = flag("", "video file for the frames with their classes: .mp4, .avi")
    mjpeg_port: int = listening_port("port where browsers watch; 0: none")
    benchmark: bool = flag(False, "classify the first frame again and again", rare=True)
    time_limit_sec: float = flag(0, "stop after so many seconds; 0: never", minimum=0, rare=True)
    retry_sec: float = flag(
        60, "how long a camera or stream that broke is tried again", minimum=0, rare=True
    )


@dataclass(frozen=True)
class ClassifierTrainFlags(TrainingFlags, OnDevice, Serving):
    """The flags of `classifier train`."""

    topk: bool = flag(
        False, "measure top-k accuracy on valid= while training and keep the best weights"
    )
    topk_epochs: int = flag(2, "epochs between two measurements", minimum=1)
    show_imgs: bool = flag(False, "write augmented pictures with their classes before training")
    log: str = flag(
        "darkpy",
        "whose lines are printed: Darknet's for programs that read them",
        choices=("darkpy", "darknet"),
        rare=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.augment == "device":
            raise UsageError("-augment device: pictures of classifiers are made by the processor")
