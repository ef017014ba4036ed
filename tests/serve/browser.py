"""A headless Chromium, told what to do through two pipes (its --remote-debugging-pipe)."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)


class Browser:
    """One page of one browser, a context manager."""

    def __init__(self, url: str, width: int, height: int, *, dark: bool = False) -> None:
        self.profile = tempfile.mkdtemp(prefix="darkpy-chromium-")
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        # The browser reads its orders from 3 and answers on 4.
        high = [fcntl.fcntl(end, fcntl.F_DUPFD, 100) for end in (to_read, to_write)]
        self._process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(3, 4), preexec_fn=lambda: (os.dup2(high[0], 3), os.dup2(high[1], 4)),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for end in high:
            os.close(end)
        os.close(to_read)
        os.close(to_write)
        self._number, self._rest, self._session = 0, b"", None
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        phone = width < 600
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, mobile=phone,
                 deviceScaleFactor=2 if phone else 1)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask("Page.navigate", url=url)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its answer."""
        self._number += 1
        order = {"id": self._number, "method": method, "params": params}
        if self._session:
            order["sessionId"] = self._session
        os.write(self._out, json.dumps(order).encode() + b"\0")
        while True:
            while b"\0" not in self._rest:
                piece = os.read(self._in, 1 << 20)
                assert piece, "the browser ended"
                self._rest += piece
            text, _, self._rest = self._rest.partition(b"\0")
            answer = json.loads(text)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def value(self, expression: str) -> Any:
        """What a line of JavaScript gives."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str, seconds: float = 60) -> Any:
        """The value of an expression once it is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := self.value(expression):
                return found
            time.sleep(0.2)
        raise AssertionError(f"{expression} never came true")

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Write what the page looks like as PNG."""
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self.profile, ignore_errors=True)
