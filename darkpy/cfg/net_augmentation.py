"""The keys of [net] about what is done to pictures before they are trained on."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key

# Recipes of preset_augment=: what each key of [net] is unless it is given.
PRESETS = {
    "ssd": {
        "ssd_distort": True,
        "expand": 4.0,
        "ssd_crop": (0.1, 0.3, 0.5, 0.7, 0.9),
        "letter_box": False,
    }
}
_OWN = "A key of darkpy's own; Darknet warns of it and trains without."


@dataclass(frozen=True)
class AugmentationOptions:
    """How training pictures are changed, and how all pictures are made to fit the input."""

    angle: float = key(
        0.0,
        "classifiers: largest random rotation, degrees",
        note="Darknet ignores it in detectors, and so does darkpy: take rotate= there.",
    )
    rotate: float = key(
        0.0,
        "detectors: largest random rotation, degrees; boxes become those around the turned ones",
        minimum=0,
        note="A key of darkpy's own; Darknet warns of it and trains without.",
    )
    aspect: float = key(1.0, "classifiers: largest random change of the aspect", minimum=0)
    max_crop: int = key(
        0,
        "classifiers: longest side that pictures are scaled to before cropping; 0: 2*width",
        minimum=0,
    )
    min_crop: int = key(
        0,
        "classifiers: shortest side that pictures are scaled to before cropping; 0: width",
        minimum=0,
    )
    saturation: float = key(
        1.0, "training: saturation is multiplied or divided by up to this; 1.5 is usual", minimum=0
    )
    exposure: float = key(
        1.0, "training: brightness is multiplied or divided by up to this; 1.5 is usual", minimum=0
    )
    hue: float = key(
        0.0, "training: colours turn by up to this share of the circle; .1 is usual", minimum=0
    )
    flip: bool = key(
        True,
        "training: half of the pictures are mirrored, left for right",
        note="Set flip=0 where left and right are different classes: arrows, letters, hands.",
    )
    blur: int = key(
        0,
        "training: a third of the pictures stay sharp, a third blur all but the objects, a third "
        "blur as a whole with a kernel of this many pixels",
        minimum=0,
    )
    gaussian_noise: int = key(
        0,
        "training: half of the pictures get noise of this standard deviation, grey levels",
        minimum=0,
    )
    preset_augment: str = key(
        "none",
        "a whole recipe by its name: ssd is ssd_distort=1 expand=4 ssd_crop=.1,.3,.5,.7,.9 "
        "letter_box=0; a key that is given goes before the recipe's",
        choices=("none", *PRESETS),
        note=_OWN,
    )
    ssd_distort: bool = key(
        False,
        "1: detectors: SSD's colours, each of half of the pictures: brightness up to 32 levels "
        "more or less, contrast and saturation times .5 to 1.5, hue turned by up to 18 degrees",
        note=_OWN + " GluonCV turns the hue by any angle, because it takes 18 for half turns; "
        "18 degrees are torchvision's.",
    )
    expand: float = key(
        1.0,
        "detectors: half of the pictures are put anywhere on a canvas in their mean colour whose "
        "sides are up to this many times as long; 4 is SSD's, 1 is off",
        minimum=1,
        maximum=100,
        note=_OWN + " Objects become small; networks that see small objects badly gain.",
    )
    ssd_crop: tuple[float, ...] = key(
        (),
        "detectors: SSD's crop, in place of jitter= and resize= of the head: of the whole picture, "
        "any part of it, and for each of these IoUs a part that overlaps every object at least so "
        "much, one is taken and brought to the input with a random kernel. Objects stay if their "
        "centre does",
        minimum=0,
        maximum=1,
        note=_OWN + " .1,.3,.5,.7,.9 is SSD's; 50 parts are tried for each.",
    )
    mixup: bool = key(
        False,
        "1: half of the training pictures are averages of two, with the objects of both",
        note="With mosaic=1 it has no effect, as in Darknet: only mosaics are made; mosaic_mixup=1 "
        "mixes those.",
    )
    cutmix: bool = key(
        False,
        "1: classifiers: a rectangle of one picture is pasted into another",
        note="In a detector it does nothing alone; with mosaic=1 pictures are joined as mosaic=1.",
    )
    mosaic: bool = key(
        False,
        "1: half of the training pictures are joined from parts of four, so that objects are "
        "small and in new surroundings",
        note="Darknet refuses it together with letter_box=1.",
    )
    mosaic_bound: bool = key(
        False, "mosaic=1: 1 cuts the boxes at the border of the picture's part"
    )
    mosaic_mixup: bool = key(
        False,
        "mosaic=1: 1 averages half of the mosaics with one more picture, the order of YOLOX",
        note="A key of darkpy's own; Darknet warns of it and mixes no mosaics.",
    )
    letter_box: bool = key(
        False,
        "1: pictures keep their aspect and get grey bars; 0 stretches them to width= x height=",
        note="Train and detect with the same value. Stretching is Darknet's default.",
    )
    resize_step: int = key(32, "random=1 of a head: sizes are multiples of this", minimum=1)
    label_smooth_eps: float = key(
        0.0, "classifiers: label smoothing, targets of e/(K-1) and 1-e", minimum=0, maximum=1
    )
    max_chart_loss: float = key(20.0, "upper end of the chart's axis", minimum=0)
