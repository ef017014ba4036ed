"""[yolo], in the order in which it is read.

`head`: raw values to the output, the output to boxes, the output and truths to a loss.
`anchored`: the deltas of one mini-batch, step by step, for every kind of the family.
`delta`: what [yolo] asks in these steps and how it counts.
`cells`: the output as a grid of anchors. `sheet`: deltas written cell by cell, without a loop.
"""
