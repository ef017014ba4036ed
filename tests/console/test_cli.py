"""The command line finds its command by one word or two, and explains what it does not find."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from darkpy.console.cli import main
from darkpy.console.command import Argument, Command
from darkpy.console.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


def echo(monkeypatch, *name: str) -> list[dict[str, object]]:
    """A command of that name that only keeps the options it was run with."""
    calls: list[dict[str, object]] = []

    class Module:
        @staticmethod
        def run(**options):
            calls.append(options)
            return iter(())

    given = (Argument("cfg", ".cfg file"),)
    command = Command("darkpy.echo", "Says nothing.", given, "detector.MapFlags")
    monkeypatch.setitem(COMMANDS, name, command)
    monkeypatch.setitem(sys.modules, "darkpy.echo", Module)
    return calls


def test_a_command_of_one_word_takes_what_follows_it(monkeypatch):
    calls = echo(monkeypatch, "echo")

    assert main(["echo", "a.cfg"]) == 0
    assert calls == [{"cfg": "a.cfg"}]


def test_a_command_of_two_words_takes_what_follows_both(monkeypatch):
    calls = echo(monkeypatch, "detector", "echo")

    assert main(["detector", "echo\r", "a.cfg\r"]) == 0
    assert calls == [{"cfg": "a.cfg"}]


def test_a_command_runs_with_garbage_collected_as_before(monkeypatch):
    echo(monkeypatch, "echo")

    assert main(["echo", "a.cfg"]) == 0
    assert gc.isenabled()
    gc.disable()
    try:
        assert main(["echo", "a.cfg"]) == 0
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_command_with_a_process_of_its_own_never_looks_over_what_was_loaded_again():
    # Every pass over torch's objects costs a quarter of its import, the last ones at the end.
    code = (
        "import gc, sys; from darkpy.console.cli import main\n"
        "sys.argv = ['darkpy', 'net', 'cfg/yolov3-tiny.cfg']\n"
        "sys.exit(main() or gc.get_freeze_count() < 1000)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT)

    assert run.returncode == 0, run.stderr.decode()


def test_a_command_inside_another_program_leaves_its_objects_alone(monkeypatch):
    echo(monkeypatch, "echo")
    frozen = gc.get_freeze_count()

    assert main(["echo", "a.cfg"]) == 0
    assert gc.get_freeze_count() == frozen


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["detector", "tran"], "unknown command 'detector tran'; did you mean 'detector train'?"),
        (["tran", "a.data"], "unknown command 'tran'"),
        (["detectr", "train"], "unknown command 'detectr'; did you mean 'detector train'?"),
    ],
)
def test_an_unknown_command_is_explained_with_status_2(capsys, words, said):
    assert main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_every_command_has_a_help_page(capsys, name):
    assert main([*name, "--help"]) == 0
    assert COMMANDS[name].summary in capsys.readouterr().out


def test_the_overview_names_every_command_and_loads_nothing_heavy_nor_any_flags():
    code = (
        "import sys; from darkpy.console.cli import main; main(['--help'])\n"
        "heavy = ('torch', 'numpy', 'cv2', 'tqdm', 'darkpy.flags', 'darkpy.cfg')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert all(" ".join(name) in ended.stdout for name in COMMANDS)
    assert ended.stdout.endswith("[]\n")


def test_a_flag_of_darknets_that_means_nothing_here_is_remarked_on_and_its_value_is_no_input(
    monkeypatch, capsys
):
    calls = echo(monkeypatch, "detector", "echo")

    status = main(["detector", "echo", "-mjpeg_port", "8090", "a.cfg", "-dont_show"])

    assert status == 0
    assert calls == [{"cfg": "a.cfg"}]
    assert capsys.readouterr().err.splitlines() == [
        "darkpy detector echo: -mjpeg_port has no effect here"
    ]


def test_a_flag_that_darknet_does_not_know_either_is_an_error(monkeypatch, capsys):
    echo(monkeypatch, "detector", "echo")

    assert main(["detector", "echo", "a.cfg", "-mjpg_port", "8090"]) == 2
    assert "unknown flag -mjpg_port; did you mean 'mjpeg_port'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["train"], "darkpy detector train <data> <cfg> [weights]"),
        (["test"], "darkpy detector test <data> <cfg> <weights> <picture>"),
        (["demo", "a.data"], "darkpy detector demo <data> <cfg> <weights> [video]"),
        (["detector", "detect"], "darkpy detector test <data> <cfg> <weights> <picture>"),
        (["coco"], "darkpy detector train <data> <cfg> [weights]"),
        (["imtest", "a.jpg"], "-show_imgs -time_limit_sec 0"),
        (["oneoff"], "darkpy partial <cfg> <weights> <out> <n>"),
        (["convert"], "darkpy import auto <source> <out>"),
        (["detector", "anchors"], "darkpy detector calc_anchors <data> <cfg>"),
        (["classifier", "map"], "darkpy classifier valid <data> <cfg> <weights>"),
        (["classifier", "anchors"], "darkpy detector calc_anchors <data> <cfg>"),
    ],
)
def test_a_word_is_answered_by_what_it_means(capsys, words, typed):
    assert main(words) == 2
    assert capsys.readouterr().err.splitlines()[0].endswith(typed)


# The verbs of main(), Darknet's src/darknet.c.
DARKNET = (
    "3d art average captcha cifar classifier classify coco compare denormalize detect detector "
    "dice go imtest nightmare normalize oneoff ops partial rescale reset rgbgr rnn speed "
    "statistics super tag test vid visualize voxel writing yolo"
)


@pytest.mark.parametrize("verb", DARKNET.split())
def test_every_verb_of_the_c_program_is_one_here_or_is_told_what_to_use(capsys, verb):
    if any(name[0] == verb for name in COMMANDS):
        return
    assert main([verb, "a.cfg"]) == 2
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith(f"darkpy: unknown command '{verb}'")
    assert "darkpy " in first.split("'", 2)[2]
    assert "did you mean" not in first


# The verbs of run_classifier(), Darknet's src/classifier.c.
OF_CLASSIFIERS = "demo gun label predict test threat train try valid valid10 validcrop validfull "
OF_CLASSIFIERS += "validmulti"


@pytest.mark.parametrize("verb", OF_CLASSIFIERS.split())
def test_every_verb_of_the_c_programs_classifier_is_answered_with_a_classifiers(capsys, verb):
    if ("classifier", verb) in COMMANDS:
        return
    assert main(["classifier", verb, "a.data"]) == 2
    first = capsys.readouterr().err.splitlines()[0]
    assert "to do that, type: darkpy classifier " in first


@pytest.mark.parametrize("words", [["detector"], ["detector", "-h"], ["help", "detector"]])
def test_detector_alone_lists_its_verbs(capsys, words):
    assert main(words) == 0
    out = capsys.readouterr().out
    for name in COMMANDS:
        assert (f"  {' '.join(name)} " in out) == (name[0] == "detector")


def test_help_of_a_command_is_its_page(capsys):
    assert main(["help", "detector", "train"]) == 0
    page = capsys.readouterr().out
    assert main(["detector", "train", "-h"]) == 0
    assert capsys.readouterr().out == page
    usual, _, rare = page.partition("flags that few need:")
    assert "\n  -map " in usual
    assert "\n  -augment X " in rare


@pytest.mark.parametrize(
    "words",
    [
        ["detector", "-points", "11", "echo", "a.cfg"],
        ["-points", "11", "detector", "echo", "a.cfg"],
        ["detector", "echo", "a.cfg", "-points", "11"],
    ],
)
def test_flags_may_stand_before_the_verb(monkeypatch, words):
    calls = echo(monkeypatch, "detector", "echo")

    assert main(words) == 0
    assert calls == [{"cfg": "a.cfg", "points": 11}]
