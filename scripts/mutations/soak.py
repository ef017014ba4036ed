"""A training under watch for minutes: its memory and descriptors stay where they are.

Three clients have its page open: one reads the chart's stream, one is a browser that follows the
news and fetches all that the page shows, one asks for the stream and never reads.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_EVERY = 5.0  # seconds between two looks at the process
_STARTING = 0.2  # share of a run that no verdict is made of
_GROWTH = 0.02  # of the memory between the middle and the end that is called flat
_LINES_EVERY = 60.0
_PAGE_COSTS = 0.03  # of a training's processor time, at the most
_MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """A process at a moment: seconds since it began, memory of its own and of files, bytes."""

    seconds: float
    anonymous: int
    files: int
    descriptors: int
    threads: int


def soak(seconds: float, *, watched: bool = True, map_: bool = True, folder: Path) -> bool:
    """Train for so long, with mosaic and -map; True if memory and descriptors were flat.

    watched: with the page and its three clients. A run of the folder goes on where it stopped.
    """
    make_soak(folder)
    port = _free_port()
    process = begin_training(folder, port if watched else 0, map_=map_)
    stop = threading.Event()
    clients = _clients(port, stop) if watched else []
    samples = list(_sampled(process, seconds))
    stop.set()
    process.send_signal(signal.SIGTERM)
    status = process.wait(120)
    for client in clients:
        client.join(30)
    good = status == 128 + signal.SIGTERM and _verdict(samples)
    print(f"status {status}; {_iterations(folder)} iterations in all")
    return good


def make_soak(folder: Path) -> None:
    """The demo's project, with mosaic and without an end."""
    folder.mkdir(parents=True, exist_ok=True)
    cfg = (ROOT / "cfg/tabletop-tiny.cfg").read_text()
    cfg = cfg.replace("max_batches=5000", "max_batches=1000000").replace(
        "[net]", "[net]\nmosaic=1", 1
    )
    (folder / "soak.cfg").write_text(cfg)
    data = ROOT / "data/tabletop"
    (folder / "soak.data").write_text(
        f"classes=5\ntrain={data}/train.txt\nvalid={data}/valid.txt\n"
        f"names={data}/tabletop.names\nbackup=backup/\n"
    )


def begin_training(
    folder: Path, port: int, *, map_: bool = True, more: tuple[str, ...] = ()
) -> subprocess.Popen[bytes]:
    """Start `detector train` there, on one thread."""
    words = ["detector", "train", "soak.data", "soak.cfg", "-resume", "-dont_show", "-seed", "1"]
    words += ["-nogpu", *(["-map"] if map_ else []), *more]
    words += ["-mjpeg_port", str(port)] if port else []
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with open(folder / "log.txt", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "darkpy", *words],
            **{"cwd": folder, "env": environment, "stdout": log, "stderr": log},
        )


def _sampled(process: subprocess.Popen[bytes], seconds: float) -> Iterator[Sample]:
    began, told = time.monotonic(), -_LINES_EVERY
    while (now := time.monotonic() - began) < seconds and process.poll() is None:
        with contextlib.suppress(OSError, KeyError):
            sample = _look(process.pid, now)
            if now - told >= _LINES_EVERY:
                print(_line(sample), flush=True)
                told = now
            yield sample
        time.sleep(_EVERY)


