"""What becomes of a file that was tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from darkpy.events import Ended
from darkpy.files import replacing

REJECTED = ".rejected"
_REFUSED = 1  # exit status


def kept(out: Path, content: bytes, refused: Sequence[str]) -> Iterator[object]:
    """Write it; one that is refused under another name, and the verb ends with status 1."""
    if refused:
        out = out.with_name(out.name + REJECTED)
    with replacing(out) as file:
        file.write(content)
    if refused:
        yield f"refused: {'; '.join(refused)}. The file is kept as {out}"
        yield Ended(_REFUSED)
    else:
        yield f"{out}: written"
