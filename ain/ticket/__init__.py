"""`ain ticket`: encrypted call accounting, from a PBX's line to a usage profile."""
