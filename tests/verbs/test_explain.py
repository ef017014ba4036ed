"""`darkpy explain` answers for sections, keys, values, and for what was misspelled."""

from __future__ import annotations

import pytest

from darkpy.errors import UsageError
from darkpy.planning.topics import topics
from darkpy.verbs.explain import run


def said(word: str = "") -> str:
    return " ".join(" ".join(run(word)).split())


def test_without_a_word_all_sections_are_listed():
    text = said()

    assert all(f" {topic.names[0]} " in text for topic in topics())


def test_a_section_lists_its_keys_with_defaults_and_those_of_any_layer():
    text = said("yolo")

    assert "[yolo]: the detection head" in text
    assert " scale_x_y=1 " in text
    assert "any layer: stopbackward" in text
    assert "yolov3-tiny (2)" in text  # it has two heads


@pytest.mark.parametrize("word", ["yolo.beta_nms", "[yolo].beta_nms", "YOLO.beta_nms=0.6"])
def test_a_key_tells_meaning_value_default_and_who_uses_it(word):
    text = said(word)

    assert "beta_nms= in [yolo]" in text
    assert "exponent of the distance" in text
    assert "value: number; default: 0.6" in text
    assert "yolov4 (0.6)" in text


def test_a_key_without_effect_says_why():
    assert "No effect in darkpy: no window" in said("net.attention")


def test_a_trap_stands_with_its_key():
    assert "no effect unless counters_per_class= is set" in said("yolo.cls_normalizer")
    assert "the released weights were trained with 1,2,3" in said("yolo.mask")
    assert "which are for testing" in said("net.batch")


def test_a_bare_key_is_found_in_every_section_that_has_it():
    assert "mosaic= in [net]" in said("mosaic")
    text = said("size")
    assert "convolutional.size" in text
    assert "maxpool.size" in text


def test_a_word_that_is_a_section_and_a_key_says_both():
    text = said("shortcut")

    assert text.startswith("[shortcut]:")
    assert "also a key of [conv_lstm], [crnn], [rnn]" in text


def test_a_value_names_the_keys_that_take_it():
    assert "ciou is a value of: iou_loss=" in said("ciou")


def test_an_alias_and_a_key_of_any_layer_are_understood():
    assert "stopbackward= in [convolutional]" in said("conv.stopbackward")
    assert "stopbackward= in any layer" in said("stopbackward")
    assert "backup= in .data file" in said("data.backup")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("yollo", "called 'yollo'; did you mean 'yolo'?"),
        ("yolo.beta_nsm", r"\[yolo\] has no key 'beta_nsm'; did you mean 'beta_nms'?"),
        ("yollo.mask", "unknown section 'yollo'; did you mean 'yolo'?"),
        ("mosiac", "did you mean 'mosaic'?"),
    ],
)
def test_what_does_not_exist_is_an_error_with_a_hint(word, message):
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        list(run(word))
