"""Has the C program train recurrent layers by its GPU program's text: make.py DARKNET OUT.

DARKNET is a copy of AlexeyAB/darknet 59596d78, built (OPENCV AVX OPENMP LIBSO); its src/ is changed
as README.md says. OUT gets a folder a case. Without darkpy.
"""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np

NET = """[net]
batch=4
subdivisions=2
time_steps=3
sequential_subdivisions=1
width=5
height=4
channels=2

{first}

{layer}
"""
CONV = "[convolutional]\nfilters={}\nsize=3\npad=1\nactivation=leaky"
CASES = {
    "conv_lstm": (3, "[conv_lstm]\noutput=4\nsize=3\npad=1\nactivation=leaky"),
    "conv_lstm_peephole": (3, "[conv_lstm]\noutput=4\nsize=3\npad=1\npeephole=1"),
    "conv_lstm_limit": (
        3,
        "[conv_lstm]\noutput=4\nsize=3\npad=1\nlstm_activation=leaky\nstate_constrain=1",
    ),
    "conv_lstm_leaky": (3, "[conv_lstm]\noutput=4\nsize=1\nlstm_activation=leaky"),
    "conv_lstm_bottleneck": (
        4,
        "[conv_lstm]\noutput=4\nsize=3\npad=1\nbottleneck=1\ntime_normalizer=.5",
    ),
    "conv_lstm_shortcut": (4, "[conv_lstm]\noutput=4\nsize=3\npad=1\nbottleneck=1\nshortcut=1"),
    "crnn": (3, "[crnn]\noutput=4\nhidden=3\nsize=3\npad=1\nactivation=leaky"),
    "lstm": (3, "[lstm]\noutput=4"),
    "gru": (3, "[gru]\noutput=4"),
    "rnn": (3, "[rnn]\noutput=4\nhidden=3\nactivation=leaky\nlogistic=1"),
    "history": (3, "[history]\nhistory_size=3"),
}
ONE_SEQUENCE = "conv_lstm_bottleneck", "conv_lstm_shortcut"  # see README.md
PIXELS = 20
VECTORS = "lst", "gru", "rnn"
LOUD = {"conv_lstm_limit": 3.0}  # factor on the weights
SOURCES = ("conv_lstm_layer", "lstm_layer", "gru_layer", "rnn_layer", "crnn_layer")
NAMES = {
    "activate_array_ongpu": "activate_array",
    "gradient_array_ongpu": "gradient_array",
    "weighted_sum_gpu": "weighted_sum_cpu",
    "weighted_delta_gpu": "weighted_delta_cpu",
    "mult_add_into_gpu": "mult_add_into_cpu",
    "fill_ongpu": "fill_cpu",
    "simple_copy_ongpu": "simple_copy",
    "copy_ongpu": "copy_cpu",
    "axpy_ongpu": "axpy_cpu",
    "mul_ongpu": "mul_cpu",
    "constrain_ongpu": "limited",
    "_layer_gpu": "_layer",
    "output_gpu": "output",
    "delta_gpu": "delta",
    "state_gpu": "state_gpu",
}
# What the GPU's kernels of these names compute.
KERNELS = """
static float squash(float x, ACTIVATION a)
{
    if (a == LOGISTIC) return 1.f / (1.f + expf(-x));
    if (a == TANH) return 2 / (1 + expf(-2 * x)) - 1;
    if (a == LEAKY) return x < 0 ? x * .1 : x;
    return x;
}
static void add_3_arrays_activate(float *a, float *b, float *c, int n, ACTIVATION f, float *out)
{
    for (int i = 0; i < n; ++i)
        out[i] = squash((a ? a[i] : 0) + (b ? b[i] : 0) + (c ? c[i] : 0), f);
}
static void sum_of_mults(float *a, float *b, float *c, float *d, int n, float *out)
{
    for (int i = 0; i < n; ++i) out[i] = a[i] * b[i] + c[i] * d[i];
}
static void activate_and_mult(float *a, float *b, int n, ACTIVATION f, float *out)
{
    for (int i = 0; i < n; ++i) out[i] = squash(a[i], f) * b[i];
}
static void simple_copy(int n, float *from, float *to) { memcpy(to, from, n * sizeof(float)); }
static void limited(int n, float limit, float *x, int step) { constrain_cpu(n, limit, x); }
#define fix_nan_and_inf(x, n)
#define reset_nan_and_inf(x, n)
static float *room(layer l, int factor)
{
    return (float *)xcalloc(l.outputs * l.batch * l.steps * factor + l.outputs * l.batch, 4);
}
"""
GATES = ("f", "i", "g", "o", "c", "h", "r", "z", "temp", "temp2", "temp3", "dc", "dh", "cell")
OLD = ("prev_cell", "prev_state", "stored_c", "stored_h", "state", "forgot_state")
FIELDS = (*GATES, *OLD, "bottelneck_hi", "last_prev_state", "last_prev_cell")
NO_OLD_GRADIENT = "fill_cpu(l.outputs*l.batch, 0, l.dc_gpu, 1);\n    "
EARLIER = "copy_cpu(l.outputs*l.batch, {}, 1, l.{}_gpu, 1);"
DRIVER = """
#include "network.h"
#include "parser.h"
#include "blas.h"
#include <stdio.h>
#include <stdlib.h>
static FILE *out;
static void part(const char *name, layer *l, int matrix)
{
    if (!l || !l->weight_updates) return;
    int count = matrix ? l->outputs * l->inputs : l->nweights, n = matrix ? l->outputs : l->n;
    fprintf(out, "%s %d %d\\n", name, n, count);
    fwrite(l->bias_updates, 4, n, out);
    fwrite(l->weight_updates, 4, count, out);
}
int main(int argc, char **argv)
{
    network net = parse_network_cfg_custom(argv[1], 0, 0);
    load_weights(&net, argv[2]);
    save_weights(net, argv[5]);
    FILE *in = fopen(argv[3], "rb");
    out = fopen(argv[4], "wb");
    layer l = net.layers[net.n - 1], first = net.layers[0];
    int values = l.outputs * net.batch, count = net.w * net.h * net.c * net.batch;
    float *x = calloc(count, 4), *delta = calloc(values, 4);
    for (int m = 0; m < 2; ++m) {
        network_state state = {0};
        net.current_subdivision = m;
        fread(x, 4, count, in);
        fread(delta, 4, values, in);
        state.net = net;
        state.input = x;
        state.train = 1;
        forward_network(net, state);
        fprintf(out, "output %d 0\\n", values);
        fwrite(l.output, 4, values, out);
        fill_cpu(first.outputs * net.batch, 0, first.delta, 1);
        copy_cpu(values, delta, 1, l.delta, 1);
        backward_network(net, state);
        part("first", &net.layers[0], 0);
        int matrix = l.type == LSTM || l.type == GRU || l.type == RNN;
        part("vf", l.vf, 0); part("vi", l.vi, 0); part("vo", l.vo, 0);
        part("wf", l.wf, matrix); part("wi", l.wi, matrix);
        part("wg", l.wg, matrix); part("wo", l.wo, matrix);
        part("uf", l.uf, matrix); part("ui", l.ui, matrix);
        part("ug", l.ug, matrix); part("uo", l.uo, matrix);
        part("input_z", l.input_z_layer, 1); part("input_r", l.input_r_layer, 1);
        part("input_h", l.input_h_layer, 1); part("state_z", l.state_z_layer, 1);
        part("state_r", l.state_r_layer, 1); part("state_h", l.state_h_layer, 1);
        part("input", l.input_layer, matrix); part("self", l.self_layer, matrix);
        part("output_part", l.output_layer, matrix);
    }
    fclose(out);
    return 0;
}
"""


