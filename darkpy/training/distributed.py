"""One training on several devices: their sums come together, and the first device leads.

All devices hold the same values. Each computes its `Share` of an iteration; gradients, losses and
changes of rolling statistics are added up before the optimizer moves, on every device alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import IntEnum
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from darkpy.chance import PEER_SLOTS, stream
from darkpy.errors import PeerError
from darkpy.layers.batchnorm import BatchNorm
from darkpy.machine.ranks import PATIENCE
from darkpy.model.network import Network
from darkpy.training.share import Share

LEADER = 0
_SEEDS = 2**63


class Order(IntEnum):
    """What the leader has all devices do next."""

    END = 0
    TRAIN = 1
    MEASURE = 2
    MEASURE_AVERAGED = 3
    COLLECT = 4
    DROP = 5


class Alone:
    """A training on one device, as `Trainer` asks about the others.

    first: number of the first mini-batch that this device computes. sharers: devices that share
    each of its mini-batches. together: adds up a tensor over these, where they are more than one.
    many: whether there are other devices at all. slots: the places in the batch whose pictures this
    device computes, mini-batch by mini-batch; empty: all of them.
    """

    many = False
    first = 0
    sharers = 1
    slots: Sequence[range] = ()
    together: Callable[[Tensor], Tensor] | None = None

    def attach(self, network: Network) -> None:
        """Have mini-batches that devices share seen as one."""

    def detached(self, network: Network) -> AbstractContextManager:
        """The network for this device alone, for as long as the context lasts."""
        return nullcontext()

    def draw_anew(self, seed: int, iteration: int) -> None:
        """Chance of an iteration for this device."""

    def add_up(
        self,
        gradients: Tensor,
        statistics: Tensor,
        before: Tensor,
        numbers: Tensor,
        pieces: int = 1,
    ) -> Tensor:
        """Make the gradients what all devices have found, and the rolling statistics what they
        were `before` with all changes; gives the sums of the numbers. pieces: that each mini-batch
        was cut into."""
        return numbers

    def agree(self, good: bool) -> bool:
        """Whether it is good on all devices; each of them asks. No device is waited for."""
        return good

    def placed(self, rows: Tensor) -> Tensor:
        """Rows (N, ...) of the own mini-batches where they stand among all of the iteration's."""
        return rows

    def answering(self) -> AbstractContextManager:
        """While sums of all devices are waited for."""
        return nullcontext()

    def tell(self, order: int) -> int:
        """What the leader orders, which is `order` if this is it."""
        return order


