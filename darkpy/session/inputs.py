"""What a user may give to look at: pictures, folders, lists, patterns, or typed paths."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TextIO

from darkpy.data.listing import clean, read_listing
from darkpy.data.picture_content import SUFFIXES
from darkpy.errors import DataError
from darkpy.files import dangling
from darkpy.registry import did_you_mean

_PROMPT = "Enter Image Path: "  # scripts wait for these words: test_detector(), src/detector.c
_COMPARED = 1000  # names of a folder that a missing one is compared with


def given_or_typed(words: Sequence[str]) -> Iterable[str | DataError]:
    """Paths of the pictures that were named, else those that are typed in one by one."""
    return picture_paths(words) if words else typed_paths(sys.stdin, sys.stdout)


def picture_paths(words: Sequence[str]) -> Iterator[str]:
    """Paths of the pictures meant by the words of a command line, in order.

    A word is a picture, a folder, a .txt with a path a line, or a pattern such as 'a/*.jpg'.
    All words are looked at before the first picture: DataError for one that leads nowhere. Lines
    of a list that lead nowhere come last, so that whoever opens them reports them.
    """
    return chain.from_iterable([_expand(word) for word in words])


def typed_paths(source: Iterable[str], screen: TextIO) -> Iterator[str | DataError]:
    """Paths typed line by line, each asked for on `screen`, until the lines end.

    A line may be anything that picture_paths() takes; what leads nowhere comes as its error.
    """
    lines = iter(source)
    while True:
        screen.write(_PROMPT)
        screen.flush()
        line = next(lines, None)
        if line is None:
            return
        text = clean(line)
        if not text:
            continue
        try:
            yield from _expand(text)
        except DataError as problem:
            yield problem


def _expand(word: str) -> Iterable[str]:
    if os.path.isdir(word):
        return _folder(word)
    if os.path.exists(word):
        return _list(word) if word.lower().endswith(".txt") else (word,)
    if glob.has_magic(word):
        found = sorted(path for path in glob.glob(word, recursive=True) if os.path.isfile(path))
        if not found:
            raise DataError.at(word, None, "no file has a name like this")
        return found
    raise DataError.at(word, None, f"there is no such file{_hint(word)}")


def _folder(folder: str) -> list[str]:
    names = sorted(os.listdir(folder))
    paths = [os.path.join(folder, name) for name in names if name.lower().endswith(SUFFIXES)]
    if not paths:
        raise DataError.at(folder, None, f"no picture in this folder ({' '.join(SUFFIXES)})")
    return paths


def _list(path: str) -> list[str]:
    listing = read_listing(path)
    return listing.pictures + listing.missing


def _hint(word: str) -> str:
    leads = dangling(word)
    if leads:
        return f": {leads}"
    folder, name = os.path.split(word)
    if not os.path.isdir(folder or "."):
        return f"; there is no folder {folder} either"
    return did_you_mean(name, sorted(os.listdir(folder or "."))[:_COMPARED])
