"""What the SCP decides: from one query to one decision, and from a decision to a response."""
