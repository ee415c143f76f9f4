"""A real browser, without a screen: Chromium, spoken to by its DevTools protocol."""

import contextlib
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import websockets.sync.client

from limen import wait_for


class Browser:
    """One tab with cookies of its own.  All names under .localhost are this machine."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chromium"))
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--ignore-certificate-errors", "--remote-debugging-port=0",
                 f"--user-data-dir={self.folder}/profile", "about:blank"],
                stdout=log, stderr=log, env={**os.environ, "HOME": str(self.folder)})
        self.numbers = itertools.count(1)
        self.open_ones = contextlib.ExitStack()
        self.documents = []  # (status, URL) of what the tab was shown, redirects left out
        try:
            port, path = wait_for(self.address, 30)
            self.socket = self.open_ones.enter_context(
                websockets.sync.client.connect(f"ws://127.0.0.1:{port}{path}", max_size=None))
            tab = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = {"sessionId": self.call("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]}
            for domain in ("Network", "Page", "Runtime"):
                self.call(f"{domain}.enable")
        except BaseException:
            self.close()
            raise

    session = {}

    def address(self):
        file = self.folder / "profile/DevToolsActivePort"
        return file.read_text().split() if file.exists() and len(file.read_text().split()) == 2 else None

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters, **self.session}))
        while True:
            message = json.loads(self.socket.recv(timeout=20))
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            if message.get("method") == "Network.responseReceived" and message["params"]["type"] == "Document":
                response = message["params"]["response"]
                self.documents.append((response["status"], response["url"]))

    def run(self, script):
        """Of an expression in the page."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def settled(self):
        return self.run("document.readyState") == "complete"

    def show(self, act):
        """What `act` makes the tab show, as (status, URL), once redirects have come to an end."""
        before = len(self.documents)
        act()
        wait_for(lambda: self.settled() and len(self.documents) > before, 20)
        return self.documents[-1]

    def open(self, url):
        return self.show(lambda: self.call("Page.navigate", url=url))

    def text(self):
        return self.run("document.body.innerText")

    def cookies(self, url):
        """By name, with their attributes."""
        return {cookie["name"]: cookie for cookie in self.call("Network.getCookies", urls=[url])["cookies"]}

    def set_cookie(self, url, name, value):
        self.call("Network.setCookie", url=url, name=name, value=value, secure=True, httpOnly=True)

    def forget(self):
        self.call("Network.clearBrowserCookies")

    def close(self):
        self.open_ones.close()
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
