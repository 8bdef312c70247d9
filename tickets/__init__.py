"""Encrypted call accounting: a PBX's tickets become calls, travel sealed to a provider, and become usage profiles there.

`layout` reads lines into calls, `collector` stores and batches them, `envelope` seals and opens, `provider` takes them in,
`profile` adds them up. Nothing here opens a socket or asks a clock; the edges are the room `couriers`.

Source: C-001 to C-018.
"""
