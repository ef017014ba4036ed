"""Pictures a second of loader and network, and the hours that follow."""

from __future__ import annotations

import itertools

import pytest
import torch

from darkpy.cfg.net import NetOptions
from darkpy.data.sizes import RandomSizes
from darkpy.doctor.report import NOTE
from darkpy.doctor.speed import Speed, mean_growth, measure_speed, speed_chapter
from darkpy.model.network import Network
from tests.doctor.patients import NET, planned, said

CPU = torch.device("cpu")
RUN = NetOptions(batch=64, max_batches=1000, width=64, height=64, channels=3)


def test_the_slower_of_two_devices_sets_the_pace():
    speed = Speed(loader=50, network=200, growth=1.5, shared=False)

    # 900 iterations of 64 pictures, 1.5 times as many pixels, 50 a second.
    assert speed.hours(RUN, first=100) == pytest.approx(900 * 64 * 1.5 / 50 / 3600)
    assert speed.waiting == 0.75


def test_on_one_device_the_times_add_up():
    speed = Speed(loader=50, network=200, growth=1, shared=True)

    # 1/50 + 1/200 = 1/40 of a second for a picture.
    assert speed.hours(RUN, first=0) == pytest.approx(64_000 / 40 / 3600)
    assert speed.waiting == 0


def test_without_random_sizes_the_area_stays():
    assert mean_growth(RandomSizes.of(RUN, 0, 0)) == 1
    assert mean_growth(RandomSizes.of(NetOptions(width=64, height=64), 0, 0)) == 1


def test_random_sizes_take_more_pixels_on_the_mean():
    # One step above the nearest multiple: sides are larger than the cfg's more often than smaller.
    growth = mean_growth(RandomSizes.of(RUN, 1, 0))

    largest = RandomSizes.of(RUN, 1, 0).largest
    assert 1 < growth < largest[0] * largest[1] / 64**2


def test_a_network_that_waits_is_said_with_the_remedy():
    found = speed_chapter(Speed(30, 120, 1, shared=False), RUN, 0, torch.device("cuda", 0))

    ((severity, text),) = said(found)
    assert severity == NOTE
    assert text.startswith("the network waits for pictures 75% of the time; more -threads")
    assert found.lines[1] == (
        "1000 iterations of 64 pictures: about 36 minutes, without measuring mAP"
    )


def test_loading_and_training_are_measured_on_real_batches(examined, monkeypatch):
    monkeypatch.setattr("darkpy.doctor.speed.LOADER_SECONDS", 2.5)
    monkeypatch.setattr("darkpy.doctor.speed.NETWORK_SECONDS", 5.5)
    dataset = examined({"a": "0 .5 .5 .3 .6\n", "b": "1 .4 .5 .3 .6\n"}).dataset
    network = Network(planned())
    ticks = itertools.count()

    speed = measure_speed(dataset, network, CPU, threads=0, clock=lambda: float(next(ticks)))

    # The clock moves a second a look. Loader: 3 mini-batches of 2 pictures in 3 s. Network: each
    # pass of 2 pictures takes one second.
    assert (speed.loader, speed.network, speed.growth) == (2.0, 2.0, 1.0)
    assert speed.shared


def test_measuring_does_not_change_what_a_file_would_hold(examined, monkeypatch):
    monkeypatch.setattr("darkpy.doctor.speed.LOADER_SECONDS", 0.01)
    monkeypatch.setattr("darkpy.doctor.speed.NETWORK_SECONDS", 0.01)
    dataset = examined({"a": "0 .5 .5 .3 .6\n"}).dataset
    network = Network(planned(NET))
    before = {name: value.clone() for name, value in network.named_parameters()}

    measure_speed(dataset, network, CPU, threads=0)

    assert all(torch.equal(before[name], value) for name, value in network.named_parameters())
