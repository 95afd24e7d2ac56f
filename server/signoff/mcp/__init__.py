"""The MCP face: tools, prompt and resources for a coding session, over stdio by default."""
