"""`detector demo`: films, folders, streams; what it prints, writes and sends."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import re
import resource
import signal
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from darkpy.data.pictures import read_picture
from darkpy.data.video import open_video
from darkpy.detector import demo
from darkpy.detector.demo_text import FrameRate, object_lines, post_text
from darkpy.errors import DataError, UsageError
from darkpy.flags.detector import DemoFlags
from darkpy.inference import passes
from darkpy.inference.detector import Detections, Detector
from darkpy.inference.frames import FrameDetector
from darkpy.inference.heat import heat_picture
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, save_weights
from darkpy.serve.mjpeg import begin_mjpeg, send_picture
from darkpy.serve.server import Server
from darkpy.view.encoding import jpeg
from tests.conftest import ROOT

ORACLE = ROOT / "tests" / "oracle" / "demo"
FPS = re.compile(r"^FPS:\d+\.\d \t AVG_FPS:\d+\.\d$", re.MULTILINE)


@pytest.fixture
def untrained(project):
    """The tiny project with the weights it begins with, and a film of its pictures."""
    torch.manual_seed(1)
    network = Network.from_cfg(str(project.cfg))
    for name, values in network.named_buffers():
        if name.endswith("running_var"):
            values.fill_(1)  # a fresh network's are 0, which inference divides by
    save_weights(network, project.folder / "a.weights", seen=0)
    writer = cv2.VideoWriter("film.avi", cv2.VideoWriter_fourcc(*"MJPG"), 12, (64, 48))
    for number in range(8):
        writer.write(read_picture(f"images/{number}.png")[..., ::-1].copy())
    writer.release()
    return project


def run(project, *words):
    """`detector demo` in the tiny project, without a window."""
    data, cfg = project.data, project.cfg
    return project.run("detector", "demo", data, cfg, "a.weights", *words, "-dont_show", "-nogpu")


def frames_of(text):
    """The lines of objects in each frame's part of what was printed."""
    parts = text.replace("\x1b[H\x1b[J", "").split("Objects:\n\n")[1:]
    return [re.findall(r"^\S+: \d+% .*$", part, re.MULTILINE) for part in parts]


@pytest.mark.oracle
@pytest.mark.parametrize("flag", ["", "-letter_box"])
def test_a_film_gives_the_c_programs_detections(shared, tmp_path, capsys, flag):
    folder, out = shared / "real" / "bccd", tmp_path / "a.json"
    files = (str(folder / name) for name in ("bccd.data", "bccd-tiny.cfg", "bccd-tiny.weights"))
    flags = {"dont_show": True, "ext_output": True, "nogpu": True, "letter_box": bool(flag)}

    events = demo.run(*files, str(ORACLE / "film.avi"), json_file_output=str(out), **flags)
    printed = "\n".join(event for event in events if isinstance(event, str))

    golden = json.loads((ORACLE / f"film{flag}.json").read_text())
    found = json.loads(out.read_text())
    assert len(found) == 5
    for theirs, ours in zip(golden, found[1:], strict=False):
        assert [one["name"] for one in ours["objects"]] == [
            one["name"] for one in theirs["objects"]
        ]
        for a, b in zip(theirs["objects"], ours["objects"], strict=True):
            numbers = [[one["confidence"], *one["relative_coordinates"].values()] for one in (a, b)]
            assert numbers[1] == pytest.approx(numbers[0], abs=5e-6)
    theirs = frames_of((ORACLE / f"film{flag}.txt").read_text())
    assert theirs[1:] == frames_of(printed)[2:4]


def test_a_file_loses_no_frame_and_the_words_are_darknets(untrained):
    status, out, err = run(untrained, "film.avi", "-json_file_output", "a.json")

    assert status == 0
    assert out.startswith("Demo\nvideo file: film.avi\nVideo stream: 64 x 48 \nObjects:\n\n")
    assert len(FPS.findall(out)) == 8
    assert "\nStream closed.\ninput video stream closed. \n8 frames in " in out
    assert err.endswith("Done! Loaded 5 layers from weights-file \n")
    frames = json.loads((untrained.folder / "a.json").read_text())
    assert [frame["frame_id"] for frame in frames] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert set(frames[0]) == {"frame_id", "objects"}


