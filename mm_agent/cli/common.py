"""What every verb shares: options, settings, encoder, and the edge where errors become one line."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from mm_agent.errors import MMAgentError

if TYPE_CHECKING:
    from mm_agent.media.store import MediaStore
    from mm_agent.settings import Settings
    from mm_agent.vision.encoder import SiglipEncoder

Function = TypeVar("Function", bound=Callable[..., Any])

DTYPES = ("auto", "float32", "bfloat16", "float16")
KERNELS = ("auto", "sdpa", "eager", "flash_attention_2", "flash_attention_3", "flash_attention_4")


class Call:
    """One command call: the options it was given, and what is made from them when first needed."""

    def __init__(self) -> None:
        self.overrides: dict[str, str] = {}
        self.as_json = False
        self.failed = False

    @cached_property
    def settings(self) -> Settings:
        """The settings with this call's options over them."""
        from mm_agent.settings import load_settings

        return load_settings(self.overrides)

    @cached_property
    def encoder(self) -> SiglipEncoder:
        """The vision encoder, loaded without the libraries' own progress bars and warnings."""
        from mm_agent.cli.waiting import Waiting

        settings = self.settings
        with Waiting(sys.stderr, "loading …"):
            hush_libraries()
            from mm_agent.vision.encoder import SiglipEncoder

            return SiglipEncoder.from_pretrained(
                settings.vision,
                device=settings.device,
                dtype=settings.dtype,
                attn=settings.attn,
                cache_dir=settings.cache_dir,
            )

    def new_store(self) -> MediaStore:
        """An empty media store: the user opens what the settings allow, a model no local files."""
        from mm_agent.serve.session import new_store

        return new_store(self.settings)

    def language(self, *texts: str) -> Literal["en", "zh"]:
        """The language of the answer: the one set, else that of the given texts, else English."""
        if self.settings.language != "auto":
            return self.settings.language
        from mm_agent.prompt_files import detect_language

        return detect_language(" ".join(texts))

    def emit(self, document: dict[str, Any], text: str) -> None:
        """Print the result: one JSON document, or text."""
        if self.as_json:
            echo_json(document)
        else:
            click.echo(text)

    def remark(self, line: str | None) -> None:
        """A line beside the result, on stderr; nothing with ``--json``, where the document carries it."""
        if line and not self.as_json:
            click.secho(_wrapped(line), err=True, dim=True)

    def reject(self, source: str, error: MMAgentError) -> str:
        """Report one bad picture among several and remember to exit with 1; returns the message."""
        self.failed = True
        message = one_line(error)
        complain(message if source in message else f"{source}: {message}")
        return message


pass_call = click.make_pass_decorator(Call, ensure=True)


class Verb(click.Command):
    """A command whose errors are one line on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; exit 1 when any of its pictures was bad, 130 after Ctrl-C."""
        call = ctx.ensure_object(Call)
        try:
            result = super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(130)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # click ends quietly when the reader of a pipe is gone
            if os.environ.get("MM_AGENT_TRACEBACK"):
                raise
            raise Failure(_explain(error), as_json=call.as_json) from error
        if call.failed:
            ctx.exit(1)
        return result


class Failure(click.ClickException):
    """The end of a call that could not be answered; with ``--json`` stdout still gets one document."""

    exit_code = 1

    def __init__(self, message: str, *, as_json: bool) -> None:
        super().__init__(message)
        self.as_json = as_json

    def show(self, file: Any = None) -> None:
        """Print the line, and the document if one is due."""
        complain(self.message)
        if self.as_json:
            echo_json({"error": self.message})


