"""Run an ONNX file in another program: consumers.py CONSUMER FOLDER, for scripts/export_consumers.

FOLDER has file.onnx and in.npy (B, C, H, W); CONSUMER.npz is written there, each output of all
pictures one after the other. Imports nothing of darkpy: it runs in a Python that has the consumer.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx


def openvino(path, names):
    import openvino as ov

    model = ov.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda image: [model(image)[name] for name in names]


def onnxsim(path, names):
    import onnxruntime
    from onnxsim import simplify

    model, right = simplify(onnx.load(path))
    assert right, "onnxsim's own check fails"
    session = onnxruntime.InferenceSession(model.SerializeToString())
    picture = session.get_inputs()[0].name
    return lambda image: session.run(names, {picture: image})


def mnn(path, names):
    import MNN

    made = path.with_suffix(".mnn")
    words = ["mnnconvert", "-f", "ONNX", "--modelFile", path, "--MNNModel", made, "--bizCode", "x"]
    program = Path(sys.executable).parent / words[0]
    subprocess.run([program, *words[1:]], check=True, stdout=subprocess.DEVNULL)
    picture = onnx.load(path).graph.input[0].name
    net = MNN.nn.load_module_from_file(str(made), [picture], names)

    def run(image):
        given = MNN.expr.placeholder(image.shape, MNN.expr.NCHW)
        given.write(image)
        found = net.forward([given])
        return [MNN.expr.convert(each, MNN.expr.NCHW).read().copy() for each in found]

    return run


def ncnn(path, names):
    import ncnn
    import pnnx

    shape = list(np.load(path.parent / "in.npy", mmap_mode="r").shape)
    sides = ",".join(map(str, [1, *shape[1:]]))
    program = Path(pnnx.__file__).parent / "pnnx"
    subprocess.run(
        [program, path, f"inputshape=[{sides}]", "fp16=0"], check=True, stdout=subprocess.DEVNULL
    )
    outputs = [output.type.tensor_type.shape.dim for output in onnx.load(path).graph.output]
    shapes = [[side.dim_value for side in sides] for sides in outputs]
    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    assert not net.load_param(str(path.with_suffix(".ncnn.param")))
    assert not net.load_model(str(path.with_suffix(".ncnn.bin")))

    def run(image):
        extractor = net.create_extractor()
        extractor.input("in0", ncnn.Mat(image[0]).clone())
        found = [np.array(extractor.extract(f"out{i}")[1]) for i in range(len(names))]
        return [each.reshape(shapes[i]) for i, each in enumerate(found)]  # it drops the batch of 1

    return run


def main(consumer, folder):
    path = Path(folder) / "file.onnx"
    names = [output.name for output in onnx.load(path).graph.output]
    run = {each.__name__: each for each in (openvino, onnxsim, mnn, ncnn)}[consumer](path, names)
    found = [run(image[None]) for image in np.load(path.parent / "in.npy")]
    arrays = {
        name: np.stack(each) for name, each in zip(names, zip(*found, strict=True), strict=True)
    }
    np.savez(path.parent / f"{consumer}.npz", **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
