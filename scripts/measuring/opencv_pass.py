"""Run by a Python whose OpenCV reads Darknet's files: a forward pass for each number that comes in.

opencv_pass.py CFG WEIGHTS THREADS; "8" on a line is answered by the seconds that 8 pictures took,
of the clock and of processors.
"""

import sys
import time
from pathlib import Path

import cv2
import numpy as np

cfg, weights, threads = sys.argv[1:]
cv2.setNumThreads(int(threads))
net = cv2.dnn.readNetFromDarknet(cfg, weights)
lines = Path(cfg).read_text().splitlines()
side = next(int(line.partition("=")[2]) for line in lines if line.startswith("width"))
for line in sys.stdin:
    images = np.random.default_rng(0).random((int(line), 3, side, side), dtype=np.float32)
    wall, processor = time.perf_counter(), time.process_time()
    net.setInput(images)
    net.forward(net.getUnconnectedOutLayersNames())
    print(time.perf_counter() - wall, time.process_time() - processor, flush=True)
