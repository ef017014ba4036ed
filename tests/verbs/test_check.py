"""`darkpy check` on the command line: text, exit status, files that stay as they are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from darkpy.console.cli import main
from tests.conftest import ROOT
from tests.planning.scaled_cfgs import SSD


@pytest.fixture
def cfg(tmp_path, faultless, monkeypatch):
    """Writes my.cfg with one replacement into the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(old: str = "", new: str = "", encoding: str = "utf-8") -> str:
        assert old in faultless
        (tmp_path / "my.cfg").write_bytes(faultless.replace(old, new, 1).encode(encoding))
        return "my.cfg"

    return write


def test_a_clean_cfg_is_summed_up_with_status_0(cfg, capsys):
    assert main(["check", cfg()]) == 0
    assert capsys.readouterr().out == (
        "my.cfg: 0 errors, 0 warnings, 0 notes; 7 layers, 2 heads of 2 classes, 0.000 BFLOPs, "
        "weights file of 1924 bytes\n"
    )


def test_notes_leave_the_status_at_0(cfg):
    assert main(["check", cfg("channels=3", "channels=3\nangle=7")]) == 0


def test_warnings_end_with_status_1(cfg, capsys):
    assert main(["check", cfg("stride=32", "stride=32\nstride=16")]) == 1
    assert capsys.readouterr().out.startswith(
        "my.cfg:18: warning: [convolutional] stride=16 is not read: line 17 already says stride=32"
    )


def test_errors_end_with_status_2_and_are_sorted_by_line(cfg, capsys):
    assert main(["check", cfg("width=64", "width=abc\nangle=7\nmosaik=1")]) == 2

    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ")[:2] for line in lines[:-1]] == [
        ["my.cfg:4:", "error:"],
        ["my.cfg:5:", "note:"],
        ["my.cfg:6:", "warning:"],
    ]
    assert lines[-1] == "my.cfg: 1 error, 1 warning, 1 note"


def test_a_remark_made_many_times_is_said_once_with_all_its_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    conv = "[convolutional]\nprune=1\n"
    (tmp_path / "my.cfg").write_text("[net]\nwidth=8\nheight=8\nchannels=3\n" + 4 * conv)

    assert main(["check", "my.cfg"]) == 1
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("my.cfg:6: warning: [convolutional] prune= is not used")
    assert line.endswith("(so in 4 places; the other lines: 8, 10, 12)")


def test_the_files_may_come_in_any_order(cfg, tmp_path, capsys):
    (tmp_path / "my.data").write_text("classes=3\n")
    (tmp_path / "my.weights").write_bytes(b"abc")

    assert main(["check", "my.data", "my.weights", cfg()]) == 2
    out = capsys.readouterr().out
    assert "my.data:1: error: classes=3" in out
    assert "my.weights: error: 3 bytes are too few" in out
    assert "my.cfg, my.data, my.weights: 2 errors" in out


