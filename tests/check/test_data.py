"""A .data file and what it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from darkpy.cfg.reader import parse_cfg
from darkpy.check.data import check_data
from darkpy.check.table import examine
from darkpy.errors import Findings


@pytest.fixture
def project(tmp_path, faultless):
    """A project without a fault: project(key=value, ...) changes its .data file and checks it."""
    (tmp_path / "train.txt").write_text("1.jpg\n2.jpg\n")
    (tmp_path / "valid.txt").write_text("2.jpg\n")
    (tmp_path / "my.names").write_text("cat\ndog\n")
    (tmp_path / "backup").mkdir()
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / name).touch()

    def run(**changes: object) -> list[str]:
        keys = {"classes": 2, "train": "train.txt", "valid": "valid.txt", "names": "my.names"}
        keys |= {"backup": "backup"} | changes
        path = tmp_path / "my.data"
        path.write_text("".join(f"{k}={v}\n" for k, v in keys.items() if v is not None))
        findings = Findings()
        check_data(str(path), examine(parse_cfg(faultless.split("\n"), "my.cfg")), findings)
        return [str(found).replace(f"{tmp_path}/", "") for found in findings.items]

    run.folder = tmp_path
    return run


def has(lines: list[str], *starts: str) -> bool:
    return all(any(line.startswith(start) for line in lines) for start in starts)


def test_a_faultless_project_gets_the_sizes_of_its_lists_only(project):
    assert project() == [
        "train.txt: note: 2 pictures for train=",
        "valid.txt: note: 1 picture for valid=",
    ]


def test_classes_that_differ_from_the_cfg_name_both_places(project):
    lines = project(classes=3)

    assert has(lines, "my.data:1: error: classes=3, but my.cfg:50 has classes=2; they must be")


def test_missing_keys_are_named(project):
    lines = project(classes=None, train=None, names=None, valid=None)

    assert has(
        lines,
        "my.data: warning: no classes=, the number of classes",
        "my.data: warning: no train=, the list",
        "my.data: warning: no names=, the file",
    )


def test_a_missing_valid_means_the_train_list(project):
    assert has(project(valid=None), "my.data: warning: no valid=: the pictures of train=")


@pytest.mark.parametrize("key", ["train", "valid", "names", "difficult"])
def test_a_file_that_is_not_there_has_a_neighbour(project, key):
    (project.folder / "lists.txt").write_text("1.jpg\n")

    lines = project(**{key: "list.txt"})

    (error,) = [line for line in lines if "error" in line]
    assert error.endswith(f"error: {key}=list.txt does not exist; did you mean 'lists.txt'?")


def test_names_are_as_many_as_classes_each_with_a_name_of_its_own(project):
    (project.folder / "my.names").write_text("cat\n\ncat\n")

    lines = project()

    assert has(
        lines,
        "my.names: warning: 3 names, but the cfg has classes=2",
        "my.names:2: warning: class 1 has no name",
        "my.names:3: warning: 'cat' is the name of line 1 too",
    )


def test_a_list_without_pictures_and_one_with_wrong_paths(project):
    (project.folder / "train.txt").write_text("\n")
    (project.folder / "valid.txt").write_text("3.jpg\n4.jpg\n")

    lines = project()

    assert has(lines, "train.txt: error: the list is empty")
    assert has(lines, "valid.txt:1: error: none of the first 2 pictures exists: picture 3.jpg")


def test_a_list_whose_pictures_all_lie_elsewhere_is_an_error_that_is_told_once(project):
    (project.folder / "valid.txt").write_text("lost/3.jpg\nlost/4.jpg\n")

    lines = project()

    assert has(lines, "valid.txt:1: error: none of the first 2 pictures exists: picture lost/3.jpg")
    assert not has(lines, "valid.txt:2")


def test_some_missing_pictures_are_warnings(project):
    (project.folder / "train.txt").write_text("1.jpg\n2.jpeg\n")

    assert has(
        project(), "train.txt:2: warning: picture 2.jpeg does not exist; did you mean '2.jpg"
    )


def test_folders_that_do_not_exist_will_be_made_and_files_cannot_be_folders(project):
    assert has(project(backup="new"), "my.data:5: note: backup=new does not exist; it will be made")
    assert has(project(backup="1.jpg"), "my.data:5: error: backup=1.jpg is a file")


def test_eval_is_one_of_two_words(project):
    assert has(
        project(eval="coc"), "my.data:6: warning: eval=coc is not known; did you mean 'coco'"
    )


def test_valid_that_is_train(project):
    assert has(project(valid="train.txt"), "my.data:3: note: valid= is the list of train=")


def test_a_number_that_is_none_and_a_file_that_is_none(project, tmp_path):
    findings = Findings()
    check_data(str(tmp_path / "your.data"), None, findings)

    assert has(project(classes="two"), "my.data:1: error: classes=two is not int")
    assert "does not exist" in findings.items[0].message


def test_the_odd_data_files_of_other_people_are_read_without_a_crash(shared):
    folder = Path(shared) / "real" / "odd"
    for path in sorted(folder.glob("*.data")):
        findings = Findings()
        check_data(str(path), None, findings)
        assert findings.items, path


def test_a_path_longer_than_a_name_may_be_does_not_exist(tmp_path):
    path = tmp_path / "obj.data"
    path.write_text(
        f"classes=1\ntrain=t{'a' * 5000}\nnames=~nobody-here/o.names\nbackup=b{'a' * 5000}\n"
    )
    findings = Findings()

    check_data(str(path), None, findings)

    told = [finding.message for finding in findings.errors]
    assert told[0].startswith("names=~nobody-here/o.names does not exist")
    assert told[1].startswith(f"train=t{'a' * 59}… does not exist")
