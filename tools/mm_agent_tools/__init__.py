"""LangChain tools that look at pictures with SigLIP, one a file; their toolkit, and embeddings."""

from mm_agent_tools.embeddings import SiglipEmbeddings
from mm_agent_tools.toolkit import TOOL_FACTORIES, SiglipToolkit

__all__ = ["TOOL_FACTORIES", "SiglipEmbeddings", "SiglipToolkit"]