def function(text: str, name: str) -> str:
    """The text of a C function."""
    begin = text.index(f"void {name}(")
    return text[begin : text.index("\n}", begin) + 3]


def once(text: str, old: str, new: str, times: int = 1) -> str:
    assert text.count(old) == times, (text.count(old), old)
    return text.replace(old, new)


def for_cpu(text: str) -> str:
    """The GPU program's text with the CPU's names."""
    for old, new in NAMES.items():
        text = text.replace(old, new)
    return text


def remembering(kind: str, forward: str, backward: str) -> tuple[str, str]:
    """What comes before a mini-batch, and after it, is what the frames left."""
    if kind in ("rnn", "crnn"):
        return forward, backward
    size = "l.outputs*l.batch"
    start = "    for (i = 0; i < l.steps; ++i)"
    own = "state" if kind == "gru" else "h"
    keep = EARLIER.format(f"l.{own}_gpu", "stored_h")
    if kind == "gru":
        forward = once(forward, start, f"    {keep}\n{start}")
        old = "if(i != 0) copy_cpu(l.outputs*l.batch, l.output - l.outputs*l.batch, 1, "
        new = old.replace("if(i != 0) ", "").replace(
            f"l.output - {size}", f"i ? l.output - {size} : l.stored_h_gpu"
        )
        return forward, once(backward, old, new)
    forward = once(
        forward, start, f"    {keep}\n    {EARLIER.format('l.c_gpu', 'stored_c')}\n{start}"
    )
    ending = "        state.input += l.inputs*l.batch;"
    forward = once(
        forward, ending, f"        simple_copy({size}, l.h_gpu, l.state_gpu + i*{size});\n{ending}"
    )
    backward = re.sub(r"\n\s+(else )?if \([^\n]*l\.prev_(cell|state)_gpu\b[^\n]*;", "", backward)
    loop = "    for (i = l.steps - 1; i >= 0; --i) {\n"
    before = (
        f"        simple_copy({size}, i ? l.cell_gpu - {size} : l.stored_c_gpu, l.prev_cell_gpu);\n"
        f"        simple_copy({size}, i ? l.state_gpu + (i-1)*{size} : l.stored_h_gpu, "
        "l.prev_state_gpu);\n"
    )
    backward = once(backward, loop, f"    {NO_OLD_GRADIENT}{loop}{before}")
    after = (
        f"    simple_copy({size}, l.state_gpu + (l.steps-1)*{size}, l.h_gpu);\n"
        f"    simple_copy({size}, l.cell_gpu + l.steps*{size}, l.c_gpu);\n"
    )
    return forward, backward[: backward.rindex("}")] + after + "}\n"


