"""What a run was made with is found without running any program."""

from __future__ import annotations

import json
import subprocess

import pytest
import torch

from darkpy.session.surroundings import device_name, git_commit, versions

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def repository(folder, head: str, **files: str):
    git = folder / ".git"
    git.mkdir()
    (git / "HEAD").write_text(head)
    for name, text in files.items():
        path = git / name.replace("__", "/").replace("packed", "packed-refs")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_commit_is_found_from_a_folder_below(tmp_path):
    repository(tmp_path, "ref: refs/heads/main\n", refs__heads__main=f"{COMMIT}\n")
    (tmp_path / "data/deep").mkdir(parents=True)

    assert git_commit(tmp_path / "data/deep") == COMMIT


def test_a_detached_head_and_packed_branches_are_read(tmp_path):
    for name, head, files in (
        ("detached", COMMIT, {}),
        ("packed", "ref: refs/heads/a\n", {"packed": f"# pack\n{COMMIT} refs/heads/a\n"}),
    ):
        (tmp_path / name).mkdir()
        assert git_commit(repository(tmp_path / name, head, **files)) == COMMIT


@pytest.mark.parametrize("head", ["", "ref: refs/heads/gone", "garbage", "\x00\xff"])
def test_no_commit_is_no_commit(tmp_path, head):
    assert git_commit(repository(tmp_path, head)) == ""


def test_it_is_what_git_says(tmp_path):
    def git(*words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        run = subprocess.run(["git", *who, *words], cwd=tmp_path, capture_output=True, check=True)
        return run.stdout.decode().strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "a")
    git("worktree", "add", "-q", "beside", "-b", "other")

    assert git_commit(tmp_path) == git("rev-parse", "HEAD")
    assert git_commit(tmp_path / "beside") == git("rev-parse", "HEAD")


def test_versions_and_device_have_names():
    assert versions()["torch"] == torch.__version__
    assert all(versions().values())
    assert device_name(torch.device("cpu"))


def test_a_run_tells_what_it_was_made_of_and_with(project):
    assert project.train("-map")[0] == 0

    (run,) = json.loads((project.folder / "backup/tiny_run.json").read_text())["runs"]

    assert run["versions"] == versions()
    assert run["cfg_text"] == project.cfg.read_text()
    assert len(run["cfg_sha256"]) == 64
    assert run["pictures"] == {"train": 8, "valid": 8}
    assert len(run["data_digest"]) == 32
    assert run["device_name"] == device_name(torch.device("cpu"))
    assert run["seed"] == 7
    assert run["git_commit"] is None
