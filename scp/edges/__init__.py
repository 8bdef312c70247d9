"""The edges of the service control point: asyncio servers, recording, publishing, health, metrics and reload."""
