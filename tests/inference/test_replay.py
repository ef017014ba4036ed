"""Passes that are replayed give what plain ones give; a stand-in records them here."""

from __future__ import annotations

import pickle

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.inference import replay
from darkpy.inference.detector import Detector
from darkpy.inference.replay import Replayed, replayable, replayed_for
from darkpy.model.network import Network
from darkpy.planning.network import plan_network
from tests.halving import CFG

CPU = torch.device("cpu")


class TapeRecorder:
    """Records nothing but the work itself, and writes what it gives where the first outputs are.

    Like a graph it reads the memory that it was recorded with, and computes nothing before.
    """

    def __init__(self, problem: str = "") -> None:
        self.problem = problem
        self.plain = self.recorded = self.replays = 0

    def plainly(self, work):
        self.plain += 1
        return work()

    def record(self, work):
        if self.problem:
            raise RuntimeError(self.problem)
        self.recorded += 1
        outputs = {index: torch.full_like(values, 7) for index, values in work().items()}

        def again():
            self.replays += 1
            for index, values in work().items():
                outputs[index].copy_(values)

        return again, outputs


def network_of(text: str = CFG) -> Network:
    torch.manual_seed(6)
    net = Network(plan_network(parse_cfg(text.splitlines(), "my.cfg"))).eval()
    for layer in net.layers[:1]:
        torch.nn.init.uniform_(layer.norm.running_var, 0.5, 2)
    return net


def detector_with(recorder: TapeRecorder) -> Detector:
    detector = Detector(network_of(), ())
    detector.replayed = Replayed(recorder)
    return detector


def found_by(detector: Detector, seed: int, count: int = 2) -> list:
    numbers = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        images = torch.rand(count, 3, 16, 16, generator=numbers)
        boxes = detector.offered(images, 0.3)
    return [boxes.picture, boxes.number, boxes.boxes, boxes.objectness, boxes.probs]


def assert_same(ours, theirs):
    assert len(ours[0])
    for one, other in zip(ours, theirs, strict=True):
        assert one.equal(other)


def test_the_third_pass_of_a_kind_is_recorded_and_all_give_what_plain_ones_give():
    recorder = TapeRecorder()
    detector, plain = detector_with(recorder), Detector(network_of(), ())

    for seed in range(5):
        assert_same(found_by(detector, seed), found_by(plain, seed))

    assert (recorder.plain, recorder.recorded, recorder.replays) == (2, 1, 3)


def test_what_was_found_holds_beyond_the_next_pass():
    detector, plain = detector_with(TapeRecorder()), Detector(network_of(), ())
    for seed in range(3):
        earlier = found_by(detector, seed)

    found_by(detector, 3)

    assert_same(earlier, found_by(plain, 2))


def test_each_number_of_pictures_has_its_own_recording_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(replay, "_MOST", 2)
    recorder = TapeRecorder()
    detector, plain = detector_with(recorder), Detector(network_of(), ())

    for seed in range(3):
        for count in (1, 2, 3):
            assert_same(found_by(detector, seed, count), found_by(plain, seed, count))

    # 1 and 2 pictures; 3 are computed plainly, and not by the recorder
    assert (recorder.plain, recorder.recorded, recorder.replays) == (4, 2, 2)


def test_weights_that_change_are_recorded_anew():
    recorder = TapeRecorder()
    detector, plain = detector_with(recorder), Detector(network_of(), ())
    for seed in range(3):
        found_by(detector, seed)

    for each in (detector, plain):
        with torch.no_grad():
            each.network.layers[0].conv.weight *= 2

    for seed in range(3):
        assert_same(found_by(detector, seed), found_by(plain, seed))
    assert recorder.recorded == 2


def test_what_cannot_be_recorded_runs_plainly_from_then_on():
    detector = detector_with(TapeRecorder("out of memory\nmore"))
    plain = Detector(network_of(), ())

    for seed in range(4):
        assert_same(found_by(detector, seed), found_by(plain, seed))

    assert detector.replayed.words == "out of memory"


def test_layers_that_are_timed_or_listened_to_are_never_replayed():
    recorder = TapeRecorder()
    timed, heard = detector_with(recorder), detector_with(recorder)
    timed.time_layers()
    calls = []
    heard.network.layers[0].register_forward_hook(lambda *call: calls.append(1))

    for seed in range(4):
        found_by(timed, seed)
        found_by(heard, seed)

    assert recorder.recorded == 0
    assert len(calls) == 4
    assert timed.clock._took


@pytest.mark.parametrize(
    ("text", "can"),
    [
        (CFG, True),
        (CFG.replace("batch=1\n", "batch=1\nuse_cuda_graph=0\n", 1), False),
        (CFG.replace("[dropout]\n", "[rnn]\noutput=8\nhidden=8\n"), False),
    ],
)
def test_networks_that_remember_or_ask_for_none_are_not_replayed(text, can):
    assert replayable(network_of(text)) == can


def test_a_processor_replays_nothing():
    assert replayed_for(network_of(), CPU) is None


def test_a_detector_is_pickled_without_its_recordings():
    detector = detector_with(TapeRecorder())

    assert pickle.loads(pickle.dumps(detector)).replayed is None
