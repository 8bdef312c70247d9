"""`ain batch`: millions of call attempts by columns."""
