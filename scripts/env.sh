# Sourced by the other scripts: makes .venv once, with darkpy and its tested versions in it.
# Sets $python. Needs nothing but Python 3.10 or newer with venv and pip.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
venv=${DARKPY_VENV:-$root/.venv}
python=$venv/bin/python

say() { printf '== %s\n' "$*"; }

wanted=$(cat "$root/constraints.txt" "$root/setup.cfg" | cksum)
if [ "$(cat "$venv/darkpy-installed" 2>/dev/null)" != "$wanted" ]; then
    say "setting up $venv (torch is large: this can take some minutes)"
    "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
        say "Python 3.10 or newer is needed; name one with PYTHON=/path/to/python"
        exit 2
    }
    "${PYTHON:-python3}" -m venv "$venv"
    "$python" -m pip install --quiet --disable-pip-version-check \
        --constraint "$root/constraints.txt" --editable "$root[test]"
    # opencv-python's wheel needs libGL, which bare servers lack; the headless one does not.
    "$python" -c 'import cv2' 2>/dev/null || {
        say "opencv-python finds no libGL here: taking opencv-python-headless instead"
        "$python" -m pip uninstall --quiet --yes opencv-python
        "$python" -m pip install --quiet --disable-pip-version-check \
            --constraint "$root/constraints.txt" opencv-python-headless
    }
    printf '%s' "$wanted" >"$venv/darkpy-installed"
fi
