#!/usr/bin/env python3
"""Edits while a client hammers a real Envoy: counts answers that neither configuration would give.

Usage: LIMEN=build/release/src/ctl/limen edits_under_load.py EDITS
"""

import collections
import json
import pathlib
import shutil
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "process"))

from limen import Echo, Limen, wait_for  # noqa: E402


def main() -> int:
    edits = int(sys.argv[1])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="limen"))
    limen, backends = Limen(folder), [Echo("a"), Echo("b")]
    answers, ended = collections.Counter(), threading.Event()

    def hammer():
        while not ended.is_set():
            try:
                answer = limen.get()
                answers[answer.status, json.loads(answer.text)["backend"] if answer.status == 200 else None] += 1
            except (OSError, ValueError) as error:
                answers[repr(error), None] += 1

    try:
        limen.gateway()
        for backend in backends:
            limen.write(f"{backend.name}.yaml", backend.yaml())
        to = lambda name: [{"backendRefs": [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name}]}]
        limen.route("r", to("a"))
        limen.start()
        limen.wait_status(200)
        clients = [threading.Thread(target=hammer) for _ in range(4)]
        for client in clients:
            client.start()
        for i in range(edits):
            name = "ba"[i % 2]
            limen.route("r", to(name))
            if i % 2 == 0:  # every second edit is waited for; the others pile up
                wait_for(lambda: limen.get().json["backend"] == name)
        wait_for(lambda: limen.get().json["backend"] == name)
        ended.set()
        for client in clients:
            client.join()
    finally:
        ended.set()
        limen.stop()
        for backend in backends:
            backend.close()
        shutil.rmtree(folder)
    wrong = {key: count for key, count in answers.items() if key not in ((200, "a"), (200, "b"))}
    print(f"{edits} edits under load: {sum(answers.values())} answers, {sum(wrong.values())} wrong {wrong or ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
