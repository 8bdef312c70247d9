"""`ain replay`: a capture's queries asked again."""
