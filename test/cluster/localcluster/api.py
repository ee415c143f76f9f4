"""What the node asks of the API server: requests over connections that are kept, and watches."""

import http.client
import json
import queue
import ssl
import threading
import time
from urllib.parse import urlencode

from kube_parts import TOKEN

from .config import API_PORT

STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"


class ApiError(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status}: {text[:300]}")
        self.status = status


class Client:
    def __init__(self, config):
        self.host = config.node
        self.tls = ssl.create_default_context(cafile=str(config.certificates / "ca.crt"))
        self.idle = queue.LifoQueue()

    def connect(self, timeout=30):
        return http.client.HTTPSConnection(self.host, API_PORT, context=self.tls, timeout=timeout)

    def request(self, method, path, body=None, content_type="application/json"):
        """The answer's text.  OSError: the server can't be reached."""
        data = None if body is None else json.dumps(body)
        for last in (False, False, True):  # the server may have closed a connection that was kept
            try:
                connection = self.connect() if last else self.idle.get_nowait()
            except queue.Empty:
                connection = self.connect()
            try:
                connection.request(method, path, data, {"Authorization": f"Bearer {TOKEN}", "Content-Type": content_type})
                answer = connection.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if last:
                    raise OSError(f"{method} {path}: {error!r}") from error
                continue
            self.idle.put(connection)
            if answer.status == 429 and not last:
                time.sleep(1)
                continue
            if answer.status >= 400:
                raise ApiError(answer.status, text)
            return text

    def get(self, path):
        return json.loads(self.request("GET", path))

    def create(self, path, body):
        return json.loads(self.request("POST", path, body))

    def patch(self, path, body, content_type=MERGE):
        return json.loads(self.request("PATCH", path, body, content_type))

    def delete(self, path, body=None):
        self.request("DELETE", path, body)


class Store(threading.Thread):
    """The objects of a kind, kept up to date.

    on_event(what, object), what is ADDED, MODIFIED or DELETED, is called on the store's thread; objects that are gone
    after another listing are DELETED, too.
    """

    def __init__(self, client, path, on_event, selector=None):
        super().__init__(daemon=True, name=f"watch {path}")
        self.client, self.path, self.on_event = client, path, on_event
        self.selector = {"fieldSelector": selector} if selector else {}
        self.items = {}  # by namespace and name
        self.start()

    def get(self, namespace, name):
        return self.items.get((namespace, name))

    def run(self):
        while True:
            try:
                listing = self.client.get(f"{self.path}?{urlencode(self.selector)}")
                self.replace(listing.get("items") or [])
                self.follow(listing["metadata"]["resourceVersion"])
            except (OSError, http.client.HTTPException, ApiError, ValueError) as error:
                print(f"watch {self.path}: {error!r}", flush=True)
                time.sleep(1)

    @staticmethod
    def key(item):
        return item["metadata"].get("namespace"), item["metadata"]["name"]

    def replace(self, items):
        uids = {item["metadata"]["uid"] for item in items}
        for item in [item for item in self.items.values() if item["metadata"]["uid"] not in uids]:
            self.take("DELETED", item)
        for item in items:
            self.take("MODIFIED" if self.key(item) in self.items else "ADDED", item)

    def take(self, what, item):
        if what == "DELETED":
            self.items.pop(self.key(item), None)
        else:
            self.items[self.key(item)] = item
        self.on_event(what, item)

    def follow(self, version):
        """Until the server says that the version is too old."""
        while True:
            connection = self.client.connect(timeout=330)
            try:
                query = {**self.selector, "watch": "1", "allowWatchBookmarks": "1", "resourceVersion": version,
                         "timeoutSeconds": "300"}
                connection.request("GET", f"{self.path}?{urlencode(query)}", headers={"Authorization": f"Bearer {TOKEN}"})
                answer = connection.getresponse()
                if answer.status != 200:
                    raise ApiError(answer.status, answer.read().decode())
                while line := answer.readline():
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        return
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] != "BOOKMARK":
                        self.take(event["type"], event["object"])
            finally:
                connection.close()
