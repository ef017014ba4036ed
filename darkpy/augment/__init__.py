"""Changes to training pictures: drawn first as frozen values, applied after.

Pixels are (H, W, C) uint8, RGB or grey; truths are (M, 5) float32 rows cx cy w h class in the
unit square. The arithmetic is that of load_data_detection() in Darknet's src/data.c and of
image_data_augmentation() in its src/image_opencv.cpp.
"""
