"""`ain decode`: a message or a capture down to each parameter."""
