"""A headless Chromium over the pipes of its DevTools protocol: no port, no library, a profile of its own."""

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import pytest

DEADLINE = 90.0
"""Seconds for any answer: a loaded machine needs long to start a browser."""
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--password-store=basic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
    "about:blank",
)
# The protocol's pipes are file descriptors 3 and 4; moved there after the fork, by a process without threads.
_SHIM = """
import fcntl, os, sys
reads, writes = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3])
os.dup2(reads, 3)
os.dup2(writes, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""


class BrowserError(Exception):
    """The browser ended, did not answer in time, or refused a command."""


def chromium():
    """Path of a Chromium. Without one, tests fail where the environment says CI=true, else they are skipped."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        why = f"no browser: none of {', '.join(NAMES)} is installed, so the pages cannot be looked at"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return found


class Browser:
    """A running one; `close` ends its whole process group and removes its profile."""

    def __init__(self, path):
        self._folder = tempfile.TemporaryDirectory(prefix="interplay-browser-", ignore_cleanup_errors=True)
        profile = Path(self._folder.name)
        self._log = profile / "log"
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self._out, self._in = ours_out, ours_in
        environment = os.environ | {
            "HOME": str(profile),
            "XDG_CONFIG_HOME": str(profile),
            "XDG_CACHE_HOME": str(profile),
        }
        environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SHIM, str(theirs_in), str(theirs_out), path, *FLAGS, f"--user-data-dir={profile / 'p'}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                pass_fds=(theirs_in, theirs_out), start_new_session=True,
            )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._rest, self._number, self._messages = b"", 0, deque()
        self.events = []
        try:
            self.version = self.call("Browser.getVersion")["product"]
        except BaseException:
            self.close()
            raise

    def page(self, **settings):
        return Tab(self, **settings)

    def call(self, method, session=None, **params):
        """The answer to a command; events that come before it are kept in `events`."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        self._write(json.dumps(message).encode() + b"\0")
        end = time.monotonic() + DEADLINE
        while True:
            answer = self._next(end, method)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def wait(self, method, session):
        """The first event of that name, also one that came before."""
        end = time.monotonic() + DEADLINE
        while True:
            for event in self.events:
                if event["method"] == method and event.get("sessionId") == session:
                    return event["params"]
            message = self._next(end, method)
            if "method" in message:
                self.events.append(message)

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for end in (self._in, self._out):
            os.close(end)
        self._folder.cleanup()

    def _write(self, data):
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except BrokenPipeError:
            raise BrowserError(self._ended("has ended")) from None

    def _next(self, end, waiting):
        while not self._messages:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise BrowserError(self._ended(f"did not answer to {waiting} within {DEADLINE:g} s"))
            if not (data := os.read(self._in, 1 << 20)):
                raise BrowserError(self._ended(f"ended before it answered to {waiting}"))
            *whole, self._rest = (self._rest + data).split(b"\0")
            self._messages += (json.loads(one) for one in whole)
        return self._messages.popleft()

    def _ended(self, what):
        return f"the browser {what}\n{self._log.read_text(errors='replace')[-3000:]}"


class Tab:
    """A page in a context of its own, which has loaded a file or an address."""

    def __init__(self, browser, *, file=None, url=None, width=1280, height=900, dark=False, media="screen"):
        self._browser = browser
        self.url = url or Path(file).resolve().as_uri()
        self._context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=self._context)["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.call("Page.navigate", url=self.url)
        browser.wait("Page.loadEventFired", self._session)

    def call(self, method, **params):
        return self._browser.call(method, self._session, **params)

    def run(self, script):
        """The value of an expression, which may be a promise."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise BrowserError(str(done["exceptionDetails"]))
        return done["result"].get("value")

    def press(self, key, code, **fields):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **fields)

    def complaints(self):
        """What the page wrote to its console, and what it raised."""
        told = []
        for event in self._own():
            params = event["params"]
            if event["method"] == "Log.entryAdded":
                told.append(params["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled":
                told.append(str([one.get("value") for one in params["args"]]))
            elif event["method"] == "Runtime.exceptionThrown":
                told.append(params["exceptionDetails"]["text"])
        return told

    def requests(self):
        """Addresses that were asked for, but for the page itself."""
        asked = [one["params"]["request"]["url"] for one in self._own() if one["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if url.partition("#")[0] != self.url]

    def screenshot(self):
        """The whole page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def close(self):
        self._browser.call("Target.disposeBrowserContext", browserContextId=self._context)

    def _own(self):
        self.call("Runtime.evaluate", expression="0")
        return [event for event in self._browser.events if event.get("sessionId") == self._session]
