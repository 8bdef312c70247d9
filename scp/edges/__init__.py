"""The edges of the service control point: the asyncio server, UDP and associations, recording, journals, health and metrics."""
