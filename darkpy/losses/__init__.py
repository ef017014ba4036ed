"""Losses as numbers: they know tensors, not cfgs and not layers."""
