"""`ain bench`: open-loop load against an SCP, with a verdict."""
