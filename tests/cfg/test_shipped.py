"""The cfgs that come with darkpy are found."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from darkpy.cfg import shipped

CFGS = Path(__file__).resolve().parent.parent.parent / "cfg"


def test_all_cfgs_of_a_checkout_are_found_by_name():
    assert set(shipped.shipped_cfgs()) == {path.stem for path in CFGS.glob("*.cfg")}


def test_an_installed_package_finds_them_in_its_own_record(monkeypatch, tmp_path):
    placed = tmp_path / "share/darkpy/cfg/some.cfg"
    placed.parent.mkdir(parents=True)
    placed.write_text("[net]\n")

    class Recorded(type(Path())):
        def locate(self):
            return tmp_path / "lib" / self

    names = [
        "../share/darkpy/cfg/some.cfg",
        "../share/darkpy/cfg/gone.cfg",
        "darkpy/api.py",
    ]
    (tmp_path / "lib").mkdir()
    monkeypatch.setattr(metadata, "files", lambda name: [Recorded(text) for text in names])
    monkeypatch.setattr(shipped, "_ROOT", tmp_path / "nowhere")
    shipped.shipped_cfgs.cache_clear()
    try:
        assert list(shipped.shipped_cfgs()) == ["some"]
    finally:
        shipped.shipped_cfgs.cache_clear()


def test_a_cfg_is_found_by_name_unless_a_file_is_called_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shipped.cfg_named("yolov4-tiny") == CFGS / "yolov4-tiny.cfg"
    assert shipped.cfg_named("yolov4-tiny.cfg") == CFGS / "yolov4-tiny.cfg"
    (tmp_path / "yolov4-tiny.cfg").touch()
    assert shipped.cfg_named("yolov4-tiny.cfg") == Path("yolov4-tiny.cfg")
    assert shipped.cfg_named("nowhere.cfg") == Path("nowhere.cfg")
