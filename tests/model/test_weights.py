"""Weights files: what they hold, what is left out, and what is wrong with them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.errors import WeightsError
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, read_header, save_weights
from darkpy.planning.network import plan_network

NET = "[net]\nwidth=4\nheight=4\nchannels=2\n"
CONV = "[convolutional]\nfilters=2\nsize=1\nactivation=linear\n"  # 2 biases, 4 weights
NORM = "[convolutional]\nbatch_normalize=1\nfilters=2\nsize=1\nactivation=linear\n"  # 4*2 + 4


def network_of(*sections: str) -> Network:
    plan = plan_network(parse_cfg((NET + "".join(sections)).splitlines(), "test.cfg"))
    assert not plan.findings.errors, plan.findings.errors
    return Network(plan)


def numbered(path, count: int, header: bytes | None = None):
    """A file with the values 0, 1, 2, ..."""
    header = struct.pack("<iiiQ", 0, 2, 5, 640) if header is None else header
    path.write_bytes(header + np.arange(count, dtype="<f4").tobytes())
    return path


def values(network: Network, layer: int) -> list[list[float]]:
    return [t.flatten().tolist() for t in network.layers[layer].weights_in_file_order()]


def test_a_convolution_is_biases_scales_means_variances_weights(tmp_path):
    network = network_of(NORM, CONV)
    loaded = load_weights(network, numbered(tmp_path / "a.weights", 18))
    assert values(network, 0) == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9, 10, 11]]
    assert values(network, 1) == [[12, 13], [14, 15, 16, 17]]
    norm = network.layers[0].norm
    assert (norm.bias.tolist(), norm.running_var.tolist()) == ([0, 1], [6, 7])
    assert loaded.whole
    assert loaded.header.seen == 640


def test_seen_is_32_bits_in_files_before_version_0_2(tmp_path):
    old = struct.pack("<iiiI", 0, 1, 0, 77)
    network = network_of(CONV)
    assert load_weights(network, numbered(tmp_path / "a", 6, old)).header.seen == 77
    assert values(network, 0) == [[0, 1], [2, 3, 4, 5]]


def test_a_file_that_ends_with_a_layer_fills_those_it_has(tmp_path):
    network = network_of(CONV, CONV)
    kept = values(network, 1)
    loaded = load_weights(network, numbered(tmp_path / "a", 6))
    assert (loaded.layers, loaded.total, loaded.whole) == (1, 2, False)
    assert values(network, 1) == kept


def test_layers_without_weights_at_the_end_count_as_reached(tmp_path):
    assert load_weights(network_of(CONV, "[avgpool]\n"), numbered(tmp_path / "a", 6)).whole


def test_a_cutoff_takes_the_first_layers_of_a_longer_file(tmp_path):
    network = network_of(CONV, CONV)
    kept = values(network, 1)
    assert load_weights(network, numbered(tmp_path / "a", 12), cutoff=1).layers == 1
    assert values(network, 1) == kept


@pytest.mark.parametrize(
    ("count", "says"),
    [
        (9, r"ends inside layer 1 \[convolutional\] \(test.cfg:9\), 12 bytes short"),
        (13, r"72 bytes, but test.cfg takes 68: 4 too many"),
    ],
)
def test_a_file_of_another_network_changes_nothing(tmp_path, count, says):
    network = network_of(CONV, CONV)
    kept = values(network, 0)
    with pytest.raises(WeightsError, match=says):
        load_weights(network, numbered(tmp_path / "a", count))
    assert values(network, 0) == kept


def test_half_a_number_at_the_end_is_an_error(tmp_path):
    path = numbered(tmp_path / "a", 6)
    path.write_bytes(path.read_bytes() + b"\0\0")
    with pytest.raises(WeightsError, match="2 bytes are left over after 6 whole numbers"):
        load_weights(network_of(CONV), path)


def test_pictures_are_no_weights(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0" * 8)
    with pytest.raises(WeightsError, match="this is a JPEG picture"):
        read_header(tmp_path / "a.jpg")


def test_dontload_takes_nothing_from_the_file(tmp_path):
    network = network_of(CONV, CONV + "dontload=1\n", CONV)
    kept = values(network, 1)
    assert load_weights(network, numbered(tmp_path / "a", 12)).whole
    assert (values(network, 1), values(network, 2)) == (kept, [[6, 7], [8, 9, 10, 11]])


def test_dontloadscales_leaves_scales_and_statistics_as_they_begin(tmp_path):
    network = network_of(NORM + "dontloadscales=1\n", CONV)
    assert load_weights(network, numbered(tmp_path / "a", 12)).whole
    assert values(network, 0) == [[0, 1], [1, 1], [0, 0], [0, 0], [2, 3, 4, 5]]
    assert values(network, 1) == [[6, 7], [8, 9, 10, 11]]


def test_batchnorm_and_recurrent_layers_know_no_dontloadscales(tmp_path):
    rnn = "[rnn]\noutput=1\nhidden=1\nbatch_normalize=1\n"
    for kind in ("[batchnorm]\n", rnn):
        plain, marked = network_of(kind), network_of(kind + "dontloadscales=1\n")
        count = plain.plan.layers[0].weights
        numbered(tmp_path / "a", count)
        load_weights(plain, tmp_path / "a")
        load_weights(marked, tmp_path / "a")
        assert values(plain, 0) == values(marked, 0)


def test_a_network_with_dontload_reads_back_what_it_wrote(tmp_path):
    sections = CONV, NORM + "dontload=1\n", NORM + "dontloadscales=1\n"
    network, again = network_of(*sections), network_of(*sections)
    save_weights(network, tmp_path / "a", 5)
    assert load_weights(again, tmp_path / "a").whole
    assert [values(again, n) for n in range(3)] == [values(network, n) for n in range(3)]


def test_the_start_of_a_training_leaves_dontload_alone_even_in_a_whole_file(tmp_path):
    sections = CONV, CONV + "dontload=1\n", CONV
    network = network_of(*sections)
    kept = values(network, 1)
    load_weights(network, numbered(tmp_path / "a", 18), dontload=True)
    assert (values(network, 1), values(network, 2)) == (kept, [[12, 13], [14, 15, 16, 17]])


def test_flipped_kernels_are_transposed_in_the_file(tmp_path):
    network = network_of(CONV + "flipped=1\n")
    load_weights(network, numbered(tmp_path / "a", 6))
    # The file has input 0 of both filters (2, 3), then input 1 of both (4, 5).
    assert network.layers[0].conv.weight.flatten().tolist() == [2, 4, 3, 5]
    save_weights(network, tmp_path / "b", 640)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_memory_in_channels_last_order_is_no_other_file(tmp_path):
    wide = CONV.replace("size=1", "size=3\npad=1")
    network, again = network_of(wide + "flipped=1\n", wide), network_of(wide + "flipped=1\n", wide)
    save_weights(network, tmp_path / "a", 0)
    again.to(memory_format=torch.channels_last)
    load_weights(again, tmp_path / "a")
    save_weights(again, tmp_path / "b", 0)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_shared_weights_are_in_the_file_once(tmp_path):
    network = network_of(CONV, CONV + "share_index=0\n")
    save_weights(network, tmp_path / "a", 0)
    assert (tmp_path / "a").stat().st_size == 20 + 4 * 6 == network.plan.weights_bytes


def test_loading_changes_neither_file_nor_mapping(tmp_path):
    network, path = network_of(CONV), numbered(tmp_path / "a", 6)
    before = path.read_bytes()
    load_weights(network, path)
    with torch.no_grad():
        network.layers[0].conv.weight.zero_()
    assert path.read_bytes() == before


@pytest.mark.parametrize(("number", "value"), [(3, np.nan), (0, 1e30), (6, -1.0)])
def test_values_that_cannot_be_right_are_refused_and_nothing_is_changed(tmp_path, number, value):
    network = network_of(NORM)
    before = values(network, 0)
    raw = np.ones(12, "<f4")
    raw[number] = value
    path = tmp_path / "a.weights"
    path.write_bytes(struct.pack("<iiiQ", 0, 2, 5, 0) + raw.tobytes())

    with pytest.raises(WeightsError, match=r"1 of 12 values of layer 0 \[convolutional\] \(test"):
        load_weights(network, path)
    assert values(network, 0) == before


def test_values_behind_the_cutoff_may_be_anything(tmp_path):
    raw = np.array([1, 1, 1, 1, 1, 1, *[np.nan] * 6], "<f4")
    path = tmp_path / "a.weights"
    path.write_bytes(struct.pack("<iiiQ", 0, 2, 5, 0) + raw.tobytes())

    assert load_weights(network_of(CONV, CONV), path, cutoff=1).layers == 1
