"""The offline planner: a chat model without a language model, for questions in English and Chinese.

    messages -> dialogue (turns) -> parse (intents) -> plan (tool calls) -> findings -> answer (words)

Rules, not intelligence: what they do not recognise gets an honest list of what they do.
"""
