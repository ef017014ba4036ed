"""A network of one convolution, one dropout and one head, on half of the input's side."""

CFG = """[net]
width=16
height=16
channels=3
batch=1
[convolutional]
batch_normalize=1
filters=16
size=3
stride=2
pad=1
activation=leaky
[dropout]
[convolutional]
filters=6
activation=linear
[yolo]
classes=1
num=1
anchors=4,4
"""