def _look(pid: int, seconds: float) -> Sample:
    text = Path(f"/proc/{pid}/status").read_text()
    told = dict(line.split(":", 1) for line in text.splitlines())
    own, files = (int(told[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile"))
    descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    return Sample(seconds, own, files, descriptors, int(told["Threads"]))


def _line(it: Sample) -> str:
    return (
        f"{it.seconds:6.0f} s: {it.anonymous / _MIB:6.1f} MiB of its own, "
        f"{it.files / _MIB:5.1f} of files, {it.descriptors} descriptors, {it.threads} threads"
    )


def _verdict(samples: list[Sample]) -> bool:
    """Whether the last part of a run is as the middle of it."""
    begun = samples[int(_STARTING * len(samples)) :]
    third = max(1, len(begun) // 3)
    parts = begun[:third], begun[-third:]
    if len(begun) < 6:
        print("too short to tell")
        return False
    own = [statistics.median(one.anonymous for one in part) for part in parts]
    descriptors = [statistics.median(one.descriptors for one in part) for part in parts]
    print(
        f"after the start, first third to last: {own[0] / _MIB:.1f} to {own[1] / _MIB:.1f} MiB, "
        f"{descriptors[0]:.0f} to {descriptors[1]:.0f} descriptors; "
        f"at most {max(one.descriptors for one in begun)} of them, "
        f"{max(one.anonymous for one in begun) / _MIB:.1f} MiB"
    )
    return own[1] <= own[0] * (1 + _GROWTH) and descriptors[1] <= descriptors[0] + 1


def _iterations(folder: Path) -> int:
    lines = (folder / "backup/soak_train.csv").read_text().splitlines()
    return int(lines[-1].split(",")[0])


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _clients(port: int, stop: threading.Event) -> list[threading.Thread]:
    """Three that come again whenever they were sent away."""
    kinds = (_reads_the_chart, _is_a_browser, _never_reads)
    threads = [
        threading.Thread(target=_again, args=(kind, port, stop), daemon=True) for kind in kinds
    ]
    for thread in threads:
        thread.start()
    return threads


def _again(kind: object, port: int, stop: threading.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(OSError, http.client.HTTPException):
            kind(port, stop)  # type: ignore[operator]
        stop.wait(1)


def _reads_the_chart(port: int, stop: threading.Event) -> None:
    with socket.create_connection(("127.0.0.1", port), 20) as one:
        one.sendall(b"GET /mjpeg HTTP/1.0\r\n\r\n")
        while not stop.is_set() and one.recv(2**16):
            pass


def _is_a_browser(port: int, stop: threading.Event) -> None:
    """Follows the news; every some seconds it wants curves, classes and pictures."""
    news = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    news.request("GET", "/events")
    answer, next_look = news.getresponse(), 0.0
    while not stop.is_set() and answer.readline():
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + 5
            for path in ("/curves.json", "/classes.json", "/look/0/truth", "/look/0/found"):
                _get(port, path)
    news.close()


def _get(port: int, path: str) -> None:
    one = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    one.request("GET", path)
    one.getresponse().read()
    one.close()


def _never_reads(port: int, stop: threading.Event) -> None:
    with socket.create_connection(("127.0.0.1", port), 20) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(b"GET /mjpeg HTTP/1.0\r\n\r\n")
        stop.wait(30)


def page_costs(pairs: int, iterations: int, folder: Path) -> bool:
    """What a page and its clients cost a training of so many iterations; True if little enough.

    The training without them runs at the same time, so that whatever else the machine does
    concerns both, and what counts is processor time.
    """
    shares = []
    for number in range(pairs):
        order = (False, True) if number % 2 else (True, False)
        spent = _spent_by(folder / str(number), iterations, order)
        shares.append(spent[True] / spent[False] - 1)
        print(
            f"without {spent[False]:.2f}, with page and clients {spent[True]:.2f} processor "
            f"seconds: {shares[-1]:+.2%}",
            flush=True,
        )
    middle = statistics.median(shares)
    good = middle <= _PAGE_COSTS
    told = "within" if good else "more than"
    print(f"middle of {pairs} pairs: {middle:+.2%}, {told} {_PAGE_COSTS:.0%}")
    return good


def _spent_by(folder: Path, iterations: int, order: tuple[bool, ...]) -> dict[bool, float]:
    """Processor seconds of trainings side by side, by whether they are watched."""
    port, stop = _free_port(), threading.Event()
    processes = {}
    for watched in order:
        own = folder / f"{watched:d}"
        make_soak(own)
        cfg = own / "soak.cfg"
        cfg.write_text(cfg.read_text().replace("=1000000", f"={iterations}"))
        processes[watched] = begin_training(own, port if watched else 0)
    clients = _clients(port, stop)
    try:
        return {watched: _spent(process, folder) for watched, process in processes.items()}
    finally:
        stop.set()
        for client in clients:
            client.join(30)


def _spent(process: subprocess.Popen[bytes], folder: Path) -> float:
    """Processor seconds of a whole training, once it has ended."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"status {process.returncode}; see {folder}/*/log.txt")
    return used.ru_utime + used.ru_stime