class Peers(Alone):
    """The devices of one training, as one of them sees them. PeerError if another one is gone.

    sync_bn: batch norm sees a whole mini-batch where devices share it, and not the own part of it.
    """

    many = True

    def __init__(self, share: Share, *, sync_bn: bool = False) -> None:
        """To be made on all devices at once, in a process group that knows them all."""
        self.share, self.sync_bn = share, sync_bn
        self.first, self.slots = share.first, share.slots
        self._sharing = _own_group(share)

    @property
    def leads(self) -> bool:
        return self.share.rank == LEADER

    def attach(self, network: Network) -> None:
        shared = self.share.sharers > 1
        self._see(network, self.share.sharers, self._sum if shared else None)

    @contextmanager
    def detached(self, network: Network) -> Iterator[None]:
        self._see(network, 1, None)
        try:
            yield
        finally:
            self.attach(network)

    def draw_anew(self, seed: int, iteration: int) -> None:
        """Dropout draws other places on each device; and what it draws depends on nothing that
        came before, so that a training can go on from its state on any number of them."""
        numbers = stream(seed, iteration, PEER_SLOTS - self.share.rank)
        torch.manual_seed(int(numbers.integers(_SEEDS)))

    def agree(self, good: bool) -> bool:
        word = torch.tensor([int(not good)])
        self._sum_of_all(word)
        return not int(word)

    def add_up(
        self,
        gradients: Tensor,
        statistics: Tensor,
        before: Tensor,
        numbers: Tensor,
        pieces: int = 1,
    ) -> Tensor:
        small = torch.cat(((statistics - before) * self.share.weight(pieces), numbers))
        self._sum_of_all(gradients)
        self._sum_of_all(small)
        torch.add(before, small[: len(before)], out=statistics)
        return small[len(before) :]

    def placed(self, rows: Tensor) -> Tensor:
        place = self.share.rank // self.share.sharers
        among = rows.new_zeros(self.share.groups, *rows.shape)
        among[place] = rows
        return among.flatten(0, 1)

    def gathered(self, tensor: Tensor) -> Tensor:
        """The tensors of the devices that share a mini-batch, in their order: (D, ...)."""
        found = [torch.empty_like(tensor) for _ in self.share.group]
        with _peers_needed():
            dist.all_gather(found, tensor.contiguous(), group=self._sharing)
        return torch.stack(found)

    def _sum_of_all(self, tensor: Tensor) -> None:
        """Make a tensor the sum of all devices'; each gets the same bytes."""
        with _peers_needed():
            dist.all_reduce(tensor)

    def _sum(self, tensor: Tensor) -> Tensor:
        return self.gathered(tensor).sum(0)

    def _see(
        self, network: Network, sharers: int, together: Callable[[Tensor], Tensor] | None
    ) -> None:
        self.sharers, self.together = sharers, together
        for module in network.modules():
            if isinstance(module, BatchNorm):
                module.gathered = self.gathered if together and self.sync_bn else None

    def answering(self) -> AbstractContextManager:
        return _peers_needed()

    def tell(self, order: int) -> int:
        word = torch.tensor([order])
        with _peers_needed():
            dist.broadcast(word, LEADER)
        return int(word)

    def hear(self) -> Order:
        """Wait for the leader's order."""
        return Order(self.tell(Order.END))

    def tell_facts(self, facts: dict[str, Any] | None = None) -> dict[str, Any]:
        """The leader's facts, as JSON knows them, on every device."""
        text = json.dumps(facts).encode()
        length = self.tell(len(text))
        raw = torch.zeros(length, dtype=torch.uint8)
        if self.leads:
            raw.copy_(torch.frombuffer(bytearray(text), dtype=torch.uint8))
        with _peers_needed():
            dist.broadcast(raw, LEADER)
        return json.loads(bytes(raw.numpy()))

    def share_out(self, tensors: list[Tensor]) -> None:
        """Make tensors on all devices what they are on the leader's."""
        with _peers_needed():
            for tensor in tensors:
                dist.broadcast(tensor, LEADER)

    def send(self, arrays: list[np.ndarray]) -> None:
        """Hand arrays to the leader, who `receive`s them."""
        with _peers_needed():
            for array in arrays:
                dist.send(torch.tensor([array.nbytes]), LEADER)
                if array.nbytes:
                    raw = np.array(array).reshape(-1).view(np.uint8)
                    dist.send(torch.from_numpy(raw), LEADER)

    def receive(self, rank: int, dtypes: list[type]) -> list[np.ndarray]:
        """Arrays of these types that a device sends, without their shapes."""
        arrays = []
        with _peers_needed():
            for dtype in dtypes:
                length = torch.zeros(1, dtype=torch.int64)
                dist.recv(length, rank)
                raw = torch.zeros(int(length), dtype=torch.uint8)
                if len(raw):
                    dist.recv(raw, rank)
                arrays.append(raw.numpy().view(dtype))
        return arrays


def _own_group(share: Share) -> dist.ProcessGroup | None:
    """Those who share mini-batches with this device; None: all of them, or nobody."""
    if share.sharers in (1, share.size):
        return None
    own = None
    for begin in range(0, share.size, share.sharers):
        ranks = list(range(begin, begin + share.sharers))
        group = dist.new_group(ranks, timeout=PATIENCE)  # every device has to hear of every group
        own = group if share.rank in ranks else own
    return own


@contextmanager
def _peers_needed() -> Iterator[None]:
    """What fails in here fails because another process does not answer."""
    try:
        yield
    except (RuntimeError, ValueError) as problem:  # of all backends; of a group that was ended
        first = (str(problem).splitlines() or [type(problem).__name__])[0]
        raise PeerError(f"another process of this training is gone: {first}") from problem