def mend(folder: Path) -> None:
    for source in SOURCES:
        path = folder / f"src/{source}.c"
        text, kind = path.read_text(), source.removesuffix("_layer")
        assert "squash" not in text, "already changed: begin with a fresh copy"
        forward = for_cpu(function(text, f"forward_{source}_gpu"))
        backward = for_cpu(function(text, f"backward_{source}_gpu"))
        forward, backward = remembering(kind, forward, backward)
        if kind == "conv_lstm":
            backward = once(backward, "//s.delta = l.dc_gpu;", "s.delta = 0;", times=3)
        for name in ("forward", "backward"):
            text = once(text, f"void {name}_{source}(", f"void stock_{name}_{source}(")
        header = text.index("\nlayer make_")
        made = f"    l.backward = backward_{source};"
        fields = "".join(f"    l.{name}_gpu = room(l, 2);\n" for name in FIELDS)
        fields += "    l.bottelneck_delta = room(l, 2);\n" if kind == "conv_lstm" else ""
        fields = fields.replace("l.bottelneck_delta ", "l.bottelneck_delta_gpu ")
        backward = backward.replace("bottelneck_delta", "bottelneck_delta_gpu")
        if kind in ("conv_lstm", "lstm"):
            fields += "    l.delta = room(l, 1);\n"  # the CPU build never asks for it
        place = text.index(made) + len(made)
        if kind in ("rnn", "crnn"):
            fields = "    l.state_gpu = l.state;\n"
        text = text[:header] + KERNELS + text[header:place] + "\n" + fields + text[place:]
        path.write_text(text + "\n" + forward + "\n" + backward)
    path = folder / "src/col2im.c"
    path.write_text(
        once(path.read_text(), "    caffe_set(height * width * channels, 0.0F, data_im);\n", "")
    )


def build(folder: Path) -> Path:
    """The driver, linked to the changed program."""
    makefile = ["make", "OPENCV=1", "AVX=1", "OPENMP=1", "LIBSO=1", "darknet"]
    subprocess.run(makefile, cwd=folder, check=True, capture_output=True)
    (folder / "driver.c").write_text(DRIVER)
    objects = [str(p) for p in (folder / "obj").glob("*.o") if p.name != "darknet.o"]
    include = ["-Iinclude", "-Isrc", "-I3rdparty/stb/include", "-DOPENCV"]
    command = ["gcc", "-w", "-O1", *include, "-c", "driver.c", "-o", "driver.o"]
    subprocess.run(command, cwd=folder, check=True)
    flags = subprocess.run(
        ["pkg-config", "--libs", "opencv4"], check=True, capture_output=True, text=True
    ).stdout.split()
    command = ["g++", "driver.o", *objects, "-o", "driver", "-fopenmp", "-lm", "-pthread", *flags]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "driver"


