"""`ain run`: a scenario over the wire."""
