"""LangChain tools that look at pictures with SigLIP, one a file, and ``SiglipToolkit`` that makes all."""

from mm_agent_tools.toolkit import TOOL_FACTORIES, SiglipToolkit

__all__ = ["TOOL_FACTORIES", "SiglipToolkit"]
