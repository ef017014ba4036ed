"""A classifier's fast layers and lanes: the probabilities of its layers one by one."""

from __future__ import annotations

import pickle

import pytest
import torch

from darkpy.inference.classifier import Classifier
from darkpy.model.network import Network

CFG = """[net]
width=16
height=16
channels=3
[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky
[convolutional]
filters=5
size=1
activation=linear
[avgpool]
[softmax]
"""


@pytest.fixture
def network(tmp_path):
    cfg = tmp_path / "five.cfg"
    cfg.write_text(CFG)
    network = Network.from_cfg(cfg)
    with torch.no_grad():
        network.train()(torch.rand(4, 3, 16, 16))  # statistics that are not those of the start
    return network.eval()


def layer_by_layer(network: Network, images: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return network.last(images).flatten(1)


@pytest.mark.parametrize("pictures", [1, 2, 7])
def test_the_probabilities_are_those_of_the_layers(two_threads, network, pictures):
    images = torch.rand(pictures, 3, 16, 16)
    probs = Classifier(network).classify_crops(images)

    assert probs.shape == (pictures, 5)
    torch.testing.assert_close(probs, layer_by_layer(network, images))
    torch.testing.assert_close(probs.sum(dim=1), torch.ones(pictures))


def test_weights_that_change_are_followed(network):
    images, classifier = torch.rand(3, 3, 16, 16), Classifier(network)
    before = classifier.classify_crops(images)
    with torch.no_grad():
        network.layers[0].conv.weight.mul_(-2)

    after = classifier.classify_crops(images)
    assert (after - before).abs().max() > 1e-3
    torch.testing.assert_close(after, layer_by_layer(network, images))


def test_a_classifier_that_was_pickled_says_the_same(network):
    images, classifier = torch.rand(2, 3, 16, 16), Classifier(network)
    probs = classifier.classify_crops(images)

    torch.testing.assert_close(pickle.loads(pickle.dumps(classifier)).classify_crops(images), probs)
