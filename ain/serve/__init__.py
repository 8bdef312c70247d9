"""`ain serve`: the SCP as a server, alone or as workers."""
