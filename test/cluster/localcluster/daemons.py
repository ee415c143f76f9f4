"""Processes on record. One is only ever signalled while both its id and its start time are those of the record."""

import json
import os
import pathlib
import signal
import subprocess
import time


def start_time(pid):
    """In clock ticks since boot; None: it is gone, or a zombie."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[19])


def inside(netns, *command):
    """The command, for the network namespace of that name."""
    return ["nsenter", f"--net=/run/netns/{netns}", "--", *map(str, command)]


def spawn(config, name, command, env=None):
    """Starts it in the cluster's network namespace, with a log of that name."""
    config.logs.mkdir(parents=True, exist_ok=True)
    with open(config.logs / f"{name}.log", "ab") as log:
        process = subprocess.Popen(inside(config.name, *command), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True, cwd="/", env={**os.environ, **(env or {})})
    record(config, name, process.pid)


def record(config, name, pid):
    config.run.mkdir(parents=True, exist_ok=True)
    (config.run / f"{name}.json").write_text(json.dumps({"pid": pid, "start": start_time(pid)}))


def pid_of(path):
    """Of the process on record, if it lives."""
    try:
        content = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    lives = content["start"] is not None and start_time(content["pid"]) == content["start"]
    return content["pid"] if lives else None


def send(path, number):
    pid = pid_of(path)
    if pid is not None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def await_end(paths, seconds):
    end = time.monotonic() + seconds
    while any(pid_of(path) for path in paths) and time.monotonic() < end:
        time.sleep(0.05)


def stop(paths, seconds):
    """Asks them to end, ends those that have not after that time, and forgets the records.  0: does not ask."""
    known = [path for path in paths if path.exists()]
    for path in known if seconds else []:
        send(path, signal.SIGTERM)
    await_end(known, seconds)
    for path in known:
        send(path, signal.SIGKILL)
    await_end(known, 5)
    for path in known:
        path.unlink(missing_ok=True)
