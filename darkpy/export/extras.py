"""Packages that only exporting needs, or a sentence that says how to get them."""

from __future__ import annotations

import importlib
from types import ModuleType

from darkpy.errors import DarkpyError


def needed(name: str) -> ModuleType:
    """The package, imported. DarkpyError with the remedy if it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as problem:
        raise DarkpyError(
            f"the package {name.partition('.')[0]} cannot be loaded ({problem}); what `darkpy "
            "export onnx` needs comes with `pip install onnx onnxruntime`"
        ) from problem
