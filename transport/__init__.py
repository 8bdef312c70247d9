"""Signaling sockets: the only room that has them. Thin adaptors under the sans-I/O machines."""
