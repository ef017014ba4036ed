"""Files that were given in place of another kind: what they are, by their first bytes."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

_SNIFFED = 4096  # bytes of the beginning that are looked at
_LARGEST_CFG = 2**18  # bytes; the largest cfg in use has a tenth of that

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "a git-lfs pointer: run `git lfs pull` to get the file itself"),
    (b"PK\x03\x04", "a zip archive, as PyTorch's .pt and .pth files are"),
    (b"\x80\x02", "a Python pickle, as older .pt and .pth files are"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x89HDF", "an HDF5 file, as Keras writes"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"Rar!", "a rar archive; unpack it first"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x00\x00\x00\x00\x01\x00\x00\x00", "a Darknet weights file"),
    (b"\x00\x00\x00\x00\x02\x00\x00\x00", "a Darknet weights file"),
)
_ONNX = re.compile(rb"\x08[\x01-\x10]\x12.{0,40}(pytorch|onnx|tf2onnx)", re.DOTALL)
_MARKUP = re.compile(rb"\s*<(!doctype|html|head|\?xml|svg|annotation)", re.IGNORECASE)
_JSON = re.compile(rb"\s*\{\s*[\"}]")
_YAML = re.compile(r"^[A-Za-z_]\w*:(\s|$)", re.MULTILINE)
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1f]")
_MOST_CONTROLS = 8, 0.02  # and this share of the bytes: more are no text, whatever its encoding
_LOOKED_AT = 50  # lines that tell the kind of a text
_NET = re.compile(r"\[net(work)?\]", re.IGNORECASE)
_DATA_KEYS = frozenset(("train", "valid", "names", "backup", "classes"))
_YAML_KEY = re.compile(r"(names|nc|train|val|path)\s*:(\s|$)")
_LABEL_ROW = re.compile(r"\d+(\s+-?\d*\.?\d+(e-?\d+)?){4,}", re.IGNORECASE)
_PICTURE = re.compile(r".*\.(jpe?g|png|bmp|tiff?|webp|ppm)[\"']?", re.IGNORECASE)
CFG, DATA, YAML = "a cfg", "a .data file", "a YAML file"
LABELS, LIST = "a label file", "a list of pictures"
_SECTION = re.compile(r"^\s*\[", re.MULTILINE)
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def beginning(path: str | Path) -> bytes:
    """The first bytes of a file, none if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(_SNIFFED)
    except OSError:
        return b""


def kind_of(raw: bytes) -> str:
    """What a file that begins like this is, with its article; empty for text or the unknown."""
    for magic, kind in _MAGIC:
        if raw.startswith(magic):
            return kind
    if _ONNX.match(raw):
        return "an ONNX model"
    if raw[4:8] == b"TFL3":
        return "a TensorFlow Lite model"
    if _MARKUP.match(raw):
        xml = raw.lstrip()[:5].lower() == b"<?xml"
        return "an XML file" if xml else "a web page: download the file itself (`Raw` on GitHub)"
    return "a JSON file" if _JSON.match(raw) else ""


def no_text(raw: bytes) -> str:
    """What a file that begins like this is, with its article; empty where it may be a text."""
    kind = kind_of(raw)
    if kind or raw.startswith(_BOMS):
        return kind
    controls, share = len(_CONTROLS.findall(raw)), _MOST_CONTROLS[1] * len(raw)
    return "a binary file" if controls > max(_MOST_CONTROLS[0], share) else ""


def text_kind(lines: list[str]) -> str:
    """What the text of these lines is, with its article; empty where none of Darknet's kinds."""
    bare = (line.strip().lstrip("\ufeff") for line in lines[: 4 * _LOOKED_AT])
    filled = [line for line in bare if line and line[0] not in "#;"][:_LOOKED_AT]
    if not filled:
        return ""
    if _NET.match(filled[0]):
        return CFG
    keys = [line.partition("=")[0].strip() for line in filled if "=" in line]
    if len(_DATA_KEYS.intersection(keys)) > 1 and 2 * len(keys) > len(filled):
        return DATA
    if len({found[1] for line in filled if (found := _YAML_KEY.match(line))}) > 1:
        return YAML
    if all(map(_LABEL_ROW.fullmatch, filled)):
        return LABELS
    pictures = sum(bool(_PICTURE.fullmatch(line)) for line in filled)
    return LIST if 2 * pictures > len(filled) else ""


def why_no_cfg(path: str | Path) -> str:
    """The reason why a file cannot be a cfg, or nothing."""
    raw = beginning(path)
    kind = kind_of(raw)
    if kind:
        return f"this is {kind}; a cfg is a text file that begins with [net]"
    text = raw.strip(b"\x00")
    if (b"\x00" in text or (raw and not text)) and not raw.startswith(_BOMS):
        return "this is a binary file; a cfg is a text file that begins with [net]"
    size = Path(path).stat().st_size if raw else 0
    if size > _LARGEST_CFG:
        return f"{size} bytes are too many for a cfg; a cfg is a text file that begins with [net]"
    return ""


def syntax_of(text: str) -> str:
    """What a text without any [section] looks like, for the message that says so."""
    if not text.strip():
        return "the file is empty"
    words = {line.partition("=")[0].strip() for line in text.split("\n") if "=" in line}
    if {"train", "names"} <= words or {"classes", "names"} <= words:
        return "this looks like a .data file"
    if re.search(r"=\s*[{(]\s*$", text, re.MULTILINE):
        return "this is another program's configuration, with { } or ( ) blocks"
    if len(_YAML.findall(text)) > len(words):
        return "this looks like a YAML file"
    return "no [section] in this file"


def has_section(text: str) -> bool:
    """Whether any line begins a [section]."""
    return _SECTION.search(text) is not None
