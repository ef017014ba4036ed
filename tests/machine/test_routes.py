"""The interface towards another machine, from the kernel's table of routes."""

from __future__ import annotations

import os

import pytest

from darkpy.machine import ranks
from darkpy.machine.ranks import Rank
from darkpy.machine.routes import interface_towards

HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
# default by eth0, 10.0.0.0/8 by eth0, 10.77.0.0/24 by vA, 192.168.1.0/24 by one that is down
ROWS = (
    ("eth0", "00000000", "0003", "00000000"),
    ("eth0", "0000000A", "0001", "000000FF"),
    ("vA", "00004D0A", "0001", "00FFFFFF"),
    ("wlan0", "0001A8C0", "0000", "00FFFFFF"),
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "route"
    rows = (
        f"{name}\t{net}\t0\t{flags}\t0\t0\t0\t{mask}\t0\t0\t0\n" for name, net, flags, mask in ROWS
    )
    path.write_text(HEAD + "".join(rows))
    return path


@pytest.mark.parametrize(
    ("host", "interface"),
    [
        ("10.77.0.1", "vA"),
        ("10.78.0.1", "eth0"),
        ("192.168.1.5", "eth0"),
        ("127.0.0.1", ""),
        ("127.0.1.1", ""),
        ("no.such.host.invalid", ""),
        ("", ""),
    ],
)
def test_the_narrowest_route_that_is_up_leads_there(table, host, interface):
    assert interface_towards(host, table) == interface


def test_without_a_table_there_is_no_answer(tmp_path, table):
    assert interface_towards("10.77.0.1", tmp_path / "none") == ""
    table.write_text(HEAD + "vA\n")
    assert interface_towards("10.77.0.1", table) == ""


def test_several_machines_use_it_and_one_alone_does_not(monkeypatch):
    monkeypatch.setattr(ranks, "interface_towards", lambda host: f"towards {host}")
    monkeypatch.setenv("MASTER_ADDR", "10.77.0.1")

    assert ranks._way(Rank(1, 2, 0, 1), None) == "towards 10.77.0.1"
    assert ranks._way(Rank(1, 2, 1, 2), None) == ""


def test_what_somebody_chose_stays_and_what_was_set_goes(monkeypatch):
    monkeypatch.delenv("GLOO_SOCKET_IFNAME", raising=False)
    with ranks._through("vA"):
        assert os.environ["GLOO_SOCKET_IFNAME"] == "vA"
    assert "GLOO_SOCKET_IFNAME" not in os.environ
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "own")
    with ranks._through("vA"):
        assert os.environ["GLOO_SOCKET_IFNAME"] == "own"
