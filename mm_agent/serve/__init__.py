"""Servers: the tools for MCP clients."""
