"""Every error this package raises on purpose.

    MMAgentError
    ├── SettingsError            a setting or option that makes no sense
    │   └── LLMSpecError         an --llm spec that cannot be read, or whose key is missing
    ├── MissingDependency        an extra, a kernel or a system library is not installed
    ├── MediaError               a picture or clip cannot be used
    │   ├── MediaNotFound        no such file, URL or handle
    │   ├── MediaRefused         the media policy says no (size, host, root, pixels)
    │   └── MediaDecodeError     the bytes are not a picture this package can read
    ├── VisionError              the vision encoder cannot do what was asked
    │   ├── CheckpointError      a checkpoint is missing, foreign or inconsistent
    │   ├── ShapeError           an array or tensor of the wrong shape
    │   └── FingerprintMismatch  something made with another encoder
    ├── ProjectionError          evidence cannot be put into words within the budget
    │   ├── PromptFileError      a prompt file is missing or its variables do not match
    │   └── ProjectorError       a projector does not fit, is damaged, or gives numbers that are none
    ├── FinetuneError            training data that cannot be used, or a run that cannot go on
    ├── EvalError                an evaluation suite, log or data set that cannot be used
    ├── ToolInputError           a tool call the model can mend; reaches it as a tool message
    └── AgentError               the agent or its language model failed
        ├── LocalModelError      a language model in this process cannot be loaded or cannot do what was asked
        ├── Stopped              a person stopped the answer
        └── ConversationError    a kept conversation cannot be opened, found or saved

Each message is one line: what was wrong, what was got, how to fix it.
"""

from __future__ import annotations


class MMAgentError(Exception):
    """Base of every error raised on purpose; its message is one line that says how to fix it."""


class SettingsError(MMAgentError):
    """A setting or option that makes no sense."""


class LLMSpecError(SettingsError):
    """An ``--llm`` spec that cannot be read, or whose key is missing."""


class MissingDependency(MMAgentError):
    """An extra, an attention kernel or a system library is not installed."""


class MediaError(MMAgentError):
    """A picture or clip cannot be used."""


class MediaNotFound(MediaError):
    """No such file, URL or handle."""


class MediaRefused(MediaError):
    """The media policy says no: size, host, root, pixels or time."""


class MediaDecodeError(MediaError):
    """The bytes are not a picture this package can read."""


class VisionError(MMAgentError):
    """The vision encoder cannot do what was asked."""


class CheckpointError(VisionError):
    """A checkpoint is missing, foreign or inconsistent."""


class ShapeError(VisionError):
    """An array or tensor of the wrong shape."""


class FingerprintMismatch(VisionError):
    """Something made with another encoder was used with this one."""


class ProjectionError(MMAgentError):
    """Evidence cannot be put into words within the budget."""


class PromptFileError(ProjectionError):
    """A prompt file is missing, or its variables do not match."""


class ProjectorError(ProjectionError):
    """A projector does not fit its encoder or language model, is damaged, or gives numbers that are none."""


class FinetuneError(MMAgentError):
    """Training data that cannot be used, or a run that cannot go on."""


class EvalError(MMAgentError):
    """An evaluation suite, log or data set that cannot be used."""


class ToolInputError(MMAgentError):
    """A tool call the model can mend; its message reaches the model as a tool message."""


class AgentError(MMAgentError):
    """The agent or its language model failed."""


class LocalModelError(AgentError):
    """A language model in this process cannot be loaded, or cannot do what was asked of it."""


class Stopped(AgentError):
    """A person stopped the answer before its end; the conversation goes on."""


class ConversationError(AgentError):
    """A kept conversation cannot be opened, found or saved."""
