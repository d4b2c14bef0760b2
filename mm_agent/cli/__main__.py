"""``python -m mm_agent.cli`` is ``mm-agent``."""

from mm_agent.cli.main import main

main(prog_name="mm-agent")
