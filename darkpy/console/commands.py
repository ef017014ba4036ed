"""Every command."""

from __future__ import annotations

from darkpy.console.command import Argument, Command

_DATA = Argument("data", ".data file")
_CFG = Argument("cfg", ".cfg file")
_WEIGHTS = Argument("weights", ".weights file")
_START = Argument("weights", ".weights file to start from", optional=True)

COMMANDS = {
    ("check",): Command(
        "darkpy.verbs.check",
        "Explain every mistake and trap of a cfg; -fix corrects.",
        (
            _CFG,
            Argument("data", ".data file that it is used with", optional=True),
            Argument("weights", ".weights file that it is used with", optional=True),
        ),
        "verbs.CheckFlags",
    ),
    ("detector", "train"): Command(
        "darkpy.detector.train",
        "Train a detector on the pictures of a data file.",
        (_DATA, _CFG, _START),
        "detector.TrainFlags",
    ),
    ("detector", "test"): Command(
        "darkpy.detector.test",
        "Find objects in pictures and draw them.",
        (
            _DATA,
            _CFG,
            _WEIGHTS,
            Argument("input", "pictures, folders, list files; else typed in", many=True),
        ),
        "detector.TestFlags",
    ),
    ("detect",): Command(
        "darkpy.detector.detect",
        "Find objects in pictures; files are found by name: `detect cars a.jpg`.",
        (
            Argument("net", "the stem of a cfg and its weights, or a cfg before its weights"),
            Argument("input", "pictures, folders, list files; else typed in", many=True),
        ),
        "detector.DetectFlags",
    ),
    ("detector", "draw"): Command(
        "darkpy.detector.draw",
        "Draw the boxes of label files on their pictures.",
        (_DATA, Argument("input", "pictures, folders, list files; else train=", many=True)),
        "detector.DrawFlags",
    ),
    ("detector", "demo"): Command(
        "darkpy.detector.demo",
        "Find objects in a video, a camera's pictures or a stream.",
        (
            _DATA,
            _CFG,
            _WEIGHTS,
            Argument("input", "video, address, folder; else camera -c", optional=True),
        ),
        "detector.DemoFlags",
    ),
    ("detector", "map"): Command(
        "darkpy.detector.map",
        "Measure a detector on the valid= list: mAP.",
        (_DATA, _CFG, _WEIGHTS),
        "detector.MapFlags",
    ),
    ("detector", "valid"): Command(
        "darkpy.detector.valid",
        "Write all detections on the valid= list to files.",
        (_DATA, _CFG, _WEIGHTS),
        "detector.ValidFlags",
    ),
    ("detector", "recall"): Command(
        "darkpy.detector.recall",
        "Count the objects that are found, whatever their class.",
        (_DATA, _CFG, _WEIGHTS),
        "detector.RecallFlags",
        only_prints=True,
    ),
    ("detector", "audit"): Command(
        "darkpy.detector.audit",
        "Rank the labels that are likely wrong or missing.",
        (
            _DATA,
            _CFG,
            Argument("start", ".weights file that both trainings start from", optional=True),
        ),
        "detector.AuditFlags",
    ),
    ("detector", "calc_anchors"): Command(
        "darkpy.detector.calc_anchors",
        "Find anchors that fit the boxes of the train= list; judge the present ones.",
        (_DATA, Argument("cfg", ".cfg file: sizes, present anchors", optional=True)),
        "detector.AnchorFlags",
    ),
    ("classifier", "train"): Command(
        "darkpy.classifier.train",
        "Train a classifier on the pictures of a data file.",
        (_DATA, _CFG, _START),
        "classifier.ClassifierTrainFlags",
    ),
    ("classifier", "predict"): Command(
        "darkpy.classifier.predict",
        "Say what pictures show as a whole.",
        (
            _DATA,
            _CFG,
            _WEIGHTS,
            Argument("input", "pictures, folders, list files; else typed in", many=True),
        ),
        "classifier.PredictFlags",
    ),
    ("classifier", "demo"): Command(
        "darkpy.classifier.demo",
        "Say what a video, a camera's pictures or a stream shows.",
        (
            _DATA,
            _CFG,
            _WEIGHTS,
            Argument("input", "video, address, folder; else camera -c", optional=True),
        ),
        "classifier.ClassifierDemoFlags",
    ),
    ("classifier", "valid"): Command(
        "darkpy.classifier.valid",
        "Measure a classifier on the valid= list: top-k accuracy.",
        (_DATA, _CFG, _WEIGHTS),
        "classifier.ClassifierValidFlags",
    ),
    ("compare",): Command(
        "darkpy.verbs.compare",
        "Say whether one detector's mAP is better than another's; how two trainings differ.",
        (
            Argument("a", "what `detector map -json` wrote; or a training: a folder or file of it"),
            Argument("b", "the same of another detector on the same pictures; or a training"),
        ),
        "verbs.CompareFlags",
    ),
    ("runs",): Command(
        "darkpy.verbs.runs",
        "List the trainings that a folder holds the files of.",
        (Argument("folder", "folder of their weights or one above; else this one", optional=True),),
        "verbs.RunsFlags",
        only_prints=True,
    ),
    ("doctor",): Command(
        "darkpy.verbs.doctor",
        "Look at all that a training needs; say GO or NO-GO.",
        (_DATA, _CFG, _START),
        "verbs.DoctorFlags",
    ),
    ("init",): Command(
        "darkpy.verbs.init",
        "Make cfg, data, names and lists for a folder of pictures.",
        (Argument("folder", "folder with pictures and their labels"),),
        "verbs.InitFlags",
    ),
    ("partial",): Command(
        "darkpy.verbs.partial",
        "Cut a weights file after its first layers.",
        (
            _CFG,
            Argument("weights", ".weights file to cut"),
            Argument("out", "file for the first layers"),
            Argument("n", "how many layers it shall hold", number=True),
        ),
    ),
    ("adapt",): Command(
        "darkpy.verbs.adapt",
        "Make a trained network one for other classes, those of equal names kept.",
        (
            Argument("old_cfg", ".cfg file of the trained network"),
            Argument("old_names", "its .names file"),
            _WEIGHTS,
            Argument("new_cfg", ".cfg file for the new classes"),
            Argument("new_names", "their .names file"),
            Argument("out", ".weights file to write"),
        ),
        "verbs.AdaptFlags",
    ),
    ("net",): Command(
        "darkpy.verbs.net",
        "Print Darknet's table of a network, and what it costs.",
        (Argument("cfg", ".cfg file, or one of darkpy's cfgs by its name"),),
        "verbs.NetFlags",
        only_prints=True,
    ),
    ("explain",): Command(
        "darkpy.verbs.explain",
        "Say what a section or key of a cfg does.",
        (Argument("what", "section, section.key or key", optional=True),),
        only_prints=True,
    ),
    ("export", "onnx"): Command(
        "darkpy.verbs.export.onnx",
        "Write an ONNX file in a consumer's form, tried before it is called done.",
        (_DATA, _CFG, _WEIGHTS),
        "export.OnnxFlags",
    ),
    ("export", "torchscript"): Command(
        "darkpy.verbs.export.torchscript",
        "Write a file for libtorch, tried before it is called done.",
        (_DATA, _CFG, _WEIGHTS),
        "export.TorchFlags",
    ),
    ("export", "weights"): Command(
        "darkpy.verbs.export.weights",
        "Write a checkpoint, averaged or not, as Darknet's file at an iteration.",
        (_CFG, Argument("weights", ".weights file, or the .state beside one")),
        "export.WeightsFlags",
    ),
    ("export", "labels"): Command(
        "darkpy.verbs.export.labels",
        "Write the labels of a data set for other trainers.",
        (
            _DATA,
            Argument("format", "coco, voc or ultralytics"),
            Argument("out", "new folder for the files; pictures are linked to"),
        ),
    ),
    ("import", "weights"): Command(
        "darkpy.verbs.import_weights",
        "Make a .weights file of a PyTorch state dict of YOLOv4 or v7.",
        (
            Argument("source", ".pt or .pth file with a state dict; only tensors are read"),
            _CFG,
            Argument("out", ".weights file to write"),
        ),
        "verbs.ImportWeightsFlags",
    ),
    ("import", "weights", "torchvision"): Command(
        "darkpy.verbs.import_torchvision",
        "Make a .weights file of a state dict of torchvision.",
        (
            Argument("source", ".pt or .pth file with a state dict; only tensors are read"),
            _CFG,
            Argument("out", ".weights file to write"),
        ),
        "verbs.ImportTorchvisionFlags",
    ),
    ("import",): Command(
        "darkpy.verbs.importing",
        "Turn a VOC, COCO, YOLO, CVAT or other data set into Darknet's.",
        (
            Argument(
                "format",
                "voc, coco, imglab, yolo, cvat, labelstudio, labelme, vott, createml, csv or auto",
            ),
            Argument("source", "folder or file of the data set, which is only read"),
            Argument("out", "new folder for Darknet's files"),
        ),
        "verbs.ImportFlags",
    ),
}