def values(random: np.random.RandomState, *shape: int) -> np.ndarray:
    return random.uniform(-1, 1, shape).astype(np.float32)


def parts_of(text: str, channels: int) -> list[tuple[int, int]]:
    """Outputs and weights to each of the layer's parts, in the order of the weights file."""
    keys = dict(re.findall(r"(\w+)=(\S+)", text))
    kind, area = text[1 : text.index("]")], int(keys.get("size", 3)) ** 2
    out, hidden = int(keys.get("output", 0)), int(keys.get("hidden", 0))
    if kind == "history":
        return []
    if kind in ("lstm", "gru"):
        on_input, on_memory = (out, channels * PIXELS), (out, out)
        if kind == "lstm":
            return [on_memory] * 4 + [on_input] * 4
        return [on_input] * 3 + [on_memory] * 3
    if kind in ("rnn", "crnn"):
        seen = channels * (PIXELS if kind == "rnn" else area)
        area = 1 if kind == "rnn" else area
        return [(hidden, seen), (hidden, hidden * area), (out, hidden * area)]
    memory, seen = (out, out * area), (out, channels * area)
    if "bottleneck" in keys:
        return [(out, 2 * out * area)] + [seen] * 4
    return [memory] * (7 if "peephole" in keys else 4) + [seen] * 4


def make(driver: Path, out: Path, name: str, number: int) -> None:
    channels, layer = CASES[name]
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    text = NET.format(first=CONV.format(channels), layer=layer)
    if name in ONE_SEQUENCE:
        text = text.replace("batch=4", "batch=2")
    (folder / "net.cfg").write_text(text)
    random = np.random.RandomState(number)
    sizes = [(channels, 2 * 9), *parts_of(layer, channels)]
    arrays = []
    for n, fan in sizes:
        scale = LOUD.get(name, 1.0) * (2 / fan) ** 0.5
        arrays += [values(random, n) * 0.3, values(random, n * fan) * scale]
    header = struct.pack("<iiiQ", 0, 2, 5, 0)
    (folder / "net.weights").write_bytes(
        header + b"".join(a.astype("<f4").tobytes() for a in arrays)
    )
    pictures = 3 if name in ONE_SEQUENCE else 6
    inputs = values(random, 2, pictures, 2, 4, 5)
    keys = dict(re.findall(r"(\w+)=(\S+)", layer))
    size = int(keys.get("output", 3 * channels)) * (1 if layer[1:4] in VECTORS else PIXELS)
    wanted = values(random, 2, pictures, size)
    both = [part.tobytes() for pair in zip(inputs, wanted, strict=True) for part in pair]
    (driver.parent / "in.bin").write_bytes(b"".join(both))
    files = [str(folder / "net.cfg"), str(folder / "net.weights"), "in.bin", "out.bin", "again"]
    subprocess.run([str(driver), *files], cwd=driver.parent, check=True, capture_output=True)
    again = (driver.parent / "again").read_bytes()
    assert again[20:] == (folder / "net.weights").read_bytes()[20:], name
    found = read(driver.parent / "out.bin")
    np.savez_compressed(folder / "golden.npz", input=inputs, delta=wanted, **found)


def read(path: Path) -> dict[str, np.ndarray]:
    """What the driver wrote, by `m0_output`, `m0_uf_biases`, `m0_uf_weights`, ..."""
    raw, found, at, m = path.read_bytes(), {}, 0, -1
    while at < len(raw):
        end = raw.index(b"\n", at)
        name, few, many = raw[at:end].decode().split()
        at, few, many = end + 1, int(few), int(many)
        m += name == "output"
        row = np.frombuffer(raw, "<f4", few + many, at)
        at += 4 * (few + many)
        if name == "output":
            found[f"m{m}_output"] = row
        else:
            name = name.removesuffix("_part")
            found[f"m{m}_{name}_biases"], found[f"m{m}_{name}_weights"] = row[:few], row[few:]
    return found


if __name__ == "__main__":
    folder, out = (Path(argument).resolve() for argument in sys.argv[1:])
    mend(folder)
    built = build(folder)
    for number, case in enumerate(CASES):
        make(built, out, case, number)
