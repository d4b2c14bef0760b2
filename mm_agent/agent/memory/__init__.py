"""Kept conversations: what was said (a LangGraph checkpointer), which there are, and their pictures."""