@pytest.mark.parametrize(
    ("flags", "sizes"),
    [((), [4, 4]), (("-heatmaps", "-prefix", "p"), [1] * 8), (("-track",), [4, 4])],
)
def test_a_film_that_nobody_watches_goes_through_the_network_several_frames_at_once(
    untrained, monkeypatch, flags, sizes
):
    monkeypatch.setattr(passes, "_FRAMES", 4)
    seen, find = [], demo.FrameDetector.__call__

    def counted(self, frames):
        seen.append(len(frames))
        return find(self, frames)

    monkeypatch.setattr(demo.FrameDetector, "__call__", counted)
    status, out, _ = run(untrained, "film.avi", *flags)

    assert status == 0
    assert seen == sizes
    assert "8 frames in" in out


def test_a_film_that_was_cut_off_is_told_and_what_there_is_is_shown(untrained):
    whole = Path("film.avi").read_bytes()
    Path("cut.avi").write_bytes(whole[: len(whole) // 2])

    status, out, _ = run(untrained, "cut.avi")

    assert status == 0
    shown = len(FPS.findall(out))
    assert 0 < shown < 7
    assert (
        f"cut.avi: says that it has 8 frames, but after {shown} no more can be read: it is" in out
    )
    assert "says that it has" not in run(untrained, "film.avi")[1]


def test_the_written_film_has_every_frame_of_the_source_at_its_rate(untrained):
    run(untrained, "film.avi", "-out_filename", "out.mp4", "-thresh", ".01")

    film = cv2.VideoCapture("out.mp4")
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == 8
    assert film.get(cv2.CAP_PROP_FPS) == 12
    there, frame = film.read()
    assert there
    assert frame.shape == (48, 64, 3)


def test_a_prefix_names_a_picture_for_each_frame(untrained):
    run(untrained, "film.avi", "-prefix", "p")

    names = sorted(path.name for path in untrained.folder.glob("p_*.jpg"))
    assert names == [f"p_{number:08d}.jpg" for number in range(1, 9)]


def test_heatmaps_colour_the_frames_by_where_the_network_looks(untrained):
    run(untrained, "film.avi", "-prefix", "p", "-dontdraw_bbox", "-heatmaps")

    network = Network.from_cfg(str(untrained.cfg))
    load_weights(network, "a.weights")
    find = FrameDetector(Detector(network, ()), thresh=0.25, letter_box=False)
    frame = open_video("film.avi").read()
    heat = find.heat(frame)
    assert heat.max() > 0
    assert Path("p_00000001.jpg").read_bytes() == jpeg(heat_picture(frame, heat), 95)


def test_a_skipped_frame_shows_the_one_before_it(untrained):
    run(untrained, "film.avi", "-prefix", "p", "-s", "1", "-dontdraw_bbox")

    first, second, third = (read_picture(f"p_0000000{number}.jpg") for number in (1, 2, 3))
    assert np.array_equal(first, second)
    assert not np.array_equal(second, third)


def test_a_folder_a_list_and_a_pattern_are_films(untrained):
    for word in ("images", "train.txt", "images/*.png"):
        assert len(FPS.findall(run(untrained, word)[1])) == 8, word


def test_a_picture_of_a_folder_that_is_broken_is_said_and_the_rest_goes_on(untrained):
    (untrained.folder / "images" / "3.png").write_bytes(b"nothing")
    status, out, _ = run(untrained, "images")

    assert status == 2
    assert len(FPS.findall(out)) == 7
    assert "images/3.png: cannot be decoded" in out


def test_frames_without_boxes_are_printed_without_them(untrained):
    # Of the fresh network every box has a probability; -thresh 0 lets all of them through.
    assert frames_of(run(untrained, "film.avi", "-thresh", "0")[1])[0]
    assert not frames_of(run(untrained, "film.avi", "-thresh", "0", "-dontdraw_bbox")[1])[0]


def test_a_benchmark_goes_on_with_one_frame_until_the_time_is_over(untrained):
    _, out, _ = run(untrained, "film.avi", "-benchmark", "-time_limit_sec", ".5", "-prefix", "p")

    assert len(FPS.findall(out)) > 8
    assert not list(untrained.folder.glob("p_*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("film.avy",), "film.avy: there is no such file"),
        (("-c", 97), "camera 97: there is no such camera"),
        (("obj.names",), "this is no video that OpenCV can read"),
        (("film.avi", "-out_filename", "none/a.avi"), "none/a.avi: there is no such folder"),
        (("film.avi", "-out_filename", "a.xyz"), "a.xyz: no such video can be written"),
        (("film.avi", "-json_port", 70_000), "-json_port"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_status_2(untrained, words, message):
    status, _, err = run(untrained, *words)

    assert status == 2
    assert message in err


def test_a_port_that_is_taken_is_said_before_the_weights_are_read(untrained):
    (untrained.folder / "a.weights").unlink()
    with Server("127.0.0.1", 0, lambda _: None) as server:
        status, _, err = run(untrained, "film.avi", "-mjpeg_port", server.port)

    assert status == 2
    assert f"port {server.port} of 127.0.0.1 cannot be listened on" in err


def test_a_fault_of_the_detecting_thread_is_raised(untrained, monkeypatch):
    def fail(*_):
        raise DataError("no detection today")

    monkeypatch.setattr(demo.FrameDetector, "__call__", fail)
    status, _, err = run(untrained, "film.avi")

    assert status == 2
    assert "no detection today" in err


def two_classes():
    """Boxes of .25 and .875 x .5 of a frame, the second one beyond its left edge; 2 classes."""
    boxes = torch.tensor([[0.5, 0.5, 0.25, 0.25], [0.25, 0.5, 0.875, 0.5]])
    return Detections(boxes, torch.ones(2), torch.tensor([[0.0, 0.625], [0.5, 0.75]]))


def test_lines_name_classes_by_number_and_cut_the_corner_at_the_edge():
    # 640 x 480: left (.5 - .125) * 640 = 240, top .375 * 480 = 180, 160 wide, 120 high; the second
    # begins at (.25 - .4375) * 640 < 0 and keeps its .875 * 640 = 560 px.
    lines = object_lines(two_classes(), ("cat", "dog"), 0.25, size_hw=(480, 640), ext_output=True)
    assert lines[0] == ("dog: 62% \t(left_x:  240   top_y:  180   width:  160   height:  120)")
    assert lines[1].startswith("cat: 50% , dog: 75% \t(left_x:    0   top_y:  120   width:  560 ")
    assert object_lines(two_classes(), ("cat", "dog"), 0.7, size_hw=(1, 1)) == ["dog: 75% "]


def test_a_web_hook_is_told_the_first_class_of_each_object():
    text = post_text(two_classes(), ("cat", "dog"), 0.25, "a.mp4")

    assert text.startswith("dog, id: 1\ncat, id: 0\n\ntime:\n")
    assert text.endswith("\nvideosource:\na.mp4")
    assert post_text(two_classes(), ("cat", "dog"), 0.9, "a.mp4") == ""


def test_the_rate_is_that_of_the_last_frames_and_of_three_seconds():
    rate = FrameRate(0.0)
    for frame in range(1, 31):
        rate.frame(frame / 10)  # ten a second

    # .9 of the old and .1 of the new each time: 10 * (1 - .9 ** 30) = 9.576; 30 frames in 3 s
    assert str(rate) == "FPS:9.6 \t AVG_FPS:10.0"


def test_frames_that_come_together_are_as_fast_as_their_pass():
    rate = FrameRate(0.0, together=4)
    for frame in range(32):
        rate.frame(0.4 * (frame // 4 + 1))  # four every .4 seconds

    # 10 * (1 - .9 ** 32) = 9.657; after 29 frames 3.2 s are over, three of that pass are to come
    assert str(rate) == "FPS:9.7 \t AVG_FPS:9.1"


@pytest.fixture
def walker(monkeypatch):
    """A detector that sees one object, which goes from the left to the right in eight frames."""
    frames = iter(range(1000))

    def detect(self, pictures, **_):
        places = [0.2 + 0.08 * next(frames) for _ in pictures]
        boxes = [torch.tensor([[x, 0.5, 0.25, 0.25]]) for x in places]
        return [Detections(box, torch.ones(1), torch.tensor([[0.0, 0.75]])) for box in boxes]

    monkeypatch.setattr(Detector, "detect", detect)


def test_an_object_that_is_followed_has_its_number_everywhere(untrained, walker):
    _, out, _ = run(untrained, "film.avi", "-track", "-ext_output", "-json_file_output", "a.json")

    frames = json.loads((untrained.folder / "a.json").read_text())
    # Hidden in the first frame, shown in the second, numbered from the third: Darknet's keys.
    ids = [[one.get("track_id") for one in frame["objects"]] for frame in frames]
    assert ids == [[], [None], [1], [1], [1], [1], [1], [1]]
    assert out.count("bar: 75% \t(left_x") == 1
    assert out.count("bar: 75% (track = 1) \t(left_x") == 6


def test_what_crosses_a_line_is_said_sent_and_counted(untrained, walker):
    (untrained.folder / "z.txt").write_text("gate .5 .9 .5 .1\nfar .95 .1 .95 .9\n")
    words = ("-zones", "z.txt", "-json_file_output", "a.json", "-prefix", "p")
    _, out, _ = run(untrained, "film.avi", *words)

    # At .2, .28, ... the fifth frame (.52) is on the line, the sixth (.6) beyond it; up the line
    # the right hand is the picture's right: "in".
    frames = json.loads((untrained.folder / "a.json").read_text())
    assert [len(frame.get("crossings", ())) for frame in frames] == [0, 0, 0, 0, 0, 1, 0, 0]
    assert frames[5]["crossings"] == [
        {"zone": "gate", "direction": "in", "track_id": 1, "class_id": 1, "name": "bar"}
    ]
    assert "gate: bar 1 went in" in out
    assert "gate: bar: 1 in, 0 out\nfar: nothing crossed\n8 frames in" in out


def test_pictures_are_followed_as_frames(untrained, walker):
    words = ("obj.data", "tiny.cfg", "a.weights", "images", "-dont_show", "-zones", "z.txt")
    (untrained.folder / "z.txt").write_text("gate .5 .9 .5 .1\n")
    _, out, _ = untrained.run("detector", "test", *words, "-out", "a.json")

    last = json.loads((untrained.folder / "a.json").read_text())[-1]
    assert [one["track_id"] for one in last["objects"]] == [1]
    assert "gate: bar: 1 in, 0 out" in out
    assert "bar: 75%\t(track = 1)" in out


def test_opendatacam_reads_both_ports_and_sees_the_end(untrained, monkeypatch):
    """As its YoloDarknet starts it, read as its listenToYOLO and mjpegproxy read."""
    ports, connected = {}, threading.Event()
    streams = {"JSON": "application/json", "MJPEG": "multipart/x-mixed-replace"}
    real = demo.DemoOutputs._hold

    def held(outputs, stack, kind, port, what):
        stream = real(outputs, stack, kind, port, what)
        ports[what] = stream
        return stream

    monkeypatch.setattr(demo.DemoOutputs, "_hold", held)
    find = demo.FrameDetector.__call__

    def find_when_watched(self, frames):
        assert connected.wait(10)
        assert len(frames) == 1
        return find(self, frames)

    monkeypatch.setattr(demo.FrameDetector, "__call__", find_when_watched)
    got = {}

    def watch(what):
        connection = http.client.HTTPConnection("127.0.0.1", ports[what].server.port, timeout=10)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.headers["Content-Type"].startswith(streams[what])
        got[what] = response.read()

    def clients():
        while len(ports) < 2 or not all(ports.values()):
            pass
        threads = [threading.Thread(target=watch, args=(what,)) for what in streams]
        for thread in threads:
            thread.start()
        while not all(stream.followed for stream in ports.values()):
            pass
        connected.set()
        for thread in threads:
            thread.join()

    both = threading.Thread(target=clients)
    both.start()
    flags = ("-ext_output", "-dontdraw_bbox", "-json_port", free_port(), "-mjpeg_port", free_port())
    status, out, _ = run(untrained, "film.avi", *flags)
    both.join()

    assert status == 0
    assert "Video stream: 64 x 48 \n" in out
    assert [frame["frame_id"] for frame in json.loads(got["JSON"])] == list(range(1, 9))
    parts = got["MJPEG"].split(b"--mjpegstream\r\nContent-Type: image/jpeg\r\nContent-Length: ")
    size, jpeg = parts[1].split(b"\r\n\r\n", 1)
    assert len(jpeg) == int(size)
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (48, 64, 3)


def free_port():
    with Server("127.0.0.1", 0, lambda _: None) as server:
        return server.port


def test_a_stream_over_http_is_read_and_its_end_is_tried_again_then_given_up(untrained):
    """An MJPEG server of its own: five pictures, then it hangs up."""
    pictures = [cv2.imread(f"images/{number}.png") for number in range(5)]

    def stream(connection):
        begin_mjpeg(connection)
        for picture in pictures * 8:
            send_picture(connection, cv2.imencode(".jpg", picture)[1].tobytes())

    with Server("127.0.0.1", 0, stream) as server:
        status, out, _ = run(
            untrained, f"{server.url}a.mjpg", "-retry_sec", "0", "-json_file_output", "a.json"
        )

    assert status == 1
    assert "Video stream: 64 x 48 \n" in out
    assert f"{server.url}a.mjpg: no more frames come; trying to open it again" in out
    assert "given up after 0 seconds" in out
    assert json.loads((untrained.folder / "a.json").read_text())


def test_a_stream_that_comes_back_is_read_on(untrained):
    """The server hangs up after five pictures, each time it is asked."""
    jpegs = [cv2.imencode(".jpg", cv2.imread(f"images/{n}.png"))[1].tobytes() for n in range(5)]

    def stream(connection):
        begin_mjpeg(connection)
        for content in jpegs * 8:
            send_picture(connection, content)

    with Server("127.0.0.1", 0, stream) as server:
        words = ("-retry_sec", "20", "-time_limit_sec", "3")
        status, out, _ = run(untrained, f"{server.url}a.mjpg", *words)

    assert status == 0
    assert "trying to open it again" in out
    assert f"{server.url}a.mjpg: frames come again" in out


def test_a_live_film_keeps_time_although_frames_are_dropped(untrained, monkeypatch):
    """Of 8 frames a slow detector sees the first, third and last: each stands for its gap."""
    frames = iter((1, 3, 8))
    take = demo.Detecting._taken

    def some_only(self, count):
        following = next(frames, None)
        while following and (frame := take(self, 1)[0]).number < following:
            pass
        return [frame] if following else []

    monkeypatch.setattr(demo.Detecting, "_taken", some_only)
    run(untrained, "film.avi", "-out_filename", "a.avi", "-json_file_output", "a.json")

    assert len(json.loads((untrained.folder / "a.json").read_text())) == 3
    assert cv2.VideoCapture("a.avi").get(cv2.CAP_PROP_FRAME_COUNT) == 8


def test_a_web_hook_is_told_while_the_demo_runs(untrained, walker):
    got = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    run(untrained, "film.avi", "-http_post_host", f"127.0.0.1:{server.server_port}/hook")
    server.shutdown()
    thread.join()
    server.server_close()

    # A text for each frame, fewer where the other side is slower.
    assert 1 <= len(got) <= 8
    assert got[-1].startswith("bar, id: 1\n\ntime:\n")
    assert got[-1].endswith("videosource:\nfilm.avi")


def test_ctrl_c_ends_with_complete_files(untrained, monkeypatch):
    monkeypatch.setattr(passes, "_FRAMES", 4)
    find, calls = demo.FrameDetector.__call__, []

    def find_until_somebody_has_enough(self, frames):
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return find(self, frames)

    monkeypatch.setattr(demo.FrameDetector, "__call__", find_until_somebody_has_enough)
    files = ("-json_file_output", "a.json", "-out_filename", "a.avi")
    status, out, _ = run(untrained, "film.avi", *files)

    assert status == 130
    assert "output_video_writer closed. \n" in out
    count = len(json.loads((untrained.folder / "a.json").read_text()))
    assert cv2.VideoCapture("a.avi").get(cv2.CAP_PROP_FRAME_COUNT) == count < 8


def test_memory_stays_flat(untrained):
    writer = cv2.VideoWriter("long.avi", cv2.VideoWriter_fourcc(*"MJPG"), 25, (640, 480))
    for number in range(80):
        writer.write(np.full((480, 640, 3), number, np.uint8))
    writer.release()

    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    words = ("obj.data", "tiny.cfg", "a.weights", "long.avi")
    frames = demo.run(*words, dont_show=True, nogpu=True, track=True)
    seen = (event for event in frames if "AVG_FPS" in str(event))
    for _ in range(20):
        next(seen)
    before = resident()
    for _ in range(60):
        next(seen)

    # Kept, 60 frames of 640 * 480 * 3 bytes would be 55 MB; over 1000 frames it was below 4.
    assert resident() - before < 15e6


def test_the_first_of_several_gpus_computes():
    assert DemoFlags(gpus="1,0").first_gpu == 1
    assert DemoFlags().first_gpu is None
    with pytest.raises(UsageError, match="-gpus all: numbers of GPUs are 0 or 0,1"):
        DemoFlags(gpus="all")


def test_an_unknown_address_is_a_sentence(untrained):
    status, _, err = run(untrained, "http://127.0.0.1:9/a.mjpg")

    assert status == 2
    assert "http://127.0.0.1:9/a.mjpg: no picture came from there" in err
