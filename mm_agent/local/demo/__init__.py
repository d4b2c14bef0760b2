"""The demo language model: a tiny Qwen that calls this project's tools, and how it is made and measured."""
