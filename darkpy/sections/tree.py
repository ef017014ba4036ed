"""The check of a tree= key: a file of `name parent` lines with a line for each class."""

from __future__ import annotations

from darkpy.cfg.beside import named_file, read_tree
from darkpy.errors import CfgError, number_of
from darkpy.sections.base import Place


def check_tree(place: Place, text: str, classes: int) -> None:
    """Report a tree that has not as many classes; one that is not there matters when it runs."""
    if not text:
        return
    path = named_file(text, place.section.source)
    if not path.is_file():
        place.warning("tree", f"tree={text} does not exist; the layer cannot run without it")
        return
    try:
        tree = read_tree(path)
    except CfgError as problem:
        place.error("tree", f"tree={text} cannot be used: {problem}")
        return
    if len(tree.names) != classes:
        place.error(
            "tree",
            f"tree={text} has {number_of(len(tree.names), 'classes')}, the layer has {classes}",
        )
