"""What the web chat's page does over HTTP, without a browser: uploads, asks, and follows the answer."""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

import httpx
from gradio_client.utils import apply_diff
from PIL import Image

ROOT = Path(__file__).parents[1]
API = "/gradio_api"
SECONDS = 120.0


class WebServer:
    """``mm-agent serve web`` as a program, with a data folder of its own."""

    def __enter__(self) -> Self:
        """Start it, and wait until it can be used."""
        self._folder = tempfile.TemporaryDirectory()
        paths = os.pathsep.join((str(ROOT), str(ROOT / "tools")))
        memory = str(Path(self._folder.name) / "conversations.sqlite")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mm_agent.cli", "serve", "web", "--port", "0"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths, "MM_AGENT_MEMORY": memory},
        )
        lines = []
        for line in self._process.stderr or ():
            lines.append(line)
            if found := re.search(r"web chat at (http://\S+:\d+)", line):
                self.url = found.group(1)
                return self
        raise RuntimeError(f"the server did not start: {''.join(lines)}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate(timeout=60)
        self._folder.cleanup()

    def cpu_seconds(self) -> float:
        """Processor time it has used, in seconds."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class WebPage:
    """One visitor's page, with the stream of events that a browser keeps open."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=SECONDS, trust_env=False)
        self._http.get("/").raise_for_status()
        self._events = _events(self._http.get("/config").raise_for_status().json())
        self._page = secrets.token_hex(5)
        self._files: list[dict[str, Any]] = []
        self._news: defaultdict[str, SimpleQueue[dict[str, Any]]] = defaultdict(SimpleQueue)
        self._join("stay", [])
        threading.Thread(target=self._listen, daemon=True).start()

    def add(self, picture: Image.Image) -> None:
        """Upload a picture, for the next question."""
        data = io.BytesIO()
        picture.save(data, "PNG")
        files = {"files": ("picture.png", data.getvalue(), "image/png")}
        [path] = self._http.post(f"{API}/upload", files=files).raise_for_status().json()
        meta = {"_type": "gradio.FileData"}
        self._files.append({"path": path, "orig_name": "picture.png", "meta": meta})

    def ask(self, question: str) -> str:
        """Ask, and follow the answer to its end; its last words."""
        files, self._files = self._files, []
        self._result(self._join("send", [{"text": question, "files": files}]))
        shown = self._result(self._join("follow", []))
        [last] = [part["text"] for part in shown[1][-1]["content"]]
        return last

    def close(self) -> None:
        """Leave."""
        self._http.close()

    def _join(self, event: str, data: list[Any]) -> str:
        body = {"data": data, "fn_index": self._events[event], "session_hash": self._page}
        return self._http.post(f"{API}/queue/join", json=body).raise_for_status().json()["event_id"]

    def _listen(self) -> None:
        try:
            with self._http.stream(
                "GET", f"{API}/queue/data", params={"session_hash": self._page}, timeout=None
            ) as stream:
                for line in stream.iter_lines():
                    if line.startswith("data:"):
                        said = json.loads(line[5:])
                        self._news[said.get("event_id") or ""].put(said)
        except httpx.HTTPError:
            return  # the page was left, or the server has ended

    def _result(self, event: str) -> list[Any]:
        """An event's last outputs; of a stream of them, the first is whole and the rest are differences."""
        outputs: list[Any] = []
        while True:
            said = self._news[event].get(timeout=SECONDS)
            if said["msg"] == "process_generating":
                new = said["output"]["data"]
                pairs = zip(outputs, new, strict=True) if outputs else ()
                outputs = [apply_diff(before, change) for before, change in pairs] or new
            elif said["msg"] == "process_completed":
                if not said["success"]:
                    raise RuntimeError(f"the page shows an error: {said['output']}")
                return outputs or said["output"]["data"]


def _events(config: dict[str, Any]) -> dict[str, int]:
    """The page's events that are needed here, by what they do."""
    names = {part["id"]: part["props"].get("elem_id") for part in config["components"]}
    found: dict[str, int] = {}
    for event in config["dependencies"]:
        if any(names.get(part) == "box" and what == "submit" for part, what in event["targets"]):
            found["send"] = event["id"]
        if any(what == "load" for _, what in event["targets"]) and not event["outputs"]:
            found["stay"] = event["id"]
    [found["follow"]] = [
        event["id"] for event in config["dependencies"] if event["trigger_after"] == found["send"]
    ]
    return found
