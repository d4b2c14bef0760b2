"""What a projector is: its kind, what it reads, how many soft tokens it gives, and for whom it was made."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mm_agent.errors import ProjectorError

Kind = Literal["linear", "mlp", "pixel_shuffle", "resampler", "average_pool"]
Select = Literal["patches", "patches_and_pooled"]


class ProjectorConfig(BaseModel):
    """Everything that decides a projector's shape and whom it fits. The number of tokens follows from it.

    Raises:
        ProjectorError: values that contradict each other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = Field(description="How patch features become soft tokens.")
    vision_width: int = Field(ge=1, description="Width of a patch feature.")
    text_width: int = Field(ge=1, description="Width of the language model's embeddings.")
    grid: tuple[int, int] = Field(description="Rows and columns of patches in a picture.")
    vision_layer: int = Field(
        default=-1,
        description="Layer as in hidden_states: -1 the last block and the final layer norm (PaliGemma, "
        "nanoVLM), any other as it is (LLaVA takes -2).",
    )
    select: Select = Field(
        default="patches",
        description="What of a picture is projected; the pooled vector stands behind the patches.",
    )
    encoder: str = Field(default="", description="Fingerprint of the encoder it was made for.")
    language_model: str = Field(default="", description="Fingerprint of the language model it was made for.")
    encoder_name: str = Field(default="", description="The encoder's name, for people.")
    language_model_name: str = Field(default="", description="The language model's name, for people.")
    frame_tokens: int | None = Field(
        default=None, ge=1, description="Soft tokens of one frame of a clip; None: as many as a picture has."
    )
    hidden: int | None = Field(
        default=None,
        ge=1,
        description="Inner width; None: text_width for mlp and average_pool, vision_width for resampler.",
    )
    factor: int = Field(
        default=2, ge=1, description="pixel_shuffle, average_pool: patches a side of what becomes one token."
    )
    queries: int = Field(default=64, ge=1, description="resampler: how many tokens it gives.")
    depth: int = Field(default=2, ge=1, description="resampler: how many blocks.")
    heads: int = Field(default=4, ge=1, description="resampler: attention heads.")

    def __init__(self, **values: object) -> None:
        given = values.pop("tokens", None)  # written into files for readers; it follows from the rest
        try:
            super().__init__(**values)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            reason = first["msg"].removeprefix("Value error, ")
            raise ProjectorError(f"projector config: {where + ': ' if where else ''}{reason}") from error
        if given not in (None, self.tokens):
            raise ProjectorError(
                f"projector config: tokens is {given}, but a {self.kind} projector over a grid of "
                f"{self.grid[0]} x {self.grid[1]} gives {self.tokens}; leave tokens out"
            )

    @field_validator("grid")
    @classmethod
    def _has_patches(cls, grid: tuple[int, int]) -> tuple[int, int]:
        if min(grid) < 1:
            raise ValueError(f"{grid[0]} x {grid[1]} holds no patch; use 1 x 1 or more")
        return grid

    @model_validator(mode="after")
    def _fits(self) -> ProjectorConfig:
        rows, cols = self.grid
        if self.kind in ("pixel_shuffle", "average_pool") and (rows % self.factor or cols % self.factor):
            raise ValueError(
                f"a grid of {rows} x {cols} cannot be cut into blocks of {self.factor} x {self.factor}; "
                "use a factor that divides both sides"
            )
        if self.kind == "resampler" and (self.hidden or self.vision_width) % self.heads:
            raise ValueError(
                f"width {self.hidden or self.vision_width} cannot be shared by {self.heads} heads; "
                "change hidden or heads"
            )
        if self.frame_tokens is not None:
            self._frame_fits(self.frame_tokens)
        return self

    def _frame_fits(self, budget: int) -> None:
        rows, cols = self.frame_grid
        possible = rows * cols + self.pooled
        if possible != budget:
            raise ValueError(
                f"{budget} tokens a frame make no grid like {self.token_grid[0]} x {self.token_grid[1]}; "
                f"use {possible}, which is {rows} x {cols}{' and the pooled vector' if self.pooled else ''}"
            )

    @property
    def pooled(self) -> int:
        """Tokens that come from the pooled vector: 0 or 1; a resampler reads it like any other feature."""
        return int(self.select == "patches_and_pooled" and self.kind != "resampler")

    @property
    def features(self) -> int:
        """N, the features of a picture that are read: its patches, and the pooled vector if selected."""
        return self.grid[0] * self.grid[1] + (self.select == "patches_and_pooled")

    @property
    def token_grid(self) -> tuple[int, int]:
        """Rows and columns of the soft tokens; a resampler's stand in one row."""
        rows, cols = self.grid
        if self.kind == "resampler":
            return 1, self.queries
        factor = self.factor if self.kind in ("pixel_shuffle", "average_pool") else 1
        return rows // factor, cols // factor

    @property
    def tokens(self) -> int:
        """T, the soft tokens of a picture."""
        return self.token_grid[0] * self.token_grid[1] + self.pooled

    @property
    def frame_grid(self) -> tuple[int, int]:
        """Rows and columns of a frame's soft tokens: the token grid shrunk until it fits the budget."""
        rows, cols = self.token_grid
        if self.frame_tokens is None:
            return rows, cols
        budget = min(max(self.frame_tokens - self.pooled, 1), rows * cols)
        down = max(1, min(rows, round((budget * rows / cols) ** 0.5)))
        return down, max(1, min(cols, budget // down))

    @property
    def tokens_a_frame(self) -> int:
        """T_frame, the soft tokens of one frame of a clip."""
        return self.frame_grid[0] * self.frame_grid[1] + self.pooled
