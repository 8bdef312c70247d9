"""`ain ama`: AMA records exported, read and verified."""
