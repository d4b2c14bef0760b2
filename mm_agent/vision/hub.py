"""Fetching a checkpoint from the Hugging Face hub: the local copy first, safetensors only."""

from __future__ import annotations

from pathlib import Path

from mm_agent.errors import CheckpointError

_WANTED = ["*.json", "*.safetensors", "*.model", "*.txt"]
_UNWANTED = ["open_clip*", "onnx/*", "*/*"]  # other formats of the same weights, and subfolders


def fetch(repo: str) -> Path:
    """Local folder of the hub repository `repo` ("owner/name"), downloading it when it is not cached.

    A complete cached copy is used without asking the network, so that a second run works offline.

    Raises:
        CheckpointError: the hub cannot be reached, or knows no such public repository.
    """
    return _cached(repo) or _download(repo)


def _cached(repo: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(repo, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    return folder if any(folder.glob("*.safetensors")) else None


def _download(repo: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return Path(snapshot_download(repo, allow_patterns=_WANTED, ignore_patterns=_UNWANTED))
    except RepositoryNotFoundError as error:
        raise CheckpointError(
            f"the Hugging Face hub has no public repository {repo!r}; "
            "check the name, or log in for a gated one"
        ) from error
    except Exception as error:  # the hub client's HTTP library, and so its errors, differ by release
        raise CheckpointError(
            f"cannot fetch {repo!r} from the Hugging Face hub ({type(error).__name__}), and it is not "
            "cached here; "
            f"on a machine with a network run `hf download {repo} --local-dir DIR`, then pass DIR"
        ) from error
