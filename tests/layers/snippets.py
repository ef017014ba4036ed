"""A small network for each section kind; the last layer is of the kind, its other names come too.

The input is 4 channels of 8 x 6 px (width x height), two pictures a mini-batch.
"""

NET = """
[net]
batch=2
width=8
height=6
channels=4
"""

_CONV = """
[convolutional]
filters=4
size=3
pad=1
activation=leaky
"""

_LAYERS = {
    "convolutional": "[convolutional]\nbatch_normalize=1\nfilters=6\nsize=3\nstride=2\npad=1\n"
    "activation=leaky\n",
    "maxpool": "[maxpool]\nsize=2\nstride=2\n",
    "avgpool": "[avgpool]\n",
    "local_avgpool": "[local_avgpool]\nsize=3\nstride=2\n",
    "route": "[route]\nlayers=-1\n",
    "shortcut": f"{_CONV}[shortcut]\nfrom=-2\nactivation=linear\n",
    "scale_channels": f"[avgpool]\n{_CONV}[scale_channels]\nfrom=-3\n",
    "sam": f"{_CONV}[sam]\nfrom=-2\n",
    "upsample": "[upsample]\nstride=2\n",
    "reorg": "[reorg]\nstride=2\n",
    "reorg3d": "[reorg3d]\nstride=2\n",
    "dropout": "[dropout]\nprobability=.5\n",
    "batchnorm": "[batchnorm]\n",
    "activation": "[activation]\nactivation=tanh\n",
    "normalization": "[normalization]\nsize=3\n",
    "l2norm": "[l2norm]\nscale=10\n",
    "implicit": "[implicit]\nfilters=5\natoms=2\n",
    "connected": "[connected]\noutput=7\nactivation=leaky\n",
    "local": "[local]\nfilters=3\nsize=3\npad=1\nstride=2\nactivation=leaky\n",
    "crop": "[crop]\ncrop_width=6\ncrop_height=4\n",
    "rnn": "[rnn]\noutput=5\nhidden=3\nactivation=tanh\n",
    "crnn": "[crnn]\npad=1\noutput=5\nhidden=3\nactivation=leaky\n",
    "gru": "[gru]\noutput=5\n",
    "lstm": "[lstm]\noutput=5\n",
    "conv_lstm": "[conv_lstm]\npad=1\noutput=5\npeephole=1\n",
    "history": "[history]\nhistory_size=3\n",
    "empty": "[empty]\n",
    "softmax": "[softmax]\ngroups=2\n",
    "cost": "[cost]\n",
}

OTHER_NAMES = {
    "conv": "convolutional",
    "max": "maxpool",
    "avg": "avgpool",
    "local_avg": "local_avgpool",
    "conn": "connected",
    "lrn": "normalization",
    "soft": "softmax",
    "silence": "empty",
}

SNIPPETS = {kind: NET + _CONV + layers for kind, layers in _LAYERS.items()}
