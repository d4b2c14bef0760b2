"""Eyes for language models: SigLIP behind LangChain tools, with an agent that names its evidence.

The parts are imported by name (``mm_agent.vision``, ``mm_agent.media``, ``mm_agent.agent``); importing this
package loads none of them.
"""

__version__ = "0.1.0"
