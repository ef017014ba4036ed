"""Which of several processes of a training this one is, and how they come together."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist

from darkpy.errors import PeerError, UsageError
from darkpy.machine.routes import interface_towards

# As torchrun sets them for each process that it starts, and as clusters do.
_NEEDED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
# Processes on one machine talk to each other there, whatever its name stands for in a network.
_INTERFACE = "GLOO_SOCKET_IFNAME"
PATIENCE = timedelta(hours=1)  # the others wait while one measures or saves


@dataclass(frozen=True)
class Rank:
    """One process of `size`. local: its number among the `local_size` on its own machine."""

    number: int = 0
    size: int = 1
    local: int = 0
    local_size: int = 1

    @classmethod
    def of_environment(cls) -> Rank | None:
        """As torchrun or a cluster says; None where nothing does."""
        if not all(os.environ.get(name) for name in _NEEDED):
            return None
        number, size = _whole("RANK"), _whole("WORLD_SIZE")
        if not 0 <= number < size:
            raise UsageError(f"RANK={number} in the environment does not fit WORLD_SIZE={size}")
        return cls(number, size, _whole("LOCAL_RANK"), _whole("LOCAL_WORLD_SIZE", 1))


def _whole(name: str, default: int = 0) -> int:
    text = os.environ.get(name, "") or str(default)
    if not text.isdecimal():
        raise UsageError(f"{name}={text!r} in the environment is no whole number")
    return int(text)


def named_devices(words: Sequence[str], nogpu: bool) -> list[torch.device]:
    """The devices of `-gpus 0,1` or `-gpus cpu,cpu`; one CPU where GPUs are named and none are.

    UsageError for what cannot be had.
    """
    said = f"-gpus {','.join(words)}"
    unknown = [word for word in words if word != "cpu" and not word.isdecimal()]
    if unknown:
        raise UsageError(f"{said}: {unknown[0]!r} is neither the number of a GPU nor cpu")
    numbers = [int(word) for word in words if word != "cpu"]
    if numbers and len(numbers) < len(words):
        raise UsageError(f"{said}: GPUs and CPUs do not train together; name one kind")
    if len(set(numbers)) < len(numbers):
        raise UsageError(f"{said}: each GPU can be named once")
    if not numbers:
        return [torch.device("cpu")] * len(words)
    if nogpu or not torch.cuda.is_available():
        return [torch.device("cpu")]
    count = torch.cuda.device_count()
    if max(numbers) >= count:
        raise UsageError(f"{said}: this machine has GPUs 0 to {count - 1}")
    return [torch.device("cuda", number) for number in numbers]


def backend(device: torch.device) -> str:
    """What carries sums between devices; orders and facts go through gloo everywhere."""
    return "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"


@contextlib.contextmanager
def process_group(rank: Rank, device: torch.device, store: dist.Store | None) -> Iterator[None]:
    """The processes of a training as one group, as long as the context lasts.

    store: where those on one machine meet; None: at MASTER_ADDR. PeerError if they do not come.
    """
    if device.type == "cuda":
        torch.cuda.set_device(device)
    meeting = {"init_method": "env://"} if store is None else {"store": store}
    try:
        with _through(_way(rank, store)):
            dist.init_process_group(
                backend(device),
                rank=rank.number,
                world_size=rank.size,
                timeout=PATIENCE,
                **meeting,
            )
    except (RuntimeError, ValueError) as problem:
        first = (str(problem).splitlines() or [type(problem).__name__])[0]
        raise PeerError(f"the {rank.size} processes do not come together: {first}") from problem
    try:
        yield
    finally:
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()


def abort_group() -> None:
    """Have everything fail that waits for another process, on a GPU too."""
    abort = getattr(dist.distributed_c10d, "_abort_process_group", None)
    if abort is not None:
        with contextlib.suppress(RuntimeError, ValueError):
            abort()


def _way(rank: Rank, store: dist.Store | None) -> str:
    """The network interface to use: the machine's own loop, or the one that leads to the first
    machine. By itself gloo takes what the machine's name stands for, often an address that other
    machines cannot reach."""
    if store is not None:
        names = [n for _, n in socket.if_nameindex()] if hasattr(socket, "if_nameindex") else []
        return next((name for name in ("lo", "lo0") if name in names), "")
    several = rank.size > rank.local_size
    return interface_towards(os.environ.get("MASTER_ADDR", "")) if several else ""


@contextlib.contextmanager
def _through(interface: str) -> Iterator[None]:
    """Have gloo use an interface, if there is one to name and nobody chose another."""
    if not interface or os.environ.get(_INTERFACE):
        yield
        return
    os.environ[_INTERFACE] = interface
    try:
        yield
    finally:
        del os.environ[_INTERFACE]
