"""Mutations of a cfg file: bytes -> bytes, each by one accident or malice."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

INTEGERS = (
    -(2**31),
    -1,
    0,
    1,
    2,
    3,
    7,
    255,
    1024,
    2**16 - 1,
    2**17,
    2**31 - 1,
    2**31,
    2**63,
    10**30,
)
OTHERS = ("1e9", "1e-9", "1e308", "1e400", "-1e400", "nan", "inf", "-inf", "0.5", ".5", "1.", "1e")
ODD = ("1_000", "0x10", "1,2,3", ",,,", "-", "+", "?", "")
NUMBERS = (*map(str, INTEGERS), *OTHERS, *ODD)
WORDS = ("linear", "leaky", "mish", "silu", "none", "softmax", "ciou", "steps", "sgdr", "=", "ÿ")
BYTES = (b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\x1b[31m", b"\xe2\x80\x8b", b"#", b"[", b"]")
_NUMBER = re.compile(rb"(?<==)\s*-?[\d.]+")
_MOST_COPIES = 60
_MOST_MUTATIONS = 5

Lines = list[bytes]


def mutated(cfg: bytes, rng: random.Random) -> bytes:
    """The file after one to five mutations."""
    for _ in range(rng.randint(1, _MOST_MUTATIONS)):
        cfg = rng.choice(MUTATIONS)(cfg, rng)
    return cfg


def _of_lines(change: Callable[[Lines, random.Random], None]):
    """A mutation that works on the list of lines; a file without any stays as it is."""

    def mutation(cfg: bytes, rng: random.Random) -> bytes:
        lines = cfg.split(b"\n")
        change(lines, rng)
        return b"\n".join(lines)

    return mutation


@_of_lines
def drop_line(lines: Lines, rng: random.Random) -> None:
    del lines[rng.randrange(len(lines))]


@_of_lines
def swap_lines(lines: Lines, rng: random.Random) -> None:
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]


@_of_lines
def repeat_line(lines: Lines, rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    lines[at:at] = [lines[at]] * rng.randint(1, _MOST_COPIES)


@_of_lines
def move_line(lines: Lines, rng: random.Random) -> None:
    line = lines.pop(rng.randrange(len(lines)))
    lines.insert(rng.randint(0, len(lines)), line)


@_of_lines
def drop_section(lines: Lines, rng: random.Random) -> None:
    begin, end = _section(lines, rng)
    del lines[begin:end]


@_of_lines
def repeat_section(lines: Lines, rng: random.Random) -> None:
    begin, end = _section(lines, rng)
    lines[begin:begin] = lines[begin:end] * rng.randint(1, _MOST_COPIES)


@_of_lines
def move_section(lines: Lines, rng: random.Random) -> None:
    begin, end = _section(lines, rng)
    section = lines[begin:end]
    del lines[begin:end]
    at = rng.randint(0, len(lines))
    lines[at:at] = section


@_of_lines
def exchange_values(lines: Lines, rng: random.Random) -> None:
    entries = [n for n, line in enumerate(lines) if b"=" in line]
    if len(entries) > 1:
        a, b = rng.sample(entries, 2)
        lines[a] = lines[a].partition(b"=")[0] + b"=" + lines[b].partition(b"=")[2]


@_of_lines
def exchange_keys(lines: Lines, rng: random.Random) -> None:
    entries = [n for n, line in enumerate(lines) if b"=" in line]
    if len(entries) > 1:
        a, b = rng.sample(entries, 2)
        lines[a] = lines[b].partition(b"=")[0] + b"=" + lines[a].partition(b"=")[2]


@_of_lines
def change_kind(lines: Lines, rng: random.Random) -> None:
    heads = [n for n, line in enumerate(lines) if line.lstrip().startswith(b"[")]
    if heads:
        lines[rng.choice(heads)] = lines[rng.choice(heads)]


def change_number(cfg: bytes, rng: random.Random) -> bytes:
    found = list(_NUMBER.finditer(cfg))
    if not found:
        return cfg
    place = rng.choice(found)
    return cfg[: place.start()] + rng.choice(NUMBERS).encode() + cfg[place.end() :]


def change_many_numbers(cfg: bytes, rng: random.Random) -> bytes:
    return _NUMBER.sub(
        lambda found: rng.choice(NUMBERS).encode() if rng.random() < 0.1 else found[0], cfg
    )


@_of_lines
def change_word(lines: Lines, rng: random.Random) -> None:
    entries = [n for n, line in enumerate(lines) if b"=" in line]
    if entries:
        at = rng.choice(entries)
        lines[at] = lines[at].partition(b"=")[0] + b"=" + rng.choice(WORDS).encode()


@_of_lines
def long_list(lines: Lines, rng: random.Random) -> None:
    entries = [n for n, line in enumerate(lines) if b"," in line or b"layers" in line]
    if entries:
        at = rng.choice(entries)
        numbers = (str(rng.randint(-300, 300)) for _ in range(rng.randint(1, 3000)))
        lines[at] = lines[at].partition(b"=")[0] + b"=" + ",".join(numbers).encode()


def flip_bytes(cfg: bytes, rng: random.Random) -> bytes:
    raw = bytearray(cfg)
    for _ in range(min(len(raw), rng.randint(1, 40))):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw)


def insert_bytes(cfg: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(cfg))
    return cfg[:at] + rng.choice(BYTES) * rng.randint(1, _MOST_COPIES) + cfg[at:]


def delete_bytes(cfg: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(cfg))
    return cfg[:at] + cfg[at + rng.randint(1, 400) :]


def cut_end(cfg: bytes, rng: random.Random) -> bytes:
    return cfg[: rng.randint(0, len(cfg))]


def cut_beginning(cfg: bytes, rng: random.Random) -> bytes:
    return cfg[rng.randint(0, len(cfg)) :]


def other_line_ends(cfg: bytes, rng: random.Random) -> bytes:
    return cfg.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b" ", b"")))


def other_encoding(cfg: bytes, rng: random.Random) -> bytes:
    encoding = rng.choice(("utf-16", "utf-16-be", "utf-8-sig", "utf-32", "latin-1"))
    return cfg.decode("latin-1").encode(encoding)


def _section(lines: Lines, rng: random.Random) -> tuple[int, int]:
    """First line of a section and the one after its last."""
    heads = [n for n, line in enumerate(lines) if line.lstrip().startswith(b"[")] or [0]
    at = rng.randrange(len(heads))
    return heads[at], ([*heads, len(lines)])[at + 1]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(drop_line, swap_lines, repeat_line, move_line, drop_section, repeat_section, move_section),
    *(exchange_values, exchange_keys, change_kind, change_number, change_number, change_number),
    *(change_many_numbers, change_word, long_list, flip_bytes, insert_bytes, delete_bytes),
    *(cut_end, cut_beginning, other_line_ends, other_encoding),
)
