"""A real HTTP server on loopback that takes prompt embeddings as vLLM documents them, and really generates.

Decoding follows vLLM's ``vllm/renderers/embed_utils.py`` and is stricter where that mends silently: one dense
tensor (T, D) in the served model's own number type, nothing else in the file. Answers come as server-sent
events. Parts of a message are joined by line breaks, as vLLM does for chat templates that take strings.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch

from mm_agent.local.loaded import LoadedModel

HOLDER = "<prompt_embeds>"
_OVERHEAD = 4096  # bytes of a file around its numbers


class Refused(Exception):
    """A body that vLLM answers with 400."""


@dataclass
class SoftServer:
    """``bodies`` are the requests, ``tensors`` what was decoded from them, in order."""

    loaded: LoadedModel
    bodies: list[dict[str, Any]] = field(default_factory=list)
    tensors: list[torch.Tensor] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def decode(self, data: Any) -> torch.Tensor:
        """A tensor from the wire, or Refused."""
        if not isinstance(data, str) or not data:
            raise Refused("prompt_embeds content part requires a non-empty `data` field")
        try:
            raw = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise Refused(f"not base64: {error}") from error
        tensor = torch.load(io.BytesIO(raw), weights_only=True, map_location="cpu")
        model = self.loaded.model
        if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided or tensor.ndim != 2:
            raise Refused("`prompt_embeds` must be a dense 2D tensor of shape (num_tokens, hidden_size)")
        if tensor.shape[1] != model.config.hidden_size:
            raise Refused(
                f"`prompt_embeds` hidden_size {tensor.shape[1]} does not match the model's hidden_size "
                f"{model.config.hidden_size}."
            )
        if tensor.dtype != model.dtype:
            raise Refused(f"`prompt_embeds` dtype {tensor.dtype} is not {model.dtype}")
        if len(raw) > tensor.nbytes + _OVERHEAD:
            raise Refused(f"{len(raw)} bytes for a tensor of {tensor.nbytes}")
        self.tensors.append(tensor)
        return tensor

    def chat(self, body: dict[str, Any]) -> torch.Tensor:
        """The prompt (T, D) of a chat request."""
        soft: list[torch.Tensor] = []
        turns = [{**turn, "content": self._content(turn["content"], soft)} for turn in body["messages"]]
        text = self.loaded.tokenizer.apply_chat_template(
            turns, tools=body.get("tools"), tokenize=False, add_generation_prompt=True
        )
        pieces = str(text).split(HOLDER)
        rows = [self._embed(pieces[0])]
        for tensor, piece in zip(soft, pieces[1:], strict=True):
            rows += [tensor, self._embed(piece)]
        return torch.cat(rows)

    def _content(self, content: Any, soft: list[torch.Tensor]) -> str:
        texts = []
        for part in [{"type": "text", "text": content or ""}] if not isinstance(content, list) else content:
            if part["type"] == "prompt_embeds":
                soft.append(self.decode(part.get("data")))
                texts.append(HOLDER)
            elif part["type"] == "text":
                texts.append(part["text"])
            else:
                raise Refused(f"Unknown part type: {part['type']}")
        return "\n".join(texts)

    def _embed(self, text: str) -> torch.Tensor:
        ids = self.loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
        return self.loaded.model.get_input_embeddings()(torch.tensor(ids, dtype=torch.long))

    @torch.no_grad()
    def pieces(self, prompt: torch.Tensor, tokens: int) -> list[str]:
        """A greedy answer to a prompt (T, D), in pieces."""
        out = self.loaded.model.generate(  # pyright: ignore[reportCallIssue]
            inputs_embeds=prompt[None],
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            max_new_tokens=tokens,
            pad_token_id=0,
        )
        said = [token for token in out[0].tolist() if token not in self.loaded.unspoken]
        text = str(self.loaded.tokenizer.decode(said)).rstrip("\ufffd")
        return [text[index : index + 3] for index in range(0, len(text), 3)]


@contextmanager
def soft_server(loaded: LoadedModel) -> Iterator[SoftServer]:
    """Serve a model until the block ends."""
    state = SoftServer(loaded)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: SoftServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.bodies.append(body)
            try:
                with torch.no_grad():
                    chats = self.path == "/v1/chat/completions"
                    if body.get("prompt") == "":  # vLLM 0.32 answers it beside the embeddings
                        raise Refused("The decoder prompt cannot be empty")
                    prompt = state.chat(body) if chats else state.decode(body.get("prompt_embeds"))
            except Refused as refusal:
                return self._send(400, "application/json", json.dumps({"error": {"message": str(refusal)}}))
            pieces = state.pieces(prompt, body.get("max_tokens") or body.get("max_completion_tokens") or 16)
            usage = {"prompt_tokens": len(prompt), "completion_tokens": 16, "total_tokens": len(prompt) + 16}
            if not body.get("stream"):
                message = {"role": "assistant", "content": "".join(pieces)}
                choice = {"index": 0, "finish_reason": "stop", "message": message}
                whole = {"id": "x", "object": "chat.completion", "created": 0, "model": "tiny"}
                return self._send(
                    200, "application/json", json.dumps({**whole, "choices": [choice], "usage": usage})
                )
            events = [_event(chats, piece) for piece in pieces]
            last = {**_event(chats, "", finish="stop"), "usage": usage}
            lines = "".join(f"data: {json.dumps(event)}\n\n" for event in (*events, last))
            return self._send(200, "text/event-stream", lines + "data: [DONE]\n\n")

        def _send(self, status: int, kind: str, text: str) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def _event(chats: bool, piece: str, *, finish: str | None = None) -> dict[str, Any]:
    said = {"delta": {"role": "assistant", "content": piece}} if chats else {"text": piece}
    kind = "chat.completion.chunk" if chats else "text_completion"
    choice = {"index": 0, "finish_reason": finish, **said}
    return {"id": "x", "object": kind, "created": 0, "model": "tiny", "choices": [choice]}
