"""The service control point: node, service logic, overload, conversation, server."""
