"""SigLIP's transformer block and attention-pooling head in plain torch.

Same parameter names and results as transformers' `SiglipEncoderLayer` and its
`SiglipMultiheadAttentionPoolingHead`, whose import alone takes longer than answering a question with the
photo encoder.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SiglipMLP(nn.Module):
    """Two linear layers with the tanh approximation of GELU between them."""

    def __init__(self, hidden_size: int, intermediate_size: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(hidden_size, intermediate_size)
        self.fc2 = nn.Linear(intermediate_size, hidden_size)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(tokens), approximate="tanh"))


class SiglipAttention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, hidden_size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(hidden_size, hidden_size)
        self.k_proj = nn.Linear(hidden_size, hidden_size)
        self.v_proj = nn.Linear(hidden_size, hidden_size)
        self.out_proj = nn.Linear(hidden_size, hidden_size)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Tokens (B, S, hidden); `mask` is as in `scaled_dot_product_attention`, (B, 1, 1, S)."""
        query, key, value = (
            layer(tokens).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, S, d)
            for layer in (self.q_proj, self.k_proj, self.v_proj)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))


class SiglipEncoderLayer(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, hidden_size: int, intermediate_size: int, heads: int, *, eps: float) -> None:
        super().__init__()
        self.layer_norm1 = nn.LayerNorm(hidden_size, eps=eps)
        self.self_attn = SiglipAttention(hidden_size, heads)
        self.layer_norm2 = nn.LayerNorm(hidden_size, eps=eps)
        self.mlp = SiglipMLP(hidden_size, intermediate_size)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        tokens = tokens + self.self_attn(self.layer_norm1(tokens), mask)
        return tokens + self.mlp(self.layer_norm2(tokens))


class SiglipEncoder(nn.Module):
    """The blocks of a tower, none or more."""

    def __init__(
        self, layers: int, hidden_size: int, intermediate_size: int, heads: int, *, eps: float
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            SiglipEncoderLayer(hidden_size, intermediate_size, heads, eps=eps) for _ in range(layers)
        )

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        for layer in self.layers:
            tokens = layer(tokens, mask)
        return tokens


class SiglipAttentionPoolingHead(nn.Module):
    """Multi-head attention pooling (MAP): a learned probe attends to the tokens."""

    def __init__(self, hidden_size: int, intermediate_size: int, heads: int, *, eps: float) -> None:
        super().__init__()
        self.probe = nn.Parameter(torch.empty(1, 1, hidden_size))
        self.attention = nn.MultiheadAttention(hidden_size, heads, batch_first=True)
        self.layernorm = nn.LayerNorm(hidden_size, eps=eps)
        self.mlp = SiglipMLP(hidden_size, intermediate_size)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, S, hidden) to (B, hidden)."""
        probe = self.probe.expand(len(tokens), -1, -1)
        pooled, _ = self.attention(probe, tokens, tokens, need_weights=False)  # (B, 1, hidden)
        return (pooled + self.mlp(self.layernorm(pooled)))[:, 0]


@torch.no_grad()
def init_siglip_weights(module: nn.Module) -> None:
    """Initialises one module as transformers' `SiglipPreTrainedModel` does; for `nn.Module.apply`."""
    if isinstance(module, SiglipAttention):
        for layer in (module.q_proj, module.k_proj, module.v_proj, module.out_proj):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    elif isinstance(module, SiglipMLP):
        for layer in (module.fc1, module.fc2):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.normal_(layer.bias, std=1e-6)
    elif isinstance(module, SiglipAttentionPoolingHead):
        nn.init.xavier_uniform_(module.probe)
        nn.init.xavier_uniform_(module.attention.in_proj_weight)
        nn.init.zeros_(module.attention.in_proj_bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)
    elif isinstance(module, nn.Linear):
        _lecun_normal(module.weight)
        nn.init.zeros_(module.bias)


def _lecun_normal(weight: Tensor) -> None:
    std = weight.shape[1] ** -0.5 / 0.87962566103423978  # of a normal distribution cut off at two std
    nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)
