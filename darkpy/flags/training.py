"""The flags of every training, whatever it is that is trained."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.flags.declared import Flags, flag
from darkpy.flags.shared import listening_port, loading_processes, loading_threads, whole_seed


@dataclass(frozen=True)
class TrainingFlags(Flags):
    """How a training begins, computes, loads and tells."""

    clear: bool = flag(False, "begin at iteration 0 whatever the weights file says")
    resume: bool = flag(False, "go on from the newest good pair of weights and state in backup=")
    dont_show: bool = flag(False, "open no window; the chart is always written to a file")
    show_imgs: bool = flag(False, "write augmented pictures with their boxes before training")
    chart: str = flag("", "file of the chart in place of chart.png", rare=True)
    log: str = flag(
        "darkpy",
        "whose lines are printed: Darknet's or hank-ai's for programs that read them",
        choices=("darkpy", "darknet", "hank"),
        rare=True,
    )
    mjpeg_port: int = listening_port(
        "port of a page that shows the training, and of the chart as MJPEG; 0: none"
    )
    tensorboard: bool = flag(False, "TensorBoard's files in backup=/tensorboard", rare=True)
    mlflow: bool = flag(False, "a run of MLflow's, where MLFLOW_TRACKING_URI says", rare=True)
    dvclive: bool = flag(False, "DVCLive's files in backup=/dvclive", rare=True)
    seed: int | None = whole_seed(None, "seed of all chance; printed and stored")
    amp: str = flag(
        "gpu",
        "half the bits where results agree; gpu: on GPUs alone, auto: on processors too, if faster",
        choices=("gpu", "auto", "on", "off", "tf32"),
        rare=True,
    )
    gpus: tuple[str, ...] = flag(
        (),
        "devices that train together, a process each: 0,1 names GPUs; cpu,cpu is two processes",
    )
    sync_bn: bool = flag(
        False,
        "several devices: batch norm sees a whole mini-batch and not each device's part of it",
        rare=True,
    )
    deterministic: str = flag(
        "on", "on a GPU: the same seed gives the same bytes", choices=("on", "off"), rare=True
    )
    threads: int | None = loading_threads()
    processes: int | None = loading_processes()
    cache: str = flag(
        "auto",
        "where decoded pictures are kept",
        choices=("auto", "ram", "disk", "off"),
        rare=True,
    )
    reduced_decode: bool = flag(
        False, "decode large JPEGs at a half, quarter or eighth if that will do", rare=True
    )
    augment: str = flag(
        "auto", "where pictures are augmented", choices=("auto", "cpu", "device"), rare=True
    )
    compile: bool = flag(
        False,
        "augmentation on a device through torch's compiler: slower to start, then faster",
        rare=True,
    )
    time_limit_sec: float | None = flag(
        None, "stop after so many seconds; 0: after -show_imgs", minimum=0, rare=True
    )
