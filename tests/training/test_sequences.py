"""What needs memory is learnt by layers that remember, and not by the same network without."""

from __future__ import annotations

import pytest
import torch

from darkpy.data.batch import Batch
from darkpy.model.network import Network
from darkpy.training.trainer import Trainer

SEQUENCES, STEPS, CLASSES, ITERATIONS = 8, 4, 2, 60
NET = f"""[net]
batch={SEQUENCES}
time_steps={STEPS}
width=1
height=1
channels=3
adam=1
decay=0
learning_rate=.03
max_batches={ITERATIONS}

"""
LAYERS = {
    "rnn": "[rnn]\noutput=8\nhidden=8\nactivation=leaky\n",
    "crnn": "[crnn]\nsize=1\noutput=8\nhidden=8\nactivation=leaky\n",
    "gru": "[gru]\noutput=8\n",
    "lstm": "[lstm]\noutput=8\n",
    "conv_lstm": "[conv_lstm]\nsize=1\noutput=8\n",
    "history": "[history]\nhistory_size=4\n",
    "none": "[connected]\noutput=8\nactivation=leaky\n",
}
END = f"\n[connected]\noutput={CLASSES}\nactivation=linear\n\n[softmax]\n"


def batches(rng: torch.Generator):
    """The first picture of a sequence is red or blue, the others black; its class is the colour."""
    for iteration in range(1, ITERATIONS + 1):
        classes = torch.randint(CLASSES, (SEQUENCES,), generator=rng)
        images = torch.zeros(STEPS, SEQUENCES, 3, 1, 1, dtype=torch.uint8)
        images[0, torch.arange(SEQUENCES), 2 * classes] = 255
        wanted = torch.nn.functional.one_hot(classes, CLASSES).float().repeat(STEPS, 1)
        batch = Batch.blank(SEQUENCES * STEPS, 3, (1, 1), 1)
        parts = {**vars(batch), "images": images.flatten(0, 1), "wanted": wanted}
        yield iteration, [Batch(**parts)]


def right_in_the_end(tmp_path, kind: str) -> float:
    torch.manual_seed(1)
    (tmp_path / f"{kind}.cfg").write_text(NET + LAYERS[kind] + END)
    network = Network.from_cfg(tmp_path / f"{kind}.cfg")
    trainer = Trainer(network, lambda iteration: 0.03, device=torch.device("cpu"))
    steps = list(trainer.steps(batches(torch.Generator().manual_seed(2))))
    last = [step.watched for step in steps[-5:]]
    return sum(each["right"] for each in last) / sum(each["pictures"] for each in last)


@pytest.mark.parametrize("kind", sorted(LAYERS.keys() - {"none"}))
def test_a_colour_that_was_shown_before_is_remembered(tmp_path, kind):
    assert right_in_the_end(tmp_path, kind) == 1


def test_without_memory_the_first_picture_alone_is_known(tmp_path):
    # A quarter is known, of the others half is guessed: 5/8 and a deviation of 160 guesses.
    assert right_in_the_end(tmp_path, "none") < 0.75