def encoder_options(function: Function) -> Function:
    """The options that choose the encoder; their values land in ``Call``, not in the function's arguments."""
    for option in reversed(
        (
            _setting(
                "--vision",
                "SPEC",
                "Vision checkpoint: photo, demo, an alias like siglip2-so400m, hub:owner/name or a folder.",
            ),
            _setting("--device", "NAME", "Where the encoder runs: auto, cpu, cuda, cuda:1, mps."),
            _setting("--dtype", click.Choice(DTYPES), "Number format of the encoder."),
            _setting("--attn", click.Choice(KERNELS), "Attention kernel."),
        )
    ):
        function = option(function)
    return function


def common_options(function: Function) -> Function:
    """The options of every verb that gives a result: those of the encoder, and ``--json``."""
    return encoder_options(as_json_option(function))


def as_json_option(function: Function) -> Function:
    """``--json``."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_keep_json,
        help="Print one JSON document on stdout.",
    )(function)


def head_option(function: Function) -> Function:
    """``--head``, for verbs whose tools may look with a domain head."""
    return _setting(
        "--head",
        "FOLDER",
        "Domain head (of mm-agent finetune classify) that becomes the tool classify_domain.",
    )(function)


def language_option(function: Function) -> Function:
    """``--language``, for verbs whose answer has words."""
    return _setting(
        "--language", click.Choice(("auto", "en", "zh")), "Language of the answer; auto: that of the text."
    )(function)


def llm_option(function: Function) -> Function:
    """``--llm``, for verbs that ask a chat model."""
    return _setting(
        "--llm",
        "SPEC",
        "Chat model: offline, deepseek:MODEL, qwen:MODEL, openai:MODEL, ollama:MODEL, tongyi:MODEL, "
        "local:FOLDER_OR_HUB_ID or http://host:port/v1#MODEL.",
    )(function)


def projection_options(function: Function) -> Function:
    """``--projection`` and ``--projector``, for verbs whose chat model may see by soft tokens."""
    how = click.Choice(("text", "soft", "both"))
    projection = _setting(
        "--projection",
        how,
        "How pictures reach the chat model: the tools' words, soft tokens alone, or both.",
    )
    projector = _setting(
        "--projector",
        "FOLDER",
        "Projector that makes the soft tokens, for local:MODEL or a vLLM server; demo: that of local:demo.",
    )
    return projection(projector(function))


def _setting(flag: str, kind: str | click.Choice[str], text: str) -> Callable[[Function], Function]:
    """An option that overrides the setting of the same name."""

    def keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.ensure_object(Call).overrides[str(param.name)] = value

    if isinstance(kind, click.Choice):
        return click.option(flag, type=kind, expose_value=False, callback=keep, help=text)
    return click.option(flag, metavar=kind, expose_value=False, callback=keep, help=text)


def _keep_json(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.ensure_object(Call).as_json = value


def echo_json(document: dict[str, Any]) -> None:
    """Print one JSON document as UTF-8; file names that are not text become escapes, which JSON allows."""
    text = json.dumps(document, ensure_ascii=False, indent=2, default=str, allow_nan=False)
    click.echo(text.encode("utf-8", "backslashreplace"))


def complain(message: str) -> None:
    """An error's line on stderr."""
    click.echo(_wrapped(f"error: {message}"), err=True)


def _wrapped(line: str) -> str:
    """A line on stderr, broken between words when that is a terminal."""
    from mm_agent.cli.wrapping import columns_of, wrap

    return wrap(line, columns_of(sys.stderr))


def one_line(error: BaseException) -> str:
    """An error's message on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _explain(error: Exception) -> str:
    """What to print: our errors speak for themselves, others get their type and a way to see more."""
    if isinstance(error, MMAgentError):
        return one_line(error)
    return f"{type(error).__name__}: {one_line(error)}; set MM_AGENT_TRACEBACK=1 to see where it happened"


def hush_libraries() -> None:
    """Keep stderr for this program: no warnings of libraries, download bars only on a terminal.

    transformers reads its variable when it is imported, which takes a second; the photo encoder never does.
    """
    if not sys.stderr.isatty():
        os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if "transformers" in sys.modules:
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
