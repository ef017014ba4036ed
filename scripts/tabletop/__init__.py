"""The drawing kit of scripts/make_tabletop: photograph-like pictures of small game pieces.

Letters: N points or pixels of one piece, (H, W) frame, S side of a table tile. Frames carry their
unit in the name: `_cm` table centimetres (z up, the table is z = 0), `_px` pixels of the frame,
no suffix the piece's own axes or the unit square. Colours are linear-light BGR unless named sRGB.
"""