def test_weights_may_follow_the_cfg_without_a_data_file(cfg, tmp_path, capsys):
    (tmp_path / "my.conv.15").write_bytes(b"abc")

    assert main(["check", cfg(), "my.conv.15"]) == 2
    assert "my.conv.15: error: 3 bytes are too few" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "the file is empty; a cfg begins with [net]"),
        (b"<!DOCTYPE html>\n<html>", "this is a web page"),
        (bytes(4) + b"\x02\x00\x00\x00" + bytes(100), "this is a Darknet weights file"),
        (b"abc\x00def" * 100, "this is a binary file"),
        (b'{"net": 1}', "this is a JSON file"),
        (b"configs = {\n a = 1\n}\n", "another program's configuration"),
        (b"nc: 80\ndepth: 1.0\nbackbone:\n", "looks like a YAML file"),
        (b"classes=2\ntrain=a.txt\nnames=b\n", "looks like a .data file"),
    ],
)
def test_what_is_no_cfg_is_refused_with_one_message(tmp_path, monkeypatch, capsys, raw, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.cfg").write_bytes(raw)

    assert main(["check", "my.cfg", "-fix"]) == 2
    found, summary = capsys.readouterr().out.splitlines()
    assert found.startswith("my.cfg: error: ")
    assert said in found
    assert summary == "my.cfg: 1 error, 0 warnings, 0 notes"


def test_a_missing_cfg_has_a_neighbour(cfg, capsys):
    cfg()

    assert main(["check", "mi.cfg"]) == 2
    assert "the cfg file does not exist; did you mean 'my.cfg'?" in capsys.readouterr().out


def test_fix_shows_the_change_and_leaves_the_file_alone(cfg, tmp_path, capsys):
    cfg("filters=14", "filters=255")
    before = (tmp_path / "my.cfg").read_bytes()

    assert main(["check", "my.cfg", "--fix"]) == 2
    out = capsys.readouterr().out
    assert "-filters=255\n+filters=14\n" in out
    assert "after that: 0 errors, 0 warnings, 0 notes; -out FILE writes the corrected copy" in out
    assert (tmp_path / "my.cfg").read_bytes() == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_out_writes_the_copy_in_the_encoding_of_the_file(cfg, tmp_path, faultless, encoding):
    cfg("filters=14", "filters=255 # Köpfe", encoding)

    assert main(["check", "my.cfg", "-fix", "-out", "good.cfg"]) == 2
    right = faultless.replace("filters=14", "filters=14 # Köpfe", 1)
    assert (tmp_path / "good.cfg").read_bytes() == right.encode(encoding)


def test_out_never_overwrites_what_is_checked(cfg, tmp_path, capsys):
    cfg("filters=14", "filters=255")
    (tmp_path / "link.cfg").symlink_to("my.cfg")

    for name in ("my.cfg", "./my.cfg", "link.cfg"):
        assert main(["check", "my.cfg", "-fix", "-out", name]) == 2
        assert "is the file that is checked; name another one" in capsys.readouterr().err
    assert "filters=255" in (tmp_path / "my.cfg").read_text()


def test_fix_says_when_there_is_nothing_to_do(cfg, tmp_path, capsys):
    assert main(["check", cfg(), "-fix", "-out", "good.cfg"]) == 0
    assert "nothing to correct that has one right answer" in capsys.readouterr().out
    assert not (tmp_path / "good.cfg").exists()


def test_check_loads_nothing_heavy():
    code = (
        "import sys; from darkpy.console.cli import main\n"
        f"main(['check', {str(ROOT / 'cfg/yolov4.cfg')!r},"
        f"{str(ROOT / 'data/tabletop/tabletop.data')!r}, 'no.weights', '-fix'])\n"
        "print([n for n in ('torch', 'numpy', 'cv2', 'matplotlib', 'tqdm') if n in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout.endswith("[]\n")


@pytest.mark.parametrize("path", sorted((ROOT / "cfg").glob("*.cfg")), ids=lambda path: path.stem)
def test_the_cfgs_of_this_project_have_neither_errors_nor_warnings(path, capsys):
    assert main(["check", str(path)]) == 0


@pytest.mark.parametrize(("box", "status"), [("10 10", 0), ("60 4", 1)])
def test_boxes_that_no_anchor_reaches_are_told_of_the_data(
    tmp_path, monkeypatch, capsys, box, status
):
    # At 64 px: 10 x 10 px in the middle of a cell of 8 px is an anchor, 60 x 4 px near none.
    monkeypatch.chdir(tmp_path)
    cfg = SSD.replace("batch=4", "batch=64").replace("max_batches=10", "max_batches=6000")
    (tmp_path / "my.cfg").write_text(cfg)
    for name in ("a", "b"):
        (tmp_path / f"{name}.jpg").write_bytes(b"")
        w, h = (int(side) / 64 for side in box.split())
        (tmp_path / f"{name}.txt").write_text(f"0 {20 / 64} {20 / 64} {w} {h}\n")
    (tmp_path / "train.txt").write_text("a.jpg\nb.jpg\n")
    (tmp_path / "my.names").write_text("x\ny\n")
    (tmp_path / "my.data").write_text(
        "classes=2\ntrain=train.txt\nvalid=valid.txt\nnames=my.names\n"
    )
    (tmp_path / "valid.txt").write_text("b.jpg\n")

    assert main(["check", "my.cfg", "my.data"]) == status
    told = "100.0% of 2 boxes of train= are reached by no anchor at match_thresh=0.5"
    assert (told in capsys.readouterr().out) == bool(status)
